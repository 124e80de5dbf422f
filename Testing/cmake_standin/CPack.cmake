# Stands in for SlicerExtensionCPack.cmake: asks for what a package needs and writes the
# description file that Slicer's extension manager reads from an installed package.
if(NOT EXTENSION_NAME STREQUAL PROJECT_NAME)
  message(FATAL_ERROR "the project '${PROJECT_NAME}' is not the extension '${EXTENSION_NAME}'")
endif()
foreach(_file EXTENSION_README_FILE EXTENSION_LICENSE_FILE)
  if(NOT EXISTS "${${_file}}")
    message(FATAL_ERROR "${_file} points to '${${_file}}', which is not there")
  endif()
endforeach()

# Slicer passes each text on unquoted: what stands behind a semicolon would be lost.
set(_description "")
foreach(_field DEPENDS BUILD_SUBDIRECTORY HOMEPAGE CONTRIBUTORS CATEGORY ICONURL STATUS TIER
    DESCRIPTION SCREENSHOTURLS ENABLED)
  if("${EXTENSION_${_field}}" MATCHES ";")
    message(FATAL_ERROR "EXTENSION_${_field} holds a semicolon")
  endif()
  string(TOLOWER "${_field}" _key)
  string(APPEND _description "${_key} ${EXTENSION_${_field}}\n")
endforeach()
file(WRITE "${CMAKE_BINARY_DIR}/${EXTENSION_NAME}.s4ext" "${_description}")
install(FILES "${CMAKE_BINARY_DIR}/${EXTENSION_NAME}.s4ext"
  DESTINATION "${Slicer_INSTALL_ROOT}${Slicer_BUNDLE_EXTENSIONS_LOCATION}${Slicer_SHARE_DIR}"
  COMPONENT RuntimeLibraries)
