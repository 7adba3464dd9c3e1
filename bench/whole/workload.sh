#!/usr/bin/env bash
# The workload of bench/workload on planbro serve with 64 connections, the client on the same
# machine: by kind of request, the server's memory while it runs and at most, and how large store
# and log have become. All checks on, durable, no access control.
#   workload.sh [smoke|SECONDS [LOAD…]]   20 seconds each of crud and search without an argument;
#                                         workload.sh 1800 mixed shows whether memory stays flat
# PLANBRO_BENCH_SUITE: folder of the mix and the searches; the public comparison's in ../shared
# where it is, else ours. PLANBRO_BENCH_PATIENTS: how many patients to begin with (2,000).
set -euo pipefail
cd "$(dirname "$0")/../.."
source bench/whole/server.bash workload
seconds=20
patients=${PLANBRO_BENCH_PATIENTS:-2000}
suite=${PLANBRO_BENCH_SUITE:-../shared/suites/rest/mockhealth}
[ -d "$suite" ] || suite=bench/workload/plans
warm_up=2
case "${1:-}" in
  "") ;;
  smoke) seconds=1 patients=20 warm_up=0 suite=bench/workload/plans ;;
  *) seconds=$1 ;;
esac
loads=()
for one in "${@:2}"; do loads+=(--load "$one"); done

serve data
echo "resident at the start: $(memory "$server" VmRSS) MiB"
build/release/bench/workload --base "$base" --suite "$suite" --prepare "$patients" \
  --seconds "$seconds" --warm-up "$warm_up" "${loads[@]}" >"$scratch/table" &
client=$!
# Each minute of a long run.
if [ "$seconds" -ge 120 ]; then
  for ((minute = 0; ; ++minute)); do
    kill -0 "$client" 2>/dev/null || break
    echo "minute $minute: resident $(memory "$server" VmRSS) MiB," \
      "store $(du -m "$scratch/data/planbro.sqlite" | cut -f1) MiB," \
      "log $(du -m "$scratch/data/planbro.sqlite-wal" | cut -f1) MiB"
    for _ in $(seq 60); do
      kill -0 "$client" 2>/dev/null || break
      sleep 1
    done
  done
fi
wait "$client"
cat "$scratch/table"
echo "resident at the end: $(memory "$server" VmRSS) MiB; at most: $(memory "$server" VmHWM) MiB"
echo "processor time of the server: $(ticks "$server" | awk '{ printf "%.1f", $1 / 100 }') s"
du -m "$scratch"/data/planbro.sqlite* | awk '{ sub(/.*\//, "", $2); print $2 ": " $1 " MiB" }'
