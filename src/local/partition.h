#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/status.h"
#include "base/wakeup.h"
#include "flow/source.h"

namespace leat::local {

// The highest position this process ever handed out of a source, over restarts of the pipeline.
// Thread-safe.
using HighMark = std::shared_ptr<std::atomic<std::int64_t>>;

// The one partition of a local source. poll() belongs to the worker of the slice that reads it, the
// others to the control thread, which calls open() before anybody polls with success.
class Partition {
 public:
  Partition(record::Origin origin, HighMark highest)
      : origin_(std::move(origin)), highest_(std::move(highest)) {}
  virtual ~Partition() = default;
  Partition(const Partition&) = delete;
  Partition& operator=(const Partition&) = delete;

  const record::Origin& origin() const noexcept { return origin_; }
  std::int64_t next() const noexcept { return next_.load(std::memory_order_relaxed); }
  std::uint64_t replayed() const noexcept { return replayed_.load(std::memory_order_relaxed); }
  bool ready() const noexcept { return ready_.load(std::memory_order_acquire); }
  // Any thread, once ready: the event time that was committed with the position it began at.
  std::int64_t start_event_time_us() const noexcept { return start_event_time_us_; }
  // Control, before open().
  void begin_at(std::int64_t event_time_us) noexcept { start_event_time_us_ = event_time_us; }

  // Control. Gets ready to be polled from `next` on; may be tried again after a failure.
  Status open(std::int64_t next) {
    LEAT_RETURN_IF_ERROR(prepare(next));
    next_.store(next, std::memory_order_relaxed);
    if (end_wanted_) end_.store(end_now(), std::memory_order_relaxed);
    ready_.store(true, std::memory_order_release);
    return {};
  }
  // Control. Wakes the worker when there is something to poll; when to be called again.
  Instant serve(Instant now) {
    if (!ready()) return base::kNever;
    const Instant due = due_at(now);
    if (due > now) return due;
    if (worker_ != nullptr) worker_->wake();
    return now + kServeInterval;
  }
  // Control. What was handed out before does not count as handed out any more.
  void forget() noexcept { highest_->store(-1, std::memory_order_relaxed); }
  void set_worker(base::Wakeup& worker) noexcept { worker_ = &worker; }
  // Control. What is there now is all that will be polled; before open() it is what is there then.
  void fix_end() {
    end_wanted_ = true;
    if (ready()) end_.store(end_now(), std::memory_order_release);
  }
  // Control. Takes fix_end() back.
  void free_end() noexcept {
    end_wanted_ = false;
    end_.store(-1, std::memory_order_release);
  }
  // Control. One past the last position there is now; nothing when it never ends.
  virtual std::optional<std::int64_t> size() const = 0;
  // Any thread. Why it cannot go on; taken once by the control thread.
  Status take_failure() {
    if (!failed_.load(std::memory_order_acquire) || told_) return {};
    told_ = true;
    return failure_;
  }

  // Worker.
  flow::PollResult poll(std::size_t rows_max, record::RecordBatch& out) {
    const std::int64_t end = end_.load(std::memory_order_acquire);
    if (!ready() || failed_.load(std::memory_order_relaxed)) return flow::PollResult::empty;
    const std::int64_t from = next();
    if (end >= 0 && from >= end) return flow::PollResult::finished;
    const std::int64_t to = read(from, end, rows_max, out);
    next_.store(to, std::memory_order_relaxed);
    count_replayed(out);
    if (!out.empty()) return flow::PollResult::records;
    return end >= 0 && to >= end ? flow::PollResult::finished : flow::PollResult::empty;
  }

 protected:
  static constexpr Duration kServeInterval = std::chrono::milliseconds(5);

  // Control.
  virtual Status prepare(std::int64_t next) = 0;
  virtual Instant due_at(Instant now) = 0;
  virtual std::int64_t end_now() const = 0;
  // Worker. Fills `out` with at most `rows_max` rows from position `from`, none at or behind `end`
  // (negative = no end is fixed); gives the position behind the last row.
  virtual std::int64_t read(std::int64_t from, std::int64_t end, std::size_t rows_max,
                            record::RecordBatch& out) = 0;
  // Control, in prepare(): the first line of a file that names its columns.
  void set_header(std::string header) { origin_.header = std::move(header); }
  // Worker. Nothing more is polled; the control thread learns why.
  void fail(Status status) {
    failure_ = std::move(status);
    failed_.store(true, std::memory_order_release);
  }

 private:
  void count_replayed(const record::RecordBatch& batch) {
    if (batch.empty()) return;
    const std::int64_t before = highest_->load(std::memory_order_relaxed);
    const auto again =
        std::count_if(batch.rows().begin(), batch.rows().end(),
                      [before](const record::Row& row) { return row.offset <= before; });
    if (again != 0)
      replayed_.fetch_add(static_cast<std::uint64_t>(again), std::memory_order_relaxed);
    highest_->store(std::max(before, batch.rows().back().offset), std::memory_order_relaxed);
  }

  record::Origin origin_;
  const HighMark highest_;
  std::int64_t start_event_time_us_ = record::kNoTime;
  std::atomic<std::int64_t> next_{0};
  std::atomic<std::int64_t> end_{-1};
  std::atomic<std::uint64_t> replayed_{0};
  std::atomic<bool> ready_{false};
  std::atomic<bool> failed_{false};
  Status failure_;
  bool told_ = false;
  bool end_wanted_ = false;
  base::Wakeup* worker_ = nullptr;
};

}  // namespace leat::local
