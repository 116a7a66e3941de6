#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "admin/problem.h"

// The gate: strict reading of a request's head, in front of everything else. Pure functions over
// raw bytes; what is not plainly one well-formed HTTP/1.1 request is refused, never repaired.
// Immutable, thread-safe.
namespace leat::admin {

struct GateLimits {
  std::size_t method_bytes_max = 32;
  std::size_t target_bytes_max = 2048;
  std::size_t header_bytes_max = 8192;  // all header lines together with their CRLFs
  std::size_t headers_max = 64;
};

// Why the gate closes.
struct Refusal {
  ProblemCode code = ProblemCode::bad_request;
  std::string detail;
};

enum class Method : std::uint8_t { get, head, post, put, patch, del, options, trace, connect };
std::string_view to_string(Method method) noexcept;  // "GET", "DELETE"

// The head of one request. Owns its text. Header names are lower case, values are trimmed, in the
// order they came.
struct RequestHead {
  Method method = Method::get;
  std::string path;   // raw, starts with '/'
  std::string query;  // raw, without '?'
  std::vector<std::pair<std::string, std::string>> headers;
  std::string host;  // the one Host, lower case
  std::optional<std::uint64_t> content_length;
  bool close = false;  // the client said `Connection: close`

  // The first value of `name` (lower case), or nothing.
  std::optional<std::string_view> header(std::string_view name) const noexcept;
  std::size_t count(std::string_view name) const noexcept;
};

// How far the head has come.
struct HeadNeedsMore {};
struct HeadEnds {
  std::size_t bytes;  // of the head with its final CRLFCRLF; the body begins there
};
using HeadScan = std::variant<HeadNeedsMore, HeadEnds, Refusal>;

// Looks whether `bytes` holds a whole head yet; refuses as early as the bytes allow (control
// characters, bare CR or LF, what is no method, a line or block beyond the limits), so that a
// client that will never be right does not get to wait.
HeadScan scan_head(std::string_view bytes, const GateLimits& limits);

// Reads a whole head: `bytes` ends with its CRLFCRLF. Refuses whatever SECURITY's gate lists.
std::variant<RequestHead, Refusal> parse_head(std::string_view bytes, const GateLimits& limits);

// What a target may be: origin form, valid percent-encoding, no `//`, no dot segments, no %2e %2f
// %5c %00 in the path, no %00 in the query.
std::optional<Refusal> check_target(std::string_view target, const GateLimits& limits);

// True when `host` (lower case, as sent) is one of `allowed`: "name" allows any port, "name:port"
// just that one.
bool host_allowed(std::string_view host, const std::vector<std::string>& allowed);
// True when there is no Origin, it is our own (`http://<host>`), or it is one of `allowed`. `null`
// never is.
bool origin_allowed(const RequestHead& head, const std::vector<std::string>& allowed);

}  // namespace leat::admin
