#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <random>

#include "aggregates_driven.h"

// Every function against a plain one that looks at all rows: over each prefix, merged, taken out
// again, written and read back, in any order.
namespace leat::operators {
namespace {

using Rows = std::vector<AggregateRow>;
using Oracle = std::function<std::string(const Rows&)>;

// ---- rows

enum class Domain { numbers, strings, times, truths };

std::string_view word(std::uint64_t i) {
  constexpr std::string_view kWords[] = {"",     "a",  "ab", "b", "a longer text than fits inside",
                                         "\xC3", "zz", "0",  "1"};
  return kWords[i % std::size(kWords)];
}

const record::Origin& origin(std::uint64_t i) {
  static const record::Origin all[] = {{"orders", PartitionId(0)},
                                       {"orders", PartitionId(1)},
                                       {"a.topic.with.a.longer.name", PartitionId(7)}};
  return all[i % std::size(all)];
}

class Generator {
 public:
  Generator(std::uint64_t seed, Domain domain) : random_(seed), domain_(domain) {}

  Rows rows(std::size_t count, std::size_t arguments) {
    Rows made;
    for (std::size_t i = 0; i < count; ++i) {
      AggregateRow row;
      row.place = {static_cast<std::int64_t>(random_() % 20) * 1000, &origin(random_()),
                   static_cast<std::int64_t>(i), random_() % 3};
      for (std::size_t j = 0; j < arguments; ++j) row.arguments.push_back(value());
      made.push_back(row);
    }
    return made;
  }
  std::mt19937_64& random() { return random_; }

 private:
  Value value() {
    if (const std::uint64_t chance = random_() % 12; chance < 2)
      return chance == 0 ? Value::null() : Value();
    const auto small = static_cast<std::int64_t>(random_() % 31) - 15;
    switch (domain_) {
      case Domain::numbers:
        return random_() % 2 == 0 ? Value::integer(small)
                                  : Value::real(static_cast<double>(small) / 4);
      case Domain::strings: return Value::string(word(random_()));
      case Domain::times: return Value::timestamp(small * 1'000'000, 5);
      case Domain::truths: break;
    }
    return Value::boolean(small > 0);
  }

