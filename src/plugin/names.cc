#include "plugin/names.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace leat::plugin {
namespace {

constexpr std::array<std::string_view, 20> kReservedWords{
    "as",       "break",     "const",  "continue", "else", "false", "for",
    "function", "if",        "import", "in",       "let",  "loop",  "null",
    "package",  "namespace", "return", "true",     "var",  "void"};
constexpr std::array<std::string_view, 18> kLanguageNames{
    "this", "meta", "math", "strings", "lists", "sets", "base64", "cel",   "optional",
    "time", "hash", "hex",  "url",     "json",  "net",  "text",   "regex", "while"};

bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }

bool is_word(std::string_view name, std::size_t bytes_max) noexcept {
  if (name.empty() || name.size() > bytes_max || !is_lower(name.front())) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return is_lower(c) || is_digit(c) || c == '_'; });
}

bool is_reserved(std::string_view name) noexcept {
  return name == "while" ||
         std::find(kReservedWords.begin(), kReservedWords.end(), name) != kReservedWords.end();
}

// The next number of a dotted text, taken off its front.
std::optional<std::uint32_t> take_number(std::string_view& text) noexcept {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::size_t digits = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || digits == 0 || (digits > 1 && text.front() == '0')) return {};
  text.remove_prefix(digits);
  return number;
}

bool take_dot(std::string_view& text) noexcept {
  if (!text.starts_with('.')) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

bool is_plugin_name(std::string_view name) noexcept {
  return is_word(name, 31) && !is_reserved(name) &&
         std::find(kLanguageNames.begin(), kLanguageNames.end(), name) == kLanguageNames.end();
}

bool is_function_name(std::string_view name) noexcept {
  return is_word(name, 63) && !is_reserved(name);
}

bool is_library_file_name(std::string_view name) noexcept {
  if (!name.ends_with(".so") || name.size() < 4 || name.size() > 130) return false;
  const auto plain = [](char c) { return is_lower(c) || is_upper(c) || is_digit(c); };
  return plain(name.front()) && std::all_of(name.begin(), name.end(), [&](char c) {
           return plain(c) || c == '.' || c == '_' || c == '-';
         });
}

bool is_sha256(std::string_view text) noexcept {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return is_digit(c) || (c >= 'a' && c <= 'f');
         });
}

std::optional<Version> parse_version(std::string_view text) noexcept {
  if (text.size() > 31) return {};
  const auto major = take_number(text);
  if (!major || !take_dot(text)) return {};
  const auto minor = take_number(text);
  if (!minor || !take_dot(text)) return {};
  const auto patch = take_number(text);
  if (!patch || !text.empty()) return {};
  return Version{*major, *minor, *patch};
}

std::string to_string(const Version& version) {
  return std::to_string(version.major) + '.' + std::to_string(version.minor) + '.' +
         std::to_string(version.patch);
}

bool VersionRange::takes(const Version& version, std::string_view content) const noexcept {
  if (by_content()) return content == sha256;
  if (exact) return version == low;
  return version.major == low.major && version.minor == low.minor;
}

std::optional<VersionRange> parse_version_range(std::string_view text) {
  constexpr std::string_view kContent = "sha256:";
  VersionRange range;
  if (text.starts_with(kContent)) {
    text.remove_prefix(kContent.size());
    if (!is_sha256(text)) return {};
    range.sha256 = text;
    return range;
  }
  if (const auto version = parse_version(text)) {
    range.low = *version;
    range.exact = true;
    return range;
  }
  // Two numbers are three with any patch.
  if (text.empty() || text.back() == '.') return {};
  const auto version = parse_version(std::string(text) + ".0");
  if (!version) return {};
  range.low = *version;
  return range;
}

std::string to_string(const VersionRange& range) {
  if (range.by_content()) return "sha256:" + range.sha256;
  if (range.exact) return to_string(range.low);
  return std::to_string(range.low.major) + '.' + std::to_string(range.low.minor);
}

}  // namespace leat::plugin
