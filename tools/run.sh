#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# make run: the whole system with modelled hardware until Ctrl-C. Leaves nothing but .run/ behind.
set -euo pipefail
. "$(dirname "$0")/stack.sh"
stack_settings
trap stack_down EXIT
trap 'exit 0' INT TERM
stack_up
cat <<TEXT

Roost runs. Dashboard: http://127.0.0.1:$http_port
  sign in as   operator@roost.local   with the password   $(cat "$run_dir/operator-password")
  broker       mqtt://127.0.0.1:$mqtt_port   (users and passwords in .run/broker/secrets)
  model        http://127.0.0.1:$model_port/metrics
  window       tools/control.mjs .run/$window_id.sock 'help'
  logs         .run/*.log
Ctrl-C stops everything.
TEXT
stack_watch
