#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mailbox.h"
#include "base/wakeup.h"
#include "flow/sink.h"
#include "kafka/client.h"
#include "kafka/flight.h"
#include "kafka/lanes.h"

namespace leat::kafka {

// One topic a pipeline writes to. The control thread learns its partitions; writers read them.
struct Target {
  std::string topic;
  rd_kafka_topic_t* handle = nullptr;
  const spec::KafkaSinkSpec* spec = nullptr;
  bool dead_letters = false;
  std::atomic<std::int32_t> partitions{0};  // 0 = not known: writers wait
  std::atomic<bool> missing{false};         // the cluster has no such topic: rows for it fail
  std::atomic<std::shared_ptr<const std::vector<std::int32_t>>>
      leaders;  // by partition; set before `partitions`
};

// What acknowledgements name of a writer; lives as long as the producer, because they may come
// after the writer went.
struct WriterStore {
  explicit WriterStore(base::Wakeup& writer) : refusals(writer) {}
  FlightPool flights;
  base::Mailbox<Refusal> refusals;  // of records counted as written
  PaceStore paces;
};

// The one producer of a pipeline, shared by its writers and the control thread. Acknowledgements
// are taken by whichever writer is stepped first after they came; the others are woken when they
// wait for room. Thread-safe.
class Producer {
 public:
  struct Trouble {
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
    std::string reason;
    bool fatal = false;
  };

  static Result<std::unique_ptr<Producer>> make(rd_kafka_conf_t* conf, ProducerMode mode,
                                                const Clock& clock, base::Wakeup& control);
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  // Control, before writers: a topic with the sink's compression; without a topic where rows name
  // theirs.
  Result<Target*> add_target(const spec::KafkaSinkSpec& spec);
  const std::vector<std::unique_ptr<Target>>& targets() const noexcept { return targets_; }
  // Rows may name so many different topics.
  static constexpr std::size_t kNamedMax = 1000;
  // Writers: a topic that a row of this sink names; null when there are too many. The control thread
  // learns its partitions.
  Target* named_target(const spec::KafkaSinkSpec& spec, std::string_view topic);
  // Control: all of them; afterwards named_anew() is false until there are more.
  std::vector<Target*> named_targets();
  bool named_anew() const noexcept { return named_anew_.load(std::memory_order_acquire); }
  ProducerMode mode() const noexcept { return mode_; }
  Client& client() const noexcept { return *client_; }

  // A writer comes and goes; its wake-up outlives the producer. Its store stays until the producer
  // goes.
  WriterStore& join(base::Wakeup& worker);
  void leave(base::Wakeup& worker);
  bool has_writers() const noexcept { return primary_.load(std::memory_order_acquire) != nullptr; }
  void wake_writers();
  // A writer found no room: everybody is woken when acknowledgements came.
  void wait_for_room() noexcept { room_wanted_.store(true, std::memory_order_release); }

  // Takes what came. Costs one load when nothing did.
  void serve(flow::LatencyStats* latency) {
    if (ready_.load(std::memory_order_relaxed)) poll(latency);
  }
  // Control: errors since the last call.
  std::vector<Trouble> take_troubles() { return troubles_.take(); }
  // A record can never be delivered: the pipeline restarts. Told once.
  void fail(rd_kafka_resp_err_t error) { failed_(error); }
  // Records that were refused for themselves, ever.
  std::uint64_t refusals() const noexcept { return refusals_.load(std::memory_order_relaxed); }
  void count_refusal() noexcept { refusals_.fetch_add(1, std::memory_order_relaxed); }
  // What the client reports of itself.
  void report(rd_kafka_resp_err_t error, std::string reason);

 private:
  Producer(ProducerMode mode, const Clock& clock, base::Wakeup& control)
      : mode_(mode),
        clock_(clock),
        control_(control),
        troubles_(control),
        failed_([this](rd_kafka_resp_err_t error) { on_undelivered(error); }) {}
  Result<std::unique_ptr<Target>> make_target(const spec::KafkaSinkSpec& spec,
                                              const std::string& topic) const;
  void poll(flow::LatencyStats* latency);
  void on_undelivered(rd_kafka_resp_err_t error);
  static void on_queue_filled(rd_kafka_t*, void* self);

  const ProducerMode mode_;
  const Clock& clock_;
  base::Wakeup& control_;
  base::Mailbox<Trouble> troubles_;
  const std::function<void(rd_kafka_resp_err_t)> failed_;
  base::Ref<Client> client_;
  Queue queue_;
  std::vector<std::unique_ptr<Target>> targets_;
  std::atomic<bool> ready_{true};
  std::atomic<bool> room_wanted_{false};
  std::atomic<bool> undelivered_{false};
  std::atomic<std::uint64_t> refusals_{0};
  std::atomic<base::Wakeup*> primary_{nullptr};  // takes the acknowledgements when all sleep
  std::atomic<bool> named_anew_{false};
  std::mutex mutex_;
  std::map<std::pair<const spec::KafkaSinkSpec*, std::string>, std::unique_ptr<Target>>
      named_;                                         // under mutex_
  std::vector<base::Wakeup*> writers_;                // under mutex_
  std::vector<std::unique_ptr<WriterStore>> stores_;  // under mutex_
};

}  // namespace leat::kafka
