#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the tests of proto/ocpp against an implementation that is not ours: run.sh BUILD [TEST...]
set -euo pipefail
cd "$(dirname "$0")"
build=$(cd ../.. && cd "${1:?build folder}" && pwd)
shift
if [ ! -d node_modules ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm ci --no-audit --no-fund --loglevel=error
fi
export ROOST_TESTS=$build/tests
if [ $# -eq 0 ]; then set -- *.test.mjs; fi
exec node --test "$@"
