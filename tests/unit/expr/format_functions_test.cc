#include <cmath>
#include <limits>

#include "unit/expr/function_cases.h"

namespace leat::expr::testing {
namespace {

const Fields& fields() {
  static const Fields kFields{
      {"s", Value::string("Köln")},
      {"nan", Value::real(std::nan(""))},
      {"inf", Value::real(HUGE_VAL)},
      {"low", Value::integer(std::numeric_limits<std::int64_t>::min())},
      {"bad", Value::bytes("\xff")},
      {"list", Value::json(R"([1, "a", [2.50, null], {"b": true, "a": 1e300}])")},
      {"broken", Value::json(R"([1, [tru]])")},
  };
  return kFields;
}

TEST(Format, WritesEachTypeByItsClause) {
  expect_values(
      {
          {"'no clause'.format([])", "string no clause"},
          {"'%% and %s%%'.format(['x'])", "string % and x%"},
          {"'%s %s %s'.format([s, 1, 2.5])", "string Köln 1 2.5"},
          {"'%s %s %s'.format([null, true, b'xyz'])", "string null true xyz"},
          {"'%d %d %d'.format([1, 2u, 2.5])", "string 1 2 2.5"},
          {"'%f|%.0f|%.3f'.format([2.71828, 2.5, 1.2345])", "string 2.718280|2|1.234"},
          {"'%f %f'.format([2, 3u])", "string 2.000000 3.000000"},
          {"'%e|%.2e'.format([2, 1052.032911275])", "string 2.000000e+00|1.05e+03"},
          {"'%b %b %b'.format([5, true, -5])", "string 101 1 -101"},
          {"'%o %o'.format([11, 65535u])", "string 13 177777"},
          {"'%x %X %x'.format([30, 30, -30])", "string 1e 1E -1e"},
          {"'%x'.format([low])", "string -8000000000000000"},
          {"'%d'.format([low])", "string -9223372036854775808"},
          {"'%x %X'.format(['Hello', b'\\xfe'])", "string 48656c6c6f FE"},
      },
      fields());
}

TEST(Format, DoublesHaveTheirShortestDigitsAndNames) {
  expect_values(
      {
          {"'%s %s'.format([0.1, 1e21])", "string 0.1 1000000000000000000000"},
          {"'%s'.format([-0.0])", "string -0"},
          {"'%s %d %f'.format([nan, inf, -inf])", "string NaN Infinity -Infinity"},
          {"'%e'.format([nan])", "string NaN"},
          {"'%.1000f'.format([0.5]).size()", "int 1002"},
          {"'%.1f'.format([1e308]).size()", "int 311"},
          {"'%.1001f'.format([0.5])", "error INVALID_FORMAT"},
      },
      fields());
}

TEST(Format, ListsAndMapsAreWrittenInside) {
  expect_values(
      {
          {"'%s'.format([['abc', 3.14, null, [9, 8]]])", "string [abc, 3.14, null, [9, 8]]"},
          {"'%s'.format([{'b': 1, 'a': [2]}])", "string {a: [2], b: 1}"},
          {"'%s'.format([{1: 'x', true: 'y', 2u: 'z'}])", "string {1: x, 2: z, true: y}"},
          {"'%s'.format([{}])", "string {}"},
          {"'%s %s %s %s'.format(list).startsWith('1 a [2.5, null] {a: 1000')", "true"},
          {"'%s'.format([timestamp('2023-02-03T23:31:20+00:00')])", "string 2023-02-03T23:31:20Z"},
          {"'%s'.format([duration('1h45m47s')])", "string 6347s"},
          {"'%s'.format([type('x')])", "string string"},
          {"'%s'.format([broken])", "error INVALID_JSON"},
      },
      fields());
}

TEST(Format, RefusesWhatDoesNotFit) {
  expect_values(
      {
          {"'%a'.format([1])", "error INVALID_FORMAT"},
          {"'%E'.format([0.5])", "error INVALID_FORMAT"},
          {"'100%'.format([1])", "error INVALID_FORMAT"},
          {"'%.'.format([1.0])", "error INVALID_FORMAT"},
          {"'%.xf'.format([1.0])", "error INVALID_FORMAT"},
          {"'%.3'.format([1.0])", "error INVALID_FORMAT"},
          {"'%d %d %d'.format([0, 1])", "error OUT_OF_RANGE"},
          {"'%d'.format(['x'])", "error NO_SUCH_OVERLOAD"},
          {"'%d'.format([null])", "error NO_SUCH_OVERLOAD"},
          {"'%b'.format(['abc'])", "error NO_SUCH_OVERLOAD"},
          {"'%o'.format([true])", "error NO_SUCH_OVERLOAD"},
          {"'%x'.format([0.5])", "error NO_SUCH_OVERLOAD"},
          {"'%e'.format(['x'])", "error NO_SUCH_OVERLOAD"},
          {"'%s'.format([bad])", "error INVALID_UTF8"},
          {"'%s'.format('x')", "error NO_SUCH_OVERLOAD"},
          {"'%s'.format([nothing])", "error NO_SUCH_FIELD"},
          {"'%s'.format([1, 2, 3])", "string 1"},
      },
      fields());
}

TEST(Quote, EscapesWhatCannotBeSeen) {
  expect_values({
      {R"(strings.quote('a"b\\c'))", R"(string "a\"b\\c")"},
      {R"(strings.quote('\a\b\f\n\r\t\v'))", R"(string "\a\b\f\n\r\t\v")"},
      {"strings.quote('завтра 😀')", "string \"завтра 😀\""},
      {"strings.quote('')", "string \"\""},
      {"strings.quote(1)", "error NO_SUCH_OVERLOAD"},
  });
}

}  // namespace
}  // namespace leat::expr::testing
