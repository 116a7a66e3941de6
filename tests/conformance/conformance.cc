// Runs the conformance vectors of a folder: conformance [OPTION...] FOLDER.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "conformance/differences.h"
#include "conformance/run_vector.h"

namespace leat::conformance {
namespace {

constexpr std::string_view kUsage =
    "usage: conformance [--differences FILE] [--failures FILE] [--only NAME] FOLDER\n"
    "  FOLDER               has *.textproto files (cel.expr.conformance.test.SimpleTestFile)\n"
    "  --differences FILE   vectors that need not hold, as in differences.md\n"
    "  --failures FILE      write the failures there too\n"
    "  --only NAME          only the file NAME.textproto; may stand several times\n"
    "exit code: 0 when all that can run here hold or are known differences, 1 when not, 2 for bad "
    "use\n";

struct Options {
  std::string folder;
  std::string failures;
  std::map<std::string, std::string> differences;
  std::vector<std::string> only;
};

struct Score {
  int passed = 0;
  int failed = 0;
  int different = 0;
  int skipped = 0;
  std::map<std::string, int> reasons;  // of skips
};

bool read_file(const std::filesystem::path& path, std::string& out) {
  std::ifstream file(path, std::ios::binary);
  out.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  return file.good() || file.eof();
}

bool read_options(int count, char** words, Options& out) {
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const bool takes_value = word == "--differences" || word == "--failures" || word == "--only";
    if (takes_value && i + 1 == count) return false;
    if (word == "--differences") {
      std::string text;
      if (!read_file(words[++i], text)) {
        fmt::print(stderr, "conformance: {} cannot be read\n", words[i]);
        return false;
      }
      out.differences = read_differences(text);
    } else if (word == "--failures") {
      out.failures = words[++i];
    } else if (word == "--only") {
      out.only.emplace_back(words[++i]);
    } else if (word.starts_with('-') || !out.folder.empty()) {
      return false;
    } else {
      out.folder = word;
    }
  }
  return !out.folder.empty();
}

// A run over all files: prints a line for each.
class Run {
 public:
  explicit Run(const Options& options) : options_(options) {}

  // False when the file is no file of vectors.
  bool file(const std::filesystem::path& path) {
    std::string text;
    const bool readable = read_file(path, text);
    const Result<std::vector<Vector>> vectors = read_vectors(path.stem().string(), text);
    if (!readable || !vectors.ok()) {
      fmt::print(stderr, "{}: {}\n", path.string(),
                 readable ? vectors.status().to_string() : "cannot be read");
      return false;
    }
    Score score;
    for (const Vector& one : *vectors) count(one, run_vector(one), score);
    print(path.stem().string(), score);
    total_.passed += score.passed;
    total_.failed += score.failed;
    total_.different += score.different;
    total_.skipped += score.skipped;
    return true;
  }

  const Score& total() const { return total_; }
  const std::string& failures() const { return failures_; }

 private:
  void count(const Vector& vector, const Outcome& outcome, Score& score) {
    const bool listed = options_.differences.count(vector.id) > 0;
    switch (outcome.kind) {
      case Outcome::Kind::skipped:
        ++score.skipped;
        ++score.reasons[outcome.reason];
        break;
      case Outcome::Kind::failed:
        if (listed) {
          ++score.different;
        } else {
          ++score.failed;
          tell(vector, outcome.expected, outcome.got);
        }
        break;
      case Outcome::Kind::passed:
        if (listed) {
          ++score.failed;
          tell(vector, "a known difference", "what the vector expects: take it off the list");
        } else {
          ++score.passed;
        }
    }
  }

  void tell(const Vector& vector, std::string_view expected, std::string_view got) {
    failures_ += fmt::format("{}\n  {}\n  expected {}\n  got      {}\n", vector.id, vector.expr,
                             expected, got);
  }

  static void print(const std::string& name, const Score& score) {
    std::string line = fmt::format("{:<16} {:>4} of {:>4} hold", name, score.passed,
                                   score.passed + score.failed + score.different);
    if (score.failed > 0) line += fmt::format(", {} FAILED", score.failed);
    if (score.different > 0) line += fmt::format(", {} known differences", score.different);
    for (const auto& [reason, many] : score.reasons)
      line += fmt::format(", {} skipped ({})", many, reason);
    fmt::print("{}\n", line);
  }

  const Options& options_;
  Score total_;
  std::string failures_;
};

int run(int count, char** words) {
  Options options;
  if (!read_options(count, words, options)) {
    fmt::print(stderr, "{}", kUsage);
    return 2;
  }
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(options.folder, error)) {
    const auto& only = options.only;
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() == ".textproto" &&
        (only.empty() || std::find(only.begin(), only.end(), name) != only.end()))
      files.push_back(entry.path());
  }
  if (files.empty()) {
    fmt::print(stderr, "conformance: there are no .textproto files in {}\n", options.folder);
    return 2;
  }
  std::sort(files.begin(), files.end());
  Run all(options);
  bool readable = true;
  for (const std::filesystem::path& file : files) readable &= all.file(file);
  if (!all.failures().empty()) fmt::print("\nfailed:\n{}", all.failures());
  if (!options.failures.empty()) std::ofstream(options.failures) << all.failures();
  const Score& total = all.total();
  fmt::print("\n{} vectors hold, {} failed, {} known differences, {} skipped\n", total.passed,
             total.failed, total.different, total.skipped);
  if (!readable) return 2;
  return total.failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace leat::conformance

int main(int count, char** words) { return leat::conformance::run(count, words); }
