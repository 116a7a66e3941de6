#include "net/http_client.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "net/event_stream.h"
#include "support/fake_http_server.h"

namespace leat::net {
namespace {

using namespace std::chrono_literals;
using test::FakeHttpServer;

// Long enough that only a hang reaches it.
constexpr Duration kLong = 60s;

HttpClient client_of(const FakeHttpServer& server) {
  return {*parse_address(server.url()), base::machine_clock()};
}

Result<Response> answer_to(std::string bytes, bool hold = false, Duration timeout = kLong) {
  const FakeHttpServer server([&](const FakeHttpServer::Seen&) {
    return FakeHttpServer::Answer{bytes, hold};
  });
  return client_of(server).exchange({}, timeout);
}

std::string body_of(std::string bytes) {
  const auto response = answer_to(std::move(bytes));
  return response.ok() ? response->body : response.status().to_string();
}

TEST(HttpClient, SendsOneRequestAndReadsTheWholeAnswer) {
  const FakeHttpServer server([](const auto&) {
    return FakeHttpServer::reply(201, "{\"a\":1}", "application/json", "ETag: \"3-x\"\r\n");
  });
  const auto response = client_of(server).exchange({.method = "PUT",
                                                    .target = "/v1/pipelines/p?x=1",
                                                    .headers = {{"Authorization", "Bearer t"}},
                                                    .body = "{}"},
                                                   kLong);
  ASSERT_TRUE(response.ok()) << response.status().to_string();
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->body, "{\"a\":1}");
  EXPECT_EQ(response->header("etag"), "\"3-x\"");
  ASSERT_EQ(server.seen().size(), 1u);
  const auto seen = server.seen()[0];
  EXPECT_EQ(seen.method, "PUT");
  EXPECT_EQ(seen.target, "/v1/pipelines/p?x=1");
  EXPECT_EQ(seen.header("Authorization"), "Bearer t");
  EXPECT_EQ(seen.header("Content-Length"), "2");
  EXPECT_EQ(seen.header("Host"), "127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(seen.body, "{}");
}

TEST(HttpClient, TalksOverAUnixSocket) {
  const std::string path = testing::TempDir() + "/leat-net-" + std::to_string(::getpid()) + ".sock";
  const FakeHttpServer server([](const auto&) { return FakeHttpServer::reply(200, "ok"); }, path);
  const auto response = client_of(server).exchange({}, kLong);
  ASSERT_TRUE(response.ok()) << response.status().to_string();
  EXPECT_EQ(response->body, "ok");
  EXPECT_EQ(server.seen()[0].header("Host"), "localhost");
  std::filesystem::remove(path);
}

TEST(HttpClient, ReadsBodiesWithoutLengthAndInChunks) {
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\n\r\nuntil the end"), "until the end");
  EXPECT_EQ(
      body_of(
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
      "abcde");
  EXPECT_EQ(body_of("HTTP/1.1 204 No Content\r\n\r\n"), "");
}

TEST(HttpClient, ABodyLargerThanItsBuffersArrivesWhole) {
  const std::string body(300'000, 'x');
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + body), body);
}

TEST(HttpClient, NobodyThereIsUnavailable) {
  int port = 0;
  {
    const FakeHttpServer gone([](const auto&) { return FakeHttpServer::Answer{}; });
    port = gone.port();
  }
  const HttpClient tcp(*parse_address("http://127.0.0.1:" + std::to_string(port)),
                       base::machine_clock());
  EXPECT_EQ(tcp.exchange({}, kLong).status().code(), Code::unavailable);
  const HttpClient unix(*parse_address("unix:/nonexistent/leat.sock"), base::machine_clock());
  EXPECT_EQ(unix.exchange({}, kLong).status().code(), Code::unavailable);
  EXPECT_EQ(answer_to("").status().code(), Code::unavailable);
}

TEST(HttpClient, SilenceEndsAtTheDeadline) {
  EXPECT_EQ(answer_to("", true, 20ms).status().code(), Code::timed_out);
  EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", true, 20ms).status().code(),
            Code::timed_out);
}

TEST(HttpClient, WhatIsNotAnAnswerIsDamage) {
  for (const char* bytes :
       {"SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        "HTTP/1.1 200 OK\r\n bad\r\n\r\n"}) {
    EXPECT_EQ(answer_to(bytes).status().code(), Code::data_loss) << bytes;
  }
}

TEST(HttpClient, HostileHeadersAndTrailersAreContained) {
  EXPECT_EQ(
      answer_to("HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'a') + "\r\n\r\n").status().code(),
      Code::exhausted);
  EXPECT_FALSE(answer_to("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " +
                         std::string(70'000, 'a') + "\r\n\r\n")
                   .ok());
}

TEST(HttpClient, ARequestThatWouldSplitIsNotSent) {
  const HttpClient client(*parse_address("http://127.0.0.1:1"), base::machine_clock());
  EXPECT_EQ(client.exchange({.target = "/a b"}, kLong).status().code(), Code::invalid_argument);
  EXPECT_EQ(client.exchange({.target = "/a\r\nX: y"}, kLong).status().code(),
            Code::invalid_argument);
  EXPECT_EQ(
      client.exchange({.headers = {{"Authorization", "Bearer a\r\nX: y"}}}, kLong).status().code(),
      Code::invalid_argument);
}

TEST(HttpClient, EncodesComponents) {
  EXPECT_EQ(encode_component("a b/ü?~"), "a%20b%2F%C3%BC%3F~");
}

std::vector<ServerEvent> events_of(std::string body) {
  const FakeHttpServer server([&](const auto&) {
    return FakeHttpServer::Answer{"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" +
                                  body};
  });
  auto stream = client_of(server).open({}, kLong);
  EXPECT_TRUE(stream.ok());
  EventStream events(std::move(*stream));
  std::vector<ServerEvent> all;
  for (;;) {
    auto event = events.next(base::kNever);
    if (!event.ok() || !event->has_value()) break;
    all.push_back(std::move(**event));
  }
  return all;
}

TEST(EventStream, ReadsTypesDataAndIds) {
  const auto events = events_of(
      "retry: 2000\n\n: keep-alive\n\nevent: row\nid: 7\ndata: {\"a\":1}\n\nevent:end\r\ndata: "
      "one\r\ndata: two\r\n\r\ndata: half");
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].type, "row");
  EXPECT_EQ(events[0].id, "7");
  EXPECT_EQ(events[0].data, "{\"a\":1}");
  EXPECT_EQ(events[1].type, "end");
  EXPECT_EQ(events[1].data, "one\ntwo");
  EXPECT_EQ(events[1].id, "7");
}

TEST(EventStream, EventsWithoutATypeAreMessages) {
  const auto events = events_of("data\n\ndata: x\r\rid: 1\n\n");
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].type, "message");
  EXPECT_EQ(events[0].data, "");
  EXPECT_EQ(events[1].data, "x");
}

TEST(EventStream, ArrivesWhileTheStreamIsOpen) {
  const FakeHttpServer server([](const auto&) {
    return FakeHttpServer::Answer{"HTTP/1.1 200 OK\r\n\r\nevent: row\ndata: 1\n\n", true};
  });
  auto stream = client_of(server).open({}, kLong);
  ASSERT_TRUE(stream.ok());
  EventStream events(std::move(*stream));
  EXPECT_EQ((*events.next(base::kNever))->data, "1");
  EXPECT_EQ(events.next(base::machine_clock().now() + 20ms).status().code(), Code::timed_out);
}

}  // namespace
}  // namespace leat::net
