#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "admin/backend.h"
#include "admin/loop.h"
#include "admin/request.h"
#include "base/clock.h"

namespace leat::admin {

// What one reader of a tap asked for.
struct TapOptions {
  std::size_t limit = 0;   // rows until the stream ends; 0 = none
  std::size_t rate = 100;  // rows per second at most; more is dropped and counted
};

// Spreads the rows of each tapped step over the streams that look at it: the points of a step have
// one reader, this one. Looks for rows every kTick; a tap ends when its pipeline is gone or no
// longer runs. Thread-confined (io thread).
class TapHub {
 public:
  static constexpr Duration kTick = std::chrono::milliseconds(20);
  static constexpr std::size_t kRowsPerTick = 1024;          // of one point
  static constexpr std::size_t kBytesPerTick = 1024 * 1024;  // of one step

  TapHub(Backend& backend, Loop& loop, const Clock& clock)
      : backend_(backend), loop_(loop), clock_(clock) {}
  TapHub(const TapHub&) = delete;
  TapHub& operator=(const TapHub&) = delete;

  // Answers with a stream of the rows that leave `step` from now on, or with the problem why there
  // is none.
  void add(const std::string& pipeline, const std::string& step, const TapOptions& options,
           const Reply& reply);
  std::size_t size() const noexcept { return steps_.size(); }

 private:
  using Key = std::pair<std::string, std::string>;
  struct Reader {
    std::shared_ptr<EventStream> stream;
    TapOptions options;
    std::size_t sent = 0;
    double allowance = 0;       // rows it may get now
    std::uint64_t dropped = 0;  // not yet told
  };
  struct Step {
    runtime::TapSubscription subscription;
    bool subscribed = false;
    std::uint64_t serial = 0;  // tells the timers of an earlier tap of the same step
    std::vector<std::pair<Reply, TapOptions>> waiting;  // for the subscription
    std::uint64_t told_dropped = 0;  // of the points, already handed to the readers
    Instant ticked{};
    std::vector<Reader> readers;
  };

  void subscribed(const Key& key, Result<runtime::TapSubscription> result);
  void open(const Key& key, Step& step, const Reply& reply, const TapOptions& options);
  void tick_later(const Key& key, std::uint64_t serial);
  void tick(const Key& key, std::uint64_t serial);
  void hand_out(Step& step);
  void end_all(const Key& key, std::string_view reason);
  void remove(const Key& key, const EventStream* stream);
  void drop_unread(const Key& key);
  bool runs(const std::string& pipeline) const;

  Backend& backend_;
  Loop& loop_;
  const Clock& clock_;
  std::map<Key, Step> steps_;
  std::uint64_t serial_ = 0;
};

// One `event: row` with the row as JSON.
std::string row_event(const flow::TapRow& row);

}  // namespace leat::admin
