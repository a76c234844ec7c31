# cmake --install: headers, library, CMake package and pkg-config file.
include(CMakePackageConfigHelpers)

set(cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/paperboy)
install(TARGETS paperboy EXPORT paperboy-targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/paperboy DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT paperboy-targets NAMESPACE paperboy:: DESTINATION ${cmake_dir})

configure_package_config_file(paperboy-config.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/paperboy-config.cmake
  INSTALL_DESTINATION ${cmake_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/paperboy-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/paperboy-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/paperboy-config-version.cmake DESTINATION ${cmake_dir})

configure_file(paperboy.pc.in ${CMAKE_CURRENT_BINARY_DIR}/paperboy.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/paperboy.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
