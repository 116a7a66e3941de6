#include "local/generator.h"

#include <cmath>

#include "codec/codec.h"
#include "expr/compile.h"

namespace leat::local {
namespace {

constexpr std::size_t kSeqColumn = 0;
// The plan compiled the expressions under the configured limits; these only bound the work.
constexpr expr::Limits kLimits{1 << 20, 1024, 1 << 20};

class SeqResolver final : public expr::Resolver {
 public:
  expr::Resolution resolve_field(const record::FieldPath& path) override {
    if (path.size() == 1 && path[0] == "seq") return {kSeqColumn, {}};
    return {0, expr::Refusal{"UNKNOWN_FIELD", "a generator's fields can read `seq` only", {"seq"}}};
  }
  std::optional<expr::Refusal> refuse_meta(std::string_view) override {
    return expr::Refusal{"UNKNOWN_FIELD", "a generator's fields can read `seq` only", {}};
  }
};

record::Layout layout_of(const std::vector<Generator::Field>& fields) {
  record::Layout layout;
  layout.document = false;
  for (std::size_t i = 0; i < fields.size(); ++i)
    layout.members.push_back({{fields[i].name}, kSeqColumn + 1 + i});
  return layout;
}

}  // namespace

Generator::Generator(record::Origin origin, HighMark highest, const spec::GeneratorSpec& spec,
                     std::vector<Field> fields, const base::Clock& clock)
    : Partition(std::move(origin), std::move(highest)),
      rows_per_second_(spec.rows_per_second),
      rows_(static_cast<std::int64_t>(spec.rows)),
      fields_(std::move(fields)),
      encoder_(codec::make_json_encoder(layout_of(fields_))),
      clock_(clock) {}

Result<std::unique_ptr<Partition>> Generator::make(record::Origin origin, HighMark highest,
                                                   const spec::GeneratorSpec& spec,
                                                   const base::Clock& clock) {
  std::vector<Field> fields;
  for (const auto& [name, expression] : spec.fields) {
    SeqResolver resolver;
    expr::Compiled compiled = expr::compile(expression.text, resolver, kLimits);
    if (!compiled.ok()) {
      const std::string why = compiled.diagnostics.empty() ? "the expression is wrong"
                                                           : compiled.diagnostics[0].message;
      return Status(Code::invalid_argument, why).with("field", name);
    }
    fields.push_back({name, std::make_shared<const expr::Program>(*std::move(compiled.program))});
  }
  return std::unique_ptr<Partition>(
      new Generator(std::move(origin), std::move(highest), spec, std::move(fields), clock));
}

std::optional<std::int64_t> Generator::size() const {
  if (rows_ != 0) return rows_;
  return due_until(clock_.now());
}

Status Generator::prepare(std::int64_t next) {
  started_ = clock_.now();
  first_ = next;
  return {};
}

std::int64_t Generator::due_until(Instant now) const {
  const double seconds = std::chrono::duration<double>(now - started_).count();
  const std::int64_t due =
      first_ + static_cast<std::int64_t>(std::min(1e15, std::floor(seconds * rows_per_second_))) +
      1;
  return rows_ == 0 ? due : std::min(due, rows_);
}

Instant Generator::due_at(Instant now) {
  const std::int64_t at = next();
  if (rows_ != 0 && at >= rows_) return base::kNever;
  if (due_until(now) > at) return now;
  const double seconds = static_cast<double>(at - first_) / rows_per_second_;
  return std::max(now + std::chrono::microseconds(100),
                  started_ + Duration(static_cast<std::int64_t>(std::ceil(seconds * 1e9))));
}

std::int64_t Generator::end_now() const { return rows_ != 0 ? rows_ : due_until(clock_.now()); }

std::int64_t Generator::read(std::int64_t from, std::int64_t end, std::size_t rows_max,
                             record::RecordBatch& out) {
  std::int64_t until =
      std::min(due_until(clock_.now()), from + static_cast<std::int64_t>(rows_max));
  if (end >= 0) until = std::min(until, end);
  if (from >= until) return from;
  out = record::RecordBatch(base::Ref<record::BatchMemory>(new record::BatchMemory()));
  const base::WallTime wall = clock_.wall_now();
  out.now = wall;
  for (std::int64_t seq = from; seq < until; ++seq) {
    record::Row& row = out.rows().emplace_back();
    row.origin = &origin();
    row.offset = seq;
    row.timestamp_ms = wall.us / 1000;
    row.flags = record::Row::kNullKey;
  }
  const record::Column seqs = out.make_column(kSeqColumn);
  for (std::size_t i = 0; i < seqs.size(); ++i)
    seqs[i] = record::Value::integer(from + static_cast<std::int64_t>(i));
  for (std::size_t i = 0; i < fields_.size(); ++i)
    fields_[i].program->run(out, scratch_, out.make_column(kSeqColumn + 1 + i));
  std::vector<std::string_view> texts(out.size());
  std::vector<const record::RowError*> errors(out.size());
  encoder_->encode(out, texts, errors);
  for (std::size_t i = 0; i < texts.size(); ++i) out.rows()[i].value = texts[i];
  out.clear_columns();
  return until;
}

}  // namespace leat::local
