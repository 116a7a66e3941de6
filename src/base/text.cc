#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>

namespace leat::base {
namespace {

// Length of the valid sequence at the start of `s`, 0 when there is none.
std::size_t sequence_length(std::string_view s) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const auto follows = [&](std::size_t i, unsigned low, unsigned high) {
    return i < s.size() && at(i) >= low && at(i) <= high;
  };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return follows(1, 0x80, 0xBF) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = lead == 0xED ? 0x9F : 0xBF;
    return follows(1, low, high) && follows(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;
    return follows(1, low, high) && follows(2, 0x80, 0xBF) && follows(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

void append_hex_escape(std::string& out, const char* format, unsigned char c) {
  char text[8];
  std::snprintf(text, sizeof text, format, static_cast<unsigned>(c));
  out += text;
}

template <class Control>
void append_escaped(std::string& out, std::string_view text, bool quotes, Control control) {
  while (!text.empty()) {
    const auto c = static_cast<unsigned char>(text[0]);
    const std::size_t length = sequence_length(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(1);
      continue;
    }
    if (c < 0x20 || c == 0x7F) {
      control(c);
    } else if (quotes && (c == '"' || c == '\\')) {
      out += '\\';
      out += text[0];
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length);
  }
}

// Bytes put in, taken out, changed, or changed about with their neighbour (optimal string
// alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr std::array<Unit, 7> kDurationUnits{{{"d", 86'400'000'000'000},
                                              {"h", 3'600'000'000'000},
                                              {"m", 60'000'000'000},
                                              {"s", 1'000'000'000},
                                              {"ms", 1'000'000},
                                              {"us", 1'000},
                                              {"ns", 1}}};
constexpr std::array<Unit, 8> kSizeUnits{{{"B", 1},
                                          {"KB", 1000},
                                          {"kB", 1000},
                                          {"KiB", 1024},
                                          {"MB", 1'000'000},
                                          {"MiB", 1024 * 1024},
                                          {"GB", 1'000'000'000},
                                          {"GiB", 1024 * 1024 * 1024}}};

template <class Units>
const Unit* find_unit(const Units& units, std::string_view name) noexcept {
  for (const Unit& unit : units)
    if (unit.name == name) return &unit;
  return nullptr;
}

// Reads `digits unit` at the front of `text`; adds number × factor to `total`.
template <class Units>
bool take_quantity(const Units& units, std::string_view& text, std::uint64_t& total) noexcept {
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  std::size_t i = 0;
  std::uint64_t number = 0;
  while (i < text.size() && text[i] >= '0' && text[i] <= '9') {
    const auto digit = static_cast<std::uint64_t>(text[i] - '0');
    if (number > (kMax - digit) / 10) return false;
    number = number * 10 + digit;
    ++i;
  }
  if (i == 0) return false;
  std::size_t end = i;
  while (end < text.size() && (text[end] < '0' || text[end] > '9')) ++end;
  const Unit* unit = find_unit(units, text.substr(i, end - i));
  if (unit == nullptr || number > kMax / unit->factor) return false;
  const std::uint64_t value = number * unit->factor;
  if (total > kMax - value) return false;
  total += value;
  text.remove_prefix(end);
  return true;
}

}  // namespace

std::size_t valid_utf8_prefix(std::string_view bytes) noexcept {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const std::size_t length = sequence_length(bytes.substr(at));
    if (length == 0) break;
    at += length;
  }
  return at;
}

bool valid_utf8(std::string_view bytes) noexcept {
  return valid_utf8_prefix(bytes) == bytes.size();
}

std::size_t count_code_points(std::string_view utf8) noexcept {
  std::size_t n = 0;
  for (const char c : utf8) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return n;
}

void append_json_escaped(std::string& out, std::string_view text) {
  append_escaped(out, text, true, [&](unsigned char c) {
    switch (c) {
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      default: c == 0x7F ? void(out += '\x7f') : append_hex_escape(out, "\\u%04x", c);
    }
  });
}

void append_printable(std::string& out, std::string_view text) {
  append_escaped(out, text, false, [&](unsigned char c) {
    switch (c) {
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default: append_hex_escape(out, "\\x%02x", c);
    }
  });
}

std::vector<std::string> nearest(std::string_view word,
                                 const std::vector<std::string_view>& candidates,
                                 std::size_t most) {
  constexpr std::size_t kWordMax = 128;
  std::vector<std::pair<std::size_t, std::string_view>> near;
  if (word.size() > kWordMax) return {};
  const std::size_t limit = std::max<std::size_t>(1, word.size() / 3);
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > kWordMax || candidate == word) continue;
    const std::size_t distance = edit_distance(word, candidate);
    if (distance <= limit && distance < std::max(word.size(), candidate.size()))
      near.emplace_back(distance, candidate);
  }
  std::sort(near.begin(), near.end());
  std::vector<std::string> names;
  for (const auto& [distance, name] : near)
    if (names.size() < most) names.emplace_back(name);
  return names;
}

bool parse_duration_ns(std::string_view text, std::int64_t& out_ns) noexcept {
  if (text.empty()) return false;
  std::uint64_t total = 0;
  while (!text.empty())
    if (!take_quantity(kDurationUnits, text, total)) return false;
  out_ns = static_cast<std::int64_t>(total);
  return true;
}

std::string format_duration(std::int64_t ns) {
  if (ns == 0) return "0s";
  std::string text = ns < 0 ? "-" : "";
  auto rest = ns < 0 ? ~static_cast<std::uint64_t>(ns) + 1 : static_cast<std::uint64_t>(ns);
  for (const Unit& unit : kDurationUnits) {
    if (rest < unit.factor) continue;
    text += std::to_string(rest / unit.factor);
    text += unit.name;
    rest %= unit.factor;
  }
  return text;
}

bool parse_size_bytes(std::string_view text, std::uint64_t& out_bytes) noexcept {
  std::uint64_t total = 0;
  if (!take_quantity(kSizeUnits, text, total) || !text.empty()) return false;
  out_bytes = total;
  return true;
}

}  // namespace leat::base
