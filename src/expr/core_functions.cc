#include <array>

#include "expr/functions.h"
#include "expr/values.h"

namespace leat::expr {
namespace {

Value size(Frame& frame, const Value& a) { return size_of(a, frame.arena); }
Value type(Frame&, const Value& a) { return Value::type_name(type_name_of(a)); }
Value keep(Frame&, const Value& a) { return a; }

void now_kernel(Frame& frame, const Operand*, Value* out, std::size_t rows) {
  const Value now = Value::timestamp(frame.batch->now.us);
  for (std::size_t i = 0; i < rows; ++i) out[i] = now;
}

// The second value where the first is an error or absent.
void try_kernel(Frame&, const Operand* in, Value* out, std::size_t rows) {
  const Operand first = in[0];
  const Operand second = in[1];
  for (std::size_t i = 0; i < rows; ++i) {
    const Value* const a = &first[i];
    const Value* const b = &second[i];
    out[i] = !is_broken(*a) ? *a : is_broken(*b) ? misfit(*b) : *b;
  }
}

constexpr Types kSized = types(Type::string, Type::bytes, Type::list, Type::map, Type::json);

constexpr std::array kTable{
    Function{"size",
             CallStyle::either,
             1,
             {kSized},
             Type::integer,
             each<size>,
             {"core", "size(string | bytes | list | map) -> int",
              "Code points of a string, bytes, items of a list or entries of a map."}},
    Function{"type",
             CallStyle::global,
             1,
             {kAnyType},
             Type::type_name,
             each<type>,
             {"core", "type(any) -> type", "The type of a value: int, string, list, …"}},
    Function{"dyn",
             CallStyle::global,
             1,
             {kAnyType},
             std::nullopt,
             each<keep>,
             {"core", "dyn(any) -> dyn", "The value, whose type is checked for each row."}},
    Function{"try",
             CallStyle::global,
             2,
             {kAnyType, kAnyType},
             std::nullopt,
             try_kernel,
             {"core", "try(x, y) -> dyn", "x, or y when x is an error or an absent field."}},
    Function{"now",
             CallStyle::global,
             0,
             {},
             Type::timestamp,
             now_kernel,
             {"time", "now() -> timestamp",
              "The clock when the batch of the record was taken up; not the same in a replay."},
             false},
};

}  // namespace

const std::span<const Function> kCoreFunctions{kTable};

}  // namespace leat::expr
