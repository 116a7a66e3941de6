#pragma once

#include <functional>
#include <memory>
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
  std::size_t produce_bytes = 0;
  CreateTopics create_topics = CreateTopics::internal;
  ProducePolicy policy = ProducePolicy::plain;
  ProducerMode mode = ProducerMode::together;
  std::function<void()> send_one_by_one;  // what the pipeline's next sink does
  std::function<std::string()>
      source_topic;  // whose partition count a created topic takes; empty = none
  const Clock& clock;
};

// All Kafka sinks of one pipeline over one producer. The control thread keeps the topics' partition
// counts fresh (asked on the client's background thread) and tells the listener what is reachable.
// Thread-confined to the control thread, connected() apart.
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
    std::vector<TopicFacts> topics;  // in the order of the targets
  };
  void ask();
  void on_answer(const Answer& answer);
  void on_trouble(const Producer::Trouble& trouble);
  void disconnected(std::string_view reason, std::string_view message);

  const SinkParts parts_;
  flow::SinkListener* listener_ = nullptr;
  std::unique_ptr<Producer> producer_;
  std::shared_ptr<base::Mailbox<Answer>> answers_;
  std::atomic<bool> connected_{false};
  bool told_ = false;
  bool asking_ = false;
  bool failed_ = false;
  Instant now_{};
  Instant ask_at_ = base::kNever;
  base::ThreadChecker thread_;
};

}  // namespace leat::kafka
