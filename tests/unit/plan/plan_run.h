#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "flow/operator.h"
#include "plan/plan.h"
#include "record/key_hash.h"
#include "spec/parse.h"
#include "spec/text.h"
#include "state/table.h"

namespace leat::plan {

// A definition's plan, or its problems as lines.
struct Planned {
  std::shared_ptr<const Plan> plan;
  std::vector<std::string> problems;  // "error /steps/0/filter UNKNOWN_FIELD"
  std::vector<spec::Diagnostic> diagnostics;
};

inline Planned planned(const std::string& definition, std::uint32_t workers = 2,
                       codec::RecordLimits records = {}) {
  spec::ParseResult parsed = spec::parse_pipeline(definition);
  for (const spec::Diagnostic& diagnostic : parsed.diagnostics)
    EXPECT_NE(diagnostic.severity, spec::Severity::error)
        << diagnostic.pointer << " " << diagnostic.message;
  if (!parsed.ok()) return {};
  PlanOptions options;
  options.workers = workers;
  options.records = records;
  PlanResult result = build_plan(parsed.spec, options);
  Planned planned{result.plan, {}, result.diagnostics};
  if (result.plan != nullptr) planned.diagnostics = result.plan->warnings;
  for (const spec::Diagnostic& diagnostic : planned.diagnostics)
    planned.problems.push_back(std::string(spec::severity_name(diagnostic.severity)) + " " +
                               diagnostic.pointer + " " + diagnostic.code);
  return planned;
}

// Runs a plan on one thread, one slice of every stage, record by record or all at once: what leaves
// the sinks.
class PlanRun {
 public:
  explicit PlanRun(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)), state_(*plan_) {
    for (const spec::SourceSpec& source : plan_->spec->sources)
      counts_.try_emplace(source.id, "p", source.id);
    for (const spec::StepSpec& step : plan_->spec->steps)
      counts_.try_emplace(step.id, "p", step.id);
    for (const spec::SinkSpec& sink : plan_->spec->sinks)
      counts_.try_emplace("sink " + sink.id, "p", sink.id);
    for (const Stage& stage : plan_->stages) {
      std::vector<Running>& nodes = running_.emplace_back();
      for (const Node& node : stage.nodes) nodes.push_back(start(node));
    }
  }

  void feed(const std::string& source, const std::vector<std::string>& values) {
    record::RecordBatch batch{base::Ref<record::BatchMemory>(new record::BatchMemory())};
    for (const std::string& value : values) {
      record::Row row;
      if (value == "TOMBSTONE")
        row.flags = record::Row::kNullValue;
      else
        row.value = batch.arena().copy(value);
      row.key = "source-key";
      row.origin = &origin_;
      row.offset = offset_++;
      batch.rows().push_back(row);
    }
    for (std::size_t s = 0; s < plan_->stages.size(); ++s) {
      for (const Entry& entry : plan_->stages[s].sources)
        if (plan_->spec->sources[entry.index].id == source) run(s, entry.node, batch);
    }
  }

  // Event time has come so far everywhere.
  void advance(std::int64_t us) {
    for (std::size_t s = 0; s < running_.size(); ++s) {
      for (std::size_t i = 0; i < running_[s].size(); ++i) {
        Next next(*this, s, i);
        if (running_[s][i].op != nullptr) {
          EXPECT_TRUE(running_[s][i].op->on_watermark({us, false}, next).ok());
        }
      }
    }
  }

  // Values that left the sink, as "key=value" when the sink makes its own key.
  std::vector<std::string> output(const std::string& sink) { return outputs_[sink]; }
  // "in out dropped" of a source or step.
  std::string counts(const std::string& id) {
    flow::StepStats& stats = counts_.at(id);
    std::uint64_t dropped = 0;
    for (std::size_t r = 0; r < flow::kDropReasons; ++r)
      dropped += stats.dropped(static_cast<flow::DropReason>(r)).value();
    return std::to_string(stats.in.value()) + " " + std::to_string(stats.out.value()) + " " +
           std::to_string(dropped);
  }
  // What the tap of a step showed.
  std::vector<std::string> tapped(const std::string& step) { return tapped_[step]; }

 private:
  struct Running {
    std::unique_ptr<flow::Operator> op;
    std::unique_ptr<flow::ErrorRoute> errors;
    flow::SinkBinding binding;
  };
  class Next final : public flow::Collector {
   public:
    Next(PlanRun& run, std::size_t stage, std::size_t node)
        : run_(run), stage_(stage), node_(node) {}
    void emit(record::RecordBatch&& batch) override { run_.leave(stage_, node_, batch); }
    void emit_side(record::RecordBatch&& batch) override {
      for (const std::size_t next : run_.plan_->stages[stage_].nodes[node_].side) {
        record::RecordBatch copy = batch.clone();
        run_.run(stage_, next, copy);
      }
    }

