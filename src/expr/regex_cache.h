#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "expr/kernel.h"

namespace leat::expr {

// A compiled pattern, or null with the reason in `error`.
std::unique_ptr<re2::RE2> compile_pattern(std::string_view pattern, std::string& error);
// Whether any part of the text matches.
bool matches_pattern(const re2::RE2& pattern, std::string_view text);

// The patterns that rows brought, compiled: the last kEntries different ones. Thread-confined.
class RegexCache {
 public:
  static constexpr std::size_t kEntries = 16;

  RegexCache();
  ~RegexCache();
  RegexCache(const RegexCache&) = delete;
  RegexCache& operator=(const RegexCache&) = delete;

  // Null when the pattern is not valid.
  const re2::RE2* find(std::string_view pattern);

 private:
  struct Entry {
    std::string text;
    std::unique_ptr<re2::RE2> pattern;
    bool used = false;
  };
  std::array<Entry, kEntries> entries_;
  std::size_t next_ = 0;  // the entry to replace
};

}  // namespace leat::expr
