#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# headers.sh COMPILER FLAG...: compiles every portable header alone, twice included, as a file of its own.
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
work=$(mktemp -d) # for what -fstack-usage writes beside
trap 'rm -rf "$work"' EXIT
count=0
failed=0
for header in $(find core proto runtime devices world port/parts port/pki -name '*.h' ! -path '*/test/*' ! -name '*_test_*' | sort) port/port.h port/pki.h port/esp-idf/esp_port.h; do
    printf '#include "%s"\n#include "%s"\n' "$header" "$header" |
        (cd "$work" && "$@" -I "$root" -x c -fsyntax-only -) || {
        echo "headers: $header does not compile alone"
        failed=$((failed + 1))
    }
    count=$((count + 1))
done
echo "$count headers, $failed failed"
[ "$failed" -eq 0 ] && [ "$count" -gt 40 ]
