#!/usr/bin/env bash
# N synthetic plans as one CSV export, for the import benchmark: make_plans.sh N FOLDER [typical|large]
# Copies of the case mann-22-cerebral-parese that differ in plan, consents, meetings and owner. The
# owners' national numbers are synthetic (month + 80) and unique, with both check digits right.
# typical: a plan as most are, with a few goals and measures; large (what stands here without a
# third argument): all of the case.
set -euo pipefail
[ $# = 2 ] || [ $# = 3 ] || { echo "usage: make_plans.sh N FOLDER [typical|large]" >&2; exit 2; }
form=${3:-large}
mkdir -p "$2"
for file in "$(dirname "$0")"/../fixtures/plans/mann-22-cerebral-parese/csv/*.csv; do
  awk -v count="$1" -v form="$form" -v file="$(basename "$file" .csv)" '
    # The two check digits after nine digits, or nothing where the number has none.
    function checkDigits(nine,    a, b, i, sum) {
      split("3 7 6 1 8 9 4 5 2", a, " ")
      split("5 4 3 2 7 6 5 4 3 2", b, " ")
      sum = 0
      for (i = 1; i <= 9; ++i) sum += a[i] * substr(nine, i, 1)
      first = (11 - sum % 11) % 11
      if (first == 10) return ""
      sum = b[10] * first
      for (i = 1; i <= 9; ++i) sum += b[i] * substr(nine, i, 1)
      second = (11 - sum % 11) % 11
      return second == 10 ? "" : first second
    }
    # What a typical plan has of each file: the second field of its rows, or of rows that belong to
    # another one, both.
    function isTypical(    keys) {
      if (file == "plans" || file == "consents") return 1
      keys["assessments"] = "ressurs-1 funksjon-1 behov-1"
      keys["consent_provisions"] = "koordinator mor"
      keys["goals"] = "mal-1 mal-2"
      keys["measures"] = "tiltak-1 tiltak-2"
      keys["organizations"] = "315500001 315500028"
      keys["participants"] = "owner koordinator mor assistent"
      keys["steps"] = "steg-1"
      return index(" " keys[file] " ", " " $2 " ") > 0
    }
    BEGIN { FS = OFS = ";"; ORS = "\r\n"; serial = 0 }
    { sub(/\r$/, "") }
    NR == 1 { print; next }
    form == "large" || isTypical() { rows[++kept] = $0 }
    END {
      for (plan = 1; plan <= count; ++plan) {
        if (file == "plans") {
          # Men born in 2004: the individual number is odd and from 500 on.
          do {
            month = int(serial / 28) % 12 + 1
            nine = sprintf("%02d%02d04%03d", serial % 28 + 1, month + 80,
                           501 + 2 * (int(serial / 336) % 250))
            born = sprintf("%02d.%02d.2004", serial % 28 + 1, month)
            ++serial
            check = checkDigits(nine)
          } while (check == "")
        }
        for (row = 1; row <= kept; ++row) {
          $0 = rows[row]
          gsub(/IP-2026-0017/, "IP-2026-B" plan)
          for (i = 1; i <= 2; ++i) sub(/^(samtykke|mote)-/, "&" plan "-", $i)
          if (file == "plans") { $3 = nine check; $8 = born }
          print
        }
      }
    }' "$file" >"$2/$(basename "$file")"
done
