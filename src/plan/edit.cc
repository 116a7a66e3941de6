#include "plan/edit.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "json/parse.h"
#include "json/write.h"

namespace leat::plan {
namespace {

// What a source reads: what tells it apart, and its name for people.
std::map<std::string, std::string> inputs_of(const spec::SourceSpec& source) {
  std::map<std::string, std::string> inputs;
  if (const auto* kafka = std::get_if<spec::KafkaSourceSpec>(&source.kind)) {
    for (const std::string& topic : kafka->topics)
      inputs["topic " + kafka->profile + " " + topic] = "topic `" + topic + "`";
    if (!kafka->pattern.empty())
      inputs["pattern " + kafka->profile + " " + kafka->pattern] =
          "topics `" + kafka->pattern + "`";
  }
  if (const auto* file = std::get_if<spec::FileSourceSpec>(&source.kind))
    inputs["file " + file->path] = "file `" + file->path + "`";
  return inputs;
}

// Sources and steps that rows of the source go through.
std::set<std::string> readers_of(const std::string& source, const spec::PipelineSpec& spec) {
  std::set<std::string> readers{source};
  for (const spec::StepSpec& step : spec.steps)
    for (const std::string& from : step.from)
      if (readers.contains(from.substr(0, from.find('.')))) readers.insert(step.id);
  return readers;
}

// What a step's state depends on, without the verb and its version.
std::string told(const std::string& schema) {
  std::size_t at = schema.find(' ');
  if (at != std::string::npos) at = schema.find(' ', at + 1);
  return "`" + (at == std::string::npos ? schema : schema.substr(at + 1)) + "`";
}

// Empty = all of it can be kept.
std::string difference(const KeyedStep& old, const KeyedStep& now) {
  if (old.schema != now.schema)
    return "`" + old.step + "` was " + told(old.schema) + " and is " + told(now.schema);
  std::string gone;
  for (const std::string& call : old.calls)
    if (std::find(now.calls.begin(), now.calls.end(), call) == now.calls.end())
      gone += (gone.empty() ? "`" : ", `") + call + "`";
  return gone.empty() ? gone : "`" + old.step + "` has no " + gone + " any more";
}

const KeyedStep* heir_of(const KeyedStep& old, const Plan& after) {
  for (const KeyedStep& now : after.keyed)
    if (now.renamed_from == old.step) return &now;
  for (const KeyedStep& now : after.keyed)
    if (now.step == old.step) return &now;
  return nullptr;
}

std::string below(std::string pointer, std::string_view key) {
  json::append_to_pointer(pointer, key);
  return pointer;
}

std::string text_of(const json::Value* value) {
  json::Writer writer;
  return value == nullptr ? "" : writer.value(*value).take();
}

// A definition as JSON, and its parts by their names.
class Parts {
 public:
  explicit Parts(const spec::PipelineSpec& spec) : spec_(spec), parsed_(json::parse(spec.json)) {}

  std::set<std::string> members() const {
    std::set<std::string> names;
    if (root() == nullptr) return names;
    for (const json::Member& member : root()->members()) names.insert(member.key);
    return names;
  }
  std::string member(std::string_view name) const {
    return root() != nullptr ? text_of(root()->find(name)) : "";
  }
  // Pointers, by the names of what stands in an object or, of steps, their ids.
  std::map<std::string, std::string> pointers(const std::string& list) const {
    std::map<std::string, std::string> all;
    if (list == "steps") {
      for (const spec::StepSpec& step : spec_.steps) all[step.id] = step.pointer;
    } else if (const json::Value* object = root() != nullptr ? root()->find(list) : nullptr) {
      for (const json::Member& member : object->members())
        all[member.key] = below("/" + list, member.key);
    }
    return all;
  }
  std::string at(const std::string& pointer) const {
    return root() != nullptr ? text_of(json::find_pointer(*root(), pointer)) : "";
  }

 private:
  const json::Value* root() const { return parsed_.partial(); }

