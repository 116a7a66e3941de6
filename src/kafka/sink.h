#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/thread_checker.h"
#include "flow/sink.h"
#include "kafka/lookup.h"
#include "kafka/producer.h"
#include "kafka/profile.h"

namespace leat::kafka {

// What a producer is made of. `specs[i]` outlives it; `indexes[i]` is its place in the definition.
struct SinkParts {
  std::string pipeline;
  Profile profile;
  std::vector<const spec::KafkaSinkSpec*> specs;
  std::vector<std::uint32_t> indexes;
  std::optional<std::uint32_t> dead_letters;  // the one of `indexes` that takes them
  std::size_t produce_bytes = 0;
  CreateTopics create_topics = CreateTopics::internal;
  ProducePolicy policy = ProducePolicy::plain;
  ProducerMode mode = ProducerMode::together;
  Duration quiet_for =
      std::chrono::minutes(1);                 // in `one_by_one`, without a refusal: then together
  std::function<void(ProducerMode)> set_mode;  // of the pipeline's next sink
  std::function<std::string()>
      source_topic;  // whose partition count a created topic takes; empty = none
  const Clock& clock;
};

// All Kafka sinks of one pipeline over one producer. The control thread keeps the topics' partition
// counts fresh (asked on the client's background thread) and tells the listener what is reachable.
// A topic of dead letters that is missing is told too, but keeps nobody from being connected: its
// writer holds back the pipeline when it has something to write. Thread-confined to the control
// thread, connected() apart.
class KafkaSink final : public flow::Sink {
 public:
  static constexpr Duration kRetryAfter = std::chrono::seconds(1);
  static constexpr Duration kRefreshEvery = std::chrono::seconds(30);

  explicit KafkaSink(SinkParts parts) : parts_(std::move(parts)) {}

  Status start(flow::SinkListener& listener, base::Wakeup& control) override;
  Result<std::unique_ptr<flow::SinkWriter>> make_writer(
      std::uint32_t sink, flow::SinkBinding binding, const flow::WriterContext& context) override;
  Instant serve(Instant now) override;
  bool connected() const noexcept override { return connected_.load(std::memory_order_acquire); }

 private:
  struct Answer {
    std::vector<Target*> targets;    // those of the definition, then those that rows named
    std::vector<TopicFacts> topics;  // in the order of the targets
  };
  struct Missing {
    std::string_view reason;
    std::string message;
  };
  void ask();
  void on_answer(const Answer& answer);
  // Takes the partitions over, or says what is wrong with them.
  std::optional<Missing> take(const TopicFacts& facts, Target& target) const;
  bool creates(const Target& target) const;
  void tell(bool connected, std::string_view reason, std::string_view message);
  void on_trouble(const Producer::Trouble& trouble);
  // In `one_by_one`: asks for a new sink when nothing was refused for long; when to look again.
  Instant look_for_quiet(Instant now);
  void disconnected(std::string_view reason, std::string_view message);

  const SinkParts parts_;
  flow::SinkListener* listener_ = nullptr;
  std::unique_ptr<Producer> producer_;
  std::shared_ptr<base::Mailbox<Answer>> answers_;
  std::atomic<bool> connected_{false};
  std::string told_;  // the reason that was last told; empty = none
  bool asking_ = false;
  bool failed_ = false;
  Instant now_{};
  Instant ask_at_ = base::kNever;
  std::uint64_t refusals_ = 0;  // seen
  std::optional<Instant> quiet_since_;
  base::ThreadChecker thread_;
};

}  // namespace leat::kafka
