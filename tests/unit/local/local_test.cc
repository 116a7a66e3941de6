#include "local/local.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "local/descriptor.h"
#include "local/line_sink.h"

namespace leat::local {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class VirtualClock final : public base::Clock {
 public:
  Instant now() const noexcept override { return now_; }
  WallTime wall_now() const noexcept override {
    return {1767225600000000 + (now_ - Instant()).count() / 1000};
  }
  void advance(Duration by) noexcept { now_ += by; }

 private:
  Instant now_{std::chrono::hours(1)};
};

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "leat-local-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::string path(const std::string& name = "") const {
    return name.empty() ? path_ : path_ + "/" + name;
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
  }
  void append(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary | std::ios::app) << text;
  }
  std::string read(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(path(name), std::ios::binary).rdbuf();
    return text.str();
  }

 private:
  std::string path_;
};

class Listener final : public flow::SourceListener, public flow::SinkListener {
 public:
  void on_positioned(EpochId newest, std::string_view) override {
    said.push_back("positioned " + std::to_string(newest.value()));
  }
  void on_revoke(std::function<void()>) override { said.push_back("revoke"); }
  void on_lost(std::string_view) override { said.push_back("lost"); }
  void on_connected(bool connected, std::string_view reason, std::string_view message) override {
    EXPECT_FALSE(reason.empty());
    EXPECT_FALSE(message.empty());
    said.push_back(connected ? "connected" : "not connected " + std::string(reason));
  }
  void on_failed(Status status) override {
    said.push_back("failed " + std::string(to_string(status.code())));
  }
  void on_sink_connected(bool connected, std::string_view reason, std::string_view) override {
    EXPECT_FALSE(reason.empty());
    said.push_back(connected ? "sink" : "no sink");
  }
  void on_sink_failed(Status) override { said.push_back("sink failed"); }
  std::vector<std::string> said;
};

// One source as the runtime drives it, with two slices.
class Driven {
 public:
  Driven(const flow::Registry& registry, const TemporaryFolder& state, VirtualClock& clock,
         const std::string& kind, spec::SourceSpec spec)
      : Driven(registry, state.path(), clock, kind, std::move(spec)) {}
  Driven(const flow::Registry& registry, const std::string& state, VirtualClock& clock,
         const std::string& kind, spec::SourceSpec spec)
      : clock_(clock), spec_(std::move(spec)) {
    spec_.id = "in";
    const flow::SourceContext context{"leat", "i", "p", state, clock};
    auto made = registry.sources.at(kind)(context, {&spec_}, {0});
    EXPECT_TRUE(made.ok()) << made.status().to_string();
    source = *std::move(made);
    for (std::uint32_t slice = 0; slice < 2; ++slice)
      readers.push_back(source->make_reader(0, SliceId(slice), 2, worker));
    start_status = source->start(listener, control);
    if (start_status.ok()) source->serve(clock.now());
  }

  // All that can be polled now, as "offset:value".
  std::vector<std::string> poll(std::size_t rows_max = 256) {
    std::vector<std::string> rows;
    for (auto& reader : readers) {
      for (;;) {
        record::RecordBatch batch;
        last = reader->poll(rows_max, batch);
        EXPECT_LE(batch.size(), rows_max);
        for (const record::Row& row : batch.rows())
          rows.push_back(std::to_string(row.offset) + ":" + std::string(row.value));
        if (last != flow::PollResult::records) break;
      }
    }
    return rows;
  }
  std::int64_t position() {
    std::vector<flow::PartitionPosition> positions;
    for (auto& reader : readers) reader->positions(positions);
    EXPECT_EQ(positions.size(), 1u);
    return positions.empty() ? -1 : positions[0].next.value();
  }
  void commit(std::uint64_t epoch, const std::string& metadata) {
    std::vector<flow::PartitionPosition> positions;
    for (auto& reader : readers) reader->positions(positions);
    bool done = false;
    source->commit(EpochId(epoch), positions, metadata, [&done](Status status) {
      EXPECT_TRUE(status.ok()) << status.to_string();
      done = true;
    });
    EXPECT_FALSE(done);
    source->serve(clock_.now());
    EXPECT_TRUE(done);
  }

