#include "base/version.h"

namespace leat::base {

std::string_view version() noexcept { return LEAT_VERSION; }
std::string_view commit() noexcept {
  constexpr std::string_view text = LEAT_COMMIT;
  return text.empty() ? "unknown" : text;
}

}  // namespace leat::base
