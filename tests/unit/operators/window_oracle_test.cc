// Windows against a naive recomputation, over kinds × emit × late × sizes of batches.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "unit/operators/keyed_rows.h"

namespace leat::operators {
namespace {

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int32_t>::max();

// One window of one key, with all its rows.
struct NaiveWindow {
  std::string key;
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::vector<KeyedRow> rows;
  bool pending = false;  // to be told of at its close
  bool changed = false;  // in the epoch
  bool told = false;
  bool gone = false;  // absorbed

  std::int64_t sum() const {
    std::int64_t total = 0;
    for (const KeyedRow& row : rows) total += row.value;
    return total;
  }
  std::string line() const {
    std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> ordered;
    for (const KeyedRow& row : rows) ordered[{row.time_us, row.id}] = row.id;
    std::string ids;
    for (const auto& [place, id] : ordered) ids += (ids.empty() ? "" : ",") + std::to_string(id);
    return key + " " + std::to_string(start) + "-" + std::to_string(end) + " " +
           std::to_string(rows.size()) + " " + std::to_string(sum()) + " [" + ids + "]";
  }
};

class Naive {
 public:
  Naive(const AggregateWork& work, std::int64_t limit)
      : work_(work),
        limit_(limit),
        kept_(work.late == Late::update ? work.allowed_lateness_us : 0) {}

  void take(const KeyedRow& row) {
    std::vector<NaiveWindow*> windows;
    std::vector<NaiveWindow> fresh;
    if (work_.window.kind == Window::Kind::session) return take_in_session(row);
    const std::int64_t every =
        work_.window.kind == Window::Kind::hopping ? work_.window.every_us : work_.window.size_us;
    bool late = true;
    std::vector<std::int64_t> starts;
    for (std::int64_t start = -2000 * every + work_.window.offset_us; start <= row.time_us;
         start += every) {
      if (start + work_.window.size_us <= row.time_us) continue;
      if (start + work_.window.size_us + kept_ <= row.watermark_us) continue;
      late = false;
      starts.push_back(start);
    }
    if (late) return late_.push_back(row.id);
    for (const std::int64_t start : starts)
      if (find(row.key, start).sum() + row.value > limit_) return failed_.push_back(row.id);
    for (const std::int64_t start : starts) add(find(row.key, start), row);
  }
  void end_epoch() {
    if (work_.emit != Emit::per_batch) return;
    for (NaiveWindow& window : all_) {
      if (window.changed) lines_.push_back(window.line());
      window.told = window.told || window.changed;
      window.changed = false;
    }
    for (const std::string& line : gone_) lines_.push_back(line);
    gone_.clear();
  }
  Outcome finish() {
    end_epoch();
    for (NaiveWindow& window : all_)
      if (work_.emit == Emit::on_close && window.pending && !window.gone)
        lines_.push_back(window.line());
    return {sorted(lines_), late_, failed_};
  }

 private:
  NaiveWindow& find(const std::string& key, std::int64_t start) {
    for (NaiveWindow& window : all_)
      if (window.key == key && window.start == start) return window;
    NaiveWindow made;
    made.key = key;
    made.start = start;
    made.end = start + work_.window.size_us;
    all_.push_back(made);
    return all_.back();
  }
  void hear_close(NaiveWindow& window, const KeyedRow& row) {
    if (work_.emit == Emit::on_close && window.pending && window.end <= row.watermark_us) {
      lines_.push_back(window.line());
      window.pending = false;
      window.told = true;
    }
  }
  void add(NaiveWindow& window, const KeyedRow& row) {
    hear_close(window, row);
    window.rows.push_back(row);
    tell(window, row);
  }
  bool tell(NaiveWindow& window, const KeyedRow& row) {
    const bool closed = window.end <= row.watermark_us;
    window.pending = !closed;
    if (closed || work_.emit == Emit::per_record) {
      lines_.push_back(window.line());
      window.told = true;
      window.changed = false;
      return true;
    }
    window.changed = work_.emit == Emit::per_batch;
    return false;
  }
  void take_in_session(const KeyedRow& row) {
    const std::int64_t gap = work_.window.size_us;
    NaiveWindow merged;
    merged.key = row.key;
    merged.start = row.time_us;
    merged.end = row.time_us + gap;
    std::vector<NaiveWindow*> old;
    for (NaiveWindow& window : all_) {
      if (window.gone || window.key != row.key || window.end + kept_ <= row.watermark_us) continue;
      if (row.time_us < window.start - gap || row.time_us > window.end) continue;
      old.push_back(&window);
      merged.start = std::min(merged.start, window.start);
      merged.end = std::max(merged.end, window.end);
      merged.rows.insert(merged.rows.end(), window.rows.begin(), window.rows.end());
    }
    if (merged.end + kept_ <= row.watermark_us) return late_.push_back(row.id);
    if (merged.sum() + row.value > limit_) return failed_.push_back(row.id);
    std::vector<std::string> gone;
    for (NaiveWindow* window : old) {
      hear_close(*window, row);
      window->gone = true;
      window->changed = false;
      if (window->start == merged.start)
        merged.told = merged.told || window->told;
      else if (window->told)
        gone.push_back("[\"" + row.key + "\",\"" + start_text(window->start) + "\"] gone");
    }
    merged.rows.push_back(row);
    const bool now = tell(merged, row);
    all_.push_back(merged);
    const bool at_once = now || work_.emit == Emit::on_close;
    for (const std::string& line : gone) (at_once ? lines_ : gone_).push_back(line);
  }
  static std::string start_text(std::int64_t us) {
    const std::string text = base::to_rfc3339_us(WallTime{us});
    std::string digits = text.substr(0, text.size() - 1);
    while (digits.back() == '0') digits.pop_back();
    if (digits.back() == '.') digits.pop_back();
    return digits + "Z";
  }