  VirtualClock& clock_;
  spec::SourceSpec spec_;
  Listener listener;
  base::Wakeup control;
  base::Wakeup worker;
  std::unique_ptr<flow::Source> source;
  std::vector<std::unique_ptr<flow::SourceReader>> readers;
  Status start_status;
  flow::PollResult last = flow::PollResult::empty;
};

spec::SourceSpec file_spec(const std::string& path, bool follow) {
  spec::SourceSpec spec;
  spec.kind = spec::FileSourceSpec{path, follow};
  return spec;
}

spec::SourceSpec generator_spec(double rate, std::uint64_t rows,
                                std::vector<std::pair<std::string, std::string>> fields) {
  spec::GeneratorSpec generator;
  generator.rows_per_second = rate;
  generator.rows = rows;
  for (auto& [name, text] : fields)
    generator.fields.emplace_back(name, spec::Expression{text, "/x"});
  spec::SourceSpec spec;
  spec.kind = generator;
  return spec;
}

class Local : public testing::Test {
 protected:
  Local() { register_local(registry, {{files.path()}, {files.path()}, 1}); }
  TemporaryFolder files;
  TemporaryFolder state;
  VirtualClock clock;
  flow::Registry registry;
};

using FileSource = Local;

TEST_F(FileSource, HandsOutLinesWithTheirPlaces) {
  files.write("a.ndjson", "{\"a\":1}\n\n{\"a\":2}\r\n{\"a\":3}");
  Driven driven(registry, state, clock, "file", file_spec("a.ndjson", false));
  EXPECT_THAT(driven.listener.said, ElementsAre("connected", "positioned 0"));
  EXPECT_THAT(driven.poll(), ElementsAre("0:{\"a\":1}", "9:{\"a\":2}", "18:{\"a\":3}"));
  EXPECT_EQ(driven.position(), 25);
  EXPECT_THAT(driven.poll(), IsEmpty());
  EXPECT_EQ(driven.last, flow::PollResult::empty);
}

TEST_F(FileSource, ARestartGoesOnAtTheCommit) {
  files.write("a.ndjson", "1\n2\n3\n");
  {
    Driven driven(registry, state, clock, "file", file_spec("a.ndjson", false));
    record::RecordBatch batch;
    EXPECT_EQ(driven.readers[0]->poll(2, batch), flow::PollResult::records);
    driven.commit(7, "meta \"7\"");
    EXPECT_THAT(driven.poll(), ElementsAre("4:3"));
  }
  Driven again(registry, state, clock, "file", file_spec("a.ndjson", false));
  EXPECT_THAT(again.listener.said, ElementsAre("connected", "positioned 7"));
  EXPECT_EQ(again.position(), 4);
  EXPECT_THAT(again.poll(), ElementsAre("4:3"));
  EXPECT_EQ(again.readers[0]->replayed(), 1u);
  const std::vector<flow::PartitionLag> lag = again.source->lag();
  ASSERT_EQ(lag.size(), 1u);
  EXPECT_EQ(lag[0].committed, 4);
  EXPECT_EQ(lag[0].position, 6);
  EXPECT_EQ(lag[0].end, 6);
}

TEST_F(FileSource, PurgeForgetsTheCommit) {
  files.write("a.ndjson", "1\n2\n");
  {
    Driven driven(registry, state, clock, "file", file_spec("a.ndjson", false));
    driven.poll();
    driven.commit(1, "");
    bool purged = false;
    driven.source->purge([&](Status status) { purged = status.ok(); });
    driven.source->serve(clock.now());
    EXPECT_TRUE(purged);
  }
  Driven again(registry, state, clock, "file", file_spec("a.ndjson", false));
  EXPECT_THAT(again.poll(), ElementsAre("0:1", "2:2"));
  EXPECT_EQ(again.readers[0]->replayed(), 0u);
}

