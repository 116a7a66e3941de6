#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "operators/aggregates/function.h"

namespace leat::operators {

using record::Value;
using Arguments = std::vector<Value>;

// A row as an aggregate sees it.
struct AggregateRow {
  Arguments arguments;
  RowPlace place;
};

// A value as text that tells types apart: 3, 3.0, "3", b"3", @3us, 3us, [..], {..}, null.
inline std::string show(const Value& value) {
  switch (value.type()) {
    case record::Type::absent: return "absent";
    case record::Type::null: return "null";
    case record::Type::boolean: return value.as_boolean() ? "true" : "false";
    case record::Type::integer: return std::to_string(value.as_integer());
    case record::Type::unsigned_integer: return std::to_string(value.as_unsigned()) + "u";
    case record::Type::real: {
      char text[64];
      std::snprintf(text, sizeof text, "%.17g", value.as_real());
      std::string shown(text);
      return shown.find_first_of(".en") == std::string::npos ? shown + ".0" : shown;
    }
    case record::Type::string: return '"' + std::string(value.as_text()) + '"';
    case record::Type::bytes: return "b\"" + std::string(value.as_text()) + '"';
    case record::Type::json: return "json " + std::string(value.as_text());
    case record::Type::type_name: return "type " + std::string(value.as_text());
    case record::Type::timestamp: return '@' + std::to_string(value.as_integer()) + "us";
    case record::Type::duration: return std::to_string(value.as_integer()) + "us";
    case record::Type::error: return "error " + std::string(value.as_error().code);
    case record::Type::optional:
      return value.as_optional() == nullptr ? "none" : "some " + show(*value.as_optional());
    case record::Type::list: {
      std::string shown = "[";
      for (const Value& item : value.as_items())
        shown += (shown.size() > 1 ? ", " : "") + show(item);
      return shown + "]";
    }
    case record::Type::map: {
      std::string shown = "{";
      for (const record::Entry& entry : value.as_entries())
        shown += (shown.size() > 1 ? ", " : "") + show(entry.key) + ": " + show(entry.value);
      return shown + "}";
    }
  }
  return "?";
}

// A state of a function, and what one does with it.
class Aggregated {
 public:
  using Function = std::shared_ptr<const AggregateFunction>;

  explicit Aggregated(Function function)
      : function_(std::move(function)), memory_(function_->state_bytes() / 8) {
    function_->make(state());
    alive_ = true;
  }
  Aggregated(const Aggregated&) = delete;
  Aggregated& operator=(const Aggregated&) = delete;
  ~Aggregated() {
    if (alive_) function_->destroy(state());
  }

  // The code of the error, or "".
  std::string add(const Arguments& arguments, const RowPlace& place = {}) {
    const record::RowError* const error = function_->check(state(), arguments);
    if (error != nullptr) return std::string(error->code);
    function_->add(state(), arguments, place);
    return "";
  }
  void add_all(const std::vector<AggregateRow>& rows) {
    for (const AggregateRow& row : rows) ASSERT_EQ(add(row.arguments, row.place), "");
  }
  std::string merge(const Aggregated& other) {
    const record::RowError* const error = function_->check_merge(state(), other.state());
    if (error != nullptr) return std::string(error->code);
    function_->merge(state(), other.state());
    return "";
  }
  void retract(const Arguments& arguments) { function_->retract(state(), arguments); }
  std::string encoded() const {
    std::string bytes;
    function_->encode(state(), bytes);
    return bytes;
  }
  // Takes the place of the state what the bytes say, if they say something.
  bool decode(std::string_view& bytes) {
    function_->destroy(state());
    alive_ = function_->decode(bytes, state()).ok();
    return alive_;
  }
  void decode_all(std::string_view bytes) {
    ASSERT_TRUE(decode(bytes));
    ASSERT_EQ(bytes.size(), 0U);
  }
  Value result(base::Arena& arena) const { return function_->result(state(), arena); }
  std::string result() const {
    base::Arena arena;
    return show(result(arena));
  }
  std::size_t heap_bytes() const { return function_->heap_bytes(state()); }

 private:
  void* state() { return memory_.data(); }
  const void* state() const { return memory_.data(); }

  Function function_;
  std::vector<std::uint64_t> memory_;
  bool alive_ = false;
};

inline Aggregated::Function aggregate(std::string_view name, std::size_t row_arguments = 1,
                                      const std::vector<Value>& constants = {},
                                      std::size_t collect = 10'000) {
  const AggregateDescription* const found = find_aggregate(name, row_arguments + constants.size());
  if (found == nullptr) {
    ADD_FAILURE() << "there is no " << name;
    return nullptr;
  }
  const auto made = make_aggregate(*found, constants, AggregateLimits{collect});
  EXPECT_TRUE(made.ok()) << made.status().to_string();
  return made.ok() ? *made : nullptr;
}

// The result over these values, in their order.
inline std::string result_of(const Aggregated::Function& function,
                             const std::vector<Value>& values) {
  Aggregated state(function);
  RowPlace place;
  for (const Value& value : values) {
    EXPECT_EQ(state.add({value}, place), "");
    ++place.offset;
  }
  return state.result();
}

inline Value number(std::int64_t value) { return Value::integer(value); }
inline Value real(double value) { return Value::real(value); }
inline Value text(std::string_view value) { return Value::string(value); }

}  // namespace leat::operators
