#include "rows.h"

#include <simdjson.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace leat::bench {
namespace {

constexpr std::array<std::string_view, 4> kCurrencies{"EUR", "USD", "GBP", "SEK"};
constexpr std::array<std::string_view, 4> kCountries{"DE", "US", "GB", "SE"};
constexpr std::uint64_t kCentsMax = 50'000;
constexpr std::uint64_t kCentsFilter = 2'000;
constexpr std::uint64_t kCentsFilter95 = 10'000;

// splitmix64.
std::uint64_t mixed(std::uint64_t x) noexcept {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

std::uint64_t cents_of(std::uint64_t seq) noexcept { return (mixed(seq) >> 10) % kCentsMax; }
bool authorized(std::uint64_t seq) noexcept { return (mixed(seq) >> 40) % 16 != 0; }

template <class Number>
void append_number(std::string& to, Number number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  to.append(digits.data(), end);
}

void append_cents(std::string& to, std::uint64_t cents) {
  append_number(to, cents / 100);
  to += '.';
  to += static_cast<char>('0' + cents % 100 / 10);
  to += static_cast<char>('0' + cents % 10);
}

// Seven fields, the same in W1 and W2; the object is open.
void make_head(const Run& run, std::uint64_t seq, std::string& value) {
  const std::uint64_t noise = mixed(seq);
  value = "{\"seq\":";
  append_number(value, seq);
  value += ",\"ts\":";
  append_number(value, run.intended_ns(seq));
  value += ",\"user\":\"";
  append_user(value, user_of(seq));
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

void make_bytes(const Run& run, std::uint64_t seq, std::string& value) {
  value.resize(Run::kRowBytes);
  const std::int64_t stamp = run.intended_ns(seq);
  std::memcpy(value.data(), &seq, sizeof seq);
  std::memcpy(value.data() + 8, &stamp, sizeof stamp);
  std::uint64_t noise = mixed(seq);
  for (std::size_t at = 16; at < Run::kRowBytes; at += 8) {
    std::memcpy(value.data() + at, &noise, sizeof noise);
    noise = noise * 6364136223846793005u + 1442695040888963407u;
  }
}

// The sequence a raw record claims to have; its bytes are then compared as a whole.
bool raw_seq(Workload workload, std::string_view value, std::uint64_t& seq) {
  if (workload == Workload::bytes) {
    if (value.size() != Run::kRowBytes) return false;
    std::memcpy(&seq, value.data(), sizeof seq);
    return true;
  }
  constexpr std::string_view kHead = "{\"seq\":";
  if (!value.starts_with(kHead)) return false;
  value.remove_prefix(kHead.size());
  return std::from_chars(value.data(), value.data() + value.size(), seq).ec == std::errc();
}

struct Projected {
  std::uint64_t seq = 0;
  std::int64_t ts = 0;
  std::string_view user;
  double amount = -1;
  int fields = 0;
};

bool read_field(Projected& row, simdjson::simdjson_result<simdjson::ondemand::field> field) {
  const std::string_view name = field.unescaped_key();
  simdjson::ondemand::value value = field.value();
  ++row.fields;
  if (name == "seq") row.seq = value.get_uint64();
  else if (name == "ts") row.ts = value.get_int64();
  else if (name == "user") row.user = value.get_string();
  else if (name == "amount") row.amount = value.get_double();
  else return false;
  return true;
}

// simdjson throws on a wrong type: a record that is not what we sent.
bool read_projected(std::string_view value, simdjson::ondemand::parser& parser, simdjson::padded_string& copy, Projected& row) {
  try {
    copy = simdjson::padded_string(value);
    simdjson::ondemand::document document = parser.iterate(copy);
    for (auto field : document.get_object())
      if (!read_field(row, std::move(field))) return false;
    return row.fields == 4;
  } catch (const simdjson::simdjson_error&) {
    return false;
  }
}

Seen check_projected(const Run& run, std::string_view value, std::string_view key) {
  thread_local simdjson::ondemand::parser parser;
  simdjson::padded_string copy;
  Projected row;
  Seen seen;
  if (!read_projected(value, parser, copy, row)) return seen;
  seen.seq = row.seq;
  std::string user;
  append_user(user, user_of(row.seq));
  std::string amount;
  append_cents(amount, cents_of(row.seq));
  double wanted = 0;
  std::from_chars(amount.data(), amount.data() + amount.size(), wanted);
  seen.right = passes(Stage::projected, row.seq) && row.ts == run.intended_ns(row.seq) && row.user == user && key == user && row.amount == wanted;
  return seen;
}

Seen check_raw(const Run& run, Stage stage, std::string_view value, std::string_view key) {
  thread_local std::string wanted;
  Seen seen;
  if (!raw_seq(run.workload, value, seen.seq)) return seen;
  make_row(run, seen.seq, wanted);
  std::string user;
  append_user(user, user_of(seen.seq));
  seen.right = passes(stage, seen.seq) && value == wanted && key == user;
  return seen;
}

template <class Enum>
Enum named(std::string_view name, std::initializer_list<std::pair<std::string_view, Enum>> all) {
  for (const auto& [known, value] : all)
    if (known == name) return value;
  std::fprintf(stderr, "unknown word %.*s\n", static_cast<int>(name.size()), name.data());
  std::exit(2);
}

}  // namespace

Workload workload_of(std::string_view name) {
  return named<Workload>(name, {{"bytes", Workload::bytes}, {"json", Workload::json}, {"filter95", Workload::filter95}});
}

Stage stage_of(std::string_view name) {
  return named<Stage>(name, {{"raw", Stage::raw}, {"projected", Stage::projected}, {"filtered", Stage::filtered}});
}

std::int64_t Run::intended_ns(std::uint64_t seq) const noexcept {
  if (rate == 0) return start_ns + static_cast<std::int64_t>(seq);
  return start_ns + static_cast<std::int64_t>(seq / rate * 1'000'000'000 + seq % rate * 1'000'000'000 / rate);
}

std::uint64_t user_of(std::uint64_t seq) noexcept { return mixed(seq ^ 0x5bd1e995) % Run::kUsers; }

void append_user(std::string& to, std::uint64_t user) {
  to += 'u';
  for (std::uint64_t unit = 10'000; unit != 0; unit /= 10) to += static_cast<char>('0' + user / unit % 10);
}

void make_row(const Run& run, std::uint64_t seq, std::string& value) {
  switch (run.workload) {
    case Workload::bytes: return make_bytes(run, seq, value);
    case Workload::json: return make_json(run, seq, value);
    case Workload::filter95: return make_wide(run, seq, value);
  }
}

bool passes(Stage stage, std::uint64_t seq) noexcept {
  switch (stage) {
    case Stage::raw: break;
    case Stage::projected: return authorized(seq) && cents_of(seq) > kCentsFilter;
    case Stage::filtered: return !authorized(seq) && cents_of(seq) > kCentsFilter95;
  }
  return true;
}

Seen check_row(const Run& run, Stage stage, std::string_view value, std::string_view key) {
  return stage == Stage::projected ? check_projected(run, value, key) : check_raw(run, stage, value, key);
}

}  // namespace leat::bench
