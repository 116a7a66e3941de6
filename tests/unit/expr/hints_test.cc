#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/field_path.h"
#include "unit/expr/rows.h"

namespace leat::expr::testing {
namespace {

using ::testing::HasSubstr;

// Any field may be absent.
class Bare final : public Names {
 public:
  Resolution resolve_field(const FieldPath& path) override {
    Resolution found = Names::resolve_field(path);
    found.may_be_absent = true;
    return found;
  }
};

// "0-1 a, 4-7 b.c": the fields without which a row fails.
std::string bare(std::string_view text) {
  Bare names;
  const Compiled compiled = compile(text, names, Limits());
  if (!compiled.ok()) return show(compiled.diagnostics);
  std::string all;
  for (const BareField& field : compiled.bare_fields)
    all += fmt::format("{}{}-{} {}{}{}{}", all.empty() ? "" : ", ", field.span.begin,
                       field.span.end, spec::format_field_path(field.path),
                       field.null_fails ? " null" : "", field.copy ? " copy" : "",
                       field.why == BareField::Why::null     ? " though there"
                       : field.why == BareField::Why::header ? " header"
                                                             : "");
  return all;
}

std::string warned(std::string_view text) {
  Bare names;
  return show(compile(text, names, Limits()).warnings);
}

TEST(BareFields, AreOperandsThatNothingLooksAfter) {
  EXPECT_EQ(bare("a > 1"), "0-1 a null");
  EXPECT_EQ(bare("1 < b.c && a > b.c"), "4-7 b.c null, 11-12 a null");
  EXPECT_EQ(bare("size(a) + int(b['c'])"), "5-6 a null, 14-20 b.c null");
  EXPECT_EQ(bare("x ? a : 2"), "0-1 x null, 4-5 a");
  EXPECT_EQ(bare("[a, {'k': b}]"), "1-2 a, 10-11 b");
  EXPECT_EQ(bare("items.exists(i, i.price > most)"), "0-5 items null, 26-30 most null");
  EXPECT_EQ(bare("a ?? b + 1"), "5-6 b null") << "what stands in for it can be absent too";
  EXPECT_EQ(bare("a[i] + 1"), "0-1 a null, 2-3 i null");
}

TEST(BareFields, AreNotThoseThatAreLookedAfter) {
  for (const std::string_view text :
       {"(a ?? 0) > 1", "(a.b + c > 1) ?? false", "try(a + 1, 0)", "has(a) && a == 1",
        "has(a) && has(a.b) && a.b == 1", "has(a) && a.?b.orValue(1) > 0", "this.?a ?? 1",
        "this.?a.?b.orValue(0) > 1", "has(a)", "meta.offset > 1", "now() > timestamp(0)",
        "this.exists(k, k == 'a')", "cel.bind(x, a, (x ?? 0) + 1)"})
    EXPECT_EQ(bare(text), "") << text;
}

TEST(BareFields, ThatHasAsksForMayBeNull) {
  EXPECT_EQ(bare("has(a) && a > 1"), "10-11 a null though there");
  EXPECT_EQ(bare("!has(a) || a.startsWith('x')"), "11-12 a null though there");
  EXPECT_EQ(bare("has(a) && has(a.b) && a.b > 1"), "22-25 a.b null though there");
  EXPECT_EQ(bare("has(a) && a == 1 && a > 0 && a < 9"), "20-21 a null though there")
      << "where null fails first";
  EXPECT_EQ(bare("has(a) && a"), "10-11 a null though there");
  for (const std::string_view text :
       {"has(a) && a != null && a > 1", "has(a) && null != a && a > 1", "has(a) ? a : 0",
        "has(a) && type(a) == int && a > 1", "has(a) && (a ?? 0) > 1",
        "has(a) && try(a > 1, false)", "has(a) && a == 1"})
    EXPECT_EQ(bare(text), "") << text;
}

TEST(BareFields, OfHeadersAreTold) {
  EXPECT_EQ(bare("meta.headers['x'] == 'y'"), "0-17 x header");
  EXPECT_EQ(bare("meta.headers.x + 'y'"), "0-14 x header");
  EXPECT_EQ(bare("meta.headers['x']"), "0-17 x copy header");
  EXPECT_EQ(bare("'y' in meta.headers && meta.headers.x == ''"), "23-37 x header");
  for (const std::string_view text :
       {"(meta.headers['x'] ?? '') == 'y'", "'x' in meta.headers && meta.headers.x == 'y'",
        "has(meta.headers.x) && meta.headers['x'] == 'y'", "meta.headers[?'x'].orValue('') == 'y'",
        "try(meta.headers.x, '')", "meta.headers.size() > 1", "meta.headers[a ?? ''] == 'y'"})
    EXPECT_EQ(bare(text), "") << text;
}

TEST(BareFields, OfASchemaMayBeNullUnlessItSaysTheyAreNot) {
  class Declared final : public Names {
   public:
    explicit Declared(bool required) {
      type.kind = spec::SchemaType::Kind::integer;
      type.required = required;
    }
    Resolution resolve_field(const FieldPath& path) override {
      Resolution found = Names::resolve_field(path);
      found.declared = &type;
      return found;
    }
    spec::SchemaType type;
  };
  const auto count = [](std::string_view text, bool required) {
    Declared names(required);
    return compile(text, names, Limits()).bare_fields.size();
  };
  EXPECT_EQ(count("has(a) && a > 1", false), 1u);
  EXPECT_EQ(count("has(a) && a > 1", true), 0u);
  EXPECT_EQ(count("a > 1", false), 0u) << "who declares a field knows what it is";
}

TEST(BareFields, AreWhatStandsBeforeTheMemberThatIsAskedFor) {
  EXPECT_EQ(bare("has(a.b) && a.b == 1"), "4-5 a null");
  EXPECT_EQ(bare("has(a.b.c)"), "4-7 a.b null");
  EXPECT_EQ(bare("a.?b.orValue(1) > 0"), "0-1 a null");
  EXPECT_EQ(bare("has(a) && a.b > 1"), "10-13 a.b null") << "a may be there without b";
}

TEST(BareFields, AreNotThoseWhoseErrorsALiteralDecidesAway) {
  for (const std::string_view text : {"a || true", "true || a", "false && a > 1", "a > 1 && false",
                                      "[].map(i, a)", "[].all(i, a > i)", "{}.exists(k, a == k)"})
    EXPECT_EQ(bare(text), "") << text;
  EXPECT_EQ(bare("a || false"), "0-1 a null");
  EXPECT_EQ(bare("true && a"), "8-9 a null");
  EXPECT_EQ(bare("[1].map(i, a)"), "11-12 a");
}

TEST(BareFields, OfACopyAreTold) {
  EXPECT_EQ(bare("a.b"), "0-3 a.b copy");
  EXPECT_EQ(bare("this['a']"), "0-9 a copy");
  EXPECT_EQ(bare("this"), "");
  EXPECT_EQ(bare("cel.bind(x, a, x + 1)"), "12-13 a null");
}

TEST(BareFields, SayWhetherNullFailsToo) {
  EXPECT_EQ(bare("a == 1 || b != a"), "0-1 a, 10-11 b");
  EXPECT_EQ(bare("a in [b, c]"), "0-1 a, 6-7 b, 9-10 c");
  EXPECT_EQ(bare("1 in a"), "5-6 a null");
  EXPECT_EQ(bare("c ? a : b"), "0-1 c null, 4-5 a, 8-9 b");
  EXPECT_EQ(bare("(d || c == 1 ? a : 0) > 1"), "1-2 d null, 6-7 c, 15-16 a null");
  EXPECT_EQ(bare("{'k': a, b: 1}"), "6-7 a, 9-10 b null");
  EXPECT_EQ(bare("type(a) == int"), "5-6 a");
  EXPECT_EQ(bare("(x ?? a) + 1"), "6-7 a null");
  EXPECT_EQ(bare("cel.bind(x, a, x == 1)"), "12-13 a");
  EXPECT_EQ(bare("a == 1 && a > 0"), "0-1 a") << "where it stands first";
}

TEST(BareFields, AreThoseOfWhichNothingIsKnown) {
  Names names;
  EXPECT_TRUE(compile("a > 1", names, Limits()).bare_fields.empty());
}

TEST(Patterns, ThatComeFromTheRowAreExpensive) {
  for (const std::string_view text :
       {"a.matches(b)", "a.matches('^' + b)", "regex.extract(a, meta.key).hasValue()",
        "regex.replace(a, b, '')", "['x', 'y'].exists(p, a.matches(p))",
        "cel.bind(p, b + '$', a.matches(p))"})
    EXPECT_THAT(warned(text), HasSubstr("EXPENSIVE_PATTERN: this pattern comes from the row"))
        << text;
  EXPECT_THAT(warned("a.matches(b)"), HasSubstr("10-11 "));
}

TEST(Patterns, ThatAreLargeAreExpensive) {
  EXPECT_THAT(warned(R"(a.matches(r'^\pL{1,50}$'))"),
              HasSubstr("10-24 EXPENSIVE_PATTERN: this pattern compiles to "));
  EXPECT_THAT(warned(R"(regex.extract_all(a, r'(\pL{20},){3}').size() > 0)"),
              HasSubstr("(more than 5000 make matching slow)"));
}

TEST(Patterns, OfEverydayAreNot) {
  for (const std::string_view text :
       {"a.matches('(?i)bot|crawler')", R"(a.matches(r'^\d{1,3}(\.\d{1,3}){3}$'))",
        R"(regex.extract(a, r'^[\w.+-]+@([\w-]+\.)+[a-z]{2,}$').hasValue())",
        R"(a.matches(r'^\pL+( \pL+)*$'))", "a.matches('^' + 'x' + '$')",
        "regex.replace(a, '[0-9 ]+([0-9]{4})$', b)", "cel.bind(p, 'x' + 'y', a.matches(p))",
        "a.startsWith(b)"})
    EXPECT_EQ(warned(text), "") << text;
}

}  // namespace
}  // namespace leat::expr::testing
