#!/usr/bin/env bash
# Runs every benchmark program; `run.sh smoke` only shows that each of them runs. `run.sh peers`
# measures beside other people's engines (bench/peers), which a full run does as well where npm is.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "${1:-}" = peers ]; then exec bench/peers/run.sh "${@:2}"; fi
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
if [ "${1:-}" != smoke ] && command -v npm >/dev/null; then
  echo "== bench/peers/run.sh"
  bench/peers/run.sh
fi
