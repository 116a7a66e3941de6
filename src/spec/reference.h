#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace leat::spec {

// The reference page of definitions in Markdown, made from the table of fields: every object with
// its keys, values, defaults and meaning; then the Kafka properties that may be tuned. Pure.
std::string write_reference_page();

// What the table says about a key, for a terminal: `sources.*.kafka.start`, `steps.set`; names of
// sources, sinks and so on are any word. For a key with an object inside, its keys one a line.
// "" = the whole definition. Error: not_found with a sentence for people and near names.
Result<std::string> describe_key(std::string_view path);

}  // namespace leat::spec
