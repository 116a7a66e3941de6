#include "admin/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "unit/admin/served.h"

namespace leat::admin {
namespace {

using std::chrono::milliseconds;
using testing::EndsWith;
using testing::HasSubstr;

class OverTheWire : public Served {
 protected:
  static constexpr std::string_view kPath = "GET /v1/pipelines";
};

TEST_F(OverTheWire, ARequestIsAnswered) {
  start();
  const RawAnswer answer = ask("GET /v1");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Content-Type"), "application/json");
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");
  EXPECT_THAT(answer.header("Date"), EndsWith(" GMT"));
  EXPECT_THAT(answer.header("X-Request-Id"), HasSubstr("req_"));
}

TEST_F(OverTheWire, ARequestMayComeByteByByte) {
  start();
  deploy("p");
  RawClient client = connect();
  const std::string text =
      request("PUT /v1/pipelines/p/trigger", "", R"({"mode":"micro_batch","interval":"500ms"})");
  for (const char c : text) ASSERT_TRUE(client.send(std::string_view(&c, 1)));
  EXPECT_EQ(client.read().status, 200);
}

TEST_F(OverTheWire, AConnectionServesOneRequestAfterTheOther) {
  start();
  RawClient client = connect();
  for (int i = 0; i < 20; ++i) {
    client.send(request("GET /v1"));
    const RawAnswer answer = client.read();
    ASSERT_EQ(answer.status, 200);
    ASSERT_EQ(answer.header("Connection"), "");
  }
  client.send(request("GET /v1", "Connection: close\r\n"));
  EXPECT_EQ(client.read().header("Connection"), "close");
  EXPECT_TRUE(client.at_end());
}

TEST_F(OverTheWire, OfPipelinedRequestsTheFirstIsAnsweredThenTheConnectionCloses) {
  start();
  RawClient client = connect();
  client.send(request("GET /v1") + request("GET /v1"));
  const RawAnswer answer = client.read();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Connection"), "close");
  EXPECT_TRUE(client.at_end());
}

TEST_F(OverTheWire, BytesAfterTheBodyCloseTheConnection) {
  start();
  deploy("p");
  RawClient client = connect();
  client.send(request("POST /v1/pipelines/p/pause", "", "{}") + "x");
  EXPECT_EQ(client.read().header("Connection"), "close");
  EXPECT_TRUE(client.at_end());
}

TEST_F(OverTheWire, AHalfClosedClientGetsItsAnswer) {
  start();
  RawClient client = connect();
  client.send(request("GET /v1"));
  client.finish_sending();
  EXPECT_EQ(client.read().status, 200);
  EXPECT_TRUE(client.at_end());
}

TEST_F(OverTheWire, SlowHeadersRunOutOfTime) {
  options_.settings.header_timeout = milliseconds(30);
  start();
  RawClient client = connect();
  client.send("GET /v1 HTTP/1.1\r\nHost:");
  EXPECT_EQ(code_in(client.read()), "408 REQUEST_TIMEOUT");
  EXPECT_TRUE(client.at_end());
}

TEST_F(OverTheWire, SlowHeadersOfALaterRequestRunOutOfTime) {
  options_.settings.header_timeout = milliseconds(200);
  start();
  RawClient client = connect();
  client.send(request("GET /v1"));
  EXPECT_EQ(client.read().status, 200);
  client.send("GET /v1 HT");
  EXPECT_EQ(code_in(client.read()), "408 REQUEST_TIMEOUT");
}

TEST_F(OverTheWire, SlowBodiesRunOutOfTime) {
  options_.settings.body_timeout = milliseconds(30);
  start();
  RawClient client = connect();
  client.send(
      request("POST /v1/pipelines", "Content-Type: application/json\r\nContent-Length: 10\r\n") +
      "{");
  EXPECT_EQ(code_in(client.read()), "408 REQUEST_TIMEOUT");
  EXPECT_TRUE(client.at_end());
}

TEST_F(OverTheWire, ASilentConnectionIsClosed) {
  options_.settings.header_timeout = milliseconds(30);
  options_.settings.idle_timeout = milliseconds(30);
  start();
  RawClient silent = connect();
  EXPECT_TRUE(silent.at_end());
  RawClient idle = connect();
  idle.send(request("GET /v1"));
  EXPECT_EQ(idle.read().status, 200);
  EXPECT_TRUE(idle.at_end());
}

TEST_F(OverTheWire, WhatTheGateRefusesIsAnsweredAndClosed) {
  start();
  const std::vector<std::pair<std::string, std::string>> rows{
      {"GET /v1 HTTP/1.0\r\n\r\n", "505 HTTP_VERSION"},
      {std::string("\x16\x03\x01\x02", 4), "400 BAD_REQUEST"},
      {"GET /" + std::string(3000, 'a'), "414 TARGET_TOO_LONG"},
      {"GET /v1 HTTP/1.1\r\nX: " + std::string(9000, 'a'), "431 HEADERS_TOO_LARGE"},
      {request("POST /v1/pipelines", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n",
       "411 LENGTH_REQUIRED"},
      {request("POST /v1/pipelines", "Expect: 100-continue\r\nContent-Length: 2\r\n"),
       "417 EXPECTATION_REFUSED"},
      {request("BREW /v1"), "501 NOT_IMPLEMENTED"},
      {"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n", "405 METHOD_NOT_ALLOWED"},
  };
  for (const auto& [bytes, expected] : rows) {
    RawClient client = connect();
    client.send(bytes);
    const RawAnswer answer = client.read();
    EXPECT_EQ(code_in(answer), expected);
    EXPECT_EQ(answer.header("Connection"), "close");
    EXPECT_TRUE(client.at_end());
  }
}

TEST_F(OverTheWire, ARequestCutAtAnyByteLeavesTheServerWell) {
  start();
  deploy("p");
  const std::string text = request("POST /v1/pipelines/p/pause", "", "{}");
  for (std::size_t n = 0; n < text.size(); ++n) {
    RawClient client = connect();
    client.send(std::string_view(text).substr(0, n));
    client.close();
  }
  EXPECT_EQ(ask("GET /v1").status, 200);
  EXPECT_TRUE(backend_.calls().empty());
}

TEST_F(OverTheWire, WhoIsAskingIsJudgedBeforeTheBodyIsRead) {
  start();
  RawClient client = connect();
  client.send("POST /v1/pipelines HTTP/1.1\r\nHost: " + host() +
              "\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n");
  const RawAnswer answer = client.read();
  EXPECT_EQ(code_in(answer), "401 UNAUTHENTICATED");
  EXPECT_EQ(answer.header("WWW-Authenticate"), "Bearer realm=\"leat\"");
  EXPECT_EQ(answer.header("Connection"), "close");
}

TEST_F(OverTheWire, ALargeBodyIsRefusedBeforeItIsRead) {
  start();
  const std::string json = "Content-Type: application/json\r\nContent-Length: ";
  EXPECT_EQ(code_in(ask("POST /v1/pipelines", json + "1048577\r\n")), "413 BODY_TOO_LARGE");
  EXPECT_EQ(code_in(ask("PUT /v1/pipelines/p/trigger", json + "262145\r\n")), "413 BODY_TOO_LARGE");
}

TEST_F(OverTheWire, AWholeLargeBodyArrives) {
  start();
  const std::string body = R"({"name":")" + std::string(1'000'000, 'x') + R"("})";
  EXPECT_EQ(code_in(ask("POST /v1/pipelines", "", body)), "422 INVALID_DEFINITION");
}

TEST_F(OverTheWire, ManyWrongTokensAreLimitedAndTheGoodOneStillWorks) {
  start();
  std::size_t limited = 0;
  for (int i = 0; i < 50; ++i) {
    const RawAnswer answer =
        ask_raw("GET /v1 HTTP/1.1\r\nHost: " + host() + "\r\nAuthorization: Bearer no\r\n\r\n");
    limited += code_in(answer) == "429 RATE_LIMITED" ? 1U : 0U;
  }
  EXPECT_GT(limited, 0u);
  EXPECT_EQ(ask("GET /v1").status, 200);
}

TEST_F(OverTheWire, StrangersMakeRoomForWhoAsks) {
  options_.settings.connections_max = 4;
  start();
  std::vector<RawClient> strangers;
  for (int i = 0; i < 12; ++i) {
    strangers.push_back(connect());
    strangers.back().send("GET /v1 HTTP/1.1\r\n");
  }
  EXPECT_EQ(ask("GET /v1").status, 200);
}

TEST_F(OverTheWire, WhenAllConnectionsAreBeingServedAnotherIsRefused) {
  options_.settings.connections_max = 2;
  start();
  deploy("p");
  backend_.hold();
  std::vector<RawClient> busy;
  for (std::size_t i = 0; i < 2; ++i) {
    busy.push_back(connect());
    busy.back().send(request("POST /v1/pipelines/p/pause"));
    while (backend_.held() <= i) std::this_thread::yield();
  }
  RawClient late = connect();
  EXPECT_EQ(code_in(late.read()), "503 BUSY");
  backend_.release();
  for (RawClient& client : busy) EXPECT_EQ(client.read().status, 200);
  EXPECT_EQ(ask("GET /v1").status, 200);
}

TEST_F(OverTheWire, AClientThatLeftDoesNotDisturbItsAnswer) {
  start();
  deploy("p");
  backend_.hold();
  {
    RawClient client = connect();
    client.send(request("POST /v1/pipelines/p/pause"));
    while (backend_.held() == 0) std::this_thread::yield();
  }
  backend_.release();
  EXPECT_EQ(ask("GET /v1").status, 200);
}

TEST_F(OverTheWire, ARequestWithoutAnAnswerGetsA500) {
  start();
  deploy("p");
  backend_.fail_with(Status(Code::internal, "the secret reason"));
  const RawAnswer answer = ask("POST /v1/pipelines/p/pause");
  EXPECT_EQ(code_in(answer), "500 INTERNAL");
  EXPECT_EQ(answer.body.find("secret"), std::string::npos);
}

TEST_F(OverTheWire, StoppingLetsTheAnswerUnderWayFinish) {
  start();
  deploy("p");
  backend_.hold();
  RawClient busy = connect();
  RawClient idle = connect();
  idle.send(request("GET /v1"));
  EXPECT_EQ(idle.read().status, 200);
  busy.send(request("POST /v1/pipelines/p/pause"));
  while (backend_.held() == 0) std::this_thread::yield();
  server_->stop();
  EXPECT_TRUE(idle.at_end());
  backend_.release();
  const RawAnswer answer = busy.read();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Connection"), "close");
  busy.close();
  stop();
  EXPECT_FALSE(connect().connected());
}

TEST_F(OverTheWire, HostsAndOriginsAreJudgedFirst) {
  start();
  EXPECT_EQ(code_in(ask_raw("GET /v1 HTTP/1.1\r\nHost: evil.example\r\n\r\n")), "421 UNKNOWN_HOST");
  EXPECT_EQ(code_in(ask_raw("GET /v1 HTTP/1.1\r\nHost: localhost\r\n\r\n")), "421 UNKNOWN_HOST");
  EXPECT_EQ(code_in(ask_raw("GET /v1 HTTP/1.1\r\n\r\n")), "400 BAD_REQUEST");
  EXPECT_EQ(code_in(ask("GET /v1", "Origin: http://evil.example\r\n")), "403 FOREIGN_ORIGIN");
  EXPECT_EQ(code_in(ask("GET /livez", "Origin: null\r\n")), "403 FOREIGN_ORIGIN");
  EXPECT_EQ(ask("GET /v1", "Origin: http://" + host() + "\r\n").status, 200);
}

TEST_F(OverTheWire, TheOrderOfChecksIsTheContracts) {
  start();
  const std::string viewer = "GET /v1 HTTP/1.1\r\n";
  const auto as = [&](const std::string& token, const std::string& line,
                      const std::string& headers = "") {
    return code_in(ask_raw(line + " HTTP/1.1\r\nHost: " + host() + "\r\nAuthorization: Bearer " +
                           token + "\r\n" + headers + "\r\n"));
  };
  EXPECT_EQ(as("wrong", "GET /v1/nothing"), "401 UNAUTHENTICATED");
  EXPECT_EQ(as("viewer", "GET /v1/nothing"), "404 NOT_FOUND");
  EXPECT_EQ(as("viewer", "DELETE /v1"), "405 METHOD_NOT_ALLOWED");
  EXPECT_EQ(as("viewer", "TRACE /v1"), "405 METHOD_NOT_ALLOWED");
  EXPECT_EQ(as("viewer", "POST /v1/pipelines"), "403 FORBIDDEN");
  EXPECT_EQ(as("operator", "DELETE /v1/pipelines/p"), "403 FORBIDDEN");
  EXPECT_EQ(as(kToken, "POST /v1/pipelines"), "411 LENGTH_REQUIRED");
  EXPECT_EQ(as(kToken, "POST /v1/pipelines", "Content-Length: 2\r\n"),
            "415 UNSUPPORTED_MEDIA_TYPE");
  EXPECT_EQ(as(kToken, "POST /v1/pipelines", "Content-Length: 9999999\r\n"),
            "415 UNSUPPORTED_MEDIA_TYPE");
  EXPECT_EQ(as(kToken, "DELETE /v1/pipelines/p", "Content-Length: 2\r\n"), "400 BAD_REQUEST");
  EXPECT_EQ(as(kToken, "DELETE /v1/pipelines/p?dryrun=plan"), "400 BAD_QUERY");
  EXPECT_EQ(as(kToken, "DELETE /v1/pipelines/p?dry_run=plan"), "501 NOT_IMPLEMENTED");
  EXPECT_EQ(code_in(ask_raw("GET /nothing HTTP/1.1\r\nHost: " + host() + "\r\n\r\n")),
            "404 NOT_FOUND");
}

TEST_F(OverTheWire, EncodedOrForeignBodiesAreRefused) {
  start();
  const auto with = [&](const std::string& headers) {
    return code_in(ask("POST /v1/pipelines", headers + "Content-Length: 2\r\n"));
  };
  EXPECT_EQ(with("Content-Type: text/plain\r\n"), "415 UNSUPPORTED_MEDIA_TYPE");
  EXPECT_EQ(with("Content-Type: application/json\r\nContent-Encoding: gzip\r\n"),
            "415 UNSUPPORTED_MEDIA_TYPE");
  EXPECT_EQ(with("Content-Type: application/json; charset=utf-16\r\n"),
            "415 UNSUPPORTED_MEDIA_TYPE");
}

TEST_F(OverTheWire, HeadIsGetWithoutABody) {
  start();
  const RawAnswer get = ask("GET /livez");
  RawClient client = connect();
  client.send(request("HEAD /livez", "Connection: close\r\n"));
  const RawAnswer head = client.read(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("Content-Length"), get.header("Content-Length"));
  EXPECT_TRUE(client.at_end());
}

TEST_F(OverTheWire, OptionsSaysWhatIsAllowed) {
  start();
  const RawAnswer answer = ask("OPTIONS /v1/pipelines/p/trigger");
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.header("Allow"), "GET, HEAD, PUT, DELETE, OPTIONS");
  EXPECT_EQ(answer.header("Content-Length"), "");
  EXPECT_EQ(answer.head.find("Access-Control"), std::string::npos);
}

TEST_F(OverTheWire, WhileStartingAndStoppingWritesWait) {
  start();
  deploy("p");
  backend_.is_started = false;
  EXPECT_EQ(code_in(ask("POST /v1/pipelines/p/pause")), "503 STARTING");
  EXPECT_EQ(ask("GET /v1/pipelines/p").status, 200);
  EXPECT_EQ(code_in(ask("GET /startupz")), "503 STARTING");
  backend_.is_started = true;
  backend_.is_stopping = true;
  const RawAnswer answer = ask("POST /v1/pipelines/p/pause");
  EXPECT_EQ(code_in(answer), "503 STOPPING");
  EXPECT_EQ(answer.header("Retry-After"), "1");
  EXPECT_EQ(code_in(ask("GET /readyz")), "503 STOPPING");
}

TEST_F(OverTheWire, TheUnixSocketServesItsOwnersWithoutAToken) {
  const std::string path = (std::filesystem::temp_directory_path() /
                            ("leat-admin-" + std::to_string(::getpid()) + ".sock"))
                               .string();
  options_.settings.unix_path = path;
  options_.settings.auth.unix_peers = {{::getuid(), Role::admin}};
  start();
  RawClient client(path);
  client.send("GET /v1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.read().status, 200);
  Server second(options_, backend_, base::machine_clock());
  EXPECT_EQ(second.open().code(), Code::already_exists);
  client.close();
  stop();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Listening, NeedsAFreeLoopbackAddress) {
  FakeBackend backend;
  ServerOptions options;
  options.settings.listen = {"127.0.0.1:0"};
  Server first(options, backend, base::machine_clock());
  ASSERT_TRUE(first.open().ok());
  options.settings.listen = {first.bound().front().address};
  Server second(options, backend, base::machine_clock());
  const Status taken = second.open();
  EXPECT_EQ(taken.code(), Code::already_exists);
  EXPECT_THAT(taken.message(), HasSubstr("choose another port"));
  options.settings.listen = {"0.0.0.0:0"};
  Server open_to_all(options, backend, base::machine_clock());
  EXPECT_EQ(open_to_all.open().code(), Code::not_available_yet);
  options.settings.listen = {"nonsense"};
  Server nonsense(options, backend, base::machine_clock());
  EXPECT_EQ(nonsense.open().code(), Code::invalid_argument);
}

}  // namespace
}  // namespace leat::admin
