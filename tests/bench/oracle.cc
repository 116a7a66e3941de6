#include "oracle.h"

#include <librdkafka/rdkafka.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

namespace leat::bench {
namespace {

constexpr std::uint64_t kCentsFilter = 2'000;
constexpr std::uint64_t kCentsFilter95 = 10'000;
constexpr std::uint64_t kBuckets = 500;  // W5: whole amounts

// The members of one object that the workloads write; absent ones keep their values.
struct Members {
  std::int64_t seq = -1, ts = -1, bucket = -1, n = -1;
  double amount = -1, sum = -1;
  std::string_view user, value, at, window_start, window_end;
  int count = 0;
};

bool read_member(Members& row, simdjson::simdjson_result<simdjson::ondemand::field> field) {
  const std::string_view name = field.unescaped_key();
  simdjson::ondemand::value value = field.value();
  ++row.count;
  if (name == "seq")
    row.seq = value.get_int64();
  else if (name == "ts")
    row.ts = value.get_int64();
  else if (name == "bucket")
    row.bucket = value.get_int64();
  else if (name == "n")
    row.n = value.get_int64();
  else if (name == "amount")
    row.amount = value.get_double();
  else if (name == "sum")
    row.sum = value.get_double();
  else if (name == "user")
    row.user = value.get_string();
  else if (name == "value")
    row.value = value.get_string();
  else if (name == "at")
    row.at = value.get_string();
  else if (name == "window_start")
    row.window_start = value.get_string();
  else if (name == "window_end")
    row.window_end = value.get_string();
  else
    return false;
  return true;
}

// simdjson throws on a wrong type: a record that is not what we sent. The views live until the next call.
bool read_members(std::string_view value, int count, Members& row) {
  thread_local simdjson::ondemand::parser parser;
  thread_local std::string padded;
  try {
    padded.assign(value);
    padded.append(simdjson::SIMDJSON_PADDING, ' ');
    simdjson::ondemand::document document =
        parser.iterate(padded.data(), value.size(), padded.size());
    for (auto field : document.get_object())
      if (!read_member(row, std::move(field))) return false;
    return row.count == count;
  } catch (const simdjson::simdjson_error&) {
    return false;
  }
}

std::uint64_t number_at(std::string_view text, std::size_t from, std::size_t size) {
  std::uint64_t number = UINT64_MAX;
  if (text.size() >= from + size)
    std::from_chars(text.data() + from, text.data() + from + size, number);
  return number;
}

// "2026-01-01T00:00:05Z" → seconds since the epoch; -1 when it has a fraction or another form.
std::int64_t seconds_of(std::string_view text) {
  if (text.size() != 20 || text[19] != 'Z') return -1;
  const auto year = static_cast<std::int64_t>(number_at(text, 0, 4));
  const auto month = static_cast<std::int64_t>(number_at(text, 5, 2));
  const auto day = static_cast<std::int64_t>(number_at(text, 8, 2));
  // Days of the civil calendar: years begin in March (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = y / 400;
  const std::int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const std::int64_t of_era =
      (y - era * 400) * 365 + (y - era * 400) / 4 - (y - era * 400) / 100 + day_of_year;
  const std::int64_t days = era * 146'097 + of_era - 719'468;
  const auto in_day = static_cast<std::int64_t>(
      number_at(text, 11, 2) * 3600 + number_at(text, 14, 2) * 60 + number_at(text, 17, 2));
  return days * 86'400 + in_day;
}

bool is_amount(double amount, std::uint64_t cents) {
  return std::abs(amount * 100 - static_cast<double>(cents)) < 0.001;
}

std::string user_text(const Run& run, std::uint64_t user) {
  std::string text;
  append_user(run, user, text);
  return text;
}

std::string base64_of(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i + 3 <= bytes.size(); i += 3) {
    const auto byte = [&](std::size_t k) {
      return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i + k]));
    };
    const std::uint32_t three = byte(0) << 16 | byte(1) << 8 | byte(2);
    for (int shift = 18; shift >= 0; shift -= 6) text += kDigits[three >> shift & 63];
  }
  return text;
}

std::uint64_t first_bytes_of_base64(std::string_view text) {
  std::uint64_t seq = 0;
  for (std::size_t i = 0; i < 10; ++i) {
    const char c = text[i];
    std::uint64_t digit = 63;
    if (c >= 'A' && c <= 'Z')
      digit = static_cast<std::uint64_t>(c - 'A');
    else if (c >= 'a' && c <= 'z')
      digit = static_cast<std::uint64_t>(c - 'a') + 26;
    else if (c >= '0' && c <= '9')
      digit = static_cast<std::uint64_t>(c - '0') + 52;
    else if (c == '+')
      digit = 62;
    seq = seq << 6 | digit;
  }
  return __builtin_bswap64(
      seq << 4);  // ten digits are 60 bits: the highest four of the sequence are zero
}

}  // namespace

