#include "plan/expressions.h"

#include <set>

#include "plan/plan.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "expr/copy.h"
#include "plan/aggregates.h"
#include "plan/types.h"
#include "spec/field_path.h"
#include "spec/names.h"

namespace leat::plan {

using record::FieldPath;

namespace {

// Takes every field for there.
class AnyField final : public expr::Resolver {
 public:
  explicit AnyField(Mocks* mocks) : mocks_(mocks) {}
  expr::MockPtr find_mock(std::string_view name) const override {
    return mocks_ != nullptr ? mocks_->find(name) : nullptr;
  }
  std::optional<expr::FoundFunction> find_function(std::string_view name) const override {
    return plugins() != nullptr ? plugins()->find(name, {}) : std::nullopt;
  }
  std::vector<std::string> further_functions() const override {
    return plugins() != nullptr ? plugins()->names() : std::vector<std::string>();
  }
  std::string hint_for(std::string_view name) const override {
    return plugins() != nullptr ? plugins()->hint_for(name) : std::string();
  }
  expr::Resolution resolve_field(const record::FieldPath& path) override {
    return {columns_.emplace(path, columns_.size()).first->second, std::nullopt};
  }

 private:
  PluginFunctions* plugins() const { return mocks_ != nullptr ? mocks_->plugins() : nullptr; }

  Mocks* const mocks_;
  std::map<record::FieldPath, std::size_t> columns_;
};

// What compiling said of an expression.
void take_diagnostics(expr::Compiled& compiled, const std::string& pointer,
                      std::vector<spec::Diagnostic>& to) {
  for (auto* list : {&compiled.diagnostics, &compiled.warnings})
    for (spec::Diagnostic& diagnostic : *list) {
      diagnostic.pointer = pointer;
      to.push_back(std::move(diagnostic));
    }
}

// What encoders take in place of a computed column.
std::optional<std::size_t> written_of(const Shape& shape, std::size_t column) {
  for (const Member& member : shape.computed())
    if (member.column == column) return member.written;
  return std::nullopt;
}

// Of a path that goes on behind a value that has no members.
expr::Refusal no_members(const FieldPath& path, const Field& field) {
  const auto end = path.end() - static_cast<std::ptrdiff_t>(field.beyond);
  const std::string value = spec::format_field_path({path.begin(), end});
  const std::string wanted = spec::format_field_path({end, path.end()});
  std::string message =
      "`" + value + "` is " + std::string(name_of(field.leaf->kind)) + " and has no members";
  if (*end == "length" || *end == "size" || *end == "len")
    message += ": write size(" + value + ")";
  else if (field.leaf->kind == spec::SchemaType::Kind::list)
    message += ": write `" + value + "[0]`, or `" + value + ".map(x, x." + wanted + ")`";
  else
    message += ": write `" + value + "`";
  return {"WRONG_ARGUMENTS", std::move(message), {}};
}

class SeqResolver final : public expr::Resolver {
 public:
  expr::Resolution resolve_field(const FieldPath& path) override {
    if (path.size() == 1 && path[0] == "seq") return {0, {}, &seq_};
    return {0, expr::Refusal{
                   "UNKNOWN_FIELD", "the fields of a generator can read `seq` only", {"seq"}}};
  }
  std::optional<expr::Refusal> refuse_meta(std::string_view) override {
    return expr::Refusal{"UNKNOWN_FIELD", "the fields of a generator can read `seq` only", {}};
  }

 private:
  const spec::SchemaType seq_{spec::SchemaType::Kind::integer, true, nullptr, {}};
};

}  // namespace

std::vector<spec::Diagnostic> check_expressions(const std::vector<spec::Expression>& expressions,
                                                const expr::Limits& limits) {
  return check_expressions(expressions, limits, nullptr);
}

std::vector<spec::Diagnostic> check_expressions(const std::vector<spec::Expression>& expressions,
                                                const expr::Limits& limits, Mocks* mocks) {
  std::vector<spec::Diagnostic> found;
  std::set<std::string> seen;
  for (const spec::Expression& expression : expressions) {
    if (!seen.insert(expression.pointer).second) continue;
    AnyField resolver(mocks);
    const auto take = [&](expr::Compiled compiled) {
      take_diagnostics(compiled, expression.pointer, found);
    };
    if (!expression.aggregates) {
      take(expr::compile(expression.text, resolver, limits));
      continue;
    }
    AggregateExpression split = split_aggregates(expression.text, limits);
    if (!split.ok()) {
      expr::Compiled refused;
      refused.diagnostics = std::move(split.diagnostics);
      take(std::move(refused));
      continue;
    }
    take(expr::compile(split.rest, resolver));
    for (const AggregateCall& call : split.calls)
      for (const expr::Ast& argument : call.arguments) take(expr::compile(argument, resolver));
  }
  return found;
}

void check_generator(const spec::GeneratorSpec& generator, const expr::Limits& limits,
                     std::vector<spec::Diagnostic>& diagnostics) {
  for (const auto& [name, expression] : generator.fields) {
    SeqResolver resolver;
    expr::Compiled compiled = expr::compile(expression.text, resolver, limits);
    take_diagnostics(compiled, expression.pointer, diagnostics);
  }
}

// Hands out columns for fields while one expression is compiled; only those that its program reads
// in the end are asked from the scope.
class Expressions::FieldResolver final : public expr::CopyResolver {
 public:
  FieldResolver(Expressions& owner, const std::string& pointer)
      : owner_(owner), pointer_(pointer) {}

