#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what Debian 12 lacks to build, run and test Roost, and the packages named as arguments. Does
# nothing when all is there.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
    # build
    build-essential cmake ninja-build pkg-config clang libclang-rt-14-dev clang-tidy clang-format cppcheck universal-ctags git
    # libraries
    libuv1-dev libwebsockets-dev libwebsockets-evlib-uv libmosquitto-dev libcurl4-openssl-dev libssl-dev libmbedtls-dev
    libsqlite3-dev libjwt-dev libargon2-dev libinih-dev libqrencode-dev libwslay-dev libasound2-dev libtorch-dev
    libcmocka-dev libicu-dev libpocketsphinx-dev libsphinxbase-dev pocketsphinx-en-us flite1-dev libmp3lame-dev libmodbus-dev
    libmpg123-dev libopus-dev libsamplerate0-dev liblinear-dev
    # programs that run or are tested against
    espeak-ng sox flite mosquitto mosquitto-clients sqlite3 curl jq ca-certificates openssl chromium prometheus
    python3-pyftpdlib
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

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "deps: run as root or install sudo; missing: ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
fi
echo "deps: installing ${missing[*]}"

# Services that the packages bring must not start, now or with the machine: Roost starts its own.
policy=/usr/sbin/policy-rc.d
made_policy=no
finish() { [ "$made_policy" = no ] || "${as_root[@]}" rm -f "$policy"; }
trap finish EXIT
if [ ! -e "$policy" ]; then
    made_policy=yes
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod +x "$policy"
fi
# A machine that has just come up may be installing its updates: wait for them.
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600)
"${apt[@]}" update
"${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null
for package in "${missing[@]}"; do
    case $package in mosquitto | prometheus)
        ! command -v systemctl >/dev/null || "${as_root[@]}" systemctl --quiet disable "$package" 2>/dev/null || true ;;
    esac
done
