#include "spec/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "definitions.h"
#include "json/parse.h"

namespace leat::spec {
namespace {

using namespace testing;  // NOLINT
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ParsePipeline, TheSmallestDefinitionHasDefaults) {
  const ParseResult result = parse_pipeline(kSmallest);
  ASSERT_TRUE(result.ok()) << codes(result.diagnostics);
  EXPECT_THAT(result.diagnostics, IsEmpty());
  const PipelineSpec& spec = *result.spec;
  EXPECT_EQ(spec.name, "big-orders");
  EXPECT_EQ(spec.trigger.mode, TriggerMode::real_time);
  EXPECT_EQ(spec.trigger.checkpoint_interval, 1s);
  EXPECT_EQ(spec.parallelism, 0u);
  ASSERT_EQ(spec.sources.size(), 1u);
  EXPECT_EQ(spec.sources[0].id, "orders");
  EXPECT_EQ(spec.sources[0].format, Format::json);
  const auto& kafka = std::get<KafkaSourceSpec>(spec.sources[0].kind);
  EXPECT_THAT(kafka.topics, ElementsAre("orders"));
  EXPECT_EQ(kafka.start.kind, StartSpec::Kind::earliest);
  EXPECT_EQ(kafka.group + kafka.profile + kafka.pattern, "");
  ASSERT_EQ(spec.steps.size(), 1u);
  EXPECT_EQ(spec.steps[0].id, "filter-0");
  EXPECT_FALSE(spec.steps[0].id_given);
  EXPECT_THAT(spec.steps[0].from, ElementsAre("orders"));
  EXPECT_EQ(std::get<FilterStep>(spec.steps[0].verb).condition.text, "(amount ?? 0) > 100");
  EXPECT_EQ(std::get<FilterStep>(spec.steps[0].verb).condition.pointer, "/steps/0/filter");
  ASSERT_EQ(spec.sinks.size(), 1u);
  EXPECT_THAT(spec.sinks[0].from, ElementsAre("filter-0"));
  const auto& sink = std::get<KafkaSinkSpec>(spec.sinks[0].kind);
  EXPECT_EQ(sink.topic, "big-orders");
  EXPECT_FALSE(sink.key.has_value());
  EXPECT_TRUE(sink.forward_headers);
  EXPECT_FALSE(sink.origin_header);
  EXPECT_FALSE(spec.restart.has_value());
  EXPECT_EQ(spec.text, kSmallest);
  EXPECT_EQ(
      spec.json,
      R"({"name":"big-orders","sources":{"orders":{"kafka":{"topics":["orders"]}}},)"
      R"("steps":[{"filter":"(amount ?? 0) > 100"}],"sinks":{"out":{"kafka":{"topic":"big-orders"}}}})");
}

TEST(ParsePipeline, ReadsEveryKey) {
  const ParseResult result = parse_pipeline(kFull);
  ASSERT_TRUE(result.ok()) << codes(result.diagnostics);
  EXPECT_THAT(result.diagnostics, IsEmpty());
  const PipelineSpec& spec = *result.spec;
  EXPECT_EQ(spec.description, "all of it\nand more");
  EXPECT_EQ(spec.labels, (std::map<std::string, std::string>{{"team", "a"}, {"stage.1", ""}}));
  EXPECT_EQ(spec.trigger, (TriggerSpec{TriggerMode::micro_batch, 90s, 5000, Duration{}}));
  EXPECT_EQ(spec.parallelism, 4u);
  EXPECT_EQ(spec.limits.records_per_second, 100u);
  EXPECT_EQ(spec.limits.bytes_per_second, 1024u * 1024);
  EXPECT_EQ(spec.limits.memory_bytes, 64u << 20);
  EXPECT_EQ(spec.limits.state_bytes, 1u << 30);
  ASSERT_TRUE(spec.restart.has_value());
  EXPECT_EQ(spec.restart->initial, 2s);
  EXPECT_EQ(spec.restart->max, 5min);
  EXPECT_EQ(spec.restart->give_up_after, 3u);
}

TEST(ParsePipeline, ReadsEveryKeyOfSources) {
  const auto spec = parse_pipeline(kFull).spec;
  ASSERT_TRUE(spec);
  ASSERT_EQ(spec->sources.size(), 4u);
  const auto& kafka = std::get<KafkaSourceSpec>(spec->sources[0].kind);
  EXPECT_THAT(kafka.topics, ElementsAre("orders", "orders-eu"));
  EXPECT_EQ(kafka.profile, "default");
  EXPECT_EQ(kafka.group, "g");
  EXPECT_THAT(spec->sources[0].partitioned_by, ElementsAre(FieldPath{"user", "id"}));
  EXPECT_EQ(kafka.start.kind, StartSpec::Kind::offsets);
  EXPECT_EQ(kafka.start.offsets,
            (std::map<std::string, std::int64_t>{{"orders-0", 12}, {"orders-eu-3", 0}}));
  EXPECT_EQ(kafka.properties,
            (std::map<std::string, std::string>{{"fetch.min.bytes", "10"},
                                                {"client.rack", "r1"},
                                                {"socket.keepalive.enable", "true"},
                                                {"fetch.wait.max.ms", "50"}}));
  const auto& file = std::get<FileSourceSpec>(spec->sources[2].kind);
  EXPECT_EQ(file.path, "in/a.ndjson");
  EXPECT_TRUE(file.follow);
  EXPECT_EQ(spec->sources[2].format, Format::string);
  const auto& generator = std::get<GeneratorSpec>(spec->sources[3].kind);
  EXPECT_EQ(generator.rows_per_second, 2.5);
  EXPECT_EQ(generator.rows, 10u);
  ASSERT_EQ(generator.fields.size(), 2u);
  EXPECT_EQ(generator.fields[1].first, "odd name");
  EXPECT_EQ(generator.fields[1].second.text, "seq % 2");
  EXPECT_EQ(generator.fields[1].second.pointer, "/sources/made/generator/fields/odd name");
}

TEST(ParsePipeline, ReadsEveryKeyOfSteps) {
  const auto spec = parse_pipeline(kFull).spec;
  ASSERT_TRUE(spec);
  ASSERT_EQ(spec->steps.size(), 13u);
  EXPECT_FALSE(spec->steps[0].on_error.has_value());
  EXPECT_EQ(spec->steps[1].on_error, ErrorAction::skip);
  EXPECT_EQ(spec->steps[0].id, "all");
  EXPECT_EQ(spec->steps[0].description, "d");
  EXPECT_THAT(spec->steps[0].from, ElementsAre("orders", "made", "orders"));
  const auto& set = std::get<SetStep>(spec->steps[1].verb).fields;
  EXPECT_EQ(spec->steps[1].id, "set-1");
  EXPECT_THAT(set[1].target, ElementsAre("x", "y-z"));
  EXPECT_EQ(set[1].value.text, "2");
  EXPECT_EQ(set[1].pointer, "/steps/1/set/x.`y-z`");
  EXPECT_THAT(set[1].copy_of, IsEmpty());
  EXPECT_THAT(std::get<SelectStep>(spec->steps[2].verb).fields[1].target, ElementsAre("v", "w"));
  const auto& list = std::get<SelectStep>(spec->steps[3].verb).fields;
  ASSERT_EQ(list.size(), 3u);
  EXPECT_THAT(list[1].target, ElementsAre("w"));
  EXPECT_THAT(list[1].copy_of, ElementsAre("v", "w"));
  EXPECT_EQ(list[1].value.text, "v.w");
  EXPECT_EQ(list[1].pointer, "/steps/3/select/1");
  EXPECT_THAT(list[2].target, ElementsAre("in"));
  EXPECT_EQ(list[2].value.text, "`in`");
  EXPECT_THAT(std::get<DropStep>(spec->steps[4].verb).fields[1], ElementsAre("gone", "too"));
  const auto& explode = std::get<ExplodeStep>(spec->steps[5].verb);
  EXPECT_THAT(explode.field, ElementsAre("k", "list"));
  EXPECT_THAT(explode.as, ElementsAre("k", "item"));
  EXPECT_THAT(*explode.index, ElementsAre("i"));
  EXPECT_TRUE(explode.outer);
  EXPECT_THAT(std::get<RepartitionStep>(spec->steps[6].verb).by[0], ElementsAre("k"));
  EXPECT_THAT(spec->steps[6].from, ElementsAre("apart"));
  for (const StepSpec& step : spec->steps) EXPECT_FALSE(verb_of(step).empty());
}

TEST(ParsePipeline, ReadsEveryKeyOfKeyedSteps) {
  const auto spec = parse_pipeline(kFull).spec;
  ASSERT_TRUE(spec);
  const auto& spent = std::get<AggregateStep>(spec->steps[7].verb);
  ASSERT_EQ(spent.by.size(), 2u);
  EXPECT_THAT(spent.by[1].target, ElementsAre("place", "city"));
  EXPECT_EQ(spent.by[1].value.text, "lower(city)");
  EXPECT_FALSE(spent.by[1].value.aggregates);
  EXPECT_THAT(spent.by[1].copy_of, IsEmpty());
  EXPECT_TRUE(spent.null_is_key);
  ASSERT_TRUE(spent.window.has_value());
  EXPECT_EQ(spent.window->kind, WindowSpec::Kind::hopping);
  EXPECT_EQ(spent.window->size, 1h);
  EXPECT_EQ(spent.window->every, 10min);
  EXPECT_EQ(spent.window->offset, -15s);
  EXPECT_FALSE(spent.window->processing_time);
  ASSERT_EQ(spent.compute.size(), 2u);
  EXPECT_THAT(spent.compute[1].target, ElementsAre("mean", "x"));
  EXPECT_EQ(spent.compute[1].value.pointer, "/steps/7/aggregate/compute/mean.x");
  EXPECT_TRUE(spent.compute[1].value.aggregates);
  EXPECT_EQ(spent.emit, Emit::per_batch);
  EXPECT_FALSE(spent.keep_row);
  EXPECT_EQ(spent.late, LateRows::update);
  EXPECT_EQ(spent.allowed_lateness, 5min);
  EXPECT_TRUE(spent.too_late_to_side);
  const auto& ever = std::get<AggregateStep>(spec->steps[8].verb);
  EXPECT_THAT(ever.by, IsEmpty());
  EXPECT_FALSE(ever.window.has_value());
  EXPECT_EQ(ever.ttl, 7 * 24h);
  EXPECT_EQ(ever.emit, Emit::complete);
  const auto& daily = std::get<AggregateStep>(spec->steps[9].verb);
  EXPECT_THAT(daily.by[0].target, ElementsAre("id"));
  EXPECT_THAT(daily.by[0].copy_of, ElementsAre("user", "id"));
  EXPECT_EQ(daily.window->kind, WindowSpec::Kind::tumbling);
  EXPECT_EQ(daily.window->every, 24h) << "a tumbling window begins where the last one ends";
  EXPECT_EQ(daily.late, LateRows::drop);
  const auto& talks = std::get<AggregateStep>(spec->steps[10].verb);
  EXPECT_EQ(talks.window->kind, WindowSpec::Kind::session);
  EXPECT_EQ(talks.emit, Emit::on_close) << "the default of sessions";
  const auto& recent = std::get<AggregateStep>(spec->steps[11].verb);
  EXPECT_EQ(recent.window->kind, WindowSpec::Kind::lookback);
  EXPECT_EQ(recent.emit, Emit::per_record);
  EXPECT_TRUE(recent.keep_row) << "always so for a lookback";
  EXPECT_EQ(recent.allowed_lateness, 60s) << "by default the size of the window";
  const auto& first = std::get<DedupeStep>(spec->steps[12].verb);
  EXPECT_THAT(first.by[0].copy_of, ElementsAre("k"));
  EXPECT_EQ(first.within, 24h);
  EXPECT_EQ(first.late, LateRows::side_output);
  EXPECT_THAT(spec->steps[12].from, ElementsAre("spent.late", "recent"));
}

TEST(ParsePipeline, ReadsEveryKeyOfSinks) {
  const auto spec = parse_pipeline(kFull).spec;
  ASSERT_TRUE(spec);
  ASSERT_EQ(spec->sinks.size(), 5u);
  const auto& kafka = std::get<KafkaSinkSpec>(spec->sinks[0].kind);
  EXPECT_EQ(kafka.topic, "out");
  EXPECT_EQ(std::get<Expression>(**kafka.key).text, "k");
  EXPECT_EQ(std::get<Expression>(**kafka.key).pointer, "/sinks/out/kafka/key/expr");
  ASSERT_EQ(kafka.headers.size(), 3u);
  EXPECT_EQ(std::get<std::string>(*kafka.headers[0].second), "v");
  EXPECT_EQ(std::get<Expression>(*kafka.headers[1].second).text, "k");
  EXPECT_FALSE(kafka.headers[2].second.has_value());
  EXPECT_FALSE(kafka.forward_headers);
  EXPECT_TRUE(kafka.origin_header);
  EXPECT_EQ(kafka.partition, 2);
  EXPECT_EQ(kafka.timestamp->text, "now()");
  EXPECT_EQ(kafka.compression, Compression::zstd);
  EXPECT_EQ(kafka.profile, "other");
  EXPECT_EQ(kafka.properties.at("batch.size"), "100000");
  EXPECT_THAT(spec->sinks[0].from, ElementsAre("first"));
  EXPECT_EQ(std::get<KafkaSinkSpec>(spec->sinks[1].kind).topic_expression->text, "'eu-' + k");
  EXPECT_EQ(spec->sinks[1].timestamps, TimestampText::ms);
  EXPECT_EQ(spec->sinks[1].format, Format::csv);
  EXPECT_THAT(spec->sinks[1].csv.fields, ElementsAre("k"));
  EXPECT_EQ(spec->sinks[1].csv.delimiter, '\t');
  EXPECT_EQ(std::get<FileSinkSpec>(spec->sinks[2].kind).path, "copy.ndjson");
  EXPECT_THAT(spec->sinks[2].from, ElementsAre("lines", "p"));
  EXPECT_EQ(spec->sinks[3].format, Format::bytes);
  EXPECT_TRUE(std::holds_alternative<StdoutSinkSpec>(spec->sinks[3].kind));
}

TEST(ParsePipeline, AnEqualDefinitionHasEqualJsonWhateverItsWhiteSpaceAndComments) {
  const std::string spaced = with(kSmallest, "{ \"name\"", "/* x */ {\n\n \"name\"  // y\n ");
  EXPECT_EQ(parse_pipeline(spaced).spec->json, parse_pipeline(kSmallest).spec->json);
  EXPECT_EQ(parse_pipeline(spaced).spec->text, spaced);
}

TEST(ParsePipeline, ConfigurationSetsTheDefaults) {
  Options options;
  options.checkpoint_interval = 250ms;
  options.start.kind = StartSpec::Kind::latest;
  options.restart = {3s, 1min, 7};
  const std::string text =
      with(kSmallest, "\"steps\"", "\"restart\": {\"give_up_after\": 2}, \"steps\"");
  const ParseResult result = parse_pipeline(text, options);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result.spec->trigger.checkpoint_interval, 250ms);
  EXPECT_EQ(std::get<KafkaSourceSpec>(result.spec->sources[0].kind).start.kind,
            StartSpec::Kind::latest);
  EXPECT_EQ(result.spec->restart->initial, 3s);
  EXPECT_EQ(result.spec->restart->max, 1min);
  EXPECT_EQ(result.spec->restart->give_up_after, 2u);
}

