#pragma once

#include <string>
#include <string_view>

#include "expr/functions.h"

// What people read of the function table: made from it, so that it cannot differ from it.
namespace leat::expr {

// How a function is called and what it gives: `string.charAt(int) -> string` for a method,
// `math.abs(number) -> number` for others.
std::string call_form(const Function& function);

// Whether the name, the category or the summary has this text in it, in any case.
bool mentions(const Function& function, std::string_view text);

// The body of GET /v1/functions and of `leat functions -o json`; with a text, those that mention it:
// {"items": [{name, kind: "scalar"|"macro", category, style: "function"|"method"|"either",
// signature, doc, flags, since}], "next_page_token": null}.
std::string functions_json(std::string_view text = {});

// The reference page in Markdown: a table for each category.
std::string functions_page();

}  // namespace leat::expr
