#pragma once

#include "driver.h"
#include "kafka/writer.h"

namespace leat::kafka::test {

// Writes the value of each row as it is; a value "bad" is an error.
class PlainEncoder final : public record::RowEncoder {
 public:
  void encode(const record::RecordBatch& batch, std::span<std::string_view> out,
              std::span<const record::RowError*> errors) override {
    static constexpr record::RowError kBad{"BAD", "told so"};
    for (std::size_t i = 0; i < batch.size(); ++i) {
      out[i] = batch.rows()[i].value;
      if (out[i] == "bad") errors[i] = &kBad;
    }
  }
};

// One KafkaSink with one writer, served on the test's thread.
class SinkDriver final : public flow::SinkListener {
 public:
  explicit SinkDriver(spec::KafkaSinkSpec spec, flow::SinkBinding binding = {},
                      KafkaOptions options = SourceDriver::embedded(),
                      spec::ErrorAction action = spec::ErrorAction::skip)
      : SinkDriver(std::move(spec), std::move(binding), registry_of(options), action) {}
  // Sinks of one registry are those of one process.
  SinkDriver(spec::KafkaSinkSpec spec, flow::SinkBinding binding, const flow::Registry& registry,
             spec::ErrorAction action = spec::ErrorAction::skip,
             std::optional<std::uint32_t> dead_letters = {})
      : errors(place(action), stats) {
    spec_.id = "out";
    spec_.kind = std::move(spec);
    auto made = registry.sinks.at("kafka")(
        {"test", "here", "sink", base::machine_clock(), dead_letters, {}}, {&spec_}, {0});
    EXPECT_TRUE(made.ok()) << made.status().to_string();
    sink = *std::move(made);
    const Status started = sink->start(*this, wakeup);
    EXPECT_TRUE(started.ok()) << started.to_string();
    binding.encoder = std::make_unique<PlainEncoder>();
    auto writer_made = sink->make_writer(
        0, std::move(binding),
        {SliceId(0), stats, latency, ledger, wakeup, base::machine_clock(), errors});
    EXPECT_TRUE(writer_made.ok());
    writer = *std::move(writer_made);
  }
  ~SinkDriver() override {
    writer->close();
    writer.reset();
    sink.reset();
  }
  SinkDriver(const SinkDriver&) = delete;
  SinkDriver& operator=(const SinkDriver&) = delete;

  static flow::ErrorPlace place(spec::ErrorAction action) {
    flow::ErrorPlace made;
    made.action = action;
    return made;
  }
  static flow::Registry registry_of(const KafkaOptions& options) {
    flow::Registry registry;
    register_kafka(registry, options);
    return registry;
  }
  static spec::KafkaSinkSpec writes(std::string topic) {
    spec::KafkaSinkSpec spec;
    spec.topic = std::move(topic);
    return spec;
  }

  bool until(const std::function<bool()>& condition) {
    const Instant give_up = base::machine_clock().now() + kPatience;
    while (!condition()) {
      const Instant now = base::machine_clock().now();
      if (now > give_up) return false;
      wakeup.announce();
      const Instant next = std::min(sink->serve(now), writer->serve(now));
      if (condition()) {
        wakeup.cancel();
        return true;
      }
      wakeup.sleep(std::clamp<Duration>(next - now, Duration(0), std::chrono::milliseconds(20)));
    }
    return true;
  }
  // A batch of rows of partition 3 of "origin", offsets from 100.
  static record::RecordBatch batch(const std::vector<Plain>& rows) {
    static const record::Origin origin{"origin", PartitionId(3), 0};
    record::RecordBatch made{base::Ref<record::BatchMemory>(new record::BatchMemory())};
    std::int64_t offset = 100;
    for (const Plain& plain : rows) {
      record::Row row;
      row.origin = &origin;
      row.offset = offset++;
      row.value = made.arena().copy(plain.value);
      row.timestamp_ms = plain.timestamp_ms;
      if (plain.key)
        row.key = made.arena().copy(*plain.key);
      else
        row.flags |= record::Row::kNullKey;
      const auto headers = made.arena().array<record::Header>(plain.headers.size());
      for (std::size_t i = 0; i < headers.size(); ++i)
        headers[i] = {made.arena().copy(plain.headers[i].first),
                      made.arena().copy(plain.headers[i].second), false};
      row.set_headers(headers);
      made.rows().push_back(row);
    }
    return made;
  }
  Status write(const std::vector<Plain>& rows, EpochId epoch = EpochId(1)) {
    record::RecordBatch rows_of = batch(rows);
    return writer->write(rows_of, epoch);
  }
  bool acknowledged(EpochId epoch = EpochId(1)) {
    return until([&] { return ledger.in_flight(epoch) == 0; });
  }

  void on_sink_connected(bool is, std::string_view why, std::string_view text) override {
    connected = is;
    reason = why;
    message = text;
  }
  void on_sink_failed(Status status) override { failure = std::move(status); }
  void on_sink_outdated() override { outdated = true; }

  base::Wakeup wakeup;
  flow::StepStats stats{"sink", "out"};
  flow::ErrorRoute errors;
  flow::LatencyStats latency;
  flow::Ledger ledger{[](EpochId) {}};
  std::unique_ptr<flow::Sink> sink;
  std::unique_ptr<flow::SinkWriter> writer;
  std::optional<bool> connected;
  std::string reason, message;
  Status failure;
  bool outdated = false;

 private:
  spec::SinkSpec spec_;
};

}  // namespace leat::kafka::test