TEST_F(FileSource, WithoutAFolderACommitIsKeptInMemoryOnly) {
  files.write("a.ndjson", "1\n2\n");
  ASSERT_FALSE(std::filesystem::exists("/positions-file.json"));
  {
    Driven driven(registry, std::string(), clock, "file", file_spec("a.ndjson", false));
    EXPECT_THAT(driven.poll(), ElementsAre("0:1", "2:2"));
    driven.commit(1, "");
    EXPECT_EQ(driven.source->lag()[0].committed, 4);
    bool purged = false;
    driven.source->purge([&](Status status) { purged = status.ok(); });
    driven.source->serve(clock.now());
    EXPECT_TRUE(purged);
  }
  EXPECT_FALSE(std::filesystem::exists("/positions-file.json"));
  EXPECT_FALSE(std::filesystem::exists("positions-file.json"));
  Driven again(registry, std::string(), clock, "file", file_spec("a.ndjson", false));
  EXPECT_THAT(again.poll(), ElementsAre("0:1", "2:2"));
}

TEST_F(FileSource, FollowWaitsForWholeLinesAndWakesTheWorker) {
  files.write("a.ndjson", "1\n2");
  Driven driven(registry, state, clock, "file", file_spec("a.ndjson", true));
  EXPECT_THAT(driven.poll(), ElementsAre("0:1"));
  EXPECT_THAT(driven.poll(), IsEmpty());
  driven.source->serve(clock.now());
  driven.worker.drain();
  files.append("a.ndjson", "2\n3\n");
  clock.advance(std::chrono::milliseconds(100));
  driven.worker.announce();
  EXPECT_LE(driven.source->serve(clock.now()), clock.now() + std::chrono::milliseconds(100));
  EXPECT_TRUE(driven.worker.drain());
  EXPECT_THAT(driven.poll(), ElementsAre("2:22", "5:3"));
}

TEST_F(FileSource, TheFixedEndIsWhatIsThereNow) {
  files.write("a.ndjson", "1\n2\n3");
  Driven driven(registry, state, clock, "file", file_spec("a.ndjson", true));
  driven.source->fix_end();
  files.append("a.ndjson", "3\n4\n");
  EXPECT_THAT(driven.poll(), ElementsAre("0:1", "2:2"));
  EXPECT_EQ(driven.last, flow::PollResult::finished);  // the slice without a partition
  record::RecordBatch batch;
  EXPECT_EQ(driven.readers[0]->poll(10, batch), flow::PollResult::finished);
}

TEST_F(FileSource, AMissingFileIsWaitedForAndAForbiddenOneFails) {
  Driven driven(registry, state, clock, "file", file_spec("later.ndjson", false));
  EXPECT_THAT(driven.listener.said, ElementsAre("not connected FILE_NOT_FOUND"));
  EXPECT_THAT(driven.poll(), IsEmpty());
  files.write("later.ndjson", "1\n");
  driven.source->serve(clock.now());
  EXPECT_THAT(driven.listener.said,
              ElementsAre("not connected FILE_NOT_FOUND", "connected", "positioned 0"));
  EXPECT_THAT(driven.poll(), ElementsAre("0:1"));
  for (const char* path : {"../secret", "/etc/passwd", "a/../../x"}) {
    Driven outside(registry, state, clock, "file", file_spec(path, false));
    EXPECT_EQ(outside.listener.said.size(), 1u) << path;
    EXPECT_THAT(outside.poll(), IsEmpty());
  }
}

TEST_F(FileSource, TheFirstLineOfACsvFileNamesItsColumnsAndIsNoRecord) {
  files.write("a.csv", "\xEF\xBB\xBFid,name\r\n1,a\n2,b\n");
  spec::SourceSpec spec = file_spec("a.csv", false);
  spec.format = spec::Format::csv;
  spec.csv.header = true;
  const auto header_of_first = [](Driven& driven) {
    record::RecordBatch batch;
    EXPECT_EQ(driven.readers[0]->poll(1, batch), flow::PollResult::records);
    return batch.empty() ? std::string() : batch.rows()[0].origin->header;
  };
  {
    Driven driven(registry, state, clock, "file", spec);
    EXPECT_EQ(header_of_first(driven), "id,name");
    driven.commit(1, "");
    EXPECT_THAT(driven.poll(), ElementsAre("16:2,b"));
  }
  Driven again(registry, state, clock, "file", spec);  // in the middle of the file
  EXPECT_EQ(again.position(), 16);
  EXPECT_EQ(header_of_first(again), "id,name");
  EXPECT_THAT(again.poll(), IsEmpty());
}

