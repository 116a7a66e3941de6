#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/admin/served.h"

namespace leat::admin {
namespace {

using testing::Contains;
using testing::HasSubstr;

class Stores : public Served {
 protected:
  void SetUp() override {
    start();
    runtime::PipelineSnapshot pipeline;
    pipeline.name = "p";
    pipeline.etag = "\"1-0badcafe\"";
    pipeline.state.keys = 12;
    pipeline.state.bytes = 3456;
    pipeline.state.disk_bytes = 789;
    pipeline.state.stores.push_back(
        {"per-user", {"user", "shop"}, {"string", ""}, std::chrono::hours(1), 12, 3456});
    runtime::StepStatus step;
    step.id = "per-user";
    step.late_closed = 5;
    step.late_idle = 2;
    pipeline.steps.push_back(step);
    backend_.add(std::move(pipeline));
  }
  RawAnswer as(const std::string& token, const std::string& line) {
    return ask_raw(line + " HTTP/1.1\r\nHost: " + host() + "\r\nAuthorization: Bearer " + token +
                   "\r\n\r\n");
  }
};

TEST_F(Stores, AreListedWithTheirKeys) {
  const RawAnswer answer = ask("GET /v1/pipelines/p/stores");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(at(answer.body, "/items/0/name"), "per-user");
  EXPECT_EQ(at(answer.body, "/items/0/step"), "per-user");
  EXPECT_EQ(at(answer.body, "/items/0/keys/0/type"), "string");
  EXPECT_EQ(at(answer.body, "/items/0/keys/1/field"), "shop");
  EXPECT_EQ(at(answer.body, "/items/0/keys/1/type"), "null");
  EXPECT_EQ(at(answer.body, "/items/0/rows"), "12");
  EXPECT_EQ(at(answer.body, "/items/0/bytes"), "3456");
  EXPECT_EQ(at(answer.body, "/items/0/ttl"), "1h");
  EXPECT_EQ(code_in(ask("GET /v1/pipelines/q/stores")), "404 PIPELINE_NOT_FOUND");
}

TEST_F(Stores, GiveTheValueOfAKey) {
  const RawAnswer answer = ask("GET /v1/pipelines/p/stores/per-user?key=a");
  EXPECT_EQ(answer.body, R"({"key":"a","value":{"n":2},"epoch":7,"updated_at":null})");
  EXPECT_THAT(backend_.calls(), Contains("state p/per-user a -..- 1000 latest"));
  ask("GET /v1/pipelines/p/stores/per-user?key=%5B%22a%22%2C1%5D&consistency=committed");
  EXPECT_THAT(backend_.calls(), Contains("state p/per-user [\"a\",1] -..- 1000 committed"));
}

TEST_F(Stores, GiveARangeALineForEachKey) {
  const RawAnswer answer = ask("GET /v1/pipelines/p/stores/per-user?from=a&to=c&limit=2");
  EXPECT_EQ(answer.header("Content-Type"), "application/x-ndjson");
  EXPECT_EQ(answer.body,
            "{\"key\":\"a\",\"value\":{\"n\":2}}\n{\"key\":\"b\",\"value\":{\"n\":3}}\n");
  EXPECT_THAT(backend_.calls(), Contains("state p/per-user - a..c 2 committed"));
  ask("GET /v1/pipelines/p/stores/per-user?consistency=latest");
  EXPECT_THAT(backend_.calls(), Contains("state p/per-user - -..- 1000 latest"));
}

TEST_F(Stores, RefuseWhatMeansNothing) {
  const std::string path = "GET /v1/pipelines/p/stores/per-user";
  EXPECT_EQ(code_in(ask(path + "?key=a&from=b")), "400 BAD_QUERY");
  EXPECT_EQ(code_in(ask(path + "?consistency=soon&key=a")), "400 BAD_QUERY");
  EXPECT_EQ(code_in(ask(path + "?limit=0")), "400 BAD_QUERY");
  EXPECT_EQ(code_in(ask(path + "?kye=a")), "400 BAD_QUERY");
}

TEST_F(Stores, PassOnWhyThereIsNoAnswer) {
  for (const auto& [code, said] : {std::pair{"KEY_NOT_FOUND", "404 KEY_NOT_FOUND"},
                                   {"STORE_NOT_FOUND", "404 STORE_NOT_FOUND"},
                                   {"RESTORING", "503 RESTORING"},
                                   {"BAD_QUERY", "400 BAD_QUERY"}}) {
    backend_.fail_with(Status(Code::not_found, "no").with("problem", code));
    const RawAnswer answer = ask("GET /v1/pipelines/p/stores/per-user?key=a");
    EXPECT_EQ(code_in(answer), said);
    EXPECT_EQ(answer.header("Retry-After"), answer.status == 503 ? "1" : "");
  }
}

TEST_F(Stores, AreNotForViewers) {
  for (const char* path : {"/stores", "/stores/per-user?key=a"})
    EXPECT_EQ(as("viewer", "GET /v1/pipelines/p" + std::string(path)).status, 403);
  EXPECT_EQ(as("operator", "GET /v1/pipelines/p/stores").status, 200);
}

TEST_F(Stores, AreInStatusAndMetrics) {
  const RawAnswer status = ask("GET /v1/pipelines/p");
  EXPECT_EQ(at(status.body, "/status/state/keys"), "12");
  EXPECT_EQ(at(status.body, "/status/state/bytes"), "3456");
  EXPECT_EQ(at(status.body, "/status/late"), "7");
  const RawAnswer metrics = ask("GET /metrics");
  EXPECT_THAT(metrics.body, HasSubstr("leat_state_keys{pipeline=\"p\",step=\"per-user\"} 12"));
  EXPECT_THAT(metrics.body, HasSubstr("leat_state_bytes{pipeline=\"p\",step=\"per-user\"} 3456"));
  EXPECT_THAT(metrics.body, HasSubstr("leat_records_late_total{pipeline=\"p\",step=\"per-user\","
                                      "reason=\"closed\"} 5"));
  EXPECT_THAT(
      metrics.body,
      HasSubstr("leat_records_late_total{pipeline=\"p\",step=\"per-user\",reason=\"idle\"} 2"));
}

TEST_F(Stores, KeptStateIsListedAndForgotten) {
  EXPECT_EQ(at(ask("GET /v1/kept-state").body, "/items/0/pipeline"), "gone");
  EXPECT_EQ(ask("DELETE /v1/kept-state/gone").status, 204);
  EXPECT_THAT(backend_.calls(), Contains("forget gone"));
  EXPECT_EQ(as("operator", "DELETE /v1/kept-state/gone").status, 403);
}

TEST_F(Stores, ADefinitionThatLosesStateIsRefusedWithTheSteps) {
  backend_.fail_with(Status(Code::wrong_state, "the state of `a` (changed) would be lost")
                         .with("problem", "STATE_INCOMPATIBLE")
                         .with("step", "a")
                         .with("step", "b"));
  const std::string definition =
      R"({"name": "p", "sources": {"in": {"generator": {"rows_per_second": 1, "fields": {"n": "seq"}}}},
          "steps": [{"id": "a", "filter": "n > 1"}], "sinks": {"out": {"stdout": {}}}})";
  const RawAnswer answer = ask("PUT /v1/pipelines/p", "", definition);
  EXPECT_EQ(code_in(answer), "409 STATE_INCOMPATIBLE") << answer.body;
  EXPECT_EQ(at(answer.body, "/errors/0/pointer"), "/steps/0");
  EXPECT_THAT(at(answer.body, "/errors/1/message"), HasSubstr("`b`"));
  ask("PUT /v1/pipelines/p?state=discard", "", definition);
  EXPECT_THAT(backend_.calls(), Contains("put p by boss discarding"));
  EXPECT_EQ(code_in(ask("PUT /v1/pipelines/p?state=keep", "", definition)), "400 BAD_QUERY");
}

TEST_F(Stores, DrainIsAVerbAndAWayToDelete) {
  EXPECT_EQ(ask("POST /v1/pipelines/p/drain").status, 200);
  EXPECT_THAT(backend_.calls(), Contains("drain p"));
  EXPECT_EQ(ask("DELETE /v1/pipelines/p?mode=drain").status, 204);
  EXPECT_THAT(backend_.calls(), Contains("remove p drained"));
}

}  // namespace
}  // namespace leat::admin
