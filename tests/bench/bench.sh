#!/usr/bin/env bash
# Builds the preset `bench` and measures; arguments go to run_bench.py (`--quick` = does it work at all?).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${LEAT_BENCH_BUILD:-$root/build/bench}
cmake -S "$root" --preset bench -B "$build" >/dev/null
cmake --build "$build" --target bench_programs
exec "$root/tests/bench/run_bench.py" --build "$build" "$@"
