#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "codec/codec.h"
#include "codec/json_scan.h"
#include "codec/path_tree.h"
#include "codec/schema_errors.h"

namespace leat::codec {

// The format json. Reads the members asked for in one pass over the document; of equal keys the
// first counts, also when one of them is written with escapes. A record is an error when its UTF-8,
// its structure outside of skipped values, or a value that is read is bad. Thread-confined.
class JsonDecoder final : public RowDecoder {
 public:
  explicit JsonDecoder(const std::vector<record::DecodeSlot>& slots,
                       const std::shared_ptr<const spec::SchemaSpec>& schema = nullptr,
                       const RecordLimits& limits = {});
  // Reads values of any type instead of documents: members of what is no object stay absent.
  // `type`: of the values; null = nothing is known. `name`: of what holds them, for errors.
  static JsonDecoder of_values(const std::vector<record::DecodeSlot>& slots,
                               std::shared_ptr<const spec::SchemaType> type,
                               const std::string& name = {});

  void decode(record::RecordBatch& batch, std::span<const record::RowError*> errors) override;
  // Reads the values of `texts` (the others of their fields do not count, but for the flag of a
  // tombstone) into the rows of the batch. Requires: texts.size() == batch.size().
  void decode_texts(std::span<const record::Row> texts, record::RecordBatch& batch,
                    std::span<const record::RowError*> errors);

 private:
  enum class Root : std::uint8_t { document, value };
  JsonDecoder(const std::vector<record::DecodeSlot>& slots,
              std::shared_ptr<const spec::SchemaType> type, const std::string& name,
              spec::ExtraFields extra, Root root, const RecordLimits& limits);

  struct Target {
    record::DecodeSlot::Want want;
    std::size_t column;
  };
  struct Wanted {
    std::vector<std::uint32_t> targets;  // what the value of this node goes to
    std::uint64_t seen = 0;              // the last row in which it was met
    const spec::SchemaType* type = nullptr;
    std::vector<PathTree::NodeId> required;  // children that must be there
  };
  class Walk;

  void declare(PathTree::NodeId node, const record::FieldPath& path, const spec::SchemaType& type);

  const std::shared_ptr<const spec::SchemaType> type_;
  const SchemaErrors errors_;
  const spec::ExtraFields extra_;
  const Root root_;
  const std::size_t depth_max_;
  PathTree tree_;
  std::vector<Wanted> wanted_;  // by node
  std::vector<Target> targets_;
  std::vector<record::Column> columns_;  // by target, of the batch at hand
  std::vector<ScannedText> texts_;
  JsonScanner scanner_;
  std::uint64_t serial_ = 0;
};

}  // namespace leat::codec
