#include "support/simulation.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/faults.h"
#include "spec/parse.h"
#include "support/record_matchers.h"

namespace leat::test {
namespace {

using namespace std::chrono_literals;
using Same = SimulatedCase::Same;

constexpr std::uint64_t kSeedsPerRecords = 8;
constexpr std::int64_t kStartMs = 1'767'225'600'000;  // when virtual time begins

constexpr const char* kCrashes[] = {
    "cut.requested",    "barrier.injected", "barrier.aligned",     "epoch.sealed",
    "epoch.durable",    "delta.temp",       "delta.synced",        "epoch.acknowledged",
    "commit.sent",      "commit.applied",   "commit.acknowledged", "delta.applied",
    "switch.requested", "switch.flipped",   "produce.handed_over"};

const char* const kMeasures = R"json("n": "count()", "s": "sum(v)", "high": "max(v)")json";
const char* const kOrderly = R"json("n": "count()", "s": "sum(v)", "mean": "avg(v)",
                                    "a": "first(v)", "z": "last(v)",
                                    "all": "collect_list(v, 5)")json";

std::string aggregate(const std::string& settings, const std::string& measures = kOrderly) {
  return R"("aggregate": {"by": ["k"], )" + settings + (settings.empty() ? "" : ", ") +
         R"("compute": {)" + measures + "}}";
}

std::string windowed(const std::string& window, const std::string& emit,
                     const std::string& late = "", const std::string& measures = kOrderly) {
  return aggregate(R"("window": {)" + window + "}" +
                       (emit.empty() ? "" : R"(, "emit": ")" + emit + "\"") +
                       (late.empty() ? "" : R"(, "late": )" + late),
                   measures);
}

const char* const kTumbling = R"("tumbling": "10s")";
const char* const kHopping = R"("hopping": "20s", "every": "5s")";
const char* const kSession = R"("session": "6s")";
const char* const kSide = R"("side_output")";
const char* const kUpdate = R"("update", "allowed_lateness": "15s")";
const char* const kUpdateThenSide =
    R"("update", "allowed_lateness": "8s", "too_late": "side_output")";

void add_windows(std::vector<SimulatedCase>& all, const std::string& kind,
                 const std::string& window) {
  const bool session = kind == "session";
  all.push_back({kind + "_per_record", windowed(window, "per_record"), Same::rows});
  all.push_back({kind + "_per_record_update", windowed(window, "per_record", kUpdate), Same::rows});
  all.push_back({kind + "_per_batch", windowed(window, "per_batch", kSide), Same::last});
  all.push_back(
      {kind + "_per_batch_update", windowed(window, "per_batch", kUpdateThenSide), Same::last});
  all.push_back({kind + "_on_close", windowed(window, "on_close"), Same::rows, false, "", "7s"});
  all.push_back({kind + "_on_close_side", windowed(window, "on_close", kSide), Same::rows});
  all.push_back({kind + "_on_close_update", windowed(window, "on_close", kUpdateThenSide),
                 Same::rows, false, "", "3s"});
  // Which sessions a row joins is a matter of the order of all its key's rows.
  if (session) return;
  all.push_back({kind + "_scattered", windowed(window, "on_close", kSide, kMeasures), Same::set,
                 true, "", "4s"});
  all.push_back({kind + "_scattered_per_batch", windowed(window, "per_batch", "", kMeasures),
                 Same::last, true});
}

