"""Builds and runs the programs of tests/install with the package."""

import os

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.cmake import CMake, cmake_layout


class PaperboyTest(ConanFile):
    settings = "os", "arch", "compiler", "build_type"
    generators = "CMakeDeps", "CMakeToolchain", "VirtualRunEnv"

    def requirements(self):
        self.requires(self.tested_reference_str)

    def layout(self):
        cmake_layout(self)

    def build(self):
        cmake = CMake(self)
        cmake.configure(build_script_folder=os.path.join("..", "..", "..", "..", "tests", "install", "consumer"))
        cmake.build()

    def test(self):
        if not can_run(self):
            return
        options = self.dependencies["paperboy"].options
        programs = ["consumer"] + ["operator"] * bool(options.with_metrics) + ["keeper"] * bool(options.with_rocksdb)
        for program in programs:
            arguments = f" {os.path.join(self.build_folder, 'tables')}" if program == "keeper" else ""
            self.run(os.path.join(self.cpp.build.bindir, program) + arguments, env="conanrun")
