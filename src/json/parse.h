#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "json/document.h"

namespace leat::json {

struct ParseOptions {
  static constexpr std::size_t kDepthCeiling = 256;

  bool comments = true;  // `//` to the end of the line and `/* */`
  std::size_t bytes_max = 1024 * 1024;
  std::size_t depth_max = 32;  // objects and arrays inside each other; at most kDepthCeiling
  std::size_t values_max = 100'000;
  std::size_t key_bytes_max = 4096;  // of one key: keys come back in pointers
};

// One reason why a text was not taken. Codes: MALFORMED_JSON (alone; the text is not JSON),
// TOO_LARGE, TOO_DEEP, TOO_MANY_VALUES, DUPLICATE_KEY, LONE_SURROGATE, OUT_OF_RANGE (JSON that we
// refuse).
struct Problem {
  std::string code;
  std::string message;
  std::string pointer;  // "" for MALFORMED_JSON
  Place place;
};

// A document, or what is wrong with the text. A value.
class Parsed {
 public:
  static constexpr std::size_t kProblemsMax = 100;

  bool ok() const noexcept { return problems_.empty(); }
  // Not JSON at all (a 400), as opposed to JSON that we refuse (a 422).
  bool malformed() const noexcept { return !ok() && problems_.front().code == "MALFORMED_JSON"; }
  const std::vector<Problem>& problems() const noexcept { return problems_; }
  // Requires: ok().
  const Value& root() const& {
    LEAT_CHECK(ok());
    return *root_;
  }
  Value root() && {
    LEAT_CHECK(ok());
    return *std::move(root_);
  }
  // Null unless the whole text was read; with problems it serves only to find more of them (of
  // equal keys the first counts).
  const Value* partial() const noexcept { return root_ ? &*root_ : nullptr; }

 private:
  friend class Parser;
  std::optional<Value> root_;
  std::vector<Problem> problems_;
};

// Reads one JSON value and nothing after it. Strict: RFC 8259, valid UTF-8, no BOM, no trailing
// commas. Numbers that no double holds are refused. Never throws, allocates in proportion to
// `text`, and stops at the first syntax error or exceeded limit; the other refusals are collected,
// at most Parsed::kProblemsMax.
Parsed parse(std::string_view text, const ParseOptions& options = {});

}  // namespace leat::json
