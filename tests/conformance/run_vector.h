#pragma once

#include <cstdint>
#include <string>

#include "conformance/vectors.h"

namespace leat::conformance {

struct Outcome {
  enum class Kind : std::uint8_t { passed, failed, skipped };
  Kind kind = Kind::passed;
  std::string reason;    // of a skip
  std::string expected;  // of a failure
  std::string got;
};

// Compiles and runs one vector: names are fields of a row, looked up in the vector's container as CEL
// says; a name that is not bound is an absent field. Vectors without `disable_check` are compiled
// strictly. A vector that expects an error holds when the checker refuses the expression, except for
// NOT_AVAILABLE_YET. The program runs over three rows alike, which must all give the same.
Outcome run_vector(const Vector& vector);

}  // namespace leat::conformance
