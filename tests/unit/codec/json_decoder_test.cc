#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "unit/codec/rows.h"

namespace leat::codec {
namespace {

using record::DecodeSlot;
using record::FieldPath;
using testing::ElementsAre;

using Want = DecodeSlot::Want;

// What reading `document` gives for each slot, or the error.
std::vector<std::string> read_all(const std::string& document,
                                  const std::vector<DecodeSlot>& slots) {
  const std::unique_ptr<RowDecoder> decoder = make_decoder(Format::json, slots);
  record::RecordBatch batch = batch_of({document});
  std::vector<const record::RowError*> errors(1);
  decoder->decode(batch, errors);
  if (errors[0] != nullptr) return {code_of(errors[0])};
  std::vector<std::string> values;
  for (const DecodeSlot& slot : slots) values.push_back(shown(batch.column(slot.column)[0]));
  return values;
}

std::string read(const std::string& document, FieldPath path, Want want = Want::value) {
  return read_all(document, {{std::move(path), want, 0}})[0];
}

TEST(JsonDecoder, ReadsEveryTypeOfValue) {
  const std::string document =
      R"( { "i" : -12 , "d":1.50,"e":1e3,"big":12345678901234567890, "s":"x y", "t":true,"f":false , "n":null,)"
      R"("o": { "a" : [1, {"b":"}"}] } ,"l":[ ] ,"last": 7 } )";
  EXPECT_EQ(read(document, {"i"}), "int -12");
  EXPECT_EQ(read(document, {"d"}), "double 1.500000");
  EXPECT_EQ(read(document, {"e"}), "double 1000.000000");
  EXPECT_EQ(read(document, {"big"}), "double 12345678901234567168.000000");
  EXPECT_EQ(read(document, {"s"}), "string x y");
  EXPECT_EQ(read(document, {"t"}), "bool true");
  EXPECT_EQ(read(document, {"f"}), "bool false");
  EXPECT_EQ(read(document, {"n"}), "null");
  EXPECT_EQ(read(document, {"o"}), R"(json { "a" : [1, {"b":"}"}] })");
  EXPECT_EQ(read(document, {"l"}), "json [ ]");
  EXPECT_EQ(read(document, {"last"}), "int 7");
  EXPECT_EQ(read(document, {"nope"}), "absent");
  EXPECT_EQ(read(R"({"a":1} )", {}), R"(json {"a":1})");
}

TEST(JsonDecoder, TokensStayAsTheyWereWritten) {
  const std::string document =
      R"({"d":1.10,"n":123456789012345678901234567890,"s":"\u0041b","t":true,"z":null,"o":{"x": 1}})";
  EXPECT_EQ(read(document, {"d"}, Want::token), "json 1.10");
  EXPECT_EQ(read(document, {"n"}, Want::token), "json 123456789012345678901234567890");
  EXPECT_EQ(read(document, {"s"}, Want::token), R"(json "\u0041b")");
  EXPECT_EQ(read(document, {"t"}, Want::token), "json true");
  EXPECT_EQ(read(document, {"z"}, Want::token), "json null");
  EXPECT_EQ(read(document, {"o"}, Want::token), R"(json {"x": 1})");
  EXPECT_EQ(read(document, {"q"}, Want::token), "absent");
}

TEST(JsonDecoder, NestedValuesThatAreReadOrCopiedAreChecked) {
  for (const Want want : {Want::value, Want::token}) {
    const auto member = [&](const std::string& value) {
      return read("{\"a\":" + value + ",\"b\":1}", {"a"}, want);
    };
    EXPECT_EQ(member("[01]"), "INVALID_NUMBER");
    EXPECT_EQ(member(R"({"c":-})"), "INVALID_NUMBER");
    EXPECT_EQ(member("[1 2]"), "MALFORMED_JSON");
    EXPECT_EQ(member("[1,]"), "MALFORMED_JSON");
    EXPECT_EQ(member("[,1]"), "MALFORMED_JSON");
    EXPECT_EQ(member("[[1}]"), "MALFORMED_JSON");
    EXPECT_EQ(member(R"({"c" 1})"), "MALFORMED_JSON");
    EXPECT_EQ(member(R"({"c":1,})"), "MALFORMED_JSON");
    EXPECT_EQ(member(R"({"c":1 "d":2})"), "MALFORMED_JSON");
    EXPECT_EQ(member(R"({c:1})"), "MALFORMED_JSON");
    EXPECT_EQ(member(R"([{"c":[nul]}])"), "MALFORMED_JSON");
    EXPECT_EQ(member(R"(["\q"])"), "INVALID_ESCAPE");
    EXPECT_EQ(member(R"({"\q":1})"), "INVALID_ESCAPE");
    EXPECT_EQ(member(R"(["\ud800"])"), "LONE_SURROGATE");
    const std::string good = R"([ {"c" : [ ], "\u0041":{ }} , -0.5e+3, true,"\n", null ])";
    EXPECT_EQ(member(good), "json " + good);
  }
}

