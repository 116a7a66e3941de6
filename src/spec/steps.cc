#include <algorithm>

#include "spec/field_path.h"
#include "spec/sections.h"

namespace leat::spec {
namespace {

constexpr std::size_t kFieldsMax = 1024;  // of one step
constexpr std::string_view kVerbs[] = {"filter",  "set",         "select",    "drop",
                                       "explode", "repartition", "aggregate", "dedupe"};

bool check_count(Findings& findings, const Spot& spot, std::size_t count, std::size_t least) {
  if (count >= least && count <= kFieldsMax) return true;
  findings.error("OUT_OF_RANGE", spot,
                 "`" + spot.pointer.substr(spot.pointer.rfind('/') + 1) + "` must name " +
                     std::to_string(least) + " to " + std::to_string(kFieldsMax) + " fields, not " +
                     std::to_string(count));
  return false;
}

std::vector<Assignment> read_assignments(Findings& findings, const Spot& spot, std::size_t least,
                                         bool aggregates) {
  std::vector<Assignment> fields;
  if (!check_count(findings, spot, spot.value.members().size(), least)) return fields;
  for (const json::Member& member : spot.value.members()) {
    if (findings.full()) break;
    const Spot at = spot.at(member.key, member.value);
    auto target = read_field_path(findings, member.key, at.pointer, member.key_place);
    if (!check_expression(findings, at, aggregates) || !target) continue;
    warn_if_shadowed(findings, at, target->front());
    fields.push_back({*std::move(target), at.pointer, expression_at(at), {}});
    fields.back().value.aggregates = aggregates;
  }
  return fields;
}

using PathsWithPointers = std::vector<std::pair<FieldPath, std::string>>;

PathsWithPointers read_paths(Findings& findings, const Spot& spot, std::size_t least) {
  PathsWithPointers paths;
  const std::size_t count = spot.value.elements().size();
  if (!check_count(findings, spot, count, least)) return paths;
  for (std::size_t i = 0; i < count && !findings.full(); ++i) {
    const Spot at = spot.at(i);
    if (findings.taken(at.value)) continue;
    if (!at.value.is_string()) {
      findings.error(
          "WRONG_TYPE", at,
          "a field path is a string, not " + std::string(json::kind_name(at.value.kind())));
    } else if (auto path =
                   read_field_path(findings, *at.value.as_string(), at.pointer, at.value.place())) {
      paths.emplace_back(*std::move(path), at.pointer);
    }
  }
  return paths;
}

std::vector<Assignment> read_checked_fields(Findings& findings, const Spot& spot) {
  std::vector<Assignment> fields = read_fields(findings, spot);
  check_clashes(findings, spot, fields);
  return fields;
}

RepartitionStep read_repartition(Findings& findings, const Spot& spot) {
  const ObjectReader reader(findings, spot, "repartition");
  RepartitionStep step;
  if (const auto by = reader.spot_of("by")) step.by = read_field_paths(findings, *by);
  return step;
}

// A path of `explode`; `fallback` when it is not given.
FieldPath read_path_at(Findings& findings, const ObjectReader& reader, std::string_view key,
                       const FieldPath& fallback = {}) {
  const auto spot = reader.spot_of(key);
  if (!spot) return fallback;
  return read_field_path(findings, *spot->value.as_string(), spot->pointer, spot->value.place())
      .value_or(FieldPath());
}

ExplodeStep read_explode(Findings& findings, const Spot& spot) {
  const ObjectReader reader(findings, spot, "explode");
  ExplodeStep step;
  step.field = read_path_at(findings, reader, "field");
  step.as = read_path_at(findings, reader, "as", step.field);
  if (reader.has("index")) step.index = read_path_at(findings, reader, "index");
  step.outer = reader.flag("outer").value_or(false);
  const auto clash = [&](std::string_view key, const FieldPath& path, const FieldPath& other) {
    if (path.empty() || other.empty() || !overlap(path, other)) return false;
    findings.error("FIELD_CLASH", *reader.spot_of(key),
                   "`" + format_field_path(path) + "` and `" + format_field_path(other) +
                       "` are one field, or one lies in the other");
    return true;
  };
  if (step.as != step.field) clash("as", step.as, step.field);
  if (step.index && !clash("index", *step.index, step.as)) clash("index", *step.index, step.field);
  for (const std::string_view key : {"as", "index"}) {
    const FieldPath& path = key == "as" ? step.as : step.index.value_or(FieldPath());
    if (const auto at = reader.spot_of(key); at && !path.empty())
      warn_if_shadowed(findings, *at, path.front());
  }
  return step;
}

std::optional<ErrorAction> read_step_action(const ObjectReader& reader) {
  const auto word = reader.text("on_error");
  return word ? std::optional(action_of(*word)) : std::nullopt;
}

void read_verb(Findings& findings, std::string_view verb, const Spot& spot, StepSpec& step) {
  if (verb == "filter") step.verb = FilterStep{expression_at(spot)};
  if (verb == "set") step.verb = SetStep{read_checked_fields(findings, spot)};
  if (verb == "select") step.verb = SelectStep{read_checked_fields(findings, spot)};
  if (verb == "drop") step.verb = DropStep{read_field_paths(findings, spot)};
  if (verb == "explode") step.verb = read_explode(findings, spot);
  if (verb == "repartition") step.verb = read_repartition(findings, spot);
  if (verb == "aggregate") step.verb = read_aggregate(findings, spot);
  if (verb == "dedupe") step.verb = read_dedupe(findings, spot);
}

StepDraft read_step(Findings& findings, const Spot& spot) {
  StepDraft draft{{}, spot, nullptr};
  StepSpec& step = draft.spec;
  step.pointer = spot.pointer;
  const ObjectReader reader(findings, spot, "step");
  step.id = reader.text("id").value_or("");
  step.id_given = !step.id.empty();
  step.renamed_from = reader.text("renamed_from").value_or("");
  step.description = reader.text("description").value_or("");
  step.on_error = read_step_action(reader);
  draft.from = reader.get("from");
  const std::string_view verb = reader.exactly_one("a step");
  if (const auto inner = reader.spot_of(verb)) read_verb(findings, verb, *inner, step);
  // Of several none counts, but what is wrong in each is told too.
  StepSpec unused;
  for (const std::string_view each : kVerbs)
    if (const auto inner = reader.spot_of(each); inner && verb.empty())
      read_verb(findings, each, *inner, unused);
  if ((verb == "aggregate" || verb == "dedupe") && !reader.has("id"))
    findings.error("MISSING_FIELD", spot,
                   "`id` is missing: a step that keeps state needs one, its state goes by it");
  if (reader.has("renamed_from") && verb != "aggregate" && verb != "dedupe" && !verb.empty())
    findings.error("RENAME_WITHOUT_STATE", *reader.spot_of("renamed_from"),
                   "only `aggregate` and `dedupe` keep state under their id: leave it out");
  return draft;
}

}  // namespace

namespace {

// The key as it stands in the text, in quotes.
std::string written_at(const Assignment& field) {
  std::string key = field.pointer.substr(field.pointer.rfind('/') + 1);
  for (const auto& [escaped, plain] : {std::pair("~1", "/"), std::pair("~0", "~")})
    for (std::size_t at = key.find(escaped); at != std::string::npos;
         at = key.find(escaped, at + 1))
      key.replace(at, 2, plain);
  return '"' + key + '"';
}

std::string clash_of(const Assignment& field, const Assignment& above) {
  const auto object_of = [](const Assignment& one) {
    return one.pointer.substr(0, one.pointer.rfind('/'));
  };
  if (object_of(field) != object_of(above) && field.target == above.target)
    return "`" + format_field_path(field.target) +
           "` is the name of a field of `by` already: give this one another";
  if ((field.copy_of.empty() || above.copy_of.empty()) && field.target == above.target)
    return "`" + format_field_path(field.target) +
           "` is one field, however it is written: " + written_at(above) + " and " +
           written_at(field);
  if (field.copy_of.empty() || above.copy_of.empty())
    return "`" + format_field_path(field.target) + "` and `" + format_field_path(above.target) +
           "` write the same field";
  const std::string copied = format_field_path(field.copy_of);
  const std::string before = format_field_path(above.copy_of);
  if (copied == before) return "`" + copied + "` is listed twice";
  const std::string name = format_field_path(field.target);
  return "`" + before + "` and `" + copied + "` both become the field `" + name +
         "`, the last part of their paths: name them yourself, {\"" + name + "\": \"" + before +
         "\", \"other\": \"" + copied + "\"}";
}

}  // namespace

// Sorted, a path stands before the ones beneath it, and nothing else between them.
void check_clashes(Findings& findings, const Spot& spot, const std::vector<Assignment>& fields) {
  std::vector<const Assignment*> sorted;
  for (const Assignment& field : fields) sorted.push_back(&field);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto* a, const auto* b) { return a->target < b->target; });
  const Assignment* above = nullptr;
  for (const Assignment* field : sorted) {
    if (above == nullptr || !overlap(above->target, field->target)) {
      above = field;
      continue;
    }
    findings.error_at("FIELD_CLASH", field->pointer,
                      json::place_of(spot.value, field->pointer.substr(spot.pointer.size())),
                      clash_of(*field, *above));
  }
}

std::vector<Assignment> read_fields(Findings& findings, const Spot& spot, std::size_t least,
                                    bool aggregates) {
  if (spot.value.is_object()) return read_assignments(findings, spot, least, aggregates);
  std::vector<Assignment> fields;
  for (auto& [path, pointer] : read_paths(findings, spot, least))
    fields.push_back({{path.back()}, pointer, {format_field_path(path), pointer}, path});
  return fields;
}

std::vector<FieldPath> read_field_paths(Findings& findings, const Spot& spot) {
  std::vector<FieldPath> plain;
  for (auto& [path, pointer] : read_paths(findings, spot, 1)) plain.push_back(std::move(path));
  return plain;
}

std::vector<StepDraft> read_steps(Findings& findings, const Spot& spot) {
  std::vector<StepDraft> steps;
  for (std::size_t i = 0; i < spot.value.elements().size(); ++i)
    steps.push_back(read_step(findings, spot.at(i)));
  return steps;
}

}  // namespace leat::spec
