#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "record/batch.h"

namespace leat::record {

// A field path: `user.address.city` = {"user", "address", "city"}. Never empty.
using FieldPath = std::vector<std::string>;

// What a row looks like at one place of a chain: the document it came with, with some fields
// replaced or removed, or only a list of fields. `set`, `select` and `drop` change the layout at
// plan time; at run time only the new columns are computed. A value, made by the plan.
struct Layout {
  struct Member {
    FieldPath path;
    std::size_t column = 0;
    bool null_if_absent = false;  // an absent value is written as null
  };
  bool document = true;  // fields that are not named below come from Row::value
  std::vector<Member>
      members;  // replaced or added, in the order of definition; an absent value removes the field
  std::vector<FieldPath>
      removed;  // of the document; never a prefix of a member added later than its removal

  bool untouched() const noexcept { return document && members.empty() && removed.empty(); }
};

// What the codec reads from a document into one column of the batch.
struct DecodeSlot {
  enum class Want : std::uint8_t {
    value,  // typed: bool, int, double, string (unescaped); objects and lists as json
    token,  // the JSON text exactly as written, for fields that are only copied
  };
  FieldPath path;  // empty = the whole row
  Want want = Want::value;
  std::size_t column = 0;
};

// Writes rows as bytes: the end of a chain, and what a tap shows. Implementations: thread-confined.
class RowEncoder {
 public:
  virtual ~RowEncoder() = default;
  // Writes the value of every row of the batch into the batch's arena: out[i] views it; a row that
  // cannot be written gets an error in errors[i] (else nullptr). Tombstones give an empty view.
  // Requires: both spans have batch.size() items.
  virtual void encode(const RecordBatch& batch, std::span<std::string_view> out,
                      std::span<const RowError*> errors) = 0;
};

}  // namespace leat::record
