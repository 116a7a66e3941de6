#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/admin/served.h"

namespace leat::admin {
namespace {

using testing::HasSubstr;

class Offsets : public Served {
 protected:
  void SetUp() override {
    start();
    runtime::PipelineSnapshot pipeline;
    pipeline.name = "p";
    pipeline.etag = "\"1-0badcafe\"";
    backend_.add(std::move(pipeline));
  }
  RawAnswer move(const std::string& body, const std::string& query = {},
                 const std::string& headers = {}) {
    return ask("PATCH /v1/pipelines/p/offsets" + query, headers, body);
  }
};

TEST_F(Offsets, AreMovedToEveryKindOfPlace) {
  const RawAnswer moved = move(R"({"to":"earliest","state":"keep"})");
  EXPECT_EQ(moved.status, 200) << moved.body;
  EXPECT_EQ(
      moved.body,
      R"({"items":[{"source":"in","topic":"orders","partition":0,"from":90,"to":12},)"
      R"({"source":"in","topic":"orders","partition":1,"from":null,"to":0}],"state":"keep"})");
  const std::pair<const char*, const char*> cases[] = {
      {R"({"to":"earliest","state":"keep"})", "move p earliest keeping state"},
      {R"({"to":"latest","state":"discard"})", "move p latest discarding state"},
      {R"({"to":"2026-01-01T00:00:00Z"})", "move p to 1767225600000000"},
      {R"({"to":{"shift":-1000},"sources":["in"]})", "move p in by -1000"},
      {R"({"to":{"at":{"orders-0":12,"orders-1":0}}})", "move p orders-0=12 orders-1=0"},
  };
  for (const auto& [body, call] : cases) {
    EXPECT_EQ(move(body).status, 200) << body;
    EXPECT_EQ(backend_.calls().back(), call);
  }
  EXPECT_EQ(at(move(R"({"to":"latest"})").body, "/state"), "null") << "there is none";
}

TEST_F(Offsets, AreOnlyAskedForByADryRun) {
  const RawAnswer planned = move(R"({"to":"latest"})", "?dry_run=plan");
  EXPECT_EQ(at(planned.body, "/dry_run"), "true");
  EXPECT_EQ(at(planned.body, "/would"), "move");
  EXPECT_EQ(at(planned.body, "/items/0/to"), "12");
  EXPECT_EQ(backend_.calls().back(), "move p latest only asked");
  EXPECT_EQ(code_in(move(R"({"to":"latest"})", "?dry_run=yes")), "400 BAD_QUERY");
}

TEST_F(Offsets, ThatMeanNothingAreRefused) {
  for (const char* body : {"{}", "[]", R"({"to":"soon"})", R"({"to":1})", R"({"to":{}})",
                           R"({"to":{"shift":1.5}})", R"({"to":{"shift":1,"at":{"a-0":1}}})",
                           R"({"to":{"at":{}}})", R"({"to":{"at":{"a-0":-1}}})",
                           R"({"to":"latest","state":"lose"})", R"({"to":"latest","sources":[]})",
                           R"({"to":"latest","sources":"in"})", R"({"to":"latest","sources":[1]})",
                           R"({"to":"latest","more":1})", R"({"to":"latest","to":"earliest"})"})
    EXPECT_EQ(code_in(move(body)), "422 INVALID_BODY") << body;
  EXPECT_EQ(code_in(move("{")), "400 MALFORMED_JSON");
  EXPECT_EQ(code_in(move(R"({"to":"latest"})", "?timeout=1h")), "400 BAD_QUERY");
  EXPECT_EQ(code_in(move(R"({"to":"latest"})", "", "If-Match: \"0-x\"\r\n")), "412 ETAG_MISMATCH");
  EXPECT_EQ(code_in(ask("PATCH /v1/pipelines/q/offsets", "", "{}")), "404 PIPELINE_NOT_FOUND");
  for (const auto& [code, said] : {std::pair{"WRONG_STATE", "409 WRONG_STATE"},
                                   {"STATE_CHOICE_REQUIRED", "422 STATE_CHOICE_REQUIRED"},
                                   {"INVALID_BODY", "422 INVALID_BODY"},
                                   {"BUSY", "503 BUSY"}}) {
    backend_.fail_with(Status(Code::wrong_state, "no").with("problem", code));
    EXPECT_EQ(code_in(move(R"({"to":"latest"})")), said);
  }
}

}  // namespace
}  // namespace leat::admin
