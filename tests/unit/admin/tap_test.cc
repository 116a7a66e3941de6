#include "admin/tap_hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin/stream_writer.h"
#include "unit/admin/served.h"

namespace leat::admin {
namespace {

using std::chrono::milliseconds;
using testing::Contains;
using testing::HasSubstr;

class ValueEncoder final : public record::RowEncoder {
 public:
  void encode(const record::RecordBatch& batch, std::span<std::string_view> out,
              std::span<const record::RowError*>) override {
    for (std::size_t i = 0; i < batch.size(); ++i) out[i] = batch.rows()[i].value;
  }
};

class Tap : public Served {
 protected:
  // A worker offers a row; waits until somebody looks, as rows nobody wants are not offered.
  void offer(const std::string& value, std::int64_t offset = 0) {
    while (!backend_.point->wanted()) std::this_thread::yield();
    record::RecordBatch batch;
    record::Row row;
    row.value = value;
    row.key = "k";
    row.origin = &origin_;
    row.offset = offset;
    batch.rows().push_back(row);
    ValueEncoder encoder;
    backend_.point->offer(batch, encoder);
  }
  RawClient tap(const std::string& query = "") {
    RawClient client = connect();
    client.send(request("GET /v1/pipelines/p/steps/keep/tap" + query));
    return client;
  }
  bool untapped() const {
    const auto calls = backend_.calls();
    return std::find(calls.begin(), calls.end(), "untap p/keep") != calls.end();
  }
  const record::Origin origin_{"orders", PartitionId(3), 0};
};

TEST_F(Tap, RowsComeAsEvents) {
  start();
  deploy("p");
  RawClient client = tap("?limit=2");
  const RawAnswer head = client.read();
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("Content-Type"), "text/event-stream");
  offer("{\"a\":\n1}", 41);
  offer("plain", 42);
  const std::string text = client.read_to("event: end\ndata: {\"reason\":\"limit\"}\n\n");
  EXPECT_THAT(
      text, HasSubstr("event: row\ndata: {\"$value\":{\"a\": "
                      "1},\"$key\":\"k\",\"$topic\":\"orders\",\"$partition\":3,\"$offset\":41,"));
  EXPECT_THAT(text, HasSubstr("\"$value\":\"plain\""));
  EXPECT_TRUE(client.at_end());
}

TEST_F(Tap, TwoReadersSeeTheSameRows) {
  start();
  deploy("p");
  RawClient one = tap("?limit=1");
  RawClient two = tap("?limit=1");
  EXPECT_EQ(one.read().status, 200);
  EXPECT_EQ(two.read().status, 200);
  offer("7");
  EXPECT_THAT(one.read_to("event: end"), HasSubstr("\"$value\":7"));
  EXPECT_THAT(two.read_to("event: end"), HasSubstr("\"$value\":7"));
}

TEST_F(Tap, ALeavingReaderIsForgotten) {
  start();
  deploy("p");
  RawClient client = tap();
  EXPECT_EQ(client.read().status, 200);
  while (!backend_.point->wanted()) std::this_thread::yield();
  client.close();
  while (!untapped()) std::this_thread::yield();
  EXPECT_FALSE(backend_.point->wanted());
}

TEST_F(Tap, EndsWithItsPipeline) {
  start();
  deploy("p");
  RawClient client = tap();
  EXPECT_EQ(client.read().status, 200);
  deploy("p", runtime::Actual::stopped);
  EXPECT_THAT(client.read_to("}\n\n"), HasSubstr("event: end\ndata: {\"reason\":\"pipeline\"}"));
  EXPECT_TRUE(client.at_end());
}

TEST_F(Tap, SaysWhatDoesNotExist) {
  start();
  deploy("p");
  EXPECT_EQ(code_in(ask("GET /v1/pipelines/q/steps/keep/tap")), "404 PIPELINE_NOT_FOUND");
  EXPECT_EQ(code_in(ask("GET /v1/pipelines/p/steps/nowhere/tap")), "404 STEP_NOT_FOUND");
  EXPECT_EQ(code_in(ask("GET /v1/pipelines/p/steps/keep/tap?where=x")), "501 NOT_IMPLEMENTED");
  EXPECT_EQ(code_in(ask("GET /v1/pipelines/p/steps/keep/tap?rate=0")), "400 BAD_QUERY");
}

TEST_F(Tap, OnlySoManyStreamsAreOpen) {
  options_.settings.streams_max = 1;
  start();
  deploy("p");
  RawClient first = tap();
  EXPECT_EQ(first.read().status, 200);
  RawClient second = tap();
  EXPECT_EQ(code_in(second.read()), "429 TOO_MANY_STREAMS");
  first.close();
  while (!untapped()) std::this_thread::yield();
  EXPECT_EQ(tap().read().status, 200);
}

TEST_F(Tap, KeepsASilentStreamAlive) {
  options_.settings.comment_interval = milliseconds(5);
  start();
  deploy("p");
  RawClient client = tap();
  EXPECT_EQ(client.read().status, 200);
  EXPECT_EQ(client.read_to(": keep-alive\n\n"), ": keep-alive\n\n");
}

TEST_F(Tap, AReaderThatTakesNothingIsCut) {
  options_.settings.write_timeout = milliseconds(50);
  start();
  deploy("p");
  RawClient client = tap("?rate=10000");
  EXPECT_EQ(client.read().status, 200);
  const std::string row = "\"" + std::string(200'000, 'x') + "\"";
  while (!untapped()) {
    if (backend_.point->wanted()) offer(row);
    std::this_thread::yield();
  }
  EXPECT_EQ(ask("GET /v1").status, 200);
}

TEST_F(Tap, EndsWhenTheServerStops) {
  start();
  deploy("p");
  RawClient client = tap();
  EXPECT_EQ(client.read().status, 200);
  server_->stop();
  EXPECT_TRUE(client.at_end());
}

// Takes what it is told to, when it is told to.
class SlowSink final : public ByteSink {
 public:
  void write_some(std::string_view bytes, std::function<void(bool, std::size_t)> done) override {
    offered = bytes;
    done_ = std::move(done);
  }
  void take(std::size_t n) {
    const auto done = std::exchange(done_, nullptr);
    done(true, n);
  }
  std::string offered;

 private:
  std::function<void(bool, std::size_t)> done_;
};

TEST(StreamWriting, DropsRatherThanGrowing) {
  Loop loop;
  SlowSink sink;
  std::vector<StreamWriter::Outcome> outcomes;
  const auto writer = std::make_shared<StreamWriter>(
      loop, StreamWriter::Limits{10, std::chrono::hours(1), std::chrono::hours(1)},
      [&](StreamWriter::Outcome outcome) { outcomes.push_back(outcome); });
  std::vector<bool> sent;
  int closed = 0;
  loop.post([&] {
    writer->start(sink, "head");
    writer->on_close([&] { ++closed; });
    sent.push_back(writer->send("123456"));
    sent.push_back(writer->send("7"));
    loop.post([&] {
      sink.take(2);
      EXPECT_EQ(sink.offered, "ad");
      sink.take(2);
      EXPECT_EQ(sink.offered, "123456");
      sent.push_back(writer->send("7890"));
      writer->end("!");
      loop.post([&] {
        sink.take(6);
        EXPECT_EQ(sink.offered, "7890!");
        sink.take(5);
        sent.push_back(writer->send("late"));
        loop.stop();
      });
    });
  });
  loop.run();
  EXPECT_EQ(sent, (std::vector<bool>{true, false, true, false}));
  EXPECT_EQ(outcomes, std::vector<StreamWriter::Outcome>{StreamWriter::Outcome::ended});
  EXPECT_EQ(closed, 1);
}

TEST(TheLoop, OutlivesWhatItsHandlersThrow) {
  Loop loop;
  int ran = 0;
  loop.post([] { throw std::runtime_error("oops"); });
  loop.post([&] {
    ++ran;
    loop.stop();
  });
  loop.run();
  EXPECT_EQ(ran, 1);
  loop.post([&] { ++ran; });
  EXPECT_EQ(ran, 1);
}

}  // namespace
}  // namespace leat::admin
