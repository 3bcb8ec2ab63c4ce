#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# make run: the whole system with modelled hardware until Ctrl-C. Leaves nothing but .run/ behind.
# run.sh [BUILD]; the ports are ROOST_HTTP_PORT, ROOST_MQTT_PORT and ROOST_MODEL_PORT.
set -euo pipefail
. "$(dirname "$0")/stack.sh"
stack_settings "$@"
trap stack_down EXIT
trap 'exit 0' INT TERM HUP
stack_up
shown=${run_dir#"$root/"}
cat <<TEXT

Roost runs. Dashboard: http://127.0.0.1:$http_port
  sign in as   operator@roost.local   with the password   $(cat "$run_dir/operator-password")
  broker       $mqtt_url   (users and passwords in $shown/broker/secrets)
  model        http://127.0.0.1:$model_port/metrics
  window       tools/control.mjs $shown/$window_id.sock help
  teddy        tools/control.mjs $shown/$teddy_id.sock help
  charger      tools/control.mjs $shown/$charger_id.sock help
  ask one      build/bin/roost-teddy --mic question.wav --speaker answer.wav
  logs         $shown/*.log and $shown/broker/mosquitto.log
Ctrl-C stops everything.
TEXT
stack_watch
