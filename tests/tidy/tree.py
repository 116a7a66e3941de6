"""What the checks look at: the files of a source tree, with comments or strings blanked where a check asks for it."""

import fnmatch
import functools
import json
import re
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
CPP_SUFFIXES = (".h", ".hpp", ".cc")
SKIPPED_FOLDERS = re.compile(r"^(build.*|\.git|\.cache|target|__pycache__)$")

TOKEN = re.compile(
    r"""(?P<comment>//(?:\\\n|[^\n])*|/\*.*?\*/)
      |(?P<raw>\bR"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)")
      |(?P<string>"(?:\\.|[^"\\\n])*"|(?<![0-9a-zA-Z_])'(?:\\.|[^'\\\n])*')""",
    re.DOTALL | re.VERBOSE)


def blank(text):
    """Spaces in place of everything but line ends, so that positions stay."""
    return re.sub(r"[^\n]", " ", text)


def without(text, comments=True, strings=True):
    def replace(match):
        if match.group("comment") is not None:
            return blank(match.group()) if comments else match.group()
        return '"' + blank(match.group()[1:-1]) + '"' if strings else match.group()
    return TOKEN.sub(replace, text)


def matches(path, patterns):
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


class Tree:
    """A source tree. Paths are strings relative to its root, with '/'."""

    def __init__(self, root, rules=None):
        self.root = Path(root).resolve()
        self.rules = rules or json.loads((HERE / "rooms.json").read_text())

    @functools.cached_property
    def files(self):
        listed = self._tracked()
        if listed is None:
            listed = self._walk(self.root)
        return sorted(path for path in listed if (self.root / path).is_file())

    def _tracked(self):
        """What git would commit; None where the tree is no clone (an unpacked archive)."""
        if not (self.root / ".git").exists():
            return None
        command = ["git", "-C", str(self.root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        return [path for path in result.stdout.split("\0") if path] if result.returncode == 0 else None

    def _walk(self, folder):
        for entry in folder.iterdir():
            if entry.is_dir():
                if not SKIPPED_FOLDERS.match(entry.name):
                    yield from self._walk(entry)
            else:
                yield entry.relative_to(self.root).as_posix()

    def cpp(self, *tops):
        return [path for path in self.files if path.endswith(CPP_SUFFIXES) and path.split("/")[0] in tops]

    def text(self, path):
        """None for a file that is no text."""
        try:
            return (self.root / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return None


def lines_matching(text, word):
    """(line number, matched text) of every line in which the expression is found."""
    expression = re.compile(word)
    for number, line in enumerate(text.split("\n"), 1):
        found = expression.search(line)
        if found:
            yield number, found.group().strip()
