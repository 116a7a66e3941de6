#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/check.h"

namespace leat::plugin {

// Why a library is not taken, one for each check, in the order of the checks.
enum class RefusalCode : std::uint8_t {
  // 1: where it lies
  not_regular_file,
  symlink,
  too_large,
  folder_writable,
  // 2: who vouches for it
  not_trusted,
  // 3: what the file says, without running any of it
  not_elf,
  truncated,
  wrong_class,
  wrong_machine,
  not_shared,
  note_missing,
  note_invalid,
  abi_mismatch,
  rpath,
  needed_not_allowed,
  exec_stack,
  text_relocations,
  extra_exports,
  unique_symbols,
  missing_export,
  // 4: our copy of it
  store_failed,
  // 5: what it does in another process
  probe_crashed,
  probe_timeout,
  probe_failed,
  init_failed,
  bad_function,
  not_batch_invariant,
  // 6: loading it here
  listing_differs,
  load_failed,
  version_exists,
  too_many_generations,
};
inline constexpr std::size_t kRefusalCodes = 31;

// "NOT_REGULAR_FILE": as the API and the command line show it.
std::string_view to_string(RefusalCode code) noexcept;
// 1 … 6: which check gives the code.
int check_of(RefusalCode code) noexcept;

// One failed check. The message is a sentence for people; it names the remedy where there is one.
struct Refusal {
  RefusalCode code;
  std::string message;
};

// What a check found, or why the library is refused.
template <class T>
class [[nodiscard]] Checked {
 public:
  Checked(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  Checked(Refusal refusal) : held_(std::in_place_index<1>, std::move(refusal)) {}

  bool ok() const noexcept { return held_.index() == 0; }
  // Requires: ok().
  T& operator*() & {
    LEAT_CHECK(ok());
    return *std::get_if<0>(&held_);
  }
  const T& operator*() const& { return *const_cast<Checked&>(*this); }
  T&& operator*() && { return std::move(**this); }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }
  // Requires: !ok().
  const Refusal& refusal() const& {
    LEAT_CHECK(!ok());
    return *std::get_if<1>(&held_);
  }

 private:
  std::variant<T, Refusal> held_;
};

}  // namespace leat::plugin
