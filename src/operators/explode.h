#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "codec/codec.h"
#include "flow/operator.h"
#include "operators/compute.h"
#include "operators/tally.h"

namespace leat::operators {

inline constexpr record::RowError kTooManyItems{
    "TOO_MANY_ITEMS", "one record has more items than rows can be told apart"};

// What an Explode does; shared by all tasks. Immutable.
struct ExplodeWork {
  std::size_t list = 0;  // column of the list: a computed value, or a field's token
  // NOT_A_LIST by the name of the field, which lives as long as the process; null = by no name.
  const record::RowError* no_list = nullptr;
  std::optional<std::size_t> index;  // column that gets the item's position, from 0
  // Tokens of what the item and its position are set in, as in ComputeWork.
  std::vector<Need> objects;
  bool outer = false;    // null, absent and empty lists give one row with a null item
  bool several = false;  // one record may have several rows already, told apart by their ordinals
  std::uint64_t items_max = std::uint64_t{1} << 20;  // at most Explode::kItemsMax
};

// One row per item of a list, in its order; the other fields stay. Values that are no list fail the
// row, items that cannot be read fail theirs, and so do lists of more than `items_max` items, and
// rows in which there is no place for an item.
// Tombstones have no list: dropped and counted. Ordinals grow in the order of the rows: the item's
// position, behind the old ordinal where there may be one. Emits batches of at most
// RecordBatch::kRowsMax rows. Thread-confined.
class Explode final : public flow::Operator {
 public:
  static constexpr int kItemBits = 20;
  static constexpr std::uint64_t kItemsMax = std::uint64_t{1} << kItemBits;

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

}  // namespace leat::operators
