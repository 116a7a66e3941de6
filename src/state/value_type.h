#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/status.h"

namespace leat::state {

// Nothing is due.
inline constexpr std::int64_t kNeverDue = std::numeric_limits<std::int64_t>::max();

// What the values of one table are: an object of fixed size that lives in the table's memory, with
// whatever it owns on the heap, and its form on disk. One for all slices; immutable, thread-safe.
class ValueType {
 public:
  virtual ~ValueType() = default;
  // Of the object: a multiple of 8. The table never moves an object.
  virtual std::size_t inline_bytes() const noexcept = 0;
  // Constructs the value of a key that was never seen at `at` (aligned to 8).
  virtual void make(void* at) const = 0;
  virtual void destroy(void* value) const noexcept = 0;
  // What the value holds beyond the object: counted in the memory limit.
  virtual std::size_t heap_bytes(const void* value) const noexcept = 0;
  // Appends the form on disk: the same bytes for equal values.
  virtual void encode(const void* value, std::string& out) const = 0;
  // Constructs the value that encode() wrote. Not ok (data_loss) leaves nothing at `at`.
  virtual Status decode(std::string_view bytes, void* at) const = 0;
  // When the operator must look at the value though no row comes for it, in the operator's time
  // (microseconds); kNeverDue = never. Derived from the value, so timers need no form on disk.
  virtual std::int64_t due(const void* value) const noexcept = 0;
};

}  // namespace leat::state
