#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include <librdkafka/rdkafka.h>

#include "kafka/flight.h"
#include "kafka/pace.h"
#include "record/batch.h"

namespace leat::kafka {

struct Target;

// One row ready for the producer; bytes are borrowed from what its parcel keeps.
struct Outgoing {
  std::string_view value;
  std::string_view key;
  std::int64_t timestamp_ms = 0;          // 0 = now
  rd_kafka_headers_t* headers = nullptr;  // owned until it is handed over
  FlightRow* flight = nullptr;
  Target* target = nullptr;
  std::int32_t partition = -1;  // -1 = not chosen yet
  bool null_value = false;
  bool null_key = false;
};

// Rows that wait together, and what they view. Movable.
struct Parcel {
  base::Ref<Kept> kept;
  std::vector<Outgoing> rows;
  std::size_t sent = 0;  // the first so many are handed over
};

inline void drop_headers(Parcel& parcel) noexcept {
  for (std::size_t i = parcel.sent; i < parcel.rows.size(); ++i)
    if (parcel.rows[i].headers != nullptr) rd_kafka_headers_destroy(parcel.rows[i].headers);
  parcel.rows.clear();
  parcel.sent = 0;
}

// The records of one release, counted down as they are acknowledged: any thread.
class Round {
 public:
  explicit Round(Pool<Round>& home) : home_(home) {}
  void begin(Pace& pace, Instant now) noexcept {
    pace_ = &pace;
    released_ = now;
    left_.store(1, std::memory_order_relaxed);  // the release itself, until it ends
  }
  void add() noexcept { left_.fetch_add(1, std::memory_order_relaxed); }
  void landed(std::uint32_t records, Instant now) noexcept {
    if (left_.fetch_sub(records, std::memory_order_acq_rel) != records) return;
    pace_->landed(now - released_);
    home_.give(this);
  }
  // Nothing was handed over after all: no sample of the acknowledgement time.
  void abandon() noexcept {
    pace_->withdrawn();
    home_.give(this);
  }
  Round* next_free = nullptr;

 private:
  Pool<Round>& home_;
  Pace* pace_ = nullptr;
  Instant released_{};
  std::atomic<std::uint32_t> left_{0};
};

// What acknowledgements may still name when the writer is gone; lives as long as the producer.
struct PaceStore {
  std::map<std::int32_t, Pace> paces;  // by leader
  Pool<Round> free{~std::uint32_t{0}};
  std::vector<std::unique_ptr<Round>> all;
};

// Rows waiting by partition, released by leader when the leader's pace says so. Order within a
// partition is kept: a lane stays with the leader it had when its first row came until it is empty.
// Thread-confined to its writer.
class Lanes {
 public:
  // More than this waiting is back pressure.
  static constexpr std::size_t kBytesMax = std::size_t{4} << 20;

  // `produce` hands one row over: false = no room, try again later.
  Lanes(PaceStore& store, std::function<bool(Outgoing&)> produce)
      : store_(store), produce_(std::move(produce)) {}
  ~Lanes();
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  // Takes the rows; each has its partition. `leader_of` by partition.
  void add(Parcel parcel, Instant now, const std::vector<std::int32_t>& leader_of);
  // Releases what is due, or everything when `all`. False when there was no room.
  bool release(Instant now, bool all);
  Instant due_at() const;
  bool empty() const noexcept { return rows_ == 0; }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  struct Lane {
    std::int32_t leader = -1;
    std::deque<Outgoing> rows;
  };
  struct Group {
    std::vector<std::int32_t> partitions;  // with rows
    std::size_t bytes = 0;
    Instant oldest = base::kNever;
    std::vector<base::Ref<Kept>> kept;  // what its rows view
  };
  bool release(Group& group, Pace& pace, Instant now);
  Round& take_round();

  PaceStore& store_;
  const std::function<bool(Outgoing&)> produce_;
  std::map<std::int32_t, Lane> lanes_;    // by partition
  std::map<std::int32_t, Group> groups_;  // by leader
  std::size_t rows_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace leat::kafka
