#!/usr/bin/env bash
# Installs what is missing for the groups of packages/debian.txt named as arguments, and the FHIR
# definitions from npm. Says nothing and does nothing when all is there.
set -euo pipefail
cd "$(dirname "$0")/.."

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

missing=()
for group in "$@"; do
  if [ "$group" = node ] && command -v npm >/dev/null; then continue; fi
  if [ "$group" = interop ] && command -v mvn java >/dev/null; then continue; fi
  while read -r package; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
      missing+=("$package")
  done < <(awk -v group="$group" '$1 == group { print $2 }' packages/debian.txt)
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "Installing: ${missing[*]}" >&2
  if ! command -v apt-get >/dev/null; then
    echo "These Debian packages are missing, and this is no Debian: install their equivalents." >&2
    exit 2
  fi
  as_root apt-get update -q >&2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends \
    "${missing[@]}" >&2
fi

scripts/npm-ci.sh profiles
case " $* " in *" test "*) scripts/npm-ci.sh tests/interop/fhir_kit_client; scripts/npm-ci.sh tests/interop/fhirclient ;; esac
