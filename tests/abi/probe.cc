// Calls the functions of demo.c: probe FILE.so. `grown` plugins answer demo.minor() with the minor of the host.
#include <leat/plugin_testing.hpp>

using leat::testing::Cell;
using leat::testing::Plugin;
using leat::testing::Stateful;
using Rows = std::vector<leat::testing::Row>;

static std::string file;

LEAT_TEST(a_scalar_gives_values_nulls_and_failed_rows) {
  const auto rows =
      Plugin::load(file).scalar("clamp").call({{1, 2, 3}, {1, 5, 3}, {nullptr, 1, 2}});
  LEAT_EXPECT_EQ(rows[0].value, Cell(2));
  LEAT_EXPECT_EQ(rows[1].error, std::string("`low` must be at most `high`"));
  LEAT_EXPECT(rows[2].value.is_null());
}
LEAT_TEST(an_aggregate_merges_and_moves) {
  LEAT_EXPECT_EQ(Plugin::load(file).aggregate("mean").of({{1.0}, {2.0}, {nullptr}}), Cell(1.5));
}
LEAT_TEST(a_key_that_was_silent_gives_a_row) {
  Plugin plugin = Plugin::load(file);
  Stateful quiet = plugin.stateful("quiet");
  quiet.feed("a", Rows{{}, {}}, {{1}, {2}});
  LEAT_EXPECT_EQ(quiet.advance_watermark({60'000'002}), Rows{{Cell::json("\"a\""), 2}});
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  file = argv[1];
  return leat::testing::run_cases();
}
