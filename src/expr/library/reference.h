#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expr/functions.h"

// What people read of the function table: made from it, so that it cannot differ from it.
namespace leat::expr {

// How a function is called and what it gives: `string.charAt(int) -> string` for a method,
// `math.abs(number) -> number` for others.
std::string call_form(const Function& function);

// A function as the reference tells of it; what it views lives as long as the process.
struct ListedFunction {
  std::string_view name;
  std::string_view kind;  // "scalar", "macro", "aggregate"
  std::string_view category;
  std::string_view style;  // "function", "method", "either"
  std::string call;        // how it is called and what it gives
  std::string_view doc;
  bool pure = true;
  std::string_view since = "0.1";
};
// Those of the table, in its order.
std::vector<ListedFunction> listed_functions();

// Whether the name, the category or the sentence has this text in it, in any case.
bool mentions(const ListedFunction& function, std::string_view text);

// The body of GET /v1/functions and of `leat functions -o json`; with a text, those that mention it:
// {"items": [{name, kind, category, style, signature, doc, flags, since}], "next_page_token": null}.
std::string functions_json(std::span<const ListedFunction> listed, std::string_view text = {});

// The reference page in Markdown: a table for each category, in the order in which they come first.
std::string functions_page(std::span<const ListedFunction> listed);

}  // namespace leat::expr