  std::string place() const override { return std::string(owner_.pipeline_) + pointer_; }

  expr::Resolution resolve_field(const FieldPath& path) override {
    return resolve(path, Shape::Naming::declared);
  }
  expr::Resolution resolve_extra_field(const FieldPath& path) override {
    return resolve(path, Shape::Naming::extra);
  }
  expr::Resolution resolve(const FieldPath& path, Shape::Naming naming) {
    const Field field = owner_.shape_.find(path, owner_.scopes_, naming);
    if (field.leaf != nullptr && field.beyond < path.size())
      return {0, no_members(path, field), nullptr};
    switch (field.kind) {
      case Field::Kind::document:
        return {column_of(field.place),
                {},
                field.type.get(),
                owner_.scopes_.may_lack(field.place.scope, field.place.path)};
      case Field::Kind::column: return {field.column, {}, field.type.get()};
      case Field::Kind::never: return {0, refusal(path, field), nullptr};
      case Field::Kind::mixed: break;
    }
    owner_.mixed_ = true;
    return {owner_.scopes_.new_column(), {}, nullptr};
  }

  std::optional<std::size_t> resolve_token(const FieldPath& path) override {
    const Field field = owner_.shape_.find(path, owner_.scopes_, Shape::Naming::extra);
    if (field.kind == Field::Kind::column) return written_of(owner_.shape_, field.column);
    if (field.kind != Field::Kind::document || field.type != nullptr) return std::nullopt;
    return column_of(field.place, Want::token);
  }

  std::optional<expr::Refusal> refuse_meta(std::string_view member) override {
    if (!owner_.shape_.made() || member == "event_time") return std::nullopt;
    return expr::Refusal{
        "UNKNOWN_FIELD",
        "rows of an aggregate come from no single record: of `meta` they have only "
        "`meta.event_time`",
        {}};
  }

  bool hides_type(std::string_view name) const override {
    const Field field = owner_.shape_.find({std::string(name)}, owner_.scopes_);
    return field.kind != Field::Kind::never;
  }

  expr::MockPtr find_mock(std::string_view name) const override { return owner_.mocks_.find(name); }

  std::optional<expr::FoundFunction> find_function(std::string_view name) const override {
    PluginFunctions* const plugins = owner_.mocks_.plugins();
    return plugins != nullptr ? plugins->find(name, pointer_) : std::nullopt;
  }
  std::vector<std::string> further_functions() const override {
    const PluginFunctions* const plugins = owner_.mocks_.plugins();
    return plugins != nullptr ? plugins->names() : std::vector<std::string>();
  }
  std::string hint_for(std::string_view name) const override {
    const PluginFunctions* const plugins = owner_.mocks_.plugins();
    return plugins != nullptr ? plugins->hint_for(name) : std::string();
  }

  void commit(const expr::Program& program) {
    const std::span<const std::size_t> read = program.columns();
    for (const auto& [asked, column] : asked_) {
      const auto& [place, want] = asked;
      if (std::binary_search(read.begin(), read.end(), column))
        owner_.scopes_.read_into(place.scope, place.path, want, column);
    }
  }

 private:
  std::size_t column_of(const Place& place, Want want = Want::value) {
    if (const auto known = owner_.scopes_.find(place.scope, place.path, want)) return *known;
    const auto asked = asked_.find({place, want});
    if (asked != asked_.end()) return asked->second;
    return asked_.emplace(std::pair(place, want), owner_.scopes_.new_column()).first->second;
  }