TEST(JsonDecoder, BracketsAreCheckedAtEveryDepth) {
  std::string opening;
  std::string closing;
  for (int level = 0; level < 200; ++level) {
    const bool object = level % 3 == 0;
    opening += object ? R"({"k":)" : "[";
    closing.insert(closing.begin(), object ? '}' : ']');
  }
  const auto member = [](const std::string& value) { return read("{\"a\":" + value + "}", {"a"}); };
  const std::string good = opening + "1" + closing;
  EXPECT_EQ(member(good), "json " + good);
  for (const std::size_t at :
       {std::size_t{0}, std::size_t{70}, std::size_t{135}, std::size_t{199}}) {
    std::string bad = closing;
    bad[at] = bad[at] == '}' ? ']' : '}';
    EXPECT_EQ(member(opening + "1" + bad), "MALFORMED_JSON") << at;
  }
}

TEST(JsonDecoder, ARowThatIsReadAsAWholeIsCheckedAsAWhole) {
  const std::vector<DecodeSlot> slots = {
      {{}, Want::value, 0}, {{"a"}, Want::value, 1}, {{"o", "x"}, Want::value, 2}};
  const auto row = [&](const std::string& members) {
    return read_all("{\"a\":1," + members + "}", slots)[0];
  };
  EXPECT_EQ(row(R"("b":01)"), "INVALID_NUMBER");
  EXPECT_EQ(row(R"("b":[1 2])"), "MALFORMED_JSON");
  EXPECT_EQ(row(R"("b":nil)"), "MALFORMED_JSON");
  EXPECT_EQ(row(R"("\q":1)"), "INVALID_ESCAPE");
  EXPECT_EQ(row(R"("o":01)"), "INVALID_NUMBER");
  EXPECT_EQ(row(R"("o":{"y":01})"), "INVALID_NUMBER");
  EXPECT_EQ(row(R"("a":01)"), "INVALID_NUMBER");
  EXPECT_EQ(row(R"("o":{"x":1,"y":[2]})"), R"(json {"a":1,"o":{"x":1,"y":[2]}})");
}

TEST(JsonDecoder, OneFieldCanBeReadInSeveralWays) {
  EXPECT_THAT(read_all(R"({"a":{"b":1.0,"c":"x"}})", {{{"a"}, Want::value, 3},
                                                      {{"a", "b"}, Want::value, 0},
                                                      {{"a", "b"}, Want::token, 1},
                                                      {{"a", "c"}, Want::value, 2},
                                                      {{"a", "c", "d"}, Want::value, 4}}),
              ElementsAre(R"(json {"b":1.0,"c":"x"})", "double 1.000000", "json 1.0", "string x",
                          "absent"));
}

TEST(JsonDecoder, TheFirstOfEqualKeysCounts) {
  EXPECT_EQ(read(R"({"a":1,"a":2})", {"a"}), "int 1");
  EXPECT_EQ(read(R"({"\u0061":1,"a":2})", {"a"}), "int 1");
  EXPECT_EQ(read(R"({"a":{},"a":{"b":1}})", {"a", "b"}), "absent");
  EXPECT_EQ(read(R"({"a":3,"a":{"b":1}})", {"a", "b"}), "absent");
  EXPECT_EQ(read(R"({"b":{"a":1},"a":2})", {"a"}), "int 2");
}

