#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "flow/sink.h"
#include "trial/rows.h"

namespace leat::trial {

// What sinks have written, by index in the definition; dead letters stand behind the last of them.
// Thread-confined.
struct Outbox {
  std::vector<std::vector<OutputRow>> rows;
  std::size_t rows_max = 0;  // over all of them
  std::size_t written = 0;
};

// The writing side of a pipeline: rows go to an outbox, with the key, headers, timestamp, topic and
// partition that they would have on their way to Kafka, and are acknowledged at the next step.
// Thread-confined.
class MemorySink final : public flow::Sink {
 public:
  // `outbox` outlives it.
  MemorySink(Outbox& outbox, std::vector<const spec::SinkSpec*> specs,
             std::vector<std::uint32_t> indexes)
      : outbox_(outbox), specs_(std::move(specs)), indexes_(std::move(indexes)) {}

  Status start(flow::SinkListener& listener, base::Wakeup& control) override;
  Result<std::unique_ptr<flow::SinkWriter>> make_writer(
      std::uint32_t sink, flow::SinkBinding binding, const flow::WriterContext& context) override;
  Instant serve(Instant) override { return base::kNever; }
  bool connected() const noexcept override { return true; }

 private:
  Outbox& outbox_;
  const std::vector<const spec::SinkSpec*> specs_;
  const std::vector<std::uint32_t> indexes_;
};

}  // namespace leat::trial
