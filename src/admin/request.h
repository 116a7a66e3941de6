#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "admin/auth.h"
#include "admin/gate.h"
#include "admin/problem.h"
#include "admin/query.h"
#include "base/clock.h"

// What handlers get and give.
namespace leat::admin {

// One request that passed the gate and all checks before the body. Immutable once a handler has it.
struct Request {
  RequestHead head;
  Query query;
  std::vector<std::string> params;  // the `{…}` parts of the path, decoded, in order
  std::string body;
  Identity identity;
  std::string request_id;
  Instant arrived{};
};
using RequestPtr = std::shared_ptr<const Request>;

// A whole answer. A value.
struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

Response json_response(int status, std::string body);
Response problem_response(const Problem& problem, std::string_view request_id);

// An open answer of server-sent events. Thread-safe; ends when the client leaves, stops reading for
// write_timeout, or somebody calls end().
class EventStream {
 public:
  virtual ~EventStream() = default;
  // Appends whole events. False when it was dropped: the reader is too slow or gone.
  virtual bool send(std::string text) = 0;
  // Sends `last` and closes. Further calls do nothing.
  virtual void end(std::string last) = 0;
  // Called once on the io thread when the stream has ended for whatever reason; at once when it
  // already has.
  virtual void on_close(std::function<void()> closed) = 0;
};

// Where an answer goes: one per request.
class Responder {
 public:
  virtual ~Responder() = default;
  // Called at most once, from any thread.
  virtual void send(Response response) = 0;
  // Instead of send(), on the io thread: opens a stream, or nothing when streams_max are open or
  // the client has gone (then it is still for the caller to send()).
  virtual std::shared_ptr<EventStream> stream() = 0;
};

// The right to answer one request. Copies share it: the first answer counts, later ones are
// ignored, and when the last copy goes without an answer the client gets a 500. Thread-safe, except
// stream().
class Reply {
 public:
  Reply(std::shared_ptr<Responder> responder, std::string request_id);

  void operator()(Response response) const;
  void operator()(const Problem& problem) const;
  // On the io thread. Nothing when no more streams may be open.
  std::shared_ptr<EventStream> stream() const;
  // Runs `seen` on the final answer, before it is sent; requires that nobody answered yet.
  Reply observed(std::function<void(Response&)> seen) const;

 private:
  struct State;
  explicit Reply(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

// An unguessable id for one request: "req_" and 20 characters.
std::string new_request_id();

}  // namespace leat::admin