std::vector<SimulatedCase> make_cases() {
  std::vector<SimulatedCase> all = {
      {"plain", aggregate(""), Same::rows},
      {"plain_keep_row", aggregate(R"("keep_row": true)"), Same::rows},
      {"plain_per_batch", aggregate(R"("emit": "per_batch")"), Same::last},
      {"plain_complete", aggregate(R"("emit": "complete")"), Same::last},
      {"plain_null_key_group", aggregate(R"("null_key": "group")"), Same::rows},
      {"plain_ttl", aggregate(R"("ttl": "1h")"), Same::rows},
      {"plain_scattered", aggregate("", kMeasures), Same::last, true},
      {"plain_scattered_complete", aggregate(R"("emit": "complete")", kMeasures), Same::last,
       true}};
  add_windows(all, "tumbling", kTumbling);
  add_windows(all, "hopping", kHopping);
  add_windows(all, "session", kSession);
  all.push_back({"lookback", windowed(R"("lookback": "15s")", ""), Same::rows});
  all.push_back({"lookback_side",
                 windowed(R"("lookback": "15s")", "", R"("side_output", "allowed_lateness": "4s")",
                          kMeasures),
                 Same::rows});
  all.push_back({"dedupe", R"("dedupe": {"by": ["k"], "within": "10s"})", Same::rows});
  all.push_back({"dedupe_drop", R"("dedupe": {"by": ["k"], "within": "7s", "late": "drop"})",
                 Same::rows, false, "", "5s"});
  all.push_back({"dedupe_side",
                 R"("dedupe": {"by": ["k", "v"], "within": "20s", "late": "side_output"})",
                 Same::set});
  all.push_back({"windows_of_windows", windowed(kTumbling, "on_close", "", kMeasures), Same::set,
                 false,
                 R"json("aggregate": {"by": [], "window": {"tumbling": "40s"}, "emit": "on_close",
                        "compute": {"n": "sum(n)", "s": "sum(s)"}})json"});
  all.push_back({"aggregate_of_dedupe", R"("dedupe": {"by": ["k", "v"], "within": "10s"})",
                 Same::last, false, aggregate("", kMeasures)});
  const auto by_clock = [](const char* window) {
    return std::string(window) + R"(, "time": "processing")";
  };
  all.push_back({"tumbling_by_clock",
                 windowed(by_clock(R"("tumbling": "100ms")"), "on_close", "", kMeasures),
                 Same::sums});
  all.push_back(
      {"hopping_by_clock",
       windowed(by_clock(R"("hopping": "200ms", "every": "50ms")"), "on_close", "", kMeasures),
       Same::sums});
  const std::string tail =
      R"json("n": "count()", "s": "sum(v)", "all": "collect_list(v, 100)")json";
  all.push_back(
      {"plain_short_ttl", aggregate(R"("ttl": "90ms", "keep_row": true)", tail), Same::tails});
  all.push_back({"lookback_by_clock", windowed(by_clock(R"("lookback": "120ms")"), "", "", tail),
                 Same::tails});
  all.push_back({"session_by_clock",
                 windowed(by_clock(R"("session": "60ms")"), "on_close", "", kMeasures),
                 Same::sums});
  return all;
}

bool has_side(const SimulatedCase& of) { return of.step.find("side_output") != std::string::npos; }

std::string definition_of(const SimulatedCase& of) {
  std::string text = R"({"name": "simulated", "sources": {"in": {"kafka": {"topics": ["in"]},
      "event_time": {"idle_after": "1h", "max_lateness": ")" +
                     of.max_lateness + R"("}}}, "steps": [{"id": "first", )" + of.step + "}";
  if (!of.below.empty()) text += R"(, {"id": "second", )" + of.below + "}";
  text += R"(], "sinks": {"out": {"from": ")" + std::string(of.below.empty() ? "first" : "second") +
          R"(", "kafka": {"topic": "out"}})";
  if (has_side(of)) text += R"(, "late": {"from": "first.late", "kafka": {"topic": "late"}})";
  return text + "}}";
}

// The text of a member of a JSON object as we write them; "" = it has none.
std::string member(std::string_view object, std::string_view name) {
  const std::string head = "\"" + std::string(name) + "\":";
  const std::size_t at = object.find(head);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = object.substr(at + head.size());
  return std::string(rest.substr(0, rest.find_first_of(",}")));
}

// Rows of one identity replace each other.
std::string identity_of(const OutputRow& row) {
  const std::string key = row.key.value_or("(null)");
  const std::string value = row.value.value_or("");
  if (key.starts_with("[")) return key;  // has the window's start
  return key + " " + member(value, "k") + " " + member(value, "window_start");
}

