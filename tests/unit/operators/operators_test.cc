#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "expr/compile.h"
#include "expr/errors.h"
#include "operators/compute.h"
#include "operators/decode.h"
#include "operators/encode.h"
#include "operators/filter.h"
#include "operators/key_check.h"
#include "operators/pass.h"
#include "unit/operators/driven.h"

namespace leat::operators {
namespace {

using flow::DropReason;
using record::RecordBatch;
using record::Row;
using record::Value;
using testing::ElementsAre;

constexpr std::size_t kA = 0;
constexpr std::size_t kB = 1;
constexpr std::size_t kOut = 2;

// Fields `a` and `b` are the columns 0 and 1.
class TwoFields final : public expr::Resolver {
 public:
  expr::Resolution resolve_field(const record::FieldPath& path) override {
    return {path[0] == "a" ? kA : kB, {}};
  }
};

std::shared_ptr<const expr::Program> program(std::string_view text) {
  TwoFields fields;
  expr::Compiled compiled = expr::compile(text, fields, {}, expr::TypeCheck::dynamic);
  EXPECT_TRUE(compiled.ok()) << text;
  return std::make_shared<const expr::Program>(*std::move(compiled.program));
}

TEST(Filter, KeepsRowsForWhichItIsTrue) {
  Filter filter(program("a > 1"));
  Driven driven(filter, rows_with(kA, {Value::integer(1), Value::integer(2), Value::real(1.5),
                                       Value::integer(0)}));
  EXPECT_THAT(driven.offsets(), ElementsAre(1, 2));
  EXPECT_EQ(driven.counts(), "4 in 2 out 2 filter");
}

TEST(Filter, WhatIsNotBooleanFailsTheRow) {
  Filter filter(program("a"));
  Driven driven(filter, rows_with(kA, {Value::boolean(true), Value::null(), Value(),
                                       Value::integer(1), Value::string("true"),
                                       Value::error(expr::kOverflow), Value::boolean(false)}));
  EXPECT_THAT(driven.offsets(), ElementsAre(0));
  EXPECT_EQ(driven.counts(), "7 in 1 out 1 filter 5 skip");
}

TEST(Filter, TombstonesPassUnevaluated) {
  for (const char* condition : {"a > 1", "false", "true"}) {
    Filter filter(program(condition));
    RecordBatch batch = rows(1);
    batch.rows()[0].flags = Row::kNullValue;
    Driven driven(filter, std::move(batch));
    EXPECT_THAT(driven.offsets(), ElementsAre(0));
    EXPECT_EQ(driven.counts(), "1 in 1 out");
  }
}

TEST(Filter, EmitsNothingWhenNothingIsLeft) {
  Filter filter(program("false"));
  Driven driven(filter, rows(RecordBatch::kRowsMax));
  EXPECT_TRUE(driven.out.batches.empty());
  EXPECT_EQ(driven.counts(), "256 in 0 out 256 filter");
}

TEST(Compute, FillsColumnsAndDropsRowsThatFail) {
  auto work = std::make_shared<ComputeWork>();
  work->items = {{program("a + 1"), kOut}, {program("10 / a"), kOut + 1}};
  Compute compute(work, Counting::every_row);
  Driven driven(compute, rows_with(kA, {Value::integer(1), Value::integer(0), Value::string("x"),
                                        Value(), Value::integer(2)}));
  EXPECT_THAT(driven.offsets(), ElementsAre(0, 4));
  EXPECT_EQ(driven.counts(), "5 in 2 out 3 skip");
  EXPECT_EQ(driven.out.batches[0].column(kOut)[1].as_integer(), 3);
  EXPECT_EQ(driven.out.batches[0].column(kOut + 1)[1].as_integer(), 5);
}

TEST(Compute, CopiedFieldsMustBeThere) {
  auto work = std::make_shared<ComputeWork>();
  work->present = {{kA, &expr::kNoSuchField}};
  Compute compute(work, Counting::every_row);
  Driven driven(compute, rows_with(kA, {Value::json("1.10"), Value(), Value::null()}));
  EXPECT_THAT(driven.offsets(), ElementsAre(0, 2));
  EXPECT_EQ(driven.counts(), "3 in 2 out 1 skip");
}

TEST(Compute, NumbersInTextAreAsTheyWereWritten) {
  auto work = std::make_shared<ComputeWork>();
  work->texts = {{kA, kB, kOut}};
  RecordBatch batch =
      rows_with(kA, {Value::real(1.1), Value::string("x"), Value::null(), Value::integer(7)});
  const record::Column tokens = batch.make_column(kB);
  tokens[0] = Value::json("1.10");
  tokens[1] = Value::json("\"x\"");
  tokens[2] = Value::json("null");
  tokens[3] = Value::json("7");
  Compute compute(work, Counting::failures);
  Driven driven(compute, std::move(batch));
  const record::Column texts = driven.out.batches[0].column(kOut);
  EXPECT_EQ(texts[0].as_text(), "1.10");
  EXPECT_EQ(texts[1].as_text(), "x");
  EXPECT_TRUE(texts[2].is(record::Type::null));
  EXPECT_EQ(texts[3].as_text(), "7");
  EXPECT_EQ(driven.counts(), "0 in 0 out");
}

TEST(Compute, TombstonesPassOrAreCounted) {
  for (const Tombstones what : {Tombstones::pass, Tombstones::evaluate, Tombstones::drop}) {
    auto work = std::make_shared<ComputeWork>();
    work->items = {{program("a + 1"), kOut}};
    work->present = {{kA, &expr::kNoSuchField}};
    work->tombstones = what;
    RecordBatch batch = rows_with(kA, {Value(), Value::integer(1)});
    batch.rows()[0].flags = Row::kNullValue;
    Compute compute(work, Counting::failures);
    Driven driven(compute, std::move(batch));
    EXPECT_EQ(driven.offsets().size(), what == Tombstones::pass ? 2u : 1u);
    const std::string dropped =
        what == Tombstones::drop ? "1 in 0 out 1 tombstone" : "1 in 0 out 1 skip";
    EXPECT_EQ(driven.counts(), what == Tombstones::pass ? "0 in 0 out" : dropped);
  }
}

TEST(KeyCheck, OnlyUsableKeysGoOn) {
  KeyCheck check({kA, kB});
  const std::vector<Value> first = {Value::integer(1),
                                    Value::null(),
                                    Value(),
                                    Value::json("[1]"),
                                    Value::real(NAN),
                                    Value::string(""),
                                    Value::boolean(false),
                                    Value::error(expr::kOverflow)};
  RecordBatch batch = rows_with(kA, first);
  for (Value& value : batch.make_column(kB)) value = Value::string("b");
  batch.make_column(kB)[6] = Value::null();
  Driven driven(check, std::move(batch));
  EXPECT_THAT(driven.offsets(), ElementsAre(0, 5));
  EXPECT_EQ(driven.counts(), "8 in 2 out 6 skip");
}

TEST(KeyCheck, TombstonesAreDroppedAndCounted) {
  KeyCheck check({kA});
  RecordBatch batch = rows_with(kA, {Value::integer(1), Value()});
  batch.rows()[1].flags = Row::kNullValue;
  Driven driven(check, std::move(batch));
  EXPECT_THAT(driven.offsets(), ElementsAre(0));
  EXPECT_EQ(driven.counts(), "2 in 1 out 1 tombstone");
}

TEST(Decode, BadRecordsAreCountedAndDropped) {
  Decode decode(
      codec::make_decoder(codec::Format::json, {{{"a"}, record::DecodeSlot::Want::value, kA}}),
      Counting::every_row);
  RecordBatch batch = rows(4);
  batch.rows()[0].value = "{\"a\":1}";
  batch.rows()[1].value = "nonsense";
  batch.rows()[2].value = "";
  batch.rows()[2].flags = Row::kNullValue;
  batch.rows()[3].value = "";
  flow::ErrorPlace place;
  place.stage = flow::ErrorPlace::kDecode;
  Driven driven(decode, std::move(batch), place);
  EXPECT_THAT(driven.offsets(), ElementsAre(0, 2));
  EXPECT_EQ(driven.counts(), "4 in 2 out 2 decode");
  EXPECT_EQ(driven.out.batches[0].column(kA)[0].as_integer(), 1);
}

TEST(Encode, MakesTheDocumentAnewAndForgetsTheColumns) {
  record::Layout layout;
  layout.members = {{{"a"}, kA}};
  Encode encode(codec::make_json_encoder(layout));
  RecordBatch batch = rows_with(kA, {Value::integer(1), Value::real(NAN), Value::integer(3)});
  batch.rows()[2].flags = Row::kNullValue;
  batch.rows()[2].value = {};
  Driven driven(encode, std::move(batch));
  EXPECT_THAT(driven.offsets(), ElementsAre(0, 2));
  EXPECT_EQ(driven.counts(), "1 in 0 out 1 skip");
  EXPECT_EQ(driven.out.batches[0].rows()[0].value, "{\"a\":1}");
  EXPECT_EQ(driven.out.batches[0].columns(), 0u);
}

TEST(Encode, KeepsTheColumnsItIsToldTo) {
  Encode encode(codec::make_document_encoder(), {kB});
  RecordBatch batch = rows_with(kA, {Value::integer(1)});
  batch.make_column(kB)[0] = Value::timestamp(5);
  Driven driven(encode, std::move(batch));
  EXPECT_TRUE(driven.out.batches[0].column(kA).empty());
  EXPECT_EQ(driven.out.batches[0].column(kB)[0].as_integer(), 5);
}

TEST(Decode, CopiesColumnsThatAreThereAlready) {
  Decode decode(codec::make_decoder(codec::Format::json, {}), {{kA, kOut}}, Counting::failures);
  Driven driven(decode, rows_with(kA, {Value::integer(1), Value::timestamp(5)}));
  EXPECT_EQ(driven.out.batches[0].column(kOut)[1].as_integer(), 5);
}

TEST(Pass, CountsWhatGoesThrough) {
  Pass pass(Counting::every_row);
  Driven driven(pass, rows(3));
  EXPECT_EQ(driven.counts(), "3 in 3 out");
}

}  // namespace
}  // namespace leat::operators
