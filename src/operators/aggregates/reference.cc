#include "operators/aggregates/reference.h"

#include <string>

#include "operators/aggregates/function.h"

namespace leat::operators {

std::vector<expr::ListedFunction> listed_functions() {
  std::vector<expr::ListedFunction> all = expr::listed_functions();
  for (const AggregateDescription& one : aggregate_descriptions())
    all.push_back(
        {one.name, "aggregate", "aggregates", "function", std::string(one.signature), one.text});
  return all;
}

}  // namespace leat::operators
