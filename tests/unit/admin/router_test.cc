#include "admin/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "admin/idempotency.h"

namespace leat::admin {
namespace {

using testing::ElementsAre;

class Routes : public testing::Test {
 protected:
  // "PATTERN param param" of the route that a request gets, "405", or "404".
  std::string find(Method method, std::string_view path) const {
    const auto match = router_.match(path);
    if (!match) return "404";
    const Route* route = match->find(method);
    if (route == nullptr) return "405";
    std::string out(route->pattern);
    for (const std::string& param : match->params) out += " " + param;
    return out;
  }
  Router router_{api_routes()};
};

TEST_F(Routes, APathAndAMethodFindTheirRoute) {
  EXPECT_EQ(find(Method::get, "/v1"), "/v1");
  EXPECT_EQ(find(Method::head, "/v1"), "/v1");
  EXPECT_EQ(find(Method::get, "/v1/pipelines"), "/v1/pipelines");
  EXPECT_EQ(find(Method::post, "/v1/pipelines:validate"), "/v1/pipelines:validate");
  EXPECT_EQ(find(Method::get, "/v1/pipelines/orders"), "/v1/pipelines/{p} orders");
  EXPECT_EQ(find(Method::get, "/v1/pipelines/orders:wait"), "/v1/pipelines/{p}:wait orders");
  EXPECT_EQ(find(Method::put, "/v1/pipelines/orders/trigger"), "/v1/pipelines/{p}/trigger orders");
  EXPECT_EQ(find(Method::get, "/v1/pipelines/a/steps/b/tap"),
            "/v1/pipelines/{p}/steps/{id}/tap a b");
  EXPECT_EQ(find(Method::get, "/v1/pipelines/%6frders"), "/v1/pipelines/{p} orders");
}

TEST_F(Routes, OtherPathsAreNotFound) {
  for (const char* path :
       {"/v2", "/v1/", "/v1/pipelines/", "/v1/pipelines/a/b", "/v1/pipelines/a:wake",
        "/v1/pipelines/:wait", "/V1", "/metrics/", "/v1/pipelines/a/steps//tap"}) {
    EXPECT_EQ(find(Method::get, path), "404") << path;
  }
}

TEST_F(Routes, OtherMethodsAreNotAllowed) {
  EXPECT_EQ(find(Method::post, "/v1"), "405");
  EXPECT_EQ(find(Method::trace, "/v1"), "405");
  EXPECT_EQ(find(Method::get, "/v1/pipelines/p/pause"), "405");
  EXPECT_EQ(router_.match("/v1/pipelines")->allow(), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(router_.match("/v1/pipelines/p/pause")->allow(), "POST, OPTIONS");
  EXPECT_EQ(router_.match("/v1/events")->allow(), "OPTIONS");
}

TEST_F(Routes, NoRouteStandsTwiceAndEveryWriteNeedsARole) {
  std::set<std::string> seen;
  for (const Route& route : router_.table()) {
    EXPECT_TRUE(
        seen.insert(std::string(to_string(route.method)) + std::string(route.pattern)).second)
        << route.pattern;
    const bool guarded = route.method != Method::get || route.pattern.starts_with("/v1");
    EXPECT_TRUE(!guarded || route.role != Role::none) << route.pattern;
  }
}

std::string code_of(const std::variant<Query, Problem>& read) {
  const auto* problem = std::get_if<Problem>(&read);
  return problem == nullptr ? "ok" : std::string(info_of(problem->code).name);
}

TEST(Queries, KnownParametersAreDecoded) {
  const QuerySpec spec{{"limit", "label"}, {}, {"label"}};
  const auto read = Query::read("limit=5&label=a%3db&label=c+d&", spec);
  ASSERT_EQ(code_of(read), "ok");
  EXPECT_EQ(std::get<Query>(read).find("limit"), "5");
  EXPECT_THAT(std::get<Query>(read).all("label"), ElementsAre("a=b", "c d"));
}

TEST(Queries, UnknownParametersAreRefusedWithWhatTheyCouldMean) {
  const auto read = Query::read("dryrun=plan", {{"mode"}, {"dry_run"}, {}});
  ASSERT_EQ(code_of(read), "BAD_QUERY");
  EXPECT_THAT(std::get<Problem>(read).did_you_mean, ElementsAre("dry_run"));
}

TEST(Queries, RepeatedBrokenAndUnbuiltParametersAreRefused) {
  const QuerySpec spec{{"mode"}, {"dry_run"}, {}};
  EXPECT_EQ(code_of(Query::read("mode=a&mode=b", spec)), "BAD_QUERY");
  EXPECT_EQ(code_of(Query::read("mode=%ff", spec)), "BAD_QUERY");
  EXPECT_EQ(code_of(Query::read("dry_run=plan", spec)), "NOT_IMPLEMENTED");
  std::string many = "mode=a";
  for (int i = 0; i < 70; ++i) many += "&mode";
  EXPECT_EQ(code_of(Query::read(many, spec)), "BAD_QUERY");
}

TEST(Queries, ValuesAreCheckedAgainstTheirRange) {
  const QuerySpec spec{{"n", "t", "w"}, {}, {}};
  const Query query = std::get<Query>(Query::read("n=12&t=1m30s&w=now", spec));
  EXPECT_EQ(std::get<std::size_t>(count_parameter(query, "n", 1, 1, 12)), 12u);
  EXPECT_TRUE(std::holds_alternative<Problem>(count_parameter(query, "n", 1, 1, 11)));
  EXPECT_TRUE(std::holds_alternative<Problem>(count_parameter(query, "t", 1, 1, 11)));
  EXPECT_EQ(std::get<Duration>(duration_parameter(query, "t", {}, {}, std::chrono::minutes(2))),
            std::chrono::seconds(90));
  EXPECT_TRUE(std::holds_alternative<Problem>(
      duration_parameter(query, "t", {}, {}, std::chrono::minutes(1))));
  EXPECT_EQ(std::get<std::string_view>(word_parameter(query, "w", {"now", "later"}, "later")),
            "now");
  EXPECT_TRUE(std::holds_alternative<Problem>(word_parameter(query, "w", {"new"}, "new")));
}

Request post(std::string body, std::string actor = "ci") {
  Request request;
  request.head.method = Method::post;
  request.head.path = "/v1/pipelines";
  request.body = std::move(body);
  request.identity.name = std::move(actor);
  return request;
}

std::string outcome(const std::variant<IdempotencyTable::Run, Response, Problem>& begun) {
  if (std::holds_alternative<IdempotencyTable::Run>(begun)) return "run";
  if (const auto* response = std::get_if<Response>(&begun)) return "again " + response->body;
  return std::string(info_of(std::get<Problem>(begun).code).name);
}

TEST(Idempotency, TheFirstAnswerIsRepeated) {
  IdempotencyTable table;
  const Instant now{};
  EXPECT_EQ(outcome(table.begin(post("a"), "k", now)), "run");
  EXPECT_EQ(outcome(table.begin(post("a"), "k", now)), "IDEMPOTENCY_IN_FLIGHT");
  table.finish(post("a"), "k", json_response(201, "made"));
  EXPECT_EQ(outcome(table.begin(post("a"), "k", now)), "again made");
  EXPECT_EQ(outcome(table.begin(post("b"), "k", now)), "IDEMPOTENCY_KEY_REUSED");
  EXPECT_EQ(outcome(table.begin(post("b", "other"), "k", now)), "run");
  EXPECT_EQ(outcome(table.begin(post("a"), "k", now + IdempotencyTable::kKept)), "run");
}

TEST(Idempotency, FailuresOfOursMayBeTriedAgain) {
  IdempotencyTable table;
  EXPECT_EQ(outcome(table.begin(post("a"), "k", {})), "run");
  table.finish(post("a"), "k", json_response(503, "busy"));
  EXPECT_EQ(outcome(table.begin(post("a"), "k", {})), "run");
}

TEST(Idempotency, KeysAreVisibleAsciiAndTheTableIsBounded) {
  IdempotencyTable table;
  EXPECT_EQ(outcome(table.begin(post("a"), "", {})), "BAD_REQUEST");
  EXPECT_EQ(outcome(table.begin(post("a"), "a b", {})), "BAD_REQUEST");
  EXPECT_EQ(outcome(table.begin(post("a"), std::string(129, 'k'), {})), "BAD_REQUEST");
  for (std::size_t i = 0; i < IdempotencyTable::kEntriesMax; ++i) {
    ASSERT_EQ(outcome(table.begin(post("a"), "k" + std::to_string(i), {})), "run");
  }
  EXPECT_EQ(outcome(table.begin(post("a"), "one-more", {})), "BUSY");
  table.finish(post("a"), "k7", json_response(200, "done"));
  EXPECT_EQ(outcome(table.begin(post("a"), "one-more", {})), "run");
  EXPECT_EQ(table.size(), IdempotencyTable::kEntriesMax);
}

}  // namespace
}  // namespace leat::admin
