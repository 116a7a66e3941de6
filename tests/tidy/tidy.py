#!/usr/bin/env python3
"""Checks the rules of the house on a source tree: tidy.py CHECK [--root DIR] [--cache FILE]; README.md names the checks."""

import argparse
import sys
from pathlib import Path

from checks import CHECKS
from headers import Headers
from tree import HERE, Tree


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("check", choices=[*CHECKS, "headers_alone", "all"])
    parser.add_argument("--root", type=Path, default=HERE.parent.parent)
    parser.add_argument("--cache", type=Path, help="memory of headers_alone")
    parser.add_argument("--compiler", default="g++")
    options = parser.parse_args()

    tree = Tree(options.root)
    findings = []
    for name, check in CHECKS.items():
        if options.check in (name, "all"):
            findings += check(tree)
    if options.check in ("headers_alone", "all"):
        findings += Headers(tree, options.compiler, options.cache).check()
    for finding in findings:
        print(finding)
    print(f"tidy {options.check}: {len(tree.files)} files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
