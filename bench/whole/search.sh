#!/usr/bin/env bash
# Search by patient, status, category and date with _include of goals and team, over few and over
# many patients: time of an answer as one client sees it, the server's processor time, and how both
# grow.
#   search.sh [smoke|FEW MANY]   1,000 and 64,000 patients without an argument
# Each patient has a plan, a team and three goals (six resources); plans of all kinds stand among
# those that are asked for: three statuses, four categories, twenty years.
set -euo pipefail
cd "$(dirname "$0")/../.."
source bench/whole/server.bash search
few=1000
many=64000
asked=2000
case "${1:-}" in
  "") ;;
  smoke) few=50 many=400 asked=100 ;;
  *) few=$1 many=$2 ;;
esac
# One transaction a line.
bundles() {
  awk -v count="$1" '
    function entry(address, resource) {
      return "{\"resource\":" resource ",\"request\":{\"method\":\"PUT\",\"url\":\"" address "\"}}"
    }
    BEGIN {
      split("active draft completed", statuses, " ")
      split("A02-1 A02-2 A02-3 A02-4", categories, " ")
      for (n = 1; n <= count; ++n) {
        subject = "\"subject\":{\"reference\":\"Patient/p" n "\"}"
        line = "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":["
        line = line entry("Patient/p" n, "{\"resourceType\":\"Patient\",\"id\":\"p" n \
          "\",\"name\":[{\"family\":\"Nordmann" n % 997 "\",\"given\":[\"Ola" n % 89 "\"]}]," \
          "\"birthDate\":\"" 1940 + n % 80 "-05-17\"}") ","
        goals = ""
        for (g = 1; g <= 3; ++g) {
          line = line entry("Goal/g" n "-" g, "{\"resourceType\":\"Goal\",\"id\":\"g" n "-" g \
            "\",\"lifecycleStatus\":\"active\",\"description\":{\"text\":\"Bo for seg selv " g \
            "\"}," subject "}") ","
          goals = goals (g > 1 ? "," : "") "{\"reference\":\"Goal/g" n "-" g "\"}"
        }
        line = line entry("CareTeam/t" n, "{\"resourceType\":\"CareTeam\",\"id\":\"t" n \
          "\",\"status\":\"active\"," subject ",\"participant\":[{\"member\":{\"reference\":" \
          "\"Patient/p" n "\"}}]}") ","
        year = 2007 + n % 20
        line = line entry("CarePlan/c" n, "{\"resourceType\":\"CarePlan\",\"id\":\"c" n \
          "\",\"status\":\"" statuses[n % 3 + 1] "\",\"intent\":\"plan\",\"category\":[{" \
          "\"coding\":[{\"system\":\"urn:oid:2.16.578.1.12.4.1.1.9602\",\"code\":\"" \
          categories[n % 4 + 1] "\"}]}]," subject ",\"period\":{\"start\":\"" year \
          "-02-01\",\"end\":\"" year + 1 "-01-31\"},\"goal\":[" goals "],\"careTeam\":[{" \
          "\"reference\":\"CareTeam/t" n "\"}]}") "]}"
        print line
      }
    }'
}

# The searches of patients spread over all of them, each with its plan's own values.
searches() {
  awk -v base="$1" -v count="$2" -v asked="$3" -v out="$scratch/answer" '
    BEGIN {
      split("active draft completed", statuses, " ")
      split("A02-1 A02-2 A02-3 A02-4", categories, " ")
      for (i = 0; i < asked; ++i) {
        n = int(i * 7919 % count) + 1
        printf "url = \"%s/CarePlan?patient=Patient/p%d&status=%s&category=urn:oid:2.16.578.1.12.4" \
          ".1.1.9602%%7C%s&date=ge%d&_include=CarePlan:goal&_include=CarePlan:care-team\"\n" \
          "output = \"%s\"\n", base, n, statuses[n % 3 + 1], categories[n % 4 + 1],
          2007 + n % 20, out
      }
    }'
}

export PLANBRO_VALIDATION_STRUCTURE=off PLANBRO_VALIDATION_PLAN_RULES=off
bases=()
for count in "$few" "$many"; do
  serve "data$count"
  bases+=("$base")
  bundles "$count" >"$scratch/bundles"
  "$load" "$base" 16 post "$scratch/bundles" >"$scratch/loaded"
  rm "$scratch/bundles"
  found=$(curl -sf --noproxy '*' "$base/CarePlan?_summary=count" |
    sed -n 's/.*"total":\([0-9]*\).*/\1/p')
  [ "$found" = "$count" ] || { echo "search: $found of $count plans stored" >&2; exit 1; }
  searches "$base" "$count" "$asked" >"$scratch/searches$count"
done

# By turns, so that what else the machine does falls on both.
spent=(0 0)
for round in 1 2 3; do
  for i in 0 1; do
    count=$few
    [ "$i" = 0 ] || count=$many
    before=$(ticks "${servers[$i]}")
    curl -sf --noproxy '*' -K "$scratch/searches$count" -w '%{time_total} %{size_download}\n' \
      >>"$scratch/times$count"
    spent[i]=$((spent[i] + $(ticks "${servers[$i]}") - before))
  done
done
grep -q '"total":1,' "$scratch/answer" || { echo "search: nothing found" >&2; exit 1; }
[ "$(grep -o '"mode":"include"' "$scratch/answer" | wc -l)" = 4 ] ||
  { echo "search: goals and team did not come along" >&2; exit 1; }
part() { sort -n "$scratch/times$1" | awk -v p="$2" '{ t[NR] = $1 } END { print t[int((NR - 1) * p) + 1] * 1000 }'; }
for count in "$few" "$many"; do
  LC_ALL=C printf 'search with _include, %d patients: p50 %.2f ms, p99 %.2f ms\n' \
    "$count" "$(part "$count" 0.5)" "$(part "$count" 0.99)"
done
LC_ALL=C awk -v a="$(part "$few" 0.5)" -v b="$(part "$many" 0.5)" -v n="$few" -v m="$many" \
  'BEGIN { printf "growth from %d to %d patients: %.2f\n", n, m, b / a }'
LC_ALL=C awk -v a="${spent[0]}" -v b="${spent[1]}" -v n=$((3 * asked)) 'BEGIN {
  printf "processor time of the server: %.2f and %.2f ms a search", a * 10 / n, b * 10 / n
  if (a > 0) printf ", growth %.2f", b / a
  print "" }'
