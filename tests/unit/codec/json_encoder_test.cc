#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "codec/row_errors.h"
#include "unit/codec/rows.h"

namespace leat::codec {
namespace {

using record::FieldPath;
using record::Layout;
using record::Value;

// The document after setting and removing fields, or the error.
std::string spliced(const std::string& document,
                    const std::vector<std::pair<FieldPath, Value>>& set,
                    const std::vector<FieldPath>& removed = {}, bool keep_document = true) {
  Layout layout;
  layout.document = keep_document;
  layout.removed = removed;
  record::RecordBatch batch = batch_of({document});
  for (std::size_t i = 0; i < set.size(); ++i) {
    layout.members.push_back({set[i].first, i});
    batch.make_column(i)[0] = set[i].second;
  }
  const std::unique_ptr<record::RowEncoder> encoder = make_json_encoder(layout);
  std::vector<std::string_view> out(1);
  std::vector<const record::RowError*> errors(1);
  encoder->encode(batch, out, errors);
  return errors[0] == nullptr ? std::string(out[0]) : code_of(errors[0]);
}

std::string selected(const std::vector<std::pair<FieldPath, Value>>& members) {
  return spliced("", members, {}, false);
}

TEST(JsonEncoder, AnUntouchedDocumentIsNotEvenCopied) {
  const std::unique_ptr<record::RowEncoder> encoder = make_json_encoder({});
  record::RecordBatch batch = batch_of({R"( {"a" :1.10, "a":2} )", ""});
  batch.rows()[1].flags = record::Row::kNullValue;
  std::vector<std::string_view> out(2);
  std::vector<const record::RowError*> errors(2);
  encoder->encode(batch, out, errors);
  EXPECT_EQ(out[0].data(), batch.rows()[0].value.data());
  EXPECT_EQ(out[0], R"( {"a" :1.10, "a":2} )");
  EXPECT_EQ(out[1].data(), nullptr);
}

TEST(JsonEncoder, SelectWritesMembersInDefinitionOrder) {
  EXPECT_EQ(selected({{{"b"}, Value::integer(1)},
                      {{"a"}, Value::json("1.10")},
                      {{"c\"d"}, Value::string("x\"")}}),
            R"({"b":1,"a":1.10,"c\"d":"x\""})");
  EXPECT_EQ(selected({{{"a"}, Value()}, {{"b"}, Value::null()}, {{"c"}, Value()}}),
            R"({"b":null})");
  EXPECT_EQ(selected({{{"a"}, Value()}}), "{}");
  EXPECT_EQ(selected({{{"a", "b"}, Value::integer(1)},
                      {{"c"}, Value::real(2)},
                      {{"a", "d"}, Value::boolean(true)}}),
            R"({"a":{"b":1,"d":true},"c":2.0})");
  EXPECT_EQ(selected({{{"a", "b"}, Value()}, {{"c"}, Value::real(2)}}), R"({"c":2.0})");
  EXPECT_EQ(selected({{{"a"}, Value::real(NAN)}}), "NOT_REPRESENTABLE");
  EXPECT_EQ(selected({{{"a"}, Value::error(kWrongType)}}), "WRONG_TYPE");
}

TEST(JsonSplicer, ReplacesInPlaceAndAppendsInDefinitionOrder) {
  const std::string document = R"({ "a" : 1.10 , "b":[1, 2],"c" : {"d":null} })";
  EXPECT_EQ(spliced(document, {{{"b"}, Value::integer(7)}}),
            R"({ "a" : 1.10 , "b":7,"c" : {"d":null} })");
  EXPECT_EQ(spliced(document, {{{"a"}, Value::integer(7)}, {{"c"}, Value::string("x")}}),
            R"({ "a" : 7 , "b":[1, 2],"c" : "x" })");
  EXPECT_EQ(
      spliced(document,
              {{{"y"}, Value::integer(1)}, {{"b"}, Value::null()}, {{"x"}, Value::integer(2)}}),
      R"({ "a" : 1.10 , "b":null,"c" : {"d":null},"y":1,"x":2 })");
  EXPECT_EQ(spliced("{}", {{{"x"}, Value::integer(2)}, {{"y"}, Value::integer(3)}}),
            R"({"x":2,"y":3})");
  EXPECT_EQ(spliced("{ }", {{{"x"}, Value::integer(2)}}), R"({ "x":2})");
  EXPECT_EQ(spliced("{}", {{{"x"}, Value()}}), "{}");
}

TEST(JsonSplicer, RemovesWithTheRightComma) {
  const std::string document = R"({"a":1,"b":2,"c":3})";
  EXPECT_EQ(spliced(document, {}, {{"a"}}), R"({"b":2,"c":3})");
  EXPECT_EQ(spliced(document, {}, {{"b"}}), R"({"a":1,"c":3})");
  EXPECT_EQ(spliced(document, {}, {{"c"}}), R"({"a":1,"b":2})");
  EXPECT_EQ(spliced(document, {}, {{"a"}, {"b"}}), R"({"c":3})");
  EXPECT_EQ(spliced(document, {}, {{"b"}, {"c"}}), R"({"a":1})");
  EXPECT_EQ(spliced(document, {}, {{"a"}, {"c"}}), R"({"b":2})");
  EXPECT_EQ(spliced(document, {}, {{"a"}, {"b"}, {"c"}}), "{}");
  EXPECT_EQ(spliced(document, {}, {{"nope"}, {"a", "x"}}), document);
  EXPECT_EQ(spliced(document, {{{"b"}, Value()}}), R"({"a":1,"c":3})");
  EXPECT_EQ(spliced(document, {{{"d"}, Value::integer(4)}}, {{"a"}, {"b"}, {"c"}}), R"({"d":4})");
  EXPECT_EQ(spliced(document, {{{"d"}, Value::integer(4)}}, {{"c"}}), R"({"a":1,"b":2,"d":4})");
  EXPECT_EQ(spliced(document, {{{"b"}, Value::integer(9)}}, {{"a"}}), R"({"b":9,"c":3})");
  EXPECT_EQ(spliced(R"({ "a" : {"x":[1]} , "b" : 2 })", {}, {{"a"}}), R"({ "b" : 2 })");
}

TEST(JsonSplicer, NestedTargetsMakeMissingParents) {
  EXPECT_EQ(
      spliced(R"({"user":{"name":"a"},"tmp":1})",
              {{{"user", "city"}, Value::string("Köln")}, {{"geo", "lat"}, Value::real(50.9)}},
              {{"tmp"}, {"nope"}}),
      R"({"user":{"name":"a","city":"Köln"},"geo":{"lat":50.9}})");
  EXPECT_EQ(spliced(R"({"a":{"b":{"c":1,"d":2}},"e":3})", {{{"a", "b", "c"}, Value::integer(9)}},
                    {{"a", "b", "d"}}),
            R"({"a":{"b":{"c":9}},"e":3})");
  EXPECT_EQ(spliced(R"({"a":{}})", {{{"a", "b", "c"}, Value::integer(9)}}),
            R"({"a":{"b":{"c":9}}})");
  EXPECT_EQ(spliced(R"({"a":{"b":1}})", {}, {{"a", "b"}}), R"({"a":{}})");
}

TEST(JsonSplicer, AParentThatIsNoObjectFailsTheRow) {
  for (const char* parent : {"1", "null", "\"x\"", "[]", "true"}) {
    const std::string document = std::string("{\"a\":") + parent + "}";
    EXPECT_EQ(spliced(document, {{{"a", "b"}, Value::integer(1)}}), "NOT_AN_OBJECT");
    EXPECT_EQ(spliced(document, {{{"a", "b"}, Value()}}), document);
    EXPECT_EQ(spliced(document, {}, {{"a", "b"}}), document);
  }
}

TEST(JsonSplicer, OfEqualKeysTheFirstIsReplacedAndAllAreRemoved) {
  EXPECT_EQ(spliced(R"({"a":1,"b":2,"a":3})", {{{"a"}, Value::integer(9)}}),
            R"({"a":9,"b":2,"a":3})");
  EXPECT_EQ(spliced(R"({"a":1,"b":2,"\u0061":3})", {}, {{"a"}}), R"({"b":2})");
  EXPECT_EQ(spliced(R"({"\u0061":1,"b":2})", {{{"a"}, Value::integer(9)}}),
            R"({"\u0061":9,"b":2})");
}

TEST(JsonSplicer, DocumentsThatAreBrokenFailTheirRowAlone) {
  EXPECT_EQ(spliced("[1]", {{{"a"}, Value::integer(9)}}), "NOT_AN_OBJECT");
  EXPECT_EQ(spliced("{\"a\":1", {{{"a"}, Value::integer(9)}}), "MALFORMED_JSON");
  EXPECT_EQ(spliced("{\"a\":1}}", {{{"b"}, Value::integer(9)}}), "MALFORMED_JSON");
  EXPECT_EQ(spliced("", {{{"a"}, Value::integer(9)}}), "EMPTY_VALUE");
}

TEST(JsonSplicer, AFailedRowLeavesNothingBehindInItsNeighbours) {
  Layout layout;
  layout.members.push_back({{"x"}, 0});
  const std::unique_ptr<record::RowEncoder> encoder = make_json_encoder(layout);
  record::RecordBatch batch = batch_of({R"({"a":1})", R"({"a":1)", R"({"a":2})", "", R"({"a":3})"});
  batch.rows()[3].flags = record::Row::kNullValue;
  const record::Column column = batch.make_column(0);
  for (std::size_t i = 0; i < 5; ++i) column[i] = Value::integer(static_cast<std::int64_t>(i));
  column[4] = Value::real(INFINITY);
  std::vector<std::string_view> out(5);
  std::vector<const record::RowError*> errors(5);
  encoder->encode(batch, out, errors);
  EXPECT_EQ(out[0], R"({"a":1,"x":0})");
  EXPECT_EQ(code_of(errors[1]), "MALFORMED_JSON");
  EXPECT_EQ(out[2], R"({"a":2,"x":2})");
  EXPECT_EQ(errors[3], nullptr);
  EXPECT_EQ(code_of(errors[4]), "NOT_REPRESENTABLE");
}

// Random documents, spelled with random white space.
class RandomJson {
 public:
  explicit RandomJson(std::uint64_t seed) : random_(seed) {}
  std::string object(int depth) {
    std::string text = "{" + space();
    const std::uint64_t members = random_() % 6;
    for (std::uint64_t i = 0; i < members; ++i) {
      if (i != 0) text += "," + space();
      text += "\"" + std::string(1, static_cast<char>('a' + random_() % 8)) + "\"" + space() + ":" +
              space() + value(depth) + space();
    }
    return text + "}";
  }

