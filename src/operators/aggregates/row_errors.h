#pragma once

#include "expr/errors.h"
#include "record/value.h"

// Why a row cannot be added to an aggregate. The codes are stable; those of expressions (OVERFLOW,
// NO_SUCH_OVERLOAD, NOT_A_NUMBER, VALUE_TOO_DEEP) stand in expr/errors.h.
namespace leat::operators {

inline constexpr record::RowError kNotFinite{
    "NOT_FINITE", "sums, means and variances take finite numbers only: no NaN, no infinity"};
inline constexpr record::RowError kMixedTypes{
    "MIXED_TYPES", "an aggregate that compares values got two that have no order between them"};
inline constexpr record::RowError kTooManyValues{
    "TOO_MANY_VALUES",
    "a key has more different values than count_distinct, collect_set or top_k may hold: `max` of "
    "collect_set, else the daemon's limits.collect"};

}  // namespace leat::operators
