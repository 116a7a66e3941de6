// The C++ types of values, and how they are read from and written to columns. Part of leat/plugin.hpp.
//
//   bool  int64_t  double  leat::Timestamp  std::string_view (string)  leat::Bytes  leat::Json
//   std::optional of them for a type with `?`; results may also be std::string, which is copied
#pragma once

#include <leat/plugin.h>

#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace leat {

// Microseconds since 1970-01-01T00:00:00Z.
struct Timestamp {
  int64_t us = 0;
  friend constexpr bool operator==(Timestamp a, Timestamp b) { return a.us == b.us; }
  friend constexpr bool operator!=(Timestamp a, Timestamp b) { return a.us != b.us; }
  friend constexpr bool operator<(Timestamp a, Timestamp b) { return a.us < b.us; }
  friend constexpr bool operator<=(Timestamp a, Timestamp b) { return a.us <= b.us; }
  friend constexpr bool operator>(Timestamp a, Timestamp b) { return a.us > b.us; }
  friend constexpr bool operator>=(Timestamp a, Timestamp b) { return a.us >= b.us; }
};

// Any bytes. Borrowed.
struct Bytes {
  std::string_view data;
};

// One JSON text. Borrowed.
struct Json {
  std::string_view text;
};

// Thrown for one row: it fails with this code (1..999999) and text, the others go on.
class RowError : public std::exception {
 public:
  RowError(int32_t code, std::string text) : code_(code), text_(std::move(text)) {}
  const char* what() const noexcept override { return text_.c_str(); }
  int32_t code() const { return code_; }
  const std::string& text() const { return text_; }

 private:
  int32_t code_;
  std::string text_;
};

// Thrown when nothing happened yet and the same call may succeed later.
class Retry : public std::exception {
 public:
  const char* what() const noexcept override { return "retry"; }
};

inline leat_str to_str(std::string_view text) {
  leat_str str;
  str.ptr = text.data();
  str.len = text.size();
  return str;
}
inline std::string_view to_view(leat_str str) { return {str.len ? str.ptr : "", str.len}; }

// What a call lends: the step's time, a log, memory that dies with the batch. A function takes it as `leat::Call&`.
class Call {
 public:
  Call(const leat_host* host, leat_call* call) : host_(host), call_(call) {}

  // The step's now(): the only clock to use.
  Timestamp now() const { return {host_->now_us(call_)}; }
  // True: leave soon, by throwing Retry.
  bool cancelled() const { return host_->cancelled(call_) != 0; }
  // `level` is LEAT_LOG_…; no payloads.
  void log(int32_t level, std::string_view text) const { host_->log(call_, level, to_str(text)); }
  // Lives until the batch ends. Throws std::bad_alloc when the host's budget is spent.
  std::string_view copy(std::string_view text) const {
    if (text.empty()) return {"", 0};
    void* memory = host_->alloc(call_, text.size(), 1);
    if (memory == nullptr) throw std::bad_alloc();
    std::memcpy(memory, text.data(), text.size());
    return {static_cast<const char*>(memory), text.size()};
  }

  const leat_host* host() const { return host_; }
  leat_call* raw() const { return call_; }

 private:
  const leat_host* host_;
  leat_call* call_;
};

class Emit;

