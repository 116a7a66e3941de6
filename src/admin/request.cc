#include "admin/request.h"

#include <sys/random.h>

#include <array>
#include <atomic>

namespace leat::admin {

Response json_response(int status, std::string body) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

Response problem_response(const Problem& problem, std::string_view request_id) {
  Response response;
  response.status = info_of(problem.code).status;
  response.content_type = "application/problem+json";
  response.headers = problem.headers;
  response.body = to_json(problem, request_id);
  return response;
}

struct Reply::State {
  State(std::shared_ptr<Responder> to, std::string id)
      : responder(std::move(to)), request_id(std::move(id)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (answered.exchange(true)) return;
    responder->send(problem_response(Problem{}, request_id));
  }
  std::shared_ptr<Responder> responder;
  std::string request_id;
  std::atomic<bool> answered{false};
};

namespace {

// Passes an answer on after showing it to somebody.
class ObservedResponder final : public Responder {
 public:
  ObservedResponder(Reply next, std::function<void(Response&)> seen)
      : next_(std::move(next)), seen_(std::move(seen)) {}
  void send(Response response) override {
    seen_(response);
    next_(std::move(response));
  }
  std::shared_ptr<EventStream> stream() override { return next_.stream(); }

 private:
  Reply next_;
  std::function<void(Response&)> seen_;
};

}  // namespace

Reply::Reply(std::shared_ptr<Responder> responder, std::string request_id)
    : state_(std::make_shared<State>(std::move(responder), std::move(request_id))) {}

void Reply::operator()(Response response) const {
  if (state_->answered.exchange(true)) return;
  state_->responder->send(std::move(response));
}

void Reply::operator()(const Problem& problem) const {
  (*this)(problem_response(problem, state_->request_id));
}

std::shared_ptr<EventStream> Reply::stream() const {
  if (state_->answered.load()) return nullptr;
  std::shared_ptr<EventStream> stream = state_->responder->stream();
  if (stream != nullptr) state_->answered.store(true);
  return stream;
}

Reply Reply::observed(std::function<void(Response&)> seen) const {
  return Reply(std::make_shared<ObservedResponder>(*this, std::move(seen)), state_->request_id);
}

std::string new_request_id() {
  constexpr std::string_view kLetters = "0123456789abcdefghjkmnpqrstvwxyz";
  std::array<unsigned char, 20> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
    random.fill(0);
  std::string id = "req_";
  for (const unsigned char byte : random) id += kLetters[byte % kLetters.size()];
  return id;
}

}  // namespace leat::admin
