#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "expr/program.h"
#include "flow/operator.h"
#include "operators/tally.h"

namespace leat::operators {

inline constexpr record::RowError kSetInNoObject{
    "NOT_AN_OBJECT", "a field is to be set inside of what is no object"};

// Whether a field can be set inside of this, a value's token: missing parents are made.
inline bool takes_members(const record::Value& token) noexcept {
  return token.is(record::Type::absent) ||
         (token.is(record::Type::json) && token.as_text().starts_with('{'));
}

// A column in which every row must have something, and why one fails that has not. The error lives
// as long as the process.
struct Need {
  std::size_t column = 0;
  const record::RowError* error = nullptr;
};

// What becomes of tombstones.
enum class Tombstones : std::uint8_t {
  pass,      // unevaluated
  evaluate,  // treated like rows: nothing here needs the row
  drop,      // dropped and counted: the row is needed
};

// What a Compute does to each batch; shared by all tasks. Immutable.
struct ComputeWork {
  struct Item {
    std::shared_ptr<const expr::Program> program;
    std::size_t column = 0;  // where its values go
    // Of a program that gives tokens (expr/copy.h): where what it gives goes, for encoders.
    std::optional<std::size_t> written = std::nullopt;
  };
  // The text of a value for keys and headers: numbers as they were written, all else as it is.
  struct Text {
    std::size_t value = 0;  // column of the typed value
    std::size_t token = 0;  // column of its token
    std::size_t column = 0;
  };
  std::vector<Item> items;    // all see the row as it entered
  std::vector<Need> present;  // values that must be there: NO_SUCH_FIELD otherwise
  // Tokens of what fields are set in: objects or absent, kSetInNoObject otherwise.
  std::vector<Need> objects;
  std::vector<Text> texts;
  Tombstones tombstones = Tombstones::pass;
};

// Runs programs into columns. A row for which one of them fails is dropped. Thread-confined.
class Compute final : public flow::Operator {
 public:
  Compute(std::shared_ptr<const ComputeWork> work, Counting counting)
      : work_(std::move(work)), tally_(counting) {}
  Status open(const flow::OperatorContext& context) override;
  Status process(record::RecordBatch& batch, flow::Collector& out) override;

 private:
  void check(const record::RecordBatch& batch, const Need& need);
  void check_results(const record::RecordBatch& batch, const expr::Program& program,
                     record::Column values);
  void check_object(const record::RecordBatch& batch, const Need& need);
  // Whether an error of this row counts.
  bool takes(std::size_t row, const record::RecordBatch& batch) const;
  void fail(std::size_t row, const record::RecordBatch& batch, const record::RowError& error);

  const std::shared_ptr<const ComputeWork> work_;
  Tally tally_;
  expr::Scratch scratch_;
};

}  // namespace leat::operators
