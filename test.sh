#!/usr/bin/env bash
# Builds and runs the tests. Closes with "N passed, N failed".
#   ./test.sh              unit, golden, contract and end-to-end tests
#   ./test.sh conformance  official suites (reads ../shared where it exists)
#   ./test.sh interop      other people's clients, two processes against each other
#   ./test.sh browser      the pages in Chromium
#   ./test.sh fuzz         every fuzz target; FUZZ_SECONDS each (20)
#   ./test.sh bench        the benchmarks; figures of docs/performance.md
#   ./test.sh all          everything, the benchmarks as a smoke run
set -euo pipefail
cd "$(dirname "$0")"

passed=0
failed=0

# Runs ctest on the labels given and counts.
run_ctest() {
  local log
  log=$(mktemp)
  local status=0
  ctest --preset dev -j "$(nproc)" "$@" 2>&1 | tee "$log" || status=$?
  local total bad
  total=$(sed -n 's/.* tests failed out of \([0-9]*\).*/\1/p' "$log" | tail -1)
  bad=$(sed -n 's/.*, \([0-9]*\) tests failed out of .*/\1/p' "$log" | tail -1)
  rm -f "$log"
  if [ -z "$total" ]; then
    echo "No test was run for: $*" >&2
    failed=$((failed + 1))
    return
  fi
  passed=$((passed + total - bad))
  failed=$((failed + bad))
  if [ "$status" != 0 ] && [ "$bad" = 0 ]; then failed=$((failed + 1)); fi
}

# Counts one command as one test.
run_one() {
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    echo "FAILED: $name" >&2
    failed=$((failed + 1))
  fi
}

build_dev() {
  scripts/setup.sh build node test
  cmake --preset dev >/dev/null
  cmake --build --preset dev
}

# For the HAPI FHIR client. Where it cannot be had the other clients run, and the test is shown as
# skipped.
set_up_java() {
  scripts/setup.sh interop || echo "Java and Maven cannot be had: the HAPI FHIR client is not run." >&2
}

run_fuzz() {
  scripts/setup.sh build node test lint
  cmake --preset fuzz >/dev/null
  cmake --build --preset fuzz --target fuzz_targets
  local target name
  for target in build/fuzz/tests/fuzz/*_fuzz; do
    name=$(basename "$target")
    mkdir -p "build/fuzz/corpus/$name"
    local seeds=()
    [ -d "tests/fuzz/corpus/$name" ] && seeds=("tests/fuzz/corpus/$name")
    run_one "$name" "$target" -max_total_time="${FUZZ_SECONDS:-20}" -timeout=10 -rss_limit_mb=2048 \
      -max_len=65536 -print_final_stats=0 -verbosity=0 \
      -artifact_prefix="build/fuzz/$name-" "build/fuzz/corpus/$name" "${seeds[@]}"
  done
}

run_bench() {
  scripts/setup.sh build node test
  cmake --preset bench >/dev/null
  cmake --build --preset bench
  run_one bench bench/run.sh "$@"
}

case "${1:-}" in
  "")
    build_dev
    run_ctest -LE 'conformance|browser'
    ;;
  conformance | interop | browser)
    build_dev
    if [ "$1" = browser ]; then scripts/setup.sh browser; fi
    if [ "$1" = interop ]; then set_up_java; fi
    run_ctest -L "$1"
    ;;
  fuzz) run_fuzz ;;
  bench) run_bench ;;
  all)
    scripts/setup.sh build node test browser lint
    set_up_java
    build_dev
    run_ctest
    run_fuzz
    run_bench smoke
    ;;
  *)
    sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
