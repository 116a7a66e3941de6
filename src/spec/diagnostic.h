#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

// What is wrong with a document, at its place.
namespace leat::spec {

enum class Severity : unsigned char { error, warning, info };

struct Diagnostic {
  Severity severity = Severity::error;
  std::string pointer;  // RFC 6901; unknown keys point at the key; "" for syntax errors
  int line = 0;         // from 1; 0 = unknown
  int column = 0;       // from 1, in code points
  std::optional<std::pair<std::size_t, std::size_t>>
      span;          // [begin, end) code points inside the decoded string
  std::string code;  // a stable name: UNKNOWN_FIELD, NOT_AVAILABLE_YET, …
  std::string message;
  std::vector<std::string> did_you_mean;
};

}  // namespace leat::spec
