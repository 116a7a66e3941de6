#include "expr/copy.h"

#include <gtest/gtest.h>

#include "unit/expr/rows.h"

namespace leat::expr::testing {
namespace {

// The token of field `x` is the field `token of x` of a row.
class Tokens final : public CopyResolver {
 public:
  Resolution resolve_field(const FieldPath& path) override { return names.resolve_field(path); }
  std::optional<std::size_t> resolve_token(const FieldPath& path) override {
    return names.resolve_field({"token of " + format_path(path)}).column;
  }
  Names names;
};

const Fields kRow{{"n", Value::real(1.1)},     {"`token of n`", Value::json("1.10")},
                  {"s", Value::string("1")},   {"`token of s`", Value::json("\"1\"")},
                  {"t", Value::boolean(true)}, {"bad", Value::json("[1, 01]")}};

// What is written, and the same as values.
std::string copied(std::string_view text) {
  Tokens names;
  const CompiledCopy made = compile_copy(text, names, Limits());
  if (!made.compiled.ok()) return "refused: " + show(made.compiled.diagnostics);
  const RecordBatch batch = batch_of({kRow}, names.names);
  Scratch scratch;
  Value written;
  made.compiled.program->run(batch, scratch, Column(&written, 1));
  if (!made.gives_tokens) return show(written);
  Value read;
  read_numbers(Column(&written, 1), Column(&read, 1), batch.arena());
  return show(written) + ", " + show(read);
}

TEST(Copies, GiveTokensForNumbersThatAreOnlyPassedOn) {
  EXPECT_EQ(copied("json.parse('{\"a\":1.50}').a"), "json 1.50, double 1.5");
  EXPECT_EQ(copied("n ?? 1"), "json 1.10, double 1.1");
  EXPECT_EQ(copied("s ?? 1"), "string 1, string 1");
  EXPECT_EQ(copied("t ? n : 1"), "json 1.10, double 1.1");
  EXPECT_EQ(copied("bad[0]"), "json 1, int 1");
  EXPECT_EQ(copied("bad[1]"), "error INVALID_JSON, error INVALID_JSON");
  EXPECT_EQ(copied("bad[?0]"), "some json 1, some int 1");
  EXPECT_EQ(copied("bad[?5]"), "none, none");
  EXPECT_EQ(copied("bad[7]"), "error OUT_OF_RANGE, error OUT_OF_RANGE");
}

TEST(Copies, GiveValuesForAllElse) {
  EXPECT_EQ(copied("n"), "double 1.1");
  EXPECT_EQ(copied("n + 0"), "double 1.1");
  EXPECT_EQ(copied("[n]"), "[double 1.1]");
  EXPECT_EQ(copied("cel.bind(v, n, v > 1 ? v : v)"), "double 1.1");
  EXPECT_EQ(copied("1 / 0"),
            "refused: 0-5 ALWAYS_FAILS: every row fails here: an integer was "
            "divided by zero (DIVIDE_BY_ZERO)\n");
}

}  // namespace
}  // namespace leat::expr::testing