namespace detail {

// A status of the host that is to be returned as it is.
struct StatusError {
  leat_status status;
};
inline void need(leat_status status) {
  if (status != LEAT_OK) throw StatusError{status};
}

// Runs `body`; what it throws becomes a status and a text.
template <class Body>
leat_status guarded(const leat_host* host, leat_call* call, Body&& body) noexcept {
  try {
    return body();
  } catch (const StatusError& error) {
    return error.status;
  } catch (const Retry&) {
    return LEAT_RETRY;
  } catch (const RowError& error) {
    host->fail(call, error.code(), to_str(error.text()));
  } catch (const std::exception& error) {
    host->fail(call, 1, to_str(error.what()));
  } catch (...) {
    host->fail(call, 1, LEAT_TEXT("an exception that is no std::exception"));
  }
  return LEAT_FATAL;
}

// Runs `body` for one row; false when the row failed.
template <class Body>
bool guarded_row(const Call& call, uint32_t row, Body&& body) {
  try {
    body();
    return true;
  } catch (const RowError& error) {
    call.host()->fail_row(call.raw(), row, error.code(), to_str(error.text()));
    return false;
  }
}

constexpr leat_type kNoType = 0;
constexpr leat_type kAnyText =
    100;  // std::string: whichever of string, bytes, json the signature says

// The column type and slot of a C++ type.
template <class T>
struct ValueOf {
  static constexpr leat_type type = kNoType;
};
template <leat_type Type, class SlotType>
struct PlainValue {
  static constexpr leat_type type = Type;
  using Slot = SlotType;
};
template <>
struct ValueOf<bool> : PlainValue<LEAT_BOOL, uint8_t> {
  static bool from(uint8_t slot) { return slot != 0; }
  static uint8_t to(const Call&, bool value) { return value ? 1 : 0; }
};
template <>
struct ValueOf<int64_t> : PlainValue<LEAT_INT, int64_t> {
  static int64_t from(int64_t slot) { return slot; }
  static int64_t to(const Call&, int64_t value) { return value; }
};
template <>
struct ValueOf<double> : PlainValue<LEAT_DOUBLE, double> {
  static double from(double slot) { return slot; }
  static double to(const Call&, double value) { return value; }
};
template <>
struct ValueOf<Timestamp> : PlainValue<LEAT_TIMESTAMP, int64_t> {
  static Timestamp from(int64_t slot) { return {slot}; }
  static int64_t to(const Call&, Timestamp value) { return value.us; }
};
template <>
struct ValueOf<std::string_view> : PlainValue<LEAT_STRING, leat_str> {
  static std::string_view from(leat_str slot) { return to_view(slot); }
  static leat_str to(const Call&, std::string_view value) { return to_str(value); }
};
template <>
struct ValueOf<Bytes> : PlainValue<LEAT_BYTES, leat_str> {
  static Bytes from(leat_str slot) { return {to_view(slot)}; }
  static leat_str to(const Call&, Bytes value) { return to_str(value.data); }
};
template <>
struct ValueOf<Json> : PlainValue<LEAT_JSON, leat_str> {
  static Json from(leat_str slot) { return {to_view(slot)}; }
  static leat_str to(const Call&, Json value) { return to_str(value.text); }
};
template <>
struct ValueOf<const char*> : PlainValue<LEAT_STRING, leat_str> {
  static leat_str to(const Call&, const char* value) { return to_str(value); }
};
template <>
struct ValueOf<std::string> : PlainValue<kAnyText, leat_str> {
  static leat_str to(const Call& call, const std::string& value) {
    return to_str(call.copy(value));
  }
};

template <class T>
struct Optional {
  static constexpr bool value = false;
  using Inner = T;
};
template <class T>
struct Optional<std::optional<T>> {
  static constexpr bool value = true;
  using Inner = T;
};

// A type as the signature check sees it.
struct CppType {
  leat_type type;
  bool optional;
};
template <class T>
constexpr CppType cpp_type() {
  using Inner = typename Optional<T>::Inner;
  static_assert(ValueOf<Inner>::type != kNoType,
                "leat: a value is bool, int64_t, double, leat::Timestamp, std::string_view, "
                "leat::Bytes or leat::Json, or "
                "std::optional of one; results also std::string");
  return {ValueOf<Inner>::type, Optional<T>::value};
}

inline bool is_set(const leat_vec& column, uint32_t row) { return LEAT_IS_SET(&column, row); }

// Requires: the row is present unless T is optional.
template <class T>
T read(const leat_vec& column, uint32_t row) {
  using Inner = typename Optional<T>::Inner;
  static_assert(ValueOf<Inner>::type != kAnyText,
                "leat: a parameter is a std::string_view, not a std::string");
  if constexpr (Optional<T>::value) {
    if (!is_set(column, row)) return std::nullopt;
  }
  return ValueOf<Inner>::from(LEAT_AT(typename ValueOf<Inner>::Slot, &column, row));
}

template <class T>
void write(const Call& call, leat_out* out, uint32_t row, const T& value) {
  using Inner = typename Optional<T>::Inner;
  if constexpr (Optional<T>::value) {
    if (value) {
      write<Inner>(call, out, row, *value);
    } else {
      LEAT_SET_NULL(out, row);
    }
  } else {
    static_cast<typename ValueOf<T>::Slot*>(out->data)[row] = ValueOf<T>::to(call, value);
  }
}

}  // namespace detail
}  // namespace leat
