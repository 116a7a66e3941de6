#include "local/local_source.h"

#include <errno.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace leat::local {
namespace {

constexpr Duration kRetryInterval = std::chrono::milliseconds(500);

// A slice that owns the partition, or one that owns nothing.
class LocalReader final : public flow::SourceReader {
 public:
  LocalReader(Partition* partition, std::shared_ptr<const std::atomic<bool>> end_fixed)
      : partition_(partition), end_fixed_(std::move(end_fixed)) {}

  flow::PollResult poll(std::size_t rows_max, record::RecordBatch& out) override {
    if (partition_ != nullptr) return partition_->poll(rows_max, out);
    return end_fixed_->load(std::memory_order_acquire) ? flow::PollResult::finished
                                                       : flow::PollResult::empty;
  }
  void positions(std::vector<flow::PartitionPosition>& out) override {
    if (partition_ != nullptr && partition_->ready())
      out.push_back(
          {&partition_->origin(), Offset(partition_->next()), partition_->start_event_time_us()});
  }
  std::uint64_t assignment() const noexcept override {
    return partition_ == nullptr || partition_->ready() ? 1 : 0;
  }
  bool at_end(const record::Origin&) override {
    return partition_ == nullptr || partition_->next() >= partition_->size().value_or(-1);
  }
  std::uint64_t replayed() const noexcept override {
    return partition_ == nullptr ? 0 : partition_->replayed();
  }

 private:
  Partition* const partition_;
  const std::shared_ptr<const std::atomic<bool>> end_fixed_;
};

}  // namespace

Status LocalSource::start(flow::SourceListener& listener, base::Wakeup& control) {
  listener_ = &listener;
  control_ = &control;
  if (!positions_file_.empty()) {
    Result<std::optional<Positions>> read = read_positions(positions_file_);
    if (!read.ok()) return read.status();
    if (*read) committed_ = **std::move(read);
  }
  control.wake();
  return {};
}

std::unique_ptr<flow::SourceReader> LocalSource::make_reader(std::uint32_t source, SliceId slice,
                                                             std::uint32_t slices,
                                                             base::Wakeup& worker) {
  for (Part& part : parts_) {
    // Sources are dealt out, so that several do not all land on the first worker.
    if (part.source != source || slice.value() != source % slices) continue;
    part.partition->set_worker(worker);
    return std::make_unique<LocalReader>(part.partition.get(), end_fixed_);
  }
  return std::make_unique<LocalReader>(nullptr, end_fixed_);
}

bool LocalSource::open_all() {
  for (Part& part : parts_) {
    if (part.partition->ready()) continue;
    const auto committed = committed_.next.find(part.id);
    if (const auto time = committed_.event_times.find(part.id);
        time != committed_.event_times.end())
      part.partition->begin_at(time->second);
    const Status opened =
        part.partition->open(committed == committed_.next.end() ? 0 : committed->second);
    if (opened.ok()) continue;
    if (opened.code() != Code::not_found && opened.code() != Code::unavailable) {
      stopped_ = true;
      listener_->on_failed(opened.with("source", part.id));
    } else if (missing_ != part.id) {
      missing_ = part.id;
      listener_->on_connected(false, "FILE_NOT_FOUND", opened.with("source", part.id).to_string());
    }
    return false;
  }
  return true;
}

Instant LocalSource::serve(Instant now) {
  for (const std::function<void()>& call : std::exchange(calls_, {})) call();
  if (listener_ == nullptr || stopped_) return base::kNever;
  if (!positioned_) {
    if (!open_all()) return stopped_ ? base::kNever : now + kRetryInterval;
    positioned_ = true;
    listener_->on_connected(true, "CONNECTED", "all sources are open");
    listener_->on_positioned(committed_.epoch, flow::state_id_of(committed_.metadata));
  }
  Instant again = base::kNever;
  for (Part& part : parts_) {
    again = std::min(again, part.partition->serve(now));
    if (Status failed = part.partition->take_failure(); !failed.ok()) {
      stopped_ = true;
      listener_->on_failed(std::move(failed).with("source", part.id));
      return base::kNever;
    }
  }
  return again;
}

void LocalSource::later(std::function<void()> call) {
  calls_.push_back(std::move(call));
  control_->wake();
}

void LocalSource::commit(EpochId epoch, std::span<const flow::PartitionPosition> positions,
                         const std::string& metadata, std::function<void(Status)> done) {
  Positions wanted = committed_;
  wanted.epoch = epoch;
  wanted.metadata = metadata;
  for (const flow::PartitionPosition& position : positions) {
    for (const Part& part : parts_)
      if (&part.partition->origin() == position.origin) {
        wanted.next[part.id] = position.next.value();
        if (position.event_time_us != record::kNoTime)
          wanted.event_times[part.id] = position.event_time_us;
        else
          wanted.event_times.erase(part.id);
      }
  }
  Status written;
  if (!positions_file_.empty()) written = write_positions(positions_file_, wanted);
  if (written.ok()) committed_ = std::move(wanted);
  later([written, done = std::move(done)] { done(written); });
}

void LocalSource::fix_end() {
  end_fixed_->store(true, std::memory_order_release);
  for (Part& part : parts_) part.partition->fix_end();
}

void LocalSource::free_end() {
  end_fixed_->store(false, std::memory_order_release);
  for (Part& part : parts_) part.partition->free_end();
}

void LocalSource::stop(bool, std::function<void()> done) {
  stopped_ = true;
  later(std::move(done));
}

void LocalSource::purge(std::function<void(Status)> done) {
  Status status;
  if (!positions_file_.empty() && ::unlink(positions_file_.c_str()) != 0 && errno != ENOENT)
    status = Status(Code::unavailable, std::string("the record of positions cannot be removed: ") +
                                           std::strerror(errno));
  for (Part& part : parts_) part.partition->forget();
  later([status, done = std::move(done)] { done(status); });
}

std::vector<flow::PartitionLag> LocalSource::lag() const {
  std::vector<flow::PartitionLag> lags;
  for (const Part& part : parts_) {
    flow::PartitionLag& lag = lags.emplace_back();
    lag.origin = &part.partition->origin();
    const auto committed = committed_.next.find(part.id);
    if (committed != committed_.next.end()) lag.committed = committed->second;
    const auto time = committed_.event_times.find(part.id);
    if (time != committed_.event_times.end()) lag.committed_event_time_us = time->second;
    if (!part.partition->ready()) continue;
    lag.position = part.partition->next();
    lag.begin = 0;
    lag.end = part.partition->size();
  }
  return lags;
}

}  // namespace leat::local
