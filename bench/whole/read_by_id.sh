#!/usr/bin/env bash
# Reads through planbro serve, each as a ratio to the bare listener that sends as many bytes: one
# plan by id, also one version of it, and the capability statement, also to a client that takes
# gzip. Read by id stands beside a fixed 2 KB reply as well, and reads 2,000 plans in turn, whose
# bodies are more than the store keeps (docs/store.md).
set -euo pipefail
cd "$(dirname "$0")/../.."
source bench/whole/server.bash read_by_id
seconds=5
counts=(16 64 128)
if [ "${1:-}" = smoke ]; then
  seconds=1
  counts=(16)
fi

serve data
plan=$(curl -sf -X POST "$base" -H 'Content-Type: application/fhir+json' \
  --data-binary @fixtures/plans/mann-22-cerebral-parese/expected/bundle.json |
  grep -o 'CarePlan/[0-9a-f-]*' | head -1)

# The same plan 2,000 times more, as drafts: a person has one active plan.
curl -sf "$base/$plan" | sed 's/"status":"active"/"status":"draft"/' >"$scratch/draft"
for _ in $(seq 2000); do cat "$scratch/draft" && echo; done >"$scratch/drafts"
"$load" "$base/CarePlan" 16 post "$scratch/drafts"
for order in _lastUpdated -_lastUpdated; do  # no page is longer than 1,000
  curl -sf "$base/CarePlan?status=draft&_elements=id&_count=1000&_sort=$order" |
    grep -o '/CarePlan/[0-9a-f-]*"' | tr -d '/"' | sed 's|^CarePlan|CarePlan/|'
done | sort -u | shuf --random-source="$scratch/drafts" >"$scratch/plans"

field() { sed -n "s/.*\"$2\":\\([0-9]*\\).*/\\1/p" <<<"$1"; }

# compare NAME PATH CONNECTIONS BARE [gzip]: BARE "same" is as many bytes as the answer has; a PATH
# that is a file names many
compare() {
  local bare=$4 answers reply
  if [ -f "$2" ]; then
    answers=$("$load" "$base" "$3" "$seconds" below "$2")
  else
    answers=$("$load" "$base/$2" "$3" "$seconds" "${5:-}")
  fi
  [ "$bare" = same ] && bare=bare:$(field "$answers" bodyBytes)
  reply=$("$load" "$bare" "$3" "$seconds")
  echo "$reply"
  echo "$answers"
  awk -v a="$(field "$answers" requestsPerSecond)" -v b="$(field "$reply" requestsPerSecond)" \
    -v c="$3" -v n="$1" 'BEGIN { printf "%s / bare listener, %d connections: %.2f\n", n, c, a / b }'
}

for connections in "${counts[@]}"; do
  compare "read by id" "$plan" "$connections" bare
  compare "read by id, same bytes" "$plan" "$connections" same
  compare "read by id, $(wc -l <"$scratch/plans") plans" "$scratch/plans" "$connections" bare
  compare "vread, same bytes" "$plan/_history/1" "$connections" same
  compare "metadata, same bytes" metadata "$connections" same
  compare "metadata with gzip, same bytes" metadata "$connections" same gzip
done
