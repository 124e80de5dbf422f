# Stands in for slicerMacroBuildScriptedModule, for ctkMacroCompilePythonScript beneath it, and
# for slicer_add_python_unittest. A file lands under the scripted-modules folder at the path by
# which it was named; then the whole folder is installed. Scripts are not byte-compiled.

function(_standin_copies list_var out_var)
  set(_folder "${CMAKE_BINARY_DIR}/${Slicer_QTSCRIPTEDMODULES_LIB_DIR}")
  set(_copies)
  foreach(_file IN LISTS ${list_var})
    if(IS_ABSOLUTE "${_file}")
      message(FATAL_ERROR "Slicer would copy '${_file}' elsewhere: name it relative")
    endif()
    set(_source "${CMAKE_CURRENT_SOURCE_DIR}/${_file}")
    if(NOT EXISTS "${_source}")
      message(FATAL_ERROR "slicerMacroBuildScriptedModule was given '${_file}', which is not there")
    endif()
    add_custom_command(OUTPUT "${_folder}/${_file}"
      COMMAND ${CMAKE_COMMAND} -E copy "${_source}" "${_folder}/${_file}"
      DEPENDS "${_source}")
    list(APPEND _copies "${_folder}/${_file}")
  endforeach()
  set(${out_var} "${_copies}" PARENT_SCOPE)
endfunction()

macro(slicerMacroBuildScriptedModule)
  cmake_parse_arguments(MY_SLICER "WITH_GENERIC_TESTS" "NAME" "SCRIPTS;RESOURCES" ${ARGN})
  if(MY_SLICER_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "unknown keywords: ${MY_SLICER_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT MY_SLICER_NAME)
    message(FATAL_ERROR "NAME is mandatory")
  endif()

  _standin_copies(MY_SLICER_SCRIPTS _scripts)
  _standin_copies(MY_SLICER_RESOURCES _resources)
  if(NOT _scripts)
    # Slicer's byte-compilation waits for a target that exists only where there is a script.
    message(FATAL_ERROR "${MY_SLICER_NAME} has no script")
  endif()
  add_custom_target(Copy${MY_SLICER_NAME}PythonFiles ALL DEPENDS ${_scripts} ${_resources})
  install(DIRECTORY "${CMAKE_BINARY_DIR}/${Slicer_QTSCRIPTEDMODULES_LIB_DIR}/"
    DESTINATION "${Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR}"
    COMPONENT RuntimeLibraries USE_SOURCE_PERMISSIONS)

  if(BUILD_TESTING AND MY_SLICER_WITH_GENERIC_TESTS)
    add_test(NAME py_nomainwindow_qSlicer${MY_SLICER_NAME}ModuleGenericTest
      COMMAND Slicer --testing --python-code "slicer.util.selectModule('${MY_SLICER_NAME}')")
  endif()
endmacro()

macro(slicer_add_python_unittest)
  cmake_parse_arguments(MY "" "TESTNAME_PREFIX;SCRIPT" "SLICER_ARGS" ${ARGN})
  if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${MY_SCRIPT}")
    message(FATAL_ERROR "slicer_add_python_unittest was given '${MY_SCRIPT}', which is not there")
  endif()
  get_filename_component(_test "${MY_SCRIPT}" NAME_WE)
  add_test(NAME py_${MY_TESTNAME_PREFIX}${_test}
    COMMAND Slicer --testing --python-code "slicer.testing.runUnitTest(['.'], '${_test}')")
endmacro()
