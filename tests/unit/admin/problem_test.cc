#include "admin/problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "json/parse.h"

namespace leat::admin {
namespace {

using testing::HasSubstr;

const json::Value& at(const json::Value& root, std::string_view pointer) {
  const json::Value* found = json::find_pointer(root, pointer);
  EXPECT_NE(found, nullptr) << pointer;
  static const json::Value missing;
  return found == nullptr ? missing : *found;
}

TEST(Problems, EachCodeHasItsStatusAndRoundTrips) {
  std::set<std::string_view> names;
  for (const ProblemInfo& info : all_problems()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_EQ(info_of(info.code).name, info.name);
    EXPECT_GE(info.status, 400);
    EXPECT_LT(info.status, 600);
    ProblemCode code{};
    ASSERT_TRUE(parse_problem_code(info.name, code));
    EXPECT_EQ(code, info.code);
  }
  EXPECT_EQ(info_of(ProblemCode::invalid_definition).name, "INVALID_DEFINITION");
  EXPECT_EQ(info_of(ProblemCode::http_version).status, 505);
  ProblemCode code{};
  EXPECT_FALSE(parse_problem_code("NO_SUCH_CODE", code));
}

TEST(Problems, AreWrittenAsTheContractShowsThem) {
  Problem problem;
  problem.code = ProblemCode::invalid_definition;
  problem.detail = "1 problem in pipeline `p`";
  problem.errors.push_back({spec::Severity::error,
                            "/steps/4/filter",
                            63,
                            34,
                            {{17, 33}},
                            "UNKNOWN_FIELD",
                            "field `x` does not exist here",
                            {"y"}});
  const json::Parsed parsed = json::parse(to_json(problem, "req_1"));
  ASSERT_TRUE(parsed.ok());
  const json::Value& root = parsed.root();
  EXPECT_EQ(*at(root, "/type").as_string(), "urn:leat:problem:invalid-definition");
  EXPECT_EQ(*at(root, "/code").as_string(), "INVALID_DEFINITION");
  EXPECT_EQ(at(root, "/status").as_integer(), 422);
  EXPECT_EQ(at(root, "/retryable").as_bool(), false);
  EXPECT_EQ(*at(root, "/request_id").as_string(), "req_1");
  EXPECT_EQ(*at(root, "/detail").as_string(), "1 problem in pipeline `p`");
  EXPECT_EQ(*at(root, "/errors/0/pointer").as_string(), "/steps/4/filter");
  EXPECT_EQ(at(root, "/errors/0/line").as_integer(), 63);
  EXPECT_EQ(*at(root, "/errors/0/did_you_mean/0").as_string(), "y");
}

TEST(Problems, AStatusSaysItsCode) {
  EXPECT_EQ(problem_of(Status(Code::wrong_state, "m")).code, ProblemCode::wrong_state);
  EXPECT_EQ(problem_of(Status(Code::wrong_state, "m").with("problem", "ETAG_MISMATCH")).code,
            ProblemCode::etag_mismatch);
  EXPECT_EQ(problem_of(Status(Code::timed_out, "m"), ProblemCode::switch_timed_out).code,
            ProblemCode::switch_timed_out);
  EXPECT_THAT(problem_of(Status(Code::not_available_yet, "m")).detail,
              HasSubstr("NOT_AVAILABLE_YET"));
  EXPECT_THAT(problem_of(Status(Code::not_found, "no `p`").with("step", "s")).detail,
              HasSubstr("no `p` step=s"));
}

TEST(Problems, WhatFailedInsideIsNotTold) {
  const Problem problem = problem_of(Status(Code::internal, "secret path").with("file", "/etc/x"));
  EXPECT_EQ(problem.code, ProblemCode::internal);
  EXPECT_EQ(to_json(problem, "r").find("secret"), std::string::npos);
  EXPECT_EQ(to_json(problem, "r").find("/etc"), std::string::npos);
}

}  // namespace
}  // namespace leat::admin
