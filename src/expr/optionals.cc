#include "expr/optionals.h"

#include <array>

#include "expr/functions.h"
#include "expr/values.h"

namespace leat::expr {
namespace {

Value of(Frame& frame, const Value& a) { return make_optional(frame.arena, a); }
Value of_non_zero(Frame& frame, const Value& a) {
  return is_zero(a) ? kNone : make_optional(frame.arena, a);
}
void none_kernel(Frame&, const Operand*, Value* out, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) out[i] = kNone;
}

Value has_value(Frame&, const Value& a) {
  if (!a.is(Type::optional)) return fail(kNoSuchOverload);
  return Value::boolean(a.as_optional() != nullptr);
}
Value value(Frame&, const Value& a) {
  if (!a.is(Type::optional)) return fail(kNoSuchOverload);
  return a.as_optional() == nullptr ? fail(kNoValue) : *a.as_optional();
}

// The value, or the whole optional, when there is one; else the second operand, whose errors count
// only then.
template <bool kUnwrap>
void or_kernel(Frame&, const Operand* in, Value* out, std::size_t rows) {
  const Operand first = in[0];
  const Operand second = in[1];
  for (std::size_t i = 0; i < rows; ++i) {
    const Value a = first[i];
    const Value b = second[i];
    if (!a.is(Type::optional))
      out[i] = misfit(a);
    else if (a.as_optional() != nullptr)
      out[i] = kUnwrap ? *a.as_optional() : a;
    else if (is_broken(b))
      out[i] = misfit(b);
    else
      out[i] = kUnwrap || b.is(Type::optional) ? b : fail(kNoSuchOverload);
  }
}

Value unwrap_all(Frame& frame, const Value& list) {
  std::span<const Value> items;
  if (const RowError* error = items_of(list, frame.arena, items)) return fail(*error);
  const std::span<Value> made = frame.arena.array<Value>(items.size());
  std::size_t count = 0;
  for (const Value& item : items) {
    if (!item.is(Type::optional)) return fail(kNoSuchOverload);
    if (item.as_optional() != nullptr) made[count++] = *item.as_optional();
  }
  return Value::list(made.first(count));
}

template <bool kFirst>
Value end_of(Frame& frame, const Value& list) {
  std::span<const Value> items;
  if (const RowError* error = items_of(list, frame.arena, items)) return fail(*error);
  if (items.empty()) return kNone;
  return make_optional(frame.arena, kFirst ? items.front() : items.back());
}

constexpr CallStyle kMethod = CallStyle::method;
constexpr CallStyle kGlobal = CallStyle::global;
constexpr std::string_view kCategory = "optionals";

constexpr std::array kTable{
    Function{"optional.of",
             kGlobal,
             1,
             {kAnyType},
             Type::optional,
             each<of>,
             {kCategory, "optional.of(any) -> optional", "An optional that holds the value."}},
    Function{"optional.ofNonZeroValue",
             kGlobal,
             1,
             {kAnyType},
             Type::optional,
             each<of_non_zero>,
             {kCategory, "optional.ofNonZeroValue(any) -> optional",
              "An optional that holds the value unless it is null, false, 0 or empty."}},
    Function{"optional.none",
             kGlobal,
             0,
             {},
             Type::optional,
             none_kernel,
             {kCategory, "optional.none() -> optional",
              "No value; a field that is set to it is removed."}},
    Function{"hasValue",
             kMethod,
             1,
             {kOptionals},
             Type::boolean,
             each<has_value>,
             {kCategory, "hasValue(optional) -> bool", "Whether there is a value."}},
    Function{"value",
             kMethod,
             1,
             {kOptionals},
             std::nullopt,
             each<value>,
             {kCategory, "value(optional) -> dyn", "The value; an error when there is none."}},
    Function{"or",
             kMethod,
             2,
             {kOptionals, kOptionals},
             Type::optional,
             or_kernel<false>,
             {kCategory, "or(optional, optional) -> optional",
              "The first of the two that has a value."}},
    Function{"orValue",
             kMethod,
             2,
             {kOptionals, kAnyType},
             std::nullopt,
             or_kernel<true>,
             {kCategory, "orValue(optional, any) -> dyn",
              "The value, or the second argument when there is none."}},
    Function{"optional.unwrap",
             kGlobal,
             1,
             {kLists},
             Type::list,
             each<unwrap_all>,
             {kCategory, "optional.unwrap(list) -> list",
              "The values of a list of optionals, without those that have none."}},
    Function{"unwrapOpt",
             kMethod,
             1,
             {kLists},
             Type::list,
             each<unwrap_all>,
             {kCategory, "unwrapOpt(list) -> list",
              "The values of a list of optionals, without those that have none."}},
    Function{"first",
             kMethod,
             1,
             {kLists},
             Type::optional,
             each<end_of<true>>,
             {kCategory, "first(list) -> optional", "The first item, if there is one."}},
    Function{"last",
             kMethod,
             1,
             {kLists},
             Type::optional,
             each<end_of<false>>,
             {kCategory, "last(list) -> optional", "The last item, if there is one."}},
};

// The body counts only where the optional has a value.
template <bool kFlat>
void map_rows(const Operand* in, Value* out, std::size_t rows, base::Arena& arena) {
  for (std::size_t i = 0; i < rows; ++i) {
    const Value a = in[0][i];
    const Value body = in[1][i];
    if (!a.is(Type::optional))
      out[i] = misfit(a);
    else if (a.as_optional() == nullptr)
      out[i] = kNone;
    else if (is_broken(body))
      out[i] = misfit(body);
    else if (kFlat)
      out[i] = body.is(Type::optional) ? body : fail(kNoSuchOverload);
    else
      out[i] = make_optional(arena, body);
  }
}

}  // namespace

void unwrap_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  each<value>(frame, in, out, rows);
}
void opt_map_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  map_rows<false>(in, out, rows, frame.arena);
}
void opt_flat_map_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  map_rows<true>(in, out, rows, frame.arena);
}

const std::span<const Function> kOptionalFunctions{kTable};

}  // namespace leat::expr