TEST(JsonDecoder, KeysOfAnyLengthAndSpelling) {
  for (std::size_t length = 0; length <= 20; ++length) {
    const std::string key(length, 'k');
    const std::string other = key + "x";
    EXPECT_EQ(read("{\"" + other + "\":1,\"" + key + "\":2}", {key}), "int 2") << length;
  }
  EXPECT_EQ(read(R"({"eightbyt":1,"eightbytes":2,"eightbytez":3})", {"eightbytez"}), "int 3");
  EXPECT_EQ(read(R"({"a\"b":1})", {"a\"b"}), "int 1");
  EXPECT_EQ(read(R"({"K\u00f6ln":1})", {"Köln"}), "int 1");
  EXPECT_EQ(read(R"({"a" : 1})", {"a"}), "int 1");
}

TEST(JsonDecoder, FieldsAreFoundInAnyOrder) {
  std::vector<DecodeSlot> slots;
  std::vector<std::string> members;
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < 7; ++i) {
    const std::string number = std::to_string(i);
    slots.push_back({{i % 2 == 0 ? "long name " + number : "k" + number}, Want::value, i});
    members.push_back("\"" + slots.back().path.front() + "\":" + number);
    expected.push_back("int " + number);
  }
  std::vector<std::string> fillers{"\"x\":9", "\"long name\":9", "\"k\":[{\"k1\":9}]"};
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> all = members;
    if (round % 2 == 0) all.insert(all.end(), fillers.begin(), fillers.end());
    std::shuffle(all.begin(), all.end(), random);
    std::string document = "{" + all.front();
    for (std::size_t i = 1; i < all.size(); ++i) document += "," + all[i];
    EXPECT_EQ(read_all(document + "}", slots), expected) << document;
    EXPECT_EQ(read_all(document + ",}", slots), std::vector<std::string>{"MALFORMED_JSON"});
  }
}

TEST(JsonDecoder, EscapedStringsAreResolved) {
  EXPECT_EQ(read(R"({"a":"x\ny","b":"\\"})", {"a"}), "string x\ny");
  EXPECT_EQ(read(R"({"a":"x\ny","b":"\\"})", {"b"}), "string \\");
  EXPECT_EQ(read(R"({"a":"\ud83d\ude00"})", {"a"}), "string 😀");
  EXPECT_EQ(read(R"({"a":""})", {"a"}), "string ");
}

TEST(JsonDecoder, WhatIsNoObjectIsARowError) {
  for (const char* text :
       {"null", "true", "false", " null ", "1", "-1.5", "\"text\"", "[]", "[{\"a\":1}]", "null\n"})
    EXPECT_EQ(read(text, {"a"}), "NOT_AN_OBJECT") << text;
  for (const char* text : {"nul",
                           "nothing",
                           "{",
                           "}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1",
                           "{\"a\":1}}",
                           "{\"a\":1}{}",
                           "{\"a\":1} x",
                           "{,}",
                           "{\"a\":1,}",
                           "{\"a\" 1}",
                           "{a:1}",
                           "{'a':1}",
                           "{\"a\":1 \"b\":2}",
                           "{\"a\":\"x}",
                           "{\"z\":[1,2}",
                           "{\"z\":@}",
                           "{\"a\":1}\n{\"a\":2}",
                           "\xEF\xBB\xBF{\"a\":1}",
                           "// c\n{}",
                           "{\"a\":tru}",
                           "{\"a\":nullx}",
                           "{\"a\":[}"})
    EXPECT_EQ(read(text, {"a"}), "MALFORMED_JSON") << text;
  EXPECT_EQ(read("", {"a"}), "EMPTY_VALUE");
  EXPECT_EQ(read(" \n\t", {"a"}), "EMPTY_VALUE");
}

