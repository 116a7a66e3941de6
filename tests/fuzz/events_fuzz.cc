#include "fuzz/events_target.h"

#include "fuzz/fuzz_target.h"

LEAT_FUZZ_TARGET(leat::fuzz::fuzz_events)
