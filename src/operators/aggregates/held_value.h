#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/arena.h"
#include "operators/aggregates/packed.h"
#include "record/value.h"

namespace leat::operators {

// A copy of one value that owns its text; lists, maps and optionals are held packed. Empty at first.
// Moved, not copied; numbers, booleans and times own nothing, and a text takes the place of one that
// is not shorter without allocating.
class HeldValue {
 public:
  HeldValue() = default;
  explicit HeldValue(const record::Value& value) { assign(value); }
  HeldValue(HeldValue&&) noexcept = default;
  HeldValue& operator=(HeldValue&&) noexcept = default;

  // Requires: neither absent nor an error, and not nests_too_deep().
  void assign(const record::Value& value);
  void assign(const HeldValue& other);
  bool empty() const noexcept { return value_.is(record::Type::absent); }
  // The value, viewing this object. Requires: not a list, map, optional or name of a type.
  const record::Value& flat() const noexcept { return value_; }
  // The value in the arena; null when empty.
  record::Value give(base::Arena& arena) const;

  void pack(std::string& out) const;
  // Not ok in `in` leaves it empty.
  void unpack(Unpacker& in);
  std::size_t heap_bytes() const noexcept { return capacity_; }

 private:
  void hold(record::Type type, std::string_view text);

  record::Value value_;
  std::unique_ptr<char[]> text_;
  std::uint32_t capacity_ = 0;
  bool packed_ = false;  // value_ is the bytes of put_value()
};

}  // namespace leat::operators
