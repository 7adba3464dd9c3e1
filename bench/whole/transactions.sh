#!/usr/bin/env bash
# Transaction Bundles of whole plans through planbro serve with several clients: validated, checked
# by the plan's rules and on disk before the answer. Resources a second, and processor time.
#   transactions.sh [smoke|N]   300 plans of 55 resources without an argument, 10 in a smoke run
set -euo pipefail
cd "$(dirname "$0")/../.."
source bench/whole/server.bash transactions
case "${1:-}" in
  "") plans=300 ;;
  smoke) plans=10 ;;
  *) plans=$1 ;;
esac

# One line a plan: the case's Bundle with another plan's identifier and another owner's number.
bundle=fixtures/plans/mann-22-cerebral-parese/expected/bundle.json
entries=$(grep -c '"fullUrl"' "$bundle")
bench/make_plans.sh "$plans" "$scratch/csv"
tr -d '\n\r' <"$bundle" >"$scratch/bundle"
awk -F';' -v bundle="$scratch/bundle" '
  BEGIN { getline text <bundle }
  NR > 1 {
    plan = text
    gsub(/IP-2026-0017/, $1, plan)
    gsub(/14850450030/, $3, plan)
    gsub(/2004-05-14/, substr($8, 7, 4) "-" substr($8, 4, 2) "-" substr($8, 1, 2), plan)
    print plan
  }' "$scratch/csv/plans.csv" >"$scratch/bundles"

for clients in 1 16; do
  serve "data$clients"
  begin=${EPOCHREALTIME/[.,]/}
  "$load" "$base" "$clients" post "$scratch/bundles"
  end=${EPOCHREALTIME/[.,]/}
  spent=$(ticks "$server")
  stop "$server"
  LC_ALL=C awk -v n="$((plans * entries))" -v t="$((end - begin))" -v c="$clients" \
    -v ticks="$spent" 'BEGIN {
      printf "transactions, %d clients: %.0f resources/s; the server takes %.0f us of processor each\n",
        c, n * 1e6 / t, ticks * 1e4 / n }'
done
