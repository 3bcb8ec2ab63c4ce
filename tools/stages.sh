#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs parts of `make test` one after the other and says how long each took: stages.sh TARGET...
set -euo pipefail
cd "$(dirname "$0")/.."
for stage in "$@"; do
    began=$SECONDS
    echo "# $stage begins after $SECONDS s"
    "${MAKE:-make}" --no-print-directory "$stage"
    echo "# $stage took $((SECONDS - began)) s"
done
echo "all tests passed, in $SECONDS s"
