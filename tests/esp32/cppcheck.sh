#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The sources that only ESP-IDF compiles, through cppcheck: every combination of their choices that matters,
# with ESP-IDF's own headers unknown.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
    --suppressions-list=.cppcheck --suppress=unknownMacro --platform=unix32 --max-configs=24 -j 2 -I . \
    port/esp-idf firmware
