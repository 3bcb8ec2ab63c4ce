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
# One file at a time: the programs under test share two cores.
if [ $# -eq 0 ]; then set -- *.test.mjs ../../examples/*/*.test.mjs; fi
for file in "$@"; do
    node --test "$file"
done
