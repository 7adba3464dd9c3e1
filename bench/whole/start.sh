#!/usr/bin/env bash
# From the start of planbro serve to the first 200 of /health/ready, on a fresh store, and the
# memory it holds (resident set) when a plan has been read 1,000 times.
set -euo pipefail
cd "$(dirname "$0")/../.."
planbro=build/release/planbro
reads=1000
curl="curl -sf --noproxy * --max-time 10"
set -f  # the asterisk above

server=
scratch=$(mktemp -d build/start.XXXXXX)
finish() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$scratch"
}
trap finish EXIT

begin=${EPOCHREALTIME/[.,]/}
"$planbro" --log off serve --data "$scratch/data" --listen 127.0.0.1:0 >"$scratch/out" &
server=$!
base=
ready=
for _ in $(seq 1000); do
  [ -n "$base" ] || base=$(awk '/^FHIR/ { print $2 }' "$scratch/out")
  if [ -n "$base" ] && $curl -o "$scratch/ready" "${base%/fhir}/health/ready"; then
    ready=${EPOCHREALTIME/[.,]/}
    break
  fi
  kill -0 "$server" || exit 1
  sleep 0.01
done
[ -n "$ready" ] || { echo "start: not ready" >&2; exit 1; }

plan=$($curl -X POST "$base" -H 'Content-Type: application/fhir+json' \
  --data-binary @fixtures/plans/mann-22-cerebral-parese/expected/bundle.json |
  grep -o 'CarePlan/[0-9a-f-]*' | head -1)
for _ in $(seq "$reads"); do
  printf 'url = "%s/%s"\noutput = "%s/read"\n' "$base" "$plan" "$scratch"
done >"$scratch/reads"
served=$($curl -K "$scratch/reads" -w '%{http_code}\n' | grep -c '^200$')
[ "$served" = "$reads" ] || { echo "start: $served of $reads reads served" >&2; exit 1; }
resident=$(awk '/^VmRSS/ { print $2 }' "/proc/$server/status")
LC_ALL=C awk -v t="$((ready - begin))" -v kb="$resident" -v n="$reads" \
  'BEGIN { printf "start to ready: %.0f ms\nresident after %d reads: %.1f MiB\n", t / 1e3, n, kb / 1024 }'
