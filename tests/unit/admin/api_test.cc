#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/twelve_mistakes.h"
#include "unit/admin/served.h"

namespace leat::admin {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::string kDefinition =
    R"({"name": "orders", "sources": {"in": {"generator": {"rows_per_second": 1, "fields": {"n": "seq"}}}},
  "sinks": {"out": {"stdout": {}}}})";

class Api : public Served {
 protected:
  void SetUp() override { start(); }
};

TEST_F(Api, TheRootSaysWhatThisIs) {
  const RawAnswer answer = ask("GET /v1");
  EXPECT_EQ(at(answer.body, "/application"), "leat");
  EXPECT_EQ(at(answer.body, "/abi/major"), "1");
  EXPECT_EQ(at(answer.body, "/broker/profile"), "default");
  EXPECT_EQ(at(answer.body, "/threads/1/name"), "worker-0");
  EXPECT_EQ(at(answer.body, "/links/pipelines"), "/v1/pipelines");
}

TEST_F(Api, FunctionsAreListedFromTheTable) {
  const RawAnswer answer = ask("GET /v1/functions");
  EXPECT_EQ(at(answer.body, "/items/0/name"), "size");
  EXPECT_EQ(at(answer.body, "/items/0/kind"), "scalar");
  EXPECT_EQ(at(answer.body, "/items/0/category"), "core");
  EXPECT_EQ(at(answer.body, "/items/0/flags/0"), "pure");
  EXPECT_EQ(at(answer.body, "/next_page_token"), "null");
  EXPECT_THAT(answer.body, HasSubstr("string.charAt(int) -> string"));
  EXPECT_EQ(at(ask("GET /v1").body, "/links/functions"), "/v1/functions");
}

TEST_F(Api, PipelinesAreListedInPages) {
  for (const char* name : {"a", "b", "c"}) deploy(name);
  const RawAnswer first = ask("GET /v1/pipelines?limit=2");
  EXPECT_EQ(at(first.body, "/items/0/name"), "a");
  EXPECT_EQ(at(first.body, "/items/0/etag"), "\"3-0badcafe\"");
  EXPECT_EQ(at(first.body, "/items/0/labels/team"), "a");
  EXPECT_EQ(at(first.body, "/items/0/mode"), "real_time");
  EXPECT_EQ(at(first.body, "/items/0/links/self"), "/v1/pipelines/a");
  EXPECT_EQ(at(first.body, "/items/2"), "?");
  const RawAnswer second =
      ask("GET /v1/pipelines?limit=2&page_token=" + at(first.body, "/next_page_token"));
  EXPECT_EQ(at(second.body, "/items/0/name"), "c");
  EXPECT_EQ(at(second.body, "/next_page_token"), "null");
}

TEST_F(Api, PipelinesAreListedByLabel) {
  for (const char* name : {"a", "b"}) deploy(name);
  const RawAnswer answer = ask("GET /v1/pipelines?label=team=b");
  EXPECT_EQ(at(answer.body, "/items/0/name"), "b");
  EXPECT_EQ(at(answer.body, "/items/1"), "?");
  EXPECT_EQ(code_in(ask("GET /v1/pipelines?label=team")), "400 BAD_QUERY");
  EXPECT_EQ(code_in(ask("GET /v1/pipelines?page_token=zz")), "400 BAD_QUERY");
  EXPECT_EQ(code_in(ask("GET /v1/pipelines?limit=0")), "400 BAD_QUERY");
}

TEST_F(Api, APipelineShowsSpecAndStatus) {
  deploy("p");
  const RawAnswer answer = ask("GET /v1/pipelines/p");
  EXPECT_EQ(answer.header("ETag"), "\"3-0badcafe\"");
  EXPECT_EQ(at(answer.body, "/spec/name"), "p");
  EXPECT_EQ(at(answer.body, "/generation"), "3");
  EXPECT_EQ(at(answer.body, "/status/actual"), "running");
  EXPECT_EQ(at(answer.body, "/status/trigger/mode"), "real_time");
  EXPECT_EQ(at(answer.body, "/status/trigger/source"), "spec");
  EXPECT_EQ(at(answer.body, "/status/sources/in/caught_up"), "true");
  EXPECT_EQ(at(answer.body, "/status/steps/keep/dropped/filter"), "3");
  EXPECT_EQ(at(answer.body, "/status/steps/keep/failed"), "2");
  EXPECT_EQ(at(answer.body, "/status/steps/keep/dead_lettered"), "1");
  EXPECT_EQ(at(answer.body, "/status/latency_ms/end_to_end"), "null");
  EXPECT_EQ(code_in(ask("GET /v1/pipelines/q")), "404 PIPELINE_NOT_FOUND");
}

