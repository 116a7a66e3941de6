#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "operators/keyed/call_states.h"
#include "operators/keyed/window_grid.h"
#include "record/batch.h"
#include "state/value_type.h"

namespace leat::operators {

// One window of a key: [start, end), of a session [first row, last row + gap).
struct OpenWindow {
  // Rows came since the window was last emitted, or it never was: it is to be emitted when it
  // closes.
  static constexpr std::uint32_t kPending = 1;
  // The window was emitted once under its start.
  static constexpr std::uint32_t kTold = 2;
  // Changed in the open epoch; not kept on disk.
  static constexpr std::uint32_t kChanged = 4;

  std::int64_t start_us = 0;
  std::int64_t end_us = 0;
  void* block = nullptr;
  std::uint32_t flags = 0;

  bool has(std::uint32_t flag) const noexcept { return (flags & flag) != 0; }
  void set(std::uint32_t flag) noexcept { flags |= flag; }
  void clear(std::uint32_t flag) noexcept { flags &= ~flag; }
};

// What a key of a windowed aggregate has: its windows in the order of their starts. The states of
// one of them lie behind this head, those of the others on the heap; no window, no allocation.
// States never move.
//
// A value in panes (hopping windows that are only read when they close) holds pieces of the grid
// instead of windows: each row is in one piece, and a window is put together when it closes.
class WindowValue {
 public:
  std::span<OpenWindow> windows() noexcept { return {many_ != nullptr ? many_ : &one_, count_}; }
  std::span<const OpenWindow> windows() const noexcept {
    return {many_ != nullptr ? many_ : &one_, count_};
  }
  bool empty() const noexcept { return count_ == 0; }
  // The window that starts there; null = none.
  OpenWindow* find(std::int64_t start_us) noexcept;

  // A new window without rows, in its place. Pointers to windows go stale.
  OpenWindow& insert(const CallStates& states, std::int64_t start_us, std::int64_t end_us);
  // The same with a block that slot() gave and that holds states already.
  OpenWindow& insert_block(std::int64_t start_us, std::int64_t end_us, void* block);
  void remove(const CallStates& states, std::size_t index) noexcept;
  void clear(const CallStates& states) noexcept;
  // Takes the window out; its block is the caller's.
  OpenWindow release(std::size_t index) noexcept;
  // Memory for a block; not constructed.
  void* slot(const CallStates& states);
  void give_back(void* block) noexcept;

  // Of a value in panes: windows that end up to here were closed. kNoTime = none.
  std::int64_t closed_us = record::kNoTime;
  bool panes = false;

  std::size_t heap_bytes(const CallStates& states) const noexcept;

 private:
  void* own_block() noexcept { return this + 1; }

  OpenWindow one_;
  OpenWindow* many_ = nullptr;  // once there was more than one
  std::uint32_t count_ = 0;
  std::uint32_t capacity_ = 0;
  bool own_taken_ = false;
};

// What follows from the definition for the windows of all keys: which form their values have, and
// when a window closes and goes. Immutable, thread-safe.
class WindowRules {
 public:
  explicit WindowRules(const AggregateWork& work);

  const WindowGrid& grid() const noexcept { return grid_; }
  bool session() const noexcept { return session_; }
  // Rows close no window, and change nothing that was closed: windows can be put together of panes.
  bool prefers_panes() const noexcept { return prefers_panes_; }
  bool on_close() const noexcept { return on_close_; }
  // How long a window is kept behind its end.
  std::int64_t lateness_us() const noexcept { return lateness_us_; }
  // When something is to be done for the window.
  std::int64_t due(const OpenWindow& window) const noexcept {
    const bool close = on_close_ && window.has(OpenWindow::kPending);
    return close ? window.end_us : window.end_us + lateness_us_;
  }
  // Of a value in panes: the end of the first window that is not closed and has rows; kNeverDue =
  // none.
  std::int64_t next_end(const WindowValue& value) const noexcept;
  std::int64_t due(const WindowValue& value) const noexcept;
  // Puts the window that ends there together of panes, in a block of no rows. Not null: why that
  // cannot be (overflow); the block then holds a part.
  const record::RowError* join_panes(const CallStates& states, const WindowValue& value,
                                     std::int64_t end_us, void* block) const;
  // A window of a value in panes was closed: takes out the panes that nothing needs any more.
  void close_panes(const CallStates& states, WindowValue& value, std::int64_t end_us) const;
  // Turns a value in panes into windows, without those that end up to closed_us. Not null: as
  // above, and the value is as it was.
  const record::RowError* split_panes(const CallStates& states, WindowValue& value) const;

 private:
  WindowGrid grid_;
  bool session_ = false;
  bool on_close_ = false;
  bool prefers_panes_ = false;
  std::int64_t lateness_us_ = 0;
};

// On disk: names of the calls, form, how far it is closed, then for each window start, length,
// flags and states: the same for every `emit` and `late`. Immutable, thread-safe.
class WindowValueType final : public state::ValueType {
 public:
  explicit WindowValueType(const AggregateWork& work) : states_(work.calls), rules_(work) {}
  std::size_t inline_bytes() const noexcept override {
    return sizeof(WindowValue) + states_.bytes();
  }
  void make(void* at) const override;
  void destroy(void* value) const noexcept override;
  std::size_t heap_bytes(const void* value) const noexcept override;
  void encode(const void* value, std::string& out) const override;
  Status decode(std::string_view bytes, void* at) const override;
  std::int64_t due(const void* value) const noexcept override;

 private:
  Status decode_windows(std::string_view bytes, const CallStates::Order& order,
                        WindowValue& value) const;

  const CallStates states_;
  const WindowRules rules_;
};

}  // namespace leat::operators
