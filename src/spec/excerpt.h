#pragma once

#include <string>
#include <string_view>

#include "spec/diagnostic.h"

namespace leat::spec {

// The line of `text` that a diagnostic points at, and beneath it a caret under the place, or under
// the span inside the string that stands there:
//
//     12 |     { "filter": "amuont > 100" },
//        |                  ^~~~~~
//
// At most kExcerptColumns of a long line, control characters escaped, every line with an end.
// Empty when the place is not known. Pure.
inline constexpr std::size_t kExcerptColumns = 120;
std::string excerpt(std::string_view text, const Diagnostic& diagnostic);

// The same diagnostic with the column that the caret stands under: with a span, where that begins in
// the text, and no longer the string that holds it.
Diagnostic at_caret(std::string_view text, Diagnostic diagnostic);

}  // namespace leat::spec
