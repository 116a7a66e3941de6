#include "admin/gate.h"

#include <algorithm>
#include <array>

#include "base/status.h"

namespace leat::admin {
namespace {

constexpr std::string_view kVersion = "HTTP/1.1";

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_token(char c) {
  return is_digit(c) || is_alpha(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}
constexpr bool is_path_char(char c) {
  return is_digit(c) || is_alpha(c) ||
         std::string_view("-._~!$&'()*+,;=:@/%").find(c) != std::string_view::npos;
}
constexpr bool is_query_char(char c) { return c > 0x20 && c < 0x7f && c != '#'; }
constexpr int hex_of(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

Refusal refuse(ProblemCode code, std::string detail) { return {code, std::move(detail)}; }
Refusal bad(std::string detail) { return refuse(ProblemCode::bad_request, std::move(detail)); }

std::optional<Method> method_of(std::string_view name) {
  constexpr std::array kMethods{Method::get,     Method::head,  Method::post,
                                Method::put,     Method::patch, Method::del,
                                Method::options, Method::trace, Method::connect};
  for (const Method method : kMethods) {
    if (to_string(method) == name) return method;
  }
  return std::nullopt;
}

// The bytes %XX of `text` name; nothing when an escape is broken.
std::optional<std::vector<int>> escapes_of(std::string_view text) {
  std::vector<int> found;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') continue;
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_of(text[i + 1]);
    const int low = hex_of(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    found.push_back(high * 16 + low);
    i += 2;
  }
  return found;
}

bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    if (segment == "." || segment == "..") return true;
    path.remove_prefix(segment.size());
  }
  return false;
}

std::optional<Refusal> check_path(std::string_view path) {
  if (path.empty() || path.front() != '/') return bad("the target must begin with `/`");
  if (!std::all_of(path.begin(), path.end(), is_path_char))
    return bad("the path has a character that must be escaped");
  const auto escapes = escapes_of(path);
  if (!escapes) return bad("the path has a broken percent-escape");
  for (const int byte : *escapes) {
    if (byte < 0x20 || byte == 0x7f || byte == '.' || byte == '/' || byte == '\\') {
      return bad("the path has a percent-escape that is not accepted");
    }
  }
  if (path.find("//") != std::string_view::npos) return bad("the path has an empty segment");
  if (has_dot_segment(path)) return bad("the path has a dot segment");
  return std::nullopt;
}

std::optional<Refusal> check_query(std::string_view query) {
  if (!std::all_of(query.begin(), query.end(), is_query_char)) {
    return bad("the query has a character that must be escaped");
  }
  const auto escapes = escapes_of(query);
  if (!escapes) return bad("the query has a broken percent-escape");
  if (std::find(escapes->begin(), escapes->end(), 0) != escapes->end())
    return bad("the query has a NUL");
  return std::nullopt;
}

bool is_http_version(std::string_view text) {
  return text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) && text[6] == '.' &&
         is_digit(text[7]);
}

std::optional<Refusal> read_request_line(std::string_view line, const GateLimits& limits,
                                         RequestHead& head) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return bad("the request line has not three parts");
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (method.empty() || !std::all_of(method.begin(), method.end(), is_token))
    return bad("the method is not a token");
  if (!is_http_version(version)) return bad("the request line has no HTTP version");
  if (version != kVersion) return refuse(ProblemCode::http_version, "only HTTP/1.1 is served");
  if (target.size() > limits.target_bytes_max) {
    return refuse(
        ProblemCode::target_too_long,
        "the target is longer than " + std::to_string(limits.target_bytes_max) + " bytes");
  }
  const std::optional<Method> known = method_of(method);
  if (!known) return refuse(ProblemCode::not_implemented, "the method is not known");
  head.method = *known;
  if (*known == Method::connect)
    return refuse(ProblemCode::method_not_allowed, "CONNECT is not served");
  if (auto refusal = check_target(target, limits)) return refusal;
  const std::size_t question = target.find('?');
  head.path = target.substr(0, question);
  if (question != std::string_view::npos) head.query = target.substr(question + 1);
  return std::nullopt;
}

