#!/usr/bin/env bash
# The HAPI FHIR client against a planbro serve of its own: run.sh PROGRAM WORK
# WORK keeps the client's packages between two runs. 77: Java, Maven or the packages cannot be had.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=$1
work=$2

skip() { echo "SKIPPED: $1" >&2; exit 77; }
command -v java >/dev/null && command -v mvn >/dev/null ||
  skip "the HAPI FHIR client needs java and mvn (scripts/setup.sh interop)"
if ! cmp -s "$here/pom.xml" "$work/pom.xml"; then
  rm -rf "$work"
  mkdir -p "$work"
  mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
    -DoutputDirectory="$work/lib" >&2 || skip "the packages of the HAPI FHIR client cannot be had"
  cp "$here/pom.xml" "$work/pom.xml"
fi

data=$(mktemp -d)
"$program" --log warn serve --listen 127.0.0.1:0 --data "$data" >"$data/addresses" &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" || true; rm -rf "$data"' EXIT
until grep -q '^Listening' "$data/addresses"; do
  kill -0 "$server" || { echo "planbro serve did not start" >&2; exit 1; }
  sleep 0.1
done
base=$(sed -n 's/^FHIR *//p' "$data/addresses")
java -XX:TieredStopAtLevel=1 -Xmx512m -cp "$work/lib/*" "$here/HapiClient.java" "$base"
