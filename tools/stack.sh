# SPDX-License-Identifier: Apache-2.0
# Sourced by run.sh and demo.sh: the whole system on this machine, in one folder, stopped as one.
#   stack_settings BUILD   reads ports and names from the environment; taken ports are reported by name
#   stack_up               starts broker, hub, model, window, teddy and charger; returns when each is ready
#   stack_window           starts the window (again), and waits until it takes commands
#   stack_teddy            the same for the teddy
#   stack_charger          the same for the charger
#   stack_ended            names the programs that ended by themselves; 1 when none did
#   stack_watch            waits until one of them ends, which is a failure
#   stack_down             stops them in the opposite order, removes control sockets; safe to call twice
#   control COMMAND        one line to the window's control socket, its answer on standard output
#   teddy COMMAND          the same for the teddy's
#   charger COMMAND        and for the charger's

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
declare -A stack_pid=()
stack_names=()

fail() {
    echo "$(basename "$0" .sh): $*" >&2
    exit 1
}

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

stack_settings() {
    local build=${1:-build}
    case $build in /*) ;; *) build=$root/$build ;; esac
    bin=${ROOST_BIN:-$build/bin}
    run_dir=${ROOST_RUN_DIR:-$root/.run}
    http_port=${ROOST_HTTP_PORT:-8080}
    mqtt_port=${ROOST_MQTT_PORT:-1883}
    model_port=${ROOST_MODEL_PORT:-9464}
    address=${ROOST_ADDRESS:-127.0.0.1} # of broker and hub; the rest stays on this machine
    window_id=${ROOST_WINDOW_ID:-window-1}
    window_speed=${ROOST_WINDOW_SPEED:-1}
    teddy_id=${ROOST_TEDDY_ID:-teddy-house}
    charger_id=${ROOST_CHARGER_ID:-charger-1}
    child_id=demo-child
    local setting of port seen=' ' problems=0
    while read -r setting of port; do
        if ! [[ $port =~ ^[1-9][0-9]{0,4}$ ]] || [ "$port" -gt 65535 ]; then
            echo "$setting=$port: a port is a number from 1 to 65535" >&2
        elif [[ $seen = *" $port "* ]]; then
            echo "$setting=$port: another of the three has this port already" >&2
        elif port_taken "$port"; then
            echo "port $port ($of) is taken by another program; choose one with $setting=PORT" >&2
        else
            seen+="$port "
            continue
        fi
        problems=$((problems + 1))
    done <<PORTS
ROOST_HTTP_PORT dashboard $http_port
ROOST_MQTT_PORT broker $mqtt_port
ROOST_MODEL_PORT model $model_port
PORTS
    [ $problems -eq 0 ] || fail 'nothing was started'
}

# Mosquitto writes its log itself, beside its data.
stack_log() { if [ "$1" = broker ]; then echo "$run_dir/broker/mosquitto.log"; else echo "$run_dir/$1.log"; fi; }

# stack_start NAME COMMAND...: in the background, output to a log file of that name. In a session of its
# own, so that Ctrl-C reaches only this script, which then stops all in order; and not longer than this
# script lives, even if that is killed.
stack_start() {
    local name=$1 log
    shift
    log=$(stack_log "$name")
    : >"$log"
    setsid setpriv --pdeathsig TERM "$@" >>"$log" 2>&1 </dev/null &
    stack_pid[$name]=$!
    stack_names+=("$name")
}

stack_runs() { kill -0 "${stack_pid[$1]}" 2>/dev/null; }

stack_ended() {
    local name found=1
    for name in "${stack_names[@]}"; do
        stack_runs "$name" && continue
        echo "$name ended; the end of its log, $(stack_log "$name"):" >&2
        tail -n 5 "$(stack_log "$name")" >&2
        found=0
    done
    return $found
}

# stack_wait NAME SECONDS COMMAND...: until the command succeeds, or a program ended, or the time is over.
stack_wait() {
    local name=$1 deadline=$((SECONDS + $2))
    shift 2
    until "$@" >/dev/null 2>&1; do
        ! stack_ended || fail "$name did not start"
        if [ $SECONDS -ge $deadline ]; then
            tail -n 5 "$(stack_log "$name")" >&2
            fail "$name is not ready; its log is $(stack_log "$name")"
        fi
        sleep 0.1
    done
}

stack_window() {
    rm -f "$run_dir/$window_id.sock"
    stack_start "$window_id" "$bin/roost-window" --id "$window_id" --state "$run_dir/$window_id" \
        --broker "$mqtt_url" --user "$window_id" --password-file "$run_dir/broker/secrets/$window_id" \
        --speed "$window_speed" --control "$run_dir/$window_id.sock"
    stack_wait "$window_id" 15 test -S "$run_dir/$window_id.sock"
}

# A child for the teddy, made up, with its parents' consent on record: without one a teddy hears nothing.
# Its name goes by a file: a word of a command line stands in the list of processes.
stack_child() {
    local roost=("$bin/roost" --hub "http://127.0.0.1:$http_port") child=$run_dir/teddy/child year
    local -x ROOST_SESSION=$run_dir/teddy/session.json
    year=$(($(date -u +%Y) - 7))
    "${roost[@]}" login --email operator@roost.local --password-file "$run_dir/operator-password"
    if ! "${roost[@]}" child show "$child_id" 2>/dev/null; then
        sed -n 's/^name=//p' "$child" >"$run_dir/teddy/name"
        "${roost[@]}" child add --id "$child_id" --born "$year-01" --language en --name-file "$run_dir/teddy/name"
        "${roost[@]}" child consent "$child_id" service --method form --notice demo
    fi >/dev/null
}

# What the teddy knows of its hub and its child, for its owner's eyes, made once.
stack_teddy_files() {
    local dir=$run_dir/teddy
    mkdir -p -m 700 "$dir"
    [ -s "$dir/secret" ] || (umask 077 && openssl rand -hex 32 >"$dir/secret")
    (umask 077 && printf 'id=%s\nname=Robin\nage=7\n' "$child_id" >"$dir/child")
}

teddy_is_ready() { teddy state | grep -q '"state":"ready"'; }

stack_teddy() {
    rm -f "$run_dir/$teddy_id.sock"
    stack_start "$teddy_id" "$bin/roost-teddy" --id "$teddy_id" --state "$run_dir/$teddy_id" \
        --hub "ws://127.0.0.1:$http_port" --secret-file "$run_dir/teddy/secret" --child-file "$run_dir/teddy/child" \
        --speaker "$run_dir/teddy/heard.wav" --control "$run_dir/$teddy_id.sock"
    stack_wait "$teddy_id" 30 teddy_is_ready
}

# The charger is entered at the hub once, and keeps the key that it got; a card may charge.
stack_charger_files() {
    local roost=("$bin/roost" --hub "http://127.0.0.1:$http_port") dir=$run_dir/charger
    local -x ROOST_SESSION=$run_dir/teddy/session.json
    mkdir -p -m 700 "$dir"
    [ ! -s "$dir/key" ] || return 0
    "${roost[@]}" charger add "$charger_id" --key-file "$dir/key" >/dev/null
    "${roost[@]}" tag add CARD-1 >/dev/null
}

charger_is_ready() { charger state | grep -q '"registered":true'; }

stack_charger() {
    rm -f "$run_dir/$charger_id.sock"
    stack_start "$charger_id" "$bin/roost-charger" --id "$charger_id" --state "$run_dir/$charger_id" \
        --url "ws://127.0.0.1:$http_port/ocpp" --password-file "$run_dir/charger/key" --profile 1 \
        --control "$run_dir/$charger_id.sock"
    stack_wait "$charger_id" 30 charger_is_ready
}

stack_up() {
    local secrets=$run_dir/broker/secrets password=$run_dir/operator-password
    mqtt_url=mqtt://127.0.0.1:$mqtt_port
    export ROOST_FIRMWARE_DIR=${ROOST_FIRMWARE_DIR:-$run_dir/firmware}
    mkdir -p "$run_dir" "$ROOST_FIRMWARE_DIR"
    ROOST_BIN=$bin "$root/tools/broker.sh" init "$run_dir/broker" "$mqtt_port" roostd roost-ml "$window_id"
    [ -s "$password" ] || (umask 077 && openssl rand -base64 15 >"$password")
    stack_teddy_files
    [ -d "$run_dir/models" ] || cp -r "$root/ml/models" "$run_dir/models"

    stack_start broker "$root/tools/broker.sh" start "$run_dir/broker"
    stack_wait broker 10 port_taken "$mqtt_port"
    stack_start roostd env ROOST_LISTEN="$address:$http_port" ROOST_WEB_ROOT="$root/web/dist" \
        MQTT_URL="$mqtt_url" ROOST_MQTT_USER=roostd ROOST_MQTT_PASSWORD_FILE="$secrets/roostd" \
        DATABASE_URL="sqlite:$run_dir/roost.db" SERIES_URL="sqlite:$run_dir/series.db" \
        ROOST_ADMIN_EMAIL=operator@roost.local ROOST_ADMIN_PASSWORD_FILE="$password" \
        ESP32_SHARED_SECRET_FILE="$run_dir/teddy/secret" "$bin/roostd"
    stack_wait roostd 15 curl -fsS "http://127.0.0.1:$http_port/health/ready"
    stack_start roost-ml "$bin/roost-ml" serve --broker "$mqtt_url" --user roost-ml \
        --password-file "$secrets/roost-ml" --models "$run_dir/models" --metrics "127.0.0.1:$model_port"
    stack_wait roost-ml 30 curl -fsS "http://127.0.0.1:$model_port/metrics"
    stack_window
    stack_child
    stack_teddy
    stack_charger_files
    stack_charger
}

stack_forget() { # NAME: of one that has been stopped on purpose
    local name kept=()
    for name in "${stack_names[@]}"; do [ "$name" = "$1" ] || kept+=("$name"); done
    stack_names=("${kept[@]}")
}

stack_down() {
    trap '' INT TERM HUP # stopping is not stopped half-way
    local i name deadline
    for ((i = ${#stack_names[@]} - 1; i >= 0; i--)); do
        name=${stack_names[$i]}
        kill -TERM "${stack_pid[$name]}" 2>/dev/null || continue
        deadline=$((SECONDS + 10))
        while stack_runs "$name"; do
            if [ $SECONDS -ge $deadline ]; then
                echo "$name did not stop in 10 s and was killed; its log is $(stack_log "$name")" >&2
                kill -KILL "${stack_pid[$name]}" 2>/dev/null || true
                break
            fi
            sleep 0.05
        done
        wait "${stack_pid[$name]}" 2>/dev/null || true
    done
    stack_names=()
    # A program that was killed, as by cut-power, leaves its control socket behind.
    [ -z "${run_dir:-}" ] || rm -f "$run_dir"/*.sock
}

stack_watch() {
    wait -n "${stack_pid[@]}" || true
    stack_ended || true
    fail 'one of the programs ended, so all are stopped'
}

control() { "$root/tools/control.mjs" "$run_dir/$window_id.sock" "$*"; }
charger() { "$root/tools/control.mjs" "$run_dir/$charger_id.sock" "$*"; }
teddy() { "$root/tools/control.mjs" "$run_dir/$teddy_id.sock" "$*"; }
