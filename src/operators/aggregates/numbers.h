#pragma once

#include <cmath>

#include "operators/aggregates/row_errors.h"

namespace leat::operators {

// Why a value cannot be summed: NO_SUCH_OVERLOAD, NOT_FINITE; null for numbers and what is missing.
inline const record::RowError* check_summable(const record::Value& value) noexcept {
  switch (value.type()) {
    case record::Type::absent:
    case record::Type::null:
    case record::Type::integer:
    case record::Type::unsigned_integer: return nullptr;
    case record::Type::real: return std::isfinite(value.as_real()) ? nullptr : &kNotFinite;
    default: return &expr::kNoSuchOverload;
  }
}

}  // namespace leat::operators
