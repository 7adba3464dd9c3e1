#!/usr/bin/env bash
# Runs the browser tests against a built program: run.sh PLANBRO
set -euo pipefail
PLANBRO=$(realpath "${1:?usage: run.sh PLANBRO}")
export PLANBRO
cd "$(dirname "$0")"
../../scripts/npm-ci.sh tests/browser
exec node --test portal.test.mjs
