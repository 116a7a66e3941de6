#pragma once

#include "expr/errors.h"
#include "record/layout.h"

namespace leat::expr {

// kNoSuchField whose message names the field: record::named_error(). {} = the row.
const record::RowError& absent_field(const record::FieldPath& path);

}  // namespace leat::expr
