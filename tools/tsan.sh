#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds and runs the tests of what has a second thread, in a build folder with ROOST_SANITIZE=thread:
# the log, the hub's workers (the registry, the series' writer and readers, passwords, recognition and speech), files and firmware images on the
# pool, the device's watchdog, and the HTTP server, which its tests run beside themselves. All else is one thread by
# design.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:?build folder}
tests=(
    roost_host_log_test roost_hub_base_worker_test
    roost_hub_store_registry_sqlite_test
    roost_hub_store_series_sqlite_test roost_hub_store_series_fault_test
    roost_hub_speech_hear_pocketsphinx_test roost_hub_speech_say_test
    roost_hub_api_auth_test roost_hub_api_events_test roost_hub_firmware_release_test
    host_net_http_request_test host_net_http_file_test host_net_http_stream_test host_net_http_tls_test
    roost_port_linux_guard roost_port_linux_conformance
)
ninja -C "$build" "${tests[@]}"
# A test that forks to be killed starts a thread in the child; ThreadSanitizer has to be told.
export TSAN_OPTIONS="die_after_fork=0 ${TSAN_OPTIONS:-}"
exec tools/ctest.sh "$build" -R "^($(IFS='|' && echo "${tests[*]}"))\$"
