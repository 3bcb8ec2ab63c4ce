#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the tests of a build folder; the output of a failed one is shown whole.
set -euo pipefail
exec ctest --test-dir "$1" --output-on-failure --no-tests=error -j 2 "${@:2}"
