#include "fuzz/elf_target.h"

#include "fuzz/fuzz_target.h"

LEAT_FUZZ_TARGET(leat::fuzz::fuzz_elf)
