#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "source_dir.h"
#include "unit/plan/plan_run.h"

namespace leat::plan {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string definition(const std::string& steps, const std::string& beside_source = "") {
  return R"({"name":"p","sources":{"in":{"kafka":{"topics":["t"]})" + beside_source +
         R"(}},"steps":[)" + steps + R"(],"sinks":{"out":{"kafka":{"topic":"u"}}}})";
}

std::vector<std::string> warned(const std::string& steps, const std::string& beside_source = "") {
  return planned(definition(steps, beside_source)).problems;
}

TEST(MayBeAbsent, IsToldOnceForAnExpressionWithThePlaceAndTheRemedy) {
  const Planned made =
      planned(definition(R"({"filter":"amount > limits.card && (fee ?? 0) < 3"})"));
  ASSERT_THAT(made.problems, ElementsAre("warning /steps/0/filter MAY_BE_ABSENT"));
  const spec::Diagnostic& told = made.diagnostics[0];
  EXPECT_EQ(told.span, (std::pair<std::size_t, std::size_t>(0, 6)));
  EXPECT_THAT(told.message, AllOf(HasSubstr("without `amount` or `limits.card` fails"),
                                  HasSubstr("write `amount ?? …`. Where"),
                                  HasSubstr("an `on_error` on the step"), Not(HasSubstr("fee"))));
}

TEST(MayBeAbsent, FieldsThatAStepAboveCouldNotDoWithoutAreNotToldAgain) {
  EXPECT_THAT(
      warned(R"({"filter":"a > 1"},{"set":{"b":"a * 2","c":"a + d"}},{"filter":"d > b"})"),
      ElementsAre("warning /steps/0/filter MAY_BE_ABSENT", "warning /steps/1/set/c MAY_BE_ABSENT"));
}

TEST(MayBeAbsent, FieldsThatAStepMakesAreThere) {
  EXPECT_THAT(
      warned(
          R"({"set":{"a.x":"1","b":"c ?? ''"}},{"set":{"n":"a.size() + b"}},{"filter":"a.x > n"})"),
      IsEmpty());
  EXPECT_THAT(
      warned(
          R"({"select":{"page":"{'host': 'h'}"}},{"set":{"all":"this"}},{"filter":"page.host > 'a'"})"),
      IsEmpty());
  EXPECT_THAT(warned(R"({"select":["a"]},{"filter":"a > 1"})"),
              ElementsAre("warning /steps/1/filter MAY_BE_ABSENT"))
      << "a list keeps absent fields absent";
}

TEST(MayBeAbsent, ASchemaSaysWhatThereIs) {
  EXPECT_THAT(warned(R"({"filter":"a > 1"})", R"(,"schema":{"a":"int"})"), IsEmpty());
  EXPECT_THAT(warned(R"({"filter":"value != ''"})", R"(,"format":"string")"), IsEmpty());
  EXPECT_THAT(warned(R"({"filter":"a != ''"})", R"(,"format":{"csv":{"fields":["a","b"]}})"),
              IsEmpty());
}

TEST(MayBeAbsent, AFilterThatIsAFieldIsToldOfNullAndOfADefault) {
  const Planned made = planned(definition(R"({"filter":"x"})"));
  ASSERT_THAT(made.problems, ElementsAre("warning /steps/0/filter MAY_BE_ABSENT"));
  EXPECT_THAT(made.diagnostics[0].message,
              AllOf(HasSubstr("`x` fails here, and so does null: write `x ?? false`. Where"),
                    Not(HasSubstr("this.?x"))));
  EXPECT_THAT(warned(R"({"filter":"x ?? false"})"), IsEmpty());
}

TEST(MayBeAbsent, ASinkIsNotToldToHaveAnOnError) {
  const Planned made =
      planned(R"({"name":"p","sources":{"in":{"kafka":{"topics":["t"]}}},"steps":[],)"
              R"("sinks":{"out":{"kafka":{"topic":"u","key":{"expr":"q"}}}}})");
  ASSERT_EQ(made.diagnostics.size(), 1U);
  EXPECT_EQ(made.diagnostics[0].code, "MAY_BE_ABSENT");
  EXPECT_THAT(made.diagnostics[0].message,
              AllOf(HasSubstr("a `schema` of the source says so"), Not(HasSubstr("on_error"))));
}

TEST(MayBeAbsent, HeadersAreToldOnceWithWhatToWrite) {
  const Planned made = planned(
      definition(R"({"filter":"meta.headers['x'] == 'y'"},{"filter":"meta.headers.x != 'z'"})"));
  ASSERT_THAT(made.problems, ElementsAre("warning /steps/0/filter MAY_BE_ABSENT"));
  EXPECT_THAT(made.diagnostics[0].message,
              AllOf(HasSubstr("without the header `x` fails here: write "
                              "`meta.headers['x'] ?? …` or test `'x' in meta.headers`."),
                    HasSubstr("an `on_error` on the step")));
  EXPECT_THAT(planned(definition(R"({"set":{"h":"meta.headers['x']"}})")).diagnostics.at(0).message,
              HasSubstr("or `meta.headers[?'x']`, which leaves it out."));
  for (const std::string steps :
       {R"J({"set":{"h":"meta.headers[?'x']"}})J", R"J({"set":{"h":"meta.headers['x'] ?? ''"}})J",
        R"J({"filter":"'x' in meta.headers && meta.headers['x'] == 'y'"})J"})
    EXPECT_THAT(warned(steps), IsEmpty()) << steps;
}

TEST(MayBeNull, IsToldOnceOfFieldsThatHasAsksFor) {
  const Planned made =
      planned(definition(R"J({"filter":"has(a) && a > 1"},{"filter":"has(a) && a > 2"})J"));
  ASSERT_THAT(made.problems, ElementsAre("warning /steps/0/filter MAY_BE_NULL"));
  EXPECT_THAT(made.diagnostics[0].message,
              HasSubstr("in which `a` is null fails here, and has() is true for it: write "
                        "`a ?? …`, or `has(a) && a != null && …`."));
  EXPECT_THAT(warned(R"J({"filter":"has(a) && a > 1"})J", R"(,"schema":{"a":"int"})"),
              ElementsAre("warning /steps/0/filter MAY_BE_NULL"));
  EXPECT_THAT(warned(R"J({"filter":"has(a) && a > 1"})J", R"(,"schema":{"a":"int!"})"), IsEmpty());
  EXPECT_THAT(warned(R"J({"filter":"has(a) && a != null && a > 1"})J"), IsEmpty());
  EXPECT_THAT(warned(R"J({"filter":"has(a) && (a ?? 0) > 1"})J"), IsEmpty());
  EXPECT_THAT(warned(R"J({"filter":"has(a) && a > 1","on_error":"skip"})J"), IsEmpty());
}

TEST(MayBeAbsent, AStepThatSaysWhatBecomesOfFailedRowsIsLeftAlone) {
  EXPECT_THAT(warned(R"({"filter":"a > 1","on_error":"skip"})"), IsEmpty());
  EXPECT_THAT(warned(R"({"filter":"a > 1","on_error":"dead_letter"},{"filter":"a > 2"})"),
              ElementsAre("warning /steps/1/filter MAY_BE_ABSENT"));
}

TEST(MayBeAbsent, ACopyNeedsItsFieldAndTakesNull) {
  const auto message = [](const std::string& steps) {
    const Planned made = planned(definition(steps));
    return made.diagnostics.empty() ? "" : made.diagnostics[0].message;
  };
  EXPECT_THAT(message(R"({"set":{"b":"a.x"}})"),
              HasSubstr("a row without `a.x` fails here: write `a.x ?? …` or `this.?a.?x`, "
                        "which leaves it out unless null stands before a dot."));
  EXPECT_THAT(message(R"({"select":{"b":"a"}})"),
              AllOf(HasSubstr("without `a` fails here"), HasSubstr("which leaves it out."),
                    Not(HasSubstr("null"))));
  EXPECT_THAT(message(R"({"filter":"a"})"), HasSubstr("without `a` fails here"));
  EXPECT_THAT(message(R"({"filter":"a.x > 1"})"),
              HasSubstr("fails here, and so does null: write `a.x ?? …`. Where"))
      << "has() does not look after null";
  EXPECT_THAT(message(R"({"filter":"a.x == 1"})"),
              AllOf(HasSubstr("write `a.x ?? …` or test `has(a) && a != null && has(a.x)`."),
                    Not(HasSubstr("so does null"))));
  EXPECT_THAT(message(R"J({"filter":"has(a.x)"})J"), HasSubstr("without `a` fails here"));
  for (const std::string steps :
       {R"J({"select":["a"]})J", R"J({"set":{"b":"this.?a.?x"}})J",
        R"J({"filter":"has(a) && has(a.x)"})J", R"J({"set":{"b":"a"},"on_error":"skip"})J"})
    EXPECT_EQ(message(steps), "") << steps;
}

TEST(MembersOfScalars, AreMistakesWhereASchemaOrAStepSaysWhatTheValueIs) {
  const std::string schema =
      R"(,"schema":{"s":"string!","i":"int","l":"list<string>","t":"timestamp","j":"json","m":"map<int>","o":{"z":"int"}})";
  const auto told = [&](const std::string& steps) {
    const Planned made = planned(definition(steps, schema));
    return made.problems.empty() ? "ok" : made.problems[0] + ": " + made.diagnostics[0].message;
  };
  const auto set = [&](const std::string& text) {
    return told(R"({"set":{"a":")" + text + R"("}})");
  };
  const std::string place = "error /steps/0/set/a WRONG_ARGUMENTS: ";
  EXPECT_EQ(set("s.foo"), place + "`s` is string and has no members: write `s`");
  EXPECT_EQ(set("this.s.foo"), place + "`s` is string and has no members: write `s`");
  EXPECT_EQ(set("this['s']['foo']"), place + "`s` is string and has no members: write `s`");
  EXPECT_EQ(set("s.length"), place + "`s` is string and has no members: write size(s)");
  EXPECT_EQ(set("has(s.foo)"), place + "`s` is string and has no members: write `s`");
  EXPECT_EQ(set("i.?x"), place + "`i` is int and has no members: write `i`");
  EXPECT_EQ(set("i.b.c ?? 1"), place + "`i` is int and has no members: write `i`");
  EXPECT_EQ(set("t.year"), place + "`t` is timestamp and has no members: write `t`");
  EXPECT_EQ(set("o.z.y"), place + "`o.z` is int and has no members: write `o.z`");
  EXPECT_EQ(set("m.k.y"), place + "`m.k` is int and has no members: write `m.k`");
  EXPECT_EQ(set("l.foo"),
            place + "`l` is a list and has no members: write `l[0]`, or `l.map(x, x.foo)`");
  for (const std::string text : {"j.x.y", "m.k", "o.z", "l[0]", "this.?s", "s.size()"})
    EXPECT_EQ(set(text), "ok") << text;
  EXPECT_EQ(told(R"({"set":{"n":"1 + 1"}},{"filter":"n.x == 1"})"),
            "error /steps/1/filter WRONG_ARGUMENTS: `n` is int and has no members: write `n`");
  EXPECT_EQ(told(R"({"select":{"n":"s"}},{"filter":"n.x == 1"})"),
            "error /steps/1/filter WRONG_ARGUMENTS: `n` is string and has no members: write `n`");
  EXPECT_EQ(told(R"({"set":{"n":"j ?? 1"}},{"filter":"n.x == 1"})"), "ok");
}

TEST(MembersOfScalars, ComparisonsThatNoRowPassesAreMistakes) {
  const auto told = [](const std::string& text) {
    return warned(R"({"filter":")" + text + R"("})",
                  R"(,"schema":{"s":"string!","i":"int","r":"double"})");
  };
  for (const std::string text : {"s == 5", "i in ['a']", "s != i"})
    EXPECT_THAT(told(text), ElementsAre("error /steps/0/filter WRONG_ARGUMENTS")) << text;
  for (const std::string text : {"i == r", "i in [1.0]", "s == null"})
    EXPECT_THAT(told(text), IsEmpty()) << text;
}

TEST(AlwaysFails, IsAMistakeForAllRowsAndAWarningForSome) {
  EXPECT_THAT(warned(R"J({"filter":"1 / 0 > (a ?? 0)"})J"),
              ElementsAre("error /steps/0/filter ALWAYS_FAILS"));
  EXPECT_THAT(warned(R"J({"set":{"b":"(a ?? 0) > 1 ? 1 : 1 % 0"}})J"),
              ElementsAre("warning /steps/0/set/b ALWAYS_FAILS"));
  EXPECT_THAT(warned(R"J({"set":{"b":"try(1 / 0, 1)"}})J"), IsEmpty());
}

TEST(MayBeAbsent, ItemsMayLackMembersAndAreThereThemselves) {
  EXPECT_THAT(warned(R"({"explode":{"field":"items","as":"item"}},{"filter":"item != 1"})"),
              IsEmpty());
  EXPECT_THAT(warned(R"({"explode":{"field":"items","as":"item"}},{"filter":"item.price > 1"})"),
              ElementsAre("warning /steps/1/filter MAY_BE_ABSENT"));
}

TEST(MayBeAbsent, AGeneratorMakesItsFields) {
  EXPECT_THAT(
      planned(
          R"({"name":"p","sources":{"g":{"generator":{"rows_per_second":1,"fields":{"a":"seq"}}}},
    "steps":[{"filter":"a > b"}],"sinks":{"out":{"stdout":{}}}})")
          .diagnostics.at(0)
          .message,
      AllOf(HasSubstr("without `b` fails"), Not(HasSubstr("`a`"))));
}