 private:
  std::string space() {
    return random_() % 3 == 0 ? std::string(random_() % 3, random_() % 2 == 0 ? ' ' : '\n') : "";
  }
  std::string value(int depth) {
    switch (random_() % (depth > 0 ? 8 : 6)) {
      case 0: return "null";
      case 1: return "true";
      case 2: return "-1.10";
      case 3: return std::to_string(random_());
      case 4: return R"("\"},{[\\")";
      case 5: return "\"Köln\"";
      case 6: return "[" + space() + value(depth - 1) + space() + "," + value(depth - 1) + "]";
      default: return object(depth - 1);
    }
  }
  std::mt19937_64 random_;
};

TEST(JsonSplicer, SettingEveryFieldToItsOwnTokenChangesNothing) {
  RandomJson random(42);
  const std::vector<record::DecodeSlot> slots = {
      {{"a"}, record::DecodeSlot::Want::token, 0},
      {{"b", "c"}, record::DecodeSlot::Want::token, 1},
      {{"d"}, record::DecodeSlot::Want::token, 2},
      {{"b", "a", "d"}, record::DecodeSlot::Want::token, 3}};
  Layout layout;
  for (const record::DecodeSlot& slot : slots) layout.members.push_back({slot.path, slot.column});
  const std::unique_ptr<RowDecoder> decoder = make_decoder(Format::json, slots);
  const std::unique_ptr<record::RowEncoder> encoder = make_json_encoder(layout);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::string> documents;
    for (int i = 0; i < 100; ++i) documents.push_back(random.object(3));
    record::RecordBatch batch = batch_of(documents);
    std::vector<const record::RowError*> errors(100);
    decoder->decode(batch, errors);
    for (std::size_t i = 0; i < 100; ++i) ASSERT_EQ(errors[i], nullptr) << documents[i];
    std::vector<std::string_view> out(100);
    encoder->encode(batch, out, errors);
    for (std::size_t i = 0; i < 100; ++i) {
      ASSERT_EQ(errors[i], nullptr) << documents[i];
      EXPECT_EQ(out[i], documents[i]);
    }
  }
}

TEST(TextEncoder, WritesOnlyItsOwnType) {
  record::RecordBatch batch = batch_of({"1", "2", "3", "4", ""});
  batch.rows()[4].flags = record::Row::kNullValue;
  const record::Column column = batch.make_column(0);
  column[0] = Value::string("text");
  column[1] = Value::bytes("raw");
  column[2] = Value::integer(1);
  std::vector<std::string_view> out(5);
  std::vector<const record::RowError*> errors(5);
  make_text_encoder(Format::string, 0)->encode(batch, out, errors);
  EXPECT_EQ(out[0], "text");
  EXPECT_EQ(code_of(errors[1]) + code_of(errors[2]) + code_of(errors[3]),
            "WRONG_TYPEWRONG_TYPEWRONG_TYPE");
  EXPECT_EQ(errors[4], nullptr);
  make_text_encoder(Format::bytes, 0)->encode(batch, out, errors);
  EXPECT_EQ(code_of(errors[0]), "WRONG_TYPE");
  EXPECT_EQ(out[1], "raw");
}

}  // namespace
}  // namespace leat::codec
