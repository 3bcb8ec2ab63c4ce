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
if [ $# -eq 0 ]; then set -- *.test.mjs ../../examples/*/*.test.mjs; fi

# Two lanes for two cores, each one file at a time: chargers, which mostly wait for energy to flow, and everything else.
# What a file says is shown when it is done, as one piece.
chargers=() others=()
for file in "$@"; do
    case $file in
        *-page.test.mjs) others+=("$file") ;;
        charger* | ocpp* | site* | money*) chargers+=("$file") ;;
        *) others+=("$file") ;;
    esac
done

# A file that hangs is named, with what is still there of it, and not waited for; the longest takes two minutes.
limit_s=600
said=$(mktemp -d)
group='' timer=''
stop() { # the lane's file with its programs, and the clock
    [ -z "$group" ] || kill -KILL -- "-$group" 2>/dev/null || true
    [ -z "$timer" ] || kill "$timer" 2>/dev/null || true
}
lane() { # NAME FILE...
    local out=$said/$1 status ended file
    shift
    trap 'stop; exit 143' TERM INT
    trap stop EXIT
    for file in "$@"; do
        echo "# $file, $SECONDS s after the first"
        setsid node --test "$file" >"$out" 2>&1 &
        group=$!
        sleep "$limit_s" &
        timer=$!
        status=0
        wait -n -p ended "$group" "$timer" || status=$?
        flock "$said" cat "$out"
        if [ "$ended" = "$timer" ]; then
            echo "$file: not done in $limit_s s; what it has running:" >&2
            ps -o pid,ppid,stat,etime,wchan:20,args --sort=start_time -s "$group" >&2
            exit 1
        fi
        stop
        wait "$timer" 2>/dev/null || true
        [ "$status" -eq 0 ] || { echo "$file: failed" >&2; exit "$status"; }
    done
}

lanes=()
finish() {
    for pid in "${lanes[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait
    rm -rf "$said"
}
trap finish EXIT
lane others "${others[@]}" &
lanes+=($!)
lane chargers "${chargers[@]}" &
lanes+=($!)
while [ ${#lanes[@]} -gt 0 ]; do
    wait -n -p ended "${lanes[@]}" # a lane that fails ends the other one
    left=()
    for pid in "${lanes[@]}"; do [ "$pid" = "$ended" ] || left+=("$pid"); done
    lanes=("${left[@]}")
done
