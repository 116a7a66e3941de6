#!/usr/bin/env python3
"""The record of the plugin ABI notices what breaks it, and plugins and hosts of two minors work together."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
INCLUDE = HERE.parent.parent / "include"
CC, CXX = os.environ.get("CC", "gcc"), os.environ.get("CXX", "g++")
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"]

# Each: what a minor version must not do, and how it would look.
BREAKS = {
    "a member is inserted": ("  void (*fail)(", "  void (*inserted)(void);\n  void (*fail)("),
    "a member is removed": ("  uint32_t struct_size, rows, columns, reserved;", "  uint32_t struct_size, rows, columns;"),
    "a member has another name": ("  const char *name;      /*", "  const char *label;      /*"),
    "a parameter changes its type": ("(*fail)(leat_call *, int32_t", "(*fail)(leat_call *, int64_t"),
    "a value changes": ("LEAT_RETRY = 2", "LEAT_RETRY = 5"),
    "a frozen struct grows": ("  int64_t ttl_us;", "  int64_t ttl_us, more;"),
    "the note grows": ("  char build[64];", "  char build[64], more[4];"),
    "a string becomes longer": ("  char version[32];", "  char version[40];"),
    "the export changes": ("leat_plugin_init(const leat_host *host,", "leat_plugin_init(leat_host *host,"),
}
# What a minor version may do: members and values at the end.
GROWTH = [
    ("#define LEAT_ABI_MINOR 0", "#define LEAT_ABI_MINOR 1"),
    ("  /* ABI 1.0 ends here. */", "  /* ABI 1.0 ends here. */\n  uint32_t (*minor)(leat_call *);"),
    ("  void (*close)(void *instance);", "  void (*close)(void *instance);\n  const char *example;"),
    ("  leat_status (*eval)(void *self, leat_call *, const leat_batch *, leat_out *);",
     "  leat_status (*eval)(void *self, leat_call *, const leat_batch *, leat_out *);\n  void (*idle)(void *self);"),
    ("LEAT_TABLE = 7", "LEAT_TABLE = 7,\n  LEAT_WINDOW = 8"),
]


def run(*command, cwd=None):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=cwd, check=False)


class Abi(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="leat-abi-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def changed(self, *changes):
        """The include folder of a header with these texts replaced."""
        include = self.folder / f"include{len(list(self.folder.iterdir()))}"
        shutil.copytree(INCLUDE / "leat", include / "leat")
        header = include / "leat" / "plugin.h"
        text = header.read_text()
        for old, new in changes:
            self.assertEqual(text.count(old), 1, f"the header has {text.count(old)} times: {old}")
            text = text.replace(old, new)
        header.write_text(text)
        return include

    def record(self, include):
        return run(CC, "-std=c11", "-fsyntax-only", "-I", include, HERE / "record.c")

    def build(self, include, name, *source):
        """The plugin of demo.c, compiled with a header."""
        library = self.folder / name
        result = run(CC, "-std=c11", "-O1", "-fPIC", "-shared", "-fvisibility=hidden", "-I", include, "-o", library, *source)
        self.assertEqual(result.returncode, 0, result.stderr)
        return library

    def probe(self, include):
        program = self.folder / f"probe-{include.name}"
        result = run(CXX, "-std=c++17", "-O0", "-I", include, "-o", program, HERE / "probe.cc", "-ldl")
        self.assertEqual(result.returncode, 0, result.stderr)
        return program

    def test_the_header_compiles_alone_as_c11_and_cpp17_without_a_warning(self):
        for compiler, flags in ((CC, ["-std=c11", "-x", "c"]), (CXX, ["-std=c++17", "-x", "c++"])):
            source = self.folder / "alone"
            source.write_text('#include <leat/plugin.h>\nLEAT_PLUGIN("alone", "1.0.0");\n')
            result = run(compiler, *flags, *STRICT, "-fsyntax-only", "-I", INCLUDE, source)
            self.assertEqual(result.returncode, 0, result.stderr)

    def test_the_header_needs_stddef_and_stdint_alone_and_stays_short(self):
        text = (INCLUDE / "leat" / "plugin.h").read_text()
        self.assertEqual(re.findall(r"#include <(.*)>", text), ["stddef.h", "stdint.h"])
        self.assertLessEqual(text.count("\n"), 400)

    def test_the_cpp_headers_compile_without_a_warning(self):
        for header in ("plugin.hpp", "plugin_testing.hpp"):
            source = self.folder / "alone.cc"
            source.write_text(f"#include <leat/{header}>\n")
            result = run(CXX, "-std=c++17", *STRICT, "-fsyntax-only", "-I", INCLUDE, source)
            self.assertEqual(result.returncode, 0, result.stderr)

    def test_the_record_fits_the_header(self):
        result = self.record(INCLUDE)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_the_record_notices_what_breaks_plugins(self):
        for what, change in BREAKS.items():
            with self.subTest(what):
                result = self.record(self.changed(change))
                self.assertNotEqual(result.returncode, 0)
                self.assertRegex(result.stderr, "static assertion failed|has no member")

    def test_a_minor_may_append(self):
        result = self.record(self.changed(*GROWTH))
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_a_plugin_of_the_first_header_runs_on_a_host_that_grew(self):
        library = self.build(INCLUDE, "old.so", HERE / "demo.c")
        result = run(self.probe(self.changed(*GROWTH)), library)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_a_plugin_of_a_later_header_runs_on_the_first_host_and_sees_what_it_lacks(self):
        text = (HERE / "demo.c").read_text()
        asks = "leat_plugin_init(const leat_host *host, leat_registry *registry) {\n"
        self.assertEqual(text.count(asks), 1)
        source = self.folder / "later.c"
        source.write_text(text.replace(asks, asks + "  if (LEAT_HAS(host, minor)) return LEAT_FATAL;\n"))
        library = self.build(self.changed(*GROWTH), "later.so", source)
        result = run(self.probe(INCLUDE), library)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)


if __name__ == "__main__":
    sys.exit(not unittest.main(exit=False).result.wasSuccessful())
