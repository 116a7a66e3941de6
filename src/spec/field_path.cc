#include "spec/field_path.h"

#include <algorithm>
#include <array>

namespace leat::spec {
namespace {

// Words that an expression does not take as the name of a field.
constexpr std::array<std::string_view, 24> kReserved{
    "as",   "break",  "const", "continue", "else", "false", "for",     "function",
    "if",   "import", "in",    "let",      "loop", "meta",  "package", "namespace",
    "null", "return", "this",  "true",     "var",  "void",  "while",   "optional"};

bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_word(char c) noexcept { return is_letter(c) || (c >= '0' && c <= '9'); }

Status bad(std::string_view why) { return Status(Code::invalid_argument, std::string(why)); }

Status take_quoted(std::string_view& text, std::string& segment) {
  const std::size_t end = text.find('`', 1);
  if (end == std::string_view::npos) return bad("a backtick has no partner");
  if (end == 1) return bad("a segment is empty");
  if (text.substr(0, end).find_first_of("\r\n") != std::string_view::npos)
    return bad("no line end can stand between backticks");
  segment = text.substr(1, end - 1);
  text.remove_prefix(end + 1);
  return {};
}

Status take_segment(std::string_view& text, std::string& segment) {
  if (text.empty() || text[0] == '.') return bad("a segment is empty");
  if (text[0] == '`') return take_quoted(text, segment);
  if (!is_letter(text[0]))
    return bad("a segment begins with a letter or `_`; write others in backticks");
  std::size_t end = 1;
  while (end < text.size() && is_word(text[end])) ++end;
  segment = text.substr(0, end);
  text.remove_prefix(end);
  return {};
}

}  // namespace

Result<FieldPath> parse_field_path(std::string_view text) {
  constexpr std::size_t kSegmentsMax = 64;
  if (text.empty()) return bad("a field path is empty");
  FieldPath path;
  while (true) {
    std::string segment;
    if (Status status = take_segment(text, segment); !status.ok()) return status;
    path.push_back(std::move(segment));
    if (path.size() > kSegmentsMax) return bad("a field path has at most 64 segments");
    if (text.empty()) return path;
    if (text[0] == '[') return bad("list indexes cannot stand in a field path");
    if (text[0] != '.')
      return bad("segments are letters, digits and `_`; write others in backticks");
    text.remove_prefix(1);
  }
}

bool is_reserved_word(std::string_view name) noexcept {
  return std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
}

std::string format_field_path(const FieldPath& path) {
  std::string text;
  for (const std::string& segment : path) {
    if (!text.empty()) text += '.';
    const bool plain = !segment.empty() && is_letter(segment[0]) &&
                       std::all_of(segment.begin(), segment.end(), is_word) &&
                       !is_reserved_word(segment);
    if (plain)
      text += segment;
    else
      text += "`" + segment + "`";
  }
  return text;
}

std::string quoted_field_path(const FieldPath& path) {
  const std::string text = format_field_path(path);
  return text.find('`') == std::string::npos ? "`" + text + "`" : text;
}

}  // namespace leat::spec
