# What the library needs; newer versions are welcome, so features are detected where they are used.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(RDKAFKA REQUIRED IMPORTED_TARGET rdkafka>=2.0.2)
find_package(simdjson REQUIRED)
find_package(OpenSSL REQUIRED)
# Of the optional component `metrics`, which is left out without it.
if(PAPERBOY_METRICS)
  find_package(prometheus-cpp CONFIG QUIET)
endif()
# Of the optional component `rocksdb`, likewise. Its CMake package needs those of all its compressions.
if(PAPERBOY_ROCKSDB)
  pkg_check_modules(ROCKSDB IMPORTED_TARGET rocksdb>=7.8)
endif()
