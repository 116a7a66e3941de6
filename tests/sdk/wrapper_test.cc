// What the C++ wrapper tells plugin authors, and what state and timers do.
#include <leat/plugin_testing.hpp>

using leat::testing::Cell;
using leat::testing::Output;
using leat::testing::Plugin;
using leat::testing::Stateful;
using Rows = std::vector<leat::testing::Row>;

template <void (*Body)(leat::Registry&)>
static leat_status init(const leat_host* host, leat_registry* registry) {
  static leat::Function* kept = nullptr;
  return leat::Registry::run(host, registry, Body, kept);
}
// A plugin whose functions `Body` registers.
template <void (*Body)(leat::Registry&)>
static Plugin plugin() {
  return Plugin(&init<Body>);
}

// ---- signatures ----

static void wrong_type(leat::Registry& r) {
  r.scalar("f", "(a: int, b: string) -> int", [](int64_t a, double) { return a; });
}
static void wrong_count(leat::Registry& r) {
  r.scalar("f", "(a: int) -> int", [] { return int64_t{1}; });
}
static void null_is_not_taken(leat::Registry& r) {
  r.scalar("f", "(a: int?) -> int", [](int64_t a) { return a; });
}
static void null_is_not_declared(leat::Registry& r) {
  r.scalar("f", "(a: int) -> int", [](int64_t a) { return std::optional(a); });
}
static void no_type(leat::Registry& r) {
  r.scalar("f", "(a: integer) -> int", [](int64_t a) { return a; });
}
static void not_closed(leat::Registry& r) {
  r.scalar("f", "(a: int -> int", [](int64_t a) { return a; });
}
static void no_rows(leat::Registry& r) {
  r.flat_map("f", "(a: int) -> int", [](int64_t, leat::Emit&) {});
}
static void twice(leat::Registry& r) {
  r.filter("f", "(a: int) -> bool", [](int64_t a) { return a > 0; });
  r.filter("f", "(a: int) -> bool", [](int64_t a) { return a > 0; });
}
static void bad_name(leat::Registry& r) {
  r.filter("Filter", "(a: int) -> bool", [](int64_t a) { return a > 0; });
}

LEAT_TEST(a_signature_that_differs_from_the_types_is_refused_with_its_place) {
  LEAT_EXPECT_ERROR(plugin<wrong_type>(),
                    "f: parameter `b` is string in the signature: the function must take "
                    "std::string_view, not double");
  LEAT_EXPECT_ERROR(plugin<wrong_count>(),
                    "f: the function takes 0 values, the signature has 1 parameters");
  LEAT_EXPECT_ERROR(plugin<null_is_not_taken>(), "must take std::optional<int64_t>, not int64_t");
  LEAT_EXPECT_ERROR(plugin<null_is_not_declared>(), "the result is int in the signature");
  LEAT_EXPECT_ERROR(plugin<no_type>(),
                    "`integer` is no type: bool int double timestamp string bytes json");
  LEAT_EXPECT_ERROR(plugin<not_closed>(), "wanted `)` at character 9");
  LEAT_EXPECT_ERROR(plugin<no_rows>(), "the signature must give rows");
  LEAT_EXPECT_ERROR(plugin<twice>(), "f is there twice");
  LEAT_EXPECT_ERROR(plugin<bad_name>(), "the name is not");
}

// ---- every type ----

static void types(leat::Registry& r) {
  r.scalar("of_bool", "(a: bool) -> bool", [](bool a) { return !a; }).batch_invariant();
  r.scalar("of_int", "(a: int?) -> int?", [](std::optional<int64_t> a) {
     return a;
   }).batch_invariant();
  r.scalar("of_double", "(a: double) -> double", [](double a) { return a / 2; }).batch_invariant();
  r.scalar("of_time", "(a: timestamp) -> timestamp",
           [](leat::Timestamp a) { return leat::Timestamp{a.us + 1}; });
  r.scalar("of_string", "(a: string) -> string",
           [](std::string_view a) { return std::string(a) + "!"; });
  r.scalar("of_bytes", "(a: bytes) -> bytes",
           [](leat::Bytes a) { return leat::Bytes{a.data.substr(1)}; });
  r.scalar("of_json", "(a: json) -> json", [](leat::Json a) { return leat::Json{a.text}; });
  r.scalar("clock", "() -> timestamp", [](leat::Call& call) { return call.now(); });
  r.scalar("not_json", "() -> json", [] { return leat::Json{"{"}; });
  r.scalar("not_utf8", "() -> string", [] { return std::string("\xC3("); });
  r.scalar("fatal", "() -> int", []() -> int64_t { throw std::runtime_error("the disk is full"); });
  r.scalar("later", "() -> int", []() -> int64_t { throw leat::Retry(); });
  r.scalar("one_bad", "(a: int) -> int", [](int64_t a) {
    if (a == 2) throw leat::RowError(7, "two");
    return a;
  });
  r.scalar("counts", "(a: int) -> int", [n = int64_t{0}](int64_t) mutable {
     return ++n;
   }).batch_invariant();
}

