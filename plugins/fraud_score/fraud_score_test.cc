#include <leat/plugin_testing.hpp>

using leat::Timestamp;
using leat::testing::Cell;
using leat::testing::Output;
using leat::testing::Plugin;
using leat::testing::Stateful;
using Rows = std::vector<leat::testing::Row>;

static Plugin& fraud() {
  static Plugin plugin = Plugin::load(LEAT_PLUGIN_FILE);
  return plugin;
}

static Timestamp second(int64_t s) { return {s * 1'000'000}; }

// Six ordinary payments of one card, one a second.
static void spend_as_usual(Stateful& score, const char* card) {
  const Rows rows = {{10.0, "DE"}, {12.0, "DE"},    {11.0, "DE"},
                     {9.0, "DE"},  {10.0, nullptr}, {11.0, "DE"}};
  std::vector<Timestamp> times;
  for (int64_t i = 0; i < 6; ++i) times.push_back(second(i));
  LEAT_EXPECT(score.feed(card, rows, times).rows.empty());
}

LEAT_TEST(a_payment_that_stands_out_is_told_and_its_end_after_a_quiet_time) {
  Stateful score = fraud().stateful("score", R"({"quiet_s": 60})");
  spend_as_usual(score, "card-1");
  const Rows alert = score.feed("card-1", second(10), {500.0, "DE"});
  LEAT_EXPECT_EQ(alert.size(), size_t{1});
  LEAT_EXPECT_EQ(alert[0][0], Cell("alert"));
  LEAT_EXPECT_EQ(alert[0][3], Cell(6));
  LEAT_EXPECT(score.advance_watermark(second(69)).empty());
  LEAT_EXPECT_EQ(score.advance_watermark(second(70)), Rows{{"closed", 0.0, 500.0, 1}});
  LEAT_EXPECT(score.stored("card-1", "alerts").empty());
}
LEAT_TEST(another_alert_moves_the_end) {
  Stateful score = fraud().stateful("score", R"({"quiet_s": 60, "threshold": 2})");
  spend_as_usual(score, "card-1");
  LEAT_EXPECT_EQ(score.feed("card-1", second(10), {50.0, "DE"}).size(), size_t{1});
  LEAT_EXPECT_EQ(score.feed("card-1", second(40), {900.0, "DE"}).size(), size_t{1});
  LEAT_EXPECT(score.advance_watermark(second(99)).empty());
  LEAT_EXPECT_EQ(score.advance_watermark(second(100)), Rows{{"closed", 0.0, 950.0, 2}});
}
LEAT_TEST(cards_know_nothing_of_each_other) {
  Stateful score = fraud().stateful("score");
  spend_as_usual(score, "card-1");
  LEAT_EXPECT(score.feed("card-2", second(10), {500.0, "DE"}).empty());
}
LEAT_TEST(a_negative_amount_fails_its_row_and_counts_for_nothing) {
  Stateful score = fraud().stateful("score");
  const Output output = score.feed("card-1", Rows{{10.0, "DE"}, {-1.0, "DE"}, {10.0, "DE"}},
                                   {second(1), second(2), second(3)});
  LEAT_EXPECT_EQ(output.failed.size(), size_t{1});
  LEAT_EXPECT_EQ(output.failed.at(1).code, 1);
}
LEAT_TEST(what_a_card_did_is_forgotten_after_the_ttl) {
  Stateful score = fraud().stateful("score");
  score.ttl(3'600'000'000);
  spend_as_usual(score, "card-1");
  score.advance_now(second(3600));
  LEAT_EXPECT(score.feed("card-1", second(4000), {500.0, "DE"}).empty());
}
LEAT_TEST(state_moves_to_another_instance) {
  Stateful one = fraud().stateful("score"), two = fraud().stateful("score");
  spend_as_usual(one, "card-1");
  two.take_over(one);
  LEAT_EXPECT_EQ(two.feed("card-1", second(10), {500.0, "DE"}).size(), size_t{1});
}
LEAT_TEST(a_wrong_with_is_told) {
  LEAT_EXPECT_ERROR(fraud().stateful("score", R"({"threshold": 0})"),
                    "`with.threshold` must be above 0");
}

LEAT_TEST_MAIN()
