"""The checks. Each takes a Tree and yields its findings as 'file:line: what is wrong, and what to do instead'."""

import re
import statistics
from pathlib import PurePosixPath

from functions import functions
from tree import lines_matching, matches, without

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:<([^>\n]+)>|"([^"\n]+)")', re.MULTILINE)
STANDARD = re.compile(r"^[a-z0-9_]+$")  # the standard library's headers have no suffix and no folder


def includes(tree, path):
    """(line number, name, True for the <angle> form) of each include."""
    text = without(tree.text(path) or "", comments=True, strings=False)
    for found in INCLUDE.finditer(text):
        yield text.count("\n", 0, found.start()) + 1, found.group(1) or found.group(2), found.group(1) is not None


def room_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def ranks(tree):
    """A folder of src includes only folders of lower rank, and says so to CMake."""
    known = tree.rules["ranks"]
    present = set(tree.files)
    for room in sorted({room_of(path) for path in tree.files} - {None}):
        if room not in known:
            yield f"src/{room}:1: the folder has no rank in tests/tidy/rooms.json"
    for path in tree.cpp("src"):
        for line, name, angle in includes(tree, path):
            if not angle:
                yield from _rank_of_include(path, line, name, known, present)
    for path in tree.files:
        if room_of(path) in known and path.endswith("/CMakeLists.txt"):
            yield from _ranks_in_cmake(tree, path, known)


def _rank_of_include(path, line, name, known, present):
    room, other = room_of(path), name.split("/")[0]
    if other == "leat":
        if f"include/{name}" not in present:
            yield f"{path}:{line}: \"{name}\" is not in include/"
    elif "/" not in name or f"src/{name}" not in present:
        yield f"{path}:{line}: \"{name}\" is no file of src: write \"<folder>/<file>.h\""
    elif room != other and known.get(other, 99) >= known.get(room, -1):
        yield f"{path}:{line}: {room} (rank {known.get(room)}) includes {other} (rank {known.get(other)}): only lower ranks"


def _ranks_in_cmake(tree, path, known):
    room = room_of(path)
    found = re.search(r"leat_room\(\s*\w+\s+ROOMS\s+([^)]*?)(?:\bLIBS\b|\))", tree.text(path) or "")
    for other in found.group(1).split() if found else []:
        if known.get(other, 99) >= known.get(room, -1):
            yield f"{path}:1: {room} links {other}, which has no lower rank"


def third_party(tree):
    """A third-party header is included only by the rooms that wrap it; heavy ones only by .cc files."""
    for path in tree.cpp("src", "include", "plugins"):
        for line, name, angle in includes(tree, path):
            if not angle and path.startswith(("include/", "plugins/")) and not name.startswith("leat/") and "/" in name:
                yield f"{path}:{line}: \"{name}\": plugin authors have only include/leat"
            if angle:
                yield from _third_party_header(tree.rules, path, line, name)


def _third_party_header(rules, path, line, name):
    for library in rules["third_party"]:
        if any(name == header or (header.endswith("/") and name.startswith(header)) for header in library["headers"]):
            if path in library.get("files", []):
                return
            if room_of(path) not in library["rooms"]:
                yield f"{path}:{line}: <{name}>: {library['name']} only in {', '.join(library['rooms'])}"
            elif library.get("only_in_cc") and not path.endswith(".cc"):
                yield f"{path}:{line}: <{name}>: {library['name']} only in .cc files: declare what is needed instead"
            return
    if not STANDARD.match(name) and not name.startswith("leat/") and not matches(name, rules["system_headers"]):
        yield f"{path}:{line}: <{name}> is not known: give it a room in tests/tidy/rooms.json"


def sizes(tree):
    """Files, functions and folders stay small: each has a largest size, and together a median."""
    limits = tree.rules["sizes"]
    excepted = {entry["file"] for entry in limits["exceptions"]}
    measured = {"header": [], "source": [], "function": []}
    for path in tree.cpp("src", "include", "plugins", "tests"):
        if path not in excepted:
            yield from _sizes_of_file(tree, path, limits, measured)
    for kind, values in measured.items():
        allowed = limits[f"{kind}_lines_median"]
        if len(values) >= limits["medians_from"] and statistics.median(values) > allowed:
            yield f"src:1: the median {kind} has {statistics.median(values):g} lines, at most {allowed} are wanted"
    yield from _sizes_of_folders(tree, limits["folder_files_max"])


def _sizes_of_file(tree, path, limits, measured):
    text = tree.text(path) or ""
    lines = text.count("\n")
    kind = "source" if path.endswith(".cc") else "header"
    in_tests = path.startswith("tests/")
    allowed = limits["test_source_lines_max" if in_tests and kind == "source" else f"{kind}_lines_max"]
    if lines > allowed:
        yield f"{path}:{allowed}: {lines} lines, at most {allowed}: split it by responsibility"
    if in_tests:
        return
    measured[kind].append(lines)
    for name, first, length in functions(text):
        measured["function"].append(length)
        if length > limits["function_lines_max"]:
            yield f"{path}:{first}: {name} has {length} lines, at most {limits['function_lines_max']}: split it by steps"


