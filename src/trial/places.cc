#include "trial/places.h"

#include <algorithm>

#include "base/text.h"
#include "spec/excerpt.h"

namespace leat::trial {
namespace {

// Whether nothing but space stands at a line or behind it.
bool ends_before(std::string_view text, int line) {
  for (int i = 1; i < line; ++i) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

spec::Diagnostic at_exact_place(std::string_view text, spec::Diagnostic diagnostic) {
  diagnostic.column = spec::at_caret(text, diagnostic).column;
  const bool past_end = diagnostic.line > 1 && diagnostic.code == "MALFORMED_JSON" &&
                        ends_before(text, diagnostic.line);
  const std::size_t last = past_end ? text.find_last_not_of(" \t\r\n") : std::string_view::npos;
  if (last == std::string_view::npos) return diagnostic;
  text = text.substr(0, last + 1);
  const std::size_t begin = text.rfind('\n') + 1;
  diagnostic.line = static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 1;
  diagnostic.column = static_cast<int>(base::count_code_points(text.substr(begin))) + 1;
  return diagnostic;
}

void to_exact_places(std::string_view text, std::vector<spec::Diagnostic>& diagnostics) {
  for (spec::Diagnostic& one : diagnostics) one = at_exact_place(text, std::move(one));
}

}  // namespace leat::trial
