#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "expr/program.h"
#include "flow/operator.h"
#include "operators/tally.h"

namespace leat::operators {

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
  std::vector<Item> items;           // all see the row as it entered
  std::vector<std::size_t> present;  // columns whose values must be there: NO_SUCH_FIELD otherwise
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
  void check(const record::RecordBatch& batch, std::size_t column, bool must_be_there);

  const std::shared_ptr<const ComputeWork> work_;
  Tally tally_;
  expr::Scratch scratch_;
};

}  // namespace leat::operators
