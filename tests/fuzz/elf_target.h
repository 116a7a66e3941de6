#pragma once

#include <string_view>

#include "base/check.h"
#include "base/text.h"
#include "plugin/elf.h"
#include "plugin/inspect.h"

// The look at a plugin's file before anybody loads it.
namespace leat::fuzz {

inline void check_views(std::string_view bytes, const plugin::ElfFacts& facts) {
  const auto lies_in = [bytes](std::string_view text) {
    return text.empty() || (text.data() >= bytes.data() &&
                            text.data() + text.size() <= bytes.data() + bytes.size());
  };
  for (const auto& note : facts.notes) LEAT_CHECK(lies_in(note.description));
  for (const auto& name : facts.needed) LEAT_CHECK(lies_in(name));
  for (const auto& path : facts.search_paths) LEAT_CHECK(lies_in(path));
  for (const auto& symbol : facts.exports) LEAT_CHECK(lies_in(symbol.name));
  for (const auto& name : facts.unique) LEAT_CHECK(lies_in(name));
}

inline void fuzz_elf(std::string_view bytes) {
  const plugin::Checked<plugin::ElfFacts> facts = plugin::read_elf(bytes);
  if (facts.ok()) check_views(bytes, *facts);
  const plugin::Inspection found = plugin::inspect(bytes);
  // Refused, or somebody.
  LEAT_CHECK(found.identity.has_value() || !found.ok());
  LEAT_CHECK(facts.ok() || !found.ok());
  for (const plugin::Refusal& refusal : found.refusals) {
    LEAT_CHECK(plugin::check_of(refusal.code) == 3);
    LEAT_CHECK(base::valid_utf8(refusal.message) && !refusal.message.empty());
  }
  if (found.identity) {
    LEAT_CHECK(plugin::is_plugin_name(found.identity->name));
    LEAT_CHECK(plugin::parse_version(to_string(found.identity->version)) ==
               found.identity->version);
  }
}

}  // namespace leat::fuzz