LEAT_TEST(every_type_comes_and_goes) {
  Plugin p = plugin<types>();
  LEAT_EXPECT_EQ(p.scalar("of_bool")(true), Cell(false));
  LEAT_EXPECT(p.scalar("of_int")(nullptr).is_null());
  LEAT_EXPECT_EQ(p.scalar("of_double")(3), Cell(1.5));
  LEAT_EXPECT_EQ(p.scalar("of_time")(leat::Timestamp{41}), Cell(leat::Timestamp{42}));
  LEAT_EXPECT_EQ(p.scalar("of_string")("a"), Cell("a!"));
  LEAT_EXPECT_EQ(p.scalar("of_bytes")(Cell::bytes("ab")), Cell::bytes("b"));
  LEAT_EXPECT_EQ(p.scalar("of_json")(Cell::json("[1]")), Cell::json("[1]"));
  LEAT_EXPECT_EQ(p.scalar("clock").now({5})(), Cell(leat::Timestamp{5}));
}
LEAT_TEST(texts_that_are_not_what_they_promise_are_noticed) {
  Plugin p = plugin<types>();
  LEAT_EXPECT_ERROR(p.scalar("not_json")(), "is no JSON text");
  LEAT_EXPECT_ERROR(p.scalar("not_utf8")(), "is no valid UTF-8");
}
LEAT_TEST(exceptions_become_statuses) {
  Plugin p = plugin<types>();
  LEAT_EXPECT_ERROR(p.scalar("fatal")(), "the disk is full");
  LEAT_EXPECT_ERROR(p.scalar("later")(), "LEAT_RETRY");
  const auto rows = p.scalar("one_bad").call({{1}, {2}, {3}});
  LEAT_EXPECT_EQ(rows[1].error, std::string("two"));
  LEAT_EXPECT_EQ(rows[2].value, Cell(3));
}
LEAT_TEST(a_function_that_counts_its_batches_is_not_batch_invariant) {
  Plugin p = plugin<types>();
  LEAT_EXPECT_EQ(p.scalar("counts")(1), Cell(1));
  LEAT_EXPECT_EQ(p.scalar("counts")(1), Cell(1));  // an instance of its own
}

// ---- state ----

class Keeps {
 public:
  explicit Keeps(leat::With with) : limit_(with.integer("limit")) {}
  void rows(leat::Key key, leat::Rows rows, leat::Emit& emit) {
    rows.each([&](leat::Row row) {
      const std::string word(row.get<std::string_view>("word"));
      if (word == "bad") {
        emit.row("taken back", int64_t{0});
        throw leat::RowError(3, "bad word");
      }
      if (word == "clear") {
        words_.clear();
        return;
      }
      if (word == "all") {
        words_.each([&](const std::string& known, int64_t times) { emit.row(known, times); });
        return;
      }
      if (word == "last") {
        last_.each([&](const std::string& one) { emit.row(one, int64_t{-1}); });
        return;
      }
      words_.set(word, words_.get(word).value_or(0) + 1);
      last_.push(word);
      count_.set(count_.get_or(0) + 1);
      if (*count_.get() == limit_) key.set_processing_timer({key.now().us + 100}, 9);
    });
  }
  void timer(leat::Key, leat::Timer timer, leat::Emit& emit) {
    emit.row(timer.event_time ? "event" : "processing", static_cast<int64_t>(timer.tag));
  }
  void upgrade(std::string_view slot, uint32_t from, std::string_view value, leat::Buffer& to) {
    if (slot != "count" || from != 1) throw std::logic_error("unexpected");
    to.put(static_cast<int64_t>(leat::Reader(value).get<int64_t>() * 10));
  }

 private:
  int64_t limit_;
  leat::Value<int64_t> count_{"count", {}, 2};
  leat::Map<std::string, int64_t> words_{"words"};
  leat::List<std::string> last_{"last", std::chrono::microseconds(50)};
};

struct Older {
  void row(leat::Key, leat::Row, leat::Emit&) { count_.set(count_.get_or(0) + 1); }
  leat::Value<int64_t> count_{"count"};
};

struct Wrong {
  void row(leat::Key, leat::Row row, leat::Emit& emit) {
    if (row.get<std::string_view>(0) == "type") (void)row.get<int64_t>("word");
    if (row.get<std::string_view>(0) == "name") (void)row.get<int64_t>("other");
    emit.row(int64_t{1});
  }
};

static void keeps(leat::Registry& r) {
  r.stateful<Keeps>("keeps", "(word: string) -> { word: string, n: int }").batch_invariant();
  r.stateful<Older>("older", "(word: string) -> { word: string, n: int }");
  r.stateful<Wrong>("wrong", "(word: string) -> { word: string, n: int }");
}

