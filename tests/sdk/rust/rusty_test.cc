#include <leat/plugin_testing.hpp>

using leat::testing::Cell;
using leat::testing::Plugin;

static Plugin& rusty() {
  static Plugin plugin = Plugin::load(LEAT_PLUGIN_FILE);
  return plugin;
}

LEAT_TEST(numbers_nulls_and_failed_rows_cross) {
  const auto rows = rusty().scalar("gcd").call({{12, 18}, {-1, 2}, {nullptr, 2}, {7, 0}});
  LEAT_EXPECT_EQ(rows[0].value, Cell(6));
  LEAT_EXPECT_EQ(rows[1].error, std::string("`a` and `b` must be 0 or more"));
  LEAT_EXPECT(rows[2].value.is_null());
  LEAT_EXPECT_EQ(rows[3].value, Cell(7));
}
LEAT_TEST(texts_cross) {
  auto reversed = rusty().scalar("reversed");
  LEAT_EXPECT_EQ(reversed("añb"), Cell("bña"));
  LEAT_EXPECT_EQ(reversed(""), Cell(""));
}
LEAT_TEST_MAIN()
