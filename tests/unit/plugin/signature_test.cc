#include "plugin/signature.h"

#include <gtest/gtest.h>

namespace leat::plugin {
namespace {

using record::Type;

TEST(Signature, OfAScalar) {
  const auto read = parse_signature("(ip: string, depth: int?) -> string?", Kind::scalar);
  ASSERT_TRUE(read.ok()) << read.status().message();
  const std::vector<Field> parameters{{"ip", Type::string, false}, {"depth", Type::integer, true}};
  EXPECT_EQ(read->parameters, parameters);
  EXPECT_EQ(read->results, (std::vector<Field>{{"", Type::string, true}}));
  EXPECT_FALSE(read->row);
}

TEST(Signature, OfARow) {
  const auto read = parse_signature("(this:json)->+{ n : int , last: timestamp? }", Kind::stateful);
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_TRUE(read->row && read->adds);
  EXPECT_EQ(read->results,
            (std::vector<Field>{{"n", Type::integer, false}, {"last", Type::timestamp, true}}));
  EXPECT_FALSE(parse_signature("() -> { n: int }", Kind::flat_map)->adds);
}

TEST(Signature, EveryTypeHasItsNumber) {
  std::uint32_t number = 0;
  for (const char* word : {"bool", "int", "double", "timestamp", "string", "bytes", "json"}) {
    const auto read = parse_signature("() -> " + std::string(word), Kind::scalar);
    ASSERT_TRUE(read.ok());
    const Type type = read->results.front().type;
    EXPECT_EQ(abi_type(type), ++number);
    EXPECT_EQ(record_type(number), type);
    EXPECT_EQ(type_word(type), word);
  }
  EXPECT_EQ(record_type(0), Type::absent);
  EXPECT_EQ(record_type(8), Type::absent);
}

TEST(Signature, KindsGiveWhatTheyGive) {
  EXPECT_TRUE(parse_signature("(this: json)", Kind::sink).ok());
  EXPECT_TRUE(parse_signature("(id: string) -> { tier: string }", Kind::table).ok());
  EXPECT_TRUE(parse_signature("(x: double) -> bool", Kind::filter).ok());
  EXPECT_FALSE(parse_signature("(x: double) -> bool?", Kind::filter).ok());
  EXPECT_FALSE(parse_signature("(x: double) -> int", Kind::filter).ok());
  EXPECT_FALSE(parse_signature("(x: double) -> { n: int }", Kind::scalar).ok());
  EXPECT_FALSE(parse_signature("(x: double) -> int", Kind::flat_map).ok());
  EXPECT_FALSE(parse_signature("(id: string) -> +{ tier: string }", Kind::table).ok());
  EXPECT_FALSE(parse_signature("(this: json) -> int", Kind::sink).ok());
  EXPECT_FALSE(parse_signature("(x: int)", Kind::scalar).ok());
}

TEST(Signature, MistakesAreToldWithTheirColumn) {
  const auto message = [](std::string_view text, Kind kind = Kind::scalar) {
    return parse_signature(text, kind).status().message();
  };
  EXPECT_EQ(message("(x int) -> int"), "signature, column 4: `:` and a type are wanted here");
  EXPECT_EQ(message("(x: int) -> int x"), "signature, column 17: end it here");
  for (const char* text : {"", "(", "()", "() ->", "(x: uint) -> int", "(x: int, x: int) -> int",
                           "(this: string) -> int", "(1x: int) -> int", "(x: int,) -> int",
                           "() -> { }", "() -> int??", "(x: int y: int) -> int"})
    EXPECT_NE(message(text), "") << text;
  EXPECT_NE(message("() -> { this: json }", Kind::flat_map), "");
  std::string many = "(a0: int";
  for (int i = 1; i <= 32; ++i) many += ", a" + std::to_string(i) + ": int";
  EXPECT_NE(message(many + ") -> int"), "");
}

TEST(Signature, EveryTruncationIsRefused) {
  const std::string whole = "(ip: string, depth: int?) -> +{ n: int, t: timestamp }";
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(parse_signature(whole.substr(0, size), Kind::flat_map).ok()) << size;
  EXPECT_TRUE(parse_signature(whole, Kind::flat_map).ok());
}

}  // namespace
}  // namespace leat::plugin
