#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "admin/problem.h"
#include "base/clock.h"

// The query of a request: percent-decoded, checked against what the route knows. A value; immutable
// once read.
namespace leat::admin {

// What a route takes in its query.
struct QuerySpec {
  std::vector<std::string_view> known;
  std::vector<std::string_view> not_yet;     // described, not built: refused by name
  std::vector<std::string_view> repeatable;  // a subset of `known`
};

class Query {
 public:
  // The decoded pairs of `raw` (valid percent-encoding; `+` is a space). Refuses unknown names with
  // what they could have meant (BAD_QUERY), names that are not built yet (NOT_IMPLEMENTED),
  // repeated ones and invalid UTF-8.
  static std::variant<Query, Problem> read(std::string_view raw, const QuerySpec& spec);

  std::optional<std::string_view> find(std::string_view name) const noexcept;
  std::vector<std::string_view> all(std::string_view name) const;
  bool empty() const noexcept { return pairs_.empty(); }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

// The bytes that percent-encoded text means; `plus_is_space` as in a query. Requires: valid
// percent-encoding.
enum class Plus : bool { is_plus, is_space };
std::string percent_decode(std::string_view text, Plus plus);

// A parameter that must be one of `words`; `fallback` when it is absent.
std::variant<std::string_view, Problem> word_parameter(const Query& query, std::string_view name,
                                                       const std::vector<std::string_view>& words,
                                                       std::string_view fallback);
// A duration parameter between `least` and `most`.
std::variant<Duration, Problem> duration_parameter(const Query& query, std::string_view name,
                                                   Duration fallback, Duration least,
                                                   Duration most);
// A whole number parameter between `least` and `most`.
std::variant<std::size_t, Problem> count_parameter(const Query& query, std::string_view name,
                                                   std::size_t fallback, std::size_t least,
                                                   std::size_t most);

}  // namespace leat::admin