TEST(MayBeAbsent, AllStreamsThatFlowTogetherMustHaveASchema) {
  const auto both = [](const std::string& schema) {
    return planned(R"({"name":"p","sources":{"a":{"kafka":{"topics":["t"]},"schema":{"x":"int"}},
      "b":{"kafka":{"topics":["u"]})" +
                   schema + R"(}},"steps":[{"from":["a","b"],"filter":"x > 1"}],
      "sinks":{"out":{"kafka":{"topic":"v"}}}})")
        .problems;
  };
  EXPECT_THAT(both(""), ElementsAre("warning /steps/0/filter MAY_BE_ABSENT"));
  EXPECT_THAT(both(R"(,"schema":{"x":"int"})"), IsEmpty());
}

TEST(ExpensivePattern, IsAWarningAtItsPlace) {
  EXPECT_THAT(warned(R"J({"filter":"(a ?? '').matches(b ?? '')"})J"),
              ElementsAre("warning /steps/0/filter EXPENSIVE_PATTERN"));
}

TEST(Warnings, DoNotHideTheExamples) {
  for (const auto& entry :
       std::filesystem::directory_iterator(LEAT_SOURCE_DIR "/config/examples")) {
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    const Planned made = planned(text.str());
    ASSERT_NE(made.plan, nullptr) << entry.path();
    EXPECT_LE(made.problems.size(), 3u) << entry.path() << ::testing::PrintToString(made.problems);
  }
}

}  // namespace
}  // namespace leat::plan
