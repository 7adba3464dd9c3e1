#!/usr/bin/env bash
# Planbro beside other people's FHIRPath engines and validators, in one run on this machine.
#   bench/peers/run.sh [SUITES] [smoke]
# SUITES (../shared/suites): folder with fhirpath/, examples/ and validator/; what is absent is left
# out and said so. PLANBRO_BENCH_PATIENT and PLANBRO_BENCH_CAREPLAN name other resources.
# PLANBRO_PEERS_JAVA=1 adds HL7's Java validator (JDK 17 and Maven); FHIR_PACKAGES (../shared/fhir-packages)
# holds its hl7.fhir.r4.core-4.0.1.tgz and hl7.terminology.r4-7.0.1.tgz.
set -euo pipefail
cd "$(dirname "$0")/../.."
suites=${1:-../shared/suites}
seconds=3
[ "${2:-}" = smoke ] && seconds=0.1
packages=${FHIR_PACKAGES:-../shared/fhir-packages}
work=build/peers
rm -rf "$work/figures"
mkdir -p "$work/figures"

skip() { echo "left out: $*"; }
first_of() { for file in "$@"; do [ -e "$file" ] && echo "$file" && return; done; true; }

if ! scripts/npm-ci.sh bench/peers; then
  skip "the peers' npm packages cannot be had"
  exit 0
fi
if [ ! -x build/release/bench/fhirpath_bench ] || [ ! -x build/release/bench/validation_bench ]; then
  cmake --preset bench >/dev/null
  cmake --build --preset bench --target fhirpath_bench validation_bench
fi

patient=${PLANBRO_BENCH_PATIENT:-$(first_of "$suites/fhirpath/input/patient-example.json" \
  tests/fhirpath/data/patient.json)}
plan=${PLANBRO_BENCH_CAREPLAN:-$(first_of "$suites/examples/json/CarePlan-example.json" \
  "$suites/examples/json/careplan-example.json" "$suites/examples/json/CarePlan-gpvisit.json")}
export PLANBRO_BENCH_PATIENT=$patient
[ -n "$plan" ] && export PLANBRO_BENCH_CAREPLAN=$plan
[ -n "$plan" ] || skip "FHIRPath on a CarePlan: $suites holds none"
examples=$suites/examples
[ -d "$examples" ] || skip "validation of the examples: $examples is not there"

# Ours, once before and once after the others.
measure() {
  build/release/bench/fhirpath_bench --benchmark_filter=Invariants --benchmark_min_time="$seconds" \
    --benchmark_format=json >"$work/figures/fhirpath-$1.json" 2>/dev/null
  [ -d "$examples" ] || return 0
  PLANBRO_EXAMPLES=$examples build/release/bench/validation_bench --benchmark_filter=ValidateExamples \
    --benchmark_min_time="$seconds" --benchmark_format=json >"$work/figures/validation-$1.json" 2>/dev/null
}

measure 1
# shellcheck disable=SC2086  # no CarePlan: no argument
node bench/peers/fhirpath.mjs bench/fhirpath/invariants.tsv "$seconds" "$patient" $plan \
  >"$work/figures/fhirpath.jsonl"
[ ! -d "$examples" ] ||
  node bench/peers/validation.mjs "$examples" "$seconds" >"$work/figures/validation.jsonl"

java_validator() {
  command -v java mvn >/dev/null || { skip "HL7's Java validator: java and mvn are needed"; return; }
  [ -d "$suites/validator" ] || { skip "HL7's Java validator: $suites/validator is not there"; return; }
  local core=$packages/hl7.fhir.r4.core-4.0.1.tgz terms=$packages/hl7.terminology.r4-7.0.1.tgz
  [ -e "$core" ] && [ -e "$terms" ] || { skip "HL7's Java validator: no packages in $packages"; return; }
  local home=$PWD/$work/home cache=$work/home/.fhir/packages name
  mvn -q -B -f bench/peers/java/pom.xml dependency:copy-dependencies -DincludeScope=runtime \
    -DoutputDirectory="$PWD/$work/java-lib" >&2 || { skip "HL7's Java validator cannot be had"; return; }
  # Its package server is not asked: the cache is filled here. It insists on one more package, which
  # only matters for extensions between FHIR versions; an empty one stands in.
  for name in hl7.fhir.r4.core#4.0.1 hl7.terminology.r4#7.0.1; do
    [ -d "$cache/$name" ] && continue
    mkdir -p "$cache/$name"
    tar -xzf "$packages/${name/\#/-}.tgz" -C "$cache/$name"
  done
  name=hl7.fhir.xver-extensions
  mkdir -p "$cache/$name#0.1.0/package"
  echo "{\"name\":\"$name\",\"version\":\"0.1.0\",\"fhirVersions\":[\"4.0.1\"],\"type\":\"IG\",\"canonical\":\"http://example.org/$name\",\"url\":\"http://example.org/$name\"}" \
    >"$cache/$name#0.1.0/package/package.json"
  echo '{"index-version":2,"files":[]}' >"$cache/$name#0.1.0/package/.index.json"
  echo '{"ignoreDefaultPackageServers":true}' >"$work/fhir-settings.json"
  java -Xmx3g -Duser.home="$home" -Dfhir.settings.path="$PWD/$work/fhir-settings.json" \
    -cp "$work/java-lib/*" bench/peers/java/JavaValidator.java "$suites" "$seconds" \
    "$work/figures/java-validator.jsonl" >"$work/figures/java.jsonl" 2>"$work/java.log" ||
    { skip "HL7's Java validator failed: $work/java.log"; return; }
  cmake --build --preset bench --target planbro-conformance >&2
  build/release/planbro-conformance validator "$suites" >"$work/figures/validator.jsonl"
}
if [ "${PLANBRO_PEERS_JAVA:-}" = 1 ]; then
  java_validator
else
  skip "HL7's Java validator: PLANBRO_PEERS_JAVA=1 adds it"
fi

measure 2
node bench/peers/report.mjs "$work/figures" "$suites"
