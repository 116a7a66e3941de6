#include "trial/memory_source.h"

#include <algorithm>
#include <utility>

namespace leat::trial {

Inbox::Inbox(std::uint32_t source, const std::string& topic, std::int32_t partitions) {
  for (std::int32_t i = 0; i < partitions; ++i) {
    partitions_.push_back(std::make_unique<Partition>());
    record::Origin& origin = partitions_.back()->origin;
    origin.topic = topic;
    origin.partition = PartitionId(i);
    origin.source = source;
  }
}

void Inbox::append(InputRow row) {
  LEAT_CHECK(row.partition >= 0 && static_cast<std::size_t>(row.partition) < partitions_.size());
  rows_.push_back(std::move(row));
}

class MemoryReader final : public flow::SourceReader {
 public:
  // Slice 0 reads everything.
  MemoryReader(Inbox& inbox, bool reads, std::size_t batch_rows)
      : inbox_(inbox), reads_(reads), batch_rows_(batch_rows) {}

  flow::PollResult poll(std::size_t rows_max, record::RecordBatch& out) override {
    if (!reads_ || inbox_.rows_.empty()) return flow::PollResult::empty;
    if (!out.memory())
      out = record::RecordBatch(base::Ref<record::BatchMemory>(new record::BatchMemory()));
    for (std::size_t room = std::min(rows_max, batch_rows_); room > 0 && !inbox_.rows_.empty();
         --room) {
      append(inbox_.rows_.front(), out);
      inbox_.rows_.pop_front();
    }
    return flow::PollResult::records;
  }

  void positions(std::vector<flow::PartitionPosition>& out) override {
    if (!reads_) return;
    for (const auto& partition : inbox_.partitions_) {
      flow::PartitionPosition position;
      position.origin = &partition->origin;
      position.next = Offset(partition->next);
      out.push_back(position);
    }
  }

  std::int64_t watermark_at_least() const noexcept override { return inbox_.watermark_us_; }

 private:
  void append(const InputRow& from, record::RecordBatch& out) {
    Inbox::Partition& partition = *inbox_.partitions_[static_cast<std::size_t>(from.partition)];
    record::Row row;
    row.origin = &partition.origin;
    row.offset = partition.next++;
    row.timestamp_ms = from.timestamp_ms;
    row.value = out.arena().copy(from.value.value_or(""));
    row.key = out.arena().copy(from.key.value_or(""));
    if (!from.value) row.flags |= record::Row::kNullValue;
    if (!from.key) row.flags |= record::Row::kNullKey;
    const auto headers = out.arena().array<record::Header>(from.headers.size());
    for (std::size_t i = 0; i < headers.size(); ++i) {
      headers[i].name = out.arena().copy(from.headers[i].first);
      headers[i].value = out.arena().copy(from.headers[i].second);
    }
    row.set_headers(headers);
    out.rows().push_back(row);
  }

  Inbox& inbox_;
  const bool reads_;
  const std::size_t batch_rows_;
};

Status MemorySource::start(flow::SourceListener& listener, base::Wakeup&) {
  listener_ = &listener;
  return {};
}

std::unique_ptr<flow::SourceReader> MemorySource::make_reader(std::uint32_t source, SliceId slice,
                                                              std::uint32_t, base::Wakeup&) {
  return std::make_unique<MemoryReader>(inboxes_.at(source), slice.value() == 0, batch_rows_);
}

Instant MemorySource::serve(Instant) {
  if (!std::exchange(positioned_, true)) {
    listener_->on_connected(true, "", "");
    listener_->on_positioned(EpochId(0), {});
  }
  for (const auto& done : std::exchange(commits_, {})) done(Status());
  return base::kNever;
}

void MemorySource::commit(EpochId, std::span<const flow::PartitionPosition>, const std::string&,
                          std::function<void(Status)> done) {
  commits_.push_back(std::move(done));
}

void MemorySource::stop(bool, std::function<void()> done) { done(); }

}  // namespace leat::trial
