#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures Roost and its peers in one run and prints both with their ratios: run.sh BUILD [PART...]
# Parts: ingest, loop, memory, charging, charging-idle, charging-can, speech, voice, voice-idle, first-sound (default: all). The method is
# in docs/performance.md.
set -euo pipefail
cd "$(dirname "$0")"
build=$(cd .. && cd "${1:?build folder}" && pwd)
shift
here=$PWD

newer_lock() { [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; }

# The MQTT client and the helpers that start the programs are those of the end-to-end tests.
cd "$here/../tests/e2e"
if newer_lock; then npm ci --no-audit --no-fund --loglevel=error; fi

# The peer in JavaScript needs an add-on in C++, which is compiled here against the headers of this
# Node.js; where it came without any, it is Debian's, and so are they.
cd "$here/node"
if newer_lock || [ ! -f node_modules/better-sqlite3/build/Release/better_sqlite3.node ]; then
    nodedir=$(dirname "$(dirname "$(realpath "$(command -v node)")")")
    if [ ! -f "$nodedir/include/node/node.h" ]; then
        nodedir=/usr
        "$here/../tools/deps.sh" libnode-dev
    fi
    echo 'bench: compiling the SQLite add-on of the peer'
    npm ci --build-from-source --nodedir="$nodedir" --no-audit --no-fund --loglevel=error
fi

# The peer in Python.
"$here/../tools/deps.sh" python3-websockets

# The databases of both lie beside the build: /tmp may be memory.
mkdir -p "$build/bench"
export ROOST_BIN=$build/bin TMPDIR=$build/bench
exec node "$here/run.mjs" "$@"
