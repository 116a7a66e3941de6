#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "codec/json_scan.h"
#include "codec/path_tree.h"
#include "codec/text_buffer.h"

namespace leat::codec {

// Rows nobody changed: their bytes as they came. Immutable.
class DocumentEncoder final : public record::RowEncoder {
 public:
  void encode(const record::RecordBatch& batch, std::span<std::string_view> out,
              std::span<const record::RowError*> errors) override;
};

// The fields of a layout as a tree, and how to write the part beneath a node. Members whose value
// is absent are left out, and so are parents without members. Immutable.
class MemberTree {
 public:
  MemberTree(const record::Layout& layout, spec::TimestampText timestamps);

  struct Leaf {
    bool removed = false;
    bool member = false;
    bool null_if_absent = false;
    std::size_t column = 0;
  };
  const PathTree& paths() const noexcept { return paths_; }
  const Leaf& leaf(PathTree::NodeId node) const noexcept { return leaves_[node]; }
  // `"name":`, ready to be written.
  std::string_view label(PathTree::NodeId node) const noexcept { return labels_[node]; }
  // Whether anything is to be written at or beneath the node for this row.
  bool present(PathTree::NodeId node, const record::RecordBatch& batch, std::size_t row) const;
  // Writes the value of the node: its column's, or an object of what is beneath. Requires:
  // present().
  const record::RowError* write(PathTree::NodeId node, const record::RecordBatch& batch,
                                std::size_t row, TextBuffer& out) const;
  static record::Value value_at(const record::RecordBatch& batch, std::size_t column,
                                std::size_t row) noexcept;

 private:
  PathTree paths_;
  std::vector<Leaf> leaves_;         // by node
  std::vector<std::string> labels_;  // by node
  const spec::TimestampText timestamps_;
};

// Rows that are made of columns alone. Thread-confined.
class JsonEncoder final : public record::RowEncoder {
 public:
  explicit JsonEncoder(const record::Layout& layout,
                       spec::TimestampText timestamps = spec::TimestampText::rfc3339)
      : tree_(layout, timestamps) {}
  void encode(const record::RecordBatch& batch, std::span<std::string_view> out,
              std::span<const record::RowError*> errors) override;

 private:
  const MemberTree tree_;
  TextBuffer written_;
};

// Rows that keep most of their document: the bytes and the order of untouched members stay,
// replaced values stand where the old ones stood, new members come last in the order of definition.
// Thread-confined.
class JsonSplicer final : public record::RowEncoder {
 public:
  JsonSplicer(const record::Layout& layout, spec::TimestampText timestamps);
  void encode(const record::RecordBatch& batch, std::span<std::string_view> out,
              std::span<const record::RowError*> errors) override;

 private:
  class Splice;

  const MemberTree tree_;
  std::vector<std::uint64_t> seen_;  // by node: the last row in which it was met
  std::vector<ScannedText> texts_;
  JsonScanner scanner_;
  TextBuffer written_;
  std::uint64_t serial_ = 0;
};

}  // namespace leat::codec
