#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# size.sh BUILD_DIR: what the window costs on the chip, as rv32imc machine code: text and static memory of
# what its firmware links, the stack of each function, and the instructions of the hot paths, counted
# under QEMU twice, because a count that does not repeat is none. Ends with 1 over a limit of budget.txt.
set -eu
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
rv32=$build/rv32
work=$build/size
mkdir -p "$work"

ninja -C "$build" rv32_size >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; exit 1; }

# ---- text, memory, stack: from the linker's map and the compiler's .su files
awk -f "$here/map.awk" "$rv32/size_device.map" >"$work/sections"
awk -f "$here/map.awk" "$rv32/size_teddy.map" >"$work/teddy_sections"
awk -f "$here/map.awk" "$rv32/size_charger.map" >"$work/charger_sections"
find "$rv32/core" "$rv32/proto" "$rv32/runtime" "$rv32/devices/window" "$rv32/devices/teddy" "$rv32/devices/charger/power" -maxdepth 2 -name '*.su' ! -name '*_test.su' \
    -exec awk -F'[:\t]' -v root="$rv32/" '
        {
            object = FILENAME
            sub(root, "", object)
            sub(/\.su$/, "", object)
            print object, $4, $5
        }' '{}' + >"$work/frames"
awk -f "$here/report.awk" "$work/sections" "$work/frames" >"$work/measured"
awk -f "$here/report.awk" -v beside=teddy "$work/teddy_sections" "$work/frames" >>"$work/measured"
awk -f "$here/report.awk" -v beside=charger "$work/charger_sections" "$work/frames" >>"$work/measured"
# The charger whole, with the core it uses and without the C library: everything, and how much of it every device has.
awk -f "$here/map.awk" "$rv32/size_whole.map" | awk '
    $3 ~ /whole_main\.o$/ && $2 !~ /size_whole/ || $3 !~ /lib(core|runtime|proto|devices)[a-z_]*\.a|whole_main\.o/ { next }
    $2 ~ /^\.(init|text|rodata|srodata|s?data)/ {
        text += $1
        if ($3 ~ /libruntime/) shared += $1
    }
    $2 ~ /^\.(s?bss|s?data)/ { ram += $1 }
    END { print "text charger_whole", text - shared; print "text charger_with_runtime", text; print "ram charger_whole", ram }' >>"$work/measured"
# A product beside the window: all that its own files compile to.
riscv64-unknown-elf-size "$rv32"/examples/lamp/lamp.o | awk 'NR > 1 { text += $1 + $2 }
    END { print "text lamp", text }' >>"$work/measured"
# The charger's messages: the tables with all that reads and writes by them, and the frames around.
riscv64-unknown-elf-size "$rv32"/proto/ocpp/*.o | awk 'NR > 1 && $NF !~ /_test\.o$/ {
        text[$NF ~ /rpc\.o$/ ? "ocpp_rpc" : "ocpp_codec"] += $1 + $2
    }
    END { for (part in text) print "text", part, text[part] }' | sort >>"$work/measured"
# Smart charging, likewise.
riscv64-unknown-elf-size "$rv32"/devices/charger/profiles/*.o | awk 'NR > 1 && $6 !~ /_test\.o$/ { text += $1 + $2 }
    END { print "text smart_charging", text }' >>"$work/measured"
# What a central system sets in it, and who may charge.
riscv64-unknown-elf-size "$rv32"/devices/charger/keys*.o "$rv32"/devices/charger/tags*.o | awk 'NR > 1 && $NF !~ /_test\.o$/ {
        text[$NF ~ /\/keys[a-z_]*\.o$/ ? "charger_keys" : "charger_tags"] += $1 + $2
    }
    END { for (part in text) print "text", part, text[part] }' | sort >>"$work/measured"
# What it keeps of CAN, shows, reads of a card, and of an energy meter.
riscv64-unknown-elf-size "$rv32"/devices/charger/blackbox.o "$rv32"/devices/charger/lights.o "$rv32"/devices/charger/card.o "$rv32"/devices/charger/dcmeter.o | awk 'NR > 1 {
        part = $NF
        sub(/.*\//, "", part)
        sub(/\.o$/, "", part)
        print "text", "charger_" part, $1 + $2
    }' >>"$work/measured"
# What decides in a charging station; its RAM is checked where it is compiled (CHARGER_STATION_RAM_MAX).
riscv64-unknown-elf-size "$rv32"/devices/charger/station/*.o | awk 'NR > 1 && $6 !~ /_test\.o$/ { text += $1 + $2 }
    END { print "text charger_station", text }' >>"$work/measured"
# What of it knows certificates, and the security log.
riscv64-unknown-elf-size "$rv32"/devices/charger/security/*.o | awk 'NR > 1 && $6 !~ /_test\.o$/ { text += $1 + $2 }
    END { print "text charger_security", text }' >>"$work/measured"
# The charger's transaction store; its RAM is checked where it is compiled (ROOST_LEDGER_RAM_MAX).
riscv64-unknown-elf-size "$rv32"/devices/charger/ledger/*.o | awk 'NR > 1 && $6 !~ /_test\.o$/ { text += $1 + $2 }
    END { print "text charger_ledger", text }' >>"$work/measured"
# What decides and what speaks OCPP for it: station, and charge point with what it serves.
riscv64-unknown-elf-size "$rv32"/devices/charger/station/*.o "$rv32"/devices/charger/ocpp/*.o | awk 'NR > 1 && $6 !~ /_test\.o$/ { text += $1 + $2 }
    END { print "text charge_point", text }' >>"$work/measured"

# ---- instructions
for run in 1 2; do
    "$here/../../tests/rv32/run.sh" "$(sed -n 's/^RV32_QEMU:[A-Z]*=//p' "$build/CMakeCache.txt")" \
        "$rv32/size_count.img" -icount shift=0,sleep=off >"$work/count.$run" ||
        { cat "$work/count.$run" >&2; exit 1; }
done
cmp "$work/count.1" "$work/count.2" || { echo "size: the two runs differ" >&2; exit 1; }
cat "$work/count.1" >>"$work/measured"

awk -f "$here/check.awk" "$here/budget.txt" "$work/measured"
