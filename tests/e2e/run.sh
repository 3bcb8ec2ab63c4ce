#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the end-to-end tests against the programs of a build folder: run.sh BUILD [TEST...]
set -euo pipefail
cd "$(dirname "$0")"
build=$(cd ../.. && cd "${1:?build folder}" && pwd)
shift
if [ ! -d node_modules ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm ci --no-audit --no-fund --loglevel=error
fi
export ROOST_BIN=$build/bin ROOST_SCREENSHOTS=$build/screenshots
# One file at a time: the programs under test share two cores. A file that hangs is named, with what is still there of
# it, and not waited for; the longest takes two minutes.
limit_s=600
if [ $# -eq 0 ]; then set -- *.test.mjs ../../examples/*/*.test.mjs; fi
group= timer=
stop() { # the file's programs and the clock
    [ -z "$group" ] || kill -KILL -- "-$group" 2>/dev/null || true
    [ -z "$timer" ] || kill "$timer" 2>/dev/null || true
}
trap stop EXIT
for file in "$@"; do
    echo "# $file, $SECONDS s after the first"
    setsid node --test "$file" &
    group=$!
    sleep "$limit_s" &
    timer=$!
    status=0
    wait -n -p ended "$group" "$timer" || status=$?
    if [ "$ended" = "$timer" ]; then
        echo "$file: not done in $limit_s s; what it has running:" >&2
        ps -o pid,ppid,stat,etime,wchan:20,args --sort=start_time -s "$group" >&2
        exit 1
    fi
    stop
    wait "$timer" 2>/dev/null || true
    [ "$status" -eq 0 ] || exit "$status"
done
