# Stands in for UseSlicer.cmake: names the extension, says where its files go, defines the macros.
if(NOT EXTENSION_NAME)
  if(MODULE_NAME)
    set(EXTENSION_NAME "${MODULE_NAME}")
  else()
    set(EXTENSION_NAME "${PROJECT_NAME}")
  endif()
endif()

# An extension for macOS is installed inside the application bundle.
option(STANDIN_BUNDLE "Lay the package out as on macOS" OFF)
if(STANDIN_BUNDLE)
  set(Slicer_INSTALL_ROOT "Slicer.app/Contents/")
  set(Slicer_BUNDLE_EXTENSIONS_LOCATION "Extensions-${Slicer_REVISION}/${EXTENSION_NAME}/")
else()
  set(Slicer_BUNDLE_EXTENSIONS_LOCATION "")
endif()
set(Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR
  "${Slicer_INSTALL_ROOT}${Slicer_BUNDLE_EXTENSIONS_LOCATION}${Slicer_QTSCRIPTEDMODULES_LIB_DIR}")

foreach(_default "DEPENDS=NA" "BUILD_SUBDIRECTORY=." "ENABLED=1" "TIER=1" "STATUS=" "CATEGORY=")
  string(REGEX MATCH "^([A-Z_]+)=(.*)$" _ "${_default}")
  if(NOT DEFINED EXTENSION_${CMAKE_MATCH_1})
    set(EXTENSION_${CMAKE_MATCH_1} "${CMAKE_MATCH_2}")
  endif()
endforeach()

include(CTest)
include("${CMAKE_CURRENT_LIST_DIR}/ScriptedModule.cmake")
