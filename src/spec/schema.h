#pragma once

#include <string>

#include "spec/parse.h"

namespace leat::spec {

// The JSON Schema (2020-12) of a definition, made from the table of fields: types, bounds, words,
// defaults and descriptions, so that an editor completes and checks. Keys to come are not in it.
// Rules between keys stand in it where the language has words for them; parse_pipeline() alone
// knows about names, topics and sizes in bytes. Indented text with a line end. Pure.
std::string write_json_schema(const Options& options = default_options());

}  // namespace leat::spec
