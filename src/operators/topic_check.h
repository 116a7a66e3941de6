#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "flow/operator.h"
#include "operators/tally.h"

namespace leat::operators {

inline constexpr record::RowError kTopicInvalid{"TOPIC_INVALID",
                                                "the topic is no text that Kafka takes as a name"};
inline constexpr record::RowError kTopicInternal{"TOPIC_INTERNAL",
                                                 "the topic is one of Kafka's own"};
inline constexpr record::RowError kTopicNotAllowed{
    "TOPIC_NOT_ALLOWED", "the topic matches none of the names in the sink's `topics`"};
inline constexpr record::RowError kTopicLoop{"TOPIC_LOOP",
                                             "the pipeline reads the topic that the row names"};

// `*` stands for any characters, `?` for one.
bool matches_glob(std::string_view glob, std::string_view name) noexcept;

// Lets rows through whose topic column names a topic that a sink may write to; the others fail.
// Thread-confined.
class TopicCheck final : public flow::Operator {
 public:
  struct Rules {
    std::size_t column = 0;
    std::vector<std::string> globs;
    std::vector<std::string> sources;  // topics that are read
    bool loops = false;                // they may be written to
  };
  explicit TopicCheck(Rules rules) : rules_(std::move(rules)), tally_(Counting::failures) {}
  Status open(const flow::OperatorContext& context) override;
  Status process(record::RecordBatch& batch, flow::Collector& out) override;

 private:
  const record::RowError* check(const record::Value& topic, const record::Row& row) const noexcept;

  const Rules rules_;
  Tally tally_;
};

// Why a row with this topic fails, whatever record it comes from; nullptr = by the topic alone it
// does not.
const record::RowError* refuse_topic(const record::Value& topic,
                                     const TopicCheck::Rules& rules) noexcept;

}  // namespace leat::operators
