# The optional components: libraries of their own on the public headers of paperboy, so that who does not use them needs
# nothing of what they need. find_package(paperboy COMPONENTS NAME) gives paperboy::NAME, pkg-config paperboy-NAME.

# paperboy_component(NAME DEPENDENCIES "find_dependency lines" REQUIRES "modules of pkg-config" LIBRARIES targets… FILES extra…)
function(paperboy_component name)
  cmake_parse_arguments(arg "" "DEPENDENCIES;REQUIRES" "LIBRARIES;FILES" ${ARGN})
  set(target paperboy_${name})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/src/${name}/*.cpp)
  add_library(${target} ${sources} ${arg_FILES})
  add_library(paperboy::${name} ALIAS ${target})
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
  target_link_libraries(${target} PUBLIC paperboy ${arg_LIBRARIES} PRIVATE $<BUILD_INTERFACE:paperboy_compile_options>)
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name}
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
    POSITION_INDEPENDENT_CODE ON)

  install(TARGETS ${target} EXPORT ${target}-targets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT ${name} NAMELINK_COMPONENT ${name}_dev
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT ${name}_dev)
  install(EXPORT ${target}-targets NAMESPACE paperboy:: FILE paperboy-${name}-targets.cmake DESTINATION ${cmake_dir}
    COMPONENT ${name}_dev)
  set(component_config ${CMAKE_CURRENT_BINARY_DIR}/paperboy-${name}.cmake)
  file(CONFIGURE OUTPUT ${component_config} @ONLY CONTENT
    "@arg_DEPENDENCIES@\ninclude(\${CMAKE_CURRENT_LIST_DIR}/paperboy-@name@-targets.cmake)\n")
  install(FILES ${component_config} DESTINATION ${cmake_dir} COMPONENT ${name}_dev)
  if(PAPERBOY_PKG_CONFIG)
    configure_file(component.pc.in ${CMAKE_CURRENT_BINARY_DIR}/paperboy-${name}.pc @ONLY)
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/paperboy-${name}.pc DESTINATION ${pkgconfig_dir} COMPONENT ${name}_dev)
  endif()
endfunction()

# The page is a file of its own for those who work on it, and a part of the library for everybody else.
set(page ${CMAKE_CURRENT_SOURCE_DIR}/src/http/dashboard.html)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${page})
file(READ ${page} dashboard)
configure_file(src/http/dashboard.cpp.in ${CMAKE_CURRENT_BINARY_DIR}/dashboard.cpp @ONLY)
paperboy_component(http FILES ${CMAKE_CURRENT_BINARY_DIR}/dashboard.cpp)

if(prometheus-cpp_FOUND)
  paperboy_component(metrics LIBRARIES prometheus-cpp::core REQUIRES ", prometheus-cpp-core"
    DEPENDENCIES "find_dependency(prometheus-cpp CONFIG)")
else()
  message(STATUS "prometheus-cpp is not installed, or not wanted: paperboy::metrics is left out")
endif()

if(paperboy_rocksdb)
  paperboy_component(rocksdb LIBRARIES ${paperboy_rocksdb} REQUIRES ", rocksdb" DEPENDENCIES "${paperboy_find_rocksdb}")
else()
  message(STATUS "RocksDB is not installed, or not wanted: paperboy::rocksdb is left out")
endif()