TEST(ParsePipeline, ConfigurationSetsTheLimits) {
  Options options;
  options.steps_max = 1;
  options.topics_max = 1;
  options.parallelism_max = 2;
  options.expression_length = 10;
  options.profiles = {"default", "prod"};
  EXPECT_EQ(errors_of(R"({"name": "p", "parallelism": 3,
      "sources": {"in": {"kafka": {"topics": ["a", "b"], "profile": "prd"}}},
      "steps": [{"filter": "12345678901"}, {"filter": "1234567890"}], "sinks": {"out": {"stdout": {}}}})",
                      options),
            "OUT_OF_RANGE /parallelism\nOUT_OF_RANGE /sources/in/kafka/topics\nUNKNOWN_NAME "
            "/sources/in/kafka/profile\n"
            "OUT_OF_RANGE /steps\nOUT_OF_RANGE /steps/0/filter");
  options.steps_max = 2;
  EXPECT_THAT(
      errors_of(with_steps(R"([{"filter": "12345678901"}, {"filter": "1234567890"}])"), options),
      HasSubstr("OUT_OF_RANGE /steps/0/filter"));
}

TEST(ParsePipeline, ALimitIsToldByItsNameAndValue) {
  const auto told = [](const std::string& text, const Options& options) {
    std::string all;
    for (const Diagnostic& diagnostic : parse_pipeline(text, options).diagnostics)
      if (diagnostic.severity == Severity::error) all += diagnostic.message + "\n";
    return all;
  };
  Options options;
  options.steps_max = 1;
  options.topics_max = 2;
  options.parallelism_max = 3;
  EXPECT_EQ(told(R"({"name": "p", "parallelism": 4,
      "sources": {"in": {"kafka": {"topics": ["a", "b", "c"]}}},
      "steps": [{"drop": ["a"]}, {"drop": ["b"]}], "sinks": {"out": {"stdout": {}}}})",
                 options),
            "`parallelism` must be between 1 and 3 (`limits.parallelism`)\n"
            "`topics` must name 1 to 2 topics (`topics_max`), not 3\n"
            "`steps` has 2; at most 1 are taken (`steps_max`)\n");
  Options depth;
  depth.definition_depth = 3;
  EXPECT_THAT(told(std::string(kSmallest), depth),
              HasSubstr("3 levels (`limits.definition_depth`)"));
  Options nodes;
  nodes.definition_nodes = 5;
  EXPECT_THAT(told(std::string(kSmallest), nodes),
              HasSubstr("5 values (`limits.definition_nodes`)"));
  Options bytes;
  bytes.definition_bytes = 10;
  EXPECT_THAT(told(std::string(kSmallest), bytes),
              HasSubstr("10 are taken (`http.definition_max`)"));
}

