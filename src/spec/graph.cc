#include <algorithm>
#include <set>

#include "base/text.h"
#include "spec/field_path.h"
#include "spec/names.h"
#include "spec/sections.h"

namespace leat::spec {
namespace {

constexpr std::size_t kInputsMax = 64;

// What the literal would read if it were an expression: a bare path of fields.
bool looks_like_path(std::string_view text) {
  return text.find('`') == std::string_view::npos && parse_field_path(text).ok();
}

}  // namespace

void Graph::add_sources(const std::vector<SourceSpec>& sources, const Spot& spot) {
  for (const SourceSpec& source : sources)
    nodes_.push_back({source.id, source.pointer, spot.value.find(source.id), true, false, false});
  sources_ = nodes_.size();
}

void Graph::make_id(StepDraft& draft, std::size_t index) {
  StepSpec& step = draft.spec;
  const auto taken = [&](std::string_view id) {
    return std::any_of(nodes_.begin(), nodes_.end(),
                       [&](const Node& node) { return node.id == id; });
  };
  if (!step.id_given) {
    step.id = verb_of(step) + "-" + std::to_string(index);
    while (taken(step.id) || std::find(below_.begin(), below_.end(), step.id) != below_.end())
      step.id += "_";
    return;
  }
  if (!taken(step.id)) return;
  const Spot at = draft.spot.at("id", *draft.spot.value.find("id"));
  findings_.error("DUPLICATE_ID", at, quoted(step.id) + " is the id of another source or step");
  broken_ = true;
  for (Node& node : nodes_) node.ambiguous = node.ambiguous || node.id == step.id;
  while (taken(step.id)) step.id += "_";
}

void Graph::connect(std::vector<StepDraft>& steps, std::vector<SinkDraft>& sinks) {
  for (const StepDraft& draft : steps)
    if (draft.spec.id_given) below_.push_back(draft.spec.id);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    StepDraft& draft = steps[i];
    draft.spec.from = resolve(draft.spot, draft.from, "step");
    if (draft.spec.id_given) below_.erase(std::find(below_.begin(), below_.end(), draft.spec.id));
    const std::string written = draft.spec.id;
    make_id(draft, i);
    const bool nameable = draft.spec.id_given && draft.spec.id == written;
    nodes_.push_back({draft.spec.id, draft.spec.pointer, &draft.spot.value, nameable, false});
    if (has_late_output(draft.spec))
      nodes_.back().late = draft.spec.pointer + "/" + verb_of(draft.spec);
  }
  check_renames(steps);
  for (SinkDraft& draft : sinks) draft.spec.from = resolve(draft.spot, draft.from, "sink");
  if (broken_ || sinks.empty()) return;
  for (std::size_t i = 0; i < nodes_.size(); ++i) warn_of_unread(nodes_[i], i < sources_);
}

// One state cannot go on under two ids.
void Graph::check_renames(const std::vector<StepDraft>& steps) {
  std::set<std::string_view> claimed;
  for (const StepDraft& draft : steps) {
    const std::string& before = draft.spec.renamed_from;
    if (before.empty()) continue;
    const Spot at = draft.spot.at("renamed_from", *draft.spot.value.find("renamed_from"));
    const bool there = std::any_of(steps.begin(), steps.end(),
                                   [&](const StepDraft& other) { return other.spec.id == before; });
    if (there)
      findings_.error("RENAME_CLASH", at, quoted(before) + " is the id of a step that is there");
    else if (!claimed.insert(before).second)
      findings_.error("RENAME_CLASH", at, "another step was renamed from " + quoted(before));
  }
}

void Graph::warn_of_unread(const Node& node, bool source) {
  if (!node.read)
    findings_.warning(
        "NEVER_READ", {*node.value, node.pointer},
        (source ? "nothing reads the source " : "nothing reads the step ") + quoted(node.id));
  if (node.late.empty() || node.late_read) return;
  const json::Value* const verb =
      json::find_pointer(*node.value, node.late.substr(node.pointer.size()));
  const std::string key = verb->find("too_late") != nullptr ? "too_late" : "late";
  findings_.warning("NEVER_READ", Spot{*verb, node.late}.at(key, *verb->find(key)),
                    "nothing reads the late rows of the step: name `" + node.id +
                        std::string(kLateSuffix) + "` in a `from`");
}

std::vector<std::string> Graph::resolve(const Spot& reader, const json::Value* from,
                                        std::string_view what) {
  if (from == nullptr) {
    if (reader.value.find("from") == nullptr) return resolve_default(reader, what);
    broken_ = true;  // it is there, and wrong
    return {};
  }
  std::vector<std::string> ids;
  const Spot at = reader.at("from", *from);
  if (from->is_string()) {
    if (!resolve_name(at, ids)) ids.clear();
    return ids;
  }
  if (from->elements().empty() || from->elements().size() > kInputsMax) {
    broken_ = true;
    findings_.error("OUT_OF_RANGE", at,
                    "`from` must name 1 to " + std::to_string(kInputsMax) + " inputs");
    return ids;
  }
  bool all = true;
  for (std::size_t i = 0; i < from->elements().size(); ++i) all &= resolve_name(at.at(i), ids);
  if (!all) ids.clear();
  return ids;
}

std::vector<std::string> Graph::resolve_default(const Spot& reader, std::string_view what) {
  if (nodes_.empty()) return {};
  if (nodes_.size() == sources_ && sources_ > 1) {
    broken_ = true;
    findings_.error("MISSING_FIELD", reader,
                    "there are several sources: this " + std::string(what) +
                        " must say by `from` which of them it reads");
    return {};
  }
  nodes_.back().read = true;
  return {nodes_.back().id};
}