  Expressions& owner_;
  const std::string& pointer_;
  std::map<std::pair<Place, Want>, std::size_t> asked_;
};

expr::Refusal Expressions::refusal(const FieldPath& path, const Field& field) {
  const std::string shown = "`" + spec::format_field_path(path) + "`";
  if (field.names.empty()) return {"UNKNOWN_FIELD", "a step above drops the field " + shown, {}};
  const std::vector<std::string_view> candidates(field.names.begin(), field.names.end());
  std::vector<std::string> near = base::nearest(field.missing, candidates);
  const std::string there_are = near.empty() ? spec::listed(candidates) : "";
  return {"UNKNOWN_FIELD", "no row has a field " + shown + " here" + there_are, std::move(near)};
}

std::optional<expr::Program> Expressions::compile_text(const spec::Expression& expression,
                                                       FieldResolver& resolver, Copies copies) {
  return take(expr::compile(expression.text, resolver, limits_), expression, copies);
}

std::optional<expr::Program> Expressions::take(expr::Compiled compiled,
                                               const spec::Expression& expression, Copies copies) {
  if (copies == Copies::may_be_absent)
    std::erase_if(compiled.bare_fields, [](const expr::BareField& field) { return field.copy; });
  if (presence_ != nullptr && !mixed_)
    for (spec::Diagnostic& told : presence_->tell(compiled.bare_fields, expression))
      diagnostics_.push_back(std::move(told));
  return take(std::move(compiled), expression.pointer);
}

std::optional<expr::Program> Expressions::take(expr::Compiled compiled,
                                               const std::string& pointer) {
  take_diagnostics(compiled, pointer, diagnostics_);
  return std::move(compiled.program);
}

Expressions::Value Expressions::compile(const spec::Expression& expression, Copies copies) {
  FieldResolver resolver(*this, expression.pointer);
  return value_of(compile_text(expression, resolver, copies), resolver, expression.pointer);
}

Expressions::Value Expressions::compile_written(const spec::Expression& expression) {
  FieldResolver resolver(*this, expression.pointer);
  expr::CompiledCopy made = expr::compile_copy(expression.text, resolver, limits_);
  Value value = value_of(take(std::move(made.compiled), expression, Copies::must_be_there),
                         resolver, expression.pointer);
  if (made.gives_tokens && value.program != nullptr) value.written = scopes_.new_column();
  return value;
}

Expressions::Value Expressions::compile(const expr::Ast& ast, const std::string& pointer) {
  FieldResolver resolver(*this, pointer);
  return value_of(take(expr::compile(ast, resolver), pointer), resolver, pointer);
}

Expressions::Value Expressions::value_of(std::optional<expr::Program> program,
                                         FieldResolver& resolver, const std::string& pointer) {
  if (!program) return {{}, scopes_.new_column(), nullptr, false, false};
  if (program->is_path()) return field(*program->path(), pointer, Shape::Naming::extra);
  resolver.commit(*program);
  TypePtr type = type_of(*program);
  return {{},
          scopes_.new_column(),
          std::make_shared<const expr::Program>(*std::move(program)),
          true,
          false,
          std::nullopt,
          std::move(type)};
}

std::shared_ptr<const expr::Program> Expressions::compile_program(
    const spec::Expression& expression) {
  FieldResolver resolver(*this, expression.pointer);
  std::optional<expr::Program> program = compile_text(expression, resolver, Copies::must_be_there);
  if (!program) return nullptr;
  resolver.commit(*program);
  return std::make_shared<const expr::Program>(*std::move(program));
}

Expressions::Value Expressions::field(const FieldPath& path, const std::string& pointer,
                                      Shape::Naming naming) {
  const Field found = shape_.find(path, scopes_, naming);
  switch (found.kind) {
    case Field::Kind::document:
      return {found.place, 0, nullptr, true, found.type != nullptr, std::nullopt, found.type, path};
    case Field::Kind::column:
      return {{},         found.column, nullptr, true, false, written_of(shape_, found.column),
              found.type, path};
    case Field::Kind::mixed: mixed_ = true; break;
    case Field::Kind::never: {
      expr::Refusal refused = refusal(path, found);
      spec::Diagnostic diagnostic;
      diagnostic.pointer = pointer;
      diagnostic.code = std::move(refused.code);
      diagnostic.message = std::move(refused.message);
      diagnostic.did_you_mean = std::move(refused.did_you_mean);
      diagnostics_.push_back(std::move(diagnostic));
      break;
    }
  }
  return {{}, scopes_.new_column(), nullptr, false, false};
}

std::optional<std::size_t> Expressions::field_column(const FieldPath& path,
                                                     const std::string& pointer) {
  const Value value = field(path, pointer);
  if (!value.valid) return std::nullopt;
  return value.copy_of ? scopes_.column(value.copy_of->scope, value.copy_of->path, Want::value)
                       : value.column;
}

}  // namespace leat::plan