TEST(ParsePipeline, ALongListOfStepsHidesNoOtherMistake) {
  std::string steps;
  for (int i = 0; i < 70; ++i) steps += R"({"drop": ["a"]},)";
  EXPECT_EQ(errors_of(with_steps("[" + steps + R"({"filtr": "a"}])")),
            "OUT_OF_RANGE /steps\nUNKNOWN_FIELD /steps/70/filtr");
}

TEST(ParsePipeline, TwelveMistakesComeBackAtOnceInTheOrderOfTheText) {
  const ParseResult result = parse_pipeline(R"({
  "name": "Big Orders",
  "nme": 1,
  "delivery": "exactly_once",
  "trigger": { "mode": "micro_bath" },
  "parallelism": "four",
  "sources": {
    "orders": { "kafka": { "topic": ["orders"], "start": "erliest" } } },
  "steps": [
    { "fliter": "a" },
    { "set": {}, "drop": ["a"] },
    { "filter": "", "from": "ordrs" } ],
  "sinks": {
    "out": { "kafka": { "topic": "a b", "compression": "zst" } } } })");
  EXPECT_FALSE(result.malformed);
  EXPECT_EQ(codes(result.diagnostics),
            "BAD_NAME /name\n"
            "UNKNOWN_FIELD /nme\n"
            "NOT_AVAILABLE_YET /delivery\n"
            "UNKNOWN_VALUE /trigger/mode\n"
            "WRONG_TYPE /parallelism\n"
            "MISSING_FIELD /sources/orders/kafka\n"
            "UNKNOWN_FIELD /sources/orders/kafka/topic\n"
            "BAD_VALUE /sources/orders/kafka/start\n"
            "UNKNOWN_FIELD /steps/0/fliter\n"
            "EXACTLY_ONE_OF /steps/1\n"
            "OUT_OF_RANGE /steps/1/set\n"
            "OUT_OF_RANGE /steps/2/filter\n"
            "UNKNOWN_NAME /steps/2/from\n"
            "BAD_NAME /sinks/out/kafka/topic\n"
            "UNKNOWN_VALUE /sinks/out/kafka/compression");
  const Diagnostic& unknown = result.diagnostics[1];
  EXPECT_EQ(unknown.line, 3);
  EXPECT_EQ(unknown.column, 3);
  EXPECT_THAT(unknown.did_you_mean, ElementsAre("name"));
  EXPECT_THAT(result.diagnostics[3].did_you_mean, ElementsAre("micro_batch"));
  EXPECT_THAT(result.diagnostics[6].did_you_mean, ElementsAre("topics"));
  EXPECT_THAT(result.diagnostics[7].did_you_mean, ElementsAre("earliest"));
  EXPECT_THAT(result.diagnostics[8].did_you_mean, ElementsAre("filter"));
  EXPECT_EQ(result.diagnostics[8].line, 10);
  EXPECT_EQ(result.diagnostics[8].column, 7);
  EXPECT_THAT(result.diagnostics[12].did_you_mean, ElementsAre("orders"));
  EXPECT_THAT(result.diagnostics[14].did_you_mean, ElementsAre("zstd"));
}

