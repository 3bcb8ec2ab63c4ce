#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# make demo: the whole system for a bounded time, and an account of what really happened, read from the
# stores and the devices. Exit 1 when one of the products did not do its work.
set -euo pipefail
. "$(dirname "$0")/stack.sh"
export ROOST_RUN_DIR=${ROOST_RUN_DIR:-$(mktemp -d "${TMPDIR:-/tmp}/roost-demo.XXXXXX")}
seconds=${ROOST_DEMO_SECONDS:-60}
free_port() { # NAME DEFAULT: the default, or another when it is taken
    local port=$2
    while port_taken "$port"; do port=$((20000 + RANDOM % 20000)); done
    export "$1=$port"
}
free_port ROOST_HTTP_PORT "${ROOST_HTTP_PORT:-8080}"
free_port ROOST_MQTT_PORT "${ROOST_MQTT_PORT:-1883}"
free_port ROOST_MODEL_PORT "${ROOST_MODEL_PORT:-9464}"
export ROOST_WINDOW_SPEED=${ROOST_WINDOW_SPEED:-30}
stack_settings
trap 'stack_down; rm -rf "$ROOST_RUN_DIR"' EXIT
trap 'exit 130' INT TERM

export ROOST_SESSION=$run_dir/session.json
roost() { "$bin/roost" --hub "http://127.0.0.1:$http_port" "$@"; }
series() { sqlite3 -readonly "$run_dir/series.db" "$1"; }
device() { roost --json device "$window_id" | jq -r "$1"; }
wait_for() { # SECONDS WHAT COMMAND...: 1 when it did not come true
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        if [ $SECONDS -ge $deadline ]; then
            echo "  did not happen in time: $what"
            return 1
        fi
        sleep 0.3
    done
}

echo "Starting broker, hub, model and a window in a modelled house (time runs $window_speed times as fast) ..."
stack_up
roost login --email operator@roost.local --password-file "$run_dir/operator-password" >/dev/null
failed=0

echo
echo "The window"
decided() { [ "$(series "SELECT count(*) FROM window_actions WHERE device_id = '$window_id'")" -gt 0 ]; }
moved() { [ "$(device '.window != null and .window.calibrated and .decision != null and ((.window.position - .decision.position) | fabs) < 3')" = true ]; }
wait_for "$seconds" "a decision of the model" decided || failed=1
wait_for "$seconds" "the window at the position the model decided" moved || failed=1
echo "  measured     $(series "SELECT count(*) FROM sensor_temperature") temperatures, $(series "SELECT count(*) FROM sensor_humidity") humidities, $(series "SELECT count(*) FROM sensor_audio") sound levels stored"
echo "  now          $(device '.latest | "\(.temperature.value) degC, \(.humidity.value) %, \(.sound.value) dBFS"')"
echo "  decision     $(device '.decision | "open to \(.position) %, confidence \(.confidence), model \(.model_version), because \(.temperature) degC, \(.humidity) %, \(.sound) dBFS"')"
echo "  window       $(device '.window | "at \(.position) % (target \(.target) %)"')"

hand=$(device 'if .window.position > 50 then 15 else 85 end')
roost --wait move "$window_id" "$hand" >/dev/null || failed=1
at_hand() { [ "$(device "((.window.position - $hand) | fabs) < 3")" = true ]; }
wait_for "$seconds" "the window where the hand put it" at_hand || failed=1
echo "  by hand      asked for $hand %, now at $(device '.window.position') %; the model keeps it as a label"

echo "  power cut    $(control cut-power 2>/dev/null || echo pulled the plug)"
wait "${stack_pids[3]}" 2>/dev/null || true
stored_before=$(series "SELECT count(*) FROM sensor_temperature")
unset 'stack_pids[3]' 'stack_names[3]'
rm -f "$run_dir/$window_id.sock"
stack_start "$window_id" "$bin/roost-window" --id "$window_id" --state "$run_dir/$window_id" --broker "mqtt://127.0.0.1:$mqtt_port" \
    --user "$window_id" --password-file "$run_dir/broker/secrets/$window_id" --speed "$window_speed" --control "$run_dir/$window_id.sock"
back() { [ "$(device '.online and .health.boots >= 2')" = true ] && [ "$(series "SELECT count(*) FROM sensor_temperature")" -gt "$stored_before" ]; }
wait_for "$seconds" "the window back after the power cut" back || failed=1
echo "  after it     boot number $(device '.health.boots'), $(curl -fsS "http://127.0.0.1:$http_port/metrics" | awk '/^roost_ingest_gap_readings_total/ {n += $2} END {print n + 0}') readings lost"

echo
if [ $failed -eq 0 ]; then echo "Everything above happened with real messages through a real broker and database."; else echo "Something above did not happen."; fi
exit $failed
