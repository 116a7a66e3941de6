#include <leat/plugin_testing.hpp>

using leat::testing::Plugin;

LEAT_TEST(a_country_is_known_or_null) {
  auto country_of = Plugin::load(LEAT_PLUGIN_FILE).scalar("country_of");
  LEAT_EXPECT_EQ(country_of("10.1.2.3"), leat::testing::Cell("DE"));
  LEAT_EXPECT(country_of("11.1.2.3").is_null());
}
LEAT_TEST(a_mean_leaves_nulls_out) {
  Plugin plugin = Plugin::load(LEAT_PLUGIN_FILE);
  LEAT_EXPECT_EQ(plugin.aggregate("mean").of({{1.0}, {nullptr}, {2.0}}), leat::testing::Cell(1.5));
}
LEAT_TEST_MAIN()