TEST(ParsePipeline, TheNameMustFitThePath) {
  Options put;
  put.name = "big-orders";
  EXPECT_TRUE(parse_pipeline(kSmallest, put).ok());
  EXPECT_EQ(parse_pipeline(with(kSmallest, "\"name\": \"big-orders\",", ""), put).spec->name,
            "big-orders");
  EXPECT_EQ(errors_of(with(kSmallest, "big-orders", "other"), put), "NAME_MISMATCH /name");
  EXPECT_EQ(errors_of(with(kSmallest, "\"name\": \"big-orders\",", "")), "MISSING_FIELD ");
}

TEST(ParsePipeline, NamesFollowThePattern) {
  const auto check = [](const std::string& name) {
    return errors_of(with(kSmallest, "\"big-orders\"", "\"" + name + "\""));
  };
  for (const char* good : {"a", "0", "a.b_c-d", "a------"}) EXPECT_EQ(check(good), "") << good;
  EXPECT_EQ(check(std::string(63, 'a')), "");
  for (const char* bad :
       {"", "A", "-a", ".a", "_a", "a/b", "a b", "ä", "а", "a\\u0000", "a\\u202eb"})
    EXPECT_EQ(check(bad), "BAD_NAME /name") << bad;
  EXPECT_EQ(check(std::string(64, 'a')), "BAD_NAME /name");
}