Stage stage_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, Stage>, 8> kAll{{{"raw", Stage::raw},
                                                                    {"projected", Stage::projected},
                                                                    {"filtered", Stage::filtered},
                                                                    {"totals", Stage::totals},
                                                                    {"windows", Stage::windows},
                                                                    {"rekeyed", Stage::rekeyed},
                                                                    {"encoded", Stage::encoded},
                                                                    {"grouped", Stage::grouped}}};
  for (const auto& [known, value] : kAll)
    if (known == name) return value;
  std::fprintf(stderr, "unknown stage %.*s\n", static_cast<int>(name.size()), name.data());
  std::exit(2);
}

Oracle::Oracle(const Run& run, Stage stage, std::uint64_t records, std::int32_t partitions)
    : run_(run), stage_(stage), slots_(records), lanes_(run.users) {
  if (stage == Stage::windows) {
    count_windows(records, partitions);
    return;
  }
  for (std::uint64_t seq = 0; seq < records; ++seq) expected_ += passes(seq) ? 1 : 0;
  if (stage == Stage::totals) count_users(records);
  if (stage == Stage::grouped) lanes_ = records;
  if (stage != Stage::rekeyed) return;
  lanes_ = static_cast<std::uint64_t>(partitions) * kBuckets;
  for (std::uint64_t user = 0; user < run.users; ++user) {
    const std::string key = user_text(run, user);
    partition_of_user_.push_back(rd_kafka_msg_partitioner_murmur2(nullptr, key.data(), key.size(),
                                                                  partitions, nullptr, nullptr));
  }
}

void Oracle::count_users(std::uint64_t records) {
  first_of_user_.assign(run_.users + 1, 0);
  for (std::uint64_t seq = 0; seq < records; ++seq) ++first_of_user_[run_.user_of(seq) + 1];
  for (std::uint64_t user = 0; user < run_.users; ++user)
    first_of_user_[user + 1] += first_of_user_[user];
  sequences_.resize(records);
  cents_until_.resize(records);
  std::vector<std::uint32_t> next(first_of_user_.begin(), first_of_user_.end() - 1);
  for (std::uint64_t seq = 0; seq < records; ++seq) {
    const std::uint64_t user = run_.user_of(seq);
    const std::uint32_t at = next[user]++;
    sequences_[at] = static_cast<std::uint32_t>(seq);
    cents_until_[at] = static_cast<std::uint32_t>(cents_of(seq)) +
                       (at == first_of_user_[user] ? 0 : cents_until_[at - 1]);
  }
}

void Oracle::count_windows(std::uint64_t records, std::int32_t partitions) {
  const auto window_of = [](std::int64_t ns) { return ns / Run::kWindowNs; };
  std::vector<std::int64_t> latest(static_cast<std::size_t>(partitions), 0);
  std::vector<std::int32_t> partition(run_.users, 0);
  for (std::uint64_t user = 0; user < run_.users; ++user) {
    const std::string key = user_text(run_, user);
    partition[user] = rd_kafka_msg_partitioner_murmur2(nullptr, key.data(), key.size(), partitions,
                                                       nullptr, nullptr);
  }
  first_window_ = window_of(run_.intended_ns(0));
  const std::int64_t end_window = window_of(run_.intended_ns(records)) + 1;
  windows_.resize(static_cast<std::size_t>(end_window - first_window_) * run_.users);
  for (std::uint64_t seq = 0; seq < records; ++seq) {
    const std::uint64_t user = run_.user_of(seq);
    const std::int64_t at = run_.intended_ns(seq);
    std::int64_t& mark = latest[static_cast<std::size_t>(partition[user])];
    mark = std::max(mark, at);
    Window& window =
        windows_[static_cast<std::size_t>(window_of(at) - first_window_) * run_.users + user];
    ++window.count;
    window.cents += static_cast<std::uint32_t>(cents_of(seq));
  }
  const std::int64_t closed = window_of(*std::min_element(latest.begin(), latest.end()));
  slots_ = static_cast<std::uint64_t>(closed - first_window_) * run_.users;
  expected_ = static_cast<std::uint64_t>(
      std::count_if(windows_.begin(), windows_.begin() + static_cast<std::ptrdiff_t>(slots_),
                    [](const Window& one) { return one.count != 0; }));
}

bool Oracle::passes(std::uint64_t seq) const noexcept {
  if (stage_ == Stage::projected) return authorized(seq) && cents_of(seq) > kCentsFilter;
  if (stage_ == Stage::filtered) return !authorized(seq) && cents_of(seq) > kCentsFilter95;
  return true;
}

std::uint64_t Oracle::lane_of(std::uint64_t slot) const noexcept {
  if (stage_ == Stage::grouped) return slot;
  if (stage_ == Stage::windows) return slot % run_.users;
  const std::uint64_t user = run_.user_of(slot);
  if (stage_ == Stage::rekeyed)
    return static_cast<std::uint64_t>(partition_of_user_[user]) * kBuckets + cents_of(slot) / 100;
  return user;
}

