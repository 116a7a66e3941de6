// What `leat __probe` does, for tests that have no leat.
#include "plugin/probe/probe.h"

int main(int argc, char** argv) { return leat::plugin::probe_main({argv + 1, argv + argc}); }