TEST_F(Api, ThePostedTextComesBackAsItWas) {
  deploy("p");
  const RawAnswer answer = ask("GET /v1/pipelines/p?format=text");
  EXPECT_EQ(answer.body, "{ \"name\": \"p\" } // mine\n");
  EXPECT_EQ(answer.header("Content-Type"), "text/plain; charset=utf-8");
}

TEST_F(Api, APostCreatesOnce) {
  const RawAnswer made = ask("POST /v1/pipelines", "", kDefinition);
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.header("Location"), "/v1/pipelines/orders");
  EXPECT_EQ(made.header("ETag"), "\"1-0badcafe\"");
  EXPECT_EQ(at(made.body, "/status/actual"), "starting");
  EXPECT_EQ(code_in(ask("POST /v1/pipelines", "", kDefinition)), "409 NAME_TAKEN");
  EXPECT_THAT(backend_.calls(), Contains("put orders by boss"));
}

TEST_F(Api, APutCreatesAndReplaces) {
  EXPECT_EQ(ask("PUT /v1/pipelines/orders?initial_state=paused", "", kDefinition).status, 201);
  EXPECT_EQ(backend_.find("orders")->desired, runtime::Desired::paused);
  const RawAnswer replaced = ask("PUT /v1/pipelines/orders", "", kDefinition);
  EXPECT_EQ(replaced.status, 200);
  EXPECT_EQ(replaced.header("ETag"), "\"2-0badcafe\"");
  EXPECT_EQ(code_in(ask("PUT /v1/pipelines/other", "", kDefinition)), "422 INVALID_DEFINITION");
  EXPECT_EQ(code_in(ask("PUT /v1/pipelines/orders?initial_state=asleep", "", kDefinition)),
            "400 BAD_QUERY");
}

TEST_F(Api, PreconditionsOfAPutHold) {
  EXPECT_EQ(code_in(ask("PUT /v1/pipelines/orders", "If-Match: *\r\n", kDefinition)),
            "412 ETAG_MISMATCH");
  EXPECT_EQ(ask("PUT /v1/pipelines/orders", "If-None-Match: *\r\n", kDefinition).status, 201);
  EXPECT_EQ(code_in(ask("PUT /v1/pipelines/orders", "If-None-Match: *\r\n", kDefinition)),
            "412 ALREADY_EXISTS");
  EXPECT_EQ(code_in(ask("PUT /v1/pipelines/orders", "If-None-Match: \"x\"\r\n", kDefinition)),
            "400 BAD_REQUEST");
  EXPECT_EQ(code_in(ask("PUT /v1/pipelines/orders", "If-Match: \"9-00000000\"\r\n", kDefinition)),
            "412 ETAG_MISMATCH");
  EXPECT_EQ(code_in(ask("PUT /v1/pipelines/orders", "If-Match: W/\"1-0badcafe\"\r\n", kDefinition)),
            "412 ETAG_MISMATCH");
  EXPECT_EQ(
      ask("PUT /v1/pipelines/orders", "If-Match: \"9-00000000\", \"1-0badcafe\"\r\n", kDefinition)
          .status,
      200);
}

TEST_F(Api, AllMistakesOfADefinitionComeAtOnce) {
  const RawAnswer answer =
      ask("POST /v1/pipelines", "", R"({"name": "p", "sorces": {}, "parallelism": "many"})");
  EXPECT_EQ(code_in(answer), "422 INVALID_DEFINITION");
  EXPECT_NE(at(answer.body, "/errors/1/pointer"), "?") << answer.body;
  EXPECT_EQ(at(answer.body, "/errors/0/line"), "1");
  EXPECT_TRUE(backend_.calls().empty());
}

