// POST /v1/pipelines:test and :preview.

#include <gmock/gmock.h>

#include "unit/admin/served.h"

namespace leat::admin {
namespace {

using testing::HasSubstr;

constexpr std::string_view kDefinition =
    R"J({ "name": "p", "sources": { "in": { "kafka": { "topics": ["in"] } } },
  "steps": [ { "id": "twice", "set": { "w": "v * 2" } } ], "sinks": { "out": { "kafka": { "topic": "out" } } }, "tests": [
    { "name": "doubles", "input": { "in": [ { "v": 1 }, { "v": 2 } ] },
      "expect": { "out": { "exactly": [ { "v": 1, "w": 2 }, { "v": 2, "w": 5 } ] } } } ] })J";

class Trials : public Served {
 protected:
  void SetUp() override { start(); }
  RawAnswer post(const std::string& verb, const std::string& body) const {
    return ask("POST /v1/pipelines:" + verb, "", body);
  }
};

TEST_F(Trials, ATestThatFailsIsStillAnAnswer) {
  const RawAnswer answer = post("test", std::string(kDefinition));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(at(answer.body, "/passed"), "false") << answer.body;
  EXPECT_EQ(at(answer.body, "/tests/0/name"), "doubles");
  EXPECT_EQ(at(answer.body, "/tests/0/failures/0/sink"), "out");
  EXPECT_EQ(at(answer.body, "/tests/3/mode"), "micro_batch");
  EXPECT_TRUE(backend_.calls().empty());
}

TEST_F(Trials, ADefinitionThatIsWrongIsRefused) {
  std::string text(kDefinition);
  text.replace(text.find("v * 2"), 5, "nofunction(v)");
  const RawAnswer answer = post("test", text);
  EXPECT_EQ(code_in(answer), "422 INVALID_DEFINITION");
  EXPECT_EQ(at(answer.body, "/errors/0/code"), "UNKNOWN_FUNCTION");
  EXPECT_EQ(at(answer.body, "/errors/0/line"), "2");
  EXPECT_EQ(code_in(post("test", "{")), "400 MALFORMED_JSON");
  EXPECT_EQ(code_in(post("test", "{}")), "422 INVALID_DEFINITION");
}

TEST_F(Trials, APreviewShowsRowsAfterEveryStep) {
  const RawAnswer answer = post(
      "preview",
      "{\"definition\": " + std::string(kDefinition) +
          R"J(, "input": {"in": [{"v": 1}, {"$value": {"v": 2}, "$key": "k"}]}, "limit": 1})J");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(at(answer.body, "/steps/0/id"), "in") << answer.body;
  EXPECT_EQ(at(answer.body, "/steps/1/rows"), R"([{"v":1,"w":2}])");
  EXPECT_EQ(at(answer.body, "/steps/1/errors"), "[]");
  EXPECT_EQ(at(answer.body, "/sinks/out/0/$value"), R"({"v":1,"w":2})");
  EXPECT_EQ(at(answer.body, "/sinks/out/1"), "?");
}

TEST_F(Trials, ABadPreviewSaysWhere) {
  const std::string definition = "{\"definition\": " + std::string(kDefinition);
  const auto refused = [&](const std::string& body, const std::string& code,
                           const std::string& pointer) {
    const RawAnswer answer = post("preview", body);
    EXPECT_EQ(code_in(answer), code) << answer.body;
    EXPECT_EQ(at(answer.body, "/errors/0/pointer"), pointer) << answer.body;
  };
  refused("{", "400 MALFORMED_JSON", "");
  refused("{}", "422 INVALID_BODY", "");
  refused("[]", "422 INVALID_BODY", "");
  refused(R"({"definition": 1})", "422 INVALID_BODY", "/definition");
  refused(definition + "}", "422 INVALID_BODY", "");
  refused(definition + R"(, "inptu": {}})", "422 INVALID_BODY", "/inptu");
  refused(definition + R"(, "input": {}, "limit": 0})", "422 INVALID_BODY", "/limit");
  refused(definition + R"(, "input": {"on": []}})", "422 INVALID_BODY", "/input/on");
  refused(definition + R"(, "input": {"in": [1]}})", "422 INVALID_BODY", "/input/in/0");
  refused(R"({"definition": {"name": "p"}, "input": {}})", "422 INVALID_DEFINITION", "/definition");
  refused(definition + R"(, "input": {}, "read": {"in": 20}})", "422 INVALID_BODY", "");
  refused(definition + R"(, "read": {"in": 0}})", "422 INVALID_BODY", "/read/in");
  refused(definition + R"(, "read": {"in": 1001}})", "422 INVALID_BODY", "/read/in");
  refused(definition + R"(, "read": {"on": 20}})", "422 INVALID_BODY", "/read/on");
  refused(definition + R"(, "read": 20})", "422 INVALID_BODY", "/read");
}

TEST_F(Trials, MistakesOfADefinitionInABodyAreAtTheirPlace) {
  std::string text(kDefinition);
  text.replace(text.find("v * 2"), 5, "nofunction(v)");
  const RawAnswer answer = post("preview", "{\"input\": {},\n\n\"definition\": " + text + "}");
  EXPECT_EQ(code_in(answer), "422 INVALID_DEFINITION");
  EXPECT_EQ(at(answer.body, "/errors/0/pointer"), "/definition/steps/0/set/w") << answer.body;
  EXPECT_EQ(at(answer.body, "/errors/0/line"), "4");
  const RawAnswer wrong = post("preview", R"({"definition": 1, "input": {}})");
  EXPECT_EQ(at(wrong.body, "/errors/0/code"), "WRONG_TYPE");
}

TEST_F(Trials, APreviewReadsRecordsOfTheSource) {
  const std::string body =
      "{\"definition\": " + std::string(kDefinition) + R"(, "read": {"in": 2}})";
  const RawAnswer answer = post("preview", body);
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(at(answer.body, "/steps/1/rows"), R"([{"v":1,"w":2},{"v":2,"w":4}])");
  EXPECT_EQ(at(answer.body, "/sinks/out/0/$key"), "k");
  EXPECT_THAT(backend_.calls(), testing::ElementsAre("sample in 2", "collect"));
}

TEST_F(Trials, APreviewThatCannotReadSaysWhy) {
  const std::string body =
      "{\"definition\": " + std::string(kDefinition) + R"(, "read": {"in": 2}})";
  backend_.fail_with(
      Status(Code::not_found, "the topic `in` cannot be read").with("code", "UNKNOWN_TOPIC"));
  const RawAnswer missing = post("preview", body);
  EXPECT_EQ(code_in(missing), "422 INVALID_BODY");
  EXPECT_EQ(at(missing.body, "/errors/0/code"), "UNKNOWN_TOPIC");
  EXPECT_EQ(at(missing.body, "/errors/0/pointer"), "/read/in");
  backend_.fail_with(Status(Code::unavailable, "no broker answers"));
  EXPECT_EQ(code_in(post("preview", body)), "503 BUSY");
}

TEST_F(Trials, ViewersMayNot) {
  for (const std::string verb : {"test", "preview"}) {
    const std::string text =
        "POST /v1/pipelines:" + verb + " HTTP/1.1\r\nHost: " + host() +
        "\r\nContent-Type: application/json\r\nContent-Length: 2\r\nAuthorization: Bearer ";
    EXPECT_EQ(ask_raw(text + "viewer\r\n\r\n{}").status, 403);
    EXPECT_EQ(ask_raw(text + "operator\r\n\r\n{}").status, 422);
  }
}

}  // namespace
}  // namespace leat::admin
