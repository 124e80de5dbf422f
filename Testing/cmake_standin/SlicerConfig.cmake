# Stands in for the SlicerConfig.cmake of a Slicer build tree (5.10 to 5.12): the variables that
# an extension of scripted modules meets, with the values they have on Linux.
set(Slicer_REVISION "33000")
set(Slicer_USE_PYTHONQT ON)
set(Slicer_INSTALL_ROOT "./")
set(Slicer_LIB_DIR "lib/Slicer-5.12")
set(Slicer_SHARE_DIR "share/Slicer-5.12")
set(Slicer_QTSCRIPTEDMODULES_LIB_DIR "${Slicer_LIB_DIR}/qt-scripted-modules")

set(Slicer_USE_FILE "${CMAKE_CURRENT_LIST_DIR}/UseSlicer.cmake")
set(Slicer_EXTENSION_GENERATE_CONFIG "${CMAKE_CURRENT_LIST_DIR}/GenerateConfig.cmake")
set(Slicer_EXTENSION_CPACK "${CMAKE_CURRENT_LIST_DIR}/CPack.cmake")