std::string text_of(const OutputRow& row) {
  std::string text = row.key.value_or("(null)") + "=" + row.value.value_or("(null)");
  for (const auto& [name, value] : row.headers)
    if (name == "leat-late-by") text += " " + name + "=" + value;
  return text;
}

using Groups = std::map<std::string, std::vector<std::string>>;

Groups grouped(const std::vector<OutputRow>& rows) {
  Groups groups;
  for (const OutputRow& row : rows) groups[identity_of(row)].push_back(text_of(row));
  return groups;
}

Groups last_of_each(const std::vector<OutputRow>& rows) {
  std::map<std::string, const OutputRow*> last;
  for (const OutputRow& row : rows) last[identity_of(row)] = &row;
  Groups groups;
  for (const auto& [identity, row] : last)
    if (row->value) groups[identity] = {text_of(*row)};
  return groups;
}

Groups sums_of(const std::vector<OutputRow>& rows) {
  std::map<std::string, std::pair<long long, long long>> sums;
  for (const OutputRow& row : rows) {
    const std::string value = row.value.value_or("");
    auto& [n, s] = sums[member(value, "k")];
    n += std::atoll(member(value, "n").c_str());
    s += std::atoll(member(value, "s").c_str());
  }
  Groups groups;
  for (const auto& [key, sum] : sums)
    groups[key] = {"n=" + std::to_string(sum.first) + " s=" + std::to_string(sum.second)};
  return groups;
}

std::vector<std::string> items_of(std::string_view list) {
  std::vector<std::string> items;
  for (std::size_t at = 0; at < list.size(); at = std::min(list.size(), list.find(',', at)) + 1)
    items.emplace_back(list.substr(at, list.find(',', at) - at));
  return items;
}

bool same_items(std::vector<std::string> a, std::vector<std::string> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

// `all` of a row has the row's own value and an end of what the row before had, or all of it (then
// in the order of event times).
Groups tails_of(const std::vector<OutputRow>& rows) {
  struct Known {
    std::vector<std::string> all;
    long long n = 0;
  };
  std::map<std::string, Known> before;
  Groups groups;
  for (const OutputRow& row : rows) {
    const std::string identity = identity_of(row);
    const std::string value = row.value.value_or("");
    const std::string own = member(value, "v");
    const std::size_t begin = value.find("\"all\":[");
    const std::size_t end = value.find(']', begin);
    std::vector<std::string> all;
    if (begin != std::string::npos && end != std::string::npos)
      all = items_of(std::string_view(value).substr(begin + 7, end - begin - 7));
    Known known = std::exchange(before[identity], {all, std::atoll(member(value, "n").c_str())});
    const Known& now = before[identity];
    if (!own.empty()) known.all.push_back(own);
    long long sum = 0;
    for (const std::string& item : all) sum += std::atoll(item.c_str());
    const bool tail =
        all.size() <= known.all.size() && std::equal(all.rbegin(), all.rend(), known.all.rbegin());
    const bool right = (tail || same_items(all, known.all)) && (own.empty() || !all.empty()) &&
                       now.n <= known.n + 1 &&
                       now.n >= std::max<long long>(1, static_cast<long long>(all.size())) &&
                       (all.empty() || std::atoll(member(value, "s").c_str()) == sum);
    groups[identity].push_back(right ? "v=" + own : "wrong behind its rows: " + text_of(row));
  }
  return groups;
}

Groups what_counts(Same same, const std::vector<OutputRow>& rows) {
  if (same == Same::last) return last_of_each(rows);
  if (same == Same::sums) return sums_of(rows);
  if (same == Same::tails) return tails_of(rows);
  Groups groups = grouped(rows);
  if (same == Same::set)
    for (auto& [identity, texts] : groups) std::sort(texts.begin(), texts.end());
  return groups;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += "\n      " + line;
  return text.empty() ? " nothing" : text;
}

std::string first_difference(const Groups& expected, const Groups& seen) {
  std::set<std::string> identities;
  for (const auto& [identity, rows] : expected) identities.insert(identity);
  for (const auto& [identity, rows] : seen) identities.insert(identity);
  for (const std::string& identity : identities) {
    const auto right = expected.find(identity);
    const auto here = seen.find(identity);
    const auto none = std::vector<std::string>();
    const auto& a = right == expected.end() ? none : right->second;
    const auto& b = here == seen.end() ? none : here->second;
    if (a != b)
      return "rows of " + identity + "\n    expected" + joined(a) + "\n    got" + joined(b);
  }
  return {};
}

std::string letter_of(const OutputRow& letter) {
  std::string text;
  for (const auto& [name, value] : letter.headers)
    if (name == "leat-step" || name == "leat-error" || name == "leat-src") text += value + " ";
  return text + letter.key.value_or("(null)") + "=" + letter.value.value_or("(null)");
}

// A value of mostly small numbers, sometimes what no aggregate takes.
FakeRecord record_of(const std::string& key, std::int64_t time_ms, bool overflows,
                     std::mt19937_64& random) {
  FakeRecord record;
  record.key = key;
  record.timestamp_ms = time_ms;
  const auto number = static_cast<int>(random() % 24) - 3;
  const std::string k = R"({"k":")" + key + "\"";
  switch (random() % 40) {
    case 0: record.value = "{oops"; break;
    case 1: record.value = R"({"k":null,"v":1})"; break;
    case 2: record.value = R"({"v":)" + std::to_string(number) + "}"; break;
    case 3: record.value = k + R"(,"v":"x"})"; break;
    case 4: record.value = k + "}"; break;
    case 5: record.value = std::nullopt; break;
    case 6: record.value = k + (overflows ? R"(,"v":9223372036854775800})" : R"(,"v":900})"); break;
    default: record.value = k + R"(,"v":)" + std::to_string(number) + "}";
  }
  return record;
}

}  // namespace