Seen Oracle::check(std::string_view value, std::string_view key) {
  Seen seen;
  switch (stage_) {
    case Stage::raw:
    case Stage::filtered: seen = check_raw(value, key); break;
    case Stage::projected:
    case Stage::rekeyed: seen = check_projected(value, key); break;
    case Stage::totals: seen = check_total(value, key); break;
    case Stage::windows: seen = check_window(value, key); break;
    case Stage::encoded: seen = check_encoded(value, key); break;
    case Stage::grouped: seen = check_grouped(value, key); break;
  }
  seen.right = seen.right && seen.slot < slots_;
  return seen;
}

// The sequence a raw record claims to have; its bytes are then compared as a whole.
Seen Oracle::check_raw(std::string_view value, std::string_view key) {
  thread_local std::string wanted;
  Seen seen;
  if (run_.workload == Workload::bytes || run_.workload == Workload::encode) {
    if (value.size() < sizeof seen.slot) return seen;
    std::memcpy(&seen.slot, value.data(), sizeof seen.slot);
  } else {
    const std::string_view head = run_.workload == Workload::groups ? "" : "{\"seq\":";
    if (!value.starts_with(head)) return seen;
    if (std::from_chars(value.data() + head.size(), value.data() + value.size(), seen.slot).ec !=
        std::errc())
      return seen;
  }
  make_row(run_, seen.slot, wanted);
  seen.right =
      passes(seen.slot) && value == wanted && key == user_text(run_, run_.user_of(seen.slot));
  return seen;
}

Seen Oracle::check_projected(std::string_view value, std::string_view key) {
  const bool rekeyed = stage_ == Stage::rekeyed;
  Members row;
  Seen seen;
  if (!read_members(value, rekeyed ? 5 : 4, row) || row.seq < 0) return seen;
  seen.slot = static_cast<std::uint64_t>(row.seq);
  const std::string user = user_text(run_, run_.user_of(seen.slot));
  const std::uint64_t cents = cents_of(seen.slot);
  const std::string bucket = std::to_string(cents / 100);
  seen.right = passes(seen.slot) && row.ts == run_.intended_ns(seen.slot) && row.user == user &&
               is_amount(row.amount, cents) && key == (rekeyed ? bucket : user) &&
               (!rekeyed || std::to_string(row.bucket) == bucket);
  return seen;
}

Seen Oracle::check_total(std::string_view value, std::string_view key) {
  Members row;
  Seen seen;
  std::uint64_t user = 0;
  if (!read_members(value, 3, row) || row.n < 1 || row.user != key || !read_user(run_, key, user))
    return seen;
  const std::uint64_t at = first_of_user_[user] + static_cast<std::uint64_t>(row.n) - 1;
  if (at >= first_of_user_[user + 1]) return seen;
  seen.slot = sequences_[at];
  seen.right = is_amount(row.sum, cents_until_[at]);
  return seen;
}

Seen Oracle::check_window(std::string_view value, std::string_view key) {
  constexpr std::int64_t kSeconds = Run::kWindowNs / 1'000'000'000;
  Members row;
  Seen seen;
  std::uint64_t user = 0;
  if (!read_members(value, 5, row) || row.user != key || !read_user(run_, key, user)) return seen;
  const std::int64_t start = seconds_of(row.window_start);
  const std::int64_t number = start / kSeconds - first_window_;
  if (start % kSeconds != 0 || seconds_of(row.window_end) != start + kSeconds || number < 0)
    return seen;
  seen.slot = static_cast<std::uint64_t>(number) * run_.users + user;
  if (seen.slot >= windows_.size()) return seen;
  const Window& wanted = windows_[seen.slot];
  seen.right = wanted.count != 0 && row.n == static_cast<std::int64_t>(wanted.count) &&
               is_amount(row.sum, wanted.cents);
  return seen;
}

Seen Oracle::check_encoded(std::string_view value, std::string_view key) {
  thread_local std::string wanted;
  Seen seen;
  if (value.size() != Run::kEncodeRowBytes / 3 * 4) return seen;
  seen.slot = first_bytes_of_base64(value);
  make_row(run_, seen.slot, wanted);
  seen.right = value == base64_of(wanted) && key == user_text(run_, run_.user_of(seen.slot));
  return seen;
}

Seen Oracle::check_grouped(std::string_view value, std::string_view) {
  thread_local std::string wanted;
  Members row;
  Seen seen;
  if (!read_members(value, 3, row) || row.n != 1 || row.at.empty()) return seen;
  if (std::from_chars(row.value.data(), row.value.data() + row.value.size(), seen.slot).ec !=
      std::errc())
    return seen;
  make_row(run_, seen.slot, wanted);
  seen.right = row.value == wanted;
  return seen;
}

}  // namespace leat::bench
