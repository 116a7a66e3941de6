#include <random>
#include <set>
#include <tuple>

#include <gmock/gmock.h>

#include "base/faults.h"
#include "flow/case_file.h"
#include "plan/plan.h"
#include "support/graph_driver.h"
#include "support/record_matchers.h"

// Trigger equivalence: every case gives the same committed output under every trigger, every
// schedule of switches, every parallelism, and with a crash at every kind of boundary.
namespace leat::test {
namespace {

using namespace std::chrono_literals;

enum class Schedule : std::uint8_t { held, at_once, switching };

constexpr const char* kFaults[] = {"",
                                   "barrier.injected",
                                   "barrier.aligned",
                                   "cut.requested",
                                   "epoch.sealed",
                                   "epoch.acknowledged",
                                   "commit.sent",
                                   "commit.acknowledged",
                                   "commit.applied",
                                   "produce.handed_over",
                                   "switch.requested",
                                   "switch.flipped"};
constexpr std::uint64_t kPasses = 2;
constexpr std::size_t kPartitions = 3;

std::vector<std::string> sorted(std::vector<std::string> rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

spec::TriggerSpec first_trigger(Schedule schedule) {
  return schedule == Schedule::held ? micro_batch(100ms) : real_time(50ms);
}

// The point is passed whatever the records are; those of a switch only where there are switches.
bool must_crash(Schedule schedule, const std::string& fault, std::uint64_t pass) {
  if (fault.empty() || pass > 1) return false;
  return schedule == Schedule::switching || !fault.starts_with("switch.");
}

void feed_and_drain(GraphDriver& graph, const CaseFile& test, Schedule schedule,
                    std::mt19937_64& random) {
  // Sources take turns, each keeps its own order.
  std::map<std::string, std::vector<const CaseFile::Input*>> waiting;
  for (const CaseFile::Input& input : test.input) waiting[input.source].push_back(&input);
  std::map<std::string, std::size_t> next;
  bool held = schedule == Schedule::held;
  for (std::size_t fed = 0; fed < test.input.size();) {
    for (const auto& [source, inputs] : waiting) {
      for (std::size_t n = 1 + random() % 3; n > 0 && next[source] < inputs.size(); --n, ++fed) {
        const CaseFile::Input& input = *inputs[next[source]++];
        graph.append(source, input.record, input.partition);
      }
    }
    graph.take_turns(static_cast<int>(random() % 4));
    if (schedule == Schedule::switching) {
      held = !held;
      graph.begin_switch_to(held ? micro_batch(100ms) : real_time(50ms));
    }
    graph.advance(Duration(static_cast<Duration::rep>(random() % 150'000'000)));
  }
  graph.drain();
  // Partitions fall idle: what waited for them comes out.
  graph.advance(30s);
}

void check_outputs(const GraphDriver& graph, const CaseFile& test) {
  for (const auto& [sink, rows] : test.expect) {
    const std::vector<OutputRow> committed = graph.committed(sink);
    ASSERT_EQ(sorted(pairs_of(committed)), rows) << "sink " << sink;
    if (test.ordered) {
      ASSERT_EQ(order_broken_at(committed), "") << "sink " << sink;
    }
    // What a crash left behind is a copy of what is right.
    const std::set<std::string> right(rows.begin(), rows.end());
    for (const std::string& row : pairs_of(graph.output(sink)))
      ASSERT_TRUE(right.contains(row)) << row;
    if (graph.crashes() == 0) {
      ASSERT_EQ(graph.output(sink).size(), rows.size()) << "doubled without a crash";
    }
  }
}

std::string header_of(const OutputRow& row, const std::string& name) {
  for (const auto& [key, value] : row.headers)
    if (key == name) return value;
  return "";
}

std::vector<std::string> errors_of(const std::vector<OutputRow>& letters) {
  std::vector<std::string> lines;
  for (const OutputRow& letter : letters)
    lines.push_back(header_of(letter, "leat-step") + " " + header_of(letter, "leat-error") + " " +
                    letter.key.value_or("(null)") + "=" + letter.value.value_or("(null)"));
  return lines;
}

// A dead letter is its source record, byte for byte, and says where that stands.
void check_letter(const GraphDriver& graph, const OutputRow& letter) {
  const std::string at =
      letter.topic + "-" + std::to_string(letter.partition) + "-" + std::to_string(letter.offset);
  SCOPED_TRACE(at);
  ASSERT_EQ(header_of(letter, "leat-src"), at + "-0");
  ASSERT_EQ(header_of(letter, "__connect.errors.topic"), letter.topic);
  for (const auto& [source, topic] : graph.broker.topics()) {
    if (topic.partitions[0]->origin.topic != letter.topic) continue;
    const FakeRecord& record = topic.partitions[static_cast<std::size_t>(letter.partition)]
                                   ->records[static_cast<std::size_t>(letter.offset)];
    ASSERT_EQ(letter.key, record.key);
    ASSERT_EQ(letter.value, record.value);
    ASSERT_GE(letter.headers.size(), record.headers.size());
    ASSERT_TRUE(std::equal(record.headers.begin(), record.headers.end(), letter.headers.begin()));
    return;
  }
  FAIL() << "no such topic";
}

void check_dead_letters(const GraphDriver& graph, const CaseFile& test) {
  ASSERT_EQ(sorted(errors_of(graph.committed_dead_letters())), test.errors);
  const std::set<std::string> right(test.errors.begin(), test.errors.end());
  for (const OutputRow& letter : graph.dead_letters())
    ASSERT_NO_FATAL_FAILURE(check_letter(graph, letter));
  for (const std::string& line : errors_of(graph.dead_letters()))
    ASSERT_TRUE(right.contains(line)) << line;
  if (graph.crashes() == 0) {
    ASSERT_EQ(graph.dead_letters().size(), test.errors.size()) << "doubled without a crash";
  }
}

void run_case(const CaseFile& test, const std::shared_ptr<const plan::Plan>& plan,
              Schedule schedule, const std::string& fault, std::uint64_t pass) {
  const std::uint64_t seed = std::hash<std::string>()(test.name + fault) + pass;
  std::mt19937_64 random(seed);
  GraphDriver graph(plan, {.partitions = kPartitions,
                           .seed = seed,
                           .poll_rows_max = 1 + random() % 3,
                           .trigger = first_trigger(schedule)});
  if (random() % 2 == 0) graph.sink.in_flight_max = 1;  // cuts are under way while more is polled
  if (!fault.empty()) {
    const Status armed = base::Faults::configure(fault + "=crash@" + std::to_string(pass));
    ASSERT_TRUE(armed.ok()) << armed.to_string();
  }
  feed_and_drain(graph, test, schedule, random);
  if (must_crash(schedule, fault, pass)) {
    ASSERT_EQ(graph.crashes(), 1U);
  }
  check_outputs(graph, test);
  if (!::testing::Test::HasFatalFailure()) check_dead_letters(graph, test);
  ASSERT_EQ(graph.unbalanced(), "");
}

struct Equivalence : ::testing::TestWithParam<std::tuple<Schedule, std::uint32_t>> {};

TEST_P(Equivalence, EveryCaseGivesTheSameOutputWithACrashAtEveryBoundary) {
  const auto& [schedule, parallelism] = GetParam();
  const auto paths = case_paths();
  ASSERT_GE(paths.size(), 10U);
  for (const auto& path : paths) {
    SCOPED_TRACE(path.filename().string());
    Result<CaseFile> test = read_case(path);
    ASSERT_TRUE(test.ok()) << test.status().to_string();
    const plan::PlanResult planned = plan::build_plan(test->spec, {.workers = parallelism});
    ASSERT_NE(planned.plan, nullptr) << planned.diagnostics.front().message;
    ASSERT_EQ(planned.plan->parallelism, parallelism) << "a case leaves the parallelism open";
    for (const char* fault : kFaults) {
      for (std::uint64_t pass = 1; pass <= kPasses; ++pass) {
        SCOPED_TRACE(std::string("crash at ") + fault + " pass " + std::to_string(pass));
        ASSERT_NO_FATAL_FAILURE(run_case(*test, planned.plan, schedule, fault, pass));
      }
    }
  }
}

std::string name_of(const ::testing::TestParamInfo<std::tuple<Schedule, std::uint32_t>>& info) {
  static constexpr const char* kNames[] = {"Held", "AtOnce", "Switching"};
  return std::string(kNames[static_cast<std::size_t>(std::get<0>(info.param))]) + "Times" +
         std::to_string(std::get<1>(info.param));
}

INSTANTIATE_TEST_SUITE_P(Cases, Equivalence,
                         ::testing::Combine(::testing::Values(Schedule::held, Schedule::at_once,
                                                              Schedule::switching),
                                            ::testing::Values(1U, 2U, 4U)),
                         name_of);

}  // namespace
}  // namespace leat::test
