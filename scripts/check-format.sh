#!/usr/bin/env bash
# Fails and shows the difference where a file is not as clang-format would write it.
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files -z '*.cc' '*.h' | xargs -0 clang-format-19 --dry-run --Werror
