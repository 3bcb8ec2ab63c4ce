#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A Mosquitto of one's own in a folder, with a password for each user and the ACL of deploy/mosquitto.
#   broker.sh init DIR PORT USER...   makes DIR with configuration, DIR/secrets/USER and the password file;
#                                     again: the configuration anew, users and passwords stay
#   broker.sh add DIR USER...         adds users; a running broker takes them on SIGHUP
#   broker.sh start DIR               runs it in the foreground (exec), its process id in DIR/pid
# It listens on ROOST_ADDRESS, without that on 127.0.0.1.
set -euo pipefail
source_dir=$(cd "$(dirname "$0")/../deploy/mosquitto" && pwd)
verb=${1:?init, add or start}
dir=${2:?folder}
PATH=$PATH:/usr/sbin # where Debian has mosquitto; not on the path of an ordinary user

add_users() { # USER...: those who are not there yet
    local user secret
    [ -f "$dir/passwd" ] || (umask 077 && : >"$dir/passwd")
    (umask 077 && : >"$dir/passwd.new")
    for user in "$@"; do
        cut -d : -f 1 "$dir/passwd" | grep -qxF -e "$user" && continue
        secret=$(openssl rand -hex 24)
        (umask 077 && printf '%s' "$secret" >"$dir/secrets/$user")
        printf '%s:%s\n' "$user" "$secret" >>"$dir/passwd.new"
    done
    if [ -s "$dir/passwd.new" ]; then
        mosquitto_passwd -U "$dir/passwd.new"
        cat "$dir/passwd.new" >>"$dir/passwd"
    fi
    rm -f "$dir/passwd.new"
}

case $verb in
init)
    port=${3:?port}
    mkdir -p "$dir/secrets"
    chmod 700 "$dir/secrets"
    dir=$(cd "$dir" && pwd)
    cp "$source_dir/acl" "$dir/acl"
    sed -e "s#@PORT@#$port#g" -e "s#@ADDRESS@#${ROOST_ADDRESS:-127.0.0.1}#g" -e "s#@DIR@#$dir#g" "$source_dir/mosquitto.conf" >"$dir/mosquitto.conf"
    # Started by root, mosquitto would become a user who need not be able to enter this folder.
    [ "$(id -u)" -ne 0 ] || echo 'user root' >>"$dir/mosquitto.conf"
    add_users "${@:4}"
    ;;
add)
    add_users "${@:3}"
    ;;
start)
    echo $$ >"$dir/pid"
    exec mosquitto -c "$dir/mosquitto.conf"
    ;;
*)
    echo "broker: unknown verb '$verb': init, add or start" >&2
    exit 2
    ;;
esac
