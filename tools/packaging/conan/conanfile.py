"""Conan 2's recipe: packages this checkout.

    conan create tools/packaging/conan -s compiler.cppstd=20

With `-o 'paperboy/*:system_libraries=True'` what paperboy needs is that of the machine, not Conan's.
"""

import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load, rmdir


class Paperboy(ConanFile):
    name = "paperboy"
    description = "Kafka ingestion inside a Boost.Asio program"
    license = "BSL-1.0"
    topics = ("kafka", "asio", "consumer", "streams")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "fPIC": [True, False], "with_metrics": [True, False],
               "with_rocksdb": [True, False], "system_libraries": [True, False]}
    default_options = {"shared": False, "fPIC": True, "with_metrics": True, "with_rocksdb": True,
                       "system_libraries": False, "boost/*:header_only": True,
                       # Without these there is neither TLS nor SCRAM, and records in these compressions cannot be read.
                       "librdkafka/*:ssl": True, "librdkafka/*:zlib": True, "librdkafka/*:zstd": True,
                       "prometheus-cpp/*:with_pull": False, "prometheus-cpp/*:with_push": False,
                       # Its classes are derived from.
                       "rocksdb/*:use_rtti": True, "rocksdb/*:with_lz4": True, "rocksdb/*:with_zstd": True}

    @property
    def _checkout(self):
        return os.path.join(self.recipe_folder, "..", "..", "..")

    def set_version(self):
        text = load(self, os.path.join(self._checkout, "CMakeLists.txt"))
        self.version = re.search(r"project\(paperboy VERSION ([0-9.]+)", text).group(1)

    def export_sources(self):
        for pattern in ("CMakeLists.txt", "LICENSE", "lib/*", "tools/cmake/*"):
            copy(self, pattern, self._checkout, self.export_sources_folder)

    def config_options(self):
        if self.options.shared:
            self.options.rm_safe("fPIC")

    def validate(self):
        check_min_cppstd(self, 20)

    def requirements(self):
        if self.options.system_libraries:
            return
        self.requires("boost/1.86.0", transitive_headers=True)
        self.requires("librdkafka/2.6.1")
        self.requires("simdjson/3.10.1")
        self.requires("openssl/[>=3 <4]")
        if self.options.with_metrics:
            self.requires("prometheus-cpp/1.3.0", transitive_headers=True)
        if self.options.with_rocksdb:
            self.requires("rocksdb/9.7.4", transitive_headers=True)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        CMakeDeps(self).generate()
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["PAPERBOY_METRICS"] = bool(self.options.with_metrics)
        toolchain.cache_variables["PAPERBOY_ROCKSDB"] = bool(self.options.with_rocksdb)
        toolchain.cache_variables["PAPERBOY_PKG_CONFIG"] = bool(self.options.system_libraries)
        for each in ("TESTS", "EXAMPLES", "TOOLS", "WARNINGS_AS_ERRORS"):
            toolchain.cache_variables[f"PAPERBOY_{each}"] = False
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        CMake(self).install()
        rmdir(self, os.path.join(self.package_folder, "share"))

    def package_info(self):
        # Its own CMake package knows the components and what they need.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "paperboy")]
        self.cpp_info.libs = ["paperboy"]
