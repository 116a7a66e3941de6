#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/admin/served.h"

namespace leat::admin {
namespace {

using testing::Contains;
using testing::HasSubstr;

class Checkpoints : public Served {
 protected:
  void SetUp() override {
    start();
    runtime::PipelineSnapshot pipeline;
    pipeline.name = "p";
    pipeline.etag = "\"1-0badcafe\"";
    backend_.add(std::move(pipeline));
  }
  RawAnswer as(const std::string& token, const std::string& line) {
    return ask_raw(line + " HTTP/1.1\r\nHost: " + host() + "\r\nAuthorization: Bearer " + token +
                   "\r\n\r\n");
  }
};

const std::string kPath = "/v1/pipelines/p/checkpoints";

TEST_F(Checkpoints, AreListedNewestFirstInPages) {
  const RawAnswer all = ask("GET " + kPath);
  EXPECT_EQ(all.status, 200);
  EXPECT_EQ(all.header("ETag"), "\"1-0badcafe\"");
  EXPECT_EQ(at(all.body, "/items/0/id"), "ckpt-9182");
  EXPECT_EQ(at(all.body, "/items/2/name"), "null");
  EXPECT_EQ(at(all.body, "/next_page_token"), "null");
  const RawAnswer first = ask("GET " + kPath + "?limit=2");
  EXPECT_EQ(at(first.body, "/items/1/id"), "ckpt-70");
  const RawAnswer second =
      ask("GET " + kPath + "?limit=2&page_token=" + at(first.body, "/next_page_token"));
  EXPECT_EQ(at(second.body, "/items/0/id"), "ckpt-7");
  EXPECT_EQ(at(second.body, "/next_page_token"), "null");
  EXPECT_EQ(code_in(ask("GET " + kPath + "?page_token=zz")), "400 BAD_QUERY");
  EXPECT_EQ(code_in(ask("GET /v1/pipelines/q/checkpoints")), "404 PIPELINE_NOT_FOUND");
}

TEST_F(Checkpoints, AreShownByIdAndName) {
  const RawAnswer one = ask("GET " + kPath + "/ckpt-70");
  EXPECT_EQ(
      one.body,
      R"({"id":"ckpt-70","name":"before","epoch":70,"generation":3,"at":"2026-01-01T00:00:00.000Z",)"
      R"("bytes":4096,"kept":true,"duration_ms":{"align":0.0,"persist":0.0,"commit":0.0},)"
      R"("offsets":{"in":{"orders":{"0":12,"1":13}},"late":{"more":{"0":1}}},"plugins":{}})");
  EXPECT_EQ(ask("GET " + kPath + "/before").body, one.body);
  EXPECT_EQ(code_in(ask("GET " + kPath + "/nowhere")), "404 CHECKPOINT_NOT_FOUND");
}

TEST_F(Checkpoints, AreMadeUnderAName) {
  const RawAnswer made = ask("POST " + kPath, "", R"({"name":"before-release"})");
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.header("Location"), kPath + "/ckpt-9182");
  EXPECT_EQ(at(made.body, "/name"), "before-release");
  EXPECT_THAT(backend_.calls(), Contains("checkpoint p before-release"));
  for (const char* body : {"{}", R"({"name":1})", R"({"name":"A"})", R"({"name":"ckpt-1"})",
                           R"({"name":"a","more":1})", "[]"})
    EXPECT_EQ(code_in(ask("POST " + kPath, "", body)), "422 INVALID_BODY") << body;
  EXPECT_EQ(code_in(ask("POST " + kPath, "", "{")), "400 MALFORMED_JSON");
  EXPECT_EQ(code_in(ask("POST /v1/pipelines/q/checkpoints", "", "{}")), "404 PIPELINE_NOT_FOUND");
  EXPECT_EQ(code_in(ask("POST " + kPath, "If-Match: \"0-x\"\r\n", R"({"name":"a"})")),
            "412 ETAG_MISMATCH");
  backend_.fail_with(Status(Code::already_exists, "taken").with("problem", "NAME_TAKEN"));
  EXPECT_EQ(code_in(ask("POST " + kPath, "", R"({"name":"a"})")), "409 NAME_TAKEN");
}

TEST_F(Checkpoints, AreRestoredWithTheirOffsetsUnlessTheyStay) {
  const RawAnswer done = ask("POST " + kPath + "/before/restore");
  EXPECT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(at(done.body, "/checkpoint/id"), "ckpt-70");
  EXPECT_EQ(at(done.body, "/epoch"), "9190");
  EXPECT_EQ(at(done.body, "/items/0/to"), "12");
  EXPECT_EQ(at(done.body, "/items/1/from"), "null");
  EXPECT_THAT(at(done.body, "/warnings/0"), HasSubstr("stays"));
  EXPECT_THAT(backend_.calls(), Contains("restore p before"));
  ask("POST " + kPath + "/before/restore?offsets=keep");
  EXPECT_THAT(backend_.calls(), Contains("restore p before keeping offsets"));
  EXPECT_EQ(code_in(ask("POST " + kPath + "/before/restore?offsets=lose")), "400 BAD_QUERY");
  EXPECT_EQ(code_in(ask("POST " + kPath + "/before/restore?dry_run=plan")), "501 NOT_IMPLEMENTED");
  EXPECT_EQ(code_in(ask("POST " + kPath + "/before/restore", "", R"({"a":1})")),
            "422 INVALID_BODY");
  for (const auto& [code, said] : {std::pair{"WRONG_STATE", "409 WRONG_STATE"},
                                   {"STATE_INCOMPATIBLE", "409 STATE_INCOMPATIBLE"},
                                   {"CHECKPOINT_NOT_FOUND", "404 CHECKPOINT_NOT_FOUND"},
                                   {"BUSY", "503 BUSY"}}) {
    backend_.fail_with(Status(Code::wrong_state, "no").with("problem", code));
    EXPECT_EQ(code_in(ask("POST " + kPath + "/before/restore")), said);
  }
}

TEST_F(Checkpoints, AreDeletedByOperators) {
  EXPECT_EQ(ask("DELETE " + kPath + "/before").status, 204);
  EXPECT_THAT(backend_.calls(), Contains("remove checkpoint p before"));
  EXPECT_EQ(as("viewer", "DELETE " + kPath + "/before").status, 403);
  EXPECT_EQ(as("viewer", "GET " + kPath).status, 200);
  EXPECT_EQ(as("operator", "DELETE " + kPath + "/before").status, 204);
}

}  // namespace
}  // namespace leat::admin