TEST(ParsePipeline, TextThatIsNotJsonIsMalformedWithItsPlace) {
  const ParseResult result = parse_pipeline("{\n \"name\": \"p\",\n}");
  EXPECT_TRUE(result.malformed);
  ASSERT_EQ(result.diagnostics.size(), 1u);
  EXPECT_EQ(result.diagnostics[0].code, "MALFORMED_JSON");
  EXPECT_EQ(result.diagnostics[0].pointer, "");
  EXPECT_EQ(result.diagnostics[0].line, 3);
  EXPECT_EQ(result.diagnostics[0].column, 1);
}

TEST(ParsePipeline, ScalarsAndListsAreNoDefinition) {
  for (const char* text : {"1", "null", "[]", "\"x\"", "true"})
    EXPECT_EQ(errors_of(text), "WRONG_TYPE ") << text;
  EXPECT_EQ(errors_of("{}"), "MISSING_FIELD \nMISSING_FIELD \nMISSING_FIELD ");
}

TEST(ParsePipeline, RefusalsOfTheJsonGuardStandBesideTheOthers) {
  EXPECT_EQ(
      errors_of(
          R"({"name": "p", "nam": 1, "name": "\ud800", "parallelism": 1e400, "sources": {}, "sinks": {}})"),
      "UNKNOWN_FIELD /nam\nDUPLICATE_KEY /name\nLONE_SURROGATE /name\nOUT_OF_RANGE /parallelism\n"
      "WRONG_TYPE /parallelism\nOUT_OF_RANGE /sources\nOUT_OF_RANGE /sinks");
  Options flat;
  flat.definition_depth = 3;
  EXPECT_EQ(errors_of(kSmallest, flat), "TOO_DEEP /sources/orders/kafka");
  Options few;
  few.definition_nodes = 5;
  EXPECT_THAT(errors_of(kSmallest, few), HasSubstr("TOO_MANY_VALUES"));
  Options small;
  small.definition_bytes = 10;
  EXPECT_EQ(errors_of(kSmallest, small), "TOO_LARGE ");
}

