#!/usr/bin/env bash
# Plans a second through planbro import into a fresh store: read, mapped, validated and on disk, one
# transaction a plan. The program's own start is part of the time. Beside it: processor time of the
# whole and of the store's one writer thread, peak memory, and the store's size a resource.
#   import_plans.sh [smoke|N [typical|large]]   1,000 typical plans without an argument, 20 in a
#                                               smoke run
set -euo pipefail
cd "$(dirname "$0")/../.."
case "${1:-}" in
  "") plans=1000 ;;
  smoke) plans=20 ;;
  *) plans=$1 ;;
esac
form=${2:-typical}
planbro=build/release/planbro

# Beside the build, because /tmp may be memory and a commit to it costs nothing.
scratch=$(mktemp -d build/import_plans.XXXXXX)
trap 'rm -rf "$scratch"' EXIT
bench/make_plans.sh "$plans" "$scratch/csv" "$form"

# Of the running import: processor time of the writer thread (ticks of 1/100 s) and peak memory
# (KiB). The kernel forgets both with the process, so that the last look is what is known.
writer=0
peak=0
look() {
  local task name value _
  local -a stat
  for task in /proc/"$1"/task/*; do
    { read -r name <"$task/comm" && read -r -a stat <"$task/stat"; } 2>/dev/null || continue
    if [ "$name" = store-writer ]; then writer=$((stat[13] + stat[14])); fi
  done
  while read -r name value _; do
    if [ "$name" = VmHWM: ]; then peak=$value; fi
  done 2>/dev/null <"/proc/$1/status" || true
}

TIMEFORMAT='%U %S'
begin=${EPOCHREALTIME/[.,]/}
{
  time LC_ALL=C "$planbro" --log error import --source csv-plan --data "$scratch/data" \
    "$scratch/csv" >"$scratch/report" 2>"$scratch/errors"
} 2>"$scratch/time" &
pid=
while kill -0 $! 2>/dev/null; do
  [ -n "$pid" ] || pid=$(cat "/proc/$!/task/$!/children" 2>/dev/null | tr -d ' ')
  [ -z "$pid" ] || look "$pid"
  sleep 0.05
done
end=${EPOCHREALTIME/[.,]/}
if ! wait $!; then
  cat "$scratch/report" "$scratch/errors" >&2
  exit 1
fi
read -r report <"$scratch/report"
echo "$report"
[ "$report" = "Plans: $plans created, 0 updated, 0 unchanged, 0 quarantined." ] || exit 1
read -r user system <"$scratch/time"
bytes=$(cat "$scratch"/data/planbro.sqlite* | wc -c)
resources=0
if command -v sqlite3 >/dev/null; then
  resources=$(sqlite3 "$scratch/data/planbro.sqlite" 'SELECT count(*) FROM version')
fi
LC_ALL=C awk -v n="$plans" -v form="$form" -v t="$((end - begin))" -v user="$user" -v kernel="$system" \
  -v writer="$writer" -v peak="$peak" -v bytes="$bytes" -v resources="$resources" 'BEGIN {
    t /= 1e6
    printf "import, %d %s plans: %.1f plans/s (%.2f s)\n", n, form, n / t, t
    printf "  processor: %.2f s user, %.2f s system; writer thread %.2f s; %.2f ms a plan\n",
      user, kernel, writer / 100, 1000 * (user + kernel) / n
    if (resources > 0)
      printf "  resources: %d, %.0f/s, %.0f us of processor each, %.0f bytes of store each\n",
        resources, resources / t, 1e6 * (user + kernel) / resources, bytes / resources
    printf "  peak memory: %.0f MiB\n", peak / 1024
  }'
