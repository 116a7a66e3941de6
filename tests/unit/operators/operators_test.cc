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

// A batch whose row i has the offset i.
RecordBatch rows(std::size_t count) {
  RecordBatch batch{base::Ref<record::BatchMemory>(new record::BatchMemory())};
  for (std::size_t i = 0; i < count; ++i) {
    Row row;
    row.value = "{}";
    row.offset = static_cast<std::int64_t>(i);
    batch.rows().push_back(row);
  }
  return batch;
}

RecordBatch rows_with(std::size_t column, const std::vector<Value>& values) {
  RecordBatch batch = rows(values.size());
  std::copy(values.begin(), values.end(), batch.make_column(column).begin());
  return batch;
}

class Collected final : public flow::Collector {
 public:
  void emit(RecordBatch&& batch) override {
    EXPECT_FALSE(batch.empty());
    batches.push_back(std::move(batch));
  }
  std::vector<RecordBatch> batches;
};

// Drives one operator with one batch.
class Driven {
 public:
  Driven(flow::Operator& op, RecordBatch batch, flow::ErrorPlace place = {})
      : errors(std::move(place), stats) {
    EXPECT_TRUE(op.open({SliceId(0), 1, stats, errors}).ok());
    EXPECT_TRUE(op.process(batch, out).ok());
  }
  std::vector<std::int64_t> offsets() const {
    std::vector<std::int64_t> all;
    for (const RecordBatch& batch : out.batches)
      for (const Row& row : batch.rows()) all.push_back(row.offset);
    return all;
  }
  // in, out, and drops by reason that are not 0
  std::string counts() const {
    std::string text =
        std::to_string(stats.in.value()) + " in " + std::to_string(stats.out.value()) + " out";
    for (std::size_t r = 0; r < flow::kDropReasons; ++r) {
      const auto reason = static_cast<DropReason>(r);
      if (stats.dropped(reason).value() != 0)
        text += " " + std::to_string(stats.dropped(reason).value()) + " " +
                std::string(to_string(reason));
    }
    return text;
  }
  flow::StepStats stats{"p", "s"};
  flow::ErrorRoute errors;
  Collected out;
};

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
  work->present = {kA};
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
    work->present = {kA};
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

TEST(Pass, CountsWhatGoesThrough) {
  Pass pass(Counting::every_row);
  Driven driven(pass, rows(3));
  EXPECT_EQ(driven.counts(), "3 in 3 out");
}

}  // namespace
}  // namespace leat::operators
