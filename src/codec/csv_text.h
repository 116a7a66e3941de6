#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "codec/text_buffer.h"
#include "record/value.h"

namespace leat::codec {

// Splits one row of csv text (RFC 4180) into its fields: a field in quotes may hold the delimiter,
// line ends and doubled quotes; one line end behind the row is allowed. The fields view the text,
// or the arena where quotes were doubled. Error: MALFORMED_CSV, INVALID_UTF8.
const record::RowError* split_csv(std::string_view row, char delimiter, base::Arena& arena,
                                  std::vector<std::string_view>& fields);
// Writes a field, in quotes only where it needs them.
void append_csv_field(TextBuffer& out, std::string_view field, char delimiter);

}  // namespace leat::codec
