#include "trial/memory_sink.h"

#include <algorithm>
#include <string>
#include <utility>

#include "flow/row_text.h"

namespace leat::trial {
namespace {

using Failed = const record::RowError*;

class MemoryWriter final : public flow::SinkWriter {
 public:
  MemoryWriter(Outbox& outbox, const spec::SinkSpec& spec, std::uint32_t sink,
               flow::SinkBinding binding, const flow::WriterContext& context)
      : outbox_(outbox),
        kafka_(std::get_if<spec::KafkaSinkSpec>(&spec.kind)),
        sink_(sink),
        binding_(std::move(binding)),
        context_(context) {}

  bool ready() override { return true; }

  Status write(record::RecordBatch& batch, EpochId epoch) override {
    context_.stats.in.add(batch.size());
    std::vector<std::string_view> values(batch.size());
    std::vector<Failed> errors(batch.size(), nullptr);
    binding_.encoder->encode(batch, values, errors);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      OutputRow row;
      if (!batch.rows()[i].tombstone()) row.value = std::string(values[i]);
      const Failed error = errors[i] != nullptr ? errors[i] : fill(batch, i, row);
      if (error != nullptr) {
        context_.errors.fail(batch, i, *error);
        continue;
      }
      if (outbox_.written++ >= outbox_.rows_max)
        return Status(Code::exhausted, "the steps make more rows than a trial takes")
            .with("rows_max", std::to_string(outbox_.rows_max));
      context_.stats.out.add();
      context_.ledger.add(epoch, 1);
      in_flight_.emplace_back(epoch, std::move(row));
    }
    return {};
  }

  Status on_epoch_end(EpochId) override { return {}; }

  Instant serve(Instant) override {
    for (auto& [epoch, row] : std::exchange(in_flight_, {})) {
      outbox_.rows.at(sink_).push_back(std::move(row));
      context_.ledger.done(epoch, 1);
    }
    return base::kNever;
  }

 private:
  Failed fill(const record::RecordBatch& batch, std::size_t i, OutputRow& out) const {
    flow::RowText text;
    if (const Failed error = flow::choose_text(binding_, batch, i, text)) return error;
    if (text.key) out.key = std::string(*text.key);
    out.timestamp_ms = text.timestamp_ms;
    if (kafka_ == nullptr) return nullptr;
    out.topic = kafka_->topic;
    if (binding_.topic_column) out.topic = batch.column(*binding_.topic_column)[i].as_text();
    out.partition = kafka_->partition;
    std::vector<record::Header> headers;
    const flow::HeaderRules rules{kafka_->forward_headers, kafka_->origin_header};
    if (const Failed error = flow::choose_headers(rules, binding_, batch, i, headers)) return error;
    for (const record::Header& header : headers) {
      auto& [name, value] = out.headers.emplace_back();
      name = std::string(header.name);
      if (!header.null) value = std::string(header.value);
    }
    return nullptr;
  }

  Outbox& outbox_;
  const spec::KafkaSinkSpec* const kafka_;
  const std::uint32_t sink_;
  const flow::SinkBinding binding_;
  flow::WriterContext context_;
  std::vector<std::pair<EpochId, OutputRow>> in_flight_;
};

}  // namespace

Status MemorySink::start(flow::SinkListener& listener, base::Wakeup&) {
  listener.on_sink_connected(true, "", "");
  return {};
}

Result<std::unique_ptr<flow::SinkWriter>> MemorySink::make_writer(
    std::uint32_t sink, flow::SinkBinding binding, const flow::WriterContext& context) {
  const auto found = std::find(indexes_.begin(), indexes_.end(), sink);
  LEAT_CHECK(found != indexes_.end());
  const spec::SinkSpec& spec = *specs_[static_cast<std::size_t>(found - indexes_.begin())];
  return std::unique_ptr<flow::SinkWriter>(
      std::make_unique<MemoryWriter>(outbox_, spec, sink, std::move(binding), context));
}

}  // namespace leat::trial