TEST_F(FileSource, ACsvFileWithoutItsFirstLineIsWaitedFor) {
  files.write("a.csv", "");
  spec::SourceSpec spec = file_spec("a.csv", true);
  spec.format = spec::Format::csv;
  spec.csv.header = true;
  Driven driven(registry, state, clock, "file", spec);
  ASSERT_EQ(driven.listener.said.size(), 1u);
  EXPECT_EQ(driven.listener.said[0].substr(0, 13), "not connected");
  files.append("a.csv", "id,na");
  driven.source->serve(clock.now());
  EXPECT_EQ(driven.listener.said.back().substr(0, 13), "not connected");
  files.append("a.csv", "me\n1,a\n");
  clock.advance(std::chrono::seconds(1));
  driven.source->serve(clock.now());
  EXPECT_EQ(driven.listener.said.back(), "positioned 0");
  EXPECT_THAT(driven.poll(), ElementsAre("8:1,a"));
}

TEST_F(FileSource, AFileThatWasCutIsAFailureNotASilentRestart) {
  files.write("a.ndjson", "1\n2\n");
  {
    Driven driven(registry, state, clock, "file", file_spec("a.ndjson", false));
    driven.poll();
    driven.commit(1, "");
  }
  files.write("a.ndjson", "1\n");
  Driven again(registry, state, clock, "file", file_spec("a.ndjson", false));
  EXPECT_THAT(again.listener.said, ElementsAre("failed data_loss"));
}

TEST_F(FileSource, ADamagedRecordOfPositionsIsSaid) {
  files.write("a.ndjson", "1\n");
  for (const char* text : {"", "{", "[]", "{\"version\":1}",
                           "{\"version\":1,\"epoch\":1,\"metadata\":\"\",\"next\":{\"in\":-1}}"}) {
    state.write("positions-file.json", text);
    Driven driven(registry, state, clock, "file", file_spec("a.ndjson", false));
    EXPECT_EQ(driven.start_status.code(), Code::data_loss) << text;
    EXPECT_THAT(driven.start_status.message(), ::testing::HasSubstr("`?state=discard`"));
  }
}

TEST_F(FileSource, LongLinesAreReadAndEndlessOnesAreNot) {
  files.write("a.ndjson", std::string(3'000'000, 'x') + "\n2\n");
  Driven driven(registry, state, clock, "file", file_spec("a.ndjson", false));
  const std::vector<std::string> rows = driven.poll();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].size(), 3'000'002u);
  files.write("b.ndjson", std::string(40'000'000, 'x'));
  Driven endless(registry, state, clock, "file", file_spec("b.ndjson", false));
  EXPECT_THAT(endless.poll(), IsEmpty());
  endless.source->serve(clock.now());
  EXPECT_EQ(endless.listener.said.back(), "failed exhausted");
}

TEST_F(Local, OpensNothingThroughLinksAndNoFifo) {
  TemporaryFolder elsewhere;
  elsewhere.write("secret", "s");
  std::filesystem::create_symlink(elsewhere.path("secret"), files.path("link"));
  std::filesystem::create_directory_symlink(elsewhere.path(), files.path("folder"));
  ASSERT_EQ(::mkfifo(files.path("fifo").c_str(), 0600), 0);
  files.write("plain", "p");
  const std::vector<std::string> folders = {files.path()};
  EXPECT_TRUE(open_beneath(folders, "plain", Access::read).ok());
  EXPECT_TRUE(open_beneath(folders, files.path("plain"), Access::read).ok());
  EXPECT_EQ(open_beneath(folders, "link", Access::read).status().code(), Code::permission_denied);
  EXPECT_EQ(open_beneath(folders, "folder/secret", Access::read).status().code(),
            Code::permission_denied);
  EXPECT_EQ(open_beneath(folders, elsewhere.path("secret"), Access::read).status().code(),
            Code::permission_denied);
  EXPECT_EQ(open_beneath(folders, files.path() + "x/plain", Access::read).status().code(),
            Code::permission_denied);
  EXPECT_EQ(open_beneath(folders, "fifo", Access::read).status().code(), Code::invalid_argument);
  EXPECT_EQ(open_beneath(folders, "nope", Access::read).status().code(), Code::not_found);
  EXPECT_EQ(open_beneath({}, "plain", Access::read).status().code(), Code::permission_denied);
  EXPECT_EQ(open_beneath(folders, "", Access::read).status().code(), Code::permission_denied);
}

