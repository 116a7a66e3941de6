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
using TypePtr = std::shared_ptr<const spec::SchemaType>;

// What a decoder must do at an origin.
struct Slots {
  std::vector<record::DecodeSlot> read;
  std::vector<std::pair<std::size_t, std::size_t>> copies;  // columns: from, to
};

// The places where documents come to life: at a source, behind an encode, in the items of a list,
// where sources meet. Hands out column numbers, which are unique over the whole plan, and collects
// which fields each decoder must read.
class Scopes {
 public:
  // Records as `reading` says; `type` is what is known of the whole row, null = nothing.
  ScopeId add_origin(codec::Reading reading, TypePtr type);
  // Rows of several scopes flow together here: what is read here is read in each of them, into the
  // same columns.
  ScopeId add_union(std::vector<ScopeId> parents);
  const codec::Reading& reading(ScopeId scope) const { return scopes_[scope].reading; }
  const TypePtr& type(ScopeId scope) const { return scopes_[scope].type; }
  // Of an origin; complete when the plan is.
  std::shared_ptr<const Slots> slots(ScopeId origin) const { return scopes_[origin].slots; }

  std::size_t new_column() noexcept { return columns_++; }
  // The column that holds the field, when somebody asked for it already.
  std::optional<std::size_t> find(ScopeId scope, const record::FieldPath& path, Want want) const;
  // The column that holds the field from now on.
  std::size_t column(ScopeId scope, const record::FieldPath& path, Want want);
  // The same into a column that was handed out before. Requires: find() gives nothing.
  void read_into(ScopeId scope, const record::FieldPath& path, Want want, std::size_t column);
  // Whether rows may be without the field, for all that is known: no schema names their fields, and
  // no step made this one.
  bool may_lack(ScopeId scope, const record::FieldPath& path) const;
  // Rows of the origin have the field's value in a column already.
  void keep(ScopeId origin, const record::FieldPath& path, std::size_t column);

 private:
  using Field = std::pair<record::FieldPath, Want>;
  struct Scope {
    codec::Reading reading;
    TypePtr type;
    std::vector<ScopeId> parents;  // of a union
    std::shared_ptr<Slots> slots;  // of an origin
    std::map<Field, std::size_t> columns;
    std::map<record::FieldPath, std::size_t> kept;
  };
  std::vector<Scope> scopes_;
  std::size_t columns_ = 0;
};

// A field of a scope.
struct Place {
  ScopeId scope = 0;
  record::FieldPath path;
  friend auto operator<=>(const Place&, const Place&) = default;
};

// One field that is not simply the document's: a copy of a field of a scope, or a computed column.
struct Member {
  record::FieldPath path;
  std::optional<Place> copy_of;
  std::size_t column = 0;       // when computed
  bool null_if_absent = false;  // of a copy: where the schema says that it is there
  TypePtr type = nullptr;       // when computed: what is known of it
  std::optional<std::size_t> written = std::nullopt;  // when computed: what encoders take instead
};

// What a path stands for.
struct Field {
  enum class Kind : std::uint8_t {
    document,  // `place` of a scope
    column,    // a computed column
    never,     // no row has it: it was removed, not selected, or the schema does not know it
    mixed,     // made of the document and of columns: the row must be encoded first
  };
  Kind kind = Kind::document;
  Place place;
  std::size_t column = 0;
  TypePtr type;                    // what the schema says of it; null = nothing
  std::string missing;             // of `never`: the name that is not there,
  std::vector<std::string> names;  // and those that there are
  // The type of a value on the way that has no members, a scalar or a list: null = none is known;
  // and how many names of the path stand behind it.
  TypePtr leaf = nullptr;
  std::size_t beyond = 0;
};

// The fields of a row. A value.
class Shape {
 public:
  // As rows are in a scope, untouched.
  static Shape of(ScopeId scope, const Scopes& scopes);

  ScopeId scope() const noexcept { return scope_; }
  bool untouched() const noexcept { return untouched_; }
  // The rows are those of no single record: of `meta` there is the event time only.
  bool made() const noexcept { return made_; }
  void set_made(bool made) noexcept { made_ = made; }
  // `extra`: fields that the schema does not name exist too.
  enum class Naming : std::uint8_t { declared, extra };
  Field find(const record::FieldPath& path, const Scopes& scopes,
             Naming naming = Naming::declared) const;
  // The names of the fields there are, when they are all known.
  std::vector<std::string> known_names(const Scopes& scopes) const;

  // Whether a field can be set or removed without encoding the row before.
  bool can_set(const record::FieldPath& target) const;
  bool can_drop(const record::FieldPath& target) const;
  // What must be an object, or absent, in rows where the field is set. Requires: can_set().
  std::vector<Place> parents_of(const record::FieldPath& target) const;
  // Require: can_set(), can_drop().
  void set(Member member);
  void drop(const record::FieldPath& target);
  // The row becomes exactly these.
  void select(std::vector<Member> members);

  // For encoders: asks the scopes for the tokens of copied fields.
  record::Layout layout(Scopes& scopes) const;
  // What is known of such rows once they are encoded; null = nothing.
  TypePtr type(const Scopes& scopes) const;
  // The computed columns.
  std::vector<Member> computed() const;

 private:
  ScopeId scope_ = 0;
  bool untouched_ = true;
  bool document_ = true;
  bool made_ = false;
  std::vector<Member> members_;
  std::vector<record::FieldPath> removed_;
};

}  // namespace leat::plan
