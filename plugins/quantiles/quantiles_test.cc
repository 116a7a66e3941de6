#include <leat/plugin_testing.hpp>

#include <algorithm>

using leat::testing::Aggregate;
using leat::testing::Cell;
using leat::testing::Plugin;
using leat::testing::State;
using Rows = std::vector<leat::testing::Row>;

static Plugin& quantiles() {
  static Plugin plugin = Plugin::load(LEAT_PLUGIN_FILE);
  return plugin;
}

static bool within_two_percent(const Cell& is, double wanted) {
  return std::fabs(is.as_double() - wanted) <= 0.02 * std::fabs(wanted) + 1e-12;
}

// of() also merges, saves, loads and retracts.
LEAT_TEST(the_quantiles_of_a_thousand_values_are_within_two_percent) {
  for (const double q : {0.0, 0.01, 0.5, 0.9, 0.99, 1.0}) {
    Rows rows;
    for (int i = 1; i <= 1000; ++i) rows.push_back({static_cast<double>(i * 37 % 1009), q});
    std::vector<double> sorted;
    for (const auto& row : rows) sorted.push_back(row[0].as_double());
    std::sort(sorted.begin(), sorted.end());
    LEAT_EXPECT(within_two_percent(quantiles().aggregate("quantile").of(rows),
                                   sorted[static_cast<size_t>(q * 999)]));
  }
}
LEAT_TEST(negative_values_and_zero_have_their_places) {
  const Aggregate median = quantiles().aggregate("median");
  LEAT_EXPECT(within_two_percent(median.of({{-5.0}, {-3.0}, {0.0}}), -3));
  LEAT_EXPECT_EQ(median.of({{-5.0}, {0.0}, {3.0}}), Cell(0.0));
}
LEAT_TEST(no_values_give_null) {
  LEAT_EXPECT(quantiles().aggregate("median").of({}).is_null());
  LEAT_EXPECT(quantiles().aggregate("median").of({{nullptr}}).is_null());
}
LEAT_TEST(what_is_retracted_counts_no_more) {
  const Aggregate median = quantiles().aggregate("median");
  State state = median.state();
  state.update({{1.0}, {100.0}, {200.0}}).retract({{1.0}, {200.0}});
  LEAT_EXPECT(within_two_percent(state.finish(), 100));
}
LEAT_TEST(a_quantile_off_the_scale_fails_its_row) {
  LEAT_EXPECT_ERROR(quantiles().aggregate("quantile").of({{1.0, 1.5}}),
                    "`q` must be within [0, 1]");
  LEAT_EXPECT_ERROR(quantiles().aggregate("quantile").of({{1.0, 0.5}, {1.0, 0.6}}),
                    "the same in all rows");
  LEAT_EXPECT_ERROR(quantiles().aggregate("median").of({{std::nan("")}}), "`x` must be finite");
}
LEAT_TEST(bytes_that_are_too_short_are_refused) {
  const Aggregate median = quantiles().aggregate("median");
  LEAT_EXPECT_ERROR(median.state().load(std::string("short")), "saved bytes are too short");
}

LEAT_TEST_MAIN()
