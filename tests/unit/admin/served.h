#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "admin/server.h"
#include "json/parse.h"
#include "json/write.h"
#include "unit/admin/fake_backend.h"
#include "unit/admin/raw_client.h"

namespace leat::admin {

inline const std::string kToken = "0123456789012345678901234567890123456789abc";

// A server on a free port with a fake backend, running on its own thread from start() to the end of
// the test.
class Served : public testing::Test {
 protected:
  Served() {
    options_.settings.listen = {"127.0.0.1:0"};
    options_.settings.auth.tokens = {{"boss", Role::admin, kToken},
                                     {"eye", Role::viewer, "viewer"},
                                     {"hand", Role::operate, "operator"}};
    options_.settings.wait_tick = std::chrono::milliseconds(1);
    options_.settings.linger_timeout = std::chrono::milliseconds(200);
  }
  ~Served() override { stop(); }

  void start() {
    server_ = std::make_unique<Server>(options_, backend_, base::machine_clock());
    const Status opened = server_->open();
    ASSERT_TRUE(opened.ok()) << opened.to_string();
    port_ = server_->bound().front().port;
    thread_ = std::thread([this] { server_->run(); });
  }
  void stop() {
    if (!thread_.joinable()) return;
    server_->stop();
    thread_.join();
    backend_.release();
    server_.reset();
  }
  RawClient connect() const { return RawClient(port_); }

  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
  // A whole request with the token.
  std::string request(const std::string& line, const std::string& headers = "",
                      const std::string& body = "") const {
    std::string text = line + " HTTP/1.1\r\nHost: " + host() + "\r\nAuthorization: Bearer " +
                       kToken + "\r\n" + headers;
    if (!body.empty())
      text += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n";
    return text + "\r\n" + body;
  }
  RawAnswer ask(const std::string& line, const std::string& headers = "",
                const std::string& body = "") const {
    RawClient client = connect();
    client.send(request(line, headers, body));
    return client.read(line.starts_with("HEAD"));
  }
  // What is sent as it is, on a connection of its own.
  RawAnswer ask_raw(const std::string& bytes) const {
    RawClient client = connect();
    client.send(bytes);
    return client.read();
  }

  void deploy(const std::string& name, runtime::Actual actual = runtime::Actual::running) {
    auto spec = std::make_shared<spec::PipelineSpec>();
    spec->name = name;
    spec->json = "{\"name\":\"" + name + "\"}";
    spec->text = "{ \"name\": \"" + name + "\" } // mine\n";
    spec->labels = {{"team", name.substr(0, 1)}};
    runtime::PipelineSnapshot snapshot;
    snapshot.name = name;
    snapshot.generation = 3;
    snapshot.etag = "\"3-0badcafe\"";
    snapshot.trigger.etag = "\"t-1\"";
    snapshot.spec = std::move(spec);
    snapshot.actual = actual;
    runtime::SourceStatus source;
    source.id = "in";
    source.partitions.push_back({"in", "orders", 0, 12, 12, 0, 12, 0, 0.0, std::nullopt});
    source.caught_up = true;
    snapshot.sources.push_back(source);
    snapshot.steps.push_back({"keep", 12, 7, {3}, 2, 1});
    snapshot.end_to_end = std::make_shared<const base::HistogramSnapshot>();
    backend_.add(std::move(snapshot));
  }

  ServerOptions options_;
  FakeBackend backend_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
  std::uint16_t port_ = 0;
};

// A string at a JSON pointer of a body, a number as its digits, true and false as words; "?" when
// it is not there.
inline std::string at(const std::string& body, const std::string& pointer) {
  const json::Parsed parsed = json::parse(body);
  const json::Value* found = parsed.ok() ? json::find_pointer(parsed.root(), pointer) : nullptr;
  if (found == nullptr) return "?";
  return found->is_string() ? *found->as_string() : json::to_text(*found);
}
inline std::string code_in(const RawAnswer& answer) {
  return std::to_string(answer.status) + " " + at(answer.body, "/code");
}

}  // namespace leat::admin
