#include "plan/shape.h"

#include <algorithm>
#include <span>

#include "base/check.h"
#include "plan/types.h"

namespace leat::plan {
namespace {

using record::FieldPath;

// True when `above` is `path` or one of its parents.
bool covers(const FieldPath& above, const FieldPath& path) {
  return above.size() <= path.size() && std::equal(above.begin(), above.end(), path.begin());
}
bool strictly_covers(const FieldPath& above, const FieldPath& path) {
  return above.size() < path.size() && covers(above, path);
}

FieldPath joined(FieldPath head, const FieldPath& whole, std::size_t from) {
  head.insert(head.end(), whole.begin() + static_cast<std::ptrdiff_t>(from), whole.end());
  return head;
}

}  // namespace

ScopeId Scopes::add_origin(codec::Reading reading, TypePtr type) {
  scopes_.push_back({std::move(reading), std::move(type), {}, std::make_shared<Slots>(), {}, {}});
  return scopes_.size() - 1;
}

ScopeId Scopes::add_union(std::vector<ScopeId> parents) {
  LEAT_CHECK(!parents.empty());
  codec::Reading reading = scopes_[parents[0]].reading;
  TypePtr type = scopes_[parents[0]].type;
  for (const ScopeId parent : parents)
    if (!same_type(type, scopes_[parent].type)) type = nullptr;
  scopes_.push_back({std::move(reading), std::move(type), std::move(parents), nullptr, {}, {}});
  return scopes_.size() - 1;
}

std::optional<std::size_t> Scopes::find(ScopeId scope, const FieldPath& path, Want want) const {
  const auto& columns = scopes_[scope].columns;
  const auto found = columns.find({path, want});
  if (found == columns.end()) return std::nullopt;
  return found->second;
}

std::size_t Scopes::column(ScopeId scope, const FieldPath& path, Want want) {
  if (const auto found = find(scope, path, want)) return *found;
  const std::size_t column = new_column();
  read_into(scope, path, want, column);
  return column;
}

void Scopes::read_into(ScopeId scope, const FieldPath& path, Want want, std::size_t column) {
  Scope& place = scopes_[scope];
  place.columns.emplace(std::pair(path, want), column);
  const auto kept = place.kept.find(path);
  if (want == Want::value && kept != place.kept.end())
    place.slots->copies.emplace_back(kept->second, column);
  else if (place.slots != nullptr)
    place.slots->read.push_back({path, want, column});
  for (const ScopeId parent : std::vector<ScopeId>(place.parents))
    read_into(parent, path, want, column);
}

void Scopes::keep(ScopeId origin, const FieldPath& path, std::size_t column) {
  scopes_[origin].kept.emplace(path, column);
  scopes_[origin].columns.emplace(std::pair(path, Want::value), column);
}

bool Scopes::may_lack(ScopeId scope, const FieldPath& path) const {
  const Scope& place = scopes_[scope];
  if (path.empty()) return false;
  if (!place.parents.empty())
    return std::any_of(place.parents.begin(), place.parents.end(),
                       [&](ScopeId parent) { return may_lack(parent, path); });
  if (place.type != nullptr || place.reading.format != codec::Format::json) return false;
  return std::none_of(place.kept.begin(), place.kept.end(), [&](const auto& kept) {
    return covers(kept.first, path) || covers(path, kept.first);
  });
}

Shape Shape::of(ScopeId scope, const Scopes& scopes) {
  Shape shape;
  shape.scope_ = scope;
  const codec::Reading& reading = scopes.reading(scope);
  const bool drops = reading.schema != nullptr && reading.schema->extra == spec::ExtraFields::drop;
  const auto add = [&](const std::string& name) {
    shape.members_.push_back({{name}, Place{scope, {name}}, 0, false});
  };
  switch (reading.format) {
    case codec::Format::json:
      if (!drops) return shape;
      shape.untouched_ = false;
      for (const auto& [name, type] : reading.schema->fields) add(name);
      break;
    case codec::Format::string:
    case codec::Format::bytes: add("value"); break;
    case codec::Format::csv:
      for (const std::string& name : reading.csv.fields) {
        if (drops && !known_at(scopes.type(scope), {&name, 1}).exists)
          shape.untouched_ = false;
        else if (std::none_of(shape.members_.begin(), shape.members_.end(),
                              [&](const Member& member) { return member.path[0] == name; }))
          add(name);
      }
      break;
  }
  shape.document_ = false;
  return shape;
}

Field Shape::find(const FieldPath& path, const Scopes& scopes, Naming naming) const {
  const auto document = [&](Place place, Naming how) -> Field {
    const Known known = known_at(scopes.type(place.scope), place.path);
    if (!known.exists && how == Naming::declared)
      return {Field::Kind::never, {}, 0, nullptr, known.missing, known.names};
    return {Field::Kind::document, std::move(place), 0, known.type, {}, {}, known.leaf,
            known.beyond};
  };
  const auto simply = [](Field::Kind kind) -> Field { return {kind, {}, 0, nullptr, {}, {}}; };
  if (path.empty())
    return untouched_ && document_ ? document({scope_, {}}, naming) : simply(Field::Kind::mixed);
  bool below = false;
  for (const Member& member : members_) {
    if (covers(member.path, path)) {
      if (member.copy_of) {
        const auto& [scope, from] = *member.copy_of;
        const bool extra = !known_at(scopes.type(scope), from).exists;
        return document({scope, joined(from, path, member.path.size())},
                        extra ? Naming::extra : naming);
      }
      if (member.path.size() < path.size()) {
        const Known known = known_at(member.type, std::span(path).subspan(member.path.size()));
        return {Field::Kind::mixed, {}, 0, nullptr, {}, {}, known.leaf, known.beyond};
      }
      return {Field::Kind::column, {}, member.column, member.type, {}, {}};
    }
    below = below || strictly_covers(path, member.path);
  }
  for (const FieldPath& gone : removed_) {
    if (covers(gone, path))
      return {Field::Kind::never, {}, 0, nullptr, path[0], known_names(scopes)};
    below = below || strictly_covers(path, gone);
  }
  if (below) return simply(Field::Kind::mixed);
  if (!document_) return {Field::Kind::never, {}, 0, nullptr, path[0], known_names(scopes)};
  Field found = document({scope_, path}, naming);
  if (found.kind == Field::Kind::never && path.size() == 1) found.names = known_names(scopes);
  return found;
}

std::vector<std::string> Shape::known_names(const Scopes& scopes) const {
  std::vector<std::string> names;
  const TypePtr& type = scopes.type(scope_);
  if (document_ && type == nullptr) return names;
  const auto add = [&](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const Member& member : members_) add(member.path[0]);
  if (!document_ || type->kind != spec::SchemaType::Kind::object) return names;
  for (const auto& [name, ignored] : type->members)
    if (std::find(removed_.begin(), removed_.end(), FieldPath{name}) == removed_.end()) add(name);
  return names;
}

bool Shape::can_set(const FieldPath& target) const {
  for (const Member& member : members_)
    if (strictly_covers(member.path, target)) return false;
  return std::none_of(removed_.begin(), removed_.end(),
                      [&](const FieldPath& gone) { return covers(gone, target); });
}

bool Shape::can_drop(const FieldPath& target) const {
  return std::none_of(members_.begin(), members_.end(),
                      [&](const Member& member) { return strictly_covers(member.path, target); });
}

std::vector<Place> Shape::parents_of(const FieldPath& target) const {
  std::vector<Place> parents;
  if (!document_) return parents;
  for (std::size_t size = 1; size < target.size(); ++size)
    parents.push_back(
        {scope_, FieldPath(target.begin(), target.begin() + static_cast<std::ptrdiff_t>(size))});
  return parents;
}

void Shape::set(Member member) {
  LEAT_CHECK(can_set(member.path));
  untouched_ = false;
  const FieldPath target = member.path;
  const auto inside = [&target](const Member& other) { return covers(target, other.path); };
  const auto first = std::find_if(members_.begin(), members_.end(), inside);
  if (first == members_.end()) {
    members_.push_back(std::move(member));
  } else {
    *first = std::move(member);
    members_.erase(std::remove_if(first + 1, members_.end(), inside), members_.end());
  }
  std::erase_if(removed_, [&target](const FieldPath& gone) { return covers(target, gone); });
}

void Shape::drop(const FieldPath& target) {
  LEAT_CHECK(can_drop(target));
  untouched_ = false;
  std::erase_if(members_, [&target](const Member& member) { return covers(target, member.path); });
  if (!document_ || std::any_of(removed_.begin(), removed_.end(),
                                [&](const FieldPath& gone) { return covers(gone, target); }))
    return;
  std::erase_if(removed_, [&target](const FieldPath& gone) { return covers(target, gone); });
  removed_.push_back(target);
}

void Shape::select(std::vector<Member> members) {
  untouched_ = false;
  document_ = false;
  members_ = std::move(members);
  removed_.clear();
}

record::Layout Shape::layout(Scopes& scopes) const {
  record::Layout layout;
  layout.document = document_;
  layout.removed = removed_;
  for (const Member& member : members_) {
    const std::size_t column =
        member.copy_of ? scopes.column(member.copy_of->scope, member.copy_of->path, Want::token)
                       : member.written.value_or(member.column);
    layout.members.push_back({member.path, column, member.null_if_absent});
  }
  return layout;
}

TypePtr Shape::type(const Scopes& scopes) const {
  const TypePtr& before = scopes.type(scope_);
  if (before == nullptr) return nullptr;
  auto after = std::make_shared<spec::SchemaType>();
  after->kind = spec::SchemaType::Kind::object;
  if (document_) *after = *before;
  for (const FieldPath& gone : removed_) remove_member(*after, gone);
  for (const Member& member : members_) {
    const TypePtr type =
        member.copy_of ? known_at(scopes.type(member.copy_of->scope), member.copy_of->path).type
                       : member.type;
    set_member(*after, member.path, type);
  }
  return after;
}

std::vector<Member> Shape::computed() const {
  std::vector<Member> all;
  for (const Member& member : members_)
    if (!member.copy_of) all.push_back(member);
  return all;
}

}  // namespace leat::plan
