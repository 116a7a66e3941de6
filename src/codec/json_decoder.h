#pragma once

#include <cstdint>
#include <vector>

#include "codec/codec.h"
#include "codec/json_scan.h"
#include "codec/path_tree.h"

namespace leat::codec {

// The format json. Reads the members asked for in one pass over the document; of equal keys the
// first counts, also when one of them is written with escapes. A record is an error when its UTF-8,
// its structure outside of skipped values, or a value that is read is bad. Thread-confined.
class JsonDecoder final : public RowDecoder {
 public:
  explicit JsonDecoder(const std::vector<record::DecodeSlot>& slots);
  void decode(record::RecordBatch& batch, std::span<const record::RowError*> errors) override;

 private:
  struct Target {
    record::DecodeSlot::Want want;
    std::size_t column;
  };
  struct Wanted {
    std::vector<std::uint32_t> targets;  // what the value of this node goes to
    std::uint64_t seen = 0;              // the last row in which it was met
  };
  class Walk;

  PathTree tree_;
  std::vector<Wanted> wanted_;  // by node
  std::vector<Target> targets_;
  std::vector<record::Column> columns_;  // by target, of the batch at hand
  std::vector<ScannedText> texts_;
  JsonScanner scanner_;
  std::uint64_t serial_ = 0;
};

}  // namespace leat::codec
