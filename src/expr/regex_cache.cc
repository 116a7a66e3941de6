#include "expr/regex_cache.h"

#include <re2/re2.h>

namespace leat::expr {

std::unique_ptr<re2::RE2> compile_pattern(std::string_view pattern, std::string& error) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto made = std::make_unique<re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (made->ok()) return made;
  error = made->error();
  return nullptr;
}

bool matches_pattern(const re2::RE2& pattern, std::string_view text) {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

RegexCache::RegexCache() = default;
RegexCache::~RegexCache() = default;

const re2::RE2* RegexCache::find(std::string_view pattern) {
  for (const Entry& entry : entries_)
    if (entry.used && entry.text == pattern) return entry.pattern.get();
  Entry& entry = entries_[next_];
  next_ = (next_ + 1) % kEntries;
  std::string error;
  entry.text = pattern;
  entry.pattern = compile_pattern(pattern, error);
  entry.used = true;
  return entry.pattern.get();
}

}  // namespace leat::expr
