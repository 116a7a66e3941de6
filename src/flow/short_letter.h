#pragma once

#include <cstdint>
#include <optional>

#include "base/arena.h"
#include "record/batch.h"

namespace leat::flow {

// What a topic does not take of a dead letter.
enum class LetterFault : std::uint8_t { size, time };

// The dead letter without what its topic refuses. Its headers still name topic, partition and offset
// of the record, which is whole there; one more, `leat-omitted`, lists what is left out:
//   size   first `value` (then empty; `leat-value-bytes` says how long it was), then `key` and
//          `headers`, those of the record
//   time   `timestamp`: it gets the time of writing, `leat-timestamp` holds its own (milliseconds)
// A value is never cut: part of one could be taken for a record. Nothing when all that is left out
// already. The bytes are in `arena`, or where `letter` has them.
std::optional<record::Row> shorten_letter(const record::Row& letter, LetterFault fault,
                                          base::Arena& arena);

}  // namespace leat::flow
