#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expr/program.h"
#include "plan/shape.h"

// What schemas say, followed through a pipeline.
namespace leat::plan {

// What is known of a field beneath `type`.
struct Known {
  bool exists = true;              // false: an object on the way is declared and has no such member
  TypePtr type;                    // null = nothing is known
  std::string missing;             // when it does not exist: the name that is not there,
  std::vector<std::string> names;  // and those that its object has
  // The type of a value on the way that has no members, a scalar or a list: null = none is known;
  // and how many names of the path stand behind it.
  TypePtr leaf = nullptr;
  std::size_t beyond = 0;
};
Known known_at(const TypePtr& type, std::span<const std::string> path);
// What is known of a program's values; null = nothing. They are `required`: null maybe, never absent.
TypePtr type_of(const expr::Program& program);
// The type's name as messages have it: "int", "a list".
std::string_view name_of(spec::SchemaType::Kind kind) noexcept;
bool same_type(const TypePtr& a, const TypePtr& b) noexcept;
// `root` (an object) with the type of one member replaced, or removed. A type of null says that the
// member is there and nothing more. Members of a map are known together: what one becomes, all may
// be.
void set_member(spec::SchemaType& root, std::span<const std::string> path, const TypePtr& type);
void remove_member(spec::SchemaType& root, std::span<const std::string> path);

}  // namespace leat::plan
