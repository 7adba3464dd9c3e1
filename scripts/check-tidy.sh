#!/usr/bin/env bash
# clang-tidy over the program (not its tests), with the checks of .clang-tidy; every header alone.
set -euo pipefail
cd "$(dirname "$0")/.."
cmake --preset tidy -DPLANBRO_TESTS=OFF -DPLANBRO_BENCH=OFF >/dev/null
cmake --build --preset tidy --target planbro_pch check_headers
git ls-files -z 'adapter/*.cc' |
  xargs -0 -n 1 -P "$(nproc)" clang-tidy-19 -p build/tidy --quiet --warnings-as-errors='*'
