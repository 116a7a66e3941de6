#include "expr/functions.h"

#include <algorithm>

#include "base/text.h"
#include "expr/json_walk.h"

namespace leat::expr {
namespace {

Value size(Frame&, const Value& a) {
  switch (a.type()) {
    case Type::string:
      return Value::integer(static_cast<std::int64_t>(base::count_code_points(a.as_text())));
    case Type::bytes: return Value::integer(static_cast<std::int64_t>(a.as_text().size()));
    case Type::json: return json_size(a.as_text());
    default: return fail(kNoSuchOverload);
  }
}

void now_kernel(Frame& frame, const Operand*, Value* out, std::size_t rows) {
  const Value now = Value::timestamp(frame.batch->now.us);
  for (std::size_t i = 0; i < rows; ++i) out[i] = now;
}

constexpr std::array kCoreFunctions{
    Function{"size",
             CallStyle::either,
             1,
             {types(Type::string, Type::bytes, Type::json)},
             Type::integer,
             each<size>},
    Function{"now", CallStyle::global, 0, {}, Type::timestamp, now_kernel, false},
};

// Kept in the order of the reference.
constexpr std::array<std::string_view, 60> kToCome{"all",
                                                   "exists",
                                                   "exists_one",
                                                   "existsOne",
                                                   "map",
                                                   "filter",
                                                   "transformList",
                                                   "transformMap",
                                                   "transformMapEntry",
                                                   "type",
                                                   "uint",
                                                   "timestamp",
                                                   "duration",
                                                   "getDate",
                                                   "getDayOfMonth",
                                                   "getDayOfWeek",
                                                   "getDayOfYear",
                                                   "getFullYear",
                                                   "getHours",
                                                   "getMilliseconds",
                                                   "getMinutes",
                                                   "getMonth",
                                                   "getSeconds",
                                                   "split",
                                                   "join",
                                                   "format",
                                                   "quote",
                                                   "reverse",
                                                   "orValue",
                                                   "or",
                                                   "hasValue",
                                                   "value",
                                                   "optMap",
                                                   "optFlatMap",
                                                   "unwrapOpt",
                                                   "first",
                                                   "last",
                                                   "distance_km",
                                                   "try",
                                                   "uuid",
                                                   "flatten",
                                                   "slice",
                                                   "sort",
                                                   "sortBy",
                                                   "distinct",
                                                   "math.",
                                                   "strings.",
                                                   "lists.",
                                                   "sets.",
                                                   "base64.",
                                                   "cel.",
                                                   "optional.",
                                                   "time.",
                                                   "hash.",
                                                   "hex.",
                                                   "url.",
                                                   "json.",
                                                   "net.",
                                                   "text.",
                                                   "regex."};

std::vector<Function> gather() {
  std::vector<Function> all(kCoreFunctions.begin(), kCoreFunctions.end());
  all.insert(all.end(), kTextFunctions.begin(), kTextFunctions.end());
  all.insert(all.end(), kConversions.begin(), kConversions.end());
  return all;
}

}  // namespace

std::span<const Function> functions() noexcept {
  static const std::vector<Function> kAll = gather();
  return kAll;
}

std::span<const std::string_view> functions_to_come() noexcept { return kToCome; }

bool is_function_namespace(std::string_view name) noexcept {
  return std::any_of(kToCome.begin(), kToCome.end(), [name](std::string_view known) {
    return known.ends_with('.') && known.substr(0, known.size() - 1) == name;
  });
}

}  // namespace leat::expr
