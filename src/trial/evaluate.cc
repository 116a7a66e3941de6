#include "trial/evaluate.h"

#include <utility>

#include "codec/codec.h"
#include "codec/json_text.h"
#include "expr/absent_error.h"
#include "expr/copy.h"
#include "plan/plan.h"

namespace leat::trial {
namespace {

using Want = record::DecodeSlot::Want;

// Every path may be there.
class AnyField final : public expr::CopyResolver {
 public:
  expr::Resolution resolve_field(const record::FieldPath& path) override {
    return {column_of(path, Want::value), std::nullopt};
  }
  std::optional<std::size_t> resolve_token(const record::FieldPath& path) override {
    return column_of(path, Want::token);
  }
  std::vector<record::DecodeSlot> take() { return std::move(slots_); }

 private:
  std::size_t column_of(const record::FieldPath& path, Want want) {
    for (const record::DecodeSlot& slot : slots_)
      if (slot.path == path && slot.want == want) return slot.column;
    slots_.push_back({path, want, slots_.size()});
    return slots_.back().column;
  }

  std::vector<record::DecodeSlot> slots_;
};

bool is_number(const record::Value& value) noexcept {
  return value.is(record::Type::integer) || value.is(record::Type::real);
}

codec::Reading reading() {
  codec::Reading reading;
  reading.limits = plan::PlanOptions().records;
  return reading;
}

Evaluated failed(const record::RowError& error) { return {"", "error", error.code, error.message}; }

}  // namespace

std::variant<Evaluator, std::vector<spec::Diagnostic>> Evaluator::compile(std::string_view text) {
  AnyField fields;
  expr::CompiledCopy made = expr::compile_copy(text, fields, expr::Limits());
  if (!made.compiled.ok()) return std::move(made.compiled.diagnostics);
  if (const record::FieldPath* path = made.compiled.program->path();
      path != nullptr && !path->empty())
    fields.resolve_token(*path);
  return Evaluator(*std::move(made.compiled.program), made.gives_tokens, fields.take());
}

// As the record has it: a path's number is its token.
record::Value Evaluator::written(const record::RecordBatch& batch,
                                 const record::Value& value) const {
  const record::FieldPath* const path = program_.path();
  if (path == nullptr || !is_number(value)) return value;
  for (const record::DecodeSlot& slot : slots_)
    if (slot.want == Want::token && slot.path == *path) return batch.column(slot.column)[0];
  return value;
}

Evaluated Evaluator::run(std::string_view text, WallTime now) {
  record::RecordBatch batch{base::Ref<record::BatchMemory>(new record::BatchMemory())};
  batch.now = now;
  record::Row& row = batch.rows().emplace_back();
  row.value = batch.arena().copy(text);
  row.origin = &origin_;
  row.timestamp_ms = now.us / 1000;
  row.flags = record::Row::kNullKey;
  const record::RowError* error = nullptr;
  codec::make_decoder(reading(), slots_)->decode(batch, {&error, 1});
  if (error != nullptr) return failed(*error);
  record::Value made;
  program_.run(batch, scratch_, {&made, 1});
  if (expr::is_nameless(made)) program_.name_absences(batch, scratch_, {&made, 1});
  record::Value value = made;
  if (gives_tokens_) expr::read_numbers({&made, 1}, {&value, 1}, batch.arena());
  if (value.is_error()) return failed(value.as_error());
  if (value.is(record::Type::absent)) return failed(expr::absent_field(*program_.path()));
  codec::TextBuffer json;
  const record::Value shown = gives_tokens_ ? made : written(batch, value);
  if (const record::RowError* unfit = codec::append_value(json, shown)) return failed(*unfit);
  return {std::string(json.view()), record::to_string(value.type()), "", ""};
}

std::string_view Evaluator::type() const noexcept {
  const std::optional<record::Type> known = program_.type();
  return known ? record::to_string(*known) : std::string_view();
}

}  // namespace leat::trial
