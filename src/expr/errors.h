#pragma once

#include "record/value.h"

// Why an expression fails for a row. The codes are stable: dead letters and metrics carry them.
namespace leat::expr {

inline constexpr record::RowError kNoSuchField{"NO_SUCH_FIELD",
                                               "a field that the expression reads is absent"};
inline constexpr record::RowError kNoSuchOverload{
    "NO_SUCH_OVERLOAD", "an operator or function got a value of a type it does not take"};
inline constexpr record::RowError kOverflow{"OVERFLOW",
                                            "an integer, time or duration result is out of range"};
inline constexpr record::RowError kDivideByZero{"DIVIDE_BY_ZERO", "an integer was divided by zero"};
inline constexpr record::RowError kOutOfRange{"OUT_OF_RANGE",
                                              "an index, position or number is out of range"};
inline constexpr record::RowError kBadConversion{"BAD_CONVERSION",
                                                 "a text cannot be read as the type asked for"};
inline constexpr record::RowError kInvalidUtf8{"INVALID_UTF8",
                                               "bytes that must be text are not valid UTF-8"};
inline constexpr record::RowError kInvalidPattern{"INVALID_PATTERN",
                                                  "a regular expression is not valid"};
inline constexpr record::RowError kInvalidJson{"INVALID_JSON", "a nested JSON value is malformed"};
inline constexpr record::RowError kTooLarge{"VALUE_TOO_LARGE",
                                            "a computed text is longer than 16 MiB"};
inline constexpr record::RowError kUnsupported{"UNSUPPORTED",
                                               "lists and objects cannot be compared yet"};

}  // namespace leat::expr
