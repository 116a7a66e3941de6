#pragma once

#include <string_view>

namespace leat::base {

std::string_view version() noexcept;  // "0.1.0"
std::string_view commit() noexcept;   // short hash, or "unknown"

}  // namespace leat::base
