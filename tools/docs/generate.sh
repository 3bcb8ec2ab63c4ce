#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Writes the generated pages into a folder (default: docs): fault codes, settings, what shows that OCPP is kept.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build}
out=${2:-docs}
"$build/tools/roost-docs" >"$out/faults.md"
{
    echo '# Settings of the hub'
    echo
    echo 'Generated from `roostd --help-config` by `tools/docs/generate.sh`. A setting has the same name in the'
    echo 'file (`/etc/roost/roost.ini`, or `--config FILE`: lines `NAME = value`) and in the environment, which'
    echo 'wins. A bad value stops the start with its name, the value and what is allowed.'
    echo
    echo '```'
    "$build/bin/roostd" --help-config
    echo '```'
} >"$out/settings.md"
node tools/docs/conformance.mjs >"$out/ocpp-conformance.md"
