#pragma once

#include <string_view>

#include "expr/absent_error.h"

// Why a row fails that lacks what an expression reads: kNoSuchField with the name of it.
namespace leat::expr {

// Of a value that is no field of the row: an element of a list, what a function gives.
const record::RowError& absent_member(std::string_view name);
const record::RowError& absent_header(std::string_view name);

// kNoSuchOverload of has(a.b), a.?b where {a} has no members, and of a member of a value that has none.
const record::RowError& no_members(const record::FieldPath& path);
const record::RowError& no_members_for(std::string_view name);

}  // namespace leat::expr
