#pragma once

#include <span>

#include "expr/functions.h"

// The families of functions beyond the core of the language: one table per file, put together in
// functions.cc.
namespace leat::expr {

extern const std::span<const Function> kFormatFunctions;    // format_functions.cc
extern const std::span<const Function> kRegexFunctions;     // regex_functions.cc
extern const std::span<const Function> kMathFunctions;      // math_functions.cc
extern const std::span<const Function> kListFunctions;      // list_functions.cc
extern const std::span<const Function> kTimeFunctions;      // time_functions.cc
extern const std::span<const Function> kHashFunctions;      // hash_functions.cc
extern const std::span<const Function> kEncodingFunctions;  // encoding_functions.cc
extern const std::span<const Function> kUrlFunctions;       // url_functions.cc
extern const std::span<const Function> kJsonFunctions;      // json_functions.cc
extern const std::span<const Function> kPlaceFunctions;     // place_functions.cc
extern const std::span<const Function> kIdentityFunctions;  // identity_functions.cc

// list_functions.cc: the items in ascending order of their keys, items of equal keys as they were.
// All keys are numbers, or all of one type that has an order; else NO_SUCH_OVERLOAD, or NOT_A_NUMBER
// for NaN. Requires: as many keys as items.
Value sorted_by(base::Arena& arena, std::span<const Value> items, std::span<const Value> keys);

}  // namespace leat::expr
