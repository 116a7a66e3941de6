#pragma once

#include <cstddef>
#include <cstdint>

#include "operators/keyed/call_states.h"
#include "record/batch.h"
#include "state/value_type.h"

namespace leat::operators {

// What a key of an aggregate without a window has: the states of all calls behind this head.
struct PlainValue {
  std::int64_t applied_ms = record::kNoTime;  // clock at the last row applied; kNoTime = none yet
  std::int64_t event_us = 0;                  // event time of that row

  void* block() noexcept { return this + 1; }
  const void* block() const noexcept { return this + 1; }
};

// On disk: names of the calls, both times, the states. Immutable, thread-safe.
class PlainValueType final : public state::ValueType {
 public:
  explicit PlainValueType(const AggregateWork& work) : states_(work.calls) {}
  std::size_t inline_bytes() const noexcept override {
    return sizeof(PlainValue) + states_.bytes();
  }
  void make(void* at) const override;
  void destroy(void* value) const noexcept override;
  std::size_t heap_bytes(const void* value) const noexcept override;
  void encode(const void* value, std::string& out) const override;
  Status decode(std::string_view bytes, void* at) const override;
  std::int64_t due(const void*) const noexcept override { return state::kNeverDue; }

 private:
  const CallStates states_;
};

}  // namespace leat::operators
