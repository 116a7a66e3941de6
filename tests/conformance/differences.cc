#include "conformance/differences.h"

namespace leat::conformance {
namespace {

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

}  // namespace

std::map<std::string, std::string> read_differences(std::string_view markdown) {
  std::map<std::string, std::string> all;
  while (!markdown.empty()) {
    const std::size_t end = std::min(markdown.find('\n'), markdown.size());
    const std::string_view line = trim(markdown.substr(0, end));
    markdown.remove_prefix(std::min(end + 1, markdown.size()));
    const std::size_t closing = line.find("` |");
    if (!line.starts_with("| `") || closing == std::string_view::npos || !line.ends_with("|"))
      continue;
    const std::string_view cells = line.substr(0, line.size() - 1);
    all[std::string(line.substr(3, closing - 3))] = trim(cells.substr(cells.rfind('|') + 1));
  }
  return all;
}

}  // namespace leat::conformance
