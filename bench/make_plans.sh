#!/usr/bin/env bash
# N synthetic plans as one CSV export, for the import benchmark: make_plans.sh N FOLDER
# Copies of the case mann-22-cerebral-parese that differ in plan, consents, meetings and owner. The
# owners' national numbers are synthetic (month + 80) and unique, with both check digits right.
set -euo pipefail
[ $# = 2 ] || { echo "usage: make_plans.sh N FOLDER" >&2; exit 2; }
mkdir -p "$2"
for file in "$(dirname "$0")"/../fixtures/plans/mann-22-cerebral-parese/csv/*.csv; do
  awk -v count="$1" -v file="$(basename "$file" .csv)" '
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
    BEGIN { FS = OFS = ";"; ORS = "\r\n"; serial = 0 }
    { sub(/\r$/, "") }
    NR == 1 { print; next }
    { rows[NR] = $0 }
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
        for (row = 2; row <= NR; ++row) {
          $0 = rows[row]
          gsub(/IP-2026-0017/, "IP-2026-B" plan)
          for (i = 1; i <= 2; ++i) sub(/^(samtykke|mote)-/, "&" plan "-", $i)
          if (file == "plans") { $3 = nine check; $8 = born }
          print
        }
      }
    }' "$file" >"$2/$(basename "$file")"
done
