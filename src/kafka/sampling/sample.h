#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "flow/sample.h"
#include "kafka/client.h"
#include "kafka/profile.h"

namespace leat::kafka {

// A client of its own for each question, without a group; it reads on its background thread.
// Thread-safe.
class KafkaSampler final : public flow::Sampler {
 public:
  static constexpr std::size_t kSamplesMax = 4;  // at a time
  static constexpr Duration kReadingMax = std::chrono::seconds(3);
  static constexpr Duration kQuietMax = std::chrono::milliseconds(500);  // behind the last record
  static constexpr std::size_t kBytesMax = std::size_t{16} << 20;
  static constexpr std::size_t kPartitionsMax = 256;

  explicit KafkaSampler(KafkaOptions options) : options_(std::move(options)) {}

  void sample(const spec::SourceSpec& source, std::size_t records_max,
              flow::SampleReply reply) override;
  void collect() override;
  void stop() override;

 private:
  struct Running {
    base::Ref<Client> client;
    std::shared_ptr<std::atomic<bool>> replied;
  };
  Result<base::Ref<Client>> make_client(const spec::KafkaSourceSpec& source) const;

  const KafkaOptions options_;
  std::mutex mutex_;
  std::vector<Running> running_;  // under mutex_
  bool stopped_ = false;          // under mutex_
};

}  // namespace leat::kafka
