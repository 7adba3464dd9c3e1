#!/usr/bin/env bash
# Moves every canonical URL of the project to another base:
#   tools/set-canonical-base.sh https://example.org/fhir
set -euo pipefail
cd "$(dirname "$0")/.."
new=${1:?usage: tools/set-canonical-base.sh NEW_BASE (without a slash at the end)}
header=adapter/fhir/canonical_base.h
old=$(sed -n 's/^#define PLANBRO_CANONICAL_BASE "\(.*\)"$/\1/p' "$header")
[ -n "$old" ] || { echo "no base found in $header" >&2; exit 1; }
git grep -lFz -- "$old" -- . ':!CHANGELOG.md' |
  OLD="$old" NEW="$new" xargs -0 perl -pi -e 's/\Q$ENV{OLD}\E/$ENV{NEW}/g'
echo "$old -> $new"
