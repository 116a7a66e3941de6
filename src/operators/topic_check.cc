#include "operators/topic_check.h"

#include <algorithm>

namespace leat::operators {
namespace {

constexpr std::size_t kNameBytesMax = 249;

bool is_topic_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > kNameBytesMax || name == "." || name == "..") return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

}  // namespace

bool matches_glob(std::string_view glob, std::string_view name) noexcept {
  std::size_t g = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;  // the last `*` so far, and what it has taken
  std::size_t taken = 0;
  while (n < name.size()) {
    if (g < glob.size() && (glob[g] == '?' || glob[g] == name[n]) && glob[g] != '*') {
      ++g;
      ++n;
    } else if (g < glob.size() && glob[g] == '*') {
      star = g++;
      taken = n;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      n = ++taken;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

Status TopicCheck::open(const flow::OperatorContext& context) {
  tally_.open(context);
  return {};
}

const record::RowError* refuse_topic(const record::Value& topic,
                                     const TopicCheck::Rules& rules) noexcept {
  if (topic.is_error()) return &topic.as_error();
  if (!topic.is(record::Type::string) || !is_topic_name(topic.as_text())) return &kTopicInvalid;
  const std::string_view name = topic.as_text();
  if (name.starts_with("__")) return &kTopicInternal;
  if (std::none_of(rules.globs.begin(), rules.globs.end(),
                   [&](const std::string& glob) { return matches_glob(glob, name); }))
    return &kTopicNotAllowed;
  const bool read = !rules.loops && std::find(rules.sources.begin(), rules.sources.end(), name) !=
                                        rules.sources.end();
  return read ? &kTopicLoop : nullptr;
}

const record::RowError* TopicCheck::check(const record::Value& topic,
                                          const record::Row& row) const noexcept {
  if (const record::RowError* const error = refuse_topic(topic, rules_)) return error;
  const bool own = !rules_.loops && row.origin != nullptr && row.origin->topic == topic.as_text();
  return own ? &kTopicLoop : nullptr;
}

Status TopicCheck::process(record::RecordBatch& batch, flow::Collector& out) {
  tally_.enter(batch);
  const record::Column topics = batch.column(rules_.column);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const record::Value topic = topics.empty() ? record::Value() : topics[i];
    if (const record::RowError* error = check(topic, batch.rows()[i]))
      tally_.fail(i, batch, *error);
  }
  tally_.leave(batch);
  if (!batch.empty()) out.emit(std::move(batch));
  return {};
}

}  // namespace leat::operators