  std::mt19937_64 random_;
  Domain domain_;
};

// ---- plain functions; numbers are quarters, so that doubles add without rounding

double plain(const Value& value) {
  return value.is(record::Type::real) ? value.as_real() : static_cast<double>(value.as_integer());
}

bool less(const Value& a, const Value& b) {
  if (a.is(record::Type::string)) return a.as_text() < b.as_text();
  if (a.is(record::Type::timestamp)) return a.as_integer() < b.as_integer();
  return plain(a) < plain(b);
}

bool earlier(const AggregateRow& a, const AggregateRow& b) {
  const auto key = [](const RowPlace& place) {
    return std::make_tuple(place.event_time_us, std::string(place.origin->topic),
                           place.origin->partition.value(), place.offset, place.ordinal);
  };
  return key(a.place) < key(b.place);
}

// The rows whose arguments are all there, in their order.
Rows there(Rows rows) {
  std::erase_if(rows, [](const AggregateRow& row) {
    return std::any_of(row.arguments.begin(), row.arguments.end(),
                       [](const Value& value) { return value.is_missing(); });
  });
  std::sort(rows.begin(), rows.end(), earlier);
  return rows;
}

std::vector<Value> values_of(const Rows& rows) {
  std::vector<Value> values;
  for (const AggregateRow& row : there(rows)) values.push_back(row.arguments[0]);
  return values;
}

std::string show_list(const std::vector<Value>& values) { return show(Value::list(values)); }

// int before double among equal numbers.
std::vector<Value> sorted(std::vector<Value> values) {
  std::stable_sort(values.begin(), values.end(), [](const Value& a, const Value& b) {
    if (less(a, b) || less(b, a)) return less(a, b);
    return a.is(record::Type::integer) && b.is(record::Type::real);
  });
  return values;
}

std::string sum(const Rows& rows) {
  double total = 0;
  bool reals = false;
  const std::vector<Value> values = values_of(rows);
  for (const Value& value : values) {
    total += plain(value);
    reals |= value.is(record::Type::real);
  }
  if (values.empty()) return "null";
  return reals ? show(Value::real(total)) : show(Value::integer(static_cast<std::int64_t>(total)));
}

std::string mean(const Rows& rows) {
  double total = 0;
  const std::vector<Value> values = values_of(rows);
  for (const Value& value : values) total += plain(value);
  return values.empty() ? "null" : show(Value::real(total / static_cast<double>(values.size())));
}

// Quarters: both sums are whole numbers, their quotient is rounded once.
std::string variance(const Rows& rows, std::size_t missing, bool root) {
  std::int64_t total = 0;
  std::int64_t squares = 0;
  const std::vector<Value> values = values_of(rows);
  for (const Value& value : values) {
    const auto quarters = static_cast<std::int64_t>(plain(value) * 4);
    total += quarters;
    squares += quarters * quarters;
  }
  const auto n = static_cast<std::int64_t>(values.size());
  if (values.size() <= missing) return "null";
  const double found = static_cast<double>(n * squares - total * total) /
                       static_cast<double>(n * (n - static_cast<std::int64_t>(missing)) * 16);
  return show(Value::real(root ? std::sqrt(found) : found));
}

std::string best_by(const Rows& rows, bool least) {
  const AggregateRow* best = nullptr;
  const Rows all = there(rows);
  for (const AggregateRow& row : all) {
    if (best == nullptr || (least ? less(row.arguments[1], best->arguments[1])
                                  : less(best->arguments[1], row.arguments[1])))
      best = &row;
  }
  return best == nullptr ? "null" : show(best->arguments[0]);
}

// The different values in their order with how often they came, in one form.
std::vector<std::pair<Value, std::int64_t>> distinct(const Rows& rows) {
  std::vector<std::pair<Value, std::int64_t>> found;
  for (const Value& value : sorted(values_of(rows))) {
    if (found.empty() || less(found.back().first, value))
      found.emplace_back(value, 1);
    else
      ++found.back().second;
  }
  return found;
}

std::string set(const Rows& rows) {
  std::vector<Value> values;
  for (const auto& [value, times] : distinct(rows)) values.push_back(value);
  return show_list(values);
}

std::string top(const Rows& rows, std::size_t count) {
  auto found = distinct(rows);
  if (found.empty()) return "null";
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  found.resize(std::min(count, found.size()));
  std::string shown;
  for (const auto& [value, times] : found)
    shown += (shown.empty() ? "[" : ", ") + ("{\"value\": " + show(value)) +
             ", \"count\": " + std::to_string(times) + "}";
  return shown + "]";
}

std::string largest(const Rows& rows, std::size_t count) {
  std::vector<Value> values = sorted(values_of(rows));
  if (values.empty()) return "null";
  std::stable_sort(values.begin(), values.end(),
                   [](const Value& a, const Value& b) { return less(b, a); });
  values.resize(std::min(count, values.size()));
  return show_list(values);
}

std::string list(const Rows& rows, std::size_t count) {
  std::vector<Value> values = values_of(rows);
  values.resize(std::min(count, values.size()));
  return show_list(values);
}

std::string percentile(const Rows& rows, double share) {
  const std::vector<Value> values = sorted(values_of(rows));
  if (values.empty()) return "null";
  const double rank = std::ceil(share * static_cast<double>(values.size()));
  return show(values[rank < 1 ? 0 : static_cast<std::size_t>(rank) - 1]);
}

// ---- cases

struct Case {
  std::string name;
  std::size_t row_arguments;
  std::vector<Value> constants;
  std::vector<Domain> domains;
  Oracle oracle;
};

std::vector<Case> cases() {
  const std::vector<Domain> numbers = {Domain::numbers};
  const std::vector<Domain> ordered = {Domain::numbers, Domain::strings, Domain::times};
  const auto count = [](const Rows& rows) { return std::to_string(rows.size()); };
  const auto count_values = [](const Rows& rows) { return std::to_string(there(rows).size()); };
  const auto count_true = [](const Rows& rows) {
    const std::vector<Value> values = values_of(rows);
    return std::to_string(std::count_if(values.begin(), values.end(),
                                        [](const Value& value) { return value.as_boolean(); }));
  };
  const auto pick = [](const std::vector<Value>& values, bool front) {
    return values.empty() ? "null" : show(front ? values.front() : values.back());
  };
  const auto count_distinct = [](const Rows& rows) {
    return std::to_string(distinct(rows).size());
  };
  return {
      {"count", 0, {}, numbers, count},
      {"count", 1, {}, ordered, count_values},
      {"count_if", 1, {}, {Domain::truths}, count_true},
      {"sum", 1, {}, numbers, sum},
      {"avg", 1, {}, numbers, mean},
      {"variance", 1, {}, numbers, [](const Rows& rows) { return variance(rows, 1, false); }},
      {"variance_pop", 1, {}, numbers, [](const Rows& rows) { return variance(rows, 0, false); }},
      {"stddev", 1, {}, numbers, [](const Rows& rows) { return variance(rows, 1, true); }},
      {"stddev_pop", 1, {}, numbers, [](const Rows& rows) { return variance(rows, 0, true); }},
      {"min",
       1,
       {},
       ordered,
       [=](const Rows& rows) { return pick(sorted(values_of(rows)), true); }},
      {"max",
       1,
       {},
       ordered,
       [](const Rows& rows) {
         const std::string all = largest(rows, 1);
         return all == "null" ? all : all.substr(1, all.size() - 2);
       }},
      {"largest", 1, {number(4)}, ordered, [](const Rows& rows) { return largest(rows, 4); }},
      {"first", 1, {}, ordered, [=](const Rows& rows) { return pick(values_of(rows), true); }},
      {"last", 1, {}, ordered, [=](const Rows& rows) { return pick(values_of(rows), false); }},
      {"min_by", 2, {}, ordered, [](const Rows& rows) { return best_by(rows, true); }},
      {"max_by", 2, {}, ordered, [](const Rows& rows) { return best_by(rows, false); }},
      {"collect_list", 1, {number(7)}, ordered, [](const Rows& rows) { return list(rows, 7); }},
      {"collect_set", 1, {number(500)}, ordered, set},
      {"count_distinct", 1, {}, ordered, count_distinct},
      {"approx_count_distinct", 1, {}, ordered, count_distinct},
      {"top_k", 1, {number(3)}, ordered, [](const Rows& rows) { return top(rows, 3); }},
      {"approx_percentile",
       1,
       {real(0.3)},
       {Domain::numbers, Domain::times},
       [](const Rows& rows) { return percentile(rows, 0.3); }},
  };
}

struct Trial {
  Case one;
  Domain domain;
  std::uint64_t seed;

