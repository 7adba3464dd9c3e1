#!/usr/bin/env bash
# Planbro beside HAPI FHIR's JPA server: the same client, mix, searches and data, by turns in one run
# on this machine (JDK 17 and Maven).
#   bench/peers/hapi/run.sh [SECONDS [ROUNDS]]   20 seconds of each load and three rounds without
# PLANBRO_PEERS_HAPI_DATABASE: a PostgreSQL database for HAPI, jdbc:postgresql://HOST:PORT/NAME?user=…;
# without it HAPI keeps an H2 file, whose commits do not wait for the disk.
# PLANBRO_BENCH_SUITE and PLANBRO_BENCH_PATIENTS as in bench/whole/workload.sh.
set -euo pipefail
cd "$(dirname "$0")/../../.."
source bench/whole/server.bash hapi
seconds=${1:-20}
rounds=${2:-3}
patients=${PLANBRO_BENCH_PATIENTS:-2000}
suite=${PLANBRO_BENCH_SUITE:-../shared/suites/rest/mockhealth}
[ -d "$suite" ] || suite=bench/workload/plans
work=$PWD/build/peers
workload=build/release/bench/workload

command -v java mvn >/dev/null || { echo "left out: HAPI FHIR: java and mvn are needed"; exit 0; }
mvn -q -B -f bench/peers/hapi/pom.xml dependency:copy-dependencies -DincludeScope=runtime \
  -DoutputDirectory="$work/hapi-lib" >&2 ||
  { echo "left out: HAPI FHIR cannot be had"; exit 0; }
javac -cp "$work/hapi-lib/*" -d "$work/hapi-classes" bench/peers/hapi/HapiServer.java

java -Xmx2g -Dlogback.configurationFile=bench/peers/hapi/logback.xml \
  -cp "$work/hapi-classes:$work/hapi-lib/*" HapiServer \
  "${PLANBRO_PEERS_HAPI_DATABASE:-jdbc:h2:file:$PWD/$scratch/hapi}" \
  >"$scratch/hapi.out" 2>"$work/hapi.log" &
hapi=$!
servers+=("$hapi")
for _ in $(seq 300); do
  grep -q '^FHIR' "$scratch/hapi.out" && break
  kill -0 "$hapi" || { echo "HAPI FHIR did not start: $work/hapi.log" >&2; exit 1; }
  sleep 1
done
hapi_base=$(awk '/^FHIR/ { print $2 }' "$scratch/hapi.out")
serve data
planbro_base=$base

measure() { "$workload" --json --base "$1" --suite "$suite" --warm-up 5 --seconds "$seconds" "${@:2}"; }
# The first round, with whose data the others go on, only warms both up.
for round in $(seq 0 "$rounds"); do
  for who in planbro hapi; do
    address=${who}_base
    begin=()
    [ "$round" -gt 0 ] || begin=(--prepare "$patients")
    measure "${!address}" --seed "$((round + 1))" "${begin[@]}" >"$scratch/$who-$round.json"
  done
done
rm "$scratch"/*-0.json
node bench/peers/hapi/report.mjs "$scratch"/planbro-*.json -- "$scratch"/hapi-*.json
echo "resident at most: Planbro $(memory "$server" VmHWM) MiB, HAPI FHIR $(memory "$hapi" VmHWM) MiB"
