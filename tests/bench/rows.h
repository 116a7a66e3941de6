#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace leat::bench {

enum class Workload : std::uint8_t { bytes, json, filter95 };  // W0, W1, W2
// What a reader finds: the input, what W1's filter and projection make of it, or the rows that W2's filter leaves.
enum class Stage : std::uint8_t { raw, projected, filtered };
// By the names of the options; an unknown one ends the program (exit 2).
Workload workload_of(std::string_view name);
Stage stage_of(std::string_view name);

// The records of a run: everything follows from the sequence and the run's clock, so a reader needs no copy of what was sent. A value.
struct Run {
  static constexpr std::size_t kRowBytes = 200;
  static constexpr std::size_t kWideRowBytes = 1000;
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

// Replaces `value` by record `seq`. 200 bytes: a JSON object of 8 fields, or sequence, stamp and noise. W2: 1000 bytes, a JSON object of
// 24 fields.
void make_row(const Run& run, std::uint64_t seq, std::string& value);

// Whether a reader is to find the record, computed from the sequence alone. W1's filter is `status == 'AUTHORIZED' && amount > 20.0`, about
// 90 % pass; W2's is `status == 'DECLINED' && amount > 100.0`, 5 % pass.
bool passes(Stage stage, std::uint64_t seq) noexcept;

// What a reader finds in one record. `right` = every field has the value the oracle computes, and there is no other field.
struct Seen {
  bool right = false;
  std::uint64_t seq = 0;
};
Seen check_row(const Run& run, Stage stage, std::string_view value, std::string_view key);

}  // namespace leat::bench
