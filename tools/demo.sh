#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# make demo: the whole system for a bounded time, and an account of what really happened, read from the
# stores, the programs' metrics and the device. Exit 1 when a part did not do its work; the logs are kept then.
# demo.sh [BUILD]; ROOST_DEMO_SECONDS is how long each step may take (default 60).
set -euo pipefail
. "$(dirname "$0")/stack.sh"
seconds=${ROOST_DEMO_SECONDS:-60}
own_dir=
[ -n "${ROOST_RUN_DIR:-}" ] || own_dir=$(mktemp -d "${TMPDIR:-/tmp}/roost-demo.XXXXXX")
export ROOST_RUN_DIR=${ROOST_RUN_DIR:-$own_dir}
finish() {
    local status=$?
    stack_down
    if [ -n "$own_dir" ]; then
        if [ $status -eq 1 ]; then echo "The logs are in $own_dir"; else rm -rf "$own_dir"; fi
    fi
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

free_port() { # SETTING DEFAULT: the default, or another when it is taken and nobody asked for it
    local port=$2
    [ -z "${!1:-}" ] || return 0
    while port_taken "$port"; do port=$((20000 + RANDOM % 10000)); done
    export "$1=$port"
}
free_port ROOST_HTTP_PORT 8080
free_port ROOST_MQTT_PORT 1883
free_port ROOST_MODEL_PORT 9464
export ROOST_WINDOW_SPEED=240 # the house warms up while one watches
stack_settings "$@"

export ROOST_SESSION=$run_dir/session.json
roost() { "$bin/roost" --hub "http://127.0.0.1:$http_port" "$@"; }
device() { roost --json device "$window_id" | jq -r "$1"; }
stored() { sqlite3 -readonly -cmd '.timeout 5000' "$run_dir/series.db" "SELECT count(*) FROM $1 WHERE device_id = '$window_id'"; }
metric() { # PORT NAME: the sum over its labels; fails when there is none of that name
    curl -fsS "http://127.0.0.1:$1/metrics" |
        awk -v name="$2" '{ split($1, part, "{") } part[1] == name { sum += $2; seen = 1 } END { if (!seen) exit 1; print sum }'
}
hub_metric() { metric "$http_port" "$1"; }

say() { printf '  %-12s %s\n' "$1" "$2"; }
failed=0
expect() { # WHAT COMMAND...: waits until it is so
    local deadline=$((SECONDS + seconds)) what=$1
    shift
    until "$@" >/dev/null 2>&1; do
        ! stack_ended || fail "this did not happen: $what"
        if [ $SECONDS -ge $deadline ]; then
            say 'NOT SO' "in $seconds s: $what"
            failed=1
            return 0
        fi
        sleep 0.2
    done
}
is() { [ "$(device "$1")" = true ]; }
at() { is ".window.calibrated and ((.window.position - ($1)) | fabs) < 3"; }

echo 'Starting broker, hub, model, a window in a modelled house, a teddy, and a charger ...'
stack_up
roost login --email operator@roost.local --password-file "$run_dir/operator-password" >/dev/null

echo
echo "A hot day: 36 °C outside, and a house where time runs $window_speed times as fast (half a minute)"
control 'set outdoor_temperature 36' >/dev/null
control 'set outdoor_humidity 35' >/dev/null
expect 'temperature, humidity and sound level at the hub' is '[.latest.temperature, .latest.humidity, .latest.sound] | all'
expect 'the model decided to open' is '.decision.position > 50'
expect 'the window found both ends of its way and went where the model decided' at .decision.position
say measured "$(device '.latest | "\(.temperature.value) °C, \(.humidity.value) %, sound \(.sound.value | round) dBFS"')"
say stored "$(stored sensor_temperature) temperatures, $(stored sensor_humidity) humidities, $(stored sensor_audio) of sound, $(stored window_actions) decisions"
say decided "$(device '.decision | "open to \(.position) %: model \(.model_version), confidence \(.confidence), at \(.temperature) °C, \(.humidity) %, \(.sound | round) dBFS"')"
say window "$(device '.window | "open to \(.position) %"')"

echo
echo 'A hand overrules it'
hand=$(device 'if .window.position > 50 then 15 else 85 end')
roost --wait move "$window_id" "$hand" >/dev/null || failed=1
expect "the window where the hand wants it, at $hand %" at "$hand"
labelled() { [ "$(metric "$model_port" roost_ml_labels_total)" -ge 1 ]; }
expect 'the model heard of it' labelled
say asked "for $hand %"
say window "$(device '.window | "open to \(.position) %"')"
say learning "the model has $(metric "$model_port" roost_ml_labels_total) label to learn from"

echo
echo 'Somebody pulls its plug'
boots=$(device .health.boots)
control cut-power >/dev/null 2>&1 || true # nothing is left that could answer
expect 'the window is dead' eval '! stack_runs "$window_id"'
stack_forget "$window_id"
before=$(stored sensor_temperature)
stack_window
expect 'the window started again and is back' is ".online and .health.boots == $boots + 1 and .window.calibrated"
expect 'new readings after the power cut' eval '[ "$(stored sensor_temperature)" -gt "$before" ]'
expect 'no reading lost' eval '[ "$(hub_metric roost_ingest_gap_readings_total)" = 0 ]'
say back "start number $(device .health.boots), calibrated again, measuring"
say lost "$(hub_metric roost_ingest_gap_readings_total) readings, by the numbers they carry"

# Words are shown here, and here only: the question is the demo's own, and no child has asked it.
ask_the_teddy() {
    local question='What is two plus three?' key_word=five answer=$root/.run/answer.wav asked=no heard=
    echo
    echo 'Somebody asks the teddy'
    mkdir -p "$root/.run"
    flite -voice slt -t "$question" -o "$run_dir/question.wav"
    if (cd "$root" && "$bin/roost-teddy" --hub "ws://127.0.0.1:$http_port" --secret-file "$run_dir/teddy/secret" \
        --child-file "$run_dir/teddy/child" --mic "$run_dir/question.wav" --speaker "$answer") >"$run_dir/asked.log" 2>&1; then
        asked=yes
    fi
    say question "\"$question\" as a WAV file, spoken while the button is held"
    if [ $asked = no ]; then
        say 'NOT SO' "$(cat "$run_dir/asked.log")"
        failed=1
        return 0
    fi
    say answer "${answer#"$root/"}, $(sed 's/.*: //' "$run_dir/asked.log") of sound"
    heard=$("$bin/roost-listen" "$answer")
    say heard "a plain recogniser hears in it: \"$heard\""
    if [[ " $heard " != *" $key_word "* ]]; then
        say 'NOT SO' "it hears no \"$key_word\""
        failed=1
    fi
}
ask_the_teddy

gun() { charger state | jq -r ".connectors[0] | $1"; }
charged() { roost --json transactions "$charger_id" | jq -r ".transactions[0] | $1"; }
ask_charger() { roost charger ask "$charger_id" "$@" | jq -e '.status == "Accepted"'; }
charge_a_battery() {
    local meter battery
    echo
    echo 'A battery is charged, started and stopped by the hub (half a minute)'
    meter=$(gun .register_mwh) battery=$(gun .battery_wh)
    charger 'plug 1' >/dev/null
    expect 'the hub sees the plug' eval 'roost charger show "$charger_id" | grep -q "1 Preparing"'
    expect 'the charger takes the start' ask_charger RemoteStartTransaction '{"idTag":"CARD-1","connectorId":1}'
    expect '25 Wh in the meter' eval "[ \"\$(gun .register_mwh)\" -gt $((meter + 25000)) ]"
    say flowing "$(gun '"\(.current_a) A into a battery at \(.soc_percent) %"')"
    expect 'the charger takes the stop' ask_charger RemoteStopTransaction "{\"transactionId\":$(charged .transaction_id)}"
    expect 'the hub has the whole transaction' eval '[ "$(charged .state)" = closed ]'
    charger 'unplug 1' >/dev/null
    say meter "$(gun "(.register_mwh - $meter) / 1000") Wh counted by the charger"
    say battery "$(gun "(.battery_wh - $battery) * 1000 | round / 1000") Wh went into it, the rest became warmth"
    say ledger "$(charged .energy_wh) Wh at the hub, reason $(charged .reason)"
    billed_as_counted() { gun "((.register_mwh - $meter) / 1000 - $(charged .energy_wh)) | fabs <= 1" | grep -qx true; }
    expect 'the hub bills what the meter counted' billed_as_counted
}
charge_a_battery

echo
echo 'What the hub did with every message'
account() {
    received=$(hub_metric roost_ingest_received_total) kept=$(hub_metric roost_ingest_stored_total)
    twice=$(hub_metric roost_ingest_duplicate_total) refused=$(hub_metric roost_ingest_rejected_total || echo 0)
    waiting=$(hub_metric roost_ingest_waiting)
    [ "$received" -eq $((kept + twice + refused + waiting)) ]
}
expect 'received = stored + duplicate + refused + waiting' account
say received "$received = $kept stored + $twice duplicate + $refused refused + $waiting waiting (duplicates: sent again after the cut)"

echo
[ $failed -eq 0 ] || fail 'not everything happened as it should; see NOT SO above'
echo 'All of it with real messages through a real broker, hub, model and database, which are stopped now.'
