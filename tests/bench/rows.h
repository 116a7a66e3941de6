#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace leat::bench {

// W0, W1, a filter that leaves 5 %, W2, W4, W5, and A and B of the duel: README.md.
enum class Workload : std::uint8_t {
  bytes,
  json,
  filter95,
  totals,
  windows,
  rekey,
  encode,
  groups
};
// By the names of the options; an unknown one ends the program (exit 2).
Workload workload_of(std::string_view name);

// The records of a run: everything follows from the sequence and the run's clock, so a reader needs no copy of what was sent. A value.
struct Run {
  static constexpr std::size_t kRowBytes = 200;
  static constexpr std::size_t kWideRowBytes = 1000;
  static constexpr std::size_t kEncodeRowBytes = 1200;
  static constexpr std::int64_t kWindowNs = 1'000'000'000;  // W4

  Workload workload = Workload::json;
  std::int64_t start_ns = 0;      // wall clock: when record `paced_from` is to be sent
  std::uint64_t rate = 0;         // records a second; 0 = as fast as possible
  std::uint64_t paced_from = 0;   // what lies before is sent as fast as possible
  std::uint64_t users = 1000;     // at most 10 000 000
  bool cover = false;             // the first `users` records are one of each user
  std::int64_t stamp_gap_ns = 1;  // between the stamps of records that are sent as fast as possible

  // When record `seq` is to be sent, wall clock; what its member `ts` says.
  std::int64_t intended_ns(std::uint64_t seq) const noexcept;
  std::uint64_t user_of(std::uint64_t seq) const noexcept;
};

// The key of a record: its user, "u00042"; with seven digits above 100 000 users.
void append_user(const Run& run, std::uint64_t user, std::string& to);
// The other way round; false when it is no user of the run.
bool read_user(const Run& run, std::string_view text, std::uint64_t& user);

// Replaces `value` by record `seq`. 200 bytes: a JSON object of 8 fields; W0: sequence, stamp and noise; B: text that begins with the sequence.
// `filter95`: 1000 bytes, a JSON object of 24 fields. A: 1200 bytes as W0.
void make_row(const Run& run, std::uint64_t seq, std::string& value);

// Of member `amount`, in hundredths.
std::uint64_t cents_of(std::uint64_t seq) noexcept;
// Member `status`: "AUTHORIZED", else "DECLINED".
bool authorized(std::uint64_t seq) noexcept;

}  // namespace leat::bench