bool Graph::resolve_name(const Spot& spot, std::vector<std::string>& ids) {
  const std::string* name = spot.value.as_string();
  if (name == nullptr || findings_.taken(spot.value)) {
    broken_ = true;
    if (name == nullptr)
      findings_.error(
          "WRONG_TYPE", spot,
          "an input is a name (a string), not " + std::string(json::kind_name(spot.value.kind())));
    return false;
  }
  for (Node& node : nodes_) {
    if (!node.nameable || node.id != *name) continue;
    node.read = true;
    ids.push_back(*name);
    return !node.ambiguous;
  }
  if (resolve_late(*name)) {
    ids.push_back(*name);
    return true;
  }
  broken_ = true;
  if (sources_ != 0) report_unknown(spot, *name);
  return false;
}

bool Graph::resolve_late(std::string_view name) {
  if (!name.ends_with(kLateSuffix)) return false;
  const std::string_view id = name.substr(0, name.size() - kLateSuffix.size());
  for (Node& node : nodes_) {
    if (!node.nameable || node.id != id || node.late.empty()) continue;
    return node.late_read = true;
  }
  return false;
}

void Graph::report_unknown(const Spot& spot, const std::string& name) {
  const bool late = name.ends_with(kLateSuffix);
  const std::string id = late ? name.substr(0, name.size() - kLateSuffix.size()) : name;
  if (std::find(below_.begin(), below_.end(), id) != below_.end())
    return findings_.error("NOT_ABOVE", spot,
                           quoted(name) + " does not stand above: `from` looks upwards only");
  if (name.ends_with(".errors")) return findings_.not_yet(spot.pointer, spot.value.place(), name);
  if (late && std::any_of(nodes_.begin(), nodes_.end(),
                          [&](const Node& node) { return node.nameable && node.id == id; }))
    return findings_.error("UNKNOWN_NAME", spot,
                           quoted(id) +
                               " has no late rows to read: only keyed steps that say "
                               "`\"late\": \"side_output\"` have");
  std::vector<std::string> late_outputs;
  for (const Node& node : nodes_)
    if (node.nameable && !node.late.empty())
      late_outputs.push_back(node.id + std::string(kLateSuffix));
  std::vector<std::string_view> known(late_outputs.begin(), late_outputs.end());
  for (const Node& node : nodes_)
    if (node.nameable) known.push_back(node.id);
  std::vector<std::string> near = base::nearest(name, known);
  const std::string there_are = near.empty() ? listed(known) : "";
  findings_.error("UNKNOWN_NAME", spot,
                  "there is no source or step " + quoted(name) + " above" + there_are,
                  std::move(near));
}

void warn_of_literals(Findings& findings, const json::Value& root,
                      const std::vector<SourceSpec>& sources, const std::vector<StepDraft>& steps,
                      const std::vector<SinkDraft>& sinks) {
  std::set<std::string, std::less<>> fields;
  for (const SourceSpec& source : sources) {
    if (const auto* generator = std::get_if<GeneratorSpec>(&source.kind))
      for (const auto& [name, value] : generator->fields) fields.insert(name);
    if (source.schema)
      for (const auto& [name, type] : source.schema->fields) fields.insert(name);
    fields.insert(source.csv.fields.begin(), source.csv.fields.end());
  }
  for (const StepDraft& draft : steps) {
    const std::vector<Assignment>* made = nullptr;
    if (const auto* explode = std::get_if<ExplodeStep>(&draft.spec.verb))
      fields.insert(format_field_path(explode->as));
    if (const auto* set = std::get_if<SetStep>(&draft.spec.verb)) made = &set->fields;
    if (const auto* select = std::get_if<SelectStep>(&draft.spec.verb)) made = &select->fields;
    if (const auto* aggregate = std::get_if<AggregateStep>(&draft.spec.verb)) {
      made = &aggregate->compute;
      for (const Assignment& field : aggregate->by) fields.insert(format_field_path(field.target));
    }
    if (made == nullptr) continue;
    for (const Assignment& field : *made) fields.insert(format_field_path(field.target));
  }
  const auto warn = [&](const std::string& pointer, const std::string& literal) {
    const json::Value* value = json::find_pointer(root, pointer);
    // What stands outside is not shown.
    if (value == nullptr || !value->is_string() || *value->as_string() != literal) return;
    findings.warning("LITERAL_LOOKS_LIKE_EXPRESSION", {*value, pointer},
                     quoted(literal) + " is a literal here; for the field write {\"expr\": \"" +
                         literal + "\"}");
  };
  for (const SinkDraft& draft : sinks) {
    const auto* kafka = std::get_if<KafkaSinkSpec>(&draft.spec.kind);
    if (kafka == nullptr) continue;
    if (kafka->key && *kafka->key)
      if (const auto* literal = std::get_if<std::string>(&**kafka->key);
          literal != nullptr && looks_like_path(*literal))
        warn(draft.spec.pointer + "/kafka/key", *literal);
    for (const auto& [name, value] : kafka->headers)
      if (const auto* literal = value ? std::get_if<std::string>(&*value) : nullptr;
          literal != nullptr && fields.contains(*literal))
        warn(json::pointer_to(draft.spec.pointer + "/kafka/headers", name), *literal);
  }
}

}  // namespace leat::spec
