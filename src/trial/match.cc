#include "trial/match.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "json/write.h"

namespace leat::trial {
namespace {

bool is_number(const json::Value& value) {
  return value.kind() == json::Kind::integer || value.kind() == json::Kind::real;
}

// An integer token that int64 does not hold.
bool is_long_integer(const json::Value& value) {
  return value.kind() == json::Kind::real &&
         value.number_token().find_first_of(".eE") == std::string_view::npos;
}

bool equal_numbers(const json::Value& a, const json::Value& b) {
  if (a.kind() == json::Kind::integer && b.kind() == json::Kind::integer)
    return *a.as_integer() == *b.as_integer();
  if (is_long_integer(a) && is_long_integer(b)) return a.number_token() == b.number_token();
  return *a.as_double() == *b.as_double();
}

bool nearly(double expected, double actual) {
  const double greater = std::max(std::abs(expected), std::abs(actual));
  return std::abs(expected - actual) <= std::max(1e-9, 1e-6 * greater);
}

std::string expected_got(const json::Value& expected, const json::Value& actual) {
  return "expected " + brief(expected, 200) + ", got " + brief(actual, 200);
}

std::optional<Difference> compare_at(const json::Value& expected, const json::Value& actual,
                                     const std::string& pointer) {
  const auto differ = [&]() -> std::optional<Difference> {
    return Difference{pointer, expected_got(expected, actual)};
  };
  if (expected.is_object() && expected.members().size() == 1) {
    if (expected.find("$any") != nullptr) return std::nullopt;
    if (const json::Value* about = expected.find("$approx"); about && about->as_double()) {
      if (is_number(actual) && nearly(*about->as_double(), *actual.as_double()))
        return std::nullopt;
      return differ();
    }
  }
  if (is_number(expected) && is_number(actual))
    return equal_numbers(expected, actual) ? std::nullopt : differ();
  if (expected.kind() != actual.kind()) return differ();
  switch (expected.kind()) {
    case json::Kind::boolean:
      return *expected.as_bool() == *actual.as_bool() ? std::nullopt : differ();
    case json::Kind::string:
      return *expected.as_string() == *actual.as_string() ? std::nullopt : differ();
    case json::Kind::array: {
      if (expected.elements().size() != actual.elements().size())
        return Difference{pointer, "expected " + std::to_string(expected.elements().size()) +
                                       " items, got " + std::to_string(actual.elements().size())};
      for (std::size_t i = 0; i < expected.elements().size(); ++i)
        if (auto found = compare_at(expected.elements()[i], actual.elements()[i],
                                    json::pointer_to(pointer, i)))
          return found;
      return std::nullopt;
    }
    case json::Kind::object: {
      for (const json::Member& member : expected.members()) {
        const json::Value* there = actual.find(member.key);
        const std::string at = json::pointer_to(pointer, member.key);
        if (there == nullptr)
          return Difference{at, "expected " + brief(member.value, 200) + ", and it is not there"};
        if (auto found = compare_at(member.value, *there, at)) return found;
      }
      for (const json::Member& member : actual.members())
        if (expected.find(member.key) == nullptr)
          return Difference{json::pointer_to(pointer, member.key),
                            "not expected, got " + brief(member.value, 200)};
      return std::nullopt;
    }
    default: return std::nullopt;
  }
}

// Augmenting paths (Kuhn), with a budget of questions.
class Pairing {
 public:
  Pairing(std::size_t expected, std::size_t actual,
          const std::function<bool(std::size_t, std::size_t)>& fits)
      : fits_(fits), taken_(actual), partner_(expected) {}

  std::vector<std::optional<std::size_t>> run() {
    for (std::size_t i = 0; i < partner_.size(); ++i) {
      if (i < taken_.size() && !taken_[i] && ask(i, i)) {
        take(i, i);
        continue;
      }
      seen_.assign(taken_.size(), false);
      find(i);
    }
    return std::move(partner_);
  }

 private:
  bool ask(std::size_t i, std::size_t j) {
    ++asked_;
    return fits_(i, j);
  }
  void take(std::size_t i, std::size_t j) {
    taken_[j] = i;
    partner_[i] = j;
  }
  // Tries to give `start` a partner, moving others on to theirs: breadth first, no recursion.
  void find(std::size_t start) {
    std::vector<std::size_t> line{start};
    std::vector<std::optional<std::size_t>> came_from(taken_.size());  // asked by whom
    for (std::size_t at = 0; at < line.size(); ++at) {
      const std::size_t i = line[at];
      for (std::size_t j = 0; j < taken_.size(); ++j) {
        if (seen_[j] || (asked_ >= kPairsMax && taken_[j]) || !ask(i, j)) continue;
        seen_[j] = true;
        came_from[j] = i;
        if (taken_[j]) {
          line.push_back(*taken_[j]);
          continue;
        }
        return shift(start, j, came_from);
      }
    }
  }
  void shift(std::size_t start, std::size_t free,
             const std::vector<std::optional<std::size_t>>& came_from) {
    std::optional<std::size_t> j = free;
    while (j) {
      const std::size_t i = *came_from[*j];
      const std::optional<std::size_t> before = partner_[i];
      take(i, *j);
      if (i == start) return;
      j = before;
    }
  }

  const std::function<bool(std::size_t, std::size_t)>& fits_;
  std::vector<std::optional<std::size_t>> taken_;  // by actual
  std::vector<std::optional<std::size_t>> partner_;
  std::vector<bool> seen_;
  std::size_t asked_ = 0;
};

}  // namespace

std::optional<Difference> compare(const json::Value& expected, const json::Value& actual) {
  return compare_at(expected, actual, "");
}

std::vector<std::optional<std::size_t>> pair_up(
    std::size_t expected, std::size_t actual,
    const std::function<bool(std::size_t, std::size_t)>& fits) {
  return Pairing(expected, actual, fits).run();
}

std::string brief(const json::Value& value, std::size_t bytes_max) {
  std::string text = json::to_text(value);
  if (text.size() <= bytes_max) return text;
  text.resize(base::valid_utf8_prefix(std::string_view(text).substr(0, bytes_max)));
  return text + "…";
}

}  // namespace leat::trial
