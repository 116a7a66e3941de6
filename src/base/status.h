#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"

namespace leat::base {

// The kinds of recoverable failure. What a caller does depends on the code; what a person reads is
// the message.
enum class Code : unsigned char {
  ok,
  invalid_argument,  // the input is wrong and stays wrong
  not_found,
  already_exists,
  wrong_state,  // right request, wrong moment
  unavailable,  // something outside is away; the same call may work later
  timed_out,
  exhausted,  // a named limit is reached
  data_loss,  // bytes are gone or damaged
  permission_denied,
  not_available_yet,  // described by the documentation, not built yet
  cancelled,
  internal,
};

std::string_view to_string(Code code) noexcept;

// The result of a call that can fail: ok, or a code, a sentence for people, and where it happened.
// One pointer wide; ok allocates nothing. Immutable once built except through with(). Values:
// thread-compatible.
class [[nodiscard]] Status {
 public:
  Status() noexcept = default;
  Status(Code code, std::string message);
  Status(const Status& other);
  Status& operator=(const Status& other);
  Status(Status&&) noexcept = default;
  Status& operator=(Status&&) noexcept = default;
  ~Status() = default;

  static Status ok_status() noexcept { return {}; }
  bool ok() const noexcept { return detail_ == nullptr; }
  Code code() const noexcept { return detail_ ? detail_->code : Code::ok; }
  const std::string& message() const noexcept;
  // Adds a place on the way up: `return status.with("pipeline", name)`. No effect on ok.
  Status with(std::string_view key, std::string_view value) &&;
  Status with(std::string_view key, std::string_view value) const&;
  const std::vector<std::pair<std::string, std::string>>& fields() const noexcept;
  // "message key=value key=value", or "ok".
  std::string to_string() const;

 private:
  struct Detail {
    Code code;
    std::string message;
    std::vector<std::pair<std::string, std::string>> fields;
  };
  std::unique_ptr<Detail> detail_;
};

// A value, or the Status that says why there is none (never an ok Status).
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  Result(Status status) : held_(std::in_place_index<1>, std::move(status)) {
    LEAT_CHECK(!std::get<1>(held_).ok());
  }
  template <class U>
  requires(std::is_convertible_v<U, T> && !std::is_same_v<std::decay_t<U>, Status> &&
           !std::is_same_v<std::decay_t<U>, Result> && !std::is_same_v<std::decay_t<U>, T>)
      Result(U&& value)
      : held_(std::in_place_index<0>, std::forward<U>(value)) {}

  bool ok() const noexcept { return held_.index() == 0; }
  Status status() const& { return ok() ? Status() : std::get<1>(held_); }
  Status status() && { return ok() ? Status() : std::move(std::get<1>(held_)); }
  // Requires: ok().
  T& value() & { return checked(); }
  const T& value() const& { return const_cast<Result*>(this)->checked(); }
  T&& value() && { return std::move(checked()); }
  T& operator*() & { return checked(); }
  const T& operator*() const& { return const_cast<Result*>(this)->checked(); }
  T&& operator*() && { return std::move(checked()); }
  T* operator->() { return &checked(); }
  const T* operator->() const { return &const_cast<Result*>(this)->checked(); }

 private:
  T& checked() {
    LEAT_CHECK(ok());
    return *std::get_if<0>(&held_);
  }
  std::variant<T, Status> held_;
};

}  // namespace leat::base

namespace leat {
using base::Code;
using base::Result;
using base::Status;
}  // namespace leat

// Returns the Status of `expression` from the enclosing function unless it is ok.
#define LEAT_RETURN_IF_ERROR(expression)                                                           \
  do {                                                                                             \
    if (::leat::base::Status leat_status_ = (expression); !leat_status_.ok()) return leat_status_; \
  } while (false)
