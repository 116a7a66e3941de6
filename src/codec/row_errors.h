#pragma once

#include "record/value.h"

// Why a record cannot be read or a row cannot be written. The codes are stable: dead letters and
// metrics carry them.
namespace leat::codec {

inline constexpr record::RowError kEmptyValue{"EMPTY_VALUE", "the value is empty"};
inline constexpr record::RowError kMalformedJson{"MALFORMED_JSON",
                                                 "the value is not a JSON document"};
inline constexpr record::RowError kNotAnObject{"NOT_AN_OBJECT", "a JSON object is needed here"};
inline constexpr record::RowError kInvalidUtf8{"INVALID_UTF8", "the value is not valid UTF-8"};
inline constexpr record::RowError kLoneSurrogate{"LONE_SURROGATE",
                                                 "a string holds half of a surrogate pair"};
inline constexpr record::RowError kInvalidEscape{"INVALID_ESCAPE",
                                                 "a string holds an unknown escape sequence"};
inline constexpr record::RowError kInvalidNumber{"INVALID_NUMBER",
                                                 "a number is not written as JSON writes numbers"};
inline constexpr record::RowError kNumberOutOfRange{
    "NUMBER_OUT_OF_RANGE", "a number is outside the 64 bits of an int, or of a double"};
inline constexpr record::RowError kNotRepresentable{"NOT_REPRESENTABLE",
                                                    "the format has no way to write this value"};
inline constexpr record::RowError kWrongType{
    "WRONG_TYPE", "the sink's format takes another type for the field `value`"};
inline constexpr record::RowError kTypeMismatch{
    "TYPE_MISMATCH", "a field has another type than the source's schema says"};
inline constexpr record::RowError kMissingField{
    "MISSING_FIELD", "a field that the source's schema requires is null or absent"};
inline constexpr record::RowError kUnexpectedField{
    "UNEXPECTED_FIELD", "there is a field that the source's schema does not name"};
inline constexpr record::RowError kMalformedCsv{
    "MALFORMED_CSV", "the value is not one row of comma-separated fields"};
inline constexpr record::RowError kColumnCount{
    "COLUMN_COUNT", "the row has another number of columns than the source"};
inline constexpr record::RowError kNotAList{"NOT_A_LIST", "only a list can be exploded"};
inline constexpr record::RowError kTooDeep{"VALUE_TOO_DEEP",
                                           "lists and objects are nested too deeply"};
inline constexpr record::RowError kRecordTooDeep{
    "RECORD_TOO_DEEP", "lists and objects are nested deeper than `limits.record_depth` allows"};
inline constexpr record::RowError kRecordTooLarge{
    "RECORD_TOO_LARGE", "the value is larger than `limits.record_bytes` allows"};
inline constexpr record::RowError kValueTooLarge{"VALUE_TOO_LARGE",
                                                 "the record is larger than 1 GiB"};

}  // namespace leat::codec
