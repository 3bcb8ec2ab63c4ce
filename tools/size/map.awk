# SPDX-License-Identifier: Apache-2.0
# Reads a linker map and prints what each linked input section takes: "bytes section file". A long section
# name stands on a line of its own, the rest of its entry on the next.

function from_hex(text,    value, i) {
    value = 0
    for (i = 3; i <= length(text); i++)
        value = value * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
    return value
}

/^Linker script and memory map/ { linked = 1 }
/^OUTPUT\(/ { linked = 0 }
!linked { next }
/^ (\.|COMMON)/ { section = $1; entry = NF > 1 ? 2 : 0; if (!entry) next }
/^  +0x/ { entry = section != "" ? 1 : 0 }
{
    if (entry && $(entry) ~ /^0x/ && $(entry + 1) ~ /^0x/ && $(entry + 2) ~ /\.o\)?$/ &&
        from_hex($(entry + 1)) > 0)
        print from_hex($(entry + 1)), section, $(entry + 2)
    section = ""
    entry = 0
}
