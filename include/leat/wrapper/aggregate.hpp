// Aggregates. Part of leat/plugin.hpp.
#pragma once

#include <leat/wrapper/function.hpp>

namespace leat {

// Bytes that a state saves.
class Buffer {
 public:
  void append(std::string_view bytes) { bytes_.append(bytes); }
  // A trivially copyable value as it lies in memory.
  template <class T>
  void put(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>,
                  "leat: append the parts of what is not trivially copyable");
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  // Text with its length before it.
  void put_text(std::string_view text) {
    put(static_cast<uint64_t>(text.size()));
    append(text);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Reads what a Buffer wrote. Throws std::out_of_range when bytes are missing.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  template <class T>
  T get() {
    static_assert(std::is_trivially_copyable_v<T>,
                  "leat: read the parts of what is not trivially copyable");
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::string_view get_text() { return take(get<uint64_t>()); }
  std::string_view take(uint64_t size) {
    if (size > rest_.size()) throw std::out_of_range("saved bytes are too short");
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

namespace detail {

template <class T, class = void>
constexpr bool has_save = false;
template <class T>
constexpr bool
    has_save<T, std::void_t<decltype(std::declval<const T&>().save(std::declval<Buffer&>()))>> =
        true;
template <class T, class = void>
constexpr bool has_load = false;
template <class T>
constexpr bool
    has_load<T, std::void_t<decltype(std::declval<T&>().load(uint32_t{}, std::string_view{}))>> =
        true;
template <class T, class = void>
constexpr bool has_retract = false;
template <class T>
constexpr bool has_retract<T, std::void_t<decltype(&T::retract)>> = true;

// State's constructor must not throw. A null for a parameter without `?` leaves the state as it is.
template <class State>
class Aggregate final : public Function {
  using Update = Rowwise<typename Callable<decltype(&State::update)>::Args>;
  using Result = std::decay_t<typename Callable<decltype(&State::finish)>::Result>;
  static_assert(
      has_save<State> == has_load<State>,
      "leat: save(leat::Buffer&) const and load(uint32_t, std::string_view) belong together");
  static_assert(has_save<State> || std::is_trivially_copyable_v<State>,
                "leat: a state that is not trivially copyable needs save(leat::Buffer&) const and "
                "load(uint32_t, std::string_view)");

 public:
  Aggregate(const char* name, const char* signature) : Function(LEAT_AGGREGATE, name, signature) {
    check_params(this->signature(), Update::types(), "update");
    check_result(this->signature(), cpp_type<Result>(), "finish");
    raw_.open = &Aggregate::open;
    raw_.close = [](void* self) noexcept { delete static_cast<Self*>(self); };
    raw_.ops = &ops_;
    ops_.struct_size = sizeof ops_;
    ops_.state_size = sizeof(State);
    ops_.state_align = alignof(State);
    ops_.init = [](void*, void* state) noexcept { new (state) State(); };
    ops_.update = &Aggregate::update;
    ops_.merge = &Aggregate::merge;
    ops_.finish = &Aggregate::finish;
    if constexpr (has_retract<State>) set_retract();
    if constexpr (has_save<State>) {
      ops_.save = &Aggregate::save;
      ops_.load = &Aggregate::load;
    }
    if constexpr (!std::is_trivially_destructible_v<State>) {
      ops_.drop = [](void*, void* state) noexcept { static_cast<State*>(state)->~State(); };
    }
  }

 private:
  struct Self {
    const leat_host* host;
  };
  static leat_status open(const leat_host* host, leat_call* call, void*, leat_str,
                          void** instance) noexcept {
    return guarded(host, call, [&] {
      *instance = new Self{host};
      return LEAT_OK;
    });
  }

  void set_retract() {
    using Retract = Rowwise<typename Callable<decltype(&State::retract)>::Args>;
    check_params(this->signature(), Retract::types(), "retract");
    ops_.retract = [](void* self, leat_call* raw, void* const* states,
                      const leat_batch* in) noexcept {
      return each<Retract>(self, raw, states, in,
                           [](State& state, auto&&... args) { state.retract(args...); });
    };
  }

  static leat_status update(void* self, leat_call* raw, void* const* states,
                            const leat_batch* in) noexcept {
    return each<Update>(self, raw, states, in,
                        [](State& state, auto&&... args) { state.update(args...); });
  }

  template <class Args, class Apply>
  static leat_status each(void* self, leat_call* raw, void* const* states, const leat_batch* in,
                          Apply apply) noexcept {
    const leat_host* host = static_cast<Self*>(self)->host;
    return guarded(host, raw, [&] {
      Call call(host, raw);
      leat_status status = LEAT_OK;
      for (uint32_t row = 0; row < in->rows; ++row) {
        if (!Args::present(in, row)) continue;
        State& state = *static_cast<State*>(states[row]);
        const auto bound = [&](auto&&... args) { apply(state, args...); };
        if (!guarded_row(call, row, [&] { Args::call(bound, {call, nullptr}, in, row); }))
          status = LEAT_ROWS_FAILED;
      }
      return status;
    });
  }

  static leat_status merge(void* self, leat_call* raw, void* into, const void* from) noexcept {
    return guarded(static_cast<Self*>(self)->host, raw, [&] {
      static_cast<State*>(into)->merge(*static_cast<const State*>(from));
      return LEAT_OK;
    });
  }

  static leat_status finish(void* self, leat_call* raw, const void* const* states,
                            leat_out* out) noexcept {
    const leat_host* host = static_cast<Self*>(self)->host;
    return guarded(host, raw, [&] {
      Call call(host, raw);
      leat_status status = LEAT_OK;
      for (uint32_t row = 0; row < out->rows; ++row) {
        const State& state = *static_cast<const State*>(states[row]);
        if (!guarded_row(call, row, [&] { write<Result>(call, out, row, state.finish()); }))
          status = LEAT_ROWS_FAILED;
      }
      return status;
    });
  }

  static leat_status save(void* self, leat_call* raw, const void* state, leat_buf* to) noexcept {
    const leat_host* host = static_cast<Self*>(self)->host;
    return guarded(host, raw, [&] {
      Buffer buffer;
      static_cast<const State*>(state)->save(buffer);
      return host->put(to, buffer.bytes().data(), buffer.bytes().size());
    });
  }

  static leat_status load(void* self, leat_call* raw, void* state, uint32_t version,
                          leat_str bytes) noexcept {
    return guarded(static_cast<Self*>(self)->host, raw, [&] {
      static_cast<State*>(state)->load(version, to_view(bytes));
      return LEAT_OK;
    });
  }

  leat_aggregate_ops ops_{};
};

}  // namespace detail
}  // namespace leat
