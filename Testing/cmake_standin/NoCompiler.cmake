# A toolchain that compiles nothing, as the extension does: the project asks for C and C++ since
# Slicer's own configuration needs them, but the test must not.
set(CMAKE_SYSTEM_NAME "${CMAKE_HOST_SYSTEM_NAME}")
foreach(_language C CXX)
  set(CMAKE_${_language}_COMPILER "${CMAKE_COMMAND}")
  set(CMAKE_${_language}_COMPILER_FORCED ON)
  set(CMAKE_${_language}_COMPILER_ID_RUN ON)
endforeach()
