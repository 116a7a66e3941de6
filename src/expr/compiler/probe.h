#pragma once

#include <optional>
#include <vector>

#include "expr/ast.h"
#include "expr/functions.h"

// Some literals make a call fail whatever its other arguments are: `time.format(t, '%Q')`. Such a
// call is tried once with examples for what comes from the row.
namespace leat::expr {

// A value that argument `k` could have in some row, written as `argument`; nothing when there is no
// example for its types.
std::optional<Value> example_argument(const Function& function, std::size_t k, const Node& argument,
                                      base::Arena& arena);

// Whether the error that a call gave for `row` follows from the arguments that are constant alone;
// the others are examples.
bool blames_constants(const Function& function, const RowError& error,
                      const std::vector<Value>& row, const std::vector<bool>& constant);

}  // namespace leat::expr
