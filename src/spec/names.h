#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace leat::spec {

// For messages, where no name is near to what was written: ": there is `a`, `b`" with the first
// eight, and how many more there are; empty without names.
std::string listed(const std::vector<std::string_view>& names);

}  // namespace leat::spec