  const AggregateWork& work_;
  const std::int64_t limit_;
  const std::int64_t kept_;
  std::deque<NaiveWindow> all_;
  std::vector<std::string> lines_;
  std::vector<std::string> gone_;
  std::vector<std::int64_t> late_;
  std::vector<std::int64_t> failed_;
};

struct Case {
  const char* name;
  Window window;
  Emit emit;
  Late late = Late::drop;
  std::int64_t allowed_us = 0;
  std::int64_t limit = kNoLimit;
};

void PrintTo(const Case& each, std::ostream* out) { *out << each.name; }

constexpr Window tumbling(std::int64_t offset = 0) {
  return {Window::Kind::tumbling, 200, 0, offset, false, false};
}
constexpr Window hopping(std::int64_t size, std::int64_t every) {
  return {Window::Kind::hopping, size, every, 0, false, false};
}
constexpr Window session() { return {Window::Kind::session, 60, 0, 0, false, false}; }

class WindowOracle : public testing::TestWithParam<Case> {};

Outcome expected(const AggregateWork& work, const Stream& stream, std::int64_t limit) {
  Naive naive(work, limit);
  for (std::size_t i = 0; i < stream.rows.size(); ++i) {
    naive.take(stream.rows[i]);
    if ((i + 1) % kEpochRows == 0 || i + 1 == stream.rows.size()) naive.end_epoch();
  }
  return naive.finish();
}

TEST_P(WindowOracle, GivesWhatANaiveRecomputationGives) {
  const Case& each = GetParam();
  AggregateWork work = keyed_work(each.window, each.limit);
  work.emit = each.emit;
  work.late = each.late;
  work.allowed_lateness_us = each.allowed_us;
  const auto reload =
      each.emit == Emit::per_batch ? FakeTable::Reload::each_epoch : FakeTable::Reload::each_batch;
  for (const std::size_t partitions : {1U, 3U}) {
    RandomRows rules;
    rules.partitions = partitions;
    for (const std::uint32_t seed : {1U, 2U}) {
      const Stream stream = make_stream(rules, seed);
      const Outcome naive = expected(work, stream, each.limit);
      EXPECT_GT(naive.lines.size(), 50U);
      EXPECT_FALSE(naive.late.empty());
      EXPECT_EQ(naive.failed.empty(), each.limit == kNoLimit);
      for (const std::size_t size : {1U, 7U, 256U, 50U}) {
        KeyedDriver driver(work, size == 50 ? FakeTable::Reload::real : reload);
        run(driver, stream, size);
        ASSERT_THAT(sorted(driver.lines), testing::ElementsAreArray(naive.lines))
            << "seed " << seed << ", batches of " << size << ", partitions " << partitions;
        EXPECT_EQ(driver.stats.dropped(flow::DropReason::late).value(), naive.late.size());
        EXPECT_EQ(driver.stats.dropped(flow::DropReason::skip).value(), naive.failed.size());
        EXPECT_EQ(driver.stats.late_closed.value(), naive.late.size());
        EXPECT_EQ(driver.stats.late_idle.value(), 0U);
        EXPECT_EQ(driver.stats.out.value(), driver.lines.size());
        EXPECT_EQ(driver.side.size(), each.late == Late::side_output ? naive.late.size() : 0U);
        EXPECT_EQ(driver.state.table->keys(), 0U);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, WindowOracle,
    testing::Values(
        Case{"tumbling_per_record", tumbling(), Emit::per_record},
        Case{"tumbling_per_record_side", tumbling(-30), Emit::per_record, Late::side_output},
        Case{"tumbling_per_record_update", tumbling(), Emit::per_record, Late::update, 150},
        Case{"tumbling_per_record_limit", tumbling(), Emit::per_record, Late::drop, 0, 20},
        Case{"tumbling_on_close", tumbling(15), Emit::on_close},
        Case{"tumbling_on_close_update", tumbling(), Emit::on_close, Late::update, 150},
        Case{"tumbling_on_close_limit", tumbling(), Emit::on_close, Late::update, 150, 20},
        Case{"tumbling_per_batch", tumbling(), Emit::per_batch},
        Case{"hopping_per_record", hopping(200, 60), Emit::per_record},
        Case{"hopping_per_record_update", hopping(200, 50), Emit::per_record, Late::update, 100},
        Case{"hopping_per_record_limit", hopping(200, 50), Emit::per_record, Late::drop, 0, 20},
        Case{"hopping_on_close", hopping(200, 50), Emit::on_close},
        Case{"hopping_on_close_uneven", hopping(200, 60), Emit::on_close, Late::side_output},
        Case{"hopping_on_close_update", hopping(200, 60), Emit::on_close, Late::update, 100},
        Case{"hopping_per_batch", hopping(200, 60), Emit::per_batch},
        Case{"session_on_close", session(), Emit::on_close},
        Case{"session_on_close_side", session(), Emit::on_close, Late::side_output},
        Case{"session_on_close_update", session(), Emit::on_close, Late::update, 80},
        Case{"session_per_record", session(), Emit::per_record},
        Case{"session_per_record_limit", session(), Emit::per_record, Late::drop, 0, 15},
        Case{"session_per_record_update", session(), Emit::per_record, Late::update, 80},
        Case{"session_per_batch", session(), Emit::per_batch}),
    [](const testing::TestParamInfo<Case>& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace leat::operators
