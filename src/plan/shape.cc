#include "plan/shape.h"

#include <algorithm>

#include "base/check.h"

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

ScopeId Scopes::add_origin(codec::Format format) {
  scopes_.push_back({format, {}, std::make_shared<Slots>(), {}});
  return scopes_.size() - 1;
}

ScopeId Scopes::add_union(std::vector<ScopeId> parents) {
  LEAT_CHECK(!parents.empty());
  const codec::Format format = scopes_[parents[0]].format;
  scopes_.push_back({format, std::move(parents), nullptr, {}});
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
  scopes_[scope].columns.emplace(std::pair(path, want), column);
  if (scopes_[scope].slots != nullptr) scopes_[scope].slots->push_back({path, want, column});
  for (const ScopeId parent : std::vector<ScopeId>(scopes_[scope].parents))
    read_into(parent, path, want, column);
}

Shape Shape::of(ScopeId scope, codec::Format format) {
  Shape shape;
  shape.scope_ = scope;
  if (format != codec::Format::json) {
    shape.document_ = false;
    shape.members_.push_back({{"value"}, FieldPath{"value"}, 0});
  }
  return shape;
}

Field Shape::find(const FieldPath& path) const {
  if (path.empty())
    return {untouched_ && document_ ? Field::Kind::document : Field::Kind::mixed, {}, 0};
  bool below = false;
  for (const Member& member : members_) {
    if (covers(member.path, path)) {
      if (member.copy_of)
        return {Field::Kind::document, joined(*member.copy_of, path, member.path.size()), 0};
      if (member.path.size() < path.size()) return {Field::Kind::mixed, {}, 0};
      return {Field::Kind::column, {}, member.column};
    }
    below = below || strictly_covers(path, member.path);
  }
  for (const FieldPath& gone : removed_) {
    if (covers(gone, path)) return {Field::Kind::never, {}, 0};
    below = below || strictly_covers(path, gone);
  }
  if (below) return {Field::Kind::mixed, {}, 0};
  if (!document_) return {Field::Kind::never, {}, 0};
  return {Field::Kind::document, path, 0};
}

std::vector<std::string> Shape::known_names() const {
  std::vector<std::string> names;
  if (document_) return names;
  for (const Member& member : members_) names.push_back(member.path[0]);
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
        member.copy_of ? scopes.column(scope_, *member.copy_of, Want::token) : member.column;
    layout.members.push_back({member.path, column});
  }
  return layout;
}

}  // namespace leat::plan