TEST_F(Api, MistakesOfThePlanAreLocated) {
  std::string text = kDefinition;
  text.insert(1, "\n\"description\": \"unplannable\",");
  const RawAnswer answer = ask("POST /v1/pipelines", "", text);
  EXPECT_EQ(code_in(answer), "422 INVALID_DEFINITION");
  EXPECT_EQ(at(answer.body, "/errors/0/pointer"), "/description");
  EXPECT_EQ(at(answer.body, "/errors/0/line"), "2");
}

TEST_F(Api, WhatIsNotJsonIsMalformed) {
  EXPECT_EQ(code_in(ask("POST /v1/pipelines", "", "{\"name\":")), "400 MALFORMED_JSON");
  deploy("p");
  EXPECT_EQ(code_in(ask("PUT /v1/pipelines/p/trigger", "", "{\"mode\"")), "400 MALFORMED_JSON");
  EXPECT_EQ(code_in(ask("POST /v1/pipelines/p/pause", "", "{")), "400 MALFORMED_JSON");
  EXPECT_EQ(code_in(ask("POST /v1/pipelines/p/pause", "", R"({"now":true})")), "422 INVALID_BODY");
}

TEST_F(Api, ValidateSaysWhatWouldBe) {
  const RawAnswer good = ask("POST /v1/pipelines:validate", "", kDefinition);
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(at(good.body, "/valid"), "true") << good.body;
  EXPECT_EQ(at(good.body, "/supported_triggers/3/mode"), "auto");
  EXPECT_EQ(at(good.body, "/plan/stages/0/id"), "stage-0");
  const RawAnswer wrong = ask("POST /v1/pipelines:validate", "", R"({"name": "p"})");
  EXPECT_EQ(wrong.status, 200);
  EXPECT_EQ(at(wrong.body, "/valid"), "false");
  EXPECT_EQ(at(wrong.body, "/diagnostics/0/severity"), "error");
  EXPECT_EQ(at(wrong.body, "/plan"), "null");
  EXPECT_TRUE(backend_.calls().empty());
}

TEST_F(Api, ValidateSaysWhatAnEditChanges) {
  EXPECT_EQ(at(ask("POST /v1/pipelines:validate", "", kDefinition).body, "/changes/0"), "?");
  ASSERT_EQ(ask("POST /v1/pipelines", "", kDefinition).status, 201);
  EXPECT_EQ(at(ask("POST /v1/pipelines:validate", "", kDefinition).body, "/changes/0"), "?");
  std::string other(kDefinition);
  other.replace(other.find('{'), 1, R"({"limits":{"state":"1GiB"},)");
  const RawAnswer verdict = ask("POST /v1/pipelines:validate", "", other);
  EXPECT_EQ(at(verdict.body, "/changes/0/pointer"), "/limits") << verdict.body;
  EXPECT_EQ(at(verdict.body, "/changes/0/class"), "hot");
  EXPECT_EQ(at(verdict.body, "/changes/0/step"), "null");
}

TEST_F(Api, TwelveMistakesComeBackAtOnceInTheOrderOfTheText) {
  const std::string text(support::kTwelveMistakes);
  const RawAnswer verdict = ask("POST /v1/pipelines:validate", "", text);
  const RawAnswer refusal = ask("POST /v1/pipelines", "", text);
  EXPECT_EQ(code_in(refusal), "422 INVALID_DEFINITION");
  const auto check = [](const RawAnswer& answer, const std::string& list) {
    for (std::size_t i = 0; i < support::kMistakes.size(); ++i) {
      const support::Mistake& each = support::kMistakes[i];
      const std::string entry = list + std::to_string(i);
      EXPECT_EQ(at(answer.body, entry + "/code"), each.code) << entry << answer.body;
      EXPECT_EQ(at(answer.body, entry + "/pointer"), each.pointer);
      EXPECT_EQ(at(answer.body, entry + "/line"), std::to_string(each.line));
      EXPECT_EQ(at(answer.body, entry + "/column"), std::to_string(each.column));
    }
    EXPECT_EQ(at(answer.body, list + "12/code"), "?") << "and no more";
  };
  check(verdict, "/diagnostics/");
  check(refusal, "/errors/");
}

