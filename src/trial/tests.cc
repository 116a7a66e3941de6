#include "trial/tests.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "trial/modes.h"
#include "trial/prepare.h"
#include "trial/show.h"
#include "trial/timeline.h"

namespace leat::trial {
namespace {

constexpr std::uint64_t kFewRows = 3;
constexpr std::size_t kLettersMax = 10;  // shown of those that nobody asked for

bool is_error(const spec::Diagnostic& diagnostic) {
  return diagnostic.severity == spec::Severity::error;
}

// One row, a few, all: those that differ.
std::vector<std::uint64_t> batch_sizes(std::size_t rows) {
  std::vector<std::uint64_t> sizes{1};
  if (rows > kFewRows) sizes.push_back(kFewRows);
  if (rows > 1) sizes.push_back(rows);
  return sizes;
}

template <class Number>
Number number_in(const OutputRow& letter, std::string_view header) {
  const std::string_view text = header_of(letter, header);
  Number number = -1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// `/input/orders/2`: which row of the test became this dead letter; "" = none by itself.
std::string input_of(const spec::PipelineSpec& definition, const Timeline& timeline,
                     const OutputRow& letter) {
  const std::string_view topic = header_of(letter, "__connect.errors.topic");
  const auto partition = number_in<std::int32_t>(letter, "__connect.errors.partition");
  const auto offset = number_in<std::int64_t>(letter, "__connect.errors.offset");
  for (std::uint32_t i = 0; i < definition.sources.size(); ++i) {
    const spec::SourceSpec& source = definition.sources[i];
    if (topic.empty() || topic_of(source) != topic) continue;
    if (const auto item = item_of(timeline, i, partition, offset))
      return json::pointer_to(json::pointer_to("/input", source.id), *item);
  }
  return "";
}

std::string rows_failed(std::size_t n) {
  return std::to_string(n) + (n == 1 ? " row" : " rows") + " failed";
}

// Of a test that passes without a word about errors.
std::string note_of(const std::vector<OutputRow>& letters) {
  if (letters.empty()) return {};
  return rows_failed(letters.size()) + " and the test says nothing about errors";
}

class Runner {
 public:
  Runner(const spec::PipelineSpec& definition, const Clock& clock, const Limits& limits)
      : definition_(definition), clock_(clock), limits_(limits) {}

  Report run() {
    if (definition_.tests.empty())
      add(prepare(definition_, {}, Failing::as_written, limits_.plugins));
    for (const spec::TestSpec& test : definition_.tests) run(test);
    return std::move(report_);
  }

 private:
  void add(const plan::PlanResult& planned) {
    add(planned.plan != nullptr ? planned.plan->warnings : planned.diagnostics);
  }
  // Every test finds the same mistakes: each is told once.
  void add(const std::vector<spec::Diagnostic>& found) {
    for (const spec::Diagnostic& one : found) {
      const bool known =
          std::any_of(report_.diagnostics.begin(), report_.diagnostics.end(), [&](const auto& old) {
            return old.pointer == one.pointer && old.code == one.code && old.span == one.span;
          });
      if (!known) report_.diagnostics.push_back(one);
    }
  }

  void run(const spec::TestSpec& test) {
    const plan::PlanResult planned =
        prepare(definition_, test.functions, Failing::as_written, limits_.plugins);
    add(planned);
    if (planned.plan == nullptr) return;
    const MadeTimeline made = make_timeline(definition_, test.inputs);
    if (!made.ok()) return add(made.mistakes);  // of the definition, at their places
    for (const spec::TestMode mode : test.modes)
      for (const std::uint64_t size : batch_sizes(made.timeline.rows))
        run(test, planned.plan, made.timeline, mode, size);
  }

  void run(const spec::TestSpec& test, const std::shared_ptr<const plan::Plan>& plan,
           const Timeline& timeline, spec::TestMode mode, std::uint64_t size) {
    const Instant begin = clock_.now();
    TestRun& made = report_.runs.emplace_back();
    made.name = test.name;
    made.mode = mode_text(mode);
    made.batch_size = size;
    World::Options options;
    options.trigger = trial_trigger(definition_.trigger, mode, size);
    options.batch_rows = std::min<std::size_t>(size, record::RecordBatch::kRowsMax);
    options.partitions = timeline.partitions;
    options.limits = limits_;
    World world(plan, std::move(options));
    if (const Status played = play(timeline, world, size); !played.ok())
      made.failures.push_back(told("", played.to_string()));
    else
      made.failures = check_all(test, world, timeline);
    if (made.passed() && !test.errors) made.note = note_of(world.output(definition_.sinks.size()));
    made.seconds = std::chrono::duration<double>(clock_.now() - begin).count();
  }

  std::vector<Failure> check_all(const spec::TestSpec& test, const World& world,
                                 const Timeline& timeline) const {
    std::vector<Failure> all;
    const auto& sinks = definition_.sinks;
    for (const spec::TestExpectation& expectation : test.expectations) {
      const auto sink = std::find_if(sinks.begin(), sinks.end(), [&](const spec::SinkSpec& one) {
        return one.id == expectation.sink;
      });
      const auto index = static_cast<std::size_t>(sink - sinks.begin());
      LEAT_CHECK(index < sinks.size());
      std::vector<Failure> some = check(*sink, expectation, world.output(index));
      std::move(some.begin(), some.end(), std::back_inserter(all));
    }
    if (!test.errors) {
      if (!all.empty()) explain(world.output(sinks.size()), timeline, all);
      return all;
    }
    std::vector<Failure> some = check_errors(
        *test.errors, world.output(sinks.size()),
        [&](const OutputRow& letter) { return input_of(definition_, timeline, letter); });
    std::move(some.begin(), some.end(), std::back_inserter(all));
    return all;
  }

  // Rows that are missing may have failed on their way.
  void explain(const std::vector<OutputRow>& letters, const Timeline& timeline,
               std::vector<Failure>& all) const {
    if (letters.empty()) return;
    Failure& failure = all.emplace_back(told(
        "errors", rows_failed(letters.size()) + " on the way, of which the test says nothing"));
    std::vector<json::Value> some;
    for (std::size_t i = 0; i < std::min(letters.size(), kLettersMax); ++i)
      some.push_back(
          show_letter(letters[i], LetterForm::whole, input_of(definition_, timeline, letters[i])));
    failure.actual = json::Value::array({}, std::move(some));
  }

  const spec::PipelineSpec& definition_;
  const Clock& clock_;
  const Limits& limits_;
  Report report_;
};

}  // namespace

bool Report::valid() const noexcept {
  return std::none_of(diagnostics.begin(), diagnostics.end(), is_error);
}

bool Report::passed() const noexcept {
  return valid() &&
         std::all_of(runs.begin(), runs.end(), [](const TestRun& run) { return run.passed(); });
}

Report run_tests(const spec::PipelineSpec& definition, const Clock& clock, const Limits& limits) {
  return Runner(definition, clock, limits).run();
}

}  // namespace leat::trial
