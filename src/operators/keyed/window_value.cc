#include "operators/keyed/window_value.h"

#include <algorithm>
#include <new>

#include "operators/aggregates/packed.h"

namespace leat::operators {
namespace {

constexpr std::uint32_t kOnDisk = OpenWindow::kPending | OpenWindow::kTold;

Status damaged() { return Status(Code::data_loss, "the windows of a key are damaged"); }

}  // namespace

OpenWindow* WindowValue::find(std::int64_t start_us) noexcept {
  // Rows mostly come for the last windows.
  const std::span<OpenWindow> all = windows();
  for (std::size_t i = all.size(); i > 0 && all[i - 1].start_us >= start_us; --i)
    if (all[i - 1].start_us == start_us) return &all[i - 1];
  return nullptr;
}

void* WindowValue::slot(const CallStates& states) {
  if (own_taken_) return ::operator new(std::max<std::size_t>(states.bytes(), 8));
  own_taken_ = true;
  return own_block();
}

void WindowValue::give_back(void* block) noexcept {
  if (block == own_block())
    own_taken_ = false;
  else
    ::operator delete(block);
}

OpenWindow& WindowValue::insert(const CallStates& states, std::int64_t start_us,
                                std::int64_t end_us) {
  void* const block = slot(states);
  states.make(block);
  return insert_block(start_us, end_us, block);
}

OpenWindow& WindowValue::insert_block(std::int64_t start_us, std::int64_t end_us, void* block) {
  const OpenWindow made{start_us, end_us, block, 0};
  if (many_ == nullptr && count_ == 0) {
    count_ = 1;
    return one_ = made;
  }
  if (many_ == nullptr || count_ == capacity_) {
    const std::uint32_t capacity = std::max<std::uint32_t>(4, 2 * capacity_);
    auto* larger = new OpenWindow[capacity];
    std::copy_n(windows().data(), count_, larger);
    delete[] many_;
    many_ = larger;
    capacity_ = capacity;
  }
  std::uint32_t at = count_++;
  for (; at > 0 && many_[at - 1].start_us > start_us; --at) many_[at] = many_[at - 1];
  return many_[at] = made;
}

OpenWindow WindowValue::release(std::size_t index) noexcept {
  const std::span<OpenWindow> all = windows();
  const OpenWindow window = all[index];
  const auto at = all.begin() + static_cast<std::ptrdiff_t>(index);
  std::copy(at + 1, all.end(), at);
  --count_;
  return window;
}

void WindowValue::remove(const CallStates& states, std::size_t index) noexcept {
  const OpenWindow window = release(index);
  states.destroy(window.block);
  give_back(window.block);
}

void WindowValue::clear(const CallStates& states) noexcept {
  while (count_ != 0) remove(states, count_ - 1);
  delete[] many_;
  many_ = nullptr;
  capacity_ = 0;
}

std::size_t WindowValue::heap_bytes(const CallStates& states) const noexcept {
  std::size_t sum = many_ != nullptr ? capacity_ * sizeof(OpenWindow) : 0;
  if (count_ > 1) sum += (count_ - 1) * states.bytes();
  for (const OpenWindow& window : windows()) sum += states.heap_bytes(window.block);
  return sum;
}

WindowRules::WindowRules(const AggregateWork& work)
    : grid_(work.window),
      session_(work.window.kind == Window::Kind::session),
      on_close_(work.emit == Emit::on_close),
      lateness_us_(work.late == Late::update ? work.allowed_lateness_us : 0) {
  prefers_panes_ = work.window.kind == Window::Kind::hopping && on_close_ &&
                   work.late != Late::update && grid_.every_us < grid_.size_us &&
                   std::all_of(work.calls.begin(), work.calls.end(),
                               [](const auto& call) { return call.function->merges(); });
}

std::int64_t WindowRules::next_end(const WindowValue& value) const noexcept {
  for (const OpenWindow& pane : value.windows()) {
    // The windows of a pane are those of its first instant.
    std::int64_t start = grid_.first_start(pane.start_us);
    const std::int64_t last = grid_.last_start(pane.start_us);
    if (value.closed_us != record::kNoTime)
      start = std::max(
          start, grid_.floor(value.closed_us - grid_.size_us, grid_.every_us) + grid_.every_us);
    if (start <= last) return start + grid_.size_us;
  }
  return state::kNeverDue;
}

std::int64_t WindowRules::due(const WindowValue& value) const noexcept {
  if (value.panes) return next_end(value);
  std::int64_t first = state::kNeverDue;
  for (const OpenWindow& window : value.windows()) first = std::min(first, due(window));
  return first;
}

const record::RowError* WindowRules::join_panes(const CallStates& states, const WindowValue& value,
                                                std::int64_t end_us, void* block) const {
  for (const OpenWindow& pane : value.windows()) {
    if (pane.start_us < end_us - grid_.size_us || pane.start_us >= end_us) continue;
    if (const auto* error = states.check_merge(block, pane.block)) return error;
    states.merge(block, pane.block);
  }
  return nullptr;
}

void WindowRules::close_panes(const CallStates& states, WindowValue& value,
                              std::int64_t end_us) const {
  value.closed_us = std::max(value.closed_us, end_us);
  const auto over = [&](const OpenWindow& pane) {
    return grid_.last_start(pane.start_us) + grid_.size_us <= value.closed_us;
  };
  while (!value.empty() && over(value.windows().front())) value.remove(states, 0);
}

const record::RowError* WindowRules::split_panes(const CallStates& states,
                                                 WindowValue& value) const {
  const std::int64_t closed_us = value.closed_us;
  const record::RowError* error = nullptr;
  WindowValue made;
  while (error == nullptr) {
    const std::int64_t end = next_end(value);
    if (end == state::kNeverDue) break;
    void* const block = ::operator new(std::max<std::size_t>(states.bytes(), 8));
    states.make(block);
    made.insert_block(end - grid_.size_us, end, block).set(OpenWindow::kPending);
    error = join_panes(states, value, end, block);
    value.closed_us = end;
  }
  value.closed_us = closed_us;
  if (error == nullptr) {
    value.clear(states);
    value.panes = false;
    value.closed_us = record::kNoTime;
    while (!made.empty()) {
      const OpenWindow window = made.release(made.windows().size() - 1);
      value.insert_block(window.start_us, window.end_us, window.block).flags = window.flags;
    }
  }
  made.clear(states);
  return error;
}

void WindowValueType::make(void* at) const {
  (::new (at) WindowValue())->panes = rules_.prefers_panes();
}

void WindowValueType::destroy(void* value) const noexcept {
  static_cast<WindowValue*>(value)->clear(states_);
}

std::size_t WindowValueType::heap_bytes(const void* value) const noexcept {
  return static_cast<const WindowValue*>(value)->heap_bytes(states_);
}

std::int64_t WindowValueType::due(const void* value) const noexcept {
  return rules_.due(*static_cast<const WindowValue*>(value));
}

void WindowValueType::encode(const void* value, std::string& out) const {
  const auto* windows = static_cast<const WindowValue*>(value);
  states_.put_names(out);
  out.push_back(windows->panes ? 1 : 0);
  if (windows->panes) put_signed(windows->closed_us, out);
  put_varint(windows->windows().size(), out);
  for (const OpenWindow& window : windows->windows()) {
    put_signed(window.start_us, out);
    put_varint(static_cast<std::uint64_t>(window.end_us - window.start_us), out);
    // What changed in an epoch is told at its end, which is committed with this.
    const std::uint32_t told = window.has(OpenWindow::kChanged) ? OpenWindow::kTold : 0;
    out.push_back(static_cast<char>((window.flags | told) & kOnDisk));
    states_.encode(window.block, out);
  }
}

Status WindowValueType::decode(std::string_view bytes, void* at) const {
  CallStates::Order order;
  LEAT_RETURN_IF_ERROR(states_.take_names(bytes, order));
  WindowValue& value = *::new (at) WindowValue();
  Status status = decode_windows(bytes, order, value);
  // The definition may have asked for another `emit` when this was written.
  if (status.ok() && value.panes && !rules_.prefers_panes() &&
      rules_.split_panes(states_, value) != nullptr)
    status = Status(Code::data_loss, "the panes of a key cannot be put together");
  if (!status.ok()) value.clear(states_);
  return status;
}

Status WindowValueType::decode_windows(std::string_view bytes, const CallStates::Order& order,
                                       WindowValue& value) const {
  Unpacker in(bytes);
  value.panes = in.byte() != 0;
  if (value.panes) value.closed_us = in.signed_varint();
  const std::size_t count = in.count(3);
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t start = in.signed_varint();
    const std::uint64_t length = in.varint();
    const std::uint32_t flags = in.byte();
    if (!in.ok() || length > std::uint64_t{1} << 62) return damaged();
    bytes = in.rest();
    void* const block = value.slot(states_);
    if (Status status = states_.decode(bytes, order, block); !status.ok()) {
      value.give_back(block);
      return status;
    }
    value.insert_block(start, start + static_cast<std::int64_t>(length), block).flags =
        flags & kOnDisk;
    in = Unpacker(bytes);
  }
  return in.ok() && in.rest().empty() ? Status() : damaged();
}

}  // namespace leat::operators
