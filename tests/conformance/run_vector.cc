#include "conformance/run_vector.h"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "conformance/values.h"
#include "expr/compile.h"
#include "record/batch.h"

namespace leat::conformance {
namespace {

using record::Entry;
using record::FieldPath;
using record::Type;
using record::Value;

constexpr std::size_t kRows = 3;
constexpr record::RowError kBoundError{"BOUND_ERROR", "the vector binds the name to an error"};

std::string join(const FieldPath& path, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += (i == 0 ? "" : ".") + path[i];
  return all;
}

Value member_of(const Value& value, std::string_view name) {
  if (!value.is(Type::map)) return {};
  for (const Entry& entry : value.as_entries())
    if (entry.key.is(Type::string) && entry.key.as_text() == name) return entry.value;
  return {};
}

// The bindings of a vector as fields of a row.
class Names : public expr::Resolver {
 public:
  explicit Names(const Vector& vector) : container_(vector.container) {
    for (const auto& [name, given] : vector.bindings) {
      if (given.find("value") == nullptr) {
        bound_[name] = Value::error(kBoundError);
      } else if (const auto value = read_value(given.in("value"), arena_)) {
        bound_[name] = *value;
      }
    }
    for (const auto& [name, value] : bound_) row_.push_back({Value::string(name), value});
  }

  expr::Resolution resolve_field(const FieldPath& path) override {
    columns_.push_back(value_of(path));
    return {columns_.size() - 1, std::nullopt};
  }

  bool hides_type(std::string_view name) const override {
    return bound_.count(std::string(name)) > 0;
  }

  record::RecordBatch batch(std::size_t rows) const {
    record::RecordBatch made(base::Ref<record::BatchMemory>(new record::BatchMemory()));
    made.rows().resize(rows);
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const record::Column column = made.make_column(c);
      std::fill(column.begin(), column.end(), columns_[c]);
    }
    return made;
  }

 private:
  // The longest qualified name that is bound, in the innermost container; what is left of the path are
  // members of its value.
  Value value_of(const FieldPath& path) const {
    if (path.empty()) return Value::map(row_.data(), row_.size());
    for (std::size_t count = path.size(); count > 0; --count) {
      const std::optional<Value> found = in_containers(join(path, count));
      if (!found) continue;
      Value value = *found;
      for (std::size_t i = count; i < path.size(); ++i) value = member_of(value, path[i]);
      return value;
    }
    return {};
  }

  std::optional<Value> in_containers(const std::string& name) const {
    for (std::string inside = container_; !inside.empty();) {
      if (const auto found = bound_.find(inside + "." + name); found != bound_.end())
        return found->second;
      const std::size_t dot = inside.rfind('.');
      inside.resize(dot == std::string::npos ? 0 : dot);
    }
    const auto found = bound_.find(name);
    return found == bound_.end() ? std::nullopt : std::optional<Value>(found->second);
  }

  base::Arena arena_;
  std::string container_;
  std::map<std::string, Value> bound_;
  std::vector<Entry> row_;
  std::vector<Value> columns_;
};

Outcome failed(std::string expected, std::string got) {
  return {Outcome::Kind::failed, "", std::move(expected), std::move(got)};
}

Outcome refused(const Vector& vector, const std::vector<spec::Diagnostic>& diagnostics) {
  std::string all;
  bool to_come = false;
  for (const spec::Diagnostic& one : diagnostics) {
    all += (all.empty() ? "" : "; ") + one.code + ": " + one.message;
    to_come |= one.code == "NOT_AVAILABLE_YET";
  }
  if (vector.expectation == Expectation::error && !to_come) return {};
  return failed(vector.expectation == Expectation::error ? "an error" : "a value",
                "refused " + all);
}

Outcome judge(const Vector& vector, const Value& got) {
  const bool error = got.is_error() || got.is(Type::absent);
  if (vector.expectation == Expectation::error)
    return error ? Outcome() : failed("an error", show_value(got));
  base::Arena arena;
  const std::optional<Value> expected = read_value(vector.value, arena);
  if (!expected) return failed("a value that can be read", show_value(got));
  return same_value(*expected, got) ? Outcome() : failed(show_value(*expected), show_value(got));
}

Outcome judge_type(const Vector& vector, const expr::Program& program) {
  const std::optional<Type> expected = vector.type ? read_type(*vector.type) : std::nullopt;
  const std::optional<Type> got = program.type();
  if (!expected || !got || *expected == *got) return {};
  return failed("type " + std::string(record::to_string(*expected)),
                "type " + std::string(record::to_string(*got)));
}

}  // namespace

Outcome run_vector(const Vector& vector) {
  if (const std::string reason = reason_to_skip(vector); !reason.empty())
    return {Outcome::Kind::skipped, reason, "", ""};
  Names names(vector);
  const expr::Compiled compiled =
      expr::compile(vector.expr, names, expr::Limits(),
                    vector.disable_check ? expr::TypeCheck::dynamic : expr::TypeCheck::strict);
  if (!compiled.ok()) return refused(vector, compiled.diagnostics);
  if (const Outcome typed = judge_type(vector, *compiled.program);
      typed.kind == Outcome::Kind::failed || (vector.check_only && vector.type))
    return typed;
  const record::RecordBatch batch = names.batch(kRows);
  std::array<Value, kRows> out;
  expr::Scratch scratch;
  compiled.program->run(batch, scratch, out);
  for (const Value& other : out)
    if (!same_value(out[0], other))
      return failed("the same for each row", show_value(out[0]) + " and " + show_value(other));
  return judge(vector, out[0]);
}

}  // namespace leat::conformance