TEST(JsonDecoder, BadBytesAreARowErrorWhereverTheyStand) {
  EXPECT_EQ(read("{\"z\":\"\xff\"}", {"a"}), "INVALID_UTF8");
  EXPECT_EQ(read("{\"z\":\"\xc0\x80\"}", {"a"}), "INVALID_UTF8");
  EXPECT_EQ(read("{\"z\":\"\xed\xa0\x80\"}", {"a"}), "INVALID_UTF8");
  EXPECT_EQ(read("{\"z\":\"\xc3\"}", {"a"}), "INVALID_UTF8");
  EXPECT_EQ(read(std::string("{\0}", 3), {"a"}), "MALFORMED_JSON");
  EXPECT_EQ(read("{\"z\":\"a\nb\"}", {"a"}), "MALFORMED_JSON");
  EXPECT_EQ(read(std::string("{\0\"\0a\0", 6), {"a"}), "MALFORMED_JSON");
}

TEST(JsonDecoder, BadReadFieldsAreARowErrorAndSkippedOnesAreNot) {
  EXPECT_EQ(read(R"({"a":"\ud800"})", {"a"}), "LONE_SURROGATE");
  EXPECT_EQ(read(R"({"a":"\ud800"})", {"a"}, Want::token), "LONE_SURROGATE");
  EXPECT_EQ(read(R"({"a":"\x"})", {"a"}), "INVALID_ESCAPE");
  EXPECT_EQ(read(R"({"a":1e400})", {"a"}), "NUMBER_OUT_OF_RANGE");
  EXPECT_EQ(read(R"({"a":NaN})", {"a"}), "MALFORMED_JSON");
  EXPECT_EQ(read(R"({"a":-NaN})", {"a"}), "INVALID_NUMBER");
  EXPECT_EQ(read(R"({"a":01})", {"a"}), "INVALID_NUMBER");
  EXPECT_EQ(read(R"({"a":01})", {"a"}, Want::token), "INVALID_NUMBER");
  EXPECT_EQ(read(R"({"a":12"x"})", {"a"}), "INVALID_NUMBER");
  EXPECT_EQ(read(R"({"z":"\ud800","y":01,"x":[tru}, "a":1})", {"a"}), "int 1");
}

TEST(JsonDecoder, DepthCostsNoStack) {
  const std::string deep(100'000, '[');
  const std::string closed = "{\"z\":" + deep + std::string(100'000, ']') + ",\"a\":1}";
  EXPECT_EQ(read(closed, {"a"}), "int 1");
  EXPECT_EQ(read("{\"z\":" + deep, {"a"}), "MALFORMED_JSON");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_EQ(read(objects, {"a", "a"}), "MALFORMED_JSON");
}

TEST(JsonDecoder, TenMegabytesAreARow) {
  const std::string document = "{\"z\":\"" + std::string(10'000'000, 'x') + "\",\"a\":1}";
  EXPECT_EQ(read(document, {"a"}), "int 1");
}

TEST(JsonDecoder, BrokenRecordsDoNotSpoilTheirNeighbours) {
  const std::vector<std::string> broken = {"{\"a\":\"x", "x\"",  "{\"a\":1", "}", "",
                                           "\\",         "\xff", "{\"a\":",  "]", "{\"a\":[",
                                           "\"",         "1",    ",",        ":", "{\"a"};
  const std::unique_ptr<RowDecoder> decoder = make_decoder(Format::json, {{{"a"}, Want::value, 0}});
  for (const std::string& first : broken) {
    for (const std::string& second : broken) {
      record::RecordBatch batch =
          batch_of({R"({"a":1})", first, R"({"a":2})", second, second, R"({"a":3})"});
      std::vector<const record::RowError*> errors(6);
      decoder->decode(batch, errors);
      const record::Column values = batch.column(0);
      EXPECT_EQ(code_of(errors[0]) + code_of(errors[2]) + code_of(errors[5]), "")
          << first << " " << second;
      EXPECT_THAT((std::vector<std::int64_t>{values[0].as_integer(), values[2].as_integer(),
                                             values[5].as_integer()}),
                  ElementsAre(1, 2, 3));
      EXPECT_TRUE(errors[1] != nullptr && errors[3] != nullptr && errors[4] != nullptr)
          << first << " " << second;
    }
  }
}

TEST(JsonDecoder, TombstonesAreNoErrorAndHaveNoValues) {
  const std::unique_ptr<RowDecoder> decoder = make_decoder(Format::json, {{{"a"}, Want::value, 0}});
  for (const std::string neighbour : {R"({"a":1})", "{"}) {
    record::RecordBatch batch = batch_of({"", neighbour, ""});
    batch.rows()[0].flags = batch.rows()[2].flags = record::Row::kNullValue;
    std::vector<const record::RowError*> errors(3);
    decoder->decode(batch, errors);
    EXPECT_EQ(errors[0], nullptr);
    EXPECT_EQ(errors[2], nullptr);
    EXPECT_EQ(shown(batch.column(0)[0]), "absent");
  }
  record::RecordBatch alone = batch_of({""});
  alone.rows()[0].flags = record::Row::kNullValue;
  std::vector<const record::RowError*> errors(1);
  decoder->decode(alone, errors);
  EXPECT_EQ(errors[0], nullptr);
}

TEST(JsonDecoder, ADocumentCutAtAnyByteIsAnError) {
  const std::string document =
      R"({"a":{"b":[1,"x\\\"",{"c":null}]},"d":"K\u00f6ln Kö","e":-1.5e3,"f":true})";
  const std::vector<DecodeSlot> slots = {{{"a"}, Want::value, 0},
                                         {{"d"}, Want::value, 1},
                                         {{"e"}, Want::value, 2},
                                         {{"f"}, Want::token, 3}};
  EXPECT_EQ(read_all(document, slots).size(), 4u);
  for (std::size_t size = 0; size < document.size(); ++size)
    EXPECT_EQ(read_all(document.substr(0, size), slots).size(), 1u) << document.substr(0, size);
}

