#include <string>

#include "unit/expr/function_cases.h"

namespace leat::expr::testing {
namespace {

TEST(Base64, ThereAndBack) {
  expect_values({
      {"base64.encode(b'hello')", "string aGVsbG8="},
      {"base64.encode(b'')", "string "},
      {"base64.encode(b'f')", "string Zg=="},
      {"base64.encode(b'fo')", "string Zm8="},
      {"base64.encode(b'foo')", "string Zm9v"},
      {"base64.encode(b'\\xff\\xfe\\xfd')", "string //79"},
      {"base64.encode('hello')", "error NO_SUCH_OVERLOAD"},
      {"base64.decode('aGVsbG8=') == b'hello'", "true"},
      {"base64.decode('aGVsbG8') == b'hello'", "true"},
      {"base64.decode('')", "bytes "},
      {"base64.decode('Zg==')", "bytes 66"},
      {"base64.decode('//79')", "bytes fffefd"},
      {"base64.decode('Zg=')", "error BAD_CONVERSION"},
      {"base64.decode('Z')", "error BAD_CONVERSION"},
      {"base64.decode('Zh==')", "error BAD_CONVERSION"},
      {"base64.decode('Z g=')", "error BAD_CONVERSION"},
      {"base64.decode('Zg==Zg==')", "error BAD_CONVERSION"},
      {"base64.decode('====')", "error BAD_CONVERSION"},
      {"base64.decode('-_-_')", "error BAD_CONVERSION"},
      {"base64.decode(b'Zg==')", "error NO_SUCH_OVERLOAD"},
  });
}

TEST(Hex, ThereAndBack) {
  expect_values({
      {"hex.encode('Kö')", "string 4bc3b6"},
      {"hex.encode(b'\\x00\\xff')", "string 00ff"},
      {"hex.encode('')", "string "},
      {"hex.decode('00fF')", "bytes 00ff"},
      {"hex.decode('')", "bytes "},
      {"hex.decode('0')", "error BAD_CONVERSION"},
      {"hex.decode('0g')", "error BAD_CONVERSION"},
      {"hex.decode('0x10')", "error BAD_CONVERSION"},
      {"hex.encode(1)", "error NO_SUCH_OVERLOAD"},
  });
}

TEST(Url, EncodesAllButUnreservedCharacters) {
  expect_values({
      {"url.encode('a b&c=ö/~-._')", "string a%20b%26c%3D%C3%B6%2F~-._"},
      {"url.encode(b'\\xff')", "string %FF"},
      {"url.decode('a%20b%26c%3d%C3%B6+')", "string a b&c=ö+"},
      {"url.decode('plain')", "string plain"},
      {"url.decode('%')", "error INVALID_URL"},
      {"url.decode('%4')", "error INVALID_URL"},
      {"url.decode('%4x')", "error INVALID_URL"},
      {"url.decode('%ff')", "error INVALID_UTF8"},
      {"url.decode(url.encode('100 % ☺')) == '100 % ☺'", "true"},
      {"url.decode(1)", "error NO_SUCH_OVERLOAD"},
  });
}

TEST(Url, ParseNamesTheParts) {
  expect_values({
      {"url.parse('HTTPS://bob:pw@Shop.Example:8443/a%20b/c?x=1&y=a+b&x=2&z#top')",
       "{string scheme: string https, string user: string bob:pw, string host: string "
       "shop.example, "
       "string port: int 8443, string path: string /a b/c, string query: string x=1&y=a+b&x=2&z, "
       "string params: {string x: string 1, string y: string a b, string z: string }, "
       "string fragment: string top}"},
      {"url.parse('/a').host", "null"},
      {"url.parse('/a').port ?? 80", "int 80"},
      {"url.parse('http://[2001:db8::1]:80/').host", "string 2001:db8::1"},
      {"url.parse('http://[2001:db8::1]:80/').port", "int 80"},
      {"url.parse('http://h').path", "string "},
      {"url.parse('http://h:').port", "null"},
      {"url.parse('mailto:a@b').path", "string a@b"},
      {"url.parse('file:///etc/hosts').host", "string "},
      {"url.parse('?a=%3D').params.a", "string ="},
      {"url.parse('').params", "{}"},
      {"url.parse('http://h/?&&a&=b').params", "{string a: string , string : string b}"},
  });
}

TEST(Url, ParseRefusesWhatIsNoUrl) {
  for (const char* text :
       {"http://h:99999/", "http://h:x/", "http://[::1/", "http://[::1]x/", "1a:b", "http://a b/",
        "http://h/%zz", "http://h/?a=%", "a\\b", "http://a:b:c/"})
    EXPECT_EQ(evaluate("url.parse(u)", {{"u", Value::string(text)}}), "error INVALID_URL") << text;
  EXPECT_EQ(evaluate("url.parse(u)", {{"u", Value::string("h?a=%ff")}}), "error INVALID_UTF8");
}

TEST(Json, ParseReadsAnyValueAndRefusesTheRest) {
  expect_values({
      {"json.parse('1')", "int 1"},
      {"json.parse('1e400')", "error OUT_OF_RANGE"},
      {"json.parse('[1e400]')", "error OUT_OF_RANGE"},
      {"json.parse('{\"a\": [0, -1E+309]}')", "error OUT_OF_RANGE"},
      {"json.parse('[1e-400, 0e999, 0.1e308]').size()", "int 3"},
      {"json.parse('[1e-400]')[0]", "double 0"},
      {"json.parse('[0.1e309, 10e-2]')[1]", "double 0.1"},
      {"json.parse(' 1.50 ')", "double 1.5"},
      {"json.parse('null')", "null"},
      {"json.parse('true')", "true"},
      {R"(json.parse('"K\\u00f6ln"'))", "string Köln"},
      {R"(json.parse('{"a": [1, {"b": "x"}]}').a[1].b)", "string x"},
      {R"(json.parse(b'{"a": 1}').a)", "int 1"},
      {R"(json.parse(' [1, 2] ').size())", "int 2"},
      {"json.parse(b'\"\\xff\"')", "error INVALID_UTF8"},
      {"json.parse(1)", "error NO_SUCH_OVERLOAD"},
  });
  for (const char* text : {"",
                           " ",
                           "{",
                           "[1",
                           "[1,]",
                           "{\"a\"}",
                           "{\"a\":1,}",
                           "tru",
                           "nulll",
                           "01",
                           "1.",
                           ".5",
                           "-",
                           "+1",
                           "1e",
                           "1 2",
                           "'a'",
                           "\"a",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\ud800\"",
                           "\"\\udc00\"",
                           "\"\\ud800\\u0041\"",
                           "\"\n\"",
                           "{1:2}",
                           "[1 2]",
                           "[}",
                           "{]",
                           "NaN",
                           "\xEF\xBB\xBF"
                           "1",
                           "[1]]"})
    EXPECT_EQ(evaluate("json.parse(t)", {{"t", Value::string(text)}}), "error INVALID_JSON")
        << text;
}

TEST(Json, ParseBoundsTheDepth) {
  std::string deep(64, '[');
  deep.append(64, ']');
  std::string deeper(65, '[');
  deeper += '1';
  deeper.append(65, ']');
  EXPECT_EQ(evaluate("size(json.parse(t))", {{"t", Value::string(deep)}}), "int 1");
  EXPECT_EQ(evaluate("json.parse(t)", {{"t", Value::string(deeper)}}), "error INVALID_JSON");
}

TEST(Json, PrintWritesAsASinkDoes) {
  expect_values(
      {
          {"json.print(1)", "string 1"},
          {"json.print(3.0)", "string 3.0"},
          {"json.print(1e16)", "string 1e+16"},
          {"json.print(-0.0)", "string -0.0"},
          {"json.print(18446744073709551615u)", "string 18446744073709551615"},
          {"json.print(null)", "string null"},
          {R"(json.print('a"\\\n\x01ö'))", R"(string "a\"\\\n\u0001ö")"},
          {"json.print(b'hello')", "string \"aGVsbG8=\""},
          {"json.print(timestamp('2026-01-01T00:00:00.25Z'))",
           "string \"2026-01-01T00:00:00.25Z\""},
          {"json.print(duration('90m'))", "string \"5400s\""},
          {"json.print({'a': [1, 2.5, 'x'], 'b': {}})", R"(string {"a":[1,2.5,"x"],"b":{}})"},
          {"json.print({1: true, false: null})", R"(string {"1":true,"false":null})"},
          {"json.print(row)", R"(string { "b" : 1.10 })"},
          {"json.print([row])", R"(string [{ "b" : 1.10 }])"},
          {"json.print(0.0 / 0.0)", "error NOT_REPRESENTABLE"},
          {"json.print(nothing)", "error NO_SUCH_FIELD"},
          {"json.parse(json.print({'a': [1, 'x']})) == {'a': [1, 'x']}", "true"},
      },
      {{"row", Value::json(R"({ "b" : 1.10 })")}});
}

}  // namespace
}  // namespace leat::expr::testing
