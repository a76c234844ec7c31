# A port of the checkout that it is in: vcpkg install paperboy[metrics,rocksdb] --overlay-ports=tools/packaging/vcpkg
get_filename_component(SOURCE_PATH "${CURRENT_PORT_DIR}/../../../.." ABSOLUTE)

vcpkg_check_features(OUT_FEATURE_OPTIONS features FEATURES
  metrics PAPERBOY_METRICS
  rocksdb PAPERBOY_ROCKSDB)
vcpkg_cmake_configure(SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS ${features} -DPAPERBOY_TESTS=OFF -DPAPERBOY_EXAMPLES=OFF -DPAPERBOY_TOOLS=OFF -DPAPERBOY_WARNINGS_AS_ERRORS=OFF
    -DPAPERBOY_PKG_CONFIG=OFF)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/paperboy)
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