LEAT_TEST(maps_are_in_order_and_know_the_empty_key) {
  Plugin p = plugin<keeps>();
  Stateful s = p.stateful("keeps", R"({"limit": 100})");
  const Output output = s.feed("k", {{"b"}, {""}, {"a"}, {"b"}, {"ab"}, {"all"}});
  LEAT_EXPECT_EQ(output.values(), Rows{{"", 1}, {"a", 1}, {"ab", 1}, {"b", 2}});
  LEAT_EXPECT(s.feed("other", Rows{{"all"}}).rows.empty());
  LEAT_EXPECT(s.feed("k", Rows{{"clear"}, {"all"}}).rows.empty());
}
LEAT_TEST(a_failed_row_takes_back_what_it_emitted) {
  Plugin p = plugin<keeps>();
  Stateful s = p.stateful("keeps", R"({"limit": 100})");
  const Output output = s.feed("k", {{"a"}, {"bad"}, {"all"}});
  LEAT_EXPECT_EQ(output.values(), Rows{{"a", 1}});
  LEAT_EXPECT_EQ(output.failed.at(1).code, 3);
  LEAT_EXPECT_EQ(output.rows[0].origin, 2U);
}
LEAT_TEST(a_slot_has_a_time_to_live_of_its_own) {
  Plugin p = plugin<keeps>();
  Stateful s = p.stateful("keeps", R"({"limit": 100})");
  s.feed("k", Rows{{"a"}});
  s.advance_now({30});
  s.feed("k", Rows{{"b"}});
  s.advance_now({60});
  LEAT_EXPECT_EQ(s.feed("k", Rows{{"last"}}).values(), Rows{{"b", -1}});
  LEAT_EXPECT_EQ(s.feed("k", Rows{{"all"}}).values(), Rows{{"a", 1}, {"b", 1}});
}
LEAT_TEST(a_processing_timer_fires_when_now_has_passed_it) {
  Plugin p = plugin<keeps>();
  Stateful s = p.stateful("keeps", R"({"limit": 2})");
  s.feed("k", Rows{{"a"}, {"b"}});
  LEAT_EXPECT(s.advance_now({99}).empty());
  LEAT_EXPECT_EQ(s.advance_now({100}), Rows{{"processing", 9}});
  LEAT_EXPECT(s.timers().empty());
}
LEAT_TEST(stored_values_of_an_older_version_go_through_upgrade) {
  Plugin p = plugin<keeps>();
  Stateful older = p.stateful("older"), newer = p.stateful("keeps", R"({"limit": 21})");
  older.feed("k", Rows{{"x"}, {"x"}});
  newer.take_over(older);
  newer.feed("k", Rows{{"x"}});
  LEAT_EXPECT_EQ(newer.timers().size(), size_t{1});
}
LEAT_TEST(mistakes_with_rows_and_with_are_told) {
  Plugin p = plugin<keeps>();
  LEAT_EXPECT_ERROR(p.stateful("keeps"), "`with.limit` is missing: give an integer");
  LEAT_EXPECT_ERROR(p.stateful("keeps", R"({"limit": "x"})"), "`with.limit` must be an integer");
  LEAT_EXPECT_ERROR(p.stateful("wrong").feed("k", Rows{{"type"}}),
                    "parameter `word` is string, not int64_t");
  LEAT_EXPECT_ERROR(p.stateful("wrong").feed("k", Rows{{"name"}}),
                    "the signature has no parameter `other`");
  LEAT_EXPECT_ERROR(p.stateful("wrong").feed("k", Rows{{"emit"}}), "emit: 1 values for 2 fields");
}
LEAT_TEST(state_outside_of_a_function_is_refused) {
  LEAT_EXPECT_ERROR(leat::Value<int64_t>("loose"), "must be a member of a stateful function");
}
LEAT_TEST(with_reads_what_json_can_say) {
  const leat::With with(
      R"( { "s" : "a\"\u00e9\ud83d\ude00", "o": {"s": [1, "}"]}, "n": -1.5e2, "i": 7, "b":true, "z": null } )");
  LEAT_EXPECT_EQ(with.string("s"), std::string("a\"é😀"));
  LEAT_EXPECT_EQ(with.number("n"), -150.0);
  LEAT_EXPECT_EQ(with.integer("i"), int64_t{7});
  LEAT_EXPECT_EQ(with.boolean("b"), true);
  LEAT_EXPECT_EQ(with.integer("z", 3), int64_t{3});
  LEAT_EXPECT_EQ(*with.json("o"), std::string_view(R"({"s": [1, "}"]})"));
  LEAT_EXPECT_ERROR(with.integer("n"), "`with.n` must be an integer");
  LEAT_EXPECT_ERROR(with.integer("b"), "`with.b` must be an integer");
}

LEAT_TEST_MAIN()
