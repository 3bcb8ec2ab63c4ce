#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# one.sh TARGET SECONDS BUILD_DIR: runs one built fuzz target and prints a line. Ends with 1 on a finding,
# which is also an input that takes 5 s or 512 MB.
set -eu
name=$1
seconds=$2
build=$3
seeds=$(cd "$(dirname "$0")" && pwd)/corpus/$name
log=$build/log/$name
[ -d "$seeds" ] || { echo "$name has no seed corpus" >&2; exit 1; }
mkdir -p "$build/corpus/$name"
# The limit of memory is for the program: by default what AddressSanitizer keeps of freed memory is half of it.
export ASAN_OPTIONS="quarantine_size_mb=64:${ASAN_OPTIONS:-}"
if "$build/bin/${name}_fuzz" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=512 -max_len=8192 \
    -print_final_stats=1 -artifact_prefix="$build/findings/$name-" \
    "$build/corpus/$name" "$seeds" >"$log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
    printf '%-14s %9s runs %6s edges\n' "$name" "$runs" "$edges"
else
    printf '%-14s FOUND\n' "$name"
    grep -v '^#' "$log" | tail -n 40
    exit 1
fi
