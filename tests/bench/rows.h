#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace leat::bench {

enum class Workload : std::uint8_t { bytes, json };  // W0, W1
enum class Stage : std::uint8_t { raw, projected };   // what a reader expects: the input, or W1's filter and projection

// The records of a run: everything follows from the sequence and the run's clock, so a reader needs no copy of what was sent. A value.
struct Run {
  static constexpr std::size_t kRowBytes = 200;
  static constexpr std::uint64_t kUsers = 1000;

  Workload workload = Workload::json;
  std::int64_t start_ns = 0;         // wall clock: when record 0 is to be sent
  std::uint64_t rate = 0;            // records a second; 0 = as fast as possible, stamps 1 ns apart

  // When record `seq` is to be sent, wall clock.
  std::int64_t intended_ns(std::uint64_t seq) const noexcept;
};

// The key of a record: its user, "u00042".
std::uint64_t user_of(std::uint64_t seq) noexcept;
void append_user(std::string& to, std::uint64_t user);

// Replaces `value` by record `seq`, 200 bytes: a JSON object of 8 fields, or sequence, stamp and noise.
void make_row(const Run& run, std::uint64_t seq, std::string& value);

// W1's filter, computed from the sequence alone: `status == 'AUTHORIZED' && amount > 20.0`. About 90 % pass.
bool passes(std::uint64_t seq) noexcept;

// What a reader finds in one record. `right` = every field has the value the oracle computes, and there is no other field.
struct Seen {
  bool right = false;
  std::uint64_t seq = 0;
};
Seen check_row(const Run& run, Stage stage, std::string_view value, std::string_view key);

}  // namespace leat::bench
