#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what Debian 12 lacks to build, run and test Roost, and the packages named as arguments. Does
# nothing when all is there.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
    # build
    build-essential cmake ninja-build pkg-config clang libclang-rt-14-dev clang-tidy clang-format cppcheck git
    # libraries
    libuv1-dev libwebsockets-dev libwebsockets-evlib-uv libmosquitto-dev libcurl4-openssl-dev libssl-dev
    libsqlite3-dev libjwt-dev libargon2-dev libjsmn-dev libinih-dev libwslay-dev libasound2-dev libtorch-dev libcmocka-dev
    # programs that run or are tested against
    mosquitto mosquitto-clients sqlite3 curl jq ca-certificates openssl procps chromium prometheus
    # the chip's view of the portable code
    gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf qemu-system-misc
)
# A Node.js from elsewhere is as good as Debian's.
command -v node >/dev/null || packages+=(nodejs)
command -v npm >/dev/null || packages+=(npm)
packages+=("$@")

missing=()
for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

sudo=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "deps: run as root or install sudo; missing: ${missing[*]}" >&2; exit 1; }
    sudo=(sudo)
fi
echo "deps: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
# Services that the packages bring must not start by themselves: Roost starts its own.
policy=/usr/sbin/policy-rc.d
made_policy=no
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" tee "$policy" >/dev/null
    "${sudo[@]}" chmod +x "$policy"
    made_policy=yes
fi
finish() { [ "$made_policy" = no ] || "${sudo[@]}" rm -f "$policy"; }
trap finish EXIT
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
