#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "admin/request.h"
#include "admin/services.h"
#include "runtime/supervisor.h"
#include "spec/parse.h"

// What several handlers need to read requests and give answers.
namespace leat::admin {

Problem pipeline_not_found(std::string_view name);
// The path says `name`: its snapshot, or the 404 is answered and nothing comes back.
runtime::SnapshotPtr find_or_answer(const Services& services, std::string_view name,
                                    const Reply& reply);

// If-Match and If-None-Match of a write, against the ETag the resource has now ("" = it does not
// exist). Problems: BAD_REQUEST, IF_MATCH_REQUIRED. Whether they hold is decided where the write
// happens.
std::variant<runtime::Preconditions, Problem> preconditions_of(const Request& request,
                                                               const Settings& settings,
                                                               const std::string& etag);

// Runs `then` on the io thread once the snapshots are fresh, at the latest after half a second.
void when_fresh(Services& services, std::function<void()> then);

// A definition that parsed and has a plan, or the 400 or 422 that says everything wrong with it.
struct Checked {
  std::shared_ptr<const spec::PipelineSpec> spec;
  std::shared_ptr<const plan::Plan> plan;
};
std::variant<Checked, Problem> check_definition(const Services& services, const std::string& text,
                                                const std::optional<std::string>& name);

// The errors among `diagnostics` of a definition, located in its text: 422. `name` may be empty.
Problem invalid_definition(const std::string& text, std::vector<spec::Diagnostic> diagnostics,
                           const std::string& name);
// A body that is not JSON: 400 with the place.
Problem malformed_json(const std::string& text, std::vector<spec::Diagnostic> diagnostics);
// For a POST that takes no body: `{}` is none.
std::optional<Problem> refuse_members(const std::string& body);
// The token of a page that begins behind `last`, and back; false when it is not one of ours.
std::string page_token_of(std::string_view last);
bool read_page_token(std::string_view token, std::string& last);
// Hands a backend's result to `then` on the io thread; a refusal is answered.
template <class T>
runtime::Reply<T> then_answer(Services& services, Reply reply, ProblemCode timed_out,
                              std::function<Response(const T&)> then) {
  return
      [&services, reply = std::move(reply), timed_out, then = std::move(then)](Result<T> result) {
        services.loop.post([reply, timed_out, then, result = std::move(result)] {
          if (!result.ok())
            reply(problem_of(result.status(), timed_out));
          else
            reply(then(*result));
        });
      };
}

}  // namespace leat::admin
