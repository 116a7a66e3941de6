#include "plan/types.h"

#include <algorithm>
#include <utility>

namespace leat::plan {
namespace {

using spec::SchemaType;

auto find_member(const SchemaType& type, const std::string& name) {
  return std::find_if(type.members.begin(), type.members.end(),
                      [&](const auto& member) { return member.name == name; });
}

bool same(const SchemaType& a, const SchemaType& b) noexcept {
  if (a.kind != b.kind || a.required != b.required || a.members.size() != b.members.size())
    return false;
  if ((a.element != nullptr) != (b.element != nullptr)) return false;
  if (a.element != nullptr && !same(*a.element, *b.element)) return false;
  for (std::size_t i = 0; i < a.members.size(); ++i)
    if (a.members[i].name != b.members[i].name || !same(a.members[i].type, b.members[i].type))
      return false;
  return true;
}

}  // namespace

Known known_at(const TypePtr& type, std::span<const std::string> path) {
  Known known{true, type, {}, {}};
  for (std::size_t i = 0; i < path.size(); ++i) {
    const std::string& name = path[i];
    if (known.type == nullptr) return known;
    switch (known.type->kind) {
      case SchemaType::Kind::object: {
        const auto found = find_member(*known.type, name);
        if (found == known.type->members.end()) {
          for (const auto& [other, ignored] : known.type->members) known.names.push_back(other);
          known.missing = name;
          known.exists = false;
          known.type = nullptr;
          return known;
        }
        known.type = TypePtr(known.type, &found->type);
        break;
      }
      case SchemaType::Kind::map: known.type = known.type->element; break;
      case SchemaType::Kind::json: known.type = nullptr; break;
      default:
        known.leaf = std::exchange(known.type, nullptr);
        known.beyond = path.size() - i;
        return known;
    }
  }
  return known;
}

namespace {

// Whether a value of `type` at `path` below a map is what its schema says of all of its members.
bool fits_members(const SchemaType& map, std::span<const std::string> path, const TypePtr& type) {
  const TypePtr declared = known_at(map.element, path.subspan(1)).type;
  if (declared == nullptr || declared->required || type == nullptr) return false;
  SchemaType nullable = *type;
  nullable.required = false;
  return same(nullable, *declared);
}

// The map's members may be anything.
void forget_members(SchemaType& map) { map.element = std::make_shared<const SchemaType>(); }

}  // namespace

TypePtr type_of(const expr::Program& program) {
  using Kind = spec::SchemaType::Kind;
  const std::optional<record::Type> type = program.type();
  if (!type) return nullptr;
  auto made = std::make_shared<spec::SchemaType>();
  made->required = true;
  switch (*type) {
    case record::Type::boolean: made->kind = Kind::boolean; return made;
    case record::Type::integer: made->kind = Kind::integer; return made;
    case record::Type::real: made->kind = Kind::real; return made;
    case record::Type::string: made->kind = Kind::string; return made;
    case record::Type::bytes: made->kind = Kind::bytes; return made;
    case record::Type::timestamp: made->kind = Kind::timestamp; return made;
    default: return nullptr;
  }
}

std::string_view name_of(SchemaType::Kind kind) noexcept {
  switch (kind) {
    case SchemaType::Kind::boolean: return "bool";
    case SchemaType::Kind::integer: return "int";
    case SchemaType::Kind::real: return "double";
    case SchemaType::Kind::string: return "string";
    case SchemaType::Kind::bytes: return "bytes";
    case SchemaType::Kind::timestamp: return "timestamp";
    case SchemaType::Kind::json: return "json";
    case SchemaType::Kind::list: return "a list";
    case SchemaType::Kind::map: return "a map";
    case SchemaType::Kind::object: return "an object";
  }
  return "json";
}

bool same_type(const TypePtr& a, const TypePtr& b) noexcept {
  if (a == b) return true;
  return a != nullptr && b != nullptr && same(*a, *b);
}

void set_member(SchemaType& root, std::span<const std::string> path, const TypePtr& type) {
  if (root.kind == SchemaType::Kind::map && !fits_members(root, path, type)) forget_members(root);
  if (root.kind != SchemaType::Kind::object) return;
  auto found = std::find_if(root.members.begin(), root.members.end(),
                            [&](const auto& member) { return member.name == path[0]; });
  if (found == root.members.end()) {
    root.members.push_back({path[0], SchemaType()});
    found = root.members.end() - 1;
    if (path.size() > 1) found->type.kind = SchemaType::Kind::object;
  }
  if (path.size() > 1) return set_member(found->type, path.subspan(1), type);
  found->type = type != nullptr ? *type : SchemaType();
  found->type.required = false;
}

void remove_member(SchemaType& root, std::span<const std::string> path) {
  if (root.kind == SchemaType::Kind::map && path.size() > 1) forget_members(root);
  if (root.kind != SchemaType::Kind::object) return;
  const auto found = std::find_if(root.members.begin(), root.members.end(),
                                  [&](const auto& member) { return member.name == path[0]; });
  if (found == root.members.end()) return;
  if (path.size() > 1) return remove_member(found->type, path.subspan(1));
  root.members.erase(found);
}

}  // namespace leat::plan
