#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "admin/gate.h"
#include "admin/query.h"
#include "admin/router.h"
#include "base/check.h"

// The gate in front of the API, read again by a second reader that knows only the rules.
namespace leat::fuzz {

inline bool all_of_set(std::string_view text, std::string_view set) {
  return text.find_first_not_of(set) == std::string_view::npos;
}

inline constexpr std::string_view kTokenChars =
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
inline constexpr std::string_view kPathChars =
    "/-._~%!$&'()*+,;=:@0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

inline std::vector<std::string_view> split(std::string_view text, std::string_view by) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0;;) {
    const std::size_t end = text.find(by, at);
    parts.push_back(text.substr(at, end - at));
    if (end == std::string_view::npos) return parts;
    at = end + by.size();
  }
}

// What `text` means; the escapes must be right.
inline std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    LEAT_CHECK(i + 2 < text.size());
    const std::string_view digits = text.substr(i + 1, 2);
    LEAT_CHECK(all_of_set(digits, "0123456789abcdefABCDEF"));
    out += static_cast<char>(std::stoi(std::string(digits), nullptr, 16));
    i += 2;
  }
  return out;
}

inline void check_accepted_path(std::string_view path) {
  LEAT_CHECK(path.starts_with('/') && all_of_set(path, kPathChars));
  const std::string meant = decoded(path);
  const std::vector<std::string_view> segments = split(meant, "/");
  LEAT_CHECK(segments.size() == split(path, "/").size());
  for (std::size_t i = 1; i < segments.size(); ++i) {
    LEAT_CHECK(segments[i] != "." && segments[i] != "..");
    LEAT_CHECK(!segments[i].empty() || i + 1 == segments.size());
  }
  for (const char c : meant)
    LEAT_CHECK(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && c != '\\');
}

inline std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

