#include "trial/evaluate.h"

#include <utility>

#include "codec/codec.h"
#include "codec/json_text.h"
#include "expr/compile.h"

namespace leat::trial {
namespace {

constexpr record::RowError kAbsent{"NO_SUCH_FIELD", "a field that the expression reads is absent"};

// Every path may be there.
class AnyField final : public expr::Resolver {
 public:
  expr::Resolution resolve_field(const record::FieldPath& path) override {
    for (const record::DecodeSlot& slot : slots_)
      if (slot.path == path) return {slot.column, std::nullopt};
    slots_.push_back({path, record::DecodeSlot::Want::value, slots_.size()});
    return {slots_.back().column, std::nullopt};
  }
  std::vector<record::DecodeSlot> take() { return std::move(slots_); }

 private:
  std::vector<record::DecodeSlot> slots_;
};

Evaluated failed(const record::RowError& error) { return {"", "error", error.code, error.message}; }

}  // namespace

std::variant<Evaluator, std::vector<spec::Diagnostic>> Evaluator::compile(std::string_view text) {
  AnyField fields;
  expr::Compiled compiled = expr::compile(text, fields, expr::Limits());
  if (!compiled.ok()) return std::move(compiled.diagnostics);
  return Evaluator(*std::move(compiled.program), fields.take());
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
  codec::make_decoder(codec::Format::json, slots_)->decode(batch, {&error, 1});
  if (error != nullptr) return failed(*error);
  record::Value value;
  program_.run(batch, scratch_, {&value, 1});
  if (value.is_error()) return failed(value.as_error());
  if (value.is(record::Type::absent)) return failed(kAbsent);
  codec::TextBuffer json;
  if (const record::RowError* unfit = codec::append_value(json, value)) return failed(*unfit);
  return {std::string(json.view()), record::to_string(value.type()), "", ""};
}

std::string_view Evaluator::type() const noexcept {
  const std::optional<record::Type> known = program_.type();
  return known ? record::to_string(*known) : std::string_view();
}

}  // namespace leat::trial
