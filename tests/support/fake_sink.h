#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/faults.h"
#include "flow/sink.h"
#include "support/fake_broker.h"

namespace leat::test {

// What a test may do to the writing side.
struct FakeSinkControl {
  bool ready = true;
  bool connected = true;
  bool acknowledge = true;                // on the next serve(); false: rows stay in flight
  std::size_t in_flight_max = 1'000'000;  // rows; more than that is back pressure
  Status write_answer;                    // not ok: write() fails with it
  std::vector<EpochId> epochs_ended;
};

inline std::optional<std::string> key_text(const record::Value& value) {
  switch (value.type()) {
    case record::Type::string:
    case record::Type::bytes:
    case record::Type::json: return std::string(value.as_text());
    case record::Type::integer: return std::to_string(value.as_integer());
    case record::Type::boolean: return value.as_boolean() ? "true" : "false";
    default: return std::nullopt;
  }
}

// Keeps rows in flight until it is served; only then they are durable in the FakeBroker, so a crash
// loses what is in flight.
class FakeWriter final : public flow::SinkWriter {
 public:
  FakeWriter(FakeBroker& broker, FakeSinkControl& control, std::uint32_t sink,
             flow::SinkBinding binding, flow::Ledger& ledger, flow::StepStats* stats = nullptr,
             flow::ErrorRoute* errors = nullptr)
      : broker_(broker),
        control_(control),
        sink_(sink),
        binding_(std::move(binding)),
        ledger_(ledger),
        stats_(stats),
        errors_(errors),
        life_(broker.life()) {}

  bool ready() override { return control_.ready && in_flight_.size() < control_.in_flight_max; }
  Status write(record::RecordBatch& batch, EpochId epoch) override {
    if (!control_.write_answer.ok()) return control_.write_answer;
    std::vector<std::string_view> values(batch.size());
    std::vector<const record::RowError*> errors(batch.size(), nullptr);
    if (binding_.encoder) {
      binding_.encoder->encode(batch, values, errors);
    } else {
      for (std::size_t i = 0; i < batch.size(); ++i) values[i] = batch.rows()[i].value;
    }
    for (std::size_t i = 0; i < batch.size(); ++i) take(batch, i, values[i], errors[i], epoch);
    return base::Faults::hit("produce.handed_over");
  }
  Status on_epoch_end(EpochId epoch) override {
    control_.epochs_ended.push_back(epoch);
    return {};
  }
  Instant serve(Instant) override {
    if (broker_.life() != life_) in_flight_.clear();  // lost with the process
    while (control_.acknowledge && !in_flight_.empty()) {
      const EpochId epoch = in_flight_.front().epoch;
      broker_.outputs().push_back(std::move(in_flight_.front()));
      in_flight_.pop_front();
      ledger_.done(epoch, 1);
    }
    return base::kNever;
  }
  std::size_t in_flight() const { return in_flight_.size(); }

 private:
  void fail(const record::RecordBatch& batch, std::size_t i, const record::RowError& error) {
    if (errors_ != nullptr) errors_->fail(batch.memory(), batch.rows()[i], error);
  }
  void drop_tombstone() {
    if (stats_ != nullptr) stats_->dropped(flow::DropReason::tombstone).add();
  }
  void take(const record::RecordBatch& batch, std::size_t i, std::string_view value,
            const record::RowError* error, EpochId epoch) {
    const record::Row& row = batch.rows()[i];
    if (stats_ != nullptr) stats_->in.add();
    if (error != nullptr) return fail(batch, i, *error);
    OutputRow made;
    made.sink = sink_;
    made.life = life_;
    made.epoch = epoch;
    if (!row.tombstone()) made.value = std::string(value);
    if (const auto* column = std::get_if<flow::SinkBinding::Column>(&binding_.key)) {
      if (row.tombstone()) return drop_tombstone();
      const record::Column keys = batch.column(column->index);
      const record::Value key = keys.empty() ? record::Value() : keys[i];
      if (key.is_error()) return fail(batch, i, key.as_error());
      made.key = key_text(key);
    } else if (const auto* literal = std::get_if<std::string>(&binding_.key)) {
      made.key = *literal;
    } else if (std::holds_alternative<flow::SinkBinding::FromRecord>(binding_.key) &&
               !row.null_key()) {
      made.key = std::string(row.key);
    }
    if (row.origin != nullptr) {
      made.topic = row.origin->topic;
      made.partition = row.origin->partition.value();
    }
    if (binding_.topic_column) {
      const record::Column topics = batch.column(*binding_.topic_column);
      made.to = std::string(topics[i].as_text());
    }
    made.offset = row.offset;
    made.ordinal = row.ordinal;
    for (const record::Header& header : row.all_headers())
      made.headers.emplace_back(header.name, header.value);
    if (stats_ != nullptr) stats_->out.add();
    ledger_.add(epoch, 1);
    in_flight_.push_back(std::move(made));
  }

  FakeBroker& broker_;
  FakeSinkControl& control_;
  const std::uint32_t sink_;
  flow::SinkBinding binding_;
  flow::Ledger& ledger_;
  flow::StepStats* stats_;
  flow::ErrorRoute* errors_;
  const std::uint64_t life_;
  std::deque<OutputRow> in_flight_;
};

class FakeSink final : public flow::Sink {
 public:
  // Every run makes its sinks first: they begin a life.
  FakeSink(FakeBroker& broker, FakeSinkControl& control) : broker_(broker), control_(control) {
    broker.begin_life();
  }
  Status start(flow::SinkListener& listener, base::Wakeup&) override {
    listener.on_sink_connected(true, "", "");
    return {};
  }
  Result<std::unique_ptr<flow::SinkWriter>> make_writer(
      std::uint32_t sink, flow::SinkBinding binding, const flow::WriterContext& context) override {
    return std::unique_ptr<flow::SinkWriter>(
        std::make_unique<FakeWriter>(broker_, control_, sink, std::move(binding), context.ledger,
                                     &context.stats, &context.errors));
  }
  Instant serve(Instant) override { return base::kNever; }
  bool connected() const noexcept override { return control_.connected; }

 private:
  FakeBroker& broker_;
  FakeSinkControl& control_;
};

}  // namespace leat::test
