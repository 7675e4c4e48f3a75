# Installing weir: headers, archive, weirConfig.cmake (which finds what the archive needs again), weir.pc, licences.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/weir")
install(TARGETS weir EXPORT weir-targets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/weir" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.hpp")
install(EXPORT weir-targets NAMESPACE weir:: FILE weirTargets.cmake DESTINATION "${package_dir}")

configure_package_config_file("${PROJECT_SOURCE_DIR}/tools/cmake/weirConfig.cmake.in"
                              "${PROJECT_BINARY_DIR}/weirConfig.cmake" INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/weirConfigVersion.cmake" COMPATIBILITY SameMajorVersion)
install(FILES "${PROJECT_BINARY_DIR}/weirConfig.cmake" "${PROJECT_BINARY_DIR}/weirConfigVersion.cmake"
        DESTINATION "${package_dir}")

# weir.pc names its own prefix relative to where the file is found, so a moved tree keeps working. Nothing but the
# archive exists, so what it needs is public: `pkg-config --libs weir` and `--static` give the same complete list.
set(weir_pc_mimalloc "")
if(WEIR_MIMALLOC)
  set(weir_pc_mimalloc " -lmimalloc")
endif()
file(RELATIVE_PATH weir_pc_up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
string(REGEX REPLACE "/$" "" weir_pc_up "${weir_pc_up}")
configure_file("${PROJECT_SOURCE_DIR}/tools/cmake/weir.pc.in" "${PROJECT_BINARY_DIR}/weir.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/weir.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/NOTICE"
        DESTINATION "${CMAKE_INSTALL_DOCDIR}")
