#include "spec/glob.h"

#include <cstddef>

namespace leat::spec {

bool glob_matches(std::string_view glob, std::string_view text) noexcept {
  std::size_t at = 0;
  std::size_t star = std::string_view::npos;  // the last one seen
  std::size_t resume = 0;                     // where the text goes on behind it
  std::size_t i = 0;
  while (i < text.size()) {
    if (at < glob.size() && glob[at] == '*') {
      star = at++;
      resume = i;
    } else if (at < glob.size() && (glob[at] == '?' || glob[at] == text[i])) {
      ++at;
      ++i;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      i = ++resume;
    } else {
      return false;
    }
  }
  while (at < glob.size() && glob[at] == '*') ++at;
  return at == glob.size();
}

}  // namespace leat::spec
