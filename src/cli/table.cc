#include <algorithm>

#include "base/text.h"
#include "cli/console.h"

namespace leat::cli {
namespace {

std::string_view color_of(std::string_view cell) {
  if (cell == "running" || cell == "True" || cell == "created") return "\x1b[32m";
  if (cell == "failed" || cell == "False") return "\x1b[31m";
  if (cell == "paused" || cell == "starting" || cell == "draining" || cell == "changed")
    return "\x1b[33m";
  return {};
}

}  // namespace

std::string Table::text(bool color) const {
  std::vector<std::size_t> widths;
  std::vector<std::vector<std::string>> rows;
  for (const std::vector<std::string>& row : rows_) {
    std::vector<std::string>& cells = rows.emplace_back();
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      base::append_printable(cells.emplace_back(), row[i]);
      widths[i] = std::max(widths[i], base::count_code_points(cells.back()));
    }
  }
  std::string out;
  for (const std::vector<std::string>& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string_view paint = color ? color_of(row[i]) : std::string_view();
      out += paint;
      out += row[i];
      if (!paint.empty()) out += "\x1b[0m";
      if (i + 1 < row.size()) out.append(widths[i] - base::count_code_points(row[i]) + 2, ' ');
    }
    out += '\n';
  }
  return out;
}

}  // namespace leat::cli
