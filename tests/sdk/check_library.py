#!/usr/bin/env python3
"""What the host demands of plugin files before it loads them: check_library.py [--sanitized] FILE..."""

import re
import subprocess
import sys

ALLOWED = {"libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "libpthread.so.0", "libdl.so.2", "librt.so.1",
           "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def mistakes(file, sanitized):
    symbols = [line.split() for line in output("nm", "-D", "--defined-only", file).splitlines()]
    exports = sorted(words[-1].split("@")[0] for words in symbols)
    if exports != ["leat_plugin_init"]:
        yield f"exports {exports}"
    if any(words[-2] == "u" for words in symbols):
        yield "has unique symbols"
    notes = output("readelf", "--notes", "--wide", file)
    if len(re.findall(r"^\s*LEAT\s+0x00000088\s", notes, re.MULTILINE)) != 1:
        yield "has no LEAT note of 136 bytes, or several"
    dynamic = output("readelf", "--dynamic", "--wide", file)
    if re.search(r"RPATH|RUNPATH|TEXTREL", dynamic):
        yield "has an RPATH or text relocations"
    more = set(re.findall(r"NEEDED.*\[(.*)\]", dynamic)) - ALLOWED
    if more and not sanitized:
        yield f"needs {sorted(more)}"
    if re.search(r"GNU_STACK.*\bRWE\b", output("readelf", "--program-headers", "--wide", file)):
        yield "wants an executable stack"


def main(arguments):
    sanitized = "--sanitized" in arguments
    files = [argument for argument in arguments if argument != "--sanitized"]
    found = [f"{file} {mistake}" for file in files for mistake in mistakes(file, sanitized)]
    print("\n".join(found) or f"{len(files)} files are as they must be")
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