using GeneratorSource = Local;

TEST_F(GeneratorSource, MakesRowsAsTheyAreDue) {
  Driven driven(registry, state, clock, "generator",
                generator_spec(10, 0, {{"id", "seq"}, {"kind", "seq % 2 == 0 ? 'even' : 'odd'"}}));
  EXPECT_THAT(driven.poll(), ElementsAre(R"(0:{"id":0,"kind":"even"})"));
  EXPECT_THAT(driven.poll(), IsEmpty());
  const Instant due = driven.source->serve(clock.now());
  EXPECT_EQ(due, clock.now() + std::chrono::milliseconds(100));
  clock.advance(std::chrono::milliseconds(100));
  driven.worker.announce();
  driven.source->serve(clock.now());
  EXPECT_TRUE(driven.worker.drain());
  EXPECT_THAT(driven.poll(), ElementsAre(R"(1:{"id":1,"kind":"odd"})"));
}

TEST_F(GeneratorSource, CatchesUpInBoundedBatches) {
  Driven driven(registry, state, clock, "generator", generator_spec(1000, 0, {{"id", "seq"}}));
  clock.advance(std::chrono::seconds(1));
  const std::vector<std::string> rows = driven.poll(100);
  EXPECT_EQ(rows.size(), 1001u);
  EXPECT_EQ(rows.back(), R"(1000:{"id":1000})");
}

TEST_F(GeneratorSource, StopsAfterItsRowsAndGoesOnAfterARestart) {
  {
    Driven driven(registry, state, clock, "generator", generator_spec(1, 3, {{"id", "seq"}}));
    clock.advance(std::chrono::seconds(1));
    EXPECT_EQ(driven.poll().size(), 2u);
    driven.commit(1, "m");
  }
  Driven again(registry, state, clock, "generator", generator_spec(1, 3, {{"id", "seq"}}));
  again.source->fix_end();
  clock.advance(std::chrono::seconds(60));
  EXPECT_THAT(again.poll(), ElementsAre(R"(2:{"id":2})"));
  record::RecordBatch batch;
  EXPECT_EQ(again.readers[0]->poll(10, batch), flow::PollResult::finished);
  EXPECT_EQ(again.source->serve(clock.now()), base::kNever);
}

TEST_F(GeneratorSource, ARowThatFailsIsNoDocument) {
  Driven driven(registry, state, clock, "generator",
                generator_spec(1000, 2, {{"id", "1 / (seq - 1)"}}));
  clock.advance(std::chrono::seconds(1));
  EXPECT_THAT(driven.poll(), ElementsAre(R"(0:{"id":-1})", "1:"));
}

// One sink with one writer, as the runtime drives it.
class DrivenSink {
 public:
  DrivenSink(const flow::Registry& registry, VirtualClock& clock, const std::string& kind,
             spec::SinkSpec spec)
      : spec_(std::move(spec)) {
    auto made = registry.sinks.at(kind)({"leat", "i", "p", clock}, {&spec_}, {0});
    EXPECT_TRUE(made.ok());
    sink = *std::move(made);
    start_status = sink->start(listener, control);
    if (!start_status.ok()) return;
    flow::SinkBinding binding;
    binding.encoder = spec_.format == spec::Format::json
                          ? codec::make_json_encoder({})
                          : codec::make_text_encoder(codec::Format::string, 0);
    auto opened = sink->make_writer(0, std::move(binding),
                                    {SliceId(0), stats, latency, ledger, worker, clock, errors});
    EXPECT_TRUE(opened.ok());
    writer = *std::move(opened);
  }
  void write(std::uint64_t epoch, const std::vector<std::string>& values) {
    record::RecordBatch batch{base::Ref<record::BatchMemory>(new record::BatchMemory())};
    batch.now = entered;
    for (const std::string& value : values) {
      record::Row& row = batch.rows().emplace_back();
      row.timestamp_ms = timestamp_ms;
      if (by_step) row.flags |= record::Row::kMade;
      if (value == "TOMBSTONE")
        row.flags = record::Row::kNullValue;
      else
        row.value = batch.arena().copy(value);
    }
    const record::Column column = batch.make_column(0);
    for (std::size_t i = 0; i < column.size(); ++i)
      column[i] = record::Value::string(batch.rows()[i].value);
    EXPECT_TRUE(writer->write(batch, EpochId(epoch)).ok());
  }

