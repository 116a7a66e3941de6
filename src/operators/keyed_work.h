#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "flow/operator.h"
#include "operators/aggregates/function.h"
#include "record/layout.h"
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
      out_columns;  // of the rows that go: as the key says it, in the same order
  // Of each column: its values are doubles, and come out as such; empty = of none. A key itself does
  // not tell 1.0 from 1.
  std::vector<bool> doubles = {};
  bool null_is_key = false;  // `"null_key": "group"`
  // Gets the text of the key (RULES, "Default key"), where sinks cannot take Row::key for it because
  // the row stays the record's: `keep_row` and dedupe.
  std::optional<std::size_t> text_column = {};
};

// What an Aggregate does; shared by all tasks. Immutable.
struct AggregateWork {
  struct Call {
    std::shared_ptr<const AggregateFunction> function;
    std::vector<std::size_t> arguments;  // columns
    std::size_t column = 0;              // where its result goes
    // Its text, `sum(amount)`: by this its state is found again on disk when others were added.
    std::string name = {};
  };
  std::string step;
  KeyWork key;
  Window window;
  std::vector<Call> calls;
  std::optional<std::size_t> start_column, end_column;  // of windows: timestamps
  Emit emit = Emit::per_record;
  Late late = Late::drop;
  bool too_late_to_side = false;  // with Late::update
  // How long a closed window is kept (counts with Late::update only); of a lookback, how late a row
  // may be: the size, where the definition says nothing.
  std::int64_t allowed_lateness_us = 0;
  std::int64_t ttl_us = 0;  // 0 = none
  bool keep_row = false;    // key, timestamp and meta stay the record's
  bool several = false;     // a record may have become several rows above
  // Writes the key and the window of a row that cannot be put together: its dead letter. Without
  // one that is empty.
  std::function<std::unique_ptr<record::RowEncoder>()> make_key_encoder = {};
};

// Whether a row that leaves may replace an earlier one.
bool updates(const AggregateWork& work) noexcept;

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

// The step on one slice; takes the table of values of that type from the StateAccess.
std::unique_ptr<flow::Operator> make_keyed_operator(std::shared_ptr<const AggregateWork> work);
std::unique_ptr<flow::Operator> make_keyed_operator(std::shared_ptr<const DedupeWork> work);

// A value of such a table as the JSON object that `stores` shows: computed calls by the names given
// (in the order of the calls), windows as a list. Appends to `out`.
void show_value(const AggregateWork& work, const void* value, const std::vector<std::string>& names,
                std::string& out);
void show_value(const DedupeWork& work, const void* value, std::string& out);

}  // namespace leat::operators
