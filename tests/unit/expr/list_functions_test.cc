#include <cmath>
#include <string>

#include "unit/expr/function_cases.h"

namespace leat::expr::testing {
namespace {

const Fields& lists() {
  static const Fields kFields{
      {"ints", Value::json("[3, 1, 2, 1]")},
      {"mixed", Value::json(R"([2.5, 1, 3, 1.0])")},
      {"words", Value::json(R"(["b", "a", "b", "ä"])")},
      {"deep", Value::json("[1, [2, [3, [4]]], []]")},
      {"objects", Value::json(R"([{"a": 1}, {"a": 1.0}, {"b": 1}, [1], [1.0]])")},
      {"none", Value::json("[]")},
      {"object", Value::json("{}")},
      {"broken", Value::json("[1, [2, tru]]")},
      {"cut", Value::json("[1, 2")},
      {"s", Value::string("Köln")},
      {"nan", Value::real(std::nan(""))},
      {"i", Value::integer(2)},
  };
  return kFields;
}

TEST(ListFunctions, SortOrdersWhatHasAnOrder) {
  expect_values(
      {
          {"ints.sort()", "[int 1, int 1, int 2, int 3]"},
          {"mixed.sort()", "[int 1, double 1, double 2.5, int 3]"},
          {"words.sort()", "[string a, string b, string b, string ä]"},
          {"[3u, 1, 2.5].sort()", "[int 1, double 2.5, uint 3]"},
          {"[9007199254740993, 9007199254740992.0, 9007199254740992].sort()",
           "[double 9007199254740992, int 9007199254740992, int 9007199254740993]"},
          {"[9223372036854775807, 9223372036854775808.0, 9223372036854775807u].sort()",
           "[int 9223372036854775807, uint 9223372036854775807, double 9.223372036854776e+18]"},
          {"[b'b', b'a'].sort()", "[bytes 61, bytes 62]"},
          {"[true, false].sort()", "[false, true]"},
          {"[].sort()", "[]"},
          {"none.sort()", "[]"},
          {"[1, 'b'].sort()", "error NO_SUCH_OVERLOAD"},
          {"[[1], [2]].sort()", "error NO_SUCH_OVERLOAD"},
          {"[1.0, nan].sort()", "error NOT_A_NUMBER"},
          {"object.sort()", "error NO_SUCH_OVERLOAD"},
          {"s.sort()", "error NO_SUCH_OVERLOAD"},
          {"nothing.sort()", "error NO_SUCH_FIELD"},
      },
      lists());
}

TEST(ListFunctions, DistinctKeepsTheFirstOfEqualItems) {
  expect_values(
      {
          {"ints.distinct()", "[int 3, int 1, int 2]"},
          {"words.distinct()", "[string b, string a, string ä]"},
          {"[1, 1.0, 1u, '1'].distinct()", "[int 1, string 1]"},
          {"[0.0, -0.0].distinct()", "[double 0]"},
          {"[null, null, false, 0].distinct()", "[null, false, int 0]"},
          {"[nan, nan].distinct().size()", "int 2"},
          {"objects.distinct().size()", "int 3"},
          {"[[1, [2]], [1, [2.0]]].distinct().size()", "int 1"},
          {"[9007199254740993, 9007199254740992].distinct().size()", "int 2"},
          {"none.distinct()", "[]"},
      },
      lists());
}

TEST(ListFunctions, DistinctOfManyItemsTakesTimeInProportion) {
  std::string text = "[";
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i % 10'000) + ",";
  text += "0]";
  EXPECT_EQ(evaluate("size(x.distinct())", {{"x", Value::json(text)}}), "int 10000");
}

TEST(ListFunctions, SliceAndFlattenRefuseWhatIsNotThere) {
  expect_values(
      {
          {"ints.slice(1, 3)", "[int 1, int 2]"},
          {"ints.slice(4, 4)", "[]"},
          {"ints.slice(0, 4).size()", "int 4"},
          {"ints.slice(0, 5)", "error OUT_OF_RANGE"},
          {"ints.slice(2, 1)", "error OUT_OF_RANGE"},
          {"ints.slice(-1, 1)", "error OUT_OF_RANGE"},
          {"ints.slice(0, '1')", "error NO_SUCH_OVERLOAD"},
          {"[1, [2, 3], [], [4]].flatten()", "[int 1, int 2, int 3, int 4]"},
          {"deep.flatten().size()", "int 3"},
          {"deep.flatten(2).size()", "int 4"},
          {"deep.flatten(100)", "[int 1, int 2, int 3, int 4]"},
          {"deep.flatten(0).size()", "int 3"},
          {"deep.flatten(-1)", "error OUT_OF_RANGE"},
          {"deep.flatten(9223372036854775807).size()", "int 4"},
          {"broken.flatten(2)", "error INVALID_JSON"},
          {"s.flatten()", "error NO_SUCH_OVERLOAD"},
      },
      lists());
}

TEST(ListFunctions, ReverseTurnsListsAndTextsAround) {
  expect_values(
      {
          {"ints.reverse()", "[int 1, int 2, int 1, int 3]"},
          {"none.reverse()", "[]"},
          {"s.reverse()", "string nlöK"},
          {"''.reverse()", "string "},
          {"'Ta©oCαt😀'.reverse()", "string 😀tαCo©aT"},
          {"i.reverse()", "error NO_SUCH_OVERLOAD"},
          {"lists.range(3)", "[int 0, int 1, int 2]"},
          {"lists.range(0)", "[]"},
          {"lists.range(-5)", "[]"},
          {"lists.range(1000001)", "error VALUE_TOO_LARGE"},
          {"lists.range('3')", "error NO_SUCH_OVERLOAD"},
      },
      lists());
}

TEST(ListFunctions, SetsCompareByValue) {
  expect_values(
      {
          {"sets.contains([1, 2, 3, 4], [2, 3])", "true"},
          {"sets.contains([1, 2.0, 3u], [1.0, 2u, 3])", "true"},
          {"sets.contains([], [])", "true"},
          {"sets.contains([], [1])", "false"},
          {"sets.contains(ints, [1, 2])", "true"},
          {"sets.contains([[1], [2]], [[2.0]])", "true"},
          {"sets.equivalent([1], [1, 1])", "true"},
          {"sets.equivalent([1, 2, 3], [3u, 2.0, 1])", "true"},
          {"sets.equivalent(ints, mixed)", "false"},
          {"sets.equivalent([1], [1, 2])", "false"},
          {"sets.intersects([1], [])", "false"},
          {"sets.intersects([1], [1, 2])", "true"},
          {"sets.intersects([[1], [2, 3]], [[1, 2], [2, 3.0]])", "true"},
          {"sets.intersects(words, ['ä'])", "true"},
          {"sets.intersects(words, s)", "error NO_SUCH_OVERLOAD"},
          {"sets.contains(cut, [3])", "error INVALID_JSON"},
      },
      lists());
}

TEST(ListFunctions, SplitAndJoinAreEachOthersOpposite) {
  expect_values(
      {
          {"'hello hello hello'.split(' ')", "[string hello, string hello, string hello]"},
          {"'a,b,'.split(',')", "[string a, string b, string ]"},
          {"',a'.split(',')", "[string , string a]"},
          {"''.split(',')", "[string ]"},
          {"''.split('')", "[]"},
          {"s.split('')", "[string K, string ö, string l, string n]"},
          {"'aXXb'.split('XX')", "[string a, string b]"},
          {"'a b c'.split(' ', 0)", "[]"},
          {"'a b c'.split(' ', 1)", "[string a b c]"},
          {"'a b c'.split(' ', 2)", "[string a, string b c]"},
          {"'abc'.split('', 2)", "[string a, string bc]"},
          {"'a b c'.split(' ', 9)", "[string a, string b, string c]"},
          {"'a b'.split(' ', -9223372036854775808)", "[string a, string b]"},
          {"i.split(',')", "error NO_SUCH_OVERLOAD"},
          {"'a'.split(1)", "error NO_SUCH_OVERLOAD"},
          {"['x', 'y'].join()", "string xy"},
          {"['x', 'y'].join('-')", "string x-y"},
          {"words.join(' ')", "string b a b ä"},
          {"[].join('-')", "string "},
          {"none.join()", "string "},
          {"[1].join()", "error NO_SUCH_OVERLOAD"},
          {"['x'].join(1)", "error NO_SUCH_OVERLOAD"},
          {"s.split('').join('.')", "string K.ö.l.n"},
      },
      lists());
}

TEST(ListFunctions, AJoinedTextHasALimit) {
  const std::string large(9 * 1024 * 1024, 'x');
  EXPECT_EQ(evaluate("[x, x].join()", {{"x", Value::string(large)}}), "error VALUE_TOO_LARGE");
  EXPECT_EQ(evaluate("size(x.split(''))", {{"x", Value::string(large)}}), "error VALUE_TOO_LARGE");
}

}  // namespace
}  // namespace leat::expr::testing
