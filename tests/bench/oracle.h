#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "rows.h"

namespace leat::bench {

// What a reader finds: the input, or what a workload makes of it.
enum class Stage : std::uint8_t {
  raw,
  projected,
  filtered,
  totals,
  windows,
  rekeyed,
  encoded,
  grouped
};
// By the names of the options; an unknown one ends the program (exit 2).
Stage stage_of(std::string_view name);

// What a reader finds in one record. `right` = every field has the value the oracle computes, and there is no other field.
// `slot` = which of the expected records it is: the sequence of the record that caused it; of W4 the number of the window and the user.
struct Seen {
  bool right = false;
  std::uint64_t slot = 0;
};

// Knows every record that a run must have written, computed from the sequences alone. Thread-confined.
//
// W1's filter is `status == 'AUTHORIZED' && amount > 20.0`, about 90 % pass; that of `filter95` is `status == 'DECLINED' && amount > 100.0`, 5 % pass.
// W4 expects the windows that end at or before the latest stamp of every partition.
class Oracle {
 public:
  Oracle(const Run& run, Stage stage, std::uint64_t records, std::int32_t partitions);

  std::uint64_t slots() const noexcept { return slots_; }  // every slot is below
  std::uint64_t expected() const noexcept { return expected_; }
  Seen check(std::string_view value, std::string_view key);
  // Records of one lane come in the order of their slots. Below lanes().
  std::uint64_t lane_of(std::uint64_t slot) const noexcept;
  std::uint64_t lanes() const noexcept { return lanes_; }
  // When the record was to be sent that caused this one; W4 has none.
  bool timed() const noexcept { return stage_ != Stage::windows; }
  std::int64_t intended_ns(std::uint64_t slot) const noexcept { return run_.intended_ns(slot); }

 private:
  struct Window {
    std::uint32_t count = 0;
    std::uint32_t cents = 0;
  };
  void count_users(std::uint64_t records);
  void count_windows(std::uint64_t records, std::int32_t partitions);
  bool passes(std::uint64_t seq) const noexcept;
  Seen check_raw(std::string_view value, std::string_view key);
  Seen check_projected(std::string_view value, std::string_view key);
  Seen check_total(std::string_view value, std::string_view key);
  Seen check_window(std::string_view value, std::string_view key);
  Seen check_encoded(std::string_view value, std::string_view key);
  Seen check_grouped(std::string_view value, std::string_view key);

  const Run run_;
  const Stage stage_;
  std::uint64_t slots_ = 0;
  std::uint64_t expected_ = 0;
  std::uint64_t lanes_ = 0;
  std::vector<std::int32_t> partition_of_user_;  // W5
  // W2: the sequences of each user in their order, and the hundredths until there.
  std::vector<std::uint32_t> first_of_user_;
  std::vector<std::uint32_t> sequences_;
  std::vector<std::uint32_t> cents_until_;
  // W4: by (window, user).
  std::int64_t first_window_ = 0;
  std::vector<Window> windows_;
};

}  // namespace leat::bench