  const spec::PipelineSpec& spec_;
  const json::Parsed parsed_;
};

bool is_hot(const std::string& member) {
  static const std::set<std::string> kHot{"trigger", "limits", "description", "labels", "tests"};
  return kHot.contains(member);
}

// Names that the sources, steps or sinks of `after` had before.
using OldNames = std::map<std::string, std::string>;

void compare_list(const std::string& list, const Parts& before, const Parts& after,
                  const OldNames& renamed, std::vector<EditChange>& changes) {
  const std::map<std::string, std::string> old = before.pointers(list);
  std::set<std::string> kept;
  const auto add = [&](const std::string& pointer, const std::string& name, const char* what) {
    changes.push_back(
        {pointer, EditClass::barrier, list == "steps" ? name : "", "`" + name + "` " + what});
  };
  for (const auto& [name, pointer] : after.pointers(list)) {
    const auto as = renamed.find(name);
    auto was = as == renamed.end() ? old.end() : old.find(as->second);
    if (was == old.end()) was = old.find(name);
    if (was == old.end()) {
      add(pointer, name, "is added");
      continue;
    }
    kept.insert(was->first);
    if (before.at(was->second) != after.at(pointer)) add(pointer, name, "is changed");
  }
  for (const auto& [name, pointer] : old)
    if (!kept.contains(name)) add("/" + list, name, "is removed");
}

}  // namespace

LostInputs lost_inputs(const Plan& before, const Plan& after) {
  std::set<std::string> there;
  for (const spec::SourceSpec& source : after.spec->sources)
    for (const auto& [input, name] : inputs_of(source)) there.insert(input);
  LostInputs lost;
  std::set<std::string> steps;
  for (const spec::SourceSpec& source : before.spec->sources) {
    const std::set<std::string> readers = readers_of(source.id, *before.spec);
    const auto reads = [&](const KeyedStep& step) { return readers.contains(step.step); };
    if (std::none_of(before.keyed.begin(), before.keyed.end(), reads)) continue;
    const std::size_t known = lost.names.size();
    for (const auto& [input, name] : inputs_of(source))
      if (!there.contains(input)) lost.names.push_back(name);
    if (lost.names.size() != known) steps.insert(readers.begin(), readers.end());
  }
  for (const KeyedStep& step : before.keyed)
    if (steps.contains(step.step)) lost.steps.push_back(step.step);
  return lost;
}

std::vector<LostState> lost_state(const Plan& before, const Plan& after) {
  const LostInputs inputs = lost_inputs(before, after);
  std::string names;
  for (const std::string& name : inputs.names) names += (names.empty() ? "" : ", ") + name;
  std::vector<LostState> lost;
  for (const KeyedStep& old : before.keyed) {
    const KeyedStep* const now = heir_of(old, after);
    std::string why = now == nullptr ? "`" + old.step + "` is gone" : difference(old, *now);
    const bool reads =
        std::find(inputs.steps.begin(), inputs.steps.end(), old.step) != inputs.steps.end();
    if (why.empty() && reads)
      why = "`" + old.step + "` holds rows of " + names +
            ", read no more, and all steps would begin empty";
    if (!why.empty()) lost.push_back({old.step, std::move(why), now == nullptr});
  }
  return lost;
}

std::string_view edit_class_name(EditClass edit) noexcept {
  static constexpr std::string_view kNames[] = {"hot", "barrier", "state"};
  return kNames[static_cast<std::size_t>(edit)];
}

std::vector<EditChange> edit_changes(const Plan& before, const Plan& after) {
  const Parts old(*before.spec);
  const Parts now(*after.spec);
  OldNames renamed;
  for (const spec::StepSpec& step : after.spec->steps)
    if (!step.renamed_from.empty()) renamed[step.id] = step.renamed_from;
  std::vector<EditChange> rest;
  for (const char* list : {"sources", "steps", "sinks"})
    compare_list(list, old, now, list == std::string_view("steps") ? renamed : OldNames(), rest);
  std::set<std::string> members = old.members();
  members.merge(now.members());
  for (const std::string& member : members)
    if (member != "sources" && member != "steps" && member != "sinks" &&
        old.member(member) != now.member(member))
      rest.push_back({below("", member), is_hot(member) ? EditClass::hot : EditClass::barrier, "",
                      "`" + member + "` is changed"});

  std::vector<EditChange> changes;
  std::set<std::string> told;
  for (const LostState& lost : lost_state(before, after)) {
    std::string pointer = "/steps";
    for (const spec::StepSpec& step : after.spec->steps)
      if (step.renamed_from == lost.step || step.id == lost.step) pointer = step.pointer;
    changes.push_back({pointer, EditClass::state, lost.step, lost.why});
    told.insert(lost.step);
    for (const auto& [name, was] : renamed)
      if (was == lost.step) told.insert(name);
  }
  for (EditChange& change : rest)
    if (!told.contains(change.step)) changes.push_back(std::move(change));
  return changes;
}

}  // namespace leat::plan
