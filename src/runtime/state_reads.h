#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/status.h"
#include "plan/plan.h"
#include "state/backing.h"
#include "state/delta.h"
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

// What one key may mean: `text` itself for a key of one string, otherwise JSON (`["a",1]`, a list for
// a key of one field too). A single field that reads as JSON means both, the string first; a string
// that is an RFC 3339 time also means the time. BAD_QUERY in the field `problem`: it is no key of
// `fields` values.
Result<std::vector<StateKey>> key_readings(std::string_view text, std::size_t fields);

// One key with its value, both as JSON: a key of one field is the field, others a list.
struct StateRow {
  std::string key;
  std::string value;
};
// The key as JSON; "null" when the bytes are no key of `fields` values.
std::string show_key(std::string_view bytes, std::size_t fields);

// A store of a pipeline as one reads it. Immutable; the step outlives it.
struct StoreView {
  const plan::KeyedStep* step = nullptr;
  state::StoreId id;
  const state::Backing* backing = nullptr;
};
// The first of the readings that is there, from what is committed.
Result<std::optional<StateRow>> read_key(const StoreView& store,
                                         const std::vector<StateKey>& readings);
// Up to `limit` keys in [from, to) by the order of their bytes; no `to` = to the end.
Result<std::vector<StateRow>> read_range(const StoreView& store, std::string_view from,
                                         const std::optional<std::string>& to, std::size_t limit);
// The first of the readings that is there, from what a task holds. On the task's thread, between two
// of its steps.
Result<std::optional<StateRow>> read_key(const plan::KeyedStep& step, state::Table& table,
                                         const std::vector<StateKey>& readings);

}  // namespace leat::runtime
