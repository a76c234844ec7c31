# What the library needs; newer versions are welcome, so features are detected where they are used.
#
# librdkafka and RocksDB are found by pkg-config, as Debian has no CMake package of the first, and one of the second that
# needs those of all its compressions; or by their CMake packages, which is what vcpkg and Conan have of static ones. Then
# nothing is installed for pkg-config either.
# paperboy_find_NAME is what programs find them by: see paperboy-config.cmake.in.
#
# paperboy_by_pkg_config(VARIABLE PREFIX MODULE) makes such lines, which end as find_dependency does where it is missing.
function(paperboy_by_pkg_config variable prefix module)
  set(${variable} "find_dependency(PkgConfig)
pkg_check_modules(${prefix} QUIET IMPORTED_TARGET ${module})
if(NOT ${prefix}_FOUND)
  set(paperboy_NOT_FOUND_MESSAGE \"pkg-config does not find ${module}.\")
  set(paperboy_FOUND FALSE)
  return()
endif()" PARENT_SCOPE)
endfunction()

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(simdjson REQUIRED)
find_package(OpenSSL REQUIRED)
if(PAPERBOY_PKG_CONFIG)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(RDKAFKA REQUIRED IMPORTED_TARGET rdkafka>=2.0.2)
  set(paperboy_rdkafka PkgConfig::RDKAFKA)
  paperboy_by_pkg_config(paperboy_find_rdkafka RDKAFKA "rdkafka>=2.0.2")
else()
  find_package(RdKafka 2.0.2 CONFIG REQUIRED)
  set(paperboy_rdkafka RdKafka::rdkafka)
  set(paperboy_find_rdkafka "find_dependency(RdKafka 2.0.2 CONFIG)")
endif()
# Of the optional component `metrics`, which is left out without it.
if(PAPERBOY_METRICS)
  find_package(prometheus-cpp CONFIG QUIET)
endif()
# Of the optional component `rocksdb`, likewise.
if(PAPERBOY_ROCKSDB AND PAPERBOY_PKG_CONFIG)
  pkg_check_modules(ROCKSDB IMPORTED_TARGET rocksdb>=7.8)
  if(ROCKSDB_FOUND)
    set(paperboy_rocksdb PkgConfig::ROCKSDB)
    paperboy_by_pkg_config(paperboy_find_rocksdb ROCKSDB rocksdb)
  endif()
elseif(PAPERBOY_ROCKSDB)
  find_package(RocksDB CONFIG QUIET)
  if(RocksDB_FOUND)
    set(paperboy_rocksdb RocksDB::rocksdb)
    if(NOT TARGET RocksDB::rocksdb)
      set(paperboy_rocksdb RocksDB::rocksdb-shared)
    endif()
    set(paperboy_find_rocksdb "find_dependency(RocksDB CONFIG)")
  endif()
endif()
