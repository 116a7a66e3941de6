#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/exit_code.h"
#include "base/status.h"
#include "cli/console.h"
#include "cli/invocation.h"
#include "json/document.h"
#include "net/http_client.h"
#include "spec/diagnostic.h"

namespace leat::cli {

// What a client command knows of the world around it.
struct Surroundings {
  std::function<const char*(const char*)> variable;  // null = not set
  std::string state_dir;  // where listen.json and admin.token of a local daemon are
  const Clock& clock;
};

// One call's talk with the daemon: where it is, with which token, and how its answers become exit
// codes. Main thread.
class Session {
 public:
  static constexpr Duration kTimeout = std::chrono::seconds(30);

  Session(const Invocation& invocation, const Surroundings& surroundings, const Console& console)
      : invocation_(invocation), surroundings_(surroundings), console_(console) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const Invocation& invocation() const noexcept { return invocation_; }
  const Console& console() const noexcept { return console_; }
  const Clock& clock() const noexcept { return surroundings_.clock; }
  Output output() const noexcept;
  bool color() const noexcept;
  // -q without an output that was asked for: results are not printed.
  bool silent() const noexcept { return invocation_.quiet && !invocation_.output; }

  // Finds daemon and token. Not done = the code to end with; the reason is on stderr.
  ExitCode connect();
  // Sends a request; nothing when no answer came: the reason is on stderr and code() says how to
  // end.
  std::optional<net::Response> send(net::Request request, Duration timeout);
  std::optional<net::Response> send(net::Request request) {
    return send(std::move(request), invocation_.timeout.value_or(kTimeout));
  }
  // The answer, to be shown to people. Nothing when there is nothing more to do: it was refused, or
  // printed as `-o json` shows it; code() says how to end.
  std::optional<json::Value> fetch(net::Request request);
  std::unique_ptr<net::ResponseStream> open(net::Request request);
  ExitCode code() const noexcept { return code_; }

  // Prints the problem in a refusal; `file` (may be empty) is named with each error. Returns how to
  // end.
  ExitCode refuse(const net::Response& response, std::string_view file) const;
  // `leat: CODE: detail`
  void complain(std::string_view code, std::string_view detail) const;
  // Prints what `-o json` shows: exactly the body, and a line end.
  void print_body(const net::Response& response) const;
  void print(std::string_view text) const { console_.out(text); }

 private:
  Result<net::Address> find_address() const;
  Result<std::string> find_token(const net::Address& address) const;
  void prepare(net::Request& request) const;
  ExitCode fail(const Status& status);

  const Invocation& invocation_;
  const Surroundings& surroundings_;
  const Console& console_;
  std::optional<net::HttpClient> client_;
  std::string token_;
  ExitCode code_ = ExitCode::done;
};

// How a status and problem code end a call.
ExitCode exit_code_of(int status, std::string_view problem_code, bool retryable) noexcept;

// The daemon's JSON, without the limits of definitions; a null value when it is none.
json::Value read_answer(const net::Response& response);
// An entry of `errors[]` or `diagnostics[]`.
spec::Diagnostic read_diagnostic(const json::Value& entry);
// The string or number at a pointer as people read it; "-" for null or nothing.
std::string cell(const json::Value& root, std::string_view pointer);

}  // namespace leat::cli
