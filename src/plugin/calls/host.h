#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "leat/plugin.h"
#include "plugin/calls/row_errors.h"
#include "plugin/listing.h"
#include "record/function.h"
#include "record/value.h"

namespace leat::plugin {

inline constexpr std::size_t kCallBytesMax = 256 * 1024 * 1024;  // that one call may allocate
inline constexpr std::size_t kBufferBytesMax = 16 * 1024 * 1024;
inline constexpr std::uint32_t kDomains = 2;

// Keyed state and timers of the key that a call is for, as a step lends them. The slot is an index
// into the function's slots, checked by the caller. On the thread of the call.
class KeyedState {
 public:
  virtual ~KeyedState() = default;
  // Nothing = absent. The view lives until the next change.
  virtual std::optional<std::string_view> get(std::uint32_t slot, std::string_view sub) = 0;
  virtual Status put(std::uint32_t slot, std::string_view sub, std::string_view value) = 0;
  virtual Status append(std::uint32_t slot, std::string_view value) = 0;
  // An empty `sub` of a list or map: all of it.
  virtual Status remove(std::uint32_t slot, std::string_view sub) = 0;
  // Entries from `from` on, ascending, until `visit` gives false.
  class Visitor {
   public:
    virtual bool visit(std::string_view sub, std::string_view value) = 0;

   protected:
    ~Visitor() = default;
  };
  virtual Status each(std::uint32_t slot, std::string_view from, Visitor& visitor) = 0;
  virtual Status set_timer(std::uint32_t domain, std::int64_t at_us, std::uint64_t tag) = 0;
  virtual Status clear_timer(std::uint32_t domain, std::uint64_t tag) = 0;
};

// Takes what a function emits, while the call runs.
class EmitTarget {
 public:
  virtual ~EmitTarget() = default;
  // A sentence when the rows are none the function may emit.
  virtual std::optional<std::string> take(const leat_batch& batch) = 0;
};

// The functions that the host lends. Lives as long as the process; immutable.
const leat_host& host() noexcept;

// The function that runs on this thread, for whoever writes a crash file; null = none.
const FunctionPlace* running_function() noexcept;

}  // namespace leat::plugin

// One call on one thread: what the plugin sees as `leat_call *`. Lives on the stack of the caller.
struct leat_call {
  const leat::plugin::FunctionPlace& place;
  leat::base::Arena* arena = nullptr;  // of the batch; null where nothing may be allocated
  std::span<const leat::record::RowError*> row_errors = {};  // one per row, null = did not fail
  std::int64_t now_us = 0;
  const std::atomic<bool>* cancelled = nullptr;
  leat::plugin::KeyedState* state = nullptr;
  std::span<const leat::plugin::SlotInfo> slots = {};

  std::size_t allocated = 0;
  bool rows_failed = false;
  std::int32_t code = 0;  // given to fail()
  std::string failure = {};
  std::string misuse = {};  // what the plugin did against the rules; empty = nothing

  void misused(std::string_view what) {
    if (misuse.empty()) misuse = what;
  }
};

struct leat_emit {
  leat::plugin::EmitTarget& target;
  leat_call& call;
};

struct leat_buf {
  std::string bytes = {};
  std::size_t bytes_max = leat::plugin::kBufferBytesMax;
};

struct leat_registry {
  std::vector<const leat_function*> functions = {};
  std::vector<leat::plugin::FunctionInfo> infos = {};
  std::optional<leat::plugin::Refusal> refusal = {};
};

namespace leat::plugin {

// A call for some rows. `row_errors` has one per row and outlives the call.
leat_call call_for(const FunctionPlace& place, const record::CallScope& scope,
                   std::span<const record::RowError*> row_errors = {});

// Marks the function as running on this thread.
class Running {
 public:
  explicit Running(const FunctionPlace& place) noexcept;
  ~Running();
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  const FunctionPlace* const before_;
};

// What a call that gave `status` means. Not ok: unavailable for RETRY, internal for FATAL, for what is
// against the rules and for unknown statuses, with plugin, version and function.
Status outcome_of(leat_call& call, leat_status status);
// The plugin broke its promise: internal with what it did.
Status broke_the_rules(const FunctionPlace& place, std::string_view what);
// Whether a status comes from broke_the_rules().
bool is_breach(const Status& status) noexcept;
// The same as outcome_of() for a call that ended with an exception.
Status outcome_of_exception(const leat_call& call);

// Runs `call_plugin`, which gives a leat_status, as the function of `call`.
template <class Body>
Status run_call(leat_call& call, const Body& call_plugin) {
  const Running running(call.place);
  leat_status status = LEAT_FATAL;
  try {
    status = call_plugin();
  } catch (...) {
    return outcome_of_exception(call);
  }
  return outcome_of(call, status);
}

}  // namespace leat::plugin
