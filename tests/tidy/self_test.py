#!/usr/bin/env python3
"""Shows that no check is blind: every check finds what is planted for it, and nothing in a tree without a fault."""

import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from checks import CHECKS
from functions import functions
from headers import Headers
from tree import Tree, without

README = "# folder\n\nWhat this folder is for, in a few lines that say something.\n"
CLEAN = {
    "src/README.md": README, "src/base/README.md": README, "src/flow/README.md": README, "src/json/README.md": README,
    "tests/README.md": README,
    "src/base/clock.h": "#pragma once\n#include <chrono>\nnamespace leat::base { int now(); }\n",
    "src/base/clock.cc": "#include \"base/clock.h\"\nint leat::base::now() { return std::chrono::system_clock::now(); }\n",
    "src/flow/trigger.h": "#pragma once\n#include \"base/clock.h\"\nenum class Release { at_once }; // Release::at_once\n",
    "src/flow/CMakeLists.txt": "leat_room(flow ROOMS base LIBS fmt::fmt)\n",
    "src/json/reader.cc": "#include <nlohmann/json.hpp>\n#include <sys/stat.h>\n// sleep_for is only a word here\n",
    "include/leat/plugin.h": "#ifndef LEAT_PLUGIN_H_\n#define LEAT_PLUGIN_H_\n#include <stdint.h>\n#endif\n",
    "docker/README.md": README, "docker/install.sh": "apt-get install -y x\n",
    "run.sh": "docker/install.sh run\n",
}


def body(lines):
    return "void f() {\n" + "  g();\n" * (lines - 2) + "}\n"


