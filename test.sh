#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test: all of them in an optimised build with assertions, unit and flow tests once
# more with the address and undefined-behaviour sanitizers. Ends with one line: N passed, N failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

passed=0
failed=0
failures=()
cores=$(nproc)

say() { printf '\n== %s\n' "$*"; }

# attempt WHAT COMMAND...: a failure counts as one failed test.
attempt() {
  local what=$1
  shift
  say "$what"
  if "$@"; then return 0; fi
  echo "test.sh: failed: $what" >&2
  failures+=("$what")
  failed=$((failed + 1))
  return 1
}

# run_tests PRESET: adds what ctest counted. A run whose result cannot be read is a failure.
run_tests() {
  local log=build/$1/test.log status=0 count_failed='' count_all=''
  say "tests of $1"
  ctest --preset "$1" --parallel "$cores" 2>&1 | tee "$log" || status=$?
  read -r count_failed count_all < <(sed -nE 's/^[0-9]+% tests passed, ([0-9]+) tests? failed out of ([0-9]+).*/\1 \2/p' "$log") || true
  if [[ -z $count_all || $count_all == 0 ]]; then
    failures+=("no tests ran in $1")
    failed=$((failed + 1))
    return
  fi
  passed=$((passed + count_all - count_failed))
  failed=$((failed + count_failed))
  if ((status != 0 && count_failed == 0)); then failed=$((failed + 1)); fi
  while read -r name; do failures+=("$1: $name"); done < <(sed -nE '/^The following tests FAILED:/,$ s/^\s*[0-9]+ - (.*)/\1/p' "$log")
}

# build_and_test PRESET TARGET...
build_and_test() {
  local preset=$1
  shift
  attempt "configure $preset" cmake --preset "$preset" || return 0
  attempt "build $preset" cmake --build --preset "$preset" --target "$@" || return 0
  run_tests "$preset"
}

# The score of the CEL project's conformance vectors, where they are: tests/conformance/README.md.
print_conformance() {
  local vectors=${LEAT_CEL_VECTORS:-../cel-spec/tests/simple/testdata} program=build/dev/tests/conformance/conformance
  if [[ ! -d $vectors ]]; then
    say "conformance vectors: not there, see tests/conformance/README.md"
  elif attempt "conformance vectors" "$program" --differences tests/conformance/differences.md "$vectors"; then
    passed=$((passed + 1))
  fi
}

# Not detect_stack_use_after_return: GCC's fake stack does not keep 64-byte alignment, which objects with cache-line members need.
export ASAN_OPTIONS=${ASAN_OPTIONS:-strict_string_checks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

if attempt "packages" docker/install.sh build test kafka; then
  build_and_test dev all
  print_conformance
  build_and_test asan tests_unit tests_flow
fi

if ((failed > 0)); then
  say "what failed"
  printf '%s\n' "${failures[@]}"
  # The end of what they said, so that it need not be looked for above.
  for preset in dev asan; do
    log=build/$preset/Testing/Temporary/LastTest.log
    if [[ -s build/$preset/Testing/Temporary/LastTestsFailed.log ]]; then
      awk '/^-+$/ { next } /Testing: / { text = "" } { text = text $0 "\n" } /^Test Failed\./ { print substr(text, length(text) > 6000 ? length(text) - 6000 : 1) }' "$log"
    fi
  done
fi
printf '\n%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
