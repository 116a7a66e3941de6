#!/usr/bin/env python3
"""Installs the SDK into an empty prefix and builds a plugin outside of the tree: install_test.py BUILD_FOLDER"""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import check_library

HERE = Path(__file__).resolve().parent
CXX = os.environ.get("CXX", "g++")
BUILD = Path(sys.argv.pop(1)).resolve()


def run(*command, cwd):
    result = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")
    return result.stdout


class Install(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="leat-sdk-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.prefix = self.folder / "prefix"
        run("cmake", "--install", BUILD, "--prefix", self.prefix, "--component", "sdk", cwd=self.folder)
        self.source = self.folder / "source"
        shutil.copytree(HERE / "outside", self.source)

    def check(self, library):
        self.assertEqual(list(check_library.mistakes(str(library), sanitized=False)), [])

    def test_a_folder_outside_builds_and_tests_with_the_package_and_with_one_line(self):
        build = self.folder / "build"
        run("cmake", "-S", self.source, "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}", f"-DCMAKE_CXX_COMPILER={CXX}", cwd=self.folder)
        run("cmake", "--build", build, cwd=self.folder)
        library = build / "outside-1.0.0.so"
        self.check(library)
        self.assertIn("100% tests passed, 0 tests failed out of 1", run("ctest", "--test-dir", build, cwd=self.folder))

        plain = self.folder / "plain.so"
        (self.folder / "plugin.map").write_text("{ global: leat_plugin_init; local: *; };\n")
        line = "-std=c++17 -O1 -fPIC -shared -fvisibility=hidden -fno-gnu-unique -Wl,-z,now,-z,noexecstack,--version-script=plugin.map"
        run(CXX, *line.split(), "-I", self.prefix / "include", "-o", plain, self.source / "outside.cc", cwd=self.folder)
        self.check(plain)
        shutil.copy(plain, library)  # the test program runs what is there
        run("ctest", "--test-dir", build, "--output-on-failure", cwd=self.folder)

    def test_a_wrong_version_is_told_by_cmake(self):
        listing = self.source / "CMakeLists.txt"
        listing.write_text(listing.read_text().replace("VERSION 1.0.0", "VERSION 1.0"))
        with self.assertRaisesRegex(AssertionError, "is not MAJOR.MINOR.PATCH"):
            run("cmake", "-S", self.source, "-B", self.folder / "build", f"-DCMAKE_PREFIX_PATH={self.prefix}", cwd=self.folder)

    def test_the_plugin_outside_has_fewer_than_twenty_lines(self):
        self.assertLess(len((HERE / "outside" / "outside.cc").read_text().splitlines()), 20)

    def test_the_page_shows_exactly_the_plugin_outside(self):
        page = (HERE.parent.parent / "plugins" / "README.md").read_text()
        self.assertIn(f"```cpp\n{(HERE / 'outside' / 'outside.cc').read_text()}```\n", page)

    def test_the_sdk_is_headers_and_four_files_of_cmake(self):
        files = {path.relative_to(self.prefix) for path in self.prefix.rglob("*") if path.is_file()}
        self.assertIn(Path("include/leat/plugin.h"), files)
        others = sorted(path.name for path in files if path.parts[0] != "include")
        self.assertEqual(others, ["leatConfig.cmake", "leatConfigVersion.cmake", "leatPlugin.cmake", "plugin.map"])


if __name__ == "__main__":
    sys.exit(not unittest.main(exit=False).result.wasSuccessful())
