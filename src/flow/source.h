#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "base/wakeup.h"
#include "record/batch.h"
#include "spec/pipeline.h"

namespace leat::flow {

// Up to where a partition was handed out: `next` is the next offset to read, what a commit names.
struct PartitionPosition {
  const record::Origin* origin = nullptr;
  Offset next;
  // The highest event time of the records before `next` that moved the watermark, in microseconds;
  // kNoTime = none. Of a reader: what was committed with the position it began at.
  std::int64_t event_time_us = record::kNoTime;
};
// What a commit says of one partition: `metadata` (a JSON object) with the position's event time.
std::string with_event_time(const std::string& metadata, const PartitionPosition& position);
// The event time in such a text; kNoTime when there is none.
std::int64_t event_time_of(std::string_view metadata) noexcept;
// The identity of the state in such a text; "" when there is none.
std::string_view state_id_of(std::string_view metadata) noexcept;

enum class PollResult : std::uint8_t { empty, records, finished };

// One slice of one source, on the worker thread of its task. Nothing blocks. When it has records
// after it had none it wakes the worker.
class SourceReader {
 public:
  virtual ~SourceReader() = default;
  // Hands out up to `rows_max` (<= RecordBatch::kRowsMax) records. `finished`: stands at the end
  // fixed by fix_end().
  virtual PollResult poll(std::size_t rows_max, record::RecordBatch& out) = 0;
  // Appends the position of every partition this slice owns now, read or not.
  virtual void positions(std::vector<PartitionPosition>& out) = 0;
  // Records handed out at or below an offset that this process handed out before: what a replay
  // costs. Monotone.
  virtual std::uint64_t replayed() const noexcept { return 0; }
  // Grows whenever the partitions of this slice changed; 0 = they are not known yet.
  virtual std::uint64_t assignment() const noexcept { return 1; }
  // What the watermark is at least, whatever the records say; for rows that are handed out behind
  // the next barrier. kNoTime = the records say it. Monotone.
  virtual std::int64_t watermark_at_least() const noexcept { return record::kNoTime; }
  // Whether everything that is known to be in this partition was handed out.
  virtual bool at_end(const record::Origin& origin) {
    static_cast<void>(origin);
    return true;
  }
};

// What the coordinator learns from a source; called on the control thread only, from inside Source
// calls.
class SourceListener {
 public:
  virtual ~SourceListener() = default;
  // All partitions are assigned and positioned: first, and again after each assignment. `newest` is
  // the highest epoch found in committed metadata (EpochId(0) = none), `state_id` the identity of
  // the state that stands beside it ("" = none).
  virtual void on_positioned(EpochId newest, std::string_view state_id) = 0;
  // Partitions must be given back: cut and commit, then call `release` once (on the control
  // thread).
  virtual void on_revoke(std::function<void()> release) = 0;
  // Partitions are gone already; what was read from them since the last commit must be dropped.
  virtual void on_lost(std::string_view reason) = 0;
  // Reached or not; `reason` and `message` are for people.
  virtual void on_connected(bool connected, std::string_view reason, std::string_view message) = 0;
  // Cannot go on by itself; the pipeline restarts with back-off. The field `leave` = "true" asks
  // for the membership to be given up before that.
  virtual void on_failed(Status status) = 0;
};

// What `offsets` shows of one partition; absent = unknown.
struct PartitionLag {
  const record::Origin* origin = nullptr;
  std::optional<std::int64_t> committed, position, begin, end;
  std::optional<std::int64_t> last_timestamp_ms;
  std::optional<double> lag_seconds;
  // The highest event time of what lies before `committed`; record::kNoTime = none.
  std::int64_t committed_event_time_us = record::kNoTime;
};

// Reads for one pipeline: the whole of one kind (all Kafka sources are one Source, so that there is
// one consumer). Lives on the control thread from start() to its destructor; readers must be gone
// before it.
class Source {
 public:
  virtual ~Source() = default;
  // Begins to connect; never waits. What happens comes through the listener.
  virtual Status start(SourceListener& listener, base::Wakeup& control) = 0;
  // The reader of source `source` (index in the definition) for one slice. Requires: before
  // start().
  virtual std::unique_ptr<SourceReader> make_reader(std::uint32_t source, SliceId slice,
                                                    std::uint32_t slices, base::Wakeup& worker) = 0;
  // Serves its events; called when the control wake-up fired and at least once a second. Returns
  // when it wants to be called again at the latest (kNever = on wake-up only).
  virtual Instant serve(Instant now) = 0;
  // Makes the positions and the metadata durable, atomically; `done` is called once on the control
  // thread, later. Positions of other sources' origins are ignored. An empty span still commits the
  // metadata where it can.
  virtual void commit(EpochId epoch, std::span<const PartitionPosition> positions,
                      const std::string& metadata, std::function<void(Status)> done) = 0;
  // Fixes the end: readers answer `finished` once they stand at what is the end now.
  virtual void fix_end() = 0;
  // Takes fix_end() back: readers go on beyond it.
  virtual void free_end() {}
  // Ends membership: `leave` true gives the partitions up (stop, delete), false keeps the
  // membership for the next start. `done` is called once on the control thread.
  virtual void stop(bool leave, std::function<void()> done) = 0;
  // Committed offsets belong to somebody else after this: forget them (delete with purge).
  virtual void purge(std::function<void(Status)> done) { done(Status()); }
  // Where each partition has its first record that is not older than `at` by its timestamp, its end
  // when there is none; partitions that cannot be asked are left out. `done` is called once on the
  // control thread, later or at once. Requires: positioned.
  virtual void find(WallTime at, std::function<void(Result<std::vector<PartitionPosition>>)> done) {
    static_cast<void>(at);
    done(std::vector<PartitionPosition>());
  }
  // A snapshot for `offsets` and lag. Control thread, no waiting; refreshed by serve().
  virtual std::vector<PartitionLag> lag() const = 0;
};

struct SourceContext {
  std::string application;
  std::string instance;
  std::string pipeline;
  std::string state_folder;  // of this pipeline, exists; for sources whose commit record is local
  const base::Clock& clock;
  // Rows of one key meet in this process' memory (state, an exchange), so that only one instance of
  // the application may run the pipeline: a second one fences the first. Otherwise instances share
  // its partitions.
  bool one_instance = false;
  // Nobody reads: it tells where it stands and commits where it is to go on. So what is committed may
  // lie where no records are any more.
  bool positions_only = false;
};
// Makes the Source for all sources of one kind in a definition. `specs` outlives it; `indexes[i]`
// is the place of specs[i].
using SourceFactory = std::function<Result<std::unique_ptr<Source>>(
    const SourceContext&, std::vector<const spec::SourceSpec*> specs,
    std::vector<std::uint32_t> indexes)>;

}  // namespace leat::flow
