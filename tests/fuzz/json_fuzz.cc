#include "fuzz/json_target.h"

#include "fuzz/fuzz_target.h"

LEAT_FUZZ_TARGET(leat::fuzz::fuzz_json)
