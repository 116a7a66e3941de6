#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "spec/diagnostic.h"

// What the API says when it says no: RFC 9457 problem details with a closed list of codes. Values.
namespace leat::admin {

// Every code a problem can have, with its HTTP status, whether trying again may help, and its
// title. One row each; the name is the enumerator in upper case. Codes inside `errors[]` are not in
// this list.
#define LEAT_PROBLEM_CODES(X)                                                       \
  X(malformed_json, 400, false, "The body is not JSON")                             \
  X(bad_request, 400, false, "The request is not valid HTTP")                       \
  X(bad_query, 400, false, "The query is not valid")                                \
  X(unauthenticated, 401, false, "Who is asking is not known")                      \
  X(forbidden, 403, false, "The role does not allow this")                          \
  X(foreign_origin, 403, false, "The request comes from a foreign page")            \
  X(upload_disabled, 403, false, "Uploads are switched off")                        \
  X(not_trusted, 403, false, "The plugin is not trusted")                           \
  X(not_found, 404, false, "There is nothing at this path")                         \
  X(pipeline_not_found, 404, false, "There is no such pipeline")                    \
  X(step_not_found, 404, false, "There is no such step")                            \
  X(store_not_found, 404, false, "There is no such store")                          \
  X(key_not_found, 404, false, "There is no such key")                              \
  X(checkpoint_not_found, 404, false, "There is no such checkpoint")                \
  X(plugin_not_found, 404, false, "There is no such plugin")                        \
  X(operation_not_found, 404, false, "There is no such operation")                  \
  X(method_not_allowed, 405, false, "The path does not take this method")           \
  X(not_acceptable, 406, false, "No representation fits the Accept header")         \
  X(request_timeout, 408, true, "The request did not arrive in time")               \
  X(drain_timed_out, 409, true, "The pipeline did not drain in time")               \
  X(name_taken, 409, false, "The name is taken")                                    \
  X(wrong_state, 409, false, "The pipeline is in the wrong state for this")         \
  X(state_incompatible, 409, false, "The kept state does not fit the definition")   \
  X(trigger_unsupported, 409, false, "The pipeline does not support this trigger")  \
  X(switch_timed_out, 409, true, "The switch did not happen in time")               \
  X(switch_replaced, 409, false, "A newer switch replaced this one")                \
  X(managed_by_file, 409, false, "The pipeline is managed by a file")               \
  X(version_exists, 409, false, "The version exists")                               \
  X(plugin_in_use, 409, false, "The plugin is in use")                              \
  X(version_active, 409, false, "The version is active")                            \
  X(state_version_gap, 409, false, "The state is of a version too far away")        \
  X(swap_failed, 409, true, "The plugin could not be swapped")                      \
  X(too_many_generations, 409, false, "Too many generations are loaded")            \
  X(operation_done, 409, false, "The operation is done")                            \
  X(too_late, 409, false, "It is too late to cancel")                               \
  X(idempotency_in_flight, 409, true, "The first request with this key still runs") \
  X(events_expired, 410, false, "The events asked for are no longer kept")          \
  X(length_required, 411, false, "The length of the body must be declared")         \
  X(etag_mismatch, 412, false, "The resource has changed")                          \
  X(already_exists, 412, false, "The resource exists")                              \
  X(body_too_large, 413, false, "The body is too large")                            \
  X(target_too_long, 414, false, "The target is too long")                          \
  X(unsupported_media_type, 415, false, "The body has the wrong media type")        \
  X(expectation_refused, 417, false, "Expectations are not served")                 \
  X(unknown_host, 421, false, "The Host is not served here")                        \
  X(invalid_definition, 422, false, "The pipeline definition is not valid")         \
  X(invalid_body, 422, false, "The body is not valid")                              \
  X(plugin_refused, 422, false, "The plugin is refused")                            \
  X(state_choice_required, 422, false, "What happens to the state must be said")    \
  X(idempotency_key_reused, 422, false, "The key was used for another request")     \
  X(delivery_unavailable, 422, false, "The delivery level cannot be met")           \
  X(if_match_required, 428, false, "An If-Match header is required")                \
  X(rate_limited, 429, true, "Too many requests")                                   \
  X(too_many_streams, 429, true, "Too many streams are open")                       \
  X(too_many_pipelines, 429, false, "Too many pipelines")                           \
  X(headers_too_large, 431, false, "The headers are too large")                     \
  X(internal, 500, false, "Something is wrong with leat")                           \
  X(not_implemented, 501, false, "This is not available")                           \
  X(starting, 503, true, "The daemon is starting")                                  \
  X(stopping, 503, true, "The daemon is stopping")                                  \
  X(restoring, 503, true, "State is being restored")                                \
  X(busy, 503, true, "The daemon is busy")                                          \
  X(http_version, 505, false, "Only HTTP/1.1 is served")                            \
  X(disk_low, 507, true, "There is too little disk space")

enum class ProblemCode : std::uint8_t {
#define LEAT_PROBLEM_ENUMERATOR(name, status, retryable, title) name,
  LEAT_PROBLEM_CODES(LEAT_PROBLEM_ENUMERATOR)
#undef LEAT_PROBLEM_ENUMERATOR
};

struct ProblemInfo {
  ProblemCode code;
  int status;
  bool retryable;
  std::string_view name;  // "INVALID_DEFINITION"
  std::string_view title;
};

const ProblemInfo& info_of(ProblemCode code) noexcept;
const std::vector<ProblemInfo>& all_problems();
// False when `name` ("WRONG_STATE") is not in the list.
bool parse_problem_code(std::string_view name, ProblemCode& out) noexcept;

// One refusal. A value.
struct Problem {
  ProblemCode code = ProblemCode::internal;
  std::string detail;  // one sentence for people; never a secret, never payload
  std::vector<spec::Diagnostic> errors;
  std::vector<std::string> did_you_mean;  // for a single wrong word without a place in a document
  std::vector<std::pair<std::string, std::string>> headers;  // Allow, Retry-After, WWW-Authenticate
};

// `application/problem+json` on one line. Invalid UTF-8 is replaced.
std::string to_json(const Problem& problem, std::string_view request_id);

// The problem that says what `status` says. A field `problem` of the status that names a problem
// wins; otherwise its Code is mapped, with `timed_out` for what runs out of time here.
Problem problem_of(const Status& status, ProblemCode timed_out = ProblemCode::busy);

}  // namespace leat::admin
