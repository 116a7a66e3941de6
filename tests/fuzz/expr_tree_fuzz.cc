#include "fuzz/expr_tree_target.h"

#include "fuzz/fuzz_target.h"

LEAT_FUZZ_TARGET(leat::fuzz::fuzz_expr_tree)
