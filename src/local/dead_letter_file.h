#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "flow/sink.h"
#include "local/descriptor.h"

namespace leat::local {

// Appends dead letters to a file, one JSON object a line: where the record comes from, why it
// failed, key, value and headers; bytes that are not UTF-8 as {"base64": "…"}. The file is made
// with the first of them. Lines are synced at the end of their epoch and acknowledged then; a file
// that cannot be written fails the pipeline, which tries again. Worker.
class DeadLetterWriter final : public flow::SinkWriter {
 public:
  static constexpr std::size_t kBufferBytesMax = 1024 * 1024;

  DeadLetterWriter(std::string path, const flow::WriterContext& context)
      : path_(std::move(path)), stats_(context.stats), ledger_(context.ledger) {}
  bool ready() override { return true; }
  Status write(record::RecordBatch& batch, EpochId epoch) override;
  Status on_epoch_end(EpochId epoch) override;
  Instant serve(Instant) override { return base::kNever; }

 private:
  struct Mark {
    EpochId epoch;
    std::uint64_t rows = 0;
  };
  Status flush();
  Status failure(const char* what) const;

  const std::string path_;
  flow::StepStats& stats_;
  flow::Ledger& ledger_;
  Descriptor file_;
  std::string buffer_;
  std::vector<Mark> marks_;
};

// The dead letters of one pipeline without Kafka. Control thread.
class DeadLetterFile final : public flow::Sink {
 public:
  // Empty path: the pipeline keeps nothing, and no dead letters either: the first one fails it.
  explicit DeadLetterFile(std::string path) : path_(std::move(path)) {}
  Status start(flow::SinkListener&, base::Wakeup&) override { return {}; }
  Result<std::unique_ptr<flow::SinkWriter>> make_writer(
      std::uint32_t, flow::SinkBinding, const flow::WriterContext& context) override {
    return std::unique_ptr<flow::SinkWriter>(std::make_unique<DeadLetterWriter>(path_, context));
  }
  Instant serve(Instant) override { return base::kNever; }
  bool connected() const noexcept override { return true; }

 private:
  const std::string path_;
};

// The line of one dead letter, without its end.
std::string dead_letter_line(const record::Row& row);

}  // namespace leat::local
