#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "record/layout.h"

namespace leat::codec {

// The paths somebody wants, level by level, made for matching the members of a document as they
// come. Node 0 is the whole row. Immutable after the last add().
class PathTree {
 public:
  using NodeId = std::uint32_t;
  static constexpr NodeId kNone = ~NodeId{0};

  PathTree() : nodes_(1) {}

  // The node of a path, made with its parents when it is not there.
  NodeId add(const record::FieldPath& path) {
    NodeId at = 0;
    for (const std::string& name : path) {
      NodeId next = find(at, name);
      if (next == kNone) {
        next = static_cast<NodeId>(nodes_.size());
        nodes_.emplace_back();
        nodes_[at].push_back({name, word_of(name.data(), name.size()), next});
      }
      at = next;
    }
    return at;
  }

  std::size_t size() const noexcept { return nodes_.size(); }
  bool leaf(NodeId node) const noexcept { return nodes_[node].empty(); }

  struct Child {
    std::string name;
    std::uint64_t word;  // the name's first 8 bytes
    NodeId node;
  };
  // In the order in which they were added.
  const std::vector<Child>& children(NodeId node) const noexcept { return nodes_[node]; }

  NodeId find(NodeId node, std::string_view key) const noexcept {
    std::size_t from = 0;
    return match(node, word_of(key.data(), key.size()), key, from);
  }
  // The same for a key behind which 8 bytes can be read. `from`, 0 at first, is the child to begin
  // with and then the one behind what was found: members mostly come in their order.
  NodeId find_padded(NodeId node, std::string_view key, std::size_t& from) const noexcept {
    std::uint64_t word;
    std::memcpy(&word, key.data(), 8);
    if (key.size() < 8) word &= (std::uint64_t{1} << (key.size() * 8)) - 1;
    return match(node, word, key, from);
  }
  NodeId find_padded(NodeId node, std::string_view key) const noexcept {
    std::size_t from = 0;
    return find_padded(node, key, from);
  }

 private:
  static std::uint64_t word_of(const char* name, std::size_t size) noexcept {
    std::uint64_t word = 0;
    if (size != 0) std::memcpy(&word, name, size < 8 ? size : 8);
    return word;
  }
  NodeId match(NodeId node, std::uint64_t word, std::string_view key,
               std::size_t& from) const noexcept {
    const std::vector<Child>& all = nodes_[node];
    std::size_t at = from;
    for (std::size_t left = all.size(); left > 0; --left) {
      const Child& child = all[at];
      if (++at == all.size()) at = 0;
      if (child.word != word || child.name.size() != key.size()) continue;
      if (key.size() > 8 && std::memcmp(child.name.data() + 8, key.data() + 8, key.size() - 8) != 0)
        continue;
      from = at;
      return child.node;
    }
    return kNone;
  }

  std::vector<std::vector<Child>> nodes_;
};

}  // namespace leat::codec
