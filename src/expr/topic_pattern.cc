#include "expr/topic_pattern.h"

#include <re2/re2.h>

namespace leat::expr {
namespace {

constexpr std::int64_t kProgramBytesMax = 1 << 20;

re2::RE2::Options options() {
  re2::RE2::Options made;
  made.set_posix_syntax(true);
  made.set_log_errors(false);
  made.set_never_capture(true);
  made.set_max_mem(kProgramBytesMax);
  return made;
}

}  // namespace

struct TopicPattern::Compiled {
  re2::RE2 regex;
};

TopicPattern::TopicPattern(std::string_view pattern)
    : compiled_(
          new Compiled{re2::RE2(re2::StringPiece(pattern.data(), pattern.size()), options())}) {
  if (!compiled_->regex.ok()) error_ = compiled_->regex.error();
}

TopicPattern::~TopicPattern() = default;

bool TopicPattern::matches(std::string_view topic) const {
  return error_.empty() &&
         re2::RE2::PartialMatch(re2::StringPiece(topic.data(), topic.size()), compiled_->regex);
}

}  // namespace leat::expr
