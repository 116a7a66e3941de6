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
inline constexpr record::RowError kTooLarge{
    "VALUE_TOO_LARGE", "a computed value is larger than 16 MiB or 1 000 000 items"};
inline constexpr record::RowError kTooDeep{"VALUE_TOO_DEEP",
                                           "lists and maps are nested deeper than 256"};
inline constexpr record::RowError kDuplicateKey{"DUPLICATE_KEY", "a map has two equal keys"};
inline constexpr record::RowError kNoValue{"NO_VALUE", "an optional without a value was read"};
inline constexpr record::RowError kUnknownFunction{
    "UNKNOWN_FUNCTION", "the expression calls a function that is not there"};
inline constexpr record::RowError kTooManySteps{
    "TOO_MANY_STEPS", "the macros of an expression look at too many elements"};
inline constexpr record::RowError kNotANumber{"NOT_A_NUMBER", "NaN has no place in an order"};
inline constexpr record::RowError kInvalidFormat{
    "INVALID_FORMAT", "a format text has a directive that does not exist or is not complete"};
inline constexpr record::RowError kUnknownZone{
    "UNKNOWN_ZONE",
    "a time zone is neither an offset such as +02:00 nor a name of the installed tz database"};
inline constexpr record::RowError kTooManyGroups{
    "TOO_MANY_GROUPS", "a regular expression has more than one group where one is wanted"};
inline constexpr record::RowError kInvalidReplacement{
    "INVALID_REPLACEMENT",
    "in a replacement `\\` stands before `\\` or the number of a group only"};
inline constexpr record::RowError kInvalidUrl{"INVALID_URL", "a text is no URL"};
inline constexpr record::RowError kNotRepresentable{"NOT_REPRESENTABLE",
                                                    "JSON has no way to write NaN and infinity"};
inline constexpr record::RowError kDigestUnavailable{
    "DIGEST_UNAVAILABLE", "the OpenSSL installation refuses this digest algorithm"};

}  // namespace leat::expr
