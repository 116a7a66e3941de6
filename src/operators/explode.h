#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "codec/codec.h"
#include "flow/operator.h"
#include "operators/tally.h"

namespace leat::operators {

// What an Explode does; shared by all tasks. Immutable.
struct ExplodeWork {
  std::size_t list = 0;              // column of the list: a computed value, or a field's token
  std::optional<std::size_t> index;  // column that gets the item's position, from 0
  bool outer = false;                // null, absent and empty lists give one row with a null item
  bool several = false;  // one record may have several rows already, told apart by their ordinals
};

// One row per item of a list, in its order; the other fields stay. Values that are no list fail the
// row, items that cannot be read fail theirs. Tombstones have no list: dropped and counted. Emits
// batches of at most RecordBatch::kRowsMax rows. Thread-confined.
class Explode final : public flow::Operator {
 public:
  Explode(std::shared_ptr<const ExplodeWork> work, std::unique_ptr<codec::ItemDecoder> items)
      : work_(std::move(work)),
        items_(std::move(items)),
        splitter_(codec::make_list_splitter()),
        rows_in_(Counting::every_row),
        rows_out_(Counting::made) {}
  Status open(const flow::OperatorContext& context) override;
  Status process(record::RecordBatch& batch, flow::Collector& out) override;

 private:
  // A row to be made.
  struct Made {
    std::uint32_t row = 0;  // of the batch that came
    std::uint64_t position = 0;
    bool item = false;
  };
  void add_rows(record::RecordBatch& batch, std::uint32_t row, flow::Collector& out);
  void add(const record::RecordBatch& batch, Made made, const record::Value& item,
           flow::Collector& out);
  void flush(const record::RecordBatch& batch, flow::Collector& out);

  const std::shared_ptr<const ExplodeWork> work_;
  const std::unique_ptr<codec::ItemDecoder> items_;
  const std::unique_ptr<codec::ListSplitter> splitter_;
  Tally rows_in_;
  Tally rows_out_;
  std::vector<record::Value> list_;  // the items of the row at hand
  std::vector<Made> made_;
  std::vector<std::uint32_t> picked_;
  std::vector<record::Value> values_;
  std::vector<const record::RowError*> errors_;
};

// A number that no other pair gives (Cantor's pairing): (old + position)(old + position + 1) / 2 +
// position.
constexpr std::uint64_t pair_ordinals(std::uint64_t old, std::uint64_t position) noexcept {
  const std::uint64_t sum = old + position;
  const std::uint64_t half = sum % 2 == 0 ? sum / 2 * (sum + 1) : (sum + 1) / 2 * sum;
  return half + position;
}

}  // namespace leat::operators
