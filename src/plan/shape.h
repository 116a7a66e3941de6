#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "codec/codec.h"
#include "record/layout.h"

// What rows look like at one place of a pipeline, while it is being planned. Everything here
// belongs to one call of build_plan.
namespace leat::plan {

using Want = record::DecodeSlot::Want;
using ScopeId = std::size_t;
using Slots = std::vector<record::DecodeSlot>;

// The places where documents come to life: at a source, behind an encode, where sources meet. Hands
// out column numbers, which are unique over the whole plan, and collects which fields each decoder
// must read.
class Scopes {
 public:
  ScopeId add_origin(codec::Format format);
  // Rows of several scopes flow together here: what is read here is read in each of them, into the
  // same columns.
  ScopeId add_union(std::vector<ScopeId> parents);
  codec::Format format(ScopeId scope) const { return scopes_[scope].format; }
  // Of an origin; complete when the plan is.
  std::shared_ptr<const Slots> slots(ScopeId origin) const { return scopes_[origin].slots; }

  std::size_t new_column() noexcept { return columns_++; }
  // The column that holds the field, when somebody asked for it already.
  std::optional<std::size_t> find(ScopeId scope, const record::FieldPath& path, Want want) const;
  // The column that holds the field from now on.
  std::size_t column(ScopeId scope, const record::FieldPath& path, Want want);
  // The same into a column that was handed out before. Requires: find() gives nothing.
  void read_into(ScopeId scope, const record::FieldPath& path, Want want, std::size_t column);

 private:
  using Field = std::pair<record::FieldPath, Want>;
  struct Scope {
    codec::Format format = codec::Format::json;
    std::vector<ScopeId> parents;  // of a union
    std::shared_ptr<Slots> slots;  // of an origin
    std::map<Field, std::size_t> columns;
  };
  std::vector<Scope> scopes_;
  std::size_t columns_ = 0;
};

// One field that is not simply the document's: a copy of a field of the scope, or a computed
// column.
struct Member {
  record::FieldPath path;
  std::optional<record::FieldPath> copy_of;
  std::size_t column = 0;  // when computed
};

// What a path stands for.
struct Field {
  enum class Kind : std::uint8_t {
    document,  // `path` of the scope's document
    column,    // a computed column
    never,     // no row has it: it was removed, or not selected
    mixed,     // made of the document and of columns: the row must be encoded first
  };
  Kind kind = Kind::document;
  record::FieldPath path;
  std::size_t column = 0;
};

// The fields of a row. A value.
class Shape {
 public:
  // As rows are in a scope, untouched.
  static Shape of(ScopeId scope, codec::Format format);

  ScopeId scope() const noexcept { return scope_; }
  bool untouched() const noexcept { return untouched_; }
  Field find(const record::FieldPath& path) const;
  // The names of the fields there are, when they are all known.
  std::vector<std::string> known_names() const;

  // Whether a field can be set or removed without encoding the row before.
  bool can_set(const record::FieldPath& target) const;
  bool can_drop(const record::FieldPath& target) const;
  // Require: can_set(), can_drop().
  void set(Member member);
  void drop(const record::FieldPath& target);
  // The row becomes exactly these.
  void select(std::vector<Member> members);

  // For encoders: asks the scope for the tokens of copied fields.
  record::Layout layout(Scopes& scopes) const;

 private:
  ScopeId scope_ = 0;
  bool untouched_ = true;
  bool document_ = true;
  std::vector<Member> members_;
  std::vector<record::FieldPath> removed_;
};

}  // namespace leat::plan
