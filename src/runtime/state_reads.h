#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/status.h"
#include "plan/plan.h"
#include "spec/pipeline.h"
#include "state/delta.h"
#include "state/store.h"
#include "state/table.h"

// Reading the state of a keyed step for people: keys as they write them, values as JSON.
namespace leat::runtime {

// A key in the form of the store.
struct StateKey {
  std::string bytes;
  std::uint64_t hash = 0;

  std::uint32_t group() const noexcept;
  state::Key view() const noexcept { return {hash, bytes}; }
};

// What the fields of a key are: plan::KeyedStep::key_types.
using KeyTypes = std::span<const spec::SchemaType::Kind>;

// What one key may mean: `text` itself for a key of one string, otherwise JSON (`["a",1]`, a list for
// a key of one field too). Times are RFC 3339 and bytes base64, both as strings. Of a field of which
// nothing is known, JSON means itself and the string that it is, the string first; a string may mean a
// time, and then bytes. BAD_QUERY in the field `problem`: it is no key of these types.
Result<std::vector<StateKey>> key_readings(std::string_view text, KeyTypes types);
// Where a range begins or ends, in the form of the store: a key, or a list of its first fields. Of a
// single field of which nothing is known, JSON is read as JSON and anything else as a string.
Result<std::string> key_bound(std::string_view text, KeyTypes types);

// One key with its value, both as JSON: a key of one field is the field, others a list.
struct StateRow {
  std::string key;
  std::string value;
};
// The key as JSON; "null" when the bytes are no key of so many values.
std::string show_key(std::string_view bytes, KeyTypes types);

// The keys in [from, to) by the order of their bytes, the first `limit` of them.
struct KeyRange {
  std::string from;
  std::optional<std::string> to;  // none = to the end
  std::size_t limit = 1000;       // at least 1
};

// A store of a pipeline as one reads it, on the checkpoint thread. The step outlives it.
struct StoreView {
  const plan::KeyedStep* step = nullptr;
  state::StoreId id;
  state::Store* store = nullptr;
};
// The first of the readings that is there, from what is committed, whether or not it is folded.
Result<std::optional<StateRow>> read_key(const StoreView& store,
                                         const std::vector<StateKey>& readings);
Result<std::vector<StateRow>> read_range(const StoreView& store, const KeyRange& range);

// The first of the readings that is there, from what a task holds. On the task's thread, between two
// of its steps.
Result<std::optional<StateRow>> read_key(const plan::KeyedStep& step, state::Table& table,
                                         const std::vector<StateKey>& readings);

// A range of what the tasks of a step hold, gathered from one table after the other in bounded looks,
// between which its task goes on: each row is as it was when it was looked at. Used by one thread at
// a time.
class TableRange {
 public:
  // The step outlives it.
  TableRange(const plan::KeyedStep& step, KeyRange range);
  // On the thread of the table's task, between two of its steps. Gives whether the table is done;
  // the next look is at another one.
  Result<bool> look(state::Table& table);
  // By the order of their bytes.
  std::vector<StateRow> rows() const;

 private:
  void take(const state::Entry& entry);

  const plan::KeyedStep& step_;
  const KeyRange range_;
  state::Table::Walk walk_;
  std::map<std::string, std::string, std::less<>> kept_;  // key → value as JSON
};

}  // namespace leat::runtime
