#include "spec/names.h"

#include <algorithm>

#include "spec/reading.h"

namespace leat::spec {

std::string listed(const std::vector<std::string_view>& names) {
  constexpr std::size_t kMost = 8;
  const std::size_t shown = std::min(names.size(), kMost);
  std::string out = names.empty() ? "" : names.size() == 1 ? ": there is " : ": there are ";
  for (std::size_t i = 0; i < shown; ++i) out += (i == 0 ? "" : ", ") + quoted(names[i]);
  if (names.size() > shown) out += " and " + std::to_string(names.size() - shown) + " more";
  return out;
}

}  // namespace leat::spec
