#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "operators/aggregates/makers.h"

namespace leat::operators {
namespace {

using record::Type;
using record::Value;

constexpr std::array kDescriptions{
    AggregateDescription{"count", "count() -> int", "How many rows.", 0, 0},
    AggregateDescription{"count", "count(any) -> int", "How many values are there.", 1, 0},
    AggregateDescription{"count_if", "count_if(bool) -> int", "How often it is true.", 1, 0},
    AggregateDescription{"sum", "sum(number) -> number",
                         "The sum: of ints an int, an overflow fails the row; with one double the "
                         "double nearest to the exact sum.",
                         1, 0},
    AggregateDescription{"avg", "avg(number) -> double",
                         "The mean: the double nearest to the exact one.", 1, 0},
    AggregateDescription{"min", "min(any) -> any", "The least value; all of one type.", 1, 0},
    AggregateDescription{"max", "max(any) -> any", "The greatest value; all of one type.", 1, 0},
    AggregateDescription{"first", "first(any) -> any",
                         "The value of the first row by event time, topic, partition, offset and "
                         "ordinal.",
                         1, 0},
    AggregateDescription{"last", "last(any) -> any", "The value of the last row in that order.", 1,
                         0},
    AggregateDescription{"min_by", "min_by(x: any, by: any) -> any",
                         "`x` of the row with the least `by`, of several the first.", 2, 0},
    AggregateDescription{"max_by", "max_by(x: any, by: any) -> any",
                         "`x` of the row with the greatest `by`, of several the first.", 2, 0},
    AggregateDescription{"stddev", "stddev(number) -> double",
                         "The standard deviation of a sample; null under two values.", 1, 0},
    AggregateDescription{"variance", "variance(number) -> double",
                         "The variance of a sample; null under two values.", 1, 0},
    AggregateDescription{"stddev_pop", "stddev_pop(number) -> double",
                         "The standard deviation of all values.", 1, 0},
    AggregateDescription{"variance_pop", "variance_pop(number) -> double",
                         "The variance of all values.", 1, 0},
    AggregateDescription{"count_distinct", "count_distinct(any) -> int",
                         "How many different values, exactly; more than `limits.collect` fail the "
                         "row.",
                         1, 0},
    AggregateDescription{"approx_count_distinct", "approx_count_distinct(any) -> int",
                         "About how many different values: HyperLogLog++, p = 14, standard error "
                         "0.8 %.",
                         1, 0},
    AggregateDescription{"approx_percentile", "approx_percentile(x: number, p: double) -> number",
                         "The value that the share `p` (0 to 1) of all do not exceed: of numbers, "
                         "timestamps or durations; exact up to 1000 values, then with a rank error "
                         "of at most 1 %.",
                         1, 1},
    AggregateDescription{"collect_list", "collect_list(x: any, max: int) -> list",
                         "The first `max` values in the order of `first`.", 1, 1},
    AggregateDescription{"collect_set", "collect_set(x: any, max: int) -> list",
                         "The different values, ascending; more than `max` fail the row.", 1, 1},
    AggregateDescription{"top_k", "top_k(x: any, k: int) -> list",
                         "The `k` most frequent values as {\"value\", \"count\"}, ties by value; "
                         "more different values than `limits.collect` fail the row.",
                         1, 1},
    AggregateDescription{"largest", "largest(x: any, k: int) -> list",
                         "The `k` greatest values, the greatest first, equal ones as often as they "
                         "came.",
                         1, 1},
};

// A constant that says how many.
Result<std::size_t> count_of(const AggregateDescription& description, std::string_view name,
                             const Value& constant, std::size_t most) {
  const bool integer = constant.is(Type::integer) || constant.is(Type::unsigned_integer);
  if (integer && constant.as_integer() >= 1 && constant.as_unsigned() <= most)
    return static_cast<std::size_t>(constant.as_unsigned());
  return Status(Code::invalid_argument, std::string(description.name) + ": " + std::string(name) +
                                            " must be a whole number from 1 to " +
                                            std::to_string(most) +
                                            " (the daemon's limits.collect)");
}

Result<double> share_of(const Value& constant) {
  double share = -1;
  if (constant.is(Type::real)) share = constant.as_real();
  if (constant.is(Type::integer)) share = static_cast<double>(constant.as_integer());
  if (share >= 0 && share <= 1) return share;
  return Status(Code::invalid_argument,
                "approx_percentile: p must be a number from 0 to 1, such as 0.95");
}

MadeFunction make_plain(const AggregateDescription& description, std::size_t collect) {
  const std::string_view name = description.name;
  if (name == "count")
    return description.row_arguments == 0 ? make_count_rows() : make_count_values();
  if (name == "count_if") return make_count_if();
  if (name == "sum") return make_sum();
  if (name == "avg") return make_average();
  if (name == "min") return make_min();
  if (name == "max") return make_max();
  if (name == "first") return make_first();
  if (name == "last") return make_last();
  if (name == "min_by") return make_min_by();
  if (name == "max_by") return make_max_by();
  if (name == "stddev") return make_spread(Spread::deviation, Over::sample);
  if (name == "variance") return make_spread(Spread::variance, Over::sample);
  if (name == "stddev_pop") return make_spread(Spread::deviation, Over::population);
  if (name == "variance_pop") return make_spread(Spread::variance, Over::population);
  if (name == "count_distinct") return make_count_distinct(collect);
  if (name == "approx_count_distinct") return make_approx_count_distinct();
  return nullptr;
}

Result<MadeFunction> make_counted(const AggregateDescription& description, const Value& constant,
                                  std::size_t collect) {
  const std::string_view name = description.name;
  const bool of_k = name == "top_k" || name == "largest";
  const Result<std::size_t> count = count_of(description, of_k ? "k" : "max", constant, collect);
  if (!count.ok()) return count.status();
  if (name == "collect_list") return make_collect_list(*count);
  if (name == "collect_set") return make_collect_set(*count);
  if (name == "top_k") return make_top_k(*count, collect);
  return make_largest(*count);
}

}  // namespace

std::span<const AggregateDescription> aggregate_descriptions() noexcept { return kDescriptions; }

const AggregateDescription* find_aggregate(std::string_view name, std::size_t arguments) noexcept {
  const auto found = std::find_if(
      kDescriptions.begin(), kDescriptions.end(), [&](const AggregateDescription& one) {
        return one.name == name && one.row_arguments + one.constant_arguments == arguments;
      });
  return found == kDescriptions.end() ? nullptr : &*found;
}

Result<MadeFunction> make_aggregate(const AggregateDescription& description,
                                    std::span<const Value> constants,
                                    const AggregateLimits& limits) {
  LEAT_CHECK(constants.size() == description.constant_arguments);
  if (constants.empty()) {
    const MadeFunction made = make_plain(description, limits.collect);
    LEAT_CHECK(made != nullptr);
    return made;
  }
  if (description.name != "approx_percentile")
    return make_counted(description, constants[0], limits.collect);
  const Result<double> share = share_of(constants[0]);
  if (!share.ok()) return share.status();
  return make_approx_percentile(*share);
}

}  // namespace leat::operators
