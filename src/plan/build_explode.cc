#include <algorithm>
#include <utility>

#include "codec/row_errors.h"
#include "operators/explode.h"
#include "plan/builder.h"
#include "plan/types.h"
#include "record/named_error.h"
#include "spec/field_path.h"

namespace leat::plan {
namespace {

using operators::Explode;
using operators::ExplodeWork;

bool covers(const record::FieldPath& above, const record::FieldPath& path) {
  return above.size() <= path.size() && std::equal(above.begin(), above.end(), path.begin());
}

bool is_list(const TypePtr& type) {
  return type == nullptr || type->kind == spec::SchemaType::Kind::list ||
         type->kind == spec::SchemaType::Kind::json;
}

// Rows without their list; nothing where they must be encoded before.
std::optional<Shape> without_list(Shape shape, const spec::ExplodeStep& explode) {
  if (covers(explode.as, explode.field)) return shape;
  if (!shape.can_drop(explode.field)) return std::nullopt;
  shape.drop(explode.field);
  return shape;
}

// The same with an item and its position.
std::optional<Shape> with_item(Shape shape, const spec::ExplodeStep& explode, ScopeId items,
                               std::size_t index_column) {
  if (!shape.can_set(explode.as)) return std::nullopt;
  shape.set({explode.as, Place{items, {}}, 0, false});
  if (!explode.index) return shape;
  if (!shape.can_set(*explode.index)) return std::nullopt;
  shape.set({*explode.index, std::nullopt, index_column, false});
  return shape;
}

}  // namespace

bool Builder::check_targets(const spec::StepSpec& step, const spec::ExplodeStep& explode) {
  const std::string at = step.pointer + "/explode";
  const std::size_t known = diagnostics_.size();
  if (covers(explode.field, explode.as) && explode.field != explode.as)
    report({}, at + "/as", "FIELD_CLASH",
           "the item cannot stand inside the field that is exploded");
  if (explode.index && (covers(*explode.index, explode.as) || covers(explode.as, *explode.index)))
    report({}, at + "/index", "FIELD_CLASH", "the position and the item need fields of their own");
  if (explode.index && covers(explode.field, *explode.index) && explode.as != explode.field)
    report({}, at + "/index", "FIELD_CLASH",
           "the position cannot stand inside the field that is exploded");
  return diagnostics_.size() == known;
}

Flow Builder::add(const spec::StepSpec& step, const spec::ExplodeStep& explode, Flow input) {
  if (!check_targets(step, explode)) return input;
  const std::string pointer = step.pointer + "/explode/field";
  Scopes& scopes = graph_.scopes();
  const auto work = std::make_shared<ExplodeWork>();
  work->outer = explode.outer;
  work->several = input.several;
  work->items_max = std::min(options_.emit_per_row, Explode::kItemsMax);
  if (explode.index) work->index = scopes.new_column();
  TypePtr element;
  ScopeId items = 0;
  std::optional<Shape> after;
  bool valid = true;
  if (explode.as != explode.field)
    check_parents(input.shape, explode.as, step.pointer + "/explode/as");
  if (explode.index) check_parents(input.shape, *explode.index, step.pointer + "/explode/index");
  const auto attempt = [&](Expressions& expressions, const Shape& shape) {
    const Expressions::Value list = expressions.field(explode.field, pointer);
    if (!(valid = list.valid || expressions.mixed()) || expressions.mixed()) return true;
    const TypePtr type = list.type;
    if (!is_list(type)) {
      report({}, pointer, "WRONG_TYPE",
             "only a list can be exploded, and this is " + std::string(name_of(type->kind)) +
                 ": name another field");
      valid = false;
      return true;
    }
    element = type != nullptr ? type->element : nullptr;
    items = scopes.add_origin(codec::Reading(), element);
    const std::optional<Shape> without = without_list(shape, explode);
    if (!without) return false;
    after = with_item(*without, explode, items, work->index.value_or(0));
    if (!after) return false;
    work->objects.clear();
    ask_parents(*without, explode.as, work->objects);
    if (explode.index) ask_parents(*without, *explode.index, work->objects);
    work->no_list = &record::named_error(codec::kNotAList,
                                         "the field " + spec::quoted_field_path(explode.field) +
                                             " is no list: only a list can be exploded");
    work->list = list.copy_of ? column(*list.copy_of, Want::token) : list.column;
    return true;
  };
  input = compiled_input(std::move(input), step.id, attempt);
  if (!valid || !after) return input;
  Flow output = graph_.add_operator(
      input, step.id,
      [work = std::shared_ptr<const ExplodeWork>(work), slots = scopes.slots(items), element] {
        return std::make_unique<Explode>(work, codec::make_item_decoder(slots->read, element));
      },
      *std::move(after), true);
  output.several = true;
  return output;
}

}  // namespace leat::plan
