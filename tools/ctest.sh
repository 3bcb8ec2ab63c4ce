#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the tests of a build folder; the output of a failed one is shown whole. One that hangs is ended and named: no
# test takes longer than what it says of itself, or than this.
set -euo pipefail
exec ctest --test-dir "$1" --output-on-failure --no-tests=error --timeout 600 -j 2 "${@:2}"