# check → planted files (None = the file is missing) and what the finding must say.
PLANTED = {
    "ranks": [
        ({"src/base/clock.h": '#include "flow/trigger.h"\n'}, "src/base/clock.h:1: base (rank 0) includes flow"),
        ({"src/record/a.h": '#include "spec/a.h"\n', "src/spec/a.h": "\n"}, "record (rank 2) includes spec (rank 2)"),
        ({"src/flow/a.cc": '\n#include "base/gone.h"\n'}, 'src/flow/a.cc:2: "base/gone.h" is no file'),
        ({"src/flow/a.cc": '#include "trigger.h"\n'}, '"trigger.h" is no file of src'),
        ({"src/flow/a.cc": '#include "leat/gone.h"\n'}, "is not in include/"),
        ({"src/attic/a.h": "\n"}, "src/attic:1: the folder has no rank"),
        ({"src/flow/CMakeLists.txt": "leat_room(flow ROOMS base runtime)\n"}, "flow links runtime"),
        ({"src/base/clock.h": '/* a */ int x;\n  #  include "flow/trigger.h" // why\n'}, "src/base/clock.h:2: base"),
    ],
    "third_party": [
        ({"src/flow/a.cc": "#include <nlohmann/json.hpp>\n"}, "nlohmann/json only in json"),
        ({"src/json/a.h": "#include <nlohmann/json.hpp>\n"}, "only in .cc files"),
        ({"src/flow/a.h": "#include <librdkafka/rdkafka.h>\n"}, "librdkafka only in kafka"),
        ({"src/flow/a.h": "#include <curl/curl.h>\n"}, "<curl/curl.h> is not known"),
        ({"include/leat/plugin.hpp": "#include <fmt/format.h>\n"}, "fmt and spdlog only in base"),
        ({"plugins/x/a.cc": '#include "base/clock.h"\n'}, "plugin authors have only include/leat"),
    ],
    "sizes": [
        ({"src/flow/a.h": "\n" * 401}, "401 lines, at most 400"),
        ({"src/flow/a.cc": "\n" * 801}, "801 lines, at most 800"),
        ({"tests/flow/a.cc": "\n" * 1001}, "1001 lines, at most 1000"),
        ({"src/flow/a.cc": "\n" + body(71)}, "src/flow/a.cc:2: f has 71 lines, at most 70"),
        ({f"src/flow/a{n}.h": "\n" for n in range(41)}, "src/flow:1: 42 files"),
        ({"src/flow/a.cc": body(20) * 30}, "the median function has 20 lines"),
        ({f"src/r{n}/a.h": "\n" * 150 for n in range(40)}, "the median header has 150 lines"),
        ({f"src/r{n}/a.cc": "\n" * 250 for n in range(40)}, "the median source has 250 lines"),
    ],
    "words": [
        ({"src/flow/a.cc": "\n\nstd::this_thread::sleep_for(1s);\n"}, "src/flow/a.cc:3: 'sleep_for' is not used here: wait on"),
        ({"src/flow/a.cc": "auto t = std::chrono::system_clock::now();\n"}, "read the Clock"),
        ({"src/flow/a.cc": "std::thread t;\n"}, "let runtime own the thread"),
        ({"src/flow/a.cc": "std::mutex m;\n"}, "no lock on the data path"),
        ({"src/flow/a.cc": "throw 1;\n"}, "return Status or Result"),
        ({"src/flow/a.cc": "try { f(); } catch (...) {}\n"}, "exceptions end at the borders"),
        ({"src/flow/a.cc": "std::cout << 1;\n"}, "log through base/log.h"),
        ({"src/flow/a.cc": "int x = std::stoi(s);\n"}, "no exception, no locale"),
        ({"src/main/a.cc": 'std::setlocale(LC_ALL, "");\n'}, "a number has a point in every environment"),
        ({"src/flow/a.h": "class TaskManager {};\n"}, "a word of the vocabulary"),
        ({"src/flow/a.h": "using namespace std;\n"}, "name what is used"),
        ({"src/flow/string_util.h": "\n"}, "the file's name says nothing"),
    ],
    "trigger": [
        ({"src/runtime/a.cc": "if (mode == real_time) f();\n"}, "'real_time' outside its rooms"),
        ({"src/kafka/a.cc": "int kMicroBatchSize;\n"}, "'kMicroBatchSize' outside its rooms"),
        ({"src/plan/a.cc": "auto r = Release::at_once;\n"}, "'Release::' outside its rooms"),
        ({"src/flow/task.cc": "// as micro_batch does\n"}, "src/flow/task.cc:1"),
    ],
    "private": [
        ({"run.sh": "cd /" + "work/main\n"}, "run.sh:1: '/" + "work/'"),
        ({"src/flow/a.cc": "// TO" + "DO: later\n"}, "finish it"),
        ({"src/README.md": "https://repo1." + "maven.org/maven2\n"}, "the tool's own default"),
    ],
    "readmes": [
        ({"src/record/a.h": "\n"}, "src/record/README.md:1: missing"),
        ({"src/flow/README.md": "# flow\n"}, "src/flow/README.md:1: it says nothing"),
        ({"src/README.md": None}, "src/README.md:1: missing"),
        ({"docker/README.md": None}, "docker/README.md:1: missing"),
    ],
    "packages": [
        ({"run.sh": "sudo apt-get install -y foo\n"}, "add the package to docker/packages.txt"),
        ({"docker/Dockerfile": "RUN apt-get -qq install foo\n"}, "docker/Dockerfile:1"),
    ],
    "bad_input": [
        ({"tests/bad-input.md": "| thrown | test | what comes back |\n|---|---|---|\n| x | `A.B` | y |\n"}, "tests/bad-input.md:3: there is no test `A.B`"),
        ({"tests/bad-input.md": "| x | nothing | y |\n"}, "tests/bad-input.md:1: no test proves it"),
        ({"tests/bad-input.md": "| x | `A.B` | y |\n| x | `A.B` |\n", "tests/a_test.cc": "TEST_F(A, B) {}\n"}, "tests/bad-input.md:2: a line has three columns"),
    ],
}
HEADERS = [
    ({"src/flow/a.h": "std::string x;\n"}, "src/flow/a.h:1: does not compile alone"),
    ({"include/leat/plugin.h": "class X;\n"}, "include/leat/plugin.h:1: does not compile alone"),
]


class TidySelfTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def tree(self, planted=None):
        for path, text in {**CLEAN, **(planted or {})}.items():
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            if text is not None:
                file.write_text(text)
        return Tree(self.root)

    def expect(self, findings, wanted):
        self.assertTrue(any(wanted in finding for finding in findings), f"no finding says '{wanted}': {findings}")

    def test_a_clean_tree_has_no_findings(self):
        tree = self.tree()
        for name, check in CHECKS.items():
            self.assertEqual(list(check(tree)), [], name)
        self.assertEqual(Headers(tree).check(), [])

    def test_every_check_has_a_planted_fault(self):
        self.assertEqual(set(CHECKS), set(PLANTED))

    def test_every_banned_word_has_a_planted_fault(self):
        for name in ("words", "trigger", "private"):
            for rule in Tree(self.root).rules[name]:
                texts = [text for planted, _ in PLANTED[name] for text in planted.values()]
                self.assertTrue(any(re.search(rule["word"], text, re.MULTILINE) for text in texts), rule["word"])

    def test_a_changed_header_is_compiled_again_and_an_unchanged_one_is_not(self):
        cache = self.root / "cache.json"
        tree = self.tree()
        self.assertEqual(Headers(tree, cache=cache).check(), [])
        again = Headers(tree, cache=cache)
        self.assertEqual((again.check(), again.compiled), ([], 0))
        # trigger.h includes clock.h: both are compiled again, the plugin header is not.
        after = Headers(self.tree({"src/base/clock.h": "#pragma once\nint moved();\n"}), cache=cache)
        self.assertEqual((after.check(), after.compiled), ([], 2))

    def test_an_untracked_file_of_a_clone_is_seen(self):
        subprocess.run(["git", "init", "-q", str(self.root)], check=True)
        self.expect(list(CHECKS["words"](self.tree({"src/flow/a.cc": "throw 1;\n"}))), "src/flow/a.cc:1")


class BlankingTest(unittest.TestCase):
    def test_comments_and_strings_go_and_positions_stay(self):
        text = 'a("{"); // }\nint n = 10\'000; R"(}\n{)" \'{\' /* {\n */ b'
        self.assertNotRegex(without(text), r"[{}]")
        self.assertEqual(without(text).count("\n"), text.count("\n"))
        self.assertIn("10'000", without(text))


class FunctionsTest(unittest.TestCase):
    def names(self, text):
        return [(name, length) for name, _, length in functions(text)]

    def test_members_templates_and_free_functions_are_found(self):
        text = ("namespace n {\nclass A : public B<int> {\n public:\n  A() : x_{1}, y_(2) {\n    f();\n  }\n"
                "  int get() const noexcept { return x_; }\n};\ntemplate <class T>\nauto f(T t) -> int {\n  if (t) {\n    g();\n  }\n}\n}\n")
        found = self.names(text)
        self.assertIn(("get", 1), found)
        self.assertIn(("f", 6), found)
        self.assertTrue(any(length == 3 for _, length in found), found)

    def test_tables_do_not_count(self):
        table = "  static const int kTable[] = {\n" + "    1,\n" * 100 + "  };\n"
        self.assertEqual(self.names("int f() {\n" + table + "  return kTable[0];\n}\n"), [("f", 4)])
        self.assertEqual(self.names("constexpr int kTable[] = {\n" + "  1,\n" * 100 + "};\n"), [])

    def test_a_lambda_counts_for_the_function_around_it(self):
        self.assertEqual(self.names("void f() {\n  auto g = [&](int x) {\n    h(x);\n  };\n}\n"), [("f", 5)])

    def test_preprocessor_lines_do_not_unbalance(self):
        self.assertEqual(self.names("#define OPEN {\nvoid f() {\n}\n"), [("f", 2)])


def planted_test(check, planted, wanted):
    def test(self):
        self.expect(list(check(self.tree(planted))), wanted)
    return test


for check_name, cases in PLANTED.items():
    for index, (files, message) in enumerate(cases):
        setattr(TidySelfTest, f"test_{check_name}_finds_{index}", planted_test(CHECKS[check_name], files, message))
for index, (files, message) in enumerate(HEADERS):
    setattr(TidySelfTest, f"test_headers_alone_finds_{index}", planted_test(lambda tree: Headers(tree).check(), files, message))

if __name__ == "__main__":
    unittest.main()
