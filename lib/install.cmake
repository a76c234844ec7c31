# cmake --install: headers, library, CMake package and pkg-config file. All of it may be moved afterwards. The components
# are those of the Debian packages, tools/cmake/packages.cmake.
include(CMakePackageConfigHelpers)

set(cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/paperboy)
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(TARGETS paperboy EXPORT paperboy-targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT core NAMELINK_COMPONENT core_dev
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT core_dev)
install(DIRECTORY include/paperboy DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT core_dev)
install(EXPORT paperboy-targets NAMESPACE paperboy:: DESTINATION ${cmake_dir} COMPONENT core_dev)

# A static paperboy hands its own dependency on to the program, a shared one keeps it to itself.
get_target_property(paperboy_type paperboy TYPE)
if(paperboy_type STREQUAL "STATIC_LIBRARY")
  set(paperboy_static TRUE)
  set(paperboy_requires "Requires: rdkafka >= 2.0.2, simdjson >= 3.0.1, openssl\n")
else()
  set(paperboy_static FALSE)
  set(paperboy_requires "")
endif()

configure_package_config_file(paperboy-config.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/paperboy-config.cmake
  INSTALL_DESTINATION ${cmake_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/paperboy-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/paperboy-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/paperboy-config-version.cmake DESTINATION ${cmake_dir} COMPONENT core_dev)

file(RELATIVE_PATH path_to_headers ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_FULL_INCLUDEDIR})
if(PAPERBOY_PKG_CONFIG)
  configure_file(paperboy.pc.in ${CMAKE_CURRENT_BINARY_DIR}/paperboy.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/paperboy.pc DESTINATION ${pkgconfig_dir} COMPONENT core_dev)
endif()
