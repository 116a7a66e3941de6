#pragma once

#include <optional>
#include <string>

#include "base/arena.h"
#include "conformance/text_format.h"
#include "record/value.h"

// Values of the vectors (messages cel.expr.Value) and ours.
namespace leat::conformance {

// A message cel.expr.Value as a value of ours, in the arena's memory; nothing for what needs protobuf
// message or enum types.
std::optional<record::Value> read_value(const Message& value, base::Arena& arena);

// Whether both are the same: of one type, NaN is NaN, maps in any order.
bool same_value(const record::Value& a, const record::Value& b);

// The type that a message cel.expr.Type names; nothing for dyn and for what has no one type of ours.
std::optional<record::Type> read_type(const Message& type);

// For people: "int 3", "{string a: [uint 1]}", "error DIVIDE_BY_ZERO".
std::string show_value(const record::Value& value);

}  // namespace leat::conformance
