#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the dashboard into web/dist when a source is newer than the last build.
set -euo pipefail
cd "$(dirname "$0")/../web"
if [ ! -d node_modules ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm ci --no-audit --no-fund --loglevel=error
fi
if [ ! -f dist/index.html ] ||
    [ -n "$(find src index.html public vite.config.* package-lock.json -newer dist/index.html 2>/dev/null | head -n 1)" ]; then
    npm run --silent build
fi