TEST(ParsePipeline, TheNumberOfErrorsIsBoundedAndTheRestIsCounted) {
  std::string text = "{";
  for (int i = 0; i < 1000; ++i) text += "\"k" + std::to_string(i) + "\": 1,";
  const ParseResult result = parse_pipeline(text + "\"name\": \"p\"}");
  ASSERT_EQ(result.diagnostics.size(), ParseResult::kErrorsMax + 1);
  EXPECT_EQ(result.diagnostics.back().code, "TOO_MANY_ERRORS");
}

TEST(ParsePipeline, EveryTruncationIsMalformed) {
  for (std::size_t size = 0; size < kFull.size(); ++size) {
    const ParseResult result = parse_pipeline(kFull.substr(0, size));
    EXPECT_TRUE(result.malformed && !result.ok() && result.diagnostics.size() == 1) << size;
  }
}

TEST(ParsePipeline, EveryFlippedByteHasADefiniteResult) {
  for (std::size_t i = 0; i < kFull.size(); ++i) {
    for (const int bits : {0x01, 0x04, 0x20, 0xFF}) {
      std::string text(kFull);
      text[i] = static_cast<char>(text[i] ^ static_cast<char>(bits));
      const ParseResult result = parse_pipeline(text);
      EXPECT_EQ(result.ok(), codes(result.diagnostics).empty()) << text;
    }
  }
}

