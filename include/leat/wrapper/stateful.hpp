// Stateful functions: rows and timers of one key at a time. Part of leat/plugin.hpp.
#pragma once

#include <leat/wrapper/keyed.hpp>

namespace leat {

// The current key: its value, its timers.
class Key {
 public:
  Key(const Call& call, std::string_view json) : call_(&call), json_(json) {}

  // The `by` value as JSON text, a list for several.
  std::string_view json() const { return json_; }
  Timestamp now() const { return call_->now(); }
  const Call& call() const { return *call_; }

  // A timer of the same tag and kind of time is replaced. `timer` is called once, when the watermark or now() has passed `at`.
  void set_event_timer(Timestamp at, uint64_t tag = 0) const { set(LEAT_EVENT_TIME, at, tag); }
  void set_processing_timer(Timestamp at, uint64_t tag = 0) const {
    set(LEAT_PROCESSING_TIME, at, tag);
  }
  void clear_event_timer(uint64_t tag = 0) const { clear(LEAT_EVENT_TIME, tag); }
  void clear_processing_timer(uint64_t tag = 0) const { clear(LEAT_PROCESSING_TIME, tag); }

 private:
  void set(uint32_t domain, Timestamp at, uint64_t tag) const {
    detail::need(call_->host()->timer_set(call_->raw(), domain, at.us, tag));
  }
  void clear(uint32_t domain, uint64_t tag) const {
    detail::need(call_->host()->timer_clear(call_->raw(), domain, tag));
  }

  const Call* call_;
  std::string_view json_;
};

// A timer that came due.
struct Timer {
  Timestamp at;
  uint64_t tag = 0;
  bool event_time = true;  // false: processing time
};

// One row: the values of the signature's parameters.
class Row {
 public:
  Row(const leat_batch* in, const detail::Signature& signature, uint32_t index)
      : in_(in), signature_(&signature), index_(index) {}

  // Parameter number `param`, as the type of the signature; std::optional for `?`. Throws std::logic_error when T differs.
  template <class T>
  T get(size_t param) const {
    constexpr detail::CppType type = detail::cpp_type<T>();
    if (param >= signature_->params.size())
      throw std::logic_error("the signature has no parameter " + std::to_string(param));
    const detail::Field& field = signature_->params[param];
    if (!detail::same_type(field.type, type.type) || (field.nullable && !type.optional)) {
      throw std::logic_error("parameter `" + field.name + "` is " + detail::signature_text(field) +
                             ", not " + detail::cpp_text(type));
    }
    if (!type.optional && !detail::is_set(in_->cols[param], index_)) {
      throw RowError(1, "parameter `" + field.name + "` is null");
    }
    return detail::read<T>(in_->cols[param], index_);
  }
  // The same by name.
  template <class T>
  T get(std::string_view name) const {
    for (size_t i = 0; i < signature_->params.size(); ++i) {
      if (signature_->params[i].name == name) return get<T>(i);
    }
    throw std::logic_error("the signature has no parameter `" + std::string(name) + "`");
  }

  // Throws std::logic_error where the pipeline has no event time.
  Timestamp event_time() const {
    if (in_->event_time_us == nullptr) throw std::logic_error("the pipeline has no event time");
    return {in_->event_time_us[index_]};
  }
  uint32_t index() const { return index_; }

 private:
  const leat_batch* in_;
  const detail::Signature* signature_;
  uint32_t index_;
};

// The rows of one call: one key, in order. Visit them with each(), once.
class Rows {
 public:
  Rows(const Call& call, const leat_batch* in, const detail::Signature& signature, Emit& emit,
       bool& failed)
      : call_(call), in_(in), signature_(signature), emit_(emit), failed_(failed) {}

  uint32_t size() const { return in_->rows; }
  Row operator[](uint32_t index) const { return Row(in_, signature_, index); }

  // visit(Row). A RowError fails that row and takes back what it emitted, not what it put into state: check first.
  template <class Visit>
  void each(Visit visit) {
    for (uint32_t i = 0; i < in_->rows; ++i) {
      const size_t before = emit_.rows();
      emit_.set_origin(i);
      if (!detail::guarded_row(call_, i, [&] { visit((*this)[i]); })) {
        emit_.truncate(before);
        failed_ = true;
      }
      emit_.flush_when_full();
    }
  }

 private:
  const Call& call_;
  const leat_batch* in_;
  const detail::Signature& signature_;
  Emit& emit_;
  bool& failed_;
};

namespace detail {

template <class F, class = void>
constexpr bool has_rows = false;
template <class F>
constexpr bool
    has_rows<F, std::void_t<decltype(std::declval<F&>().rows(
                    std::declval<Key&>(), std::declval<Rows&>(), std::declval<Emit&>()))>> = true;
template <class F, class = void>
constexpr bool has_row = false;
template <class F>
constexpr bool has_row<F, std::void_t<decltype(std::declval<F&>().row(
                              std::declval<Key&>(), std::declval<Row>(), std::declval<Emit&>()))>> =
    true;
template <class F, class = void>
constexpr bool has_timer = false;
template <class F>
constexpr bool
    has_timer<F, std::void_t<decltype(std::declval<F&>().timer(
                     std::declval<Key&>(), std::declval<Timer>(), std::declval<Emit&>()))>> = true;
template <class F, class = void>
constexpr bool has_upgrade = false;
template <class F>
constexpr bool has_upgrade<
    F, std::void_t<decltype(std::declval<F&>().upgrade(
           std::string_view(), uint32_t{}, std::string_view(), std::declval<Buffer&>()))>> = true;

// F also may have upgrade(std::string_view slot, uint32_t from_version, std::string_view value, leat::Buffer&).
template <class F>
class Stateful final : public Function {
  static_assert(has_rows<F> != has_row<F>,
                "leat: a stateful function has either rows(leat::Key, leat::Rows, leat::Emit&) or "
                "row(leat::Key, leat::Row, leat::Emit&)");