  Aggregated::Function function() const {
    return aggregate(one.name, one.row_arguments, one.constants);
  }
  Rows rows(std::size_t count) const {
    return Generator(seed, domain).rows(count, one.row_arguments);
  }
  std::mt19937_64 random() const { return std::mt19937_64(seed * 31 + 7); }
};

std::vector<Trial> trials() {
  std::vector<Trial> all;
  for (const Case& one : cases())
    for (const Domain domain : one.domains)
      for (std::uint64_t seed = 1; seed <= 4; ++seed) all.push_back({one, domain, seed});
  return all;
}

class AggregateOracle : public testing::TestWithParam<Trial> {};

TEST_P(AggregateOracle, AgreesOverEveryPrefix) {
  const Trial& trial = GetParam();
  Aggregated state(trial.function());
  Rows seen;
  EXPECT_EQ(state.result(), trial.one.oracle(seen));
  for (const AggregateRow& row : trial.rows(120)) {
    ASSERT_EQ(state.add(row.arguments, row.place), "");
    seen.push_back(row);
    ASSERT_EQ(state.result(), trial.one.oracle(seen)) << "after " << seen.size();
  }
}

TEST_P(AggregateOracle, GoesOnFromItsBytesAsIfNothingHadBeen) {
  const Trial& trial = GetParam();
  const Rows rows = trial.rows(150);
  for (std::size_t cut = 0; cut < rows.size(); cut += 29) {
    const auto middle = rows.begin() + static_cast<std::ptrdiff_t>(cut);
    Aggregated whole(trial.function());
    whole.add_all({rows.begin(), middle});
    std::string bytes = whole.encoded();
    const std::size_t length = bytes.size();
    bytes += "what follows";
    Aggregated again(trial.function());
    std::string_view left = bytes;
    ASSERT_TRUE(again.decode(left));
    EXPECT_EQ(left, "what follows");
    EXPECT_EQ(again.encoded(), bytes.substr(0, length));
    whole.add_all({middle, rows.end()});
    again.add_all({middle, rows.end()});
    EXPECT_EQ(again.encoded(), whole.encoded());
    EXPECT_EQ(again.result(), trial.one.oracle(rows));
  }
}

TEST_P(AggregateOracle, MergedInPartsIsAllRows) {
  const Trial& trial = GetParam();
  const Rows rows = trial.rows(150);
  std::mt19937_64 random = trial.random();
  for (int round = 0; round < 5; ++round) {
    Aggregated parts[] = {Aggregated(trial.function()), Aggregated(trial.function()),
                          Aggregated(trial.function())};
    for (const AggregateRow& row : rows) parts[random() % 3].add(row.arguments, row.place);
    const std::string before = parts[2].encoded();
    ASSERT_EQ(parts[1].merge(parts[2]), "");
    ASSERT_EQ(parts[0].merge(parts[1]), "");
    EXPECT_EQ(parts[2].encoded(), before);
    EXPECT_EQ(parts[0].result(), trial.one.oracle(rows));
    Aggregated whole(trial.function());
    whole.add_all(rows);
    EXPECT_EQ(parts[0].encoded(), whole.encoded());
  }
}

TEST_P(AggregateOracle, DoesNotDependOnTheOrderOfRows) {
  const Trial& trial = GetParam();
  Rows rows = trial.rows(150);
  std::mt19937_64 random = trial.random();
  Aggregated whole(trial.function());
  whole.add_all(rows);
  for (int round = 0; round < 5; ++round) {
    std::shuffle(rows.begin(), rows.end(), random);
    Aggregated state(trial.function());
    state.add_all(rows);
    EXPECT_EQ(state.result(), trial.one.oracle(rows));
    EXPECT_EQ(state.encoded(), whole.encoded());
  }
}

TEST_P(AggregateOracle, IsThatOfTheRowsThatAreLeft) {
  const Trial& trial = GetParam();
  if (!trial.function()->retracts()) return;
  Rows rows = trial.rows(150);
  std::mt19937_64 random = trial.random();
  Aggregated state(trial.function());
  state.add_all(rows);
  while (!rows.empty()) {
    const std::size_t taken = random() % rows.size();
    state.retract(rows[taken].arguments);
    rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(taken));
    ASSERT_EQ(state.result(), trial.one.oracle(rows)) << rows.size() << " left";
  }
  EXPECT_EQ(state.encoded(), Aggregated(trial.function()).encoded());
}

// What a damaged text became is asked everything once; only that nothing breaks is looked at.
void use(Aggregated& state, const Trial& trial, const Rows& rows) {
  for (const AggregateRow& row : rows) state.add(row.arguments, row.place);
  Aggregated other(trial.function());
  other.add_all(rows);
  other.merge(state);
  state.result();
  Aggregated again(trial.function());
  std::string bytes = state.encoded();
  std::string_view left = bytes;
  again.decode(left);
}

TEST_P(AggregateOracle, RefusesDamagedBytesOrStaysUsable) {
  const Trial& trial = GetParam();
  if (trial.seed > 1) return;
  const Rows rows = trial.rows(40);
  const Rows few(rows.begin(), rows.begin() + 5);
  Aggregated whole(trial.function());
  whole.add_all(rows);
  const std::string bytes = whole.encoded();
  const auto check = [&](std::string text) {
    Aggregated state(trial.function());
    // Of just its size, so that reading beyond is seen.
    const std::vector<char> exact(text.begin(), text.end());
    std::string_view left(exact.data(), exact.size());
    if (state.decode(left)) use(state, trial, few);
    return left.size();
  };
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_EQ(check(bytes.substr(0, i)), i);
    for (const int flipped : {1, 4, 32, 128, 255, 0x55}) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ flipped);
      check(damaged);
    }
  }
}

std::string name_of(const testing::TestParamInfo<Trial>& trial) {
  constexpr const char* kDomains[] = {"Numbers", "Strings", "Times", "Truths"};
  return trial.param.one.name + std::to_string(trial.param.one.row_arguments) +
         kDomains[static_cast<int>(trial.param.domain)] + std::to_string(trial.param.seed);
}
INSTANTIATE_TEST_SUITE_P(Functions, AggregateOracle, testing::ValuesIn(trials()), name_of);

}  // namespace
}  // namespace leat::operators