TEST(ParsePipeline, EveryRemovedMemberHasADefiniteResult) {
  // Whatever stands between two commas goes.
  for (std::size_t i = 0; i < kFull.size(); ++i) {
    if (kFull[i] != ',') continue;
    const std::size_t next = std::min(kFull.find(',', i + 1), kFull.size());
    const std::string text = std::string(kFull.substr(0, i)) + std::string(kFull.substr(next));
    const ParseResult result = parse_pipeline(text);
    EXPECT_EQ(result.ok(), codes(result.diagnostics).empty()) << text;
  }
}

TEST(ParsePipeline, LabelsAreShortStrings) {
  const auto check = [](std::string_view labels) {
    return errors_of(
        with(kSmallest, "\"steps\"", "\"labels\": " + std::string(labels) + ", \"steps\""));
  };
  EXPECT_EQ(check(R"({"a": "b", "team.x": "", "B": "ü"})"), "");
  EXPECT_EQ(
      check(R"({"a": 1, "b c": "x", "": "y", "d": "\n"})"),
      "WRONG_TYPE /labels/a\nBAD_NAME /labels/b c\nBAD_NAME /labels/\nOUT_OF_RANGE /labels/d");
  EXPECT_EQ(check("{\"a\": \"" + std::string(256, 'x') + "\"}"), "OUT_OF_RANGE /labels/a");
}

