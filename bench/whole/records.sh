#!/usr/bin/env bash
# Whole records out of planbro serve: $everything of one plan as one client sees it, and $export of
# the whole system as NDJSON, files one after the other.
#   records.sh [smoke|N]   store of 2,000 imported typical plans without an argument
set -euo pipefail
cd "$(dirname "$0")/../.."
source bench/whole/server.bash records
plans=2000
seconds=5
case "${1:-}" in
  "") ;;
  smoke) plans=10 seconds=1 ;;
  *) plans=$1 ;;
esac
curl=(curl -sf --noproxy '*')

bench/make_plans.sh "$plans" "$scratch/csv" typical
"$planbro" --log error import --source csv-plan --data "$scratch/data" "$scratch/csv" \
  >"$scratch/report"
serve data

# One plan as it is imported, and a large one of 55 entries.
typical=$("${curl[@]}" "$base/CarePlan?_count=1&_elements=id" |
  sed -n 's/.*"fullUrl":"[^"]*\(CarePlan\/[^"]*\)".*/\1/p')
large=$("${curl[@]}" -X POST "$base" -H 'Content-Type: application/fhir+json' \
  --data-binary @fixtures/plans/mann-22-cerebral-parese/expected/bundle.json |
  grep -o 'CarePlan/[0-9a-f-]*' | head -1)
for plan in "$typical" "$large"; do
  entries=$("${curl[@]}" "$base/$plan/\$everything" | grep -o '"fullUrl"' | wc -l)
  "$load" "$base/$plan/\$everything" 1 "$seconds" |
    sed "s/{.*\"p50Ms\":\([0-9.]*\),\"p99Ms\":\([0-9.]*\)}/everything of a plan, $entries resources: p50 \1 ms, p99 \2 ms/"
done

for _ in 1 2 3; do
  begin=${EPOCHREALTIME/[.,]/}
  before=$(ticks "$server")
  job=$("${curl[@]}" -D - -o /dev/null -H 'Prefer: respond-async' "$base/\$export" |
    tr -d '\r' | sed -n 's/^[Cc]ontent-[Ll]ocation: //p')
  for _ in $(seq 100); do
    "${curl[@]}" "$job" >"$scratch/manifest"
    [ -s "$scratch/manifest" ] && break
    sleep 0.05
  done
  grep -o '"url":"[^"]*"' "$scratch/manifest" | cut -d'"' -f4 |
    awk '{ print "url = \"" $0 "\"" }' >"$scratch/files"
  "${curl[@]}" -K "$scratch/files" >"$scratch/lines"
  end=${EPOCHREALTIME/[.,]/}
  LC_ALL=C awk -v n="$(wc -l <"$scratch/lines")" -v bytes="$(wc -c <"$scratch/lines")" \
    -v t="$((end - begin))" -v ticks="$(($(ticks "$server") - before))" 'BEGIN {
      if (n == 0) { print "records: nothing was exported" > "/dev/stderr"; exit 1 }
      printf "export: %d resources/s (%d of %.0f bytes; %.0f us of processor time each)\n",
        n * 1e6 / t, n, bytes / n, ticks * 1e4 / n }'
done
