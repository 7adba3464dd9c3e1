#!/usr/bin/env bash
# Builds Planbro, imports the demonstration plans and serves them. Ctrl-C ends cleanly.
#   ./run.sh         all of it, on http://127.0.0.1:8080 (PLANBRO_PORT moves the port)
#   ./run.sh build   stops after the build
set -euo pipefail
cd "$(dirname "$0")"

case "${1:-}" in
  "" | build) ;;
  *)
    echo "usage: ./run.sh [build]" >&2
    exit 2
    ;;
esac

scripts/setup.sh build node
cmake --preset release >/dev/null
cmake --build --preset release
[ "${1:-}" = build ] && exit 0

planbro=build/release/planbro
data=var/demo
mkdir -p "$data"
"$planbro" --log warn import --source csv-plan --data "$data" fixtures/plans/*/csv
exec "$planbro" serve --demo --data "$data" --listen "127.0.0.1:${PLANBRO_PORT:-8080}"