def _sizes_of_folders(tree, files_max):
    counts = {}
    for path in tree.cpp("src", "include"):
        folder = str(PurePosixPath(path).parent)
        counts[folder] = counts.get(folder, 0) + 1
    for folder, count in sorted(counts.items()):
        if count > files_max:
            yield f"{folder}:1: {count} files, at most {files_max}: it holds more than one responsibility"


def words(tree):
    """Words that stand for a wrong means; each message says what to use instead."""
    for path in tree.cpp("src", "include"):
        code = without(tree.text(path) or "")
        for rule in tree.rules["words"]:
            if matches(path, rule.get("only", ["*"])) and not matches(path, rule["allowed"]):
                for line, found in lines_matching(code, rule["word"]):
                    yield f"{path}:{line}: '{found}' is not used here: {rule['instead']}"
    names = tree.rules["file_names"]
    for path in tree.cpp("src", "include", "tests", "plugins"):
        if re.search(names["word"], PurePosixPath(path).name):
            yield f"{path}:1: the file's name says nothing: {names['instead']}"


def trigger(tree):
    """Only the rooms that read or show a definition know the modes; the machine asks decide()."""
    for path in tree.cpp("src", "include"):
        text = tree.text(path) or ""
        for rule in tree.rules["trigger"]:
            if not matches(path, rule["allowed"]):
                for line, found in lines_matching(text, rule["word"]):
                    yield f"{path}:{line}: '{found}' outside its rooms: {rule['instead']}"


def private(tree):
    """What belongs to one machine, or is unfinished, is in no file."""
    for path in tree.files:
        text = tree.text(path)
        for rule in tree.rules["private"] if text is not None else []:
            for line, found in lines_matching(text, rule["word"]):
                yield f"{path}:{line}: '{found}' does not belong into the tree: {rule['instead']}"


def readmes(tree):
    """Every folder of src and tests says in a few lines what it is for."""
    folders = {"src", "tests"}
    for path in tree.files:
        parts = path.split("/")
        if parts[0] in ("src", "tests") and len(parts) > 2:
            folders.add("/".join(parts[:2]))
        elif parts[0] in ("docker", "config", "plugins") and len(parts) > 1:
            folders.add(parts[0])
    for folder in sorted(folders):
        text = tree.text(f"{folder}/README.md") if f"{folder}/README.md" in tree.files else None
        if text is None:
            yield f"{folder}/README.md:1: missing: say in a few lines what the folder is for"
        elif not text.startswith("# ") or len(text.split()) < 10:
            yield f"{folder}/README.md:1: it says nothing: a title and a few lines"


def packages(tree):
    """The scripts and the image take their Debian packages from docker/packages.txt, and from nowhere else."""
    for path in tree.files:
        name = PurePosixPath(path).name
        if not (path.endswith(".sh") or name in ("Dockerfile", "run")) or path == "docker/install.sh":
            continue
        for line, found in lines_matching(tree.text(path) or "", r"^[^#'\"]*\bapt(-get)? +(-\S+ +)*install\b"):
            yield f"{path}:{line}: '{found}': add the package to docker/packages.txt, docker/install.sh installs it"


def bad_input(tree):
    """Every test that tests/bad-input.md names exists, and every line of its tables names one."""
    page = "tests/bad-input.md"
    text = tree.text(page) if page in tree.files else None
    if text is None:
        return
    known = {f"tidy.{name}" for name in CHECKS}
    for path in tree.files:
        if path.startswith("tests/cases/"):
            known.add(PurePosixPath(path).name)
        elif path.startswith("tests/") and path.endswith("_test.cc"):
            found = re.findall(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)", tree.text(path) or "", re.MULTILINE)
            known.update(f"{suite}.{name}" for suite, name in found)
    for number, line in enumerate(text.split("\n"), 1):
        cells = line.split("|")
        if len(cells) != 5 or set(cells[1]) <= {"-"} or cells[1].strip() == "thrown":
            if line.startswith("|") and len(cells) != 5:
                yield f"{page}:{number}: a line has three columns"
            continue
        names = re.findall(r"`([^`]+)`", cells[2])
        if not names:
            yield f"{page}:{number}: no test proves it: write one and name it"
        for name in names:
            if name not in known:
                yield f"{page}:{number}: there is no test `{name}`"


CHECKS = {check.__name__: check for check in (ranks, third_party, sizes, words, trigger, private, readmes, packages, bad_input)}
