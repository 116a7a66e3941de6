#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "unit/codec/rows.h"

namespace leat::codec {
namespace {

using record::DecodeSlot;
using testing::ElementsAre;

using Want = DecodeSlot::Want;

// The codes of the records that cannot be read, "" for the others.
std::vector<std::string> codes(const Reading& reading, const std::vector<std::string>& values,
                               std::vector<DecodeSlot> slots = {}) {
  const std::unique_ptr<RowDecoder> decoder = make_decoder(reading, std::move(slots));
  record::RecordBatch batch = batch_of(values);
  std::vector<const record::RowError*> errors(values.size());
  decoder->decode(batch, errors);
  std::vector<std::string> all;
  for (const record::RowError* error : errors) all.push_back(code_of(error));
  return all;
}

Reading with_depth(std::size_t levels) {
  Reading reading;
  reading.limits.depth_max = levels;
  return reading;
}
Reading with_bytes(Format format, std::size_t bytes) {
  Reading reading;
  reading.format = format;
  reading.csv.fields = {"a", "b"};
  reading.limits.bytes_max = bytes;
  return reading;
}

std::string lists(std::size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

TEST(RecordLimits, LevelsAreCountedWhetherAValueIsReadSkippedOrWalked) {
  const std::vector<std::string> records{R"({"x":[[1]]})", R"({"x":[[[1]]]})",
                                         R"({"a":{"b":{"c":1}}})", R"({"a":{"b":{"c":[1]}}})",
                                         R"({"a":{"b":[{}]},"x":[],"y":{}})"};
  const std::vector<std::string> told{"", "RECORD_TOO_DEEP", "", "RECORD_TOO_DEEP",
                                      "RECORD_TOO_DEEP"};
  for (const std::vector<DecodeSlot>& slots : {std::vector<DecodeSlot>{},
                                               {{{"x"}, Want::value, 0}},
                                               {{{"a", "b"}, Want::token, 0}},
                                               {{{"a", "b", "c"}, Want::value, 0}},
                                               {{{}, Want::token, 0}}})
    EXPECT_EQ(codes(with_depth(3), records, slots), told);
}

TEST(RecordLimits, NeighboursDoNotCount) {
  EXPECT_THAT(codes(with_depth(2), {R"({"a":[],"b":[],"c":{},"d":[]})", R"({"a":[[]]})", "{}"}),
              ElementsAre("", "RECORD_TOO_DEEP", ""));
}

TEST(RecordLimits, DeclaredFieldsCountToo) {
  Reading reading = with_depth(3);
  auto schema = std::make_shared<spec::SchemaSpec>();
  auto element = std::make_shared<spec::SchemaType>();
  spec::SchemaType list;
  list.kind = spec::SchemaType::Kind::list;
  list.element = element;
  spec::SchemaType map = list;
  map.kind = spec::SchemaType::Kind::map;
  schema->fields = {{"l", list}, {"m", map}};
  reading.schema = schema;
  EXPECT_THAT(codes(reading, {R"({"l":[[1]],"m":{"k":[1]}})", R"({"l":[[[1]]]})",
                              R"({"m":{"k":[[1]]}})", R"({"l":[[1})"}),
              ElementsAre("", "RECORD_TOO_DEEP", "RECORD_TOO_DEEP", "MALFORMED_JSON"));
  EXPECT_THAT(codes(reading, {R"({"m":{"k":[[1]]}})"}, {{{"m", "k"}, Want::value, 0}}),
              ElementsAre("RECORD_TOO_DEEP"));
}

TEST(RecordLimits, WithoutADepthAnyDepthIsRead) {
  EXPECT_THAT(codes({}, {R"({"a":)" + lists(100'000) + "}"}), ElementsAre(""));
  EXPECT_THAT(codes(with_depth(64), {R"({"a":)" + lists(63) + "}", R"({"a":)" + lists(64) + "}"}),
              ElementsAre("", "RECORD_TOO_DEEP"));
}

TEST(RecordLimits, BytesAreThoseOfTheValueInEveryFormat) {
  EXPECT_THAT(codes(with_bytes(Format::json, 8), {R"({"a":10})", R"({"a":100})", "[1,2,3,4,5]"}),
              ElementsAre("", "RECORD_TOO_LARGE", "RECORD_TOO_LARGE"));
  EXPECT_THAT(codes(with_bytes(Format::csv, 3), {"1,2", "1,22"}),
              ElementsAre("", "RECORD_TOO_LARGE"));
  EXPECT_THAT(codes(with_bytes(Format::string, 3), {"abc", "abcd"}),
              ElementsAre("", "RECORD_TOO_LARGE"));
  EXPECT_THAT(codes(with_bytes(Format::bytes, 3), {"\xff\xff\xff", "\xff\xff\xff\xff"}),
              ElementsAre("", "RECORD_TOO_LARGE"));
}

}  // namespace
}  // namespace leat::codec
