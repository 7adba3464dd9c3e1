#!/usr/bin/env bash
# Runs a million records through compiled maps in one process and prints its memory on the way.
#   map_million.sh [smoke|RECORDS] [PLAN_FOLDER]
set -euo pipefail
cd "$(dirname "$0")/../.."
case "${1:-}" in
  "") records=1000000 ;;
  smoke) records=100 ;;
  *) records=$1 ;;
esac
exec build/release/bench/mapping_memory "$records" "${2:-fixtures/plans/nei-takk-til-plan/csv}"
