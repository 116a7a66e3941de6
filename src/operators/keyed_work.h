#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "operators/aggregates/function.h"
#include "state/value_type.h"

namespace leat::operators {

// A window of a keyed step. Times are microseconds; `offset` shifts the grid.
struct Window {
  enum class Kind : std::uint8_t { none, tumbling, hopping, session, lookback } kind = Kind::none;
  std::int64_t size_us = 0;   // session: the gap
  std::int64_t every_us = 0;  // hopping; tumbling: the size
  std::int64_t offset_us = 0;
  bool processing_time = false;
  bool by_event_time = false;  // lookback with `"order": "event_time"`
};

enum class Emit : std::uint8_t { per_record, per_batch, on_close, complete };
// What becomes of late rows; `pass` is for dedupe.
enum class Late : std::uint8_t { drop, side_output, update, pass };

// How a keyed step names its keys: from which columns, and where the values go that the key stands for.
struct KeyWork {
  std::vector<std::size_t> columns;  // of the rows that come
  std::vector<std::size_t>
      out_columns;           // of the rows that go: as the key says it, in the same order
  bool null_is_key = false;  // `"null_key": "group"`
};

// What an Aggregate does; shared by all tasks. Immutable.
struct AggregateWork {
  struct Call {
    std::shared_ptr<const AggregateFunction> function;
    std::vector<std::size_t> arguments;  // columns
    std::size_t column = 0;              // where its result goes
  };
  std::string step;
  KeyWork key;
  Window window;
  std::vector<Call> calls;
  std::optional<std::size_t> start_column, end_column;  // of windows: timestamps
  Emit emit = Emit::per_record;
  Late late = Late::drop;
  bool too_late_to_side = false;  // with Late::update
  std::int64_t allowed_lateness_us = 0;
  std::int64_t ttl_us = 0;  // 0 = none
  bool keep_row = false;
  bool row_key_is_by =
      true;  // the key of rows that go is the text of `by` (and window_start): what sinks use
};

// What a Dedupe does; shared by all tasks. Immutable.
struct DedupeWork {
  std::string step;
  KeyWork key;  // out_columns is empty: rows stay as they are
  std::int64_t within_us = 0;
  Late late = Late::pass;
};

// The values that the state of such a step holds. Lives as long as the operators and tables.
std::shared_ptr<const state::ValueType> make_value_type(const AggregateWork& work);
std::shared_ptr<const state::ValueType> make_value_type(const DedupeWork& work);

// A value of such a table as the JSON object that `stores` shows: computed calls by the names given
// (in the order of the calls), windows as a list. Appends to `out`.
void show_value(const AggregateWork& work, const void* value, const std::vector<std::string>& names,
                std::string& out);
void show_value(const DedupeWork& work, const void* value, std::string& out);

}  // namespace leat::operators
