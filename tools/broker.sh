#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A Mosquitto of one's own in a folder, with a password for each user and the ACL of deploy/mosquitto.
#   broker.sh init DIR PORT USER...   makes DIR with configuration, DIR/secrets/USER and the password file;
#                                     again: the configuration anew, users and passwords stay
#   broker.sh add DIR USER...         adds users; a running broker takes them on SIGHUP
#   broker.sh start DIR               runs it in the foreground (exec), its process id in DIR/pid
# It listens on ROOST_ADDRESS, without that on 127.0.0.1. The plugin that binds client ids to users is taken
# from ROOST_BIN, without that from build/bin.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
source_dir=$root/deploy/mosquitto
verb=${1:?init, add or start}
dir=${2:?folder}
PATH=$PATH:/usr/sbin # where Debian has mosquitto; not on the path of an ordinary user

add_users() { # USER...: those who are not there yet
    local user secret
    [ -f "$dir/passwd" ] || (umask 077 && : >"$dir/passwd")
    (umask 077 && : >"$dir/passwd.new")
    for user in "$@"; do
        if ! [[ $user =~ ^[A-Za-z0-9_.-]{1,64}$ ]] || [ "$user" = . ] || [ "$user" = .. ]; then
            echo "broker: user '$user': 1 to 64 of A-Z a-z 0-9 _ . - are allowed, but for . and .." >&2
            rm -f "$dir/passwd.new"
            exit 1
        fi
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

plugin_path() {
    local folder
    for folder in "${ROOST_BIN:-$root/build/bin}" "$root/build/bin"; do
        [ -f "$folder/roost-mosquitto.so" ] && (cd "$folder" && echo "$PWD/roost-mosquitto.so") && return
    done
    echo "broker: ${ROOST_BIN:-$root/build/bin}/roost-mosquitto.so is missing: it is built with the programs" >&2
    return 1
}

case $verb in
init)
    port=${3:?port}
    plugin=$(plugin_path)
    mkdir -p "$dir/secrets"
    chmod 700 "$dir/secrets"
    dir=$(cd "$dir" && pwd)
    cp "$source_dir/acl" "$dir/acl"
    sed -e "s#@PORT@#$port#g" -e "s#@ADDRESS@#${ROOST_ADDRESS:-127.0.0.1}#g" -e "s#@DIR@#$dir#g" -e "s#@PLUGIN@#$plugin#g" "$source_dir/mosquitto.conf" >"$dir/mosquitto.conf"
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
