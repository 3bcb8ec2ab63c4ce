#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Static analysis and format of every C file of ours: clang-format, clang-tidy, cppcheck. Exit 1 on a finding.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:?build folder}
mapfile -t sources < <(git ls-files '*.c' | grep -v '^tests/rv32/')
mapfile -t headers < <(git ls-files '*.h')
status=0
clang-format --dry-run --Werror "${sources[@]}" "${headers[@]}" || status=1
compiled=()
for source in "${sources[@]}"; do
    grep -q "/$source\"" "$build/compile_commands.json" && compiled+=("$source")
done
printf '%s\n' "${compiled[@]}" | xargs -P 2 -n 8 clang-tidy -p "$build" --quiet 2>/dev/null || status=1
cppcheck --quiet --project="$build/compile_commands.json" --enable=warning,performance,portability \
    --inline-suppr --error-exitcode=1 --suppressions-list=.cppcheck --library=posix -j 2 || status=1
exit $status
