#include "plan/graph.h"

#include <algorithm>

#include "operators/decode.h"
#include "operators/encode.h"
#include "operators/key_text.h"
#include "operators/pass.h"
#include "operators/renumber.h"
#include "plan/types.h"

namespace leat::plan {
namespace {

using operators::Counting;

codec::Reading reading_of(const spec::SourceSpec& source) {
  codec::Reading reading;
  switch (source.format) {
    case spec::Format::json: reading.format = codec::Format::json; break;
    case spec::Format::string: reading.format = codec::Format::string; break;
    case spec::Format::bytes: reading.format = codec::Format::bytes; break;
    case spec::Format::csv: reading.format = codec::Format::csv; break;
  }
  reading.csv = source.csv;
  if (source.schema) reading.schema = std::make_shared<const spec::SchemaSpec>(*source.schema);
  return reading;
}

// What is known of the rows of a source; null = nothing.
TypePtr type_of(const codec::Reading& reading) {
  using Kind = spec::SchemaType::Kind;
  if (reading.schema == nullptr && reading.format == codec::Format::json) return nullptr;
  auto type = std::make_shared<spec::SchemaType>();
  type->kind = Kind::object;
  if (reading.schema != nullptr) type->members = reading.schema->fields;
  if (reading.format == codec::Format::string || reading.format == codec::Format::bytes) {
    const bool text = reading.format == codec::Format::string;
    type->members = {{"value", {text ? Kind::string : Kind::bytes, true, nullptr, {}}}};
  }
  for (const std::string& name : reading.csv.fields) {
    if (reading.format != codec::Format::csv || known_at(type, {&name, 1}).exists) continue;
    type->members.push_back({name, spec::SchemaType()});
    type->members.back().type.kind = Kind::string;
  }
  return type;
}

// How documents are read that were encoded on the way: with the types they had.
codec::Reading reading_again(const TypePtr& type) {
  codec::Reading reading;
  if (type == nullptr) return reading;
  auto schema = std::make_shared<spec::SchemaSpec>();
  schema->fields = type->members;
  reading.schema = std::move(schema);
  return reading;
}

bool same_reading(const codec::Reading& a, const codec::Reading& b) {
  if (a.format != b.format) return false;
  return a.format != codec::Format::csv ||
         (a.csv.fields == b.csv.fields && a.csv.delimiter == b.csv.delimiter &&
          a.csv.null == b.csv.null && !a.csv.fields.empty());
}

Node operator_node(const std::string& step, MakeOperator make) {
  Node node;
  node.kind = Node::Kind::op;
  node.step = step;
  node.make_operator = std::move(make);
  return node;
}

}  // namespace

// The slots are complete only when the plan is: they are read when a task makes its own decoder.
MakeOperator Graph::make_decode(const codec::Reading& reading, std::shared_ptr<const Slots> slots,
                                Counting counting) {
  return [reading, slots = std::move(slots), counting] {
    return std::make_unique<operators::Decode>(codec::make_decoder(reading, slots->read),
                                               slots->copies, counting);
  };
}

Flow Graph::add_source(std::uint32_t index, const spec::SourceSpec& source,
                       const codec::RecordLimits& limits) {
  if (stages_.empty()) stages_.emplace_back();
  Stage& stage = stages_.front();
  codec::Reading reading = reading_of(source);
  reading.limits = limits;
  stage.sources.push_back({index, stage.nodes.size()});
  const bool named_by_file = reading.format == codec::Format::csv && reading.csv.fields.empty();
  if (named_by_file) {
    // Nobody knows the columns before the file is read: its rows are made documents at once.
    stage.nodes.push_back(operator_node(source.id, [reading] {
      return std::make_unique<operators::Encode>(codec::make_csv_to_json_encoder(reading));
    }));
    reading.format = codec::Format::json;
    reading.limits = {};
  }
  const TypePtr type = type_of(reading);
  const ScopeId scope = scopes_.add_origin(std::move(reading), type);
  const std::size_t decode = stage.nodes.size();
  if (named_by_file) stage.nodes.back().next.push_back(decode);
  stage.nodes.push_back(operator_node(
      source.id, make_decode(scopes_.reading(scope), scopes_.slots(scope), Counting::failures)));
  return {{{0, decode}}, Shape::of(scope, scopes_), source.id, {index}, false};
}

Flow Graph::add_arrival(const Flow& decoded, const std::string& source, MakeOperator make) {
  Node node = operator_node(source, std::move(make));
  node.arrival = true;
  node.make_tap_encoder = json_encoder(decoded.shape);
  return {append(decoded, node), decoded.shape, source, decoded.sources, decoded.several};
}

Flow Graph::unite(const std::vector<const Flow*>& inputs, const std::string& step) {
  if (inputs.size() == 1) return *inputs[0];
  const auto reading = [this](const Flow& flow) -> const codec::Reading& {
    return scopes_.reading(flow.shape.scope());
  };
  const bool alike = std::all_of(inputs.begin(), inputs.end(), [&](const Flow* flow) {
    return flow->shape.untouched() && same_reading(reading(*flow), reading(*inputs[0]));
  });
  std::set<std::uint32_t> once;
  bool repeats = false;
  for (const Flow* input : inputs)
    for (const std::uint32_t source : input->sources)
      repeats = !once.insert(source).second || repeats;
  Flow united;
  united.step = step;
  united.sources = once;
  united.several = repeats;
  united.key_column = common_key(inputs);
  bool made = false;
  std::vector<ScopeId> scopes;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Flow& input = *inputs[i];
    const bool ready =
        alike || (input.shape.untouched() && reading(input).format == codec::Format::json);
    Flow flow = ready ? input : materialise(input, step);
    if (repeats) flow = renumber(flow, step, inputs.size(), i);
    if (united.key_column) flow = with_key(flow, step, *united.key_column);
    united.several = united.several || input.several;
    united.updates = united.updates || input.updates;
    united.withdraws = united.withdraws || input.withdraws;
    united.by_epoch = united.by_epoch || input.by_epoch;
    made = made || input.shape.made();
    united.ends.insert(united.ends.end(), flow.ends.begin(), flow.ends.end());
    if (std::find(scopes.begin(), scopes.end(), flow.shape.scope()) == scopes.end())
      scopes.push_back(flow.shape.scope());
  }
  united.shape = Shape::of(scopes.size() == 1 ? scopes[0] : scopes_.add_union(scopes), scopes_);
  united.shape.set_made(made);
  return united;
}

