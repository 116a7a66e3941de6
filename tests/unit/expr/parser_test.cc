#include <gtest/gtest.h>

#include <array>

#include "unit/expr/rows.h"

namespace leat::expr::testing {
namespace {

std::string quoted(const std::string& text) { return "'" + text + "'"; }

std::string print_literal(const Node& node) {
  switch (node.literal) {
    case LiteralKind::null: return "null";
    case LiteralKind::boolean: return node.integer != 0 ? "true" : "false";
    case LiteralKind::integer: return fmt::format("{}", node.integer);
    case LiteralKind::unsigned_integer:
      return fmt::format("{}u", static_cast<std::uint64_t>(node.integer));
    case LiteralKind::real: return fmt::format("{:#}", node.real);
    case LiteralKind::string: return quoted(node.text);
    case LiteralKind::bytes: return "b" + quoted(node.text);
  }
  return "";
}

// The tree as text, everything in parentheses: (+ 1 (* 2 3)).
std::string print(const Ast& ast, NodeId id) {
  const Node& node = ast[id];
  std::string children;
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    const std::size_t part = node.kind == NodeKind::map ? i / 2 : i;
    const bool key = node.kind != NodeKind::map || i % 2 == 0;
    const bool marked = key && part < node.marks.size() && node.marks[part] != 0;
    children += (marked ? " ?" : " ") + print(ast, node.children[i]);
  }
  const std::string optional = node.optional ? "?" : "";
  switch (node.kind) {
    case NodeKind::literal: return print_literal(node);
    case NodeKind::identifier: return node.text;
    case NodeKind::select: return fmt::format("(.{}{}{})", optional, node.text, children);
    case NodeKind::index: return fmt::format("([]{}{})", optional, children);
    case NodeKind::call:
      return fmt::format("({}{}{})", node.method ? "." : "", node.text + "()", children);
    case NodeKind::unary:
    case NodeKind::binary: return fmt::format("({}{})", to_string(node.op), children);
    case NodeKind::conditional: return fmt::format("(?:{})", children);
    case NodeKind::list: return fmt::format("[{}]", children);
    case NodeKind::map: return fmt::format("{{{}}}", children);
    case NodeKind::message: return fmt::format("(message{})", children);
  }
  return "";
}

std::string parsed(std::string_view text) {
  const ParseResult result = parse(text, Limits());
  return result.ok() ? print(result.ast, result.ast.root()) : show(result.diagnostics);
}

struct Case {
  std::string_view text;
  std::string_view gives;
};

template <std::size_t kCount>
void expect_all(const std::array<Case, kCount>& cases) {
  for (const Case& one : cases) EXPECT_EQ(parsed(one.text), one.gives) << one.text;
}

TEST(Parser, PrecedenceAndAssociativity) {
  expect_all(std::to_array<Case>({
      {"1 + 2 * 3 - 4", "(- (+ 1 (* 2 3)) 4)"},
      {"1 - 2 - 3", "(- (- 1 2) 3)"},
      {"a || b && c || d", "(|| (|| a (&& b c)) d)"},
      {"a == b && c < d", "(&& (== a b) (< c d))"},
      {"a < b == c", "(== (< a b) c)"},
      {"a ?? b ?? c", "(?? a (?? b c))"},
      {"a ?? b + 1 > c ?? d", "(> (?? a (+ b 1)) (?? c d))"},
      {"a in b ?? c", "(in a (?? b c))"},
      {"a ?? b && c", "(&& (?? a b) c)"},
      {"a ?? -b", "(?? a (- b))"},
      {"a ? b : c ? d : e", "(?: a b (?: c d e))"},
      {"a ? b ?? c : d", "(?: a (?? b c) d)"},
      {"a ? (b ? c : d) : e", "(?: a (?: b c d) e)"},
      {"a || b ? c : d", "(?: (|| a b) c d)"},
      {"!a && b", "(&& (! a) b)"},
      {"!!a", "(! (! a))"},
      {"-a.b", "(- (.b a))"},
      {"- -1", "(- -1)"},
      {"1 -1", "(- 1 1)"},
      {"1-1", "(- 1 1)"},
      {"-1 + 2", "(+ -1 2)"},
      {"a % b / c * d", "(* (/ (% a b) c) d)"},
      {"(a + b) * c", "(* (+ a b) c)"},
      {"a.b.c(d).e[f]", "([] (.e (.c() (.b a) d)) f)"},
      {"a in [1, 2] || b", "(|| (in a [ 1 2]) b)"},
  }));
}

TEST(Parser, EveryKindOfPiece) {
  expect_all(std::to_array<Case>({
      {"size(a)", "(size() a)"},
      {"f()", "(f())"},
      {".a.b", "(.b a)"},
      {".f(x)", "(f() x)"},
      {"a.`b-c`.d", "(.d (.b-c a))"},
      {"`x y` + 1", "(+ x y 1)"},
      {"a.package", "(.package a)"},
      {"a.?b", "(.?b a)"},
      {"a[?0]", "([]? a 0)"},
      {"[1, 2, ]", "[ 1 2]"},
      {"[?a]", "[ ?a]"},
      {"[a, ?b]", "[ a ?b]"},
      {"{a: b, ?c: d}", "{ a b ?c d}"},
      {"[]", "[]"},
      {"{}", "{}"},
      {"{'a': 1, b: [c],}", "{ 'a' 1 b [ c]}"},
      {"{?a: b}", "{ ?a b}"},
      {"{a ? b : c : d}", "{ (?: a b c) d}"},
      {"a.b.T{x: 1, y: 2}", "(message (.T (.b a)) 1 2)"},
      {"T{}", "(message T)"},
      {"x.all(v, v > 1)", "(.all() x v (> v 1))"},
      {"a // comment\n + b", "(+ a b)"},
      {"  a\t\r\n", "a"},
      {"abc_1", "abc_1"},
      {"intrinsic", "intrinsic"},
      {"true_", "true_"},
  }));
}

TEST(Parser, EveryLiteral) {
  expect_all(std::to_array<Case>({
      {"null", "null"},
      {"true", "true"},
      {"false", "false"},
      {"0", "0"},
      {"9223372036854775807", "9223372036854775807"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"0xFF", "255"},
      {"0X7fffffffffffffff", "9223372036854775807"},
      {"-0x8000000000000000", "-9223372036854775808"},
      {"1u", "1u"},
      {"18446744073709551615U", "18446744073709551615u"},
      {"0x10u", "16u"},
      {"1.5", "1.5"},
      {".25", "0.25"},
      {"1e3", "1000.0"},
      {"1.5E-3", "0.0015"},
      {"-2.5e+2", "-250.0"},
      {"1e-999", "0.0"},
      {"'a'", "'a'"},
      {"\"a'b\"", "'a'b'"},
      {"''", "''"},
      {"'''a'b\nc'''", "'a'b\nc'"},
      {"\"\"\"x\"\"y\"\"\"", "'x\"\"y'"},
      {"'''a\r\nb'''", "'a\nb'"},
      {R"('\a\b\f\n\r\t\v\\\?\"\'\`')", "'\a\b\f\n\r\t\v\\?\"'`'"},
      {R"('\x41\X42\103\u00e4\U0001F600')", "'ABCä😀'"},
      {R"('\xe4')", "'ä'"},
      {R"('\377')", "'ÿ'"},
      {R"(r'a\nb')", "'a\\nb'"},
      {R"(R"\")", "'\\'"},
      {"r'''a\\'b'''", "'a\\'b'"},
      {"b'abc'", "b'abc'"},
      {R"(b'\xff\001')", "b'\xff\x01'"},
      {"B'ä'", "b'ä'"},
      {R"(br'\n')", "b'\\n'"},
      {"b'''a'''", "b'a'"},
  }));
}

TEST(Parser, SyntaxErrorsNameTheirPlaceInCodePoints) {
  expect_all(std::to_array<Case>({
      {"",
       "0-0 EXPRESSION_SYNTAX: the expression is empty: write a value, as `true` or `amount`\n"},
      {"1 +",
       "3-3 EXPRESSION_SYNTAX: the expression ends where a value is expected: write one behind "
       "`+`, or take that away\n"},
      {"'ä' + * 2", "6-7 EXPRESSION_SYNTAX: expected a value, found `*`\n"},
      {"a b", "2-3 EXPRESSION_SYNTAX: expected an operator or the end, found `b`\n"},
      {"a and b", "2-5 EXPRESSION_SYNTAX: unexpected `and`: the operator is `&&`\n"},
      {"a = b", "2-3 EXPRESSION_SYNTAX: unexpected `=`: equality is `==`\n"},
      {"(a", "2-2 EXPRESSION_SYNTAX: expected `)` to close the parenthesis, found the end\n"},
      {"a)", "1-2 EXPRESSION_SYNTAX: unexpected `)`: no `(` is open for it\n"},
      {"f(a,)", "4-5 EXPRESSION_SYNTAX: expected an argument behind `,`\n"},
      {"f(a b)", "4-5 EXPRESSION_SYNTAX: expected `)` at the end of the arguments, found `b`\n"},
      {"a ? b", "5-5 EXPRESSION_SYNTAX: expected `:` of a conditional, found the end\n"},
      {"a[1", "3-3 EXPRESSION_SYNTAX: expected `]` behind the index, found the end\n"},
      {"[1, 2", "5-5 EXPRESSION_SYNTAX: expected `]` at the end of the list, found the end\n"},
      {"{1 2}", "3-4 EXPRESSION_SYNTAX: expected `:` behind the key, found a number\n"},
      {"a.1", "1-3 EXPRESSION_SYNTAX: expected an operator or the end, found a number\n"},
      {"a.", "2-2 EXPRESSION_SYNTAX: expected a name behind `.`, found the end\n"},
      {"in",
       "0-2 EXPRESSION_SYNTAX: `in` needs a value before it; a field of that name is this['in']\n"},
      {"package",
       "0-7 EXPRESSION_SYNTAX: `package` is a reserved word; a field of that name is "
       "this.package\n"},
      {"'abc", "0-4 EXPRESSION_SYNTAX: this string is not closed: put ' behind it\n"},
      {"'a\nb'",
       "0-2 EXPRESSION_SYNTAX: this string is not closed: put ' behind it\n"
       "3-5 EXPRESSION_SYNTAX: this string is not closed: put ' behind it\n"},
      {"'\\q' + '\\u12'",
       "1-3 EXPRESSION_SYNTAX: unknown escape in a string (\\\\ is a backslash, r'…' keeps "
       "backslashes)\n"
       "8-12 EXPRESSION_SYNTAX: this escape needs more digits\n"},
      {"'\\ud800'", "1-7 EXPRESSION_SYNTAX: this escape is no Unicode character\n"},
      {"b'\\u0041'",
       "2-4 EXPRESSION_SYNTAX: unknown escape in a string (\\\\ is a backslash, r'…' keeps "
       "backslashes)\n"},
      {"a # b",
       "2-3 EXPRESSION_SYNTAX: this character has no meaning in an expression: a comment begins "
       "with //\n"},
      {"a & b",
       "2-3 EXPRESSION_SYNTAX: this character has no meaning in an expression: and is `&&` (of "
       "bits: math.bitAnd(a, b))\n"},
      {"ä",
       "0-1 EXPRESSION_SYNTAX: this character has no meaning in an expression: names with other "
       "letters than A to Z stand in brackets: this['größe']\n"},
      {"a \a b", "2-3 EXPRESSION_SYNTAX: this character has no meaning in an expression\n"},
      {"12ab", "0-4 EXPRESSION_SYNTAX: this is neither a number nor a name\n"},
      {"0x", "0-2 EXPRESSION_SYNTAX: 0x needs digits behind it\n"},
      {"9223372036854775808",
       "0-19 EXPRESSION_SYNTAX: an int lies between -9223372036854775808 and 9223372036854775807: "
       "write it as a uint (…u) or as a double (….0)\n"},
      {"-(9223372036854775808)",
       "2-21 EXPRESSION_SYNTAX: an int lies between -9223372036854775808 and 9223372036854775807: "
       "write it as a uint (…u) or as a double (….0)\n"},
      {"a?.b",
       "1-3 EXPRESSION_SYNTAX: an optional member is written `.?`: a.?b, not a?.b (and "
       "`a.?b ?? x` is x where there is none)\n"},
      {"a?.b.c ?? 1",
       "1-3 EXPRESSION_SYNTAX: an optional member is written `.?`: a.?b, not a?.b "
       "(and `a.?b ?? x` is x where there is none)\n"},
      {"a ? .b",
       "2-4 EXPRESSION_SYNTAX: an optional member is written `.?`: a.?b, not a?.b (and "
       "`a.?b ?? x` is x where there is none)\n"},
      {"a ? b", "5-5 EXPRESSION_SYNTAX: expected `:` of a conditional, found the end\n"},
      {"99999999999999999999", "0-20 EXPRESSION_SYNTAX: this number is too large\n"},
      {"1e999", "0-5 EXPRESSION_SYNTAX: this number is too large\n"},
      {"`a", "0-2 EXPRESSION_SYNTAX: this name in backticks is not closed\n"},
      {"``", "0-2 EXPRESSION_SYNTAX: a name in backticks must not be empty\n"},
      {"a.true", "2-6 EXPRESSION_SYNTAX: `true` is a word of the language; write ['true']\n"},
      {"\xff", "0-0 EXPRESSION_SYNTAX: the expression is not valid UTF-8\n"},
      {"T{x 1}", "4-5 EXPRESSION_SYNTAX: expected `:` behind the field name, found a number\n"},
      {"T{1: 1}", "2-3 EXPRESSION_SYNTAX: expected a field name, found a number\n"},
  }));
}

TEST(Parser, WhatOtherLanguagesWriteIsToldWithWhatToWriteHere) {
  const auto told = [](std::string_view text) {
    const ParseResult result = parse(text, Limits());
    return result.ok() ? std::string("ok") : result.diagnostics[0].message;
  };
  EXPECT_EQ(told("a === b"), "expected a value, found `=`: equality is `==`");
  EXPECT_EQ(told("a !== b"), "expected a value, found `=`: unequal is `!=`");
  EXPECT_EQ(told("a <> b"), "expected a value, found `>`: unequal is `!=`");
  EXPECT_EQ(told("not a"), "unexpected `a`: not is written `!`: !a");
  EXPECT_EQ(told("a not in b"), "unexpected `not`: write !(a in b)");
  EXPECT_EQ(told("a is null"), "unexpected `is`: write `a == null` or `a != null`");
  EXPECT_EQ(told("a AND b"), "unexpected `AND`: the operator is `&&`");
  EXPECT_EQ(told("f(a or b)"),
            "expected `)` at the end of the arguments, found `or`: the operator is `||`");
  EXPECT_EQ(told("(a = 1)"), "expected `)` to close the parenthesis, found `=`: equality is `==`");
  EXPECT_EQ(told("+1"), "expected a value, found `+`: a number is written without `+`");
  EXPECT_EQ(told("2 ** 3"), "expected a value, found `*`: there is no power: write a * a");
  EXPECT_EQ(told("if(a, 1, 2)"),
            "`if` is a reserved word; a condition is written `condition ? a : b`; a field of that "
            "name is this.if");
  EXPECT_EQ(told("$amount > 1"),
            "this character has no meaning in an expression: a field is written by its name "
            "alone: amount, user.name");
  EXPECT_EQ(told("a == 'it's'"),
            "this string is not closed: inside '…' a `'` is written \\', and inside \"…\" it "
            "needs nothing");
  EXPECT_EQ(told("a == 'it's' + 'x'"), told("a == 'it's'"));
  EXPECT_EQ(told("a == 'x'y"),
            "a string ends before `y`: inside '…' a `'` is written \\', and inside \"…\" it needs "
            "nothing");
  EXPECT_EQ(told("\"abc"), "this string is not closed: put \" behind it");
}

std::string repeated(std::string_view piece, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += piece;
  return text;
}

std::string code_of(const ParseResult& result) {
  return result.ok() ? "ok" : result.diagnostics[0].code + ": " + result.diagnostics[0].message;
}

TEST(Parser, LimitsAreNamed) {
  const Limits limits;
  EXPECT_EQ(code_of(parse(repeated("(", 10000), limits)),
            "EXPRESSION_TOO_DEEP: the expression is nested deeper than 128: brackets, calls, "
            "conditionals and `??` inside each other (limits.expression_depth)");
  EXPECT_EQ(code_of(parse(repeated("a ? b : ", 200) + "c", limits)).substr(0, 19),
            "EXPRESSION_TOO_DEEP");
  EXPECT_EQ(code_of(parse(repeated("a ?? ", 200) + "c", limits)).substr(0, 19),
            "EXPRESSION_TOO_DEEP");
  EXPECT_EQ(code_of(parse(repeated("[", 10000), limits)).substr(0, 19), "EXPRESSION_TOO_DEEP");
  EXPECT_EQ(code_of(parse(repeated("(", 100) + "a" + repeated(")", 100), limits)), "ok");
  EXPECT_EQ(
      code_of(parse(repeated("a+", 2100) + "a", limits)),
      "EXPRESSION_TOO_LARGE: the expression has more than 4096 parts (limits.expression_nodes)");
  EXPECT_EQ(code_of(parse(repeated("!", 10000) + "a", limits)).substr(0, 20),
            "EXPRESSION_TOO_LARGE");
  EXPECT_EQ(code_of(parse(repeated("a+", 2000) + "a", limits)), "ok");
  EXPECT_EQ(code_of(parse(repeated("ä", 16384), limits)).substr(0, 17), "EXPRESSION_SYNTAX");
  EXPECT_EQ(code_of(parse(repeated(" ", 16385), limits)),
            "EXPRESSION_TOO_LONG: the expression is longer than 16384 characters "
            "(limits.expression_length)");
}

TEST(Parser, SubtreesAreContiguousAndChildrenComeFirst) {
  const ParseResult result =
      parse("f(a.b[1 + 2], {x: [y, z]}, c ? -d : e ?? g) in h.i(j)", Limits());
  ASSERT_TRUE(result.ok());
  for (NodeId id = 0; id < result.ast.nodes.size(); ++id) {
    NodeId expected = result.ast[id].first;
    for (const NodeId child : result.ast[id].children) {
      EXPECT_EQ(result.ast[child].first, expected);
      expected = child + 1;
    }
    EXPECT_EQ(expected, id);
  }
}

TEST(Path, NamesDotsAndBackticks) {
  const auto path = [](std::string_view text) {
    const PathResult result = parse_path(text);
    return result.ok() ? fmt::format("{}", fmt::join(result.path, "|")) : show(result.diagnostics);
  };
  const std::string hint =
      " INVALID_PATH: a path is names with dots between them; names with other characters stand in "
      "backticks\n";
  EXPECT_EQ(path("a"), "a");
  EXPECT_EQ(path("a.b.c"), "a|b|c");
  EXPECT_EQ(path("`x-y`.`a.b`"), "x-y|a.b");
  EXPECT_EQ(path("this.a"), "a");
  EXPECT_EQ(path("`this`"), "this");
  EXPECT_EQ(path("in.true"), "in|true");
  EXPECT_EQ(path("this"), "0-4 INVALID_PATH: `this` is the whole row, not a field of it\n");
  EXPECT_EQ(path(""), "0-0" + hint);
  EXPECT_EQ(path("a."), "2-2" + hint);
  EXPECT_EQ(path("a b"), "2-3" + hint);
  EXPECT_EQ(path("a[0]"), "1-2" + hint);
  EXPECT_EQ(path("x-y"), "1-2" + hint);
  EXPECT_EQ(path("2fa"), "0-3" + hint);
  EXPECT_EQ(format_path({"a", "x-y", "this"}), "a.`x-y`.this");
  EXPECT_EQ(format_path({"this"}), "`this`");
}

}  // namespace
}  // namespace leat::expr::testing
