#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "flow/sink.h"
#include "local/descriptor.h"

namespace leat::local {

inline constexpr record::RowError kLineFeed{"NOT_REPRESENTABLE",
                                            "a text with a line feed is no line"};

// Where lines go, and when they count as written.
struct LineTarget {
  std::string path;  // empty = `fd`, which others own
  int fd = -1;
  bool json = true;  // the sink's format: line feeds between tokens become spaces
};

// Writes one line a row. A file: synced at the end of each epoch, its rows are acknowledged then.
// Others: rows are acknowledged when they are written, and never more is written than the reader
// takes at once. Rows without a value are dropped and counted. Worker.
class LineWriter final : public flow::SinkWriter {
 public:
  static constexpr std::size_t kBufferBytesMax = 1024 * 1024;

  LineWriter(const LineTarget& target, Descriptor file, flow::SinkBinding binding,
             const flow::WriterContext& context, flow::SinkListener& listener);
  bool ready() override { return buffer_.size() - written_ < kBufferBytesMax; }
  Status write(record::RecordBatch& batch, EpochId epoch) override;
  Status on_epoch_end(EpochId epoch) override;
  Instant serve(Instant now) override;

 private:
  struct Mark {
    EpochId epoch;
    std::uint64_t rows;
    std::uint64_t end;  // bytes appended up to behind its rows
    Instant taken_at;
    std::vector<std::pair<std::int64_t, std::uint64_t>> times;  // of the records: ms, how many
  };
  bool append(std::string_view text);
  // Writes what the target takes now.
  Status flush();
  void acknowledge(std::uint64_t bytes_done);
  static void mark_row(Mark& mark, const record::Row& row);

  const bool json_;
  const bool synced_;
  const int fd_;
  const Descriptor file_;
  const flow::SinkBinding binding_;
  flow::StepStats& stats_;
  flow::LatencyStats& latency_;
  flow::ErrorRoute& route_;
  flow::Ledger& ledger_;
  const base::Clock& clock_;
  flow::SinkListener& listener_;
  std::string buffer_;
  std::size_t written_ = 0;       // of the buffer
  std::uint64_t total_done_ = 0;  // bytes that left the buffer for good, over all time
  std::deque<Mark> marks_;
  bool failed_ = false;
  std::vector<std::string_view> texts_;
  std::vector<const record::RowError*> errors_;
};

// All sinks of one kind of one pipeline. Control thread.
class LineSink final : public flow::Sink {
 public:
  LineSink(std::map<std::uint32_t, LineTarget> targets, std::vector<std::string> folders)
      : targets_(std::move(targets)), folders_(std::move(folders)) {}
  Status start(flow::SinkListener& listener, base::Wakeup& control) override;
  Result<std::unique_ptr<flow::SinkWriter>> make_writer(
      std::uint32_t sink, flow::SinkBinding binding, const flow::WriterContext& context) override;
  Instant serve(Instant now) override;
  bool connected() const noexcept override { return listener_ != nullptr; }

 private:
  Result<Descriptor> open(const LineTarget& target) const;

  const std::map<std::uint32_t, LineTarget> targets_;
  const std::vector<std::string> folders_;
  flow::SinkListener* listener_ = nullptr;
  bool told_ = false;
};

}  // namespace leat::local