   private:
    PlanRun& run_;
    std::size_t stage_;
    std::size_t node_;
  };

  // Tables in memory.
  class State final : public flow::StateAccess {
   public:
    explicit State(const Plan& plan) : plan_(plan) {}
    Result<std::unique_ptr<state::Table>> take_table(const std::string& step, SliceId) override {
      for (const KeyedStep& keyed : plan_.keyed)
        if (keyed.step == step)
          return state::make_table({{}, keyed.type.get(), 0, record::kKeyGroups, 0, nullptr});
      return Status(Code::not_found, step);
    }
    void deliver(EpochId, state::Delta) override {}
    EpochId committed() const noexcept override { return {}; }

   private:
    const Plan& plan_;
  };

  Running start(const Node& node) {
    Running running;
    if (node.kind == Node::Kind::sink) running.binding = node.make_binding();
    if (node.kind != Node::Kind::op) return running;
    running.op = node.make_operator();
    const std::string id = node.of_sink ? "sink " + plan_->spec->sinks[node.sink].id : node.step;
    flow::StepStats& counts = counts_.at(id);
    running.errors = std::make_unique<flow::ErrorRoute>(flow::ErrorPlace(), counts);
    EXPECT_TRUE(running.op->open({SliceId(0), 1, counts, *running.errors, nullptr, &state_}).ok());
    return running;
  }

  void run(std::size_t stage, std::size_t index, record::RecordBatch& batch) {
    const Node& node = plan_->stages[stage].nodes[index];
    if (node.kind == Node::Kind::sink) return write(node, running_[stage][index].binding, batch);
    if (node.kind == Node::Kind::exchange) {
      const Exchange& exchange = plan_->exchanges[node.exchange];
      EXPECT_EQ(exchange.from, stage);
      for (const Entry& entry : plan_->stages[exchange.to].exchanges)
        if (entry.index == node.exchange) run(exchange.to, entry.node, batch);
      return;
    }
    Next next(*this, stage, index);
    EXPECT_TRUE(running_[stage][index].op->process(batch, next).ok());
  }

  void leave(std::size_t stage, std::size_t index, record::RecordBatch& batch) {
    const Node& node = plan_->stages[stage].nodes[index];
    if (node.make_tap_encoder) {
      const std::unique_ptr<record::RowEncoder> encoder = node.make_tap_encoder();
      std::vector<std::string_view> texts(batch.size());
      std::vector<const record::RowError*> errors(batch.size());
      encoder->encode(batch, texts, errors);
      for (const std::string_view text : texts) tapped_[node.step].emplace_back(text);
    }
    for (const std::size_t next : node.next) {
      EXPECT_GT(next, index);
      record::RecordBatch copy = batch.clone();
      run(stage, next, copy);
    }
  }

  static std::string shown(const record::Value& value) {
    switch (value.type()) {
      case record::Type::integer:
      case record::Type::timestamp: return std::to_string(value.as_integer());
      case record::Type::real: return std::to_string(value.as_real());
      case record::Type::string:
      case record::Type::json: return std::string(value.as_text());
      default: return std::string(to_string(value.type()));
    }
  }

  void write(const Node& node, flow::SinkBinding& binding, record::RecordBatch& batch) {
    std::vector<std::string_view> texts(batch.size());
    std::vector<const record::RowError*> errors(batch.size());
    binding.encoder->encode(batch, texts, errors);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      std::string line;
      if (const auto* text = std::get_if<std::string>(&binding.key)) line = *text + "=";
      if (std::holds_alternative<flow::SinkBinding::None>(binding.key)) line = "none=";
      if (const auto* column = std::get_if<flow::SinkBinding::Column>(&binding.key))
        line = shown(batch.column(column->index)[i]) + "=";
      if (binding.topic_column) line += "to " + shown(batch.column(*binding.topic_column)[i]) + " ";
      if (binding.timestamp_column)
        line += "@" + shown(batch.column(*binding.timestamp_column)[i]) + " ";
      for (const flow::SinkBinding::HeaderRule& rule : binding.headers) {
        if (const auto* column = std::get_if<flow::SinkBinding::Column>(&rule.value))
          line += rule.name + ":" + shown(batch.column(column->index)[i]) + " ";
      }
      line += errors[i] != nullptr          ? "error " + std::string(errors[i]->code)
              : batch.rows()[i].tombstone() ? "TOMBSTONE"
                                            : std::string(texts[i]);
      outputs_[plan_->spec->sinks[node.sink].id].push_back(line);
    }
  }

  std::shared_ptr<const Plan> plan_;
  State state_;
  const record::Origin origin_{"in", PartitionId(0)};
  std::int64_t offset_ = 0;
  std::map<std::string, flow::StepStats> counts_;
  std::vector<std::vector<Running>> running_;
  std::map<std::string, std::vector<std::string>> outputs_;
  std::map<std::string, std::vector<std::string>> tapped_;
};

}  // namespace leat::plan
