#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace leat::expr {

// A pattern over whole names of topics, "^…$". The Kafka client matches by POSIX extended
// expressions, so only what means the same to RE2 and to it is taken: no `\d`, no `(?…)`.
// Immutable.
class TopicPattern {
 public:
  explicit TopicPattern(std::string_view pattern);
  ~TopicPattern();
  TopicPattern(const TopicPattern&) = delete;
  TopicPattern& operator=(const TopicPattern&) = delete;

  // Why it cannot be used, a sentence's end for people; "" = it can.
  const std::string& error() const noexcept { return error_; }
  // False when it cannot be used.
  bool matches(std::string_view topic) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
  std::string error_;
};

}  // namespace leat::expr
