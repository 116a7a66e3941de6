#pragma once

#include <cstddef>
#include <memory>

#include "operators/aggregates/function.h"

// The functions by their files; the catalog knows their names.
namespace leat::operators {

using MadeFunction = std::shared_ptr<const AggregateFunction>;

// counts.cc
MadeFunction make_count_rows();
MadeFunction make_count_values();
MadeFunction make_count_if();

// sums.cc
MadeFunction make_sum();
MadeFunction make_average();

// spread.cc
enum class Spread : std::uint8_t { variance, deviation };
enum class Over : std::uint8_t { sample, population };
MadeFunction make_spread(Spread spread, Over over);

// extremes.cc
MadeFunction make_min();
MadeFunction make_max();
MadeFunction make_largest(std::size_t count);

// placed.cc
MadeFunction make_first();
MadeFunction make_last();
MadeFunction make_min_by();
MadeFunction make_max_by();
MadeFunction make_collect_list(std::size_t most);

// distinct.cc
MadeFunction make_count_distinct(std::size_t most);
MadeFunction make_collect_set(std::size_t most);
MadeFunction make_top_k(std::size_t count, std::size_t most);

// approximate.cc
MadeFunction make_approx_count_distinct();
MadeFunction make_approx_percentile(double share);

}  // namespace leat::operators
