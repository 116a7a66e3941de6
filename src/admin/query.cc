#include "admin/query.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace leat::admin {
namespace {

constexpr std::size_t kPairsMax = 64;

int hex_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c - 'A' + 10;
}

bool holds(const std::vector<std::string_view>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

Problem bad_query(std::string detail) {
  Problem problem;
  problem.code = ProblemCode::bad_query;
  problem.detail = std::move(detail);
  return problem;
}

Problem unknown_parameter(std::string_view name, const QuerySpec& spec) {
  Problem problem = bad_query("the query parameter `" + std::string(name) + "` is not known here");
  std::vector<std::string_view> candidates = spec.known;
  candidates.insert(candidates.end(), spec.not_yet.begin(), spec.not_yet.end());
  problem.did_you_mean = base::nearest(name, candidates);
  return problem;
}

Problem not_yet_parameter(std::string_view name) {
  Problem problem;
  problem.code = ProblemCode::not_implemented;
  problem.detail =
      "NOT_AVAILABLE_YET: the query parameter `" + std::string(name) + "` is not available yet";
  return problem;
}

}  // namespace

std::string percent_decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(hex_of(text[i + 1]) * 16 + hex_of(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' && plus == Plus::is_space ? ' ' : text[i];
    }
  }
  return out;
}

std::variant<Query, Problem> Query::read(std::string_view raw, const QuerySpec& spec) {
  Query query;
  while (!raw.empty()) {
    const std::size_t end = raw.find('&');
    const std::string_view pair = raw.substr(0, end);
    raw.remove_prefix(end == std::string_view::npos ? raw.size() : end + 1);
    if (pair.empty()) continue;
    if (query.pairs_.size() == kPairsMax) return bad_query("the query has more than 64 parameters");
    const std::size_t equals = pair.find('=');
    std::string name = percent_decode(pair.substr(0, equals), Plus::is_space);
    std::string value;
    if (equals != std::string_view::npos)
      value = percent_decode(pair.substr(equals + 1), Plus::is_space);
    if (!base::valid_utf8(name) || !base::valid_utf8(value))
      return bad_query("the query is not valid UTF-8");
    if (holds(spec.not_yet, name)) return not_yet_parameter(name);
    if (!holds(spec.known, name)) return unknown_parameter(name, spec);
    if (query.find(name) && !holds(spec.repeatable, name))
      return bad_query("`" + name + "` is given twice");
    query.pairs_.emplace_back(std::move(name), std::move(value));
  }
  return query;
}

std::optional<std::string_view> Query::find(std::string_view name) const noexcept {
  for (const auto& [key, value] : pairs_) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::vector<std::string_view> Query::all(std::string_view name) const {
  std::vector<std::string_view> found;
  for (const auto& [key, value] : pairs_) {
    if (key == name) found.emplace_back(value);
  }
  return found;
}

std::variant<std::string_view, Problem> word_parameter(const Query& query, std::string_view name,
                                                       const std::vector<std::string_view>& words,
                                                       std::string_view fallback) {
  const auto text = query.find(name);
  if (!text) return fallback;
  for (const std::string_view word : words) {
    if (word == *text) return word;
  }
  Problem problem = bad_query("`" + std::string(name) + "` cannot be `" + std::string(*text) +
                              "`; it is one of:");
  for (const std::string_view word : words) problem.detail += " " + std::string(word);
  problem.did_you_mean = base::nearest(*text, words);
  return problem;
}

std::variant<Duration, Problem> duration_parameter(const Query& query, std::string_view name,
                                                   Duration fallback, Duration least,
                                                   Duration most) {
  const auto text = query.find(name);
  if (!text) return fallback;
  std::int64_t ns = 0;
  const bool read = base::parse_duration_ns(*text, ns);
  if (read && Duration(ns) >= least && Duration(ns) <= most) return Duration(ns);
  return bad_query("`" + std::string(name) + "` must be a duration from " +
                   base::format_duration(least.count()) + " to " +
                   base::format_duration(most.count()));
}

std::variant<std::size_t, Problem> count_parameter(const Query& query, std::string_view name,
                                                   std::size_t fallback, std::size_t least,
                                                   std::size_t most) {
  const auto text = query.find(name);
  if (!text) return fallback;
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  const bool whole = error == std::errc() && end == text->data() + text->size();
  if (whole && number >= least && number <= most) return number;
  return bad_query("`" + std::string(name) + "` must be a whole number from " +
                   std::to_string(least) + " to " + std::to_string(most));
}

}  // namespace leat::admin
