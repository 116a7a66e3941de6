#include <leat/plugin_testing.hpp>

using leat::testing::Cell;
using leat::testing::Outcome;
using leat::testing::Plugin;

static Plugin& geo() {
  static Plugin plugin = Plugin::load(LEAT_PLUGIN_FILE);
  return plugin;
}

// The example of the geohash's Wikipedia page.
LEAT_TEST(a_place_has_the_geohash_that_others_compute) {
  LEAT_EXPECT_EQ(geo().scalar("geohash")(57.64911, 10.40744, 11), Cell("u4pruydqqvj"));
}
LEAT_TEST(a_shorter_geohash_is_the_beginning_of_the_longer) {
  LEAT_EXPECT_EQ(geo().scalar("geohash")(57.64911, 10.40744, 3), Cell("u4p"));
}
LEAT_TEST(a_place_off_the_globe_fails_its_row_and_no_other) {
  const std::vector<Outcome> rows =
      geo().scalar("geohash").call({{91.0, 0.0, 5}, {0.0, 0.0, 1}, {0.0, 0.0, 13}});
  LEAT_EXPECT_EQ(rows[0].code, 1);
  LEAT_EXPECT_EQ(rows[1].value, Cell("s"));
  LEAT_EXPECT_EQ(rows[2].error, std::string("`length` must be within [1, 12]"));
}
LEAT_TEST(a_null_gives_null) { LEAT_EXPECT(geo().scalar("geohash")(nullptr, 1.0, 5).is_null()); }
LEAT_TEST(bearings_go_clockwise_from_north) {
  auto bearing = geo().scalar("bearing");
  LEAT_EXPECT(bearing(0.0, 0.0, 1.0, 0.0).near(0.0));
  LEAT_EXPECT(bearing(0.0, 0.0, 0.0, 1.0).near(90.0));
  LEAT_EXPECT(bearing(0.0, 0.0, 0.0, -1.0).near(270.0));
}

LEAT_TEST_MAIN()
