#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "flow/source.h"
#include "trial/rows.h"

namespace leat::trial {

// What one source has to read, in the order in which it arrives. Thread-confined.
class Inbox {
 public:
  // Records of `source` (index in the definition) in `partitions` partitions of `topic`.
  Inbox(std::uint32_t source, const std::string& topic, std::int32_t partitions);
  Inbox(Inbox&&) = default;

  // Requires: the partition is one of those.
  void append(InputRow row);
  // The source's watermark is at least this (µs) for rows that are appended from now on.
  void set_watermark(std::int64_t us) noexcept { watermark_us_ = std::max(watermark_us_, us); }
  bool empty() const noexcept { return rows_.empty(); }
  std::size_t waiting() const noexcept { return rows_.size(); }

 private:
  friend class MemoryReader;
  struct Partition {
    record::Origin origin;
    std::int64_t next = 0;  // the offset of the next row that is read
  };
  std::vector<std::unique_ptr<Partition>> partitions_;
  std::deque<InputRow> rows_;
  std::int64_t watermark_us_ = record::kNoTime;
};

// The reading side of a pipeline over inboxes, one per source: at most `batch_rows` at a time.
// Everything lies on one thread, commits are done when they are asked for. Thread-confined.
class MemorySource final : public flow::Source {
 public:
  // `inboxes` outlives it.
  MemorySource(std::vector<Inbox>& inboxes, std::size_t batch_rows)
      : inboxes_(inboxes), batch_rows_(batch_rows) {}

  Status start(flow::SourceListener& listener, base::Wakeup& control) override;
  std::unique_ptr<flow::SourceReader> make_reader(std::uint32_t source, SliceId slice,
                                                  std::uint32_t slices,
                                                  base::Wakeup& worker) override;
  Instant serve(Instant now) override;
  void commit(EpochId epoch, std::span<const flow::PartitionPosition> positions,
              const std::string& metadata, std::function<void(Status)> done) override;
  void fix_end() override {}
  void stop(bool leave, std::function<void()> done) override;
  std::vector<flow::PartitionLag> lag() const override { return {}; }

 private:
  std::vector<Inbox>& inboxes_;
  const std::size_t batch_rows_;
  flow::SourceListener* listener_ = nullptr;
  bool positioned_ = false;
  std::vector<std::function<void(Status)>> commits_;
};

}  // namespace leat::trial