TEST(JsonDecoder, AnyFlippedByteIsReadOrRefused) {
  const std::string document =
      R"({"a":{"b":[1,"x\\\"",{"c":null}]},"d":"K\u00f6ln Kö","e":-1.5e3,"f":true})";
  const std::vector<DecodeSlot> slots = {{{"a", "b"}, Want::value, 0},
                                         {{"d"}, Want::value, 1},
                                         {{"e"}, Want::token, 2},
                                         {{}, Want::value, 3}};
  for (std::size_t at = 0; at < document.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = document;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      EXPECT_GE(read_all(flipped, slots).size(), 1u);
    }
  }
}

TEST(JsonDecoder, ManyRowsOfManySizesGoThroughInChunks) {
  const std::unique_ptr<RowDecoder> decoder =
      make_decoder(Format::json, {{{"n"}, Want::value, 0}, {{"s"}, Want::value, 1}});
  std::mt19937_64 random(7);
  std::vector<std::string> documents;
  for (int i = 0; i < 256; ++i)
    documents.push_back("{\"s\":\"" + std::string(random() % 900, static_cast<char>('a' + i % 26)) +
                        "\",\"n\":" + std::to_string(i) + "}");
  record::RecordBatch batch = batch_of(documents);
  std::vector<const record::RowError*> errors(256);
  decoder->decode(batch, errors);
  for (std::size_t i = 0; i < 256; ++i) {
    ASSERT_EQ(errors[i], nullptr);
    EXPECT_EQ(batch.column(0)[i].as_integer(), static_cast<std::int64_t>(i));
    EXPECT_EQ(batch.column(1)[i].as_text().size(),
              documents[i].size() - std::string("{'s':'','n':}").size() - std::to_string(i).size());
  }
}

TEST(TextDecoder, TheRowHasOneFieldNamedValue) {
  const std::vector<DecodeSlot> slots = {{{"value"}, Want::value, 0}, {{"other"}, Want::value, 1}};
  for (const Format format : {Format::string, Format::bytes}) {
    const std::unique_ptr<RowDecoder> decoder = make_decoder(format, slots);
    record::RecordBatch batch = batch_of({"Köln", "", "\xff"});
    std::vector<const record::RowError*> errors(3);
    decoder->decode(batch, errors);
    const bool text = format == Format::string;
    EXPECT_EQ(shown(batch.column(0)[0]), text ? "string Köln" : "bytes Köln");
    EXPECT_EQ(shown(batch.column(0)[1]), text ? "string " : "bytes ");
    EXPECT_EQ(shown(batch.column(1)[0]), "absent");
    EXPECT_EQ(code_of(errors[2]), text ? "INVALID_UTF8" : "");
  }
}

}  // namespace
}  // namespace leat::codec
