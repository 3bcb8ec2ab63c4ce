#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A Mosquitto of one's own in a folder, with a password for each user and the ACL of deploy/mosquitto.
#   broker.sh init DIR PORT USER...   makes DIR with configuration, DIR/secrets/USER and the password file
#   broker.sh add DIR USER...         adds users; a running broker takes them on SIGHUP
#   broker.sh start DIR               runs it in the foreground (exec)
set -euo pipefail
source_dir=$(cd "$(dirname "$0")/../deploy/mosquitto" && pwd)
verb=${1:?init, add or start}
dir=${2:?folder}

make_secret() { # USER: prints "USER:secret"
    local secret
    secret=$(openssl rand -hex 24)
    (umask 077 && printf '%s' "$secret" >"$dir/secrets/$1")
    printf '%s:%s\n' "$1" "$secret"
}

case $verb in
init)
    port=${3:?port}
    mkdir -p "$dir/secrets"
    chmod 700 "$dir/secrets"
    dir=$(cd "$dir" && pwd)
    cp "$source_dir/acl" "$dir/acl"
    sed -e "s#@PORT@#$port#g" -e "s#@DIR@#$dir#g" "$source_dir/mosquitto.conf" >"$dir/mosquitto.conf"
    (umask 077; for user in "${@:4}"; do make_secret "$user"; done >"$dir/passwd")
    mosquitto_passwd -U "$dir/passwd"
    # Started by root, mosquitto would become a user who need not be able to enter this folder.
    [ "$(id -u)" -ne 0 ] || echo 'user root' >>"$dir/mosquitto.conf"
    ;;
add)
    for user in "${@:3}"; do
        line=$(make_secret "$user")
        mosquitto_passwd -b "$dir/passwd" "$user" "${line#*:}"
    done
    ;;
start)
    exec mosquitto -c "$dir/mosquitto.conf"
    ;;
*)
    echo "broker: unknown verb '$verb': init, add or start" >&2
    exit 2
    ;;
esac
