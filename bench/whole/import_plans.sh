#!/usr/bin/env bash
# Plans a second through planbro import into a fresh store: read, mapped, validated and on disk, one
# transaction a plan. The program's own start is part of the time.
#   import_plans.sh [smoke|N]   200 plans without an argument, 20 in a smoke run
set -euo pipefail
cd "$(dirname "$0")/../.."
case "${1:-}" in
  "") plans=200 ;;
  smoke) plans=20 ;;
  *) plans=$1 ;;
esac
planbro=build/release/planbro

# Beside the build, because /tmp may be memory and a commit to it costs nothing.
scratch=$(mktemp -d build/import_plans.XXXXXX)
trap 'rm -rf "$scratch"' EXIT
bench/make_plans.sh "$plans" "$scratch/csv"

begin=${EPOCHREALTIME/[.,]/}
report=$(LC_ALL=C "$planbro" --log error import --source csv-plan --data "$scratch/data" \
  "$scratch/csv") || { echo "$report" >&2; exit 1; }
end=${EPOCHREALTIME/[.,]/}
if [[ $report != "Plans: $plans created, 0 updated, 0 unchanged, 0 quarantined."* ]]; then
  echo "$report" >&2
  exit 1
fi
LC_ALL=C awk -v n="$plans" -v t="$((end - begin))" \
  'BEGIN { printf "import, %d plans: %.1f plans/s (%.2f s)\n", n, n * 1e6 / t, t / 1e6 }'
