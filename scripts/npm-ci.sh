#!/usr/bin/env bash
# Installs the npm packages of a folder from its lock file, unless that was done already.
#   scripts/npm-ci.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/../$1"
stamp=node_modules/.installed-lock
if ! cmp -s package-lock.json "$stamp" 2>/dev/null; then
  npm ci --no-fund --no-audit >&2
  cp package-lock.json "$stamp"
fi
