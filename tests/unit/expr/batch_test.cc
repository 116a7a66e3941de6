#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/expr/rows.h"

namespace leat::expr::testing {
namespace {

using ::testing::ElementsAre;

// All rows in one batch, each shown.
std::vector<std::string> evaluate_rows(std::string_view text, const std::vector<Fields>& rows) {
  Names names;
  Compiled compiled = compile(text, names, Limits());
  EXPECT_TRUE(compiled.ok()) << show(compiled.diagnostics);
  const RecordBatch batch = batch_of(rows, names);
  std::vector<Value> out(rows.size());
  Scratch scratch;
  compiled.program->run(batch, scratch, out);
  std::vector<std::string> shown;
  for (const Value& value : out) shown.push_back(show(value));
  return shown;
}

TEST(Batch, RowsAreIndependentOfEachOther) {
  EXPECT_THAT(
      evaluate_rows("100 / a > b ?? 5", {{{"a", Value::integer(1)}, {"b", Value::integer(7)}},
                                         {{"a", Value::integer(0)}},
                                         {{"a", Value::integer(50)}, {"b", Value::null()}},
                                         {},
                                         {{"a", Value::real(8)}, {"b", Value::real(12.5)}}}),
      ElementsAre("true", "error DIVIDE_BY_ZERO", "false", "error NO_SUCH_FIELD", "false"));
}

TEST(Batch, AFullBatchEqualsItsRowsOneByOne) {
  const std::string_view text =
      "(a ?? 0) * 3 - (a > 100 ? size(s) : 1) + (s.contains('7') || s == 'x' ? 1 : 0)";
  std::vector<Fields> rows;
  for (std::int64_t i = 0; i < 256; ++i) {
    Fields fields;
    if (i % 5 != 0) fields["a"] = i % 7 == 0 ? Value::real(0.5) : Value::integer(i);
    if (i % 11 != 0) fields["s"] = Value::string(i % 2 == 0 ? "17" : "x");
    rows.push_back(fields);
  }
  const std::vector<std::string> together = evaluate_rows(text, rows);
  for (std::size_t i = 0; i < rows.size(); ++i)
    EXPECT_EQ(together[i], evaluate(text, rows[i])) << i;
}

TEST(Batch, MissingColumnsCountAsAbsentAndTombstonesDoNoHarm) {
  Names names;
  const Compiled compiled = compile("a.b ?? meta.headers['h'] ?? meta.key ?? 1", names, Limits());
  ASSERT_TRUE(compiled.ok());
  RecordBatch batch(base::Ref<record::BatchMemory>(new record::BatchMemory()));
  batch.rows().resize(2);
  for (record::Row& row : batch.rows()) row.flags = record::Row::kNullValue | record::Row::kNullKey;
  std::vector<Value> out(2);
  Scratch scratch;
  compiled.program->run(batch, scratch, out);
  EXPECT_EQ(show(out[1]), "int 1");
  batch.rows().clear();
  compiled.program->run(batch, scratch, {});
}

TEST(Batch, OneScratchServesSeveralPrograms) {
  Names names;
  const Compiled small = compile("a + 1", names, Limits());
  const Compiled large = compile("(a + 1) * ((a + 2) * ((a + 3) * (a + 4)))", names, Limits());
  const RecordBatch batch = batch_of({{{"a", Value::integer(1)}}}, names);
  Scratch scratch;
  Value out;
  for (int i = 0; i < 2; ++i) {
    small.program->run(batch, scratch, Column(&out, 1));
    EXPECT_EQ(show(out), "int 2");
    large.program->run(batch, scratch, Column(&out, 1));
    EXPECT_EQ(show(out), "int 120");
  }
}

TEST(Batch, PatternsFromRowsAreKeptInABoundedCache) {
  std::vector<Fields> rows;
  std::vector<std::string> patterns;
  for (int i = 0; i < 40; ++i) patterns.push_back(fmt::format("^a{}$", i));
  for (int i = 0; i < 40; ++i)
    rows.push_back(
        {{"s", Value::string("a7")}, {"p", Value::string(patterns[static_cast<std::size_t>(i)])}});
  rows.push_back({{"s", Value::string("a7")}, {"p", Value::string("(")}});
  const std::vector<std::string> found = evaluate_rows("s.matches(p)", rows);
  for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(found[i], i == 7 ? "true" : "false");
  EXPECT_EQ(found[40], "error INVALID_PATTERN");
}

TEST(Batch, TheProgramOutlivesWhatItWasCompiledFrom) {
  std::optional<Program> program;
  Names names;
  {
    std::string text = "a + 'con' + 'stant' + (a.matches('^' + 'x') ? '!' : '?')";
    Compiled compiled = compile(text, names, Limits());
    text.assign(text.size(), '#');
    program.emplace(std::move(*compiled.program));
  }
  const RecordBatch batch = batch_of({{{"a", Value::string("x-")}}}, names);
  Scratch scratch;
  Value out;
  program->run(batch, scratch, Column(&out, 1));
  EXPECT_EQ(show(out), "string x-constant!");
}

}  // namespace
}  // namespace leat::expr::testing
