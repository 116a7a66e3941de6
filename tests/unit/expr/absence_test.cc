#include <array>

#include <gtest/gtest.h>

#include "expr/errors.h"
#include "record/named_error.h"
#include "unit/expr/rows.h"

namespace leat::expr::testing {
namespace {

// Why the expression fails for the row {"present": 1, "items": "[{}]"}.
std::string why(std::string_view text) {
  Names names;
  const Compiled compiled = compile(text, names, Limits(), TypeCheck::dynamic);
  if (!compiled.ok()) return show(compiled.diagnostics);
  const RecordBatch batch =
      batch_of({{{"present", Value::integer(1)}, {"items", Value::json("[{}]")}}}, names);
  Scratch scratch;
  Value out;
  compiled.program->run(batch, scratch, Column(&out, 1));
  if (is_nameless(out)) compiled.program->name_absences(batch, scratch, Column(&out, 1));
  return out.is_error() ? std::string(out.as_error().message) : show(out);
}

TEST(Absence, IsToldWithTheNameOfTheField) {
  EXPECT_EQ(why("present + a + b"), "the field `a` that the expression reads is absent");
  EXPECT_EQ(why("present + a.b"), "the field `a.b` that the expression reads is absent");
  EXPECT_EQ(why("this['a b'] > 1"), "the field `a b` that the expression reads is absent");
  EXPECT_EQ(why("present == 2 ? a : b"), "the field `b` that the expression reads is absent");
  EXPECT_EQ(why("(a ?? 1) + b"), "the field `b` that the expression reads is absent");
  EXPECT_EQ(why("has(a) || b > 1"), "the field `b` that the expression reads is absent");
  EXPECT_EQ(why("this.?a.orValue(1) + b"), "the field `b` that the expression reads is absent");
  EXPECT_EQ(why("[1, 2].map(x, x + a)"), "the field `a` that the expression reads is absent");
  EXPECT_EQ(why("items.map(i, i.price)"), "the member `price` that the expression reads is absent");
  EXPECT_EQ(why("meta.headers['x'] == 'y'"), "the header `x` that the expression reads is absent");
}

TEST(Absence, OfWhatIsAskedForAMemberIsToldWithItsName) {
  EXPECT_EQ(why("has(a.b)"), "the field `a` that the expression reads is absent");
  EXPECT_EQ(why("has(a.b.c)"), "the field `a.b` that the expression reads is absent");
  EXPECT_EQ(why("a.?b.orValue(1)"), "the field `a` that the expression reads is absent");
  EXPECT_EQ(why("a.b.?c.orValue(1) > 0"), "the field `a.b` that the expression reads is absent");
  EXPECT_EQ(why("has(a) ? 1 : 2"), "int 2") << "of the row there is nothing around";
}

TEST(Absence, OfMembersInWhatHasNoneIsToldWithItsName) {
  EXPECT_EQ(why("has(present.x)"), "the field `present` is no object, so nothing can be in it");
  EXPECT_EQ(why("present.?x.orValue(1)"),
            "the field `present` is no object, so nothing can be in it");
  EXPECT_EQ(why("items[0].?x.orValue(5)"), "int 5");
  EXPECT_EQ(why("[1].map(x, x.price)"),
            "the member `price` is asked of a value that is no object or map");
  EXPECT_EQ(why("[1].map(x, has(x.price))"),
            "the member `price` is asked of a value that is no object or map");
}

TEST(Absence, ThatIsLookedAfterIsNone) {
  EXPECT_EQ(why("(a + 1) ?? 7"), "int 7");
  EXPECT_EQ(why("a > 1 || present == 1"), "true");
  EXPECT_EQ(why("try(a + 1, 2)"), "int 2");
}

TEST(Absence, IsNamedPerRow) {
  Names names;
  const Compiled compiled = compile("a + b", names, Limits(), TypeCheck::dynamic);
  ASSERT_TRUE(compiled.ok());
  const Value one = Value::integer(1);
  const RecordBatch batch = batch_of({{{"a", one}}, {{"a", one}, {"b", one}}, {{"b", one}}}, names);
  Scratch scratch;
  std::array<Value, 3> out;
  compiled.program->run(batch, scratch, out);
  EXPECT_TRUE(is_nameless(out[0]));
  EXPECT_FALSE(is_nameless(out[1]));
  compiled.program->name_absences(batch, scratch, out);
  EXPECT_EQ(out[0].as_error().message, "the field `b` that the expression reads is absent");
  EXPECT_EQ(show(out[1]), "int 2");
  EXPECT_EQ(out[2].as_error().message, "the field `a` that the expression reads is absent");
}

TEST(NamedErrors, AreOneObjectForOneText) {
  const record::RowError& made = record::named_error(kNoSuchField, "this one");
  EXPECT_EQ(&made, &record::named_error(kNoSuchField, std::string("this one")));
  EXPECT_EQ(made.code, kNoSuchField.code);
  EXPECT_NE(&made, &record::named_error(kOverflow, "this one"));
  const std::string large(record::kNamedErrorBytesMax + 1, 'x');
  EXPECT_EQ(&record::named_error(kNoSuchField, large), &kNoSuchField);
}

}  // namespace
}  // namespace leat::expr::testing
