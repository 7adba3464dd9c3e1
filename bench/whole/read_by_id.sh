#!/usr/bin/env bash
# Read of one plan by id through planbro serve, as a ratio to the bare listener.
set -euo pipefail
cd "$(dirname "$0")/../.."
source bench/whole/server.bash read_by_id
seconds=5
[ "${1:-}" = smoke ] && seconds=1

serve data
plan=$(curl -sf -X POST "$base" -H 'Content-Type: application/fhir+json' \
  --data-binary @fixtures/plans/mann-22-cerebral-parese/expected/bundle.json |
  grep -o 'CarePlan/[0-9a-f-]*' | head -1)

for connections in 16 64 128; do
  bare=$("$load" bare "$connections" "$seconds")
  read=$("$load" "$base/$plan" "$connections" "$seconds")
  echo "$bare"
  echo "$read"
  rate() { sed -n 's/.*requestsPerSecond":\([0-9]*\).*/\1/p' <<<"$1"; }
  awk -v a="$(rate "$read")" -v b="$(rate "$bare")" -v c="$connections" \
    'BEGIN { printf "read by id / bare listener, %d connections: %.2f\n", c, a / b }'
done
