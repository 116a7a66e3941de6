#include "plan/graph.h"

#include <algorithm>

#include "operators/decode.h"
#include "operators/encode.h"
#include "operators/pass.h"

namespace leat::plan {
namespace {

using operators::Counting;

codec::Format format_of(spec::Format format) noexcept {
  switch (format) {
    case spec::Format::json: return codec::Format::json;
    case spec::Format::string: return codec::Format::string;
    case spec::Format::bytes: return codec::Format::bytes;
    case spec::Format::csv: break;  // refused when the definition is read
  }
  return codec::Format::json;
}

// The slots are complete only when the plan is: they are read when a task makes its own decoder.
MakeOperator make_decode(codec::Format format, std::shared_ptr<const Slots> slots,
                         Counting counting) {
  return [format, slots = std::move(slots), counting] {
    return std::make_unique<operators::Decode>(codec::make_decoder(format, *slots), counting);
  };
}

Node operator_node(const std::string& step, MakeOperator make) {
  Node node;
  node.kind = Node::Kind::op;
  node.step = step;
  node.make_operator = std::move(make);
  return node;
}

}  // namespace

Flow Graph::add_source(std::uint32_t index, const spec::SourceSpec& source) {
  if (stages_.empty()) stages_.emplace_back();
  Stage& stage = stages_.front();
  const codec::Format format = format_of(source.format);
  const ScopeId scope = scopes_.add_origin(format);
  stage.sources.push_back({index, stage.nodes.size()});
  stage.nodes.push_back(
      operator_node(source.id, make_decode(format, scopes_.slots(scope), Counting::every_row)));
  const Shape shape = Shape::of(scope, format);
  stage.nodes.back().make_tap_encoder = json_encoder(shape);
  return {{{0, stage.nodes.size() - 1}}, shape, source.id};
}

Flow Graph::unite(const std::vector<const Flow*>& inputs, const std::string& step) {
  if (inputs.size() == 1) return *inputs[0];
  const auto format = [this](const Flow& flow) { return scopes_.format(flow.shape.scope()); };
  const bool alike = std::all_of(inputs.begin(), inputs.end(), [&](const Flow* flow) {
    return flow->shape.untouched() && format(*flow) == format(*inputs[0]);
  });
  Flow united;
  united.step = step;
  std::vector<ScopeId> scopes;
  for (const Flow* input : inputs) {
    const bool ready = alike || (input->shape.untouched() && format(*input) == codec::Format::json);
    const Flow flow = ready ? *input : materialise(*input, step);
    united.ends.insert(united.ends.end(), flow.ends.begin(), flow.ends.end());
    if (std::find(scopes.begin(), scopes.end(), flow.shape.scope()) == scopes.end())
      scopes.push_back(flow.shape.scope());
  }
  const codec::Format common = scopes_.format(scopes[0]);
  united.shape = Shape::of(scopes.size() == 1 ? scopes[0] : scopes_.add_union(scopes), common);
  return united;
}

Flow Graph::materialise(const Flow& input, const std::string& step) {
  const auto make_encoder = json_encoder(input.shape);
  const Flow encoded = add_operator(
      input, step, [make_encoder] { return std::make_unique<operators::Encode>(make_encoder()); },
      input.shape, false);
  const ScopeId scope = scopes_.add_origin(codec::Format::json);
  return add_operator(encoded, step,
                      make_decode(codec::Format::json, scopes_.slots(scope), Counting::failures),
                      Shape::of(scope, codec::Format::json), false);
}

std::vector<Flow::End> Graph::append(const Flow& input, const Node& node) {
  std::vector<Flow::End> ends;
  for (const Flow::End& end : input.ends) {
    const auto same_stage = [&end](const Flow::End& other) { return other.stage == end.stage; };
    auto placed = std::find_if(ends.begin(), ends.end(), same_stage);
    if (placed == ends.end()) {
      stages_[end.stage].nodes.push_back(node);
      ends.push_back({end.stage, stages_[end.stage].nodes.size() - 1});
      placed = ends.end() - 1;
    }
    stages_[end.stage].nodes[end.node].next.push_back(placed->node);
  }
  return ends;
}

Flow Graph::add_operator(const Flow& input, const std::string& step, MakeOperator make, Shape after,
                         bool tap) {
  Node node = operator_node(step, std::move(make));
  if (tap) node.make_tap_encoder = json_encoder(after);
  Flow output{append(input, node), std::move(after), step};
  if (tap) {
    for (const Flow::End& end : output.ends) stages_[end.stage].steps.push_back(step);
  }
  return output;
}

void Graph::work_for_sink(const Flow& flow, std::uint32_t sink) {
  for (const Flow::End& end : flow.ends) {
    Node& node = stages_[end.stage].nodes[end.node];
    node.of_sink = true;
    node.sink = sink;
  }
}

void Graph::add_sink(const Flow& input, std::uint32_t sink,
                     std::function<flow::SinkBinding()> make_binding) {
  Node node;
  node.kind = Node::Kind::sink;
  node.sink = sink;
  node.make_binding = std::move(make_binding);
  append(input, node);
}

Flow Graph::add_exchange(const Flow& input, const std::string& step,
                         const std::vector<std::size_t>& key_columns) {
  const std::size_t below = stages_.size();
  std::vector<Entry> entries;
  for (const Flow::End& end : input.ends) {
    Node node;
    node.kind = Node::Kind::exchange;
    node.exchange = static_cast<std::uint32_t>(exchanges_.size());
    stages_[end.stage].nodes.push_back(node);
    stages_[end.stage].nodes[end.node].next.push_back(stages_[end.stage].nodes.size() - 1);
    entries.push_back({node.exchange, 0});
    exchanges_.push_back({static_cast<std::uint32_t>(end.stage), static_cast<std::uint32_t>(below),
                          key_columns, step});
  }
  Stage& stage = stages_.emplace_back();
  stage.exchanges = std::move(entries);
  stage.nodes.push_back(
      operator_node(step, [] { return std::make_unique<operators::Pass>(Counting::failures); }));
  return {{{below, 0}}, input.shape, step};
}

std::function<std::unique_ptr<record::RowEncoder>()> Graph::json_encoder(const Shape& shape) {
  return [layout = shape.layout(scopes_)] { return codec::make_json_encoder(layout); };
}

}  // namespace leat::plan