const std::vector<SimulatedCase>& simulated_cases() {
  static const std::vector<SimulatedCase> all = make_cases();
  return all;
}

Simulation::Simulation(const SimulatedCase& of) : case_(of) {
  const spec::ParseResult definition = spec::parse_pipeline(definition_of(of));
  if (!definition.ok())
    base::check_failed(__FILE__, __LINE__, definition.diagnostics.front().message.c_str());
  for (const std::uint32_t parallelism : {1U, 2U, 4U}) {
    plan::PlanResult planned = plan::build_plan(definition.spec, {.workers = parallelism});
    if (planned.plan == nullptr)
      base::check_failed(__FILE__, __LINE__, planned.diagnostics.front().message.c_str());
    plans_[parallelism] = planned.plan;
  }
}

// Few keys have most of the rows. Time goes on in each partition at a pace of its own; some rows
// are behind it. A last row in each partition closes what is open.
Simulation::Records Simulation::make_records(std::uint64_t seed) const {
  std::mt19937_64 random(seed * 0x9e3779b97f4a7c15ULL + 1);
  Records records;
  records.partitions = 1 + random() % 3;
  const std::size_t count = 20 + random() % 41;
  const bool overflows = !case_.scattered && random() % 2 == 0 && case_.same != Same::sums &&
                         case_.same != Same::tails &&
                         case_.name.find("on_close") == std::string::npos && case_.below.empty();
  std::vector<std::int64_t> times(records.partitions, kStartMs + 100'000);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t skewed = random() % 8 * (random() % 8) / 8;
    const std::string key(1, static_cast<char>('a' + skewed));
    const std::size_t partition =
        (case_.scattered ? random() : skewed * 7 + seed) % records.partitions;
    std::int64_t& now = times[partition];
    now += static_cast<std::int64_t>(random() % 5) * 1000 * (partition + 1 == 3 ? 3 : 1);
    std::int64_t time = now;
    if (random() % 3 == 0) time -= static_cast<std::int64_t>(random() % 12) * 1000;
    if (random() % 16 == 0) time -= static_cast<std::int64_t>(random() % 60) * 1000;
    Input row{record_of(key, time, overflows, random), partition};
    // Rows without a key are those of one group.
    if (!case_.scattered && row.record.value &&
        row.record.value->find(R"("k":")") == std::string::npos)
      row.partition = 0;
    records.rows.push_back(std::move(row));
  }
  for (std::size_t p = 0; p < records.partitions; ++p) {
    FakeRecord last;
    last.key = "end" + std::to_string(p);
    last.value = R"({"k":")" + *last.key + R"(","v":0})";
    last.timestamp_ms = kStartMs + 10 * 3'600'000;
    records.rows.push_back({std::move(last), p});
  }
  return records;
}

SimulatedOutcome Simulation::outcome_of(GraphDriver& graph) const {
  SimulatedOutcome outcome;
  if (graph.pipeline().actual() != runtime::Actual::running)
    outcome.trouble = "the pipeline does not run: " + graph.pipeline().snapshot()->reason;
  for (const char* sink : {"out", "late"}) {
    if (std::string(sink) == "late" && !has_side(case_)) continue;
    outcome.committed[sink] = graph.committed(sink);
    outcome.all[sink] = graph.output(sink);
  }
  for (const OutputRow& letter : graph.committed_dead_letters())
    outcome.letters.push_back(letter_of(letter));
  std::sort(outcome.letters.begin(), outcome.letters.end());
  return outcome;
}

SimulatedOutcome Simulation::run_plainly(const Records& records) {
  GraphDriver graph(plans_.at(1), {.partitions = records.partitions, .trigger = real_time(50ms)});
  for (const Input& input : records.rows) graph.append("in", input.record, input.partition);
  graph.drain();
  graph.advance(2s);
  return outcome_of(graph);
}

// What the schedule does, one step after the other.
struct Simulation::Moves {
  GraphDriver& graph;
  const std::map<std::uint32_t, std::shared_ptr<const plan::Plan>>& plans;
  std::mt19937_64& random;
  std::uint64_t crashes_left;
  std::uint64_t armed_for = ~std::uint64_t{0};  // the life in which a crash waits to happen
  bool lost = false;                            // partitions, at some time

  std::size_t below(std::size_t end) { return random() % end; }
  spec::TriggerSpec trigger() {
    const auto interval = std::chrono::milliseconds(20 + below(180));
    if (below(2) == 0) return real_time(interval);
    return micro_batch(interval, below(3) == 0 ? 1 + below(8) : 0);
  }
  void arm() {
    if (crashes_left == 0 || armed_for == graph.crashes()) return;
    --crashes_left;
    armed_for = graph.crashes();
    const std::string at = kCrashes[below(std::size(kCrashes))];
    const std::string pass = std::to_string(1 + below(4));
    LEAT_CHECK(base::Faults::configure(at + "=crash@" + pass).ok());
    if (below(4) == 0)
      graph.faults_of_next_life = below(2) == 0 ? "restore.begun=crash" : "restore.done=crash";
  }
  void move() {
    switch (below(24)) {
      case 0: graph.begin_switch_to(trigger()); break;
      case 1: graph.sink.acknowledge = !graph.sink.acknowledge; break;
      case 2: graph.hold_disk = !graph.hold_disk; break;
      case 3: graph.source.hold_commits = !graph.source.hold_commits; break;
      case 4: graph.source.revoke = true; break;
      case 5: graph.source.lose = lost = true; break;
      case 6: graph.advance(std::chrono::milliseconds(below(150))); break;
      case 7:
        if (below(3) == 0) graph.crash(plans.at(1U << below(3)));
        break;
      default: break;
    }
    graph.take_uneven_turns(static_cast<int>(below(8)));
    graph.clock.advance(std::chrono::milliseconds(below(30)));
  }
  void let_go() {
    graph.sink.acknowledge = true;
    graph.hold_disk = false;
    graph.source.hold_commits = false;
  }
};

SimulatedOutcome Simulation::run_schedule(const Records& records, std::mt19937_64& random) {
  GraphDriver::Options options;
  options.partitions = records.partitions;
  options.seed = random();
  options.poll_rows_max = random() % 3 == 0 ? 256 : 1 + random() % 4;
  options.trigger = random() % 2 == 0 ? real_time(std::chrono::milliseconds(10 + random() % 90))
                                      : micro_batch(std::chrono::milliseconds(10 + random() % 90));
  if (random() % 3 == 0) options.state_memory = 1;  // all that may leave memory does
  GraphDriver graph(plans_.at(1U << random() % 3), options);
  if (random() % 3 == 0) graph.sink.in_flight_max = 1 + random() % 3;
  Moves moves{graph, plans_, random, random() % 4};
  for (std::size_t fed = 0; fed < records.rows.size();) {
    moves.arm();
    for (std::size_t n = 1 + random() % 5; n > 0 && fed < records.rows.size(); --n, ++fed)
      graph.append("in", records.rows[fed].record, records.rows[fed].partition);
    moves.move();
  }
  for (std::size_t n = random() % 6; n > 0; --n) moves.move();
  moves.let_go();
  bool arrived = graph.drained_within(60);
  graph.advance(1s);
  base::Faults::clear();
  arrived = arrived && graph.drained_within(60);
  graph.advance(2s);
  SimulatedOutcome outcome = outcome_of(graph);
  crashes_ += graph.crashes();
  if (outcome.trouble.empty() && !arrived) outcome.trouble = "not all was committed in time";
  // A run that is thrown away counted what it did not finish.
  if (outcome.trouble.empty() && !moves.lost) outcome.trouble = graph.unbalanced();
  return outcome;
}

std::string Simulation::difference_at(const std::string& sink, const SimulatedOutcome& expected,
                                      const SimulatedOutcome& seen) const {
  const bool late = sink == "late";
  const bool in_order = !case_.scattered && case_.same != Same::set;
  const Same same = !late ? case_.same : in_order ? Same::rows : Same::set;
  const auto& right = expected.committed.at(sink);
  std::string text =
      first_difference(what_counts(same, right), what_counts(same, seen.committed.at(sink)));
  if (!text.empty()) return "sink " + sink + ": " + text;
  if (same != Same::rows && same != Same::set) return {};
  // What a crash left behind is a copy of what is right.
  std::set<std::string> known;
  for (const OutputRow& row : right) known.insert(text_of(row));
  for (const OutputRow& row : seen.all.at(sink))
    if (!known.contains(text_of(row)))
      return "sink " + sink + ": a row that was not committed is not right: " + text_of(row);
  return {};
}

std::string Simulation::difference(const SimulatedOutcome& expected,
                                   const SimulatedOutcome& seen) const {
  if (!seen.trouble.empty()) return seen.trouble;
  for (const auto& [sink, rows] : expected.committed)
    if (std::string text = difference_at(sink, expected, seen); !text.empty()) return text;
  if (expected.letters != seen.letters)
    return "dead letters\n    expected" + joined(expected.letters) + "\n    got" +
           joined(seen.letters);
  return {};
}

std::string Simulation::run(std::uint64_t seed) {
  const std::uint64_t of_records = seed / kSeedsPerRecords;
  auto known = records_.find(of_records);
  if (known == records_.end()) {
    records_.clear();
    known = records_.emplace(of_records, make_records(of_records)).first;
    known->second.expected = run_plainly(known->second);
    LEAT_CHECK(known->second.expected.trouble.empty());
  }
  std::mt19937_64 random(seed);
  base::plant(mutant);
  const SimulatedOutcome seen = run_schedule(known->second, random);
  base::plant(base::Mutant::none);
  return difference(known->second.expected, seen);
}

}  // namespace leat::test