TEST(ParsePipeline, LimitsAndRestartHaveRanges) {
  const auto check = [](std::string_view member) {
    return errors_of(with(kSmallest, "\"steps\"", std::string(member) + ", \"steps\""));
  };
  EXPECT_EQ(check(R"("limits": {})"), "");
  EXPECT_EQ(
      check(
          R"("limits": {"records_per_second": 0, "bytes_per_second": "0B", "memory": "1KiB", "state": "1KiB"})"),
      "OUT_OF_RANGE /limits/records_per_second\nOUT_OF_RANGE "
      "/limits/bytes_per_second\nOUT_OF_RANGE /limits/memory\n"
      "OUT_OF_RANGE /limits/state");
  EXPECT_EQ(check(R"("limits": {"bytes_per_second": 1000})"),
            "WRONG_TYPE /limits/bytes_per_second");
  EXPECT_EQ(check(R"("limits": {"bytes_per_second": "64"})"), "BAD_VALUE /limits/bytes_per_second");
  EXPECT_EQ(check(R"("restart": {"initial": "5m", "max": "1s"})"), "OUT_OF_RANGE /restart/max");
  EXPECT_EQ(check(R"("restart": {"initial": "5m"})"), "");
  EXPECT_EQ(check(R"("restart": {"initial": "0s", "max": "2d", "give_up_after": 0})"),
            "OUT_OF_RANGE /restart/initial\nOUT_OF_RANGE /restart/max\nOUT_OF_RANGE "
            "/restart/give_up_after");
  EXPECT_EQ(check(R"("parallelism": 0)"), "OUT_OF_RANGE /parallelism");
  EXPECT_EQ(check(R"("parallelism": 1000000000)"), "OUT_OF_RANGE /parallelism");
  EXPECT_EQ(check(R"("parallelism": 100000000000000000000000)"), "OUT_OF_RANGE /parallelism");
  EXPECT_EQ(check(R"("parallelism": 1.5)"), "WRONG_TYPE /parallelism");
}

TEST(ParsePipeline, WhatIsToComeIsRefusedByName) {
  const ParseResult result = parse_pipeline(
      R"json({ "name": "p", "plugins": {"x": {"version": "1.0", "isolation": "process"}}, "tables": {},
    "delivery": "exactly_once", "trigger": {"mode": "auto", "target_p99": "50ms"},
    "sources": { "a": { "kafka": {"topics": ["t"]}, "partitioned_by": {"fields": ["k"], "verify": true},
        "format": "avro" } },
    "steps": [ {"id": "w", "aggregate": {"by": [], "window": {"lookback": "1s", "order": "event_time"}, "compute": {"n": "count()"}}},
               {"join": {}}, {"join_stream": {}}, {"process": {}},
               {"flat_map": {}}, {"repartition": {"by": ["k"], "via": "kafka"}} ],
    "sinks": { "o": { "kafka": {"topic": "x"}, "format": {"avro": {}} }, "h": { "http": {} }, "g": { "plugin": {} },
               "late": { "from": "w.errors", "stdout": {} } },
    "tests": [ {"name": "t", "mock": {"tables": {}}, "expect": {}} ] })json");
  for (const Diagnostic& diagnostic : result.diagnostics) {
    EXPECT_EQ(diagnostic.code, "NOT_AVAILABLE_YET") << to_line("", diagnostic);
    EXPECT_GT(diagnostic.line, 0);
  }
  EXPECT_EQ(result.diagnostics.size(), 18u);
  EXPECT_THAT(result.diagnostics[0].message, HasSubstr("`process`"));
}

TEST(Locate, FillsThePlacesOfDiagnosticsThatHaveNone) {
  std::vector<Diagnostic> found(3);
  found[0].pointer = "/steps/0/filter";
  found[1].pointer = "/nowhere";
  found[2].pointer = "/name";
  found[2].line = 77;
  locate(kSmallest, found);
  EXPECT_EQ(found[0].pointer, "/nowhere") << "in the order of the text";
  EXPECT_EQ(found[0].line, 1);
  EXPECT_EQ(found[0].column, 1);
  EXPECT_EQ(found[1].line, 3);
  EXPECT_EQ(found[1].column, 28);
  EXPECT_EQ(found[2].line, 77);
}

}  // namespace
}  // namespace leat::spec
