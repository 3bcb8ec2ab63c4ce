# SPDX-License-Identifier: Apache-2.0
# Sourced by run.sh and demo.sh: the whole system on this machine, in one folder, stopped as one.
#   stack_settings    reads the ports and names from the environment, reports taken ports by name
#   stack_up          starts broker, hub, model and the window; returns when each is ready
#   stack_down        stops them in the opposite order; safe to call twice
#   stack_watch       waits until one of them ends

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=${ROOST_BIN:-$root/build/bin}
stack_names=()
stack_pids=()

fail() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

stack_settings() {
    run_dir=${ROOST_RUN_DIR:-$root/.run}
    http_port=${ROOST_HTTP_PORT:-8080}
    mqtt_port=${ROOST_MQTT_PORT:-1883}
    model_port=${ROOST_MODEL_PORT:-9464}
    window_id=${ROOST_WINDOW_ID:-window-1}
    window_speed=${ROOST_WINDOW_SPEED:-1}
    local name
    for name in http mqtt model; do
        local port_name=${name}_port setting=ROOST_${name^^}_PORT
        if port_taken "${!port_name}"; then
            fail "port ${!port_name} for $name is taken; choose another with $setting=PORT"
        fi
    done
}

# stack_start NAME COMMAND...: in the background, output to a log file of that name.
stack_start() {
    local name=$1
    shift
    "$@" >"$run_dir/$name.log" 2>&1 &
    stack_names+=("$name")
    stack_pids+=($!)
}

# stack_wait NAME SECONDS COMMAND...: until the command succeeds, or NAME ended, or the time is over.
stack_wait() {
    local name=$1 deadline=$((SECONDS + $2)) i
    shift 2
    until "$@" >/dev/null 2>&1; do
        for i in "${!stack_names[@]}"; do
            if [ "${stack_names[$i]}" = "$name" ] && ! kill -0 "${stack_pids[$i]}" 2>/dev/null; then
                tail -n 5 "$run_dir/$name.log" >&2
                fail "$name ended at its start; its log is $run_dir/$name.log"
            fi
        done
        [ $SECONDS -lt $deadline ] || fail "$name is not ready; its log is $run_dir/$name.log"
        sleep 0.1
    done
}

hub_environment() {
    export ROOST_LISTEN=127.0.0.1:$http_port
    export MQTT_URL=mqtt://127.0.0.1:$mqtt_port
    export ROOST_MQTT_USER=roostd ROOST_MQTT_PASSWORD_FILE=$run_dir/broker/secrets/roostd
    export DATABASE_URL=sqlite:$run_dir/roost.db SERIES_URL=sqlite:$run_dir/series.db
    export ROOST_WEB_ROOT=$root/web/dist
    export ROOST_ADMIN_EMAIL=operator@roost.local ROOST_ADMIN_PASSWORD_FILE=$run_dir/operator-password
}

stack_up() {
    mkdir -p "$run_dir"
    if [ -f "$run_dir/broker/mosquitto.conf" ]; then
        sed -i "s/^listener .*/listener $mqtt_port 127.0.0.1/" "$run_dir/broker/mosquitto.conf"
    else
        "$root/tools/broker.sh" init "$run_dir/broker" "$mqtt_port" roostd roost-ml "$window_id"
    fi
    [ -f "$run_dir/operator-password" ] || (umask 077 && openssl rand -base64 15 >"$run_dir/operator-password")
    local secrets=$run_dir/broker/secrets url=mqtt://127.0.0.1:$mqtt_port

    stack_start broker "$root/tools/broker.sh" start "$run_dir/broker"
    stack_wait broker 10 port_taken "$mqtt_port"
    (hub_environment && exec "$bin/roostd") >"$run_dir/roostd.log" 2>&1 &
    stack_names+=(roostd)
    stack_pids+=($!)
    stack_wait roostd 15 curl -fsS "http://127.0.0.1:$http_port/health/ready"
    [ -d "$run_dir/models" ] || cp -r "$root/ml/models" "$run_dir/models"
    stack_start roost-ml "$bin/roost-ml" serve --broker "$url" --user roost-ml \
        --password-file "$secrets/roost-ml" --models "$run_dir/models" --metrics "127.0.0.1:$model_port"
    stack_wait roost-ml 30 curl -fsS "http://127.0.0.1:$model_port/metrics"
    stack_start "$window_id" "$bin/roost-window" --id "$window_id" --state "$run_dir/$window_id" \
        --broker "$url" --user "$window_id" --password-file "$secrets/$window_id" \
        --speed "$window_speed" --control "$run_dir/$window_id.sock"
    stack_wait "$window_id" 15 test -S "$run_dir/$window_id.sock"
}

stack_down() {
    local i
    for ((i = ${#stack_pids[@]} - 1; i >= 0; i--)); do
        kill -TERM "${stack_pids[$i]}" 2>/dev/null || continue
        wait "${stack_pids[$i]}" 2>/dev/null || true
    done
    stack_names=()
    stack_pids=()
}

stack_watch() {
    wait -n "${stack_pids[@]}" || true
    local i
    for i in "${!stack_pids[@]}"; do
        kill -0 "${stack_pids[$i]}" 2>/dev/null || fail "${stack_names[$i]} ended; its log is $run_dir/${stack_names[$i]}.log"
    done
}

# control COMMAND: one line to the window's control socket, its answer on standard output.
control() { "$root/tools/control.mjs" "$run_dir/$window_id.sock" "$*"; }