// One header line against what was made of it.
inline void check_accepted_header(std::string_view line,
                                  const std::pair<std::string, std::string>& header) {
  const std::size_t colon = line.find(':');
  LEAT_CHECK(colon != std::string_view::npos && colon > 0);
  LEAT_CHECK(all_of_set(line.substr(0, colon), kTokenChars));
  LEAT_CHECK(lowered(line.substr(0, colon)) == header.first);
  std::string_view value = line.substr(colon + 1);
  for (const char c : value)
    LEAT_CHECK(c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
  const std::size_t first = value.find_first_not_of(" \t");
  value = first == std::string_view::npos
              ? std::string_view()
              : value.substr(first, value.find_last_not_of(" \t") - first + 1);
  LEAT_CHECK(value == header.second);
}

inline void check_accepted_head(std::string_view bytes, const admin::RequestHead& head,
                                const admin::GateLimits& limits) {
  LEAT_CHECK(bytes.ends_with("\r\n\r\n"));
  const std::vector<std::string_view> lines = split(bytes.substr(0, bytes.size() - 4), "\r\n");
  const std::vector<std::string_view> parts = split(lines[0], " ");
  LEAT_CHECK(parts.size() == 3 && parts[2] == "HTTP/1.1");
  LEAT_CHECK(parts[0] == admin::to_string(head.method) && parts[0] != "CONNECT");
  LEAT_CHECK(parts[1].size() <= limits.target_bytes_max);
  const std::size_t question = parts[1].find('?');
  LEAT_CHECK(head.path == parts[1].substr(0, question));
  LEAT_CHECK(head.query ==
             (question == std::string_view::npos ? "" : parts[1].substr(question + 1)));
  check_accepted_path(head.path);
  LEAT_CHECK(decoded(head.query).find('\0') == std::string::npos);

  LEAT_CHECK(lines.size() - 1 == head.headers.size());
  LEAT_CHECK(head.headers.size() <= limits.headers_max);
  LEAT_CHECK(bytes.size() - lines[0].size() - 2 <= limits.header_bytes_max);
  std::vector<std::string> lengths;
  std::vector<std::string> hosts;
  for (std::size_t i = 0; i < head.headers.size(); ++i) {
    const auto& [name, value] = head.headers[i];
    check_accepted_header(lines[i + 1], head.headers[i]);
    LEAT_CHECK(name != "transfer-encoding" && name != "expect");
    if (name == "content-length") lengths.push_back(value);
    if (name == "host") hosts.push_back(value);
  }
  LEAT_CHECK(hosts.size() == 1 && lowered(hosts[0]) == head.host);
  LEAT_CHECK(lengths.size() <= 1 && lengths.empty() == !head.content_length.has_value());
  if (!lengths.empty()) {
    LEAT_CHECK(!lengths[0].empty() && all_of_set(lengths[0], "0123456789"));
    LEAT_CHECK(std::stoull(lengths[0]) == *head.content_length);
  }
}

// More bytes never turn a refusal into a request, nor move the end of a head.
inline void check_arrival(std::string_view bytes, const admin::GateLimits& limits) {
  constexpr std::size_t kPieces = 24;
  const admin::HeadScan whole = admin::scan_head(bytes, limits);
  for (std::size_t piece = 0; piece < kPieces; ++piece) {
    const std::string_view arrived = bytes.substr(0, bytes.size() * piece / kPieces);
    const admin::HeadScan scan = admin::scan_head(arrived, limits);
    if (std::holds_alternative<admin::Refusal>(scan))
      LEAT_CHECK(std::holds_alternative<admin::Refusal>(whole));
    if (const auto* end = std::get_if<admin::HeadEnds>(&scan))
      LEAT_CHECK(std::get<admin::HeadEnds>(whole).bytes == end->bytes);
    LEAT_CHECK(!std::holds_alternative<admin::HeadNeedsMore>(scan) ||
               arrived.find("\r\n\r\n") == std::string_view::npos);
  }
}

// What stands behind the gate and reads raw bytes of the head.
inline void use_head(const admin::RequestHead& head) {
  static const admin::Router router(admin::api_routes());
  if (const std::optional<admin::Match> match = router.match(head.path)) {
    LEAT_CHECK(!match->routes.empty() && !match->allow().empty());
    for (const admin::Route* route : match->routes) {
      const auto query = admin::Query::read(head.query, route->query);
      if (std::holds_alternative<admin::Problem>(query)) continue;
      LEAT_CHECK(std::get<admin::Query>(query).empty() || !head.query.empty());
    }
  }
  const std::vector<std::string> allowed{"localhost", "127.0.0.1", "[::1]", "leat.example:8780"};
  if (admin::host_allowed(head.host, allowed)) {
    LEAT_CHECK(std::any_of(allowed.begin(), allowed.end(), [&](const std::string& name) {
      return head.host == name || (head.host.starts_with(name + ":") &&
                                   all_of_set(head.host.substr(name.size() + 1), "0123456789"));
    }));
  }
  if (admin::origin_allowed(head, {"https://ui.example"}) && head.count("origin") > 0) {
    const std::string origin = lowered(*head.header("origin"));
    LEAT_CHECK(origin == "http://" + head.host || origin == "https://ui.example");
  }
}

inline void fuzz_gate(std::string_view bytes) {
  for (const admin::GateLimits& limits : {admin::GateLimits(), admin::GateLimits{8, 40, 200, 4}}) {
    check_arrival(bytes, limits);
    const admin::HeadScan scan = admin::scan_head(bytes, limits);
    const auto* end = std::get_if<admin::HeadEnds>(&scan);
    if (end == nullptr || end->bytes != bytes.size())
      LEAT_CHECK(std::holds_alternative<admin::Refusal>(admin::parse_head(bytes, limits)));
    if (end == nullptr) continue;
    LEAT_CHECK(end->bytes == bytes.find("\r\n\r\n") + 4);
    const std::string_view head_bytes = bytes.substr(0, end->bytes);
    const auto parsed = admin::parse_head(head_bytes, limits);
    if (const auto* refusal = std::get_if<admin::Refusal>(&parsed)) {
      LEAT_CHECK(!refusal->detail.empty());
      continue;
    }
    const auto& head = std::get<admin::RequestHead>(parsed);
    check_accepted_head(head_bytes, head, limits);
    use_head(head);
  }
}

}  // namespace leat::fuzz