std::optional<std::size_t> Graph::common_key(const std::vector<const Flow*>& inputs) {
  const std::optional<std::size_t> first = inputs[0]->key_column;
  const bool same = std::all_of(inputs.begin(), inputs.end(),
                                [&](const Flow* input) { return input->key_column == first; });
  return same ? first : scopes_.new_column();
}

Flow Graph::with_key(const Flow& input, const std::string& step, std::size_t column) {
  if (input.key_column == column) return input;
  Flow keyed = add_operator(
      input, step,
      [from = input.key_column, column] {
        return std::make_unique<operators::KeyText>(from, column);
      },
      input.shape, false);
  keyed.key_column = column;
  return keyed;
}

Flow Graph::renumber(const Flow& input, const std::string& step, std::uint64_t of,
                     std::uint64_t place) {
  return add_operator(
      input, step, [of, place] { return std::make_unique<operators::Renumber>(of, place); },
      input.shape, false);
}

Flow Graph::materialise(const Flow& input, const std::string& step) {
  return encoded(input, step, json_encoder(input.shape));
}

Flow Graph::encoded(const Flow& input, const std::string& step, MakeEncoder make_encoder) {
  const TypePtr type = input.shape.type(scopes_);
  const std::vector<Member> computed = input.shape.computed();
  std::vector<std::size_t> kept;
  for (const Member& member : computed) kept.push_back(member.column);
  if (input.key_column) kept.push_back(*input.key_column);
  const Flow documents = add_operator(
      input, step,
      [make_encoder, kept] { return std::make_unique<operators::Encode>(make_encoder(), kept); },
      input.shape, false);
  const ScopeId scope = scopes_.add_origin(reading_again(type), type);
  // A value that was computed stays what it is: JSON has fewer types.
  for (const Member& member : computed) scopes_.keep(scope, member.path, member.column);
  Shape shape = Shape::of(scope, scopes_);
  shape.set_made(input.shape.made());
  return add_operator(documents, step,
                      make_decode(scopes_.reading(scope), scopes_.slots(scope), Counting::failures),
                      std::move(shape), false);
}

std::vector<Flow::End> Graph::append(const Flow& input, Node node) {
  if (input.shape.made()) node.make_error_encoder = json_encoder(input.shape);
  std::vector<Flow::End> ends;
  for (const Flow::End& end : input.ends) {
    const auto same_stage = [&end](const Flow::End& other) { return other.stage == end.stage; };
    auto placed = std::find_if(ends.begin(), ends.end(), same_stage);
    if (placed == ends.end()) {
      stages_[end.stage].nodes.push_back(node);
      ends.push_back({end.stage, stages_[end.stage].nodes.size() - 1});
      placed = ends.end() - 1;
    }
    readers_at(end).push_back(placed->node);
  }
  return ends;
}

Flow Graph::add_operator(const Flow& input, const std::string& step, MakeOperator make, Shape after,
                         bool tap) {
  Node node = operator_node(step, std::move(make));
  if (tap) node.make_tap_encoder = json_encoder(after);
  Flow output = input;
  output.ends = append(input, std::move(node));
  output.shape = std::move(after);
  output.step = step;
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
    readers_at(end).push_back(stages_[end.stage].nodes.size() - 1);
    entries.push_back({node.exchange, 0});
    exchanges_.push_back({static_cast<std::uint32_t>(end.stage), static_cast<std::uint32_t>(below),
                          key_columns, step});
  }
  Stage& stage = stages_.emplace_back();
  stage.exchanges = std::move(entries);
  stage.nodes.push_back(
      operator_node(step, [] { return std::make_unique<operators::Pass>(Counting::failures); }));
  if (input.shape.made()) stage.nodes.back().make_error_encoder = json_encoder(input.shape);
  Flow output = input;
  output.ends = {{below, 0}};
  output.step = step;
  return output;
}

MakeEncoder Graph::json_encoder(const Shape& shape, spec::TimestampText timestamps) {
  const codec::Reading& reading = scopes_.reading(shape.scope());
  if (shape.untouched() && reading.format == codec::Format::csv)
    return [reading] { return codec::make_csv_to_json_encoder(reading); };
  return [layout = shape.layout(scopes_), timestamps] {
    return codec::make_json_encoder(layout, timestamps);
  };
}

}  // namespace leat::plan