  spec::SinkSpec spec_;
  Listener listener;
  base::Wakeup control;
  base::Wakeup worker;
  flow::StepStats stats{"p", "out"};
  flow::ErrorRoute errors{{}, stats};
  flow::LatencyStats latency;
  flow::Ledger ledger{[](EpochId) {}};
  Status start_status;
  WallTime entered;               // of the batches
  std::int64_t timestamp_ms = 0;  // of their rows
  bool by_step = false;           // that they are made
  std::unique_ptr<flow::Sink> sink;
  std::unique_ptr<flow::SinkWriter> writer;
};

spec::SinkSpec file_sink(const std::string& path, spec::Format format = spec::Format::json) {
  spec::SinkSpec spec;
  spec.kind = spec::FileSinkSpec{path};
  spec.format = format;
  return spec;
}

using DeadLetterSink = Local;

TEST_F(DeadLetterSink, MakesItsFileWithTheFirstLetterAndSyncsItAtTheEndOfTheEpoch) {
  const std::string path = files.path() + "/dead-letters.ndjson";
  const spec::SinkSpec spec;
  auto sink = registry.sinks.at("dead_letters")({"leat", "i", "p", clock, std::uint32_t{0}, path},
                                                {&spec}, {0});
  ASSERT_TRUE(sink.ok());
  flow::StepStats stats{"p", "dead-letters"};
  flow::LatencyStats latency;
  flow::Ledger ledger{[](EpochId) {}};
  base::Wakeup worker;
  flow::ErrorRoute errors{{}, stats};
  auto writer =
      (*sink)->make_writer(0, {}, {SliceId(0), stats, latency, ledger, worker, clock, errors});
  ASSERT_TRUE(writer.ok());
  EXPECT_TRUE((*writer)->on_epoch_end(EpochId(1)).ok());
  EXPECT_FALSE(std::filesystem::exists(path));

  const record::Origin origin{"orders", PartitionId(1), 0};
  record::RecordBatch batch{base::Ref<record::BatchMemory>(new record::BatchMemory())};
  record::Row& row = batch.rows().emplace_back();
  row.origin = &origin;
  row.offset = 7;
  row.timestamp_ms = 5;
  row.value = "no \"json\"";
  row.key = "\xff\x01";
  const auto headers = batch.arena().array<record::Header>(3);
  headers[0] = {"leat-step", "big", false};
  headers[1] = {"leat-error", "BAD", false};
  headers[2] = {"null", "", true};
  row.set_headers(headers);
  ASSERT_TRUE((*writer)->write(batch, EpochId(2)).ok());
  EXPECT_EQ(ledger.in_flight(EpochId(2)), 1u);
  ASSERT_TRUE((*writer)->on_epoch_end(EpochId(2)).ok());
  EXPECT_EQ(ledger.in_flight(EpochId(2)), 0u);
  EXPECT_EQ(
      files.read("dead-letters.ndjson"),
      R"({"pipeline":"","step":"big","code":"BAD","message":"","topic":"orders","partition":1,)"
      R"("offset":7,"timestamp_ms":5,"key":{"base64":"/wE="},"value":"no \"json\"","headers":[)"
      R"({"key":"leat-step","value":"big"},{"key":"leat-error","value":"BAD"},)"
      R"({"key":"null","value":null}]})"
      "\n");
}

using FileSink = Local;

TEST_F(FileSink, RowsAreAcknowledgedAtTheEndOfTheirEpoch) {
  DrivenSink driven(registry, clock, "file", file_sink("out.ndjson"));
  driven.write(1, {R"({"a":1})", "TOMBSTONE", "{\"a\":\n[1,\r\n2]}"});
  EXPECT_EQ(driven.ledger.in_flight(EpochId(1)), 2u);
  EXPECT_TRUE(driven.writer->on_epoch_end(EpochId(1)).ok());
  EXPECT_EQ(driven.ledger.in_flight(EpochId(1)), 0u);
  EXPECT_EQ(files.read("out.ndjson"), "{\"a\":1}\n{\"a\": [1,  2]}\n");
  EXPECT_EQ(driven.stats.dropped(flow::DropReason::tombstone).value(), 1u);
}

