# For the scripts of this folder, which read it: servers on scratch stores that end with the script.
#   source bench/whole/server.bash NAME     sets $scratch; removed at the end
#   serve FOLDER [OPTION…]                  sets $base, $server; data under $scratch/FOLDER
# PLANBRO_BENCH_POSTGRES: address of a PostgreSQL database to use instead of SQLite; each server has
# a schema of its own there, dropped at the end.
planbro=build/release/planbro
load=build/release/bench/http_load
servers=()
schemas=()

# Beside the build, because /tmp may be memory and a commit to it costs nothing.
scratch=$(mktemp -d "build/$1.XXXXXX")

stop() {
  kill "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

finish() {
  local one
  for one in "${servers[@]}"; do stop "$one"; done
  for one in "${schemas[@]}"; do
    psql -qX "$PLANBRO_BENCH_POSTGRES" -c "DROP SCHEMA IF EXISTS $one CASCADE" 2>/dev/null || true
  done
  rm -rf "$scratch"
}
trap finish EXIT

serve() {
  if [ -n "${PLANBRO_BENCH_POSTGRES:-}" ]; then
    export PLANBRO_STORE_ADDRESS=$PLANBRO_BENCH_POSTGRES PLANBRO_STORE_SCHEMA="bench_$1_$$"
    schemas+=("$PLANBRO_STORE_SCHEMA")
  fi
  "$planbro" --log off serve --data "$scratch/$1" --listen 127.0.0.1:0 "${@:2}" >"$scratch/out" &
  server=$!
  servers+=("$server")
  for _ in $(seq 200); do
    grep -q '^FHIR' "$scratch/out" && break
    sleep 0.05
  done
  base=$(awk '/^FHIR/ { print $2 }' "$scratch/out")
  [ -n "$base" ] || { echo "the server did not start" >&2; exit 1; }
}

# Memory of a process in MiB: VmRSS now, VmHWM at most.
memory() { awk -v field="$2:" '$1 == field { printf "%.0f", $2 / 1024 }' "/proc/$1/status"; }
# Processor time of a process so far, in hundredths of a second.
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
