#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh SECONDS BUILD_DIR [target...]: builds the fuzz targets and runs each (or those named) for SECONDS,
# as many at a time as there are processors. New inputs are kept in BUILD_DIR/corpus and used by the next
# run. Ends with 1 when a target found something; the input is in BUILD_DIR/findings.
set -eu
seconds=$1
mkdir -p "$2"
build=$(cd "$2" && pwd)
shift 2
here=$(cd "$(dirname "$0")" && pwd)

if [ $# -eq 0 ]; then
    for program in "$here"/*_fuzz.c; do
        set -- "$@" "$(basename "$program" _fuzz.c)"
    done
fi
quietly() {
    "$@" >"$build/build.log" 2>&1 || { cat "$build/build.log" >&2; exit 1; }
}
quietly cmake -G Ninja -S "$here" -B "$build" -DCMAKE_C_COMPILER=clang
quietly ninja -C "$build" $(printf '%s_fuzz ' "$@")

mkdir -p "$build/corpus" "$build/findings" "$build/log"
printf '%s\n' "$@" | xargs -P "$(nproc)" -I '{}' "$here/one.sh" '{}' "$seconds" "$build" ||
    { echo "fuzz: something was found, see $build/findings" >&2; exit 1; }
echo "fuzz: $# targets, $seconds s each, nothing found"