TEST_F(FileSink, TellsBytesAndLatencies) {
  DrivenSink driven(registry, clock, "file", file_sink("out.ndjson"));
  driven.entered = clock.wall_now();
  driven.timestamp_ms = clock.wall_now().us / 1000 - 40;
  clock.advance(std::chrono::milliseconds(2));
  driven.write(1, {"1", "22"});
  clock.advance(std::chrono::milliseconds(8));
  EXPECT_TRUE(driven.writer->on_epoch_end(EpochId(1)).ok());
  EXPECT_EQ(driven.stats.bytes.value(), 5u);
  EXPECT_EQ(driven.latency.process.sum(), 2'000u);
  EXPECT_EQ(driven.latency.sink_ack.sum(), 2 * 8'000u);
  EXPECT_EQ(driven.latency.end_to_end.sum(), 2 * 50'000u);
}

TEST_F(FileSink, ARowThatAStepMadeWasNotUnderWaySinceItsWindow) {
  DrivenSink driven(registry, clock, "file", file_sink("out.ndjson"));
  driven.timestamp_ms = 5000;
  driven.by_step = true;
  driven.write(1, {"1", "22"});
  EXPECT_TRUE(driven.writer->on_epoch_end(EpochId(1)).ok());
  base::HistogramSnapshot end_to_end;
  end_to_end.merge(driven.latency.end_to_end);
  EXPECT_EQ(end_to_end.total(), 0u);
}

TEST_F(FileSink, AppendsAndClosesHalfALine) {
  files.write("out.ndjson", "{\"a\":1}\n{\"half");
  DrivenSink driven(registry, clock, "file", file_sink("out.ndjson"));
  driven.write(1, {"{}"});
  EXPECT_TRUE(driven.writer->on_epoch_end(EpochId(1)).ok());
  EXPECT_EQ(files.read("out.ndjson"), "{\"a\":1}\n{\"half\n{}\n");
}

TEST_F(FileSink, TextWithALineFeedIsARowError) {
  DrivenSink driven(registry, clock, "file", file_sink("out.txt", spec::Format::string));
  driven.write(1, {"one", "t\nwo", "three"});
  EXPECT_TRUE(driven.writer->on_epoch_end(EpochId(1)).ok());
  EXPECT_EQ(files.read("out.txt"), "one\nthree\n");
  EXPECT_EQ(driven.stats.dropped(flow::DropReason::skip).value(), 1u);
}

TEST_F(FileSink, OutsideOfTheFoldersItDoesNotStart) {
  for (const char* path : {"../x", "/tmp/x", "no/such/folder"})
    EXPECT_FALSE(DrivenSink(registry, clock, "file", file_sink(path)).start_status.ok()) << path;
}

TEST(StdoutSink, NeverBlocksOnASlowReader) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const Descriptor reader(ends[0]);
  const Descriptor writer(ends[1]);
  flow::Registry registry;
  register_local(registry, {{}, {}, ends[1]});
  VirtualClock clock;
  spec::SinkSpec spec;
  spec.kind = spec::StdoutSinkSpec{};
  DrivenSink driven(registry, clock, "stdout", std::move(spec));
  const std::string row = "\"" + std::string(9'998, 'x') + "\"";
  std::size_t written = 0;
  while (driven.writer->ready()) {
    driven.write(1, {row});
    ASSERT_LT(++written, 1000u);
  }
  EXPECT_GT(driven.ledger.in_flight(EpochId(1)), 0u);
  EXPECT_NE(driven.writer->serve(clock.now()), base::kNever);
  std::size_t got = 0;
  std::vector<char> buffer(1 << 16);
  while (got < written * 10'001) {
    const ssize_t n = ::read(ends[0], buffer.data(), buffer.size());
    ASSERT_GT(n, 0);
    got += static_cast<std::size_t>(n);
    driven.writer->serve(clock.now());
  }
  EXPECT_EQ(driven.writer->serve(clock.now()), base::kNever);
  EXPECT_EQ(driven.ledger.in_flight(EpochId(1)), 0u);
  EXPECT_TRUE(driven.writer->ready());
}

}  // namespace
}  // namespace leat::local
