#pragma once

#include <map>
#include <string>
#include <string_view>

namespace leat::conformance {

// Vector id → why it does not hold: the rows of the tables of differences.md, `| id | … | reason |`,
// the id in backticks, the reason in the last cell.
std::map<std::string, std::string> read_differences(std::string_view markdown);

}  // namespace leat::conformance
