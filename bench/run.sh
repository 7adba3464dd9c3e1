#!/usr/bin/env bash
# Runs every benchmark program; `run.sh smoke` only shows that each of them runs.
set -euo pipefail
cd "$(dirname "$0")/.."
options=(--benchmark_enable_random_interleaving=true --benchmark_repetitions=5
  --benchmark_report_aggregates_only=true)
[ "${1:-}" = smoke ] && options=(--benchmark_min_time=0.01)
for bench in build/release/bench/*_bench; do
  echo "== $(basename "$bench")"
  "$bench" "${options[@]}"
done
for whole in bench/whole/*.sh; do
  [ -e "$whole" ] || continue
  echo "== $whole"
  "$whole" "${1:-}"
done
