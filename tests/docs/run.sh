#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks the documents against the programs: generated pages, links, and every command in them.
set -euo pipefail
cd "$(dirname "$0")/../.."
export ROOST_BUILD=$PWD/${1:?build folder}
exec node --test tests/docs/docs.test.mjs
