#!/usr/bin/env bash
# Runs every fuzz target for a time: run.sh [SECONDS [TARGET...]], 60 seconds without arguments.
# Prints a line for each; what breaks a promise is kept in <build>/findings and the exit code is 1.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$(dirname "$here")")
build=${LEAT_FUZZ_BUILD:-$root/build/fuzz}
readonly input_bytes_max=4096
seconds=${1:-60}
shift || true
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "usage: run.sh [SECONDS [TARGET...]]" >&2; exit 2; }
targets=("$@")
if [[ ${#targets[@]} == 0 ]]; then
  for program in "$here"/*_fuzz.cc; do
    name=$(basename "$program")
    targets+=("${name%_fuzz.cc}")
  done
fi

cmake --preset fuzz -S "$root" -B "$build" >/dev/null
ninja -C "$build" "${targets[@]/%/_fuzz}"
mkdir -p "$build/findings"

# The number behind `$1:` in libFuzzer's last line of progress or final statistics.
figure() { grep -o "$1:* *[0-9]*" "$2" | tail -1 | grep -o '[0-9]*$' || echo 0; }

failed=0
for target in "${targets[@]}"; do
  mkdir -p "$build/corpus/$target"
  log=$build/$target.log
  options=(-max_total_time="$seconds" -max_len="$input_bytes_max" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1
           -artifact_prefix="$build/findings/$target-")
  [[ -f $here/words/$target.txt ]] && options+=(-dict="$here/words/$target.txt")
  verdict=ok
  "$build/tests/fuzz/${target}_fuzz" "${options[@]}" "$build/corpus/$target" "$here/corpus/$target" >"$log" 2>&1 || verdict=FAILED
  printf '%-7s %-6s %s s, %s runs, %s counters, %s features\n' "$target" "$verdict" "$seconds" \
    "$(figure stat::number_of_executed_units "$log")" "$(figure cov "$log")" "$(figure ft "$log")"
  if [[ $verdict != ok ]]; then
    failed=1
    grep -E 'check failed|ERROR|SUMMARY|Test unit written' "$log" || tail -5 "$log"
  fi
done
exit $failed
