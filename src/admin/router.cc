#include "admin/router.h"

#include <algorithm>

namespace leat::admin {
namespace {

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = path.find('/');
    segments.push_back(path.substr(0, end));
    path.remove_prefix(end == std::string_view::npos ? path.size() : end);
  }
  return segments;
}

// How well a segment of a path fits one of a pattern.
enum class Fit : unsigned char { no, parameter, literal };

Fit fit_segment(std::string_view pattern, std::string_view segment,
                std::vector<std::string>& params) {
  if (!pattern.starts_with('{')) {
    return percent_decode(segment, Plus::is_plus) == pattern ? Fit::literal : Fit::no;
  }
  const std::string_view suffix = pattern.substr(pattern.find('}') + 1);
  if (!segment.ends_with(suffix)) return Fit::no;
  segment.remove_suffix(suffix.size());
  if (segment.empty() || segment.find(':') != std::string_view::npos) return Fit::no;
  params.push_back(percent_decode(segment, Plus::is_plus));
  return Fit::parameter;
}

// Nothing, or how many literal segments fit.
std::optional<std::size_t> fit(std::string_view pattern, const std::vector<std::string_view>& path,
                               std::vector<std::string>& params) {
  const std::vector<std::string_view> wanted = segments_of(pattern);
  if (wanted.size() != path.size()) return std::nullopt;
  std::size_t literals = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const Fit found = fit_segment(wanted[i], path[i], params);
    if (found == Fit::no) return std::nullopt;
    literals += found == Fit::literal ? 1 : 0;
  }
  return literals;
}

}  // namespace

const Route* Match::find(Method method) const noexcept {
  if (method == Method::head) method = Method::get;
  const auto found = std::find_if(routes.begin(), routes.end(),
                                  [&](const Route* route) { return route->method == method; });
  return found == routes.end() ? nullptr : *found;
}

std::string Match::allow() const {
  std::string out;
  for (const Route* route : routes) {
    if (route->handler == nullptr) continue;
    out += std::string(to_string(route->method)) + ", ";
    if (route->method == Method::get) out += "HEAD, ";
  }
  return out + "OPTIONS";
}

std::optional<Match> Router::match(std::string_view path) const {
  const std::vector<std::string_view> segments = segments_of(path);
  std::optional<Match> best;
  std::size_t best_literals = 0;
  for (const Route& route : table_) {
    std::vector<std::string> params;
    const auto literals = fit(route.pattern, segments, params);
    if (!literals) continue;
    if (!best || *literals > best_literals) {
      best = Match{{}, std::move(params)};
      best_literals = *literals;
    }
    if (*literals == best_literals) best->routes.push_back(&route);
  }
  return best;
}

}  // namespace leat::admin
