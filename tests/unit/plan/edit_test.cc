#include "plan/edit.h"

#include <gmock/gmock.h>

#include "spec/parse.h"

namespace leat::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::shared_ptr<const spec::PipelineSpec> parsed(const std::string& sources) {
  const spec::ParseResult result = spec::parse_pipeline(
      R"({"name":"p","sources":{)" + sources +
      R"(},"steps":[{"id":"f","from":"in","filter":"true"},{"id":"w","filter":"true"},)"
      R"({"id":"x","from":"other","filter":"true"}],)"
      R"("sinks":{"a":{"from":"w","stdout":{}},"b":{"from":"x","stdout":{}}}})");
  EXPECT_TRUE(result.ok()) << result.diagnostics.front().message;
  return result.spec;
}

// Names, of an edit to a pipeline whose step `w` keeps state.
LostInputs lost(const std::string& before, const std::string& after) {
  Plan plan;
  plan.spec = parsed(before);
  plan.keyed.emplace_back().step = "w";
  Plan next;
  next.spec = parsed(after);
  return lost_inputs(plan, next);
}

std::string topics(const std::string& source, const std::string& names,
                   const std::string& more = "") {
  return "\"" + source + R"(":{"kafka":{"topics":[)" + names + "]" + more + "}}";
}

TEST(LostInputs, AreTopicsWhoseRowsAreInTheState) {
  const std::string other = "," + topics("other", R"("o")");
  const LostInputs gone =
      lost(topics("in", R"("a","b","c")") + other, topics("in", R"("b")") + other);
  EXPECT_THAT(gone.names, ElementsAre("topic `a`", "topic `c`"));
  EXPECT_THAT(gone.steps, ElementsAre("w"));
  EXPECT_THAT(lost(topics("in", R"("a")") + other, topics("in", R"("a","b")") + other).names,
              IsEmpty());
  EXPECT_THAT(
      lost(topics("in", R"("a")") + other, topics("in", R"("a")") + "," + topics("other", R"("p")"))
          .names,
      IsEmpty())
      << "no state holds rows of that one";
  EXPECT_THAT(lost(topics("in", R"("a","b")") + other,
                   topics("in", R"("b")") + "," + topics("other", R"("a")"))
                  .names,
              IsEmpty())
      << "it is read by another source";
  EXPECT_THAT(
      lost(topics("in", R"("a")") + other, topics("in", R"("a")", R"(,"profile":"far")") + "," +
                                               topics("other", R"("o")", R"(,"profile":"far")"))
          .names,
      ElementsAre("topic `a`"));
}

TEST(LostInputs, AreFilesToo) {
  const std::string other = "," + topics("other", R"("o")");
  const auto file = [&](const std::string& path) {
    return R"("in":{"file":{"path":")" + path + "\"}}" + other;
  };
  EXPECT_THAT(lost(file("a"), file("b")).names, ElementsAre("file `a`"));
  EXPECT_THAT(lost(file("a"), file("a")).names, IsEmpty());
}

std::shared_ptr<const Plan> plan_of(const std::string& text) {
  const spec::ParseResult result = spec::parse_pipeline(text);
  EXPECT_TRUE(result.ok()) << result.diagnostics.front().message;
  return build_plan(result.spec, {}).plan;
}

// "class pointer step: message" of each change from the first definition to the second.
std::vector<std::string> changes(const std::string& before, const std::string& after) {
  std::vector<std::string> told;
  for (const EditChange& change : edit_changes(*plan_of(before), *plan_of(after)))
    told.push_back(std::string(edit_class_name(change.edit)) + " " + change.pointer + " " +
                   change.step + ": " + change.message);
  return told;
}

std::string pipeline(const std::string& steps, const std::string& more = "",
                     const std::string& topics = R"("t")") {
  return R"({"name":"p",)" + more + R"("sources":{"in":{"kafka":{"topics":[)" + topics +
         R"(]}}},"steps":[)" + steps + R"(],"sinks":{"out":{"stdout":{}}}})";
}

std::string counted(const std::string& more, const std::string& id = R"("id":"w")") {
  return "{" + id + R"(,"aggregate":{"by":["k"],)" + more + "}}";
}

const char* const kCount =
    R"json("ttl":"1h","compute":{"n":"count()","l":"collect_list(v, 3)"})json";

TEST(EditChanges, AreHotAtABarrierOrOfTheState) {
  const std::string before = pipeline(counted(kCount));
  EXPECT_THAT(changes(before, before), IsEmpty());
  EXPECT_THAT(changes(before, pipeline(counted(kCount), R"("limits":{"state":"1GiB"},)")),
              ElementsAre("hot /limits : `limits` is changed"));
  EXPECT_THAT(changes(before, pipeline(R"({"id":"f","filter":"k == 'a'"},)" + counted(kCount) +
                                       R"(,{"id":"d","drop":["l"]})")),
              ElementsAre("barrier /steps/2 d: `d` is added", "barrier /steps/0 f: `f` is added"));
  EXPECT_THAT(
      changes(
          before,
          pipeline(counted(
              R"json("ttl":"2h","compute":{"n":"count()","l":"collect_list(v, 3)","s":"sum(v)"})json"))),
      ElementsAre("barrier /steps/0 w: `w` is changed"));
}

TEST(EditChanges, SayWhatOfTheStateIsNotAsItWas) {
  const std::string before = pipeline(counted(kCount));
  EXPECT_THAT(
      changes(before,
              pipeline(counted(
                  R"json("ttl":"1h","compute":{"n":"count()","l":"collect_list(v, 4)"})json"))),
      ElementsAre("state /steps/0 w: `w` has no `collect_list(v, 3)` any more"));
  EXPECT_THAT(
      changes(before,
              pipeline(counted(R"json("window":{"tumbling":"1m"},"compute":{"n":"count()"})json"))),
      ElementsAre("state /steps/0 w: `w` was `by [k = k]` and is `by [k = k] tumbling 1m`"));
  EXPECT_THAT(changes(before, pipeline(R"({"id":"f","filter":"k == 'a'"})")),
              ElementsAre("state /steps w: `w` is gone", "barrier /steps/0 f: `f` is added"));
  const std::string renamed = pipeline(counted(kCount, R"("id":"x","renamed_from":"w")"));
  EXPECT_THAT(changes(renamed, renamed), IsEmpty());
  EXPECT_THAT(changes(before, renamed), ElementsAre("barrier /steps/0 x: `x` is changed"));
  EXPECT_THAT(changes(pipeline(counted(kCount), "", R"("t","old")"), before),
              ElementsAre("state /steps/0 w: `w` holds rows of topic `old`, read no more, and all "
                          "steps would begin empty",
                          "barrier /sources/in : `in` is changed"));
}

}  // namespace
}  // namespace leat::plan
