"""Compiles every header alone, remembering in the build folder which have not changed since they last compiled."""

import concurrent.futures
import hashlib
import json
import subprocess
import tempfile
from pathlib import Path

FLAGS = ["-std=c++20", "-fsyntax-only", "-Isrc", "-Iinclude", "-Wall", "-Wextra"]
C_FLAGS = ["-std=c11", "-fsyntax-only", "-Iinclude", "-Wall", "-Wextra", "-x", "c"]


def _digest(root, paths, flags):
    """Of the contents of all files a header reads; None when one is gone."""
    digest = hashlib.sha256(" ".join(flags).encode())
    for path in paths:
        file = root / path
        if not file.is_file():
            return None
        digest.update(path.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


class Headers:
    """The headers of one tree and the memory of the last run. `cache` is a file, or None for no memory."""

    def __init__(self, tree, compiler="g++", cache=None):
        self.tree, self.compiler, self.cache = tree, compiler, Path(cache) if cache else None
        version = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True).stdout
        self.flags = [version.split("\n")[0], *FLAGS]
        self.known = json.loads(self.cache.read_text()) if self.cache and self.cache.is_file() else {}
        self.compiled = 0

    def check(self):
        headers = [path for path in self.tree.cpp("src", "include") if not path.endswith(".cc")]
        fresh, findings = {}, []
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            for path, files, message in pool.map(self._one, headers):
                if message:
                    findings.append(message)
                else:
                    fresh[path] = {"files": files, "digest": _digest(self.tree.root, files, self.flags)}
        if self.cache:
            self.cache.parent.mkdir(parents=True, exist_ok=True)
            self.cache.write_text(json.dumps(fresh, indent=1))
        return findings

    def _one(self, path):
        before = self.known.get(path)
        if before and before["digest"] == _digest(self.tree.root, before["files"], self.flags):
            return path, before["files"], None
        self.compiled += 1
        with tempfile.NamedTemporaryFile(suffix=".d") as rules:
            result = self._compile([*FLAGS, "-MMD", "-MT", "x", "-MF", rules.name, "-x", "c++", "-"], f'#include "{self._name(path)}"\n')
            files = self._own_files(Path(rules.name).read_text())
        if result.returncode == 0 and path == "include/leat/plugin.h":
            result = self._compile([*C_FLAGS, "-"], f'#include "{self._name(path)}"\n')
        if result.returncode == 0:
            return path, files, None
        errors = [line for line in result.stderr.split("\n") if "error:" in line] or [result.stderr.strip()]
        return path, files, f"{path}:1: does not compile alone: {errors[0]}"

    def _compile(self, flags, text):
        command = [self.compiler, *flags]
        return subprocess.run(command, input=text, capture_output=True, text=True, cwd=self.tree.root, check=False)

    @staticmethod
    def _name(path):
        return path.split("/", 1)[1]

    @staticmethod
    def _own_files(rules):
        words = rules.replace("\\\n", " ").split()
        return sorted({word for word in words if word.startswith(("src/", "include/"))})
