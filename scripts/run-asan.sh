#!/usr/bin/env bash
# The unit, golden, contract and end-to-end tests under the address and undefined-behaviour
# sanitizers.
set -euo pipefail
cd "$(dirname "$0")/.."
cmake --preset asan >/dev/null
cmake --build --preset asan
ctest --preset asan -j "$(nproc)" -LE 'conformance|interop|browser'
