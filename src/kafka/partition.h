#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/mailbox.h"
#include "base/ref.h"
#include "kafka/client.h"
#include "record/batch.h"

namespace leat::kafka {

// One partition while it is ours: the control thread makes it at an assignment and ends it at the
// revocation; one reader reads it. A new assignment makes a new object, so what belongs to an old
// one is known by that. Fields say whose they are.
class Partition {
 public:
  // `event_time_us`: what was committed with `start`.
  Partition(base::Ref<Client> client, const record::Origin& from, std::int64_t start,
            std::int64_t event_time_us, base::Wakeup& reader);
  ~Partition();
  Partition(const Partition&) = delete;
  Partition& operator=(const Partition&) = delete;

  const record::Origin& origin;
  const std::int64_t start_event_time_us;

  // Reader: takes what is there, at most `room` messages. Nothing when it is no longer ours.
  std::size_t take(rd_kafka_message_t** messages, std::size_t room);
  // Reader: gives back what lies behind a fixed end; it is taken again first when the end is free.
  // The first is a record, and everything before it was handed out.
  void put_back(rd_kafka_message_t** messages, std::size_t count);
  // Reader: everything before the fixed end was handed out.
  bool at_fixed_end() const noexcept {
    const std::int64_t end = fixed_end.load(std::memory_order_relaxed);
    return end >= 0 && next() >= end;
  }
  // Control: reads go on beyond the end that was fixed.
  void free_end() noexcept {
    fixed_end.store(-1, std::memory_order_relaxed);
    ready_.store(true, std::memory_order_release);
  }
  // Reader: the records up to and without `offset` were handed out. Counts those this process
  // handed out before.
  std::uint64_t handed_out(std::int64_t first, std::int64_t offset, std::size_t records,
                           std::int64_t timestamp_ms) noexcept;
  // Reader: nothing more is known to be there now.
  bool at_end() const noexcept;
  // Reader: where the client stands behind transaction markers, which are no records.
  void skip_markers();
  // Any thread: the next offset to read.
  std::int64_t next() const noexcept { return next_.load(std::memory_order_relaxed); }
  std::int64_t last_timestamp_ms() const noexcept {
    return last_timestamp_ms_.load(std::memory_order_relaxed);
  }
  const base::Ref<Client>& client() const noexcept { return client_; }
  bool ready() const noexcept { return ready_.load(std::memory_order_relaxed); }

  // Control: it is not ours any more.
  void end() noexcept { live_.store(false, std::memory_order_release); }
  bool live() const noexcept { return live_.load(std::memory_order_acquire); }
  // Control sets, reader reads: stop there (fix_end). Negative = no end.
  std::atomic<std::int64_t> fixed_end{-1};

  // Control only: what `offsets` shows.
  std::int64_t committed = -1;
  std::int64_t committed_event_time_us = record::kNoTime;
  std::int64_t begin = -1;
  std::int64_t known_end = -1;

 private:
  static void on_queue_filled(rd_kafka_t*, void* self);

  const base::Ref<Client> client_;
  Queue queue_;
  base::Wakeup& reader_;
  std::atomic<std::int64_t>& high_;  // the highest offset + 1 this process handed out
  std::atomic<bool> ready_{true};    // the queue may hold something
  std::atomic<bool> live_{true};
  std::atomic<std::int64_t> next_;
  std::atomic<std::int64_t> last_timestamp_ms_{-1};
  std::vector<rd_kafka_message_t*> put_back_;  // reader: behind the fixed end, in order
  bool drained_ = false;  // reader: read to the end of the queue since the last marker check
};

// What the control thread tells a reader.
struct ReaderCommand {
  std::shared_ptr<Partition> add;  // null: give up what is not live any more
};
// What a reader tells the control thread.
struct ReaderAlarm {
  const record::Origin* origin = nullptr;
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::string reason;
};

// Shared by a reader and the control thread, alive as long as either. Thread-safe.
class ReaderLink {
 public:
  explicit ReaderLink(base::Wakeup& reader) : wakeup(reader), to_reader(reader) {}

  base::Wakeup& wakeup;
  base::Mailbox<ReaderCommand> to_reader;
  std::atomic<bool> end_is_fixed{false};

  // Control: from now on alarms wake this. Before the first partition is added.
  void alarms_to(base::Wakeup& control) {
    alarms_ = std::make_unique<base::Mailbox<ReaderAlarm>>(control);
  }
  void raise(ReaderAlarm alarm) { alarms_->push(std::move(alarm)); }
  std::vector<ReaderAlarm> take_alarms() { return alarms_->take(); }

 private:
  std::unique_ptr<base::Mailbox<ReaderAlarm>> alarms_;
};

}  // namespace leat::kafka
