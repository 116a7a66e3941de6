#pragma once

#include <string_view>

namespace leat::spec {

// Whether the whole of `text` fits a glob: `*` is any text, `?` any one byte, all else itself.
bool glob_matches(std::string_view glob, std::string_view text) noexcept;

}  // namespace leat::spec
