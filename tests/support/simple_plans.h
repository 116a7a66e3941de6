#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "plan/plan.h"
#include "support/simple_operators.h"

// Plans made by hand, for tests of the machine below the definitions.
namespace leat::test {

inline std::shared_ptr<spec::PipelineSpec> spec_of(const std::vector<std::string>& sources,
                                                   const std::vector<std::string>& steps,
                                                   const std::vector<std::string>& sinks,
                                                   const spec::TriggerSpec& trigger) {
  auto made = std::make_shared<spec::PipelineSpec>();
  made->name = "p";
  made->trigger = trigger;
  for (const std::string& id : sources) made->sources.emplace_back().id = id;
  for (const std::string& id : steps) {
    spec::StepSpec step;
    step.id = id;
    made->steps.push_back(std::move(step));
  }
  for (const std::string& id : sinks) made->sinks.emplace_back().id = id;
  return made;
}

inline plan::Node op_node(std::string step, std::function<std::unique_ptr<flow::Operator>()> make,
                          std::vector<std::size_t> next) {
  plan::Node made;
  made.kind = plan::Node::Kind::op;
  made.step = std::move(step);
  made.next = std::move(next);
  made.make_operator = std::move(make);
  made.make_tap_encoder = [] { return std::make_unique<RawEncoder>(); };
  return made;
}

inline plan::Node sink_node(std::uint32_t sink) {
  plan::Node made;
  made.kind = plan::Node::Kind::sink;
  made.sink = sink;
  made.make_binding = [] { return flow::SinkBinding(); };
  return made;
}

inline plan::Node exchange_node(std::uint32_t exchange) {
  plan::Node made;
  made.kind = plan::Node::Kind::exchange;
  made.exchange = exchange;
  return made;
}

// "in" → "step" → "out".
inline std::shared_ptr<plan::Plan> pass_through(const spec::TriggerSpec& trigger,
                                                std::uint32_t parallelism = 1) {
  auto made = std::make_shared<plan::Plan>();
  made->spec = spec_of({"in"}, {"step"}, {"out"}, trigger);
  made->parallelism = parallelism;
  plan::Stage stage;
  stage.nodes.push_back(op_node("step", keep_all, {1}));
  stage.nodes.push_back(sink_node(0));
  stage.sources.push_back({0, 0});
  made->stages.push_back(std::move(stage));
  return made;
}

// "in" → re-key by the record's key → "step" → "out"; with `second_source`, "more" joins behind the
// exchange.
inline std::shared_ptr<plan::Plan> re_keyed(const spec::TriggerSpec& trigger,
                                            std::uint32_t parallelism, bool second_source = false) {
  auto made = std::make_shared<plan::Plan>();
  std::vector<std::string> sources{"in"};
  if (second_source) sources.push_back("more");
  made->spec = spec_of(sources, {"key", "step"}, {"out"}, trigger);
  made->parallelism = parallelism;
  plan::Stage first;
  first.nodes.push_back(op_node("key", [] { return std::make_unique<KeyToColumn>(); }, {1}));
  first.nodes.push_back(exchange_node(0));
  first.sources.push_back({0, 0});
  plan::Stage second;
  second.nodes.push_back(op_node("step", keep_all, {1}));
  second.nodes.push_back(sink_node(0));
  second.exchanges.push_back({0, 0});
  if (second_source) second.sources.push_back({1, 0});
  made->stages.push_back(std::move(first));
  made->stages.push_back(std::move(second));
  plan::Exchange exchange;
  exchange.from = 0;
  exchange.to = 1;
  exchange.key_columns = {kKeyColumn};
  made->exchanges.push_back(std::move(exchange));
  return made;
}

// "in" → all to "all", those with a value that begins with 'a' to "some".
inline std::shared_ptr<plan::Plan> branched(const spec::TriggerSpec& trigger,
                                            std::uint32_t parallelism) {
  auto made = std::make_shared<plan::Plan>();
  made->spec = spec_of({"in"}, {"step", "filter"}, {"all", "some"}, trigger);
  made->parallelism = parallelism;
  plan::Stage stage;
  stage.nodes.push_back(op_node("step", keep_all, {1, 2}));
  stage.nodes.push_back(sink_node(0));
  stage.nodes.push_back(op_node("filter",
                                [] {
                                  return std::make_unique<KeepRows>([](const record::Row& row) {
                                    return row.value.starts_with('a');
                                  });
                                },
                                {3}));
  stage.nodes.push_back(sink_node(1));
  stage.sources.push_back({0, 0});
  made->stages.push_back(std::move(stage));
  return made;
}

}  // namespace leat::test
