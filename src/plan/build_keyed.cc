#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "operators/keyed_work.h"
#include "plan/builder.h"
#include "plan/results.h"
#include "spec/field_path.h"

namespace leat::plan {
namespace {

using operators::AggregateWork;
using operators::Compute;
using operators::ComputeWork;
using operators::Counting;
using operators::DedupeWork;
using WindowKind = spec::WindowSpec::Kind;

constexpr std::size_t kEntryBytes = 64;  // of a key, beside its values

std::int64_t us(Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

void name_keys(const std::vector<TypedColumn>& keys, operators::KeyWork& work) {
  for (const TypedColumn& key : keys) {
    work.columns.push_back(key.column);
    work.doubles.push_back(key.type != nullptr && key.type->kind == spec::SchemaType::Kind::real);
  }
}

TypePtr timestamp_type() {
  auto type = std::make_shared<spec::SchemaType>();
  type->kind = spec::SchemaType::Kind::timestamp;
  return type;
}

operators::Window window_of(const std::optional<spec::WindowSpec>& window) {
  using Kind = operators::Window::Kind;
  operators::Window made;
  if (!window) return made;
  switch (window->kind) {
    case spec::WindowSpec::Kind::tumbling: made.kind = Kind::tumbling; break;
    case spec::WindowSpec::Kind::hopping: made.kind = Kind::hopping; break;
    case spec::WindowSpec::Kind::session: made.kind = Kind::session; break;
    case spec::WindowSpec::Kind::lookback: made.kind = Kind::lookback; break;
  }
  made.size_us = us(window->size);
  made.every_us = us(window->every);
  made.offset_us = us(window->offset);
  made.processing_time = window->processing_time;
  return made;
}

operators::Emit emit_of(spec::Emit emit) {
  switch (emit) {
    case spec::Emit::per_record: return operators::Emit::per_record;
    case spec::Emit::per_batch: return operators::Emit::per_batch;
    case spec::Emit::on_close: return operators::Emit::on_close;
    case spec::Emit::complete: return operators::Emit::complete;
  }
  return operators::Emit::per_record;
}

operators::Late late_of(spec::LateRows late) {
  switch (late) {
    case spec::LateRows::drop: return operators::Late::drop;
    case spec::LateRows::side_output: return operators::Late::side_output;
    case spec::LateRows::update: return operators::Late::update;
    case spec::LateRows::pass: return operators::Late::pass;
  }
  return operators::Late::drop;
}

std::string text_of(const spec::WindowSpec& window) {
  static constexpr std::string_view kKinds[] = {"tumbling", "hopping", "session", "lookback"};
  std::string text(kKinds[static_cast<std::size_t>(window.kind)]);
  text += " " + base::format_duration(window.size.count());
  if (window.kind == spec::WindowSpec::Kind::hopping)
    text += " every " + base::format_duration(window.every.count());
  if (window.offset != Duration::zero())
    text += " offset " + base::format_duration(window.offset.count());
  return text + (window.processing_time ? " of processing time" : "");
}

// `by [card = card, city = lower(user.city)]`
std::string text_of(const std::vector<spec::Assignment>& by, const expr::Limits& limits) {
  std::string text;
  for (const spec::Assignment& field : by) {
    const AggregateExpression value = split_aggregates(field.value.text, limits);
    text += (text.empty() ? "" : ", ") + spec::format_field_path(field.target) + " = " +
            (value.ok() ? value.text : field.value.text);
  }
  return "by [" + text + "]";
}

std::vector<spec::SchemaType::Kind> kinds_of(const std::vector<TypedColumn>& keys) {
  std::vector<spec::SchemaType::Kind> kinds;
  for (const TypedColumn& key : keys)
    kinds.push_back(key.type == nullptr ? spec::SchemaType::Kind::json : key.type->kind);
  return kinds;
}

std::vector<std::string> names_of(const std::vector<spec::Assignment>& fields) {
  std::vector<std::string> names;
  for (const spec::Assignment& field : fields)
    names.push_back(spec::format_field_path(field.target));
  return names;
}

bool is_kind(const spec::AggregateStep& aggregate, WindowKind kind) {
  return aggregate.window && aggregate.window->kind == kind;
}

// What the rows that an aggregate makes are to the steps below.
void tell_updates(const spec::AggregateStep& aggregate, const AggregateWork& work, Flow& flow) {
  flow.updates = operators::updates(work);
  flow.withdraws = flow.updates && is_kind(aggregate, WindowKind::session);
  flow.by_epoch = aggregate.emit == spec::Emit::per_batch || aggregate.emit == spec::Emit::complete;
}

// The row that an aggregate makes, without computed fields.
std::vector<Member> key_members(const spec::AggregateStep& aggregate, const AggregateWork& work,
                                const std::vector<TypedColumn>& keys) {
  std::vector<Member> members;
  for (std::size_t i = 0; i < aggregate.by.size(); ++i)
    members.push_back({aggregate.by[i].target, std::nullopt, keys[i].column, false, keys[i].type});
  if (work.start_column)
    members.push_back(
        {{"window_start"}, std::nullopt, *work.start_column, false, timestamp_type()});
  if (work.end_column)
    members.push_back({{"window_end"}, std::nullopt, *work.end_column, false, timestamp_type()});
  return members;
}

AggregateWork work_of(const spec::StepSpec& step, const spec::AggregateStep& aggregate,
                      Scopes& scopes) {
  AggregateWork work;
  work.step = step.id;
  work.key.null_is_key = aggregate.null_is_key;
  work.window = window_of(aggregate.window);
  work.emit = emit_of(aggregate.emit);
  work.late = late_of(aggregate.late);
  work.too_late_to_side = aggregate.too_late_to_side;
  work.allowed_lateness_us = us(aggregate.allowed_lateness);
  work.ttl_us = us(aggregate.ttl);
  work.keep_row = aggregate.keep_row;
  if (aggregate.keep_row) {
    work.key.text_column = scopes.new_column();
    return work;
  }
  for (std::size_t i = 0; i < aggregate.by.size(); ++i)
    work.key.out_columns.push_back(scopes.new_column());
  if (!aggregate.window) return work;
  work.start_column = scopes.new_column();
  work.end_column = scopes.new_column();
  return work;
}

}  // namespace

bool Builder::reads_updates(const spec::StepSpec& step, const Flow& input) {
  if (!input.updates) return false;
  report({}, step.pointer + "/" + spec::verb_of(step), "READS_UPDATES",
         "a step above shows results again when they change, and here each would count as a row of "
         "its own: pin `\"emit\": \"on_close\"` there, without `\"late\": \"update\"`");
  return true;
}

void Builder::check_epochs(const spec::StepSpec& step, const Flow& input) {
  const std::string verb = spec::verb_of(step);
  if (input.by_epoch && (verb == "filter" || verb == "explode"))
    warn(step.pointer + "/" + verb, "DEPENDS_ON_EPOCHS",
         "a step above shows results once per epoch, so where epochs end decides what comes out "
         "here");
}

void Builder::warn_of_windows(const spec::StepSpec& step, const spec::AggregateStep& aggregate,
                              const Flow& input) {
  if (aggregate.emit != spec::Emit::on_close || !aggregate.window ||
      aggregate.window->processing_time)
    return;
  for (const std::uint32_t index : input.sources) {
    const spec::SourceSpec& source = spec_->sources[index];
    if (source.event_time.advance_when_idle) continue;
    return warn(step.pointer + "/aggregate", "NEEDS_NEXT_RECORD",
                "a window closes when a record from behind its end arrives: when input stops, the "
                "last ones stay open until a drain, or with `\"advance_when_idle\": true` in the "
                "`event_time` of `" +
                    source.id + "`");
  }
}

// The exchange stays where a source says that it need not: where a key's state lies follows from
// the key, and the partition does not say that.
void Builder::tell_of_partitions(const std::vector<spec::Assignment>& by, const Flow& input) {
  const auto covered = [&](const spec::FieldPath& field) {
    return std::any_of(by.begin(), by.end(),
                       [&](const spec::Assignment& key) { return key.copy_of == field; });
  };
  for (const std::uint32_t index : input.sources) {
    const spec::SourceSpec& source = spec_->sources[index];
    if (source.partitioned_by.empty() ||
        !std::all_of(source.partitioned_by.begin(), source.partitioned_by.end(), covered))
      continue;
    spec::Diagnostic told;
    told.severity = spec::Severity::info;
    report(std::move(told), source.pointer + "/partitioned_by", "EXCHANGE_KEPT",
           "rows change between workers all the same: state is spread by keys, not by partitions");
  }
}

std::vector<TypedColumn> Builder::bind_key(const std::vector<spec::Assignment>& by,
                                           Expressions& expressions, ComputeWork& work) {
  std::vector<TypedColumn> keys;
  for (const spec::Assignment& field : by) {
    const bool path = !field.copy_of.empty();
    const Expressions::Value value =
        path ? expressions.field(field.copy_of, field.pointer)
             : expressions.compile(field.value, Expressions::Copies::may_be_absent);
    TypedColumn& key = keys.emplace_back();
    key.column = value.copy_of ? column(*value.copy_of, Want::value) : value.column;
    key.type = value.type;
    if (value.program != nullptr) work.items.push_back({value.program, value.column});
  }
  return keys;
}

Flow Builder::gathered(Flow input, const spec::StepSpec& step, std::shared_ptr<ComputeWork> work,
                       const std::vector<std::size_t>& key_columns,
                       const std::vector<spec::Assignment>& by) {
  if (!work->items.empty() || !work->objects.empty())
    input = graph_.add_operator(
        input, step.id,
        [work = std::shared_ptr<const ComputeWork>(std::move(work))] {
          return std::make_unique<Compute>(work, Counting::failures);
        },
        input.shape, false);
  const bool one_stage =
      std::all_of(input.ends.begin(), input.ends.end(),
                  [&](const Flow::End& end) { return end.stage == input.ends[0].stage; });
  if (parallelism_ == 1 && one_stage) return input;
  tell_of_partitions(by, input);
  return graph_.add_exchange(input, step.id, key_columns);
}

void Builder::add_late_rows(const spec::StepSpec& step, const Flow& made, Flow entered) {
  if (!spec::has_late_output(step)) return;
  entered.ends = made.ends;
  for (Flow::End& end : entered.ends) end.side = true;
  entered.step = step.id;
  flows_.emplace(step.id + std::string(spec::kLateSuffix), std::move(entered));
}

void Builder::remember(const spec::StepSpec& step, const Flow& flow, KeyedStep keyed) {
  keyed.step = step.id;
  keyed.renamed_from = step.renamed_from;
  keyed.stage = static_cast<std::uint32_t>(flow.ends[0].stage);
  keyed.key_bytes = kEntryBytes + 16 * keyed.key_fields.size() + keyed.type->inline_bytes();
  // Of a step with mistakes it is not known what bounds it.
  const bool meant = draft_ == nullptr || !draft_->faulty.contains(step.pointer);
  if (!keyed.bounded && meant)
    warn(step.pointer + "/" + spec::verb_of(step), "UNBOUNDED_STATE",
         "no key is ever forgotten: state grows by " + std::to_string(keyed.key_bytes) +
             " bytes and more with every new one; a `window` or a `ttl` bounds it");
  keyed_.push_back(std::move(keyed));
}

void Builder::remember(const spec::StepSpec& step, const spec::AggregateStep& aggregate,
                       const Flow& flow, std::shared_ptr<const AggregateWork> work,
                       std::vector<std::string> names, std::vector<spec::SchemaType::Kind> kinds) {
  KeyedStep keyed;
  keyed.key_types = std::move(kinds);
  keyed.schema = "aggregate 1 " + text_of(aggregate.by, limits_) +
                 (aggregate.null_is_key ? " null too" : "") +
                 (aggregate.window ? " " + text_of(*aggregate.window) : "");
  for (const AggregateWork::Call& call : work->calls) keyed.calls.push_back(call.name);
  keyed.type = operators::make_value_type(*work);
  keyed.key_fields = names_of(aggregate.by);
  keyed.ttl = aggregate.ttl;
  keyed.bounded = aggregate.window || aggregate.ttl != Duration() || aggregate.by.empty();
  keyed.show = [work = std::move(work), names = std::move(names)](const void* value,
                                                                  std::string& out) {
    operators::show_value(*work, value, names, out);
  };
  remember(step, flow, std::move(keyed));
}

Flow Builder::add(const spec::StepSpec& step, const spec::AggregateStep& aggregate, Flow input) {
  reads_updates(step, input);
  warn_of_windows(step, aggregate, input);
  Results results(*spec_, aggregate, options_, mocks_, graph_.scopes(), diagnostics_);
  const auto before = std::make_shared<ComputeWork>();
  std::vector<TypedColumn> keys;
  if (aggregate.keep_row)
    for (const spec::Assignment& field : aggregate.compute)
      check_parents(input.shape, field.target, field.pointer);
  input =
      compiled_input(std::move(input), step.id, [&](Expressions& expressions, const Shape& shape) {
        *before = {};
        keys = bind_key(aggregate.by, expressions, *before);
        results.bind_arguments(expressions, *before);
        if (!aggregate.keep_row) return true;
        if (!std::all_of(aggregate.compute.begin(), aggregate.compute.end(),
                         [&](const auto& field) { return shape.can_set(field.target); }))
          return false;
        if (!expressions.mixed())
          for (const spec::Assignment& field : aggregate.compute)
            ask_parents(shape, field.target, before->objects);
        return true;
      });
  const auto work = std::make_shared<AggregateWork>(work_of(step, aggregate, graph_.scopes()));
  work->several = input.several;
  work->calls = results.calls();
  name_keys(keys, work->key);
  const auto kinds = kinds_of(keys);
  input = gathered(std::move(input), step, before, work->key.columns, aggregate.by);
  for (std::size_t i = 0; i < work->key.out_columns.size(); ++i)
    keys[i].column = work->key.out_columns[i];
  const auto after = std::make_shared<ComputeWork>();
  Shape made = input.shape;
  if (!aggregate.keep_row) {
    made.select(key_members(aggregate, *work, keys));
    made.set_made(true);
    work->make_key_encoder = graph_.json_encoder(made);
  }
  Shape shape = made;
  std::vector<Member> computed = results.members(keys, *after);
  for (std::size_t i = 0; i < computed.size(); ++i) {
    for (const ComputeWork::Item& item : after->items)
      if (item.column == computed[i].column)
        note_unwritable({{}, item.column, item.program}, aggregate.compute[i].value.pointer);
    shape.set(std::move(computed[i]));
  }
  const bool more = !after->items.empty();
  Flow flow = graph_.add_operator(
      input, step.id,
      [work = std::shared_ptr<const AggregateWork>(work)] {
        return operators::make_keyed_operator(work);
      },
      more ? std::move(made) : shape, !more);
  add_late_rows(step, flow, input);
  remember(step, aggregate, flow, work, results.names(), kinds);
  flow.several = input.several || is_kind(aggregate, WindowKind::hopping) ||
                 is_kind(aggregate, WindowKind::session);
  flow.key_column = work->key.text_column;
  if (!aggregate.keep_row) tell_updates(aggregate, *work, flow);
  if (!more) return flow;
  return graph_.add_operator(
      flow, step.id,
      [after = std::shared_ptr<const ComputeWork>(after)] {
        return std::make_unique<Compute>(after, Counting::failures);
      },
      std::move(shape), true);
}

Flow Builder::add(const spec::StepSpec& step, const spec::DedupeStep& dedupe, Flow input) {
  reads_updates(step, input);
  const auto before = std::make_shared<ComputeWork>();
  std::vector<TypedColumn> keys;
  input = compiled_input(std::move(input), step.id, [&](Expressions& expressions, const Shape&) {
    *before = {};
    keys = bind_key(dedupe.by, expressions, *before);
    return true;
  });
  const auto work = std::make_shared<DedupeWork>();
  work->step = step.id;
  work->within_us = us(dedupe.within);
  work->late = late_of(dedupe.late);
  work->key.text_column = graph_.scopes().new_column();
  name_keys(keys, work->key);
  input = gathered(std::move(input), step, before, work->key.columns, dedupe.by);
  Flow flow = graph_.add_operator(
      input, step.id,
      [work = std::shared_ptr<const DedupeWork>(work)] {
        return operators::make_keyed_operator(work);
      },
      input.shape, true);
  add_late_rows(step, flow, input);
  flow.key_column = work->key.text_column;
  KeyedStep keyed;
  keyed.schema = "dedupe 1 " + text_of(dedupe.by, limits_) + " within " +
                 base::format_duration(dedupe.within.count());
  keyed.type = operators::make_value_type(*work);
  keyed.key_fields = names_of(dedupe.by);
  keyed.key_types = kinds_of(keys);
  keyed.bounded = true;
  keyed.show = [work](const void* value, std::string& out) {
    operators::show_value(*work, value, out);
  };
  remember(step, flow, std::move(keyed));
  return flow;
}

}  // namespace leat::plan
