#include <algorithm>

#include "spec/field_path.h"
#include "spec/sections.h"

namespace leat::spec {
namespace {

constexpr std::size_t kFieldsMax = 1024;  // of one step

std::optional<FieldPath> read_path(Findings& findings, std::string_view text,
                                   const std::string& pointer, json::Place place) {
  Result<FieldPath> path = parse_field_path(text);
  if (path.ok()) return *std::move(path);
  findings.error_at("BAD_FIELD_PATH", pointer, place,
                    quoted(text) + ": " + path.status().message());
  return std::nullopt;
}

bool check_count(Findings& findings, const Spot& spot, std::size_t count) {
  if (count >= 1 && count <= kFieldsMax) return true;
  findings.error("OUT_OF_RANGE", spot,
                 "1 to " + std::to_string(kFieldsMax) + " fields must stand here");
  return false;
}

// One path is the other, or lies above it.
bool overlap(const FieldPath& a, const FieldPath& b) {
  return std::equal(
      a.begin(), a.begin() + static_cast<std::ptrdiff_t>(std::min(a.size(), b.size())), b.begin());
}

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
                      format_field_path(field->target) + " and " +
                          format_field_path(above->target) + " write the same field");
  }
}

std::vector<Assignment> read_assignments(Findings& findings, const Spot& spot) {
  std::vector<Assignment> fields;
  if (!check_count(findings, spot, spot.value.members().size())) return fields;
  for (const json::Member& member : spot.value.members()) {
    if (findings.full()) break;
    const Spot at = spot.at(member.key, member.value);
    auto target = read_path(findings, member.key, at.pointer, member.key_place);
    if (!check_expression(findings, at) || !target) continue;
    fields.push_back({*std::move(target), at.pointer, {*member.value.as_string(), at.pointer}, {}});
  }
  check_clashes(findings, spot, fields);
  return fields;
}

// A list of field paths; with the pointer of each.
std::vector<std::pair<FieldPath, std::string>> read_paths(Findings& findings, const Spot& spot) {
  std::vector<std::pair<FieldPath, std::string>> paths;
  const std::size_t count = spot.value.elements().size();
  if (!check_count(findings, spot, count)) return paths;
  for (std::size_t i = 0; i < count && !findings.full(); ++i) {
    const Spot at = spot.at(i);
    if (findings.taken(at.value)) continue;
    if (!at.value.is_string()) {
      findings.error(
          "WRONG_TYPE", at,
          "a field path is a string, not " + std::string(json::kind_name(at.value.kind())));
    } else if (auto path =
                   read_path(findings, *at.value.as_string(), at.pointer, at.value.place())) {
      paths.emplace_back(*std::move(path), at.pointer);
    }
  }
  return paths;
}

std::vector<FieldPath> without_pointers(std::vector<std::pair<FieldPath, std::string>> paths) {
  std::vector<FieldPath> plain;
  for (auto& [path, pointer] : paths) plain.push_back(std::move(path));
  return plain;
}

SelectStep read_select(Findings& findings, const Spot& spot) {
  if (spot.value.is_object()) return {read_assignments(findings, spot)};
  SelectStep select;
  for (auto& [path, pointer] : read_paths(findings, spot))
    select.fields.push_back({{path.back()}, pointer, {format_field_path(path), pointer}, path});
  check_clashes(findings, spot, select.fields);
  return select;
}

RepartitionStep read_repartition(Findings& findings, const Spot& spot) {
  const ObjectReader reader(findings, spot, "repartition");
  RepartitionStep step;
  if (const auto by = reader.spot_of("by")) step.by = without_pointers(read_paths(findings, *by));
  return step;
}

StepDraft read_step(Findings& findings, const Spot& spot) {
  StepDraft draft{{}, spot, nullptr};
  StepSpec& step = draft.spec;
  step.pointer = spot.pointer;
  const ObjectReader reader(findings, spot, "step");
  step.id = reader.text("id").value_or("");
  step.id_given = !step.id.empty();
  step.description = reader.text("description").value_or("");
  draft.from = reader.get("from");
  const std::string_view verb =
      reader.exactly_one("a step", {"filter", "set", "select", "drop", "repartition"});
  const auto inner = reader.spot_of(verb);
  if (!inner) return draft;
  if (verb == "filter") step.verb = FilterStep{{*inner->value.as_string(), inner->pointer}};
  if (verb == "set") step.verb = SetStep{read_assignments(findings, *inner)};
  if (verb == "select") step.verb = read_select(findings, *inner);
  if (verb == "drop") step.verb = DropStep{without_pointers(read_paths(findings, *inner))};
  if (verb == "repartition") step.verb = read_repartition(findings, *inner);
  return draft;
}

}  // namespace

std::vector<StepDraft> read_steps(Findings& findings, const Spot& spot) {
  std::vector<StepDraft> steps;
  for (std::size_t i = 0; i < spot.value.elements().size(); ++i)
    steps.push_back(read_step(findings, spot.at(i)));
  return steps;
}

}  // namespace leat::spec