std::optional<Refusal> read_header(std::string_view line, RequestHead& head) {
  if (line.front() == ' ' || line.front() == '\t') return bad("a header is folded over two lines");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return bad("a header has no name");
  const std::string_view name = line.substr(0, colon);
  if (!std::all_of(name.begin(), name.end(), is_token))
    return bad("a header has a name that is not a token");
  head.headers.emplace_back(lower(name), trim(line.substr(colon + 1)));
  return std::nullopt;
}

std::optional<Refusal> read_content_length(RequestHead& head) {
  const std::size_t n = head.count("content-length");
  if (n == 0) return std::nullopt;
  if (n > 1) return bad("there is more than one Content-Length");
  const std::string_view text = *head.header("content-length");
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit))
    return bad("the Content-Length is not a number");
  if (text.size() > 18)
    return refuse(ProblemCode::body_too_large, "the body is larger than any limit");
  std::uint64_t length = 0;
  for (const char c : text) length = length * 10 + static_cast<std::uint64_t>(c - '0');
  head.content_length = length;
  return std::nullopt;
}

bool says_close(const RequestHead& head) {
  for (const auto& [name, value] : head.headers) {
    if (name != "connection") continue;
    std::string_view rest = value;
    while (true) {
      const std::size_t comma = rest.find(',');
      if (lower(trim(rest.substr(0, comma))) == "close") return true;
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return false;
}

// What must be there once at most, because two of them would mean different things to different
// readers.
std::optional<Refusal> check_single(const RequestHead& head) {
  constexpr std::array<std::string_view, 7> kSingle{"content-type",  "content-encoding", "if-match",
                                                    "if-none-match", "idempotency-key",  "origin",
                                                    "prefer"};
  for (const std::string_view name : kSingle) {
    if (head.count(name) > 1) return bad("there is more than one " + std::string(name));
  }
  return std::nullopt;
}

std::optional<Refusal> check_headers(RequestHead& head) {
  if (head.count("transfer-encoding") > 0) {
    return refuse(ProblemCode::length_required,
                  "Transfer-Encoding is not accepted: send a Content-Length");
  }
  if (auto refusal = read_content_length(head)) return refusal;
  if (head.count("expect") > 0)
    return refuse(ProblemCode::expectation_refused, "Expect is not served");
  if (head.count("host") != 1) return bad("there must be exactly one Host");
  head.host = lower(*head.header("host"));
  if (auto refusal = check_single(head)) return refusal;
  head.close = says_close(head);
  return std::nullopt;
}

// A byte that has no place in a head, at `i`; CR is right only before LF, LF only after CR. A final
// CR may still get its LF.
bool misplaced(std::string_view bytes, std::size_t i) {
  const char c = bytes[i];
  if (c == '\r') return i + 1 < bytes.size() && bytes[i + 1] != '\n';
  if (c == '\n') return i == 0 || bytes[i - 1] != '\r';
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

std::optional<Refusal> check_partial_line(std::string_view line, const GateLimits& limits) {
  const std::string_view method = line.substr(0, line.find(' '));
  if (!std::all_of(method.begin(), method.end(), is_token)) return bad("the method is not a token");
  if (method.size() > limits.method_bytes_max) return bad("the method is too long");
  if (line.size() > method.size() + limits.target_bytes_max + kVersion.size() + 2) {
    return refuse(
        ProblemCode::target_too_long,
        "the target is longer than " + std::to_string(limits.target_bytes_max) + " bytes");
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Method method) noexcept {
  switch (method) {
    case Method::get: return "GET";
    case Method::head: return "HEAD";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::patch: return "PATCH";
    case Method::del: return "DELETE";
    case Method::options: return "OPTIONS";
    case Method::trace: return "TRACE";
    case Method::connect: return "CONNECT";
  }
  return "";
}

std::optional<std::string_view> RequestHead::header(std::string_view name) const noexcept {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::size_t RequestHead::count(std::string_view name) const noexcept {
  return static_cast<std::size_t>(std::count_if(
      headers.begin(), headers.end(), [&](const auto& header) { return header.first == name; }));
}

HeadScan scan_head(std::string_view bytes, const GateLimits& limits) {
  const std::size_t end = bytes.find("\r\n\r\n");
  const std::string_view seen = end == std::string_view::npos ? bytes : bytes.substr(0, end + 4);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (misplaced(seen, i)) return bad("the head has a control character or a bare line end");
  }
  std::size_t line_end = seen.find("\r\n");
  if (line_end == 0) return bad("the request begins with an empty line");
  std::string_view line = seen.substr(0, line_end);
  // Its LF may be on the way.
  if (line_end == std::string_view::npos && line.ends_with('\r')) line.remove_suffix(1);
  if (auto refusal = check_partial_line(line, limits)) return *refusal;
  if (line_end == std::string_view::npos) return HeadNeedsMore{};
  if (seen.size() - line_end - 2 > limits.header_bytes_max) {
    return refuse(
        ProblemCode::headers_too_large,
        "the headers are larger than " + std::to_string(limits.header_bytes_max) + " bytes");
  }
  if (end == std::string_view::npos) return HeadNeedsMore{};
  return HeadEnds{end + 4};
}

std::variant<RequestHead, Refusal> parse_head(std::string_view bytes, const GateLimits& limits) {
  HeadScan scan = scan_head(bytes, limits);
  if (auto* refusal = std::get_if<Refusal>(&scan)) return std::move(*refusal);
  const auto* ends = std::get_if<HeadEnds>(&scan);
  if (ends == nullptr || ends->bytes != bytes.size())
    return bad("the head does not end where it should");
  RequestHead head;
  std::size_t line_end = bytes.find("\r\n");
  if (auto refusal = read_request_line(bytes.substr(0, line_end), limits, head))
    return std::move(*refusal);
  for (bytes.remove_prefix(line_end + 2); bytes != "\r\n"; bytes.remove_prefix(line_end + 2)) {
    line_end = bytes.find("\r\n");
    if (line_end == 0) break;
    if (head.headers.size() == limits.headers_max) {
      return refuse(ProblemCode::headers_too_large,
                    "there are more than " + std::to_string(limits.headers_max) + " headers");
    }
    if (auto refusal = read_header(bytes.substr(0, line_end), head)) return std::move(*refusal);
  }
  if (auto refusal = check_headers(head)) return std::move(*refusal);
  return head;
}

std::optional<Refusal> check_target(std::string_view target, const GateLimits& limits) {
  if (target.size() > limits.target_bytes_max) {
    return refuse(
        ProblemCode::target_too_long,
        "the target is longer than " + std::to_string(limits.target_bytes_max) + " bytes");
  }
  const std::size_t question = target.find('?');
  if (auto refusal = check_path(target.substr(0, question))) return refusal;
  if (question == std::string_view::npos) return std::nullopt;
  return check_query(target.substr(question + 1));
}

bool host_allowed(std::string_view host, const std::vector<std::string>& allowed) {
  // The port is what follows the last colon outside of [::1].
  const std::size_t bracket = host.rfind(']');
  std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && bracket != std::string_view::npos && colon < bracket)
    colon = std::string_view::npos;
  if (colon != std::string_view::npos) {
    const std::string_view port = host.substr(colon + 1);
    if (port.empty() || port.size() > 5 || !std::all_of(port.begin(), port.end(), is_digit))
      return false;
  }
  const std::string_view name = host.substr(0, colon);
  if (name.empty()) return false;
  return std::any_of(allowed.begin(), allowed.end(),
                     [&](const std::string& entry) { return entry == host || entry == name; });
}

bool origin_allowed(const RequestHead& head, const std::vector<std::string>& allowed) {
  const std::optional<std::string_view> origin = head.header("origin");
  if (!origin) return true;
  const std::string sent = lower(*origin);
  if (sent == "http://" + head.host) return true;
  return sent != "null" && std::find(allowed.begin(), allowed.end(), sent) != allowed.end();
}

}  // namespace leat::admin
