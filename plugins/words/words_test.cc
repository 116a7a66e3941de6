#include <leat/plugin_testing.hpp>

using leat::testing::Cell;
using leat::testing::Output;
using leat::testing::Plugin;
using Rows = std::vector<leat::testing::Row>;

static Plugin& words() {
  static Plugin plugin = Plugin::load(LEAT_PLUGIN_FILE);
  return plugin;
}

LEAT_TEST(a_slug_joins_lower_words) {
  LEAT_EXPECT_EQ(words().scalar("slug")("Hello,  World 42!"), Cell("hello-world-42"));
}
LEAT_TEST(longer_characters_stay_whole) {
  LEAT_EXPECT_EQ(words().scalar("slug")("Straße 7"), Cell("straße-7"));
}
LEAT_TEST(no_words_count_zero) { LEAT_EXPECT_EQ(words().scalar("count")(" .,; "), Cell(0)); }
LEAT_TEST(each_word_is_a_row_of_its_origin) {
  const Output output = words().flat_map("split").call({{"one two"}, {""}, {"three"}});
  LEAT_EXPECT_EQ(output.values(), Rows{{"one", 1}, {"two", 2}, {"three", 1}});
  LEAT_EXPECT_EQ(output.rows[2].origin, 2U);
}
LEAT_TEST(with_asks_for_longer_words_in_lower_case) {
  const Output output =
      words().flat_map("split", R"({"shortest": 3, "lower": true})").call({{"a LONG way"}});
  LEAT_EXPECT_EQ(output.values(), Rows{{"long", 2}, {"way", 3}});
}
LEAT_TEST(a_text_of_many_words_fills_several_batches) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "w" + std::to_string(i) + " ";
  LEAT_EXPECT_EQ(words().flat_map("split").call({{text}, {text}}).rows.size(), size_t{2000});
}
LEAT_TEST(a_wrong_with_is_told) {
  LEAT_EXPECT_ERROR(words().flat_map("split", R"({"shortest": 0})"),
                    "`with.shortest` must be at least 1");
  LEAT_EXPECT_ERROR(words().flat_map("split", R"({"shortest": "x"})"),
                    "`with.shortest` must be an integer");
}

LEAT_TEST_MAIN()