 public:
  Stateful(const char* name, const char* signature) : Function(LEAT_STATEFUL, name, signature) {
    check_rows_result(this->signature());
    declare_slots();
    ops_.struct_size = sizeof ops_;
    ops_.slot_count = static_cast<uint32_t>(slots_.size());
    ops_.slots = slots_.data();
    ops_.rows = &Stateful::rows;
    if constexpr (has_timer<F>) ops_.timer = &Stateful::timer;
    if constexpr (has_upgrade<F>) ops_.upgrade = &Stateful::upgrade;
    raw_.open = &Stateful::open;
    raw_.close = [](void* self) noexcept { delete static_cast<Self*>(self); };
    raw_.ops = &ops_;
  }

 private:
  struct Self {
    const Stateful* function = nullptr;
    Binding binding;
    std::optional<F> call;
  };
  // The current call for the slots of an instance.
  struct Bound {
    Bound(Self& self, leat_call* call) : self_(self) { self_.binding.call = call; }
    ~Bound() { self_.binding.call = nullptr; }
    Self& self_;
  };

  static void make(std::optional<F>& to, const With& with) {
    if constexpr (std::is_constructible_v<F, With>) {
      to.emplace(with);
    } else {
      to.emplace();
    }
  }

  // Makes an F for the sake of its members. Its constructor may refuse the empty `with`: the members are there by then.
  void declare_slots() {
    Binding nothing;
    std::optional<F> prototype;
    DeclaringScope scope(&nothing, &slots_);
    try {
      make(prototype, With::declaring());
    } catch (const std::exception&) {}
  }

  static leat_status open(const leat_host* host, leat_call* call, void* user, leat_str with,
                          void** instance) noexcept {
    return guarded(host, call, [&] {
      auto* function = static_cast<Stateful*>(static_cast<Function*>(user));
      auto self = std::make_unique<Self>();
      self->function = function;
      self->binding.host = host;
      std::vector<leat_slot> slots;
      {
        DeclaringScope scope(&self->binding, &slots);
        make(self->call, With(to_view(with)));
      }
      if (!function->declared(slots))
        throw std::logic_error(
            "the slots are not those of registration: declare them all as members");
      *instance = self.release();
      return LEAT_OK;
    });
  }

  bool declared(const std::vector<leat_slot>& slots) const {
    if (slots.size() != slots_.size()) return false;
    for (size_t i = 0; i < slots.size(); ++i) {
      if (std::string_view(slots[i].name) != slots_[i].name || slots[i].kind != slots_[i].kind)
        return false;
    }
    return true;
  }

  static leat_status rows(void* raw_self, leat_call* raw, leat_str key_json, const leat_batch* in,
                          leat_emit* to) noexcept {
    auto& self = *static_cast<Self*>(raw_self);
    return guarded(self.binding.host, raw, [&] {
      const Bound bound(self, raw);
      const Call call(self.binding.host, raw);
      Emit emit(call, to, self.function->signature(), true);
      bool failed = false;
      Rows rows(call, in, self.function->signature(), emit, failed);
      Key key(call, to_view(key_json));
      if constexpr (has_rows<F>) {
        self.call->rows(key, rows, emit);
      } else {
        rows.each([&](Row row) { self.call->row(key, row, emit); });
      }
      emit.flush();
      return failed ? LEAT_ROWS_FAILED : LEAT_OK;
    });
  }

  static leat_status timer(void* raw_self, leat_call* raw, leat_str key_json, uint32_t domain,
                           int64_t at_us, uint64_t tag, leat_emit* to) noexcept {
    auto& self = *static_cast<Self*>(raw_self);
    return guarded(self.binding.host, raw, [&] {
      const Bound bound(self, raw);
      const Call call(self.binding.host, raw);
      Emit emit(call, to, self.function->signature(), false);
      Key key(call, to_view(key_json));
      if constexpr (has_timer<F>)
        self.call->timer(key, Timer{{at_us}, tag, domain == LEAT_EVENT_TIME}, emit);
      emit.flush();
      return LEAT_OK;
    });
  }

  static leat_status upgrade(void* raw_self, leat_call* raw, uint32_t slot, uint32_t from_version,
                             leat_str value, leat_buf* to) noexcept {
    auto& self = *static_cast<Self*>(raw_self);
    return guarded(self.binding.host, raw, [&] {
      Buffer buffer;
      if constexpr (has_upgrade<F>) {
        self.call->upgrade(self.function->slots_.at(slot).name, from_version, to_view(value),
                           buffer);
      }
      return self.binding.host->put(to, buffer.bytes().data(), buffer.bytes().size());
    });
  }

  std::vector<leat_slot> slots_;
  leat_stateful_ops ops_{};
};

}  // namespace detail
}  // namespace leat