TEST_F(Api, ServesTheSchemaOfDefinitions) {
  const RawAnswer answer = ask("GET /v1/schemas/pipeline.json");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(at(answer.body, "/$schema"), "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(answer.header("Content-Type"), "application/schema+json");
}

TEST_F(Api, DeleteRemoves) {
  deploy("p");
  EXPECT_EQ(code_in(ask("DELETE /v1/pipelines/p", "If-Match: \"2-00000000\"\r\n")),
            "412 ETAG_MISMATCH");
  EXPECT_EQ(ask("DELETE /v1/pipelines/p?mode=now&state=purge&timeout=5s").status, 204);
  EXPECT_EQ(code_in(ask("DELETE /v1/pipelines/p")), "404 PIPELINE_NOT_FOUND");
}

TEST_F(Api, ASwitchAnswersWithItsReceipt) {
  deploy("p");
  const RawAnswer answer = ask("PUT /v1/pipelines/p/trigger?timeout=3s", "",
                               R"({"mode":"micro_batch","interval":"500ms"})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("ETag"), "\"t-1\"");
  EXPECT_EQ(at(answer.body, "/from"), "real_time");
  EXPECT_EQ(at(answer.body, "/to"), "micro_batch");
  EXPECT_EQ(at(answer.body, "/epoch"), "9182");
  EXPECT_EQ(at(answer.body, "/barrier_offsets/in/orders/0"), "88123");
  EXPECT_EQ(at(answer.body, "/replayed_records"), "0");
  EXPECT_EQ(ask("DELETE /v1/pipelines/p/trigger").status, 200);
}

TEST_F(Api, ATriggerHasAnEtagOfItsOwn) {
  deploy("p");
  EXPECT_EQ(ask("GET /v1/pipelines/p/trigger").header("ETag"), "\"t-1\"");
  const std::string body = R"({"mode":"real_time"})";
  EXPECT_EQ(code_in(ask("PUT /v1/pipelines/p/trigger", "If-Match: \"3-0badcafe\"\r\n", body)),
            "412 ETAG_MISMATCH");
  EXPECT_EQ(ask("PUT /v1/pipelines/p/trigger", "If-Match: \"t-1\"\r\n", body).status, 200);
}

TEST_F(Api, ABadSwitchSaysWhy) {
  deploy("p");
  EXPECT_EQ(code_in(ask("PUT /v1/pipelines/p/trigger", "", R"({"mode":"sometimes"})")),
            "422 INVALID_BODY");
  EXPECT_EQ(code_in(ask("PUT /v1/pipelines/p/trigger?timeout=11m", "", R"({"mode":"real_time"})")),
            "400 BAD_QUERY");
  EXPECT_EQ(code_in(ask("PUT /v1/pipelines/q/trigger", "", R"({"mode":"real_time"})")),
            "404 PIPELINE_NOT_FOUND");
  backend_.fail_with(Status(Code::timed_out, "not cut in time"));
  EXPECT_EQ(code_in(ask("PUT /v1/pipelines/p/trigger", "", R"({"mode":"real_time"})")),
            "409 SWITCH_TIMED_OUT");
}

TEST_F(Api, LifecycleVerbsAnswerWithTheirReceipt) {
  deploy("p");
  for (const char* verb : {"pause", "resume", "stop", "start", "restart"}) {
    const RawAnswer answer = ask(std::string("POST /v1/pipelines/p/") + verb);
    EXPECT_EQ(answer.status, 200) << verb;
    EXPECT_EQ(at(answer.body, "/actual"), "paused");
    EXPECT_EQ(at(answer.body, "/epoch"), "7");
    EXPECT_EQ(at(answer.body, "/took_ms"), "1.5");
  }
  backend_.fail_with(Status(Code::wrong_state, "it is failed").with("problem", "WRONG_STATE"));
  EXPECT_EQ(code_in(ask("POST /v1/pipelines/p/pause")), "409 WRONG_STATE");
}

TEST_F(Api, WaitAnswersWhenItHoldsOrAfterTheWait) {
  deploy("p");
  const RawAnswer running = ask("GET /v1/pipelines/p:wait?for=running");
  EXPECT_EQ(at(running.body, "/met"), "true");
  EXPECT_EQ(at(running.body, "/status/actual"), "running");
  EXPECT_EQ(at(ask("GET /v1/pipelines/p:wait?for=caught_up").body, "/met"), "true");
  EXPECT_EQ(at(ask("GET /v1/pipelines/p:wait?for=stopped&timeout=5ms").body, "/met"), "false");
  EXPECT_EQ(code_in(ask("GET /v1/pipelines/p:wait")), "400 BAD_QUERY");
  EXPECT_EQ(code_in(ask("GET /v1/pipelines/p:wait?for=joy")), "400 BAD_QUERY");
  EXPECT_EQ(code_in(ask("GET /v1/pipelines/q:wait?for=running")), "404 PIPELINE_NOT_FOUND");
}

TEST_F(Api, WaitSeesTheChange) {
  deploy("p");
  RawClient client = connect();
  client.send(request("GET /v1/pipelines/p:wait?for=stopped&timeout=60s"));
  EXPECT_EQ(ask("GET /v1").status, 200);
  deploy("p", runtime::Actual::stopped);
  EXPECT_EQ(at(client.read().body, "/met"), "true");
}

TEST_F(Api, OffsetsAreShownPerPartition) {
  deploy("p");
  const RawAnswer answer = ask("GET /v1/pipelines/p/offsets");
  EXPECT_EQ(at(answer.body, "/items/0/topic"), "orders");
  EXPECT_EQ(at(answer.body, "/items/0/committed"), "12");
  EXPECT_EQ(at(answer.body, "/items/0/last_event_time"), "null");
}

TEST_F(Api, WhatIsDescribedAndNotBuiltIsRefusedByName) {
  for (const char* line : {"GET /v1/events", "GET /v1/pipelines/p/generations", "PUT /v1/pipelines",
                           "PATCH /v1/pipelines/p", "GET /"}) {
    const RawAnswer answer = ask(line);
    EXPECT_EQ(code_in(answer), "501 NOT_IMPLEMENTED") << line;
    EXPECT_THAT(at(answer.body, "/detail"), HasSubstr("NOT_AVAILABLE_YET"));
  }
}

TEST_F(Api, ProbesNeedNoToken) {
  deploy("p");
  const auto open = [&](const std::string& path) {
    return ask_raw("GET " + path + " HTTP/1.1\r\nHost: " + host() + "\r\n\r\n").status;
  };
  EXPECT_EQ(open("/livez"), 200);
  EXPECT_EQ(open("/startupz"), 200);
  EXPECT_EQ(open("/readyz"), 200);
  EXPECT_EQ(open("/readyz?pipeline=p"), 503);
  EXPECT_EQ(open("/readyz?pipeline=q"), 404);
  EXPECT_EQ(open("/metrics"), 401);
  backend_.is_alive = false;
  EXPECT_EQ(open("/livez"), 503);
}

TEST_F(Api, MetricsAreFamiliesWithHelpAndType) {
  deploy("p");
  const RawAnswer answer = ask("GET /metrics");
  EXPECT_EQ(answer.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(answer.body, HasSubstr("# HELP leat_build_info "));
  EXPECT_THAT(answer.body, HasSubstr("# TYPE leat_pipeline_state gauge\n"));
  EXPECT_THAT(answer.body, HasSubstr("leat_pipeline_state{pipeline=\"p\",state=\"running\"} 1\n"));
  EXPECT_THAT(
      answer.body,
      HasSubstr("leat_records_dropped_total{pipeline=\"p\",step=\"keep\",reason=\"filter\"} 3\n"));
  EXPECT_THAT(answer.body,
              HasSubstr("leat_end_to_end_seconds_bucket{pipeline=\"p\",le=\"0.0001\"} 0\n"));
  EXPECT_THAT(answer.body, HasSubstr("leat_end_to_end_seconds_count{pipeline=\"p\"} 0\n"));
  EXPECT_THAT(answer.body, Not(HasSubstr("leat_checkpoint_seconds")));
}

TEST_F(Api, ARepeatedPostWithItsKeyGetsTheFirstAnswer) {
  const std::string key = "Idempotency-Key: abc\r\n";
  EXPECT_EQ(ask("POST /v1/pipelines", key, kDefinition).status, 201);
  const RawAnswer again = ask("POST /v1/pipelines", key, kDefinition);
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.header("Idempotency-Replayed"), "true");
  EXPECT_EQ(again.header("Location"), "/v1/pipelines/orders");
  EXPECT_EQ(code_in(ask("POST /v1/pipelines", key, kDefinition + " ")),
            "422 IDEMPOTENCY_KEY_REUSED");
  EXPECT_THAT(backend_.calls(), ElementsAre("put orders by boss"));
}

}  // namespace
}  // namespace leat::admin
