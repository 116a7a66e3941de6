#pragma once

#include <string>
#include <string_view>
#include <vector>

// What people write who come from other languages, and what it is called here.
namespace leat::expr {

// What to write instead of a function that does not exist.
struct Instead {
  std::string remedy;                     // "size(x)", or empty when only names are near
  std::vector<std::string> did_you_mean;  // functions, the likeliest first
};

// `name`: as it is written behind the dot, or alone; `full`: with the name before the dot, if that
// is one of the namespaces of functions.
Instead instead_of_function(std::string_view name, std::string_view full);

// For what stands where an operator or the end is expected: "equality is `==`"; empty for what says
// nothing. `before`: the name or value that ends there.
std::string instead_of_operator(std::string_view found, std::string_view before);
// The same where a value is expected; `before` is the operator.
std::string instead_of_value(std::string_view found, std::string_view before);
// The same for a character that begins no token.
std::string instead_of_character(std::string_view character);
// The same for a reserved word that is a field of no row: `if`.
std::string instead_of_reserved(std::string_view word);

}  // namespace leat::expr
