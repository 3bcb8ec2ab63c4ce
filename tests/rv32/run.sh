#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh QEMU IMAGE [option...]: boots the flash image on a rv32imc board with 320 KiB of RAM, shows its
# console and ends with its exit code. Options go to QEMU.
set -eu
qemu=$1
image=$2
shift 2
exec "$qemu" -M virt -cpu rv32,a=false,f=false,d=false,h=false,s=false -m 320K -bios none \
    -display none -monitor none -serial none -chardev stdio,id=console \
    -semihosting-config enable=on,target=native,chardev=console \
    -drive "if=pflash,unit=0,format=raw,readonly=on,file=$image" "$@" </dev/null
