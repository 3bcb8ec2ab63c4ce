#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Static analysis of every C file of ours that the build folder compiles: format, clang-tidy, cppcheck,
# and how long files and functions are. All of them run; exit 1 when one has a finding. Takes a build
# folder with its compile_commands.json and, optionally, the folders or files to look at.
#
#     tools/tidy.sh build core hub/api
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(cd "${1:?build folder}" && pwd)
shift
FUNCTION_LINES=80
FILE_LINES=600      # of code
TEST_FILE_LINES=800 # of cases and what they stand on
jobs=$(nproc)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
found=()

# step NAME COMMAND...: what it prints is shown when it fails.
step() {
    local name=$1 start=$SECONDS result=clean
    shift
    "$@" >"$work/out" 2>&1 || { result=FINDINGS && found+=("$name"); }
    [ $result = clean ] || grep -v -e '^[0-9]* warnings\? generated' -e '^Suppressed ' "$work/out" || true
    printf 'tidy: %-12s %-8s %4d s\n' "$name" "$result" $((SECONDS - start))
}

# rv32's cmocka.h stands in for a library's and keeps its names.
git ls-files -- '*.c' '*.h' | grep -v '^tests/rv32/cmocka.h$' >"$work/all"
[ $# -eq 0 ] || git ls-files -- "$@" | sort >"$work/wanted"
[ $# -eq 0 ] || sort "$work/all" | comm -12 - "$work/wanted" >"$work/some"
[ $# -eq 0 ] || mv "$work/some" "$work/all"
while read -r file; do [ ! -e "$file" ] || echo "$file"; done <"$work/all" >"$work/files"
jq -r '.[].file' "$build/compile_commands.json" | sed "s|^$PWD/||" | sort -u |
    grep -Fxf - "$work/files" | grep '\.c$' >"$work/compiled" || true
jq --arg root "$PWD/" '[.[] | select(.file | ltrimstr($root) | IN($ARGS.positional[]))]' \
    "$build/compile_commands.json" --args $(cat "$work/compiled") >"$work/compile_commands.json"

format() { xargs clang-format --dry-run --Werror <"$work/files"; }

# One file at a time: this clang-tidy takes va_list for uninitialised in every file after the first.
lint() { xargs -P "$jobs" -n 1 clang-tidy -p "$work" --quiet <"$work/compiled"; }

check() {
    cppcheck --quiet --project="$work/compile_commands.json" --enable=warning,performance,portability \
        --inline-suppr --error-exitcode=1 --suppressions-list=.cppcheck --library=posix -j "$jobs"
}

lengths() {
    xargs ctags -x --_xformat='%F %n %e %N' --kinds-C=f --fields=+ne <"$work/files" |
        awk -v most=$FUNCTION_LINES '$3 - $2 >= most {
            printf "%s:%d: %s has %d lines, at most %d\n", $1, $2, $4, $3 - $2 + 1, most; bad = 1 }
            END { exit bad }' || return 1
    xargs wc -l <"$work/files" | awk -v code=$FILE_LINES -v tests=$TEST_FILE_LINES '
        { most = $2 ~ /test|_suite/ ? tests : code }
        $2 != "total" && $1 > most { printf "%s: %d lines, at most %d\n", $2, $1, most; bad = 1 }
        END { exit bad }'
}

step format format
step lengths lengths
step cppcheck check
step clang-tidy lint
if [ ${#found[@]} -gt 0 ]; then
    echo "tidy: FINDINGS in $(wc -l <"$work/files") files: ${found[*]} (${SECONDS} s)"
    exit 1
fi
echo "tidy: $(wc -l <"$work/files") files clean (${SECONDS} s)"
