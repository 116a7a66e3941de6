#include "rows.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace leat::bench {
namespace {

constexpr std::array<std::string_view, 4> kCurrencies{"EUR", "USD", "GBP", "SEK"};
constexpr std::array<std::string_view, 4> kCountries{"DE", "US", "GB", "SE"};
constexpr std::uint64_t kCentsMax = 50'000;
constexpr std::uint64_t kFewUsers = 100'000;

// splitmix64.
std::uint64_t mixed(std::uint64_t x) noexcept {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

template <class Number>
void append_number(std::string& to, Number number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  to.append(digits.data(), end);
}

void append_padded(std::string& to, std::uint64_t number, std::uint64_t highest_unit) {
  for (std::uint64_t unit = highest_unit; unit != 0; unit /= 10)
    to += static_cast<char>('0' + number / unit % 10);
}

void append_cents(std::string& to, std::uint64_t cents) {
  append_number(to, cents / 100);
  to += '.';
  to += static_cast<char>('0' + cents % 100 / 10);
  to += static_cast<char>('0' + cents % 10);
}

// Seven fields, the same in all objects; the object is open.
void make_head(const Run& run, std::uint64_t seq, std::string& value) {
  const std::uint64_t noise = mixed(seq);
  value = "{\"seq\":";
  append_number(value, seq);
  value += ",\"ts\":";
  append_number(value, run.intended_ns(seq));
  value += ",\"user\":\"";
  append_user(run, run.user_of(seq), value);
  value += "\",\"amount\":";
  append_cents(value, cents_of(seq));
  value += ",\"currency\":\"";
  value += kCurrencies[noise % kCurrencies.size()];
  value += "\",\"status\":\"";
  value += authorized(seq) ? "AUTHORIZED" : "DECLINED";
  value += "\",\"country\":\"";
  value += kCountries[(noise >> 2) % kCountries.size()];
  value += '"';
}

void fill(std::string& value, std::uint64_t noise, std::size_t end) {
  while (value.size() < end) value += static_cast<char>('a' + (noise >> (value.size() % 48)) % 26);
}

void make_json(const Run& run, std::uint64_t seq, std::string& value) {
  make_head(run, seq, value);
  value += ",\"payload\":\"";
  fill(value, mixed(seq), Run::kRowBytes - 2);
  value += "\"}";
}

// Numbers and texts in turns, the last text as long as it takes.
void make_wide(const Run& run, std::uint64_t seq, std::string& value) {
  constexpr int kMore = 16;
  make_head(run, seq, value);
  for (int i = 0; i < kMore; ++i) {
    value += ",\"attribute_";
    value += static_cast<char>('a' + i);
    value += "\":";
    if (i % 2 == 0) {
      append_number(value, mixed(seq + static_cast<std::uint64_t>(i)) % 1'000'000'000);
      continue;
    }
    value += '"';
    fill(value, mixed(seq) >> i, value.size() + 40);
    value += '"';
  }
  value += ",\"payload\":\"";
  fill(value, mixed(seq), Run::kWideRowBytes - 2);
  value += "\"}";
}

void make_bytes(const Run& run, std::uint64_t seq, std::size_t size, std::string& value) {
  value.resize(size);
  const std::int64_t stamp = run.intended_ns(seq);
  std::memcpy(value.data(), &seq, sizeof seq);
  std::memcpy(value.data() + 8, &stamp, sizeof stamp);
  std::uint64_t noise = mixed(seq);
  for (std::size_t at = 16; at < size; at += 8) {
    std::memcpy(value.data() + at, &noise, sizeof noise);
    noise = noise * 6364136223846793005u + 1442695040888963407u;
  }
}

void make_text(std::uint64_t seq, std::string& value) {
  value.clear();
  append_padded(value, seq, 1'000'000'000'000);
  value += ' ';
  fill(value, mixed(seq), Run::kRowBytes);
}

// `users` has no divisor in common with this prime but itself.
constexpr std::uint64_t kStride = 15'485'863;

}  // namespace

Workload workload_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, Workload>, 8> kAll{
      {{"bytes", Workload::bytes},
       {"json", Workload::json},
       {"filter95", Workload::filter95},
       {"totals", Workload::totals},
       {"windows", Workload::windows},
       {"rekey", Workload::rekey},
       {"encode", Workload::encode},
       {"groups", Workload::groups}}};
  for (const auto& [known, value] : kAll)
    if (known == name) return value;
  std::fprintf(stderr, "unknown workload %.*s\n", static_cast<int>(name.size()), name.data());
  std::exit(2);
}

std::int64_t Run::intended_ns(std::uint64_t seq) const noexcept {
  const std::int64_t behind =
      static_cast<std::int64_t>(seq) - static_cast<std::int64_t>(paced_from);
  if (rate == 0 || behind < 0) return start_ns + behind * stamp_gap_ns;
  const auto number = static_cast<std::uint64_t>(behind);
  return start_ns + static_cast<std::int64_t>(number / rate * 1'000'000'000 +
                                              number % rate * 1'000'000'000 / rate);
}

std::uint64_t Run::user_of(std::uint64_t seq) const noexcept {
  if (cover && seq < users) return seq * kStride % users;
  return mixed(seq ^ 0x5bd1e995) % users;
}

void append_user(const Run& run, std::uint64_t user, std::string& to) {
  to += 'u';
  append_padded(to, user, run.users <= kFewUsers ? 10'000 : 1'000'000);
}

bool read_user(const Run& run, std::string_view text, std::uint64_t& user) {
  if (text.size() != (run.users <= kFewUsers ? 6U : 8U) || text.front() != 'u') return false;
  const auto read = std::from_chars(text.data() + 1, text.data() + text.size(), user);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && user < run.users;
}

std::uint64_t cents_of(std::uint64_t seq) noexcept { return (mixed(seq) >> 10) % kCentsMax; }
bool authorized(std::uint64_t seq) noexcept { return (mixed(seq) >> 40) % 16 != 0; }

void make_row(const Run& run, std::uint64_t seq, std::string& value) {
  switch (run.workload) {
    case Workload::bytes: return make_bytes(run, seq, Run::kRowBytes, value);
    case Workload::encode: return make_bytes(run, seq, Run::kEncodeRowBytes, value);
    case Workload::filter95: return make_wide(run, seq, value);
    case Workload::groups: return make_text(seq, value);
    case Workload::json:
    case Workload::totals:
    case Workload::windows:
    case Workload::rekey: return make_json(run, seq, value);
  }
}

}  // namespace leat::bench
