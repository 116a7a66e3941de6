#pragma once

#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>

#include "operators/aggregates/function.h"
#include "operators/aggregates/packed.h"

namespace leat::operators {

// What all functions do alike with a State: an object with heap_bytes(), pack(std::string&) const and
// unpack(Unpacker&), which fails the Unpacker or leaves a state that may be used.
template <class State>
class FunctionOver : public AggregateFunction {
 public:
  static_assert(alignof(State) <= 8);

  std::size_t state_bytes() const noexcept override { return (sizeof(State) + 7) / 8 * 8; }
  void make(void* state) const override { ::new (state) State(); }
  void destroy(void* state) const noexcept override { static_cast<State*>(state)->~State(); }
  std::size_t heap_bytes(const void* state) const noexcept override {
    return of(state).heap_bytes();
  }
  void encode(const void* state, std::string& out) const override { of(state).pack(out); }
  Status decode(std::string_view& bytes, void* state) const override {
    Unpacker in(bytes);
    make(state);
    of(state).unpack(in);
    if (in.ok()) {
      bytes = in.rest();
      return {};
    }
    destroy(state);
    return {Code::data_loss, "the state of an aggregate is damaged"};
  }

 protected:
  using Arguments = std::span<const record::Value>;

  static State& of(void* state) noexcept { return *std::launder(static_cast<State*>(state)); }
  static const State& of(const void* state) noexcept {
    return *std::launder(static_cast<const State*>(state));
  }
};

}  // namespace leat::operators
