#include "spec/excerpt.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace leat::spec {
namespace {

constexpr std::size_t kCaretMax = 60;

std::string_view line_of(std::string_view text, int number) {
  for (int line = 1; line < number; ++line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

// The code points of a line, each as the bytes it has.
std::vector<std::string_view> code_points(std::string_view line) {
  std::vector<std::string_view> points;
  for (std::size_t at = 0; at < line.size();) {
    std::size_t end = at + 1;
    while (end < line.size() && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) ++end;
    points.push_back(line.substr(at, end - at));
    at = end;
  }
  return points;
}

bool begins_low_surrogate(const std::vector<std::string_view>& points, std::size_t at) {
  return at + 3 < points.size() && points[at] == "\\" && points[at + 1] == "u" &&
         (points[at + 2] == "d" || points[at + 2] == "D") &&
         std::string_view("cdefCDEF").find(points[at + 3][0]) != std::string_view::npos;
}

// Where the code point `count` of a decoded string stands, whose quote is at `at`.
std::size_t inside_string(const std::vector<std::string_view>& points, std::size_t at,
                          std::size_t count) {
  ++at;
  for (; count > 0 && at < points.size() && points[at] != "\""; --count) {
    if (points[at] != "\\") {
      ++at;
      continue;
    }
    at += at + 1 < points.size() && points[at + 1] == "u" ? 6 : 2;
    if (begins_low_surrogate(points, at)) at += 6;
  }
  return std::min(at, points.size());
}

// [begin, end) of what the caret is under, in code points of the line.
std::pair<std::size_t, std::size_t> marked(const std::vector<std::string_view>& points,
                                           const Diagnostic& diagnostic) {
  const std::size_t begin =
      std::min(static_cast<std::size_t>(std::max(diagnostic.column, 1)) - 1, points.size());
  if (!diagnostic.span || begin == points.size() || points[begin] != "\"")
    return {begin, begin + 1};
  const std::size_t first = inside_string(points, begin, diagnostic.span->first);
  const std::size_t last = inside_string(points, begin, diagnostic.span->second);
  return {first, std::max(last, first + 1)};
}

}  // namespace

std::string excerpt(std::string_view text, const Diagnostic& diagnostic) {
  if (diagnostic.line <= 0) return {};
  const auto points = code_points(line_of(text, diagnostic.line));
  const auto [begin, end] = marked(points, diagnostic);
  const std::size_t first =
      begin + kCaretMax > kExcerptColumns ? begin + kCaretMax - kExcerptColumns : 0;
  const std::size_t last = std::min(points.size(), first + kExcerptColumns);
  const std::string number = std::to_string(diagnostic.line);
  std::string shown = "  " + number + " | " + (first > 0 ? "…" : "");
  std::string caret = "  " + std::string(number.size(), ' ') + " | " + (first > 0 ? " " : "");
  for (std::size_t i = first; i < last; ++i) {
    std::string point;
    if (points[i] == "\t")
      point = " ";
    else
      base::append_printable(point, points[i]);
    shown += point;
    // What is escaped takes several columns.
    if (i < begin) caret += std::string(base::count_code_points(point), ' ');
  }
  if (last < points.size()) shown += "…";
  return shown + "\n" + caret + "^" + std::string(std::min(end - begin, kCaretMax) - 1, '~') + "\n";
}

Diagnostic at_caret(std::string_view text, Diagnostic diagnostic) {
  if (diagnostic.line <= 0 || !diagnostic.span) return diagnostic;
  const auto points = code_points(line_of(text, diagnostic.line));
  diagnostic.column = static_cast<int>(marked(points, diagnostic).first) + 1;
  diagnostic.span.reset();
  return diagnostic;
}

}  // namespace leat::spec
