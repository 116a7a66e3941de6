#include "expr/compiler/probe.h"

#include <algorithm>

#include "expr/errors.h"

namespace leat::expr {
namespace {

constexpr std::size_t kItems = 64;  // of a list whose length is not known

bool is_in_cidr(const Function& function) { return function.name == "net.in_cidr"; }

Value list_of_ones(const Node& argument, base::Arena& arena) {
  const bool literal = argument.kind == NodeKind::list &&
                       std::count(argument.marks.begin(), argument.marks.end(), 1) == 0;
  const std::span<Value> items = arena.array<Value>(literal ? argument.children.size() : kItems);
  std::fill(items.begin(), items.end(), Value::integer(1));
  return Value::list(items);
}

// A constant position before the first, or behind the one where it ends: right in no text or list.
bool is_no_position(const std::vector<Value>& row, const std::vector<bool>& constant) {
  const auto is_known = [&](std::size_t k) { return constant[k] && row[k].is(Type::integer); };
  for (std::size_t k = 1; k < row.size(); ++k)
    if (is_known(k) && row[k].as_integer() < 0) return true;
  return row.size() == 3 && is_known(1) && is_known(2) && row[1].as_integer() > row[2].as_integer();
}

}  // namespace

std::optional<Value> example_argument(const Function& function, std::size_t k, const Node& argument,
                                      base::Arena& arena) {
  if (is_in_cidr(function)) return Value::string(k == 0 ? "::1" : "::/0");
  const std::size_t declared = std::max<std::size_t>(function.arguments, 1) - 1;
  const Types accepted = function.accepts[std::min({k, declared, kArgumentsMax - 1})];
  const auto takes = [accepted](Type type) { return (accepted & types(type)) != 0; };
  // A time zone, a pattern and a replacement without groups, a time pattern without directives.
  if (takes(Type::string)) return Value::string("UTC");
  if (takes(Type::timestamp)) return Value::timestamp(0);
  if (takes(Type::duration)) return Value::duration(1'000'000);
  if (takes(Type::integer)) return Value::integer(1);
  if (takes(Type::list)) return list_of_ones(argument, arena);
  return std::nullopt;
}

bool blames_constants(const Function& function, const RowError& error,
                      const std::vector<Value>& row, const std::vector<bool>& constant) {
  for (const RowError* one : {&kInvalidFormat, &kUnknownZone, &kInvalidPattern, &kTooManyGroups})
    if (&error == one) return true;
  if (&error == &kInvalidReplacement) return constant[1];  // its groups are those of the pattern
  if (&error == &kBadConversion) return is_in_cidr(function);
  if (&error == &kOutOfRange)
    return function.name == "time.truncate" || (function.name == "format" && constant[0]) ||
           is_no_position(row, constant);
  return false;
}

}  // namespace leat::expr
