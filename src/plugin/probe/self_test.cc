#include "plugin/probe/self_test.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <new>

#include "plugin/calls/aggregate.h"
#include "plugin/calls/scalar.h"

namespace leat::plugin {
namespace {

using record::Type;
using record::Value;

constexpr std::size_t kRows = 64;
constexpr int kSplits = 4;

// Numbers that look random and are the same every time (xorshift64*; Vigna 2016).
class Numbers {
 public:
  std::uint64_t next() noexcept {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1D;
  }
  std::size_t below(std::size_t bound) noexcept { return next() % bound; }

 private:
  std::uint64_t state_ = 0x9E3779B97F4A7C15;
};

constexpr std::array<std::string_view, 8> kTexts{"",
                                                 "a",
                                                 "10.1.2.3",
                                                 "hello world",
                                                 "4111111111111111",
                                                 "\xC3\xA9t\xC3\xA9",
                                                 "2026-01-01T00:00:00Z",
                                                 "https://example.org/a?b=c"};
constexpr std::array<std::string_view, 6> kJsons{
    "{}",  "[]", "{\"a\":1,\"b\":[true,null]}", "[1,2.5,\"x\"]", "{\"user\":{\"id\":\"u1\"}}",
    "[[]]"};
constexpr std::array<std::int64_t, 8> kIntegers{0,    1,         -1,        42,
                                                1000, INT32_MAX, INT64_MAX, INT64_MIN};
constexpr std::array<double, 7> kReals{0.0, -0.0, 1.5, -2.25, 1e300, 1e-300, 123456.789};

Value made(const Field& field, Numbers& numbers) {
  if (field.nullable && numbers.below(4) == 0) return Value::null();
  const bool edge = numbers.below(2) == 0;
  switch (field.type) {
    case Type::boolean: return Value::boolean(edge);
    case Type::integer:
      return Value::integer(edge ? kIntegers[numbers.below(kIntegers.size())]
                                 : static_cast<std::int64_t>(numbers.below(200)) - 100);
    case Type::real:
      return Value::real(edge ? kReals[numbers.below(kReals.size())]
                              : static_cast<double>(numbers.below(20'000)) / 100.0);
    case Type::timestamp:
      return Value::timestamp(static_cast<std::int64_t>(numbers.below(2'000'000'000)) * 1'000'003);
    case Type::bytes: return Value::bytes(kTexts[numbers.below(kTexts.size())]);
    case Type::json: return Value::json(kJsons[numbers.below(kJsons.size())]);
    default: return Value::string(kTexts[numbers.below(kTexts.size())]);
  }
}

bool is_same(const Value& a, const Value& b) {
  if (a.type() != b.type()) return false;
  switch (a.type()) {
    case Type::boolean:
    case Type::integer:
    case Type::timestamp: return a.as_integer() == b.as_integer();
    case Type::real: {
      const double x = a.as_real(), y = b.as_real();
      return std::memcmp(&x, &y, sizeof x) == 0 || (x != x && y != y);
    }
    case Type::string:
    case Type::bytes:
    case Type::json: return a.as_text() == b.as_text();
    case Type::error: return &a.as_error() == &b.as_error();
    default: return true;
  }
}

// Generated rows of one signature, cut into pieces.
class Rows {
 public:
  explicit Rows(const Signature& signature) {
    for (const Field& field : signature.parameters) {
      std::vector<Value>& column = columns_.emplace_back();
      for (std::size_t i = 0; i < kRows; ++i) column.push_back(made(field, numbers_));
    }
  }
  std::vector<record::Argument> from(std::size_t row) const {
    std::vector<record::Argument> arguments;
    for (const auto& column : columns_) arguments.push_back({column.data() + row, ~std::size_t{0}});
    return arguments;
  }
  // Ascending ends of pieces, the last is kRows; split 0 has pieces of one row.
  std::vector<std::size_t> split(int number) {
    std::vector<std::size_t> ends;
    for (std::size_t at = 0; at < kRows;) {
      at = std::min(kRows, at + (number == 0 ? 1 : 1 + numbers_.below(20)));
      ends.push_back(at);
    }
    return ends;
  }
  static const std::vector<std::size_t>& whole() {
    static const std::vector<std::size_t> all{kRows};
    return all;
  }

 private:
  Numbers numbers_;
  std::vector<std::vector<Value>> columns_;
};

using Outcome = Result<std::vector<Value>>;

// Runs the function over all rows, piece by piece, with an instance of its own.
class Trial {
 public:
  Trial(const LoadedFunction& function, Rows& rows) : function_(function), rows_(rows) {}

  Outcome run(const std::vector<std::size_t>& ends) {
    Result<Instance> instance = Instance::open(function_, "{}");
    if (!instance.ok()) return instance.status();
    return function_.info.kind == Kind::aggregate ? fold(std::move(instance).value(), ends)
                                                  : map(std::move(instance).value(), ends);
  }

 private:
  // Event times that stand in for those of records.
  record::CallScope scope(std::size_t first, std::size_t end) {
    for (std::size_t i = times_.size(); i < kRows; ++i)
      times_.push_back(static_cast<std::int64_t>(i) * 1'000'000);
    return {arena_, WallTime{0}, std::span(times_).subspan(first, end - first)};
  }

  Outcome map(Instance opened, const std::vector<std::size_t>& ends) {
    ScalarInstance instance(std::move(opened));
    std::vector<Value> out(kRows);
    std::size_t first = 0;
    for (const std::size_t end : ends) {
      LEAT_RETURN_IF_ERROR(instance.call(scope(first, end), rows_.from(first),
                                         std::span(out).subspan(first, end - first)));
      first = end;
    }
    return out;
  }

  // Two groups, so that states of several rows meet in one call.
  Outcome fold(Instance opened, const std::vector<std::size_t>& ends) {
    AggregateInstance instance(std::move(opened));
    std::array<char*, 2> states{};
    for (char*& state : states) {
      state = arena_.allocate(instance.state_bytes(), instance.state_align());
      LEAT_RETURN_IF_ERROR(instance.init(state));
    }
    std::vector<void*> state_of_row(kRows);
    for (std::size_t i = 0; i < kRows; ++i) state_of_row[i] = states[i % 3 == 0 ? 0 : 1];
    std::vector<Value> out(kRows + states.size());
    std::size_t first = 0;
    for (const std::size_t end : ends) {
      LEAT_RETURN_IF_ERROR(
          instance.update(scope(first, end), rows_.from(first),
                          std::span<void* const>(state_of_row).subspan(first, end - first),
                          std::span(out).subspan(first, end - first)));
      first = end;
    }
    const std::array<const void*, 2> finished{states[0], states[1]};
    LEAT_RETURN_IF_ERROR(instance.finish(scope(0, kRows), finished, std::span(out).last(2)));
    LEAT_RETURN_IF_ERROR(save_and_load(instance, states[0], out[kRows]));
    for (char* state : states) instance.drop(state);
    return out;
  }

  // A state that was saved and loaded gives what it gave before; and it can be merged.
  Status save_and_load(AggregateInstance& instance, const void* state, const Value& expected) {
    std::string bytes;
    LEAT_RETURN_IF_ERROR(instance.save(state, bytes));
    char* const copy = arena_.allocate(instance.state_bytes(), instance.state_align());
    LEAT_RETURN_IF_ERROR(instance.init(copy));
    LEAT_RETURN_IF_ERROR(instance.load(copy, instance.info().state_version, bytes));
    const std::array<const void*, 1> finished{copy};
    std::array<Value, 1> out;
    LEAT_RETURN_IF_ERROR(instance.finish(scope(0, 1), finished, out));
    if (!is_same(out[0], expected))
      return broke_the_rules(function_.place,
                             "a state that was saved and loaded gives another result");
    LEAT_RETURN_IF_ERROR(instance.merge(copy, state));
    instance.drop(copy);
    return {};
  }

  const LoadedFunction& function_;
  Rows& rows_;
  base::Arena arena_;
  std::vector<std::int64_t> times_;
};

std::optional<Refusal> compare(const LoadedFunction& function, const std::vector<Value>& first,
                               const std::vector<Value>& again, std::string_view how) {
  for (std::size_t i = 0; i < first.size(); ++i)
    if (!is_same(first[i], again[i]))
      return Refusal{
          RefusalCode::not_batch_invariant,
          "the function " + function.info.name + " gives another result " + std::string(how)};
  return {};
}

std::optional<Refusal> try_function(const LoadedFunction& function) {
  Rows rows(function.info.signature);
  // Values of one outcome lie in its trial.
  std::vector<std::unique_ptr<Trial>> trials;
  const auto run = [&](const std::vector<std::size_t>& ends) {
    return trials.emplace_back(std::make_unique<Trial>(function, rows))->run(ends);
  };
  const Outcome first = run(Rows::whole());
  if (!first.ok()) {
    if (!is_breach(first.status())) return {};
    return Refusal{RefusalCode::bad_function,
                   "the function " + function.info.name + ": " + first.status().message()};
  }
  const Outcome again = run(Rows::whole());
  if (again.ok())
    if (auto differs = compare(function, *first, *again, "for the same rows, though it is PURE"))
      return differs;
  if (!function.info.has(LEAT_BATCH_INVARIANT)) return {};
  for (int number = 0; number < kSplits; ++number) {
    const Outcome split = run(rows.split(number));
    if (!split.ok())
      return Refusal{
          is_breach(split.status()) ? RefusalCode::bad_function : RefusalCode::not_batch_invariant,
          "the function " + function.info.name +
              ", with its rows in several calls: " + split.status().message()};
    if (auto differs = compare(function, *first, *split,
                               "when its rows come in several calls, though it is BATCH_INVARIANT"))
      return differs;
  }
  return {};
}

}  // namespace

std::optional<Refusal> self_test(const Library& library, TestProgress& progress) {
  for (const LoadedFunction& function : library.functions()) {
    const Kind kind = function.info.kind;
    if (!function.info.has(LEAT_PURE)) continue;
    if (kind != Kind::scalar && kind != Kind::filter && kind != Kind::aggregate) continue;
    progress.begins(function.info.name);
    if (auto refusal = try_function(function)) return refusal;
  }
  return {};
}

}  // namespace leat::plugin
