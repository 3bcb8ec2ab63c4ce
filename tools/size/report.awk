# SPDX-License-Identifier: Apache-2.0
# From the linked sections (map.awk) and the frames of all functions ("object function bytes"): lines
# "text PART BYTES", "ram NAME BYTES" and, for the ten deepest functions that are linked,
# "frame FUNCTION BYTES". With -v beside=NAME of another product only what that one has of its own.

function part_of(file) {
    if (file ~ /libruntime_ota\.a|libruntime\.a\(update\.o\)|libproto_fleet\.a\((manifest|image)\.o\)/)
        return "update"
    if (file ~ /libruntime\.a\(networks\.o\)/) return "networks"
    if (file ~ /libcore\.a/) return "core"
    if (file ~ /libruntime\.a/) return "runtime"
    if (beside == "charger" && file ~ /libproto_can\.a/) return beside
    if (file ~ /libproto_/) return "proto"
    if (file ~ /libdevices_window\.a/) return "window"
    if (beside && file ~ "libdevices_" beside "(_[a-z]+)?\\.a") return beside
    if (file ~ /(null_port|_main)\.o$/) return "board"
    return "library"
}

# "core/settings" for libcore.a(settings.o), as the .su files are named.
function object_of(file,    folder, object) {
    if (!match(file, /lib[a-z_]*\.a\([a-z0-9_]*\.o\)$/)) return ""
    folder = substr(file, RSTART + 3)
    object = folder
    sub(/\.a\(.*/, "", folder)
    sub(/.*\(/, "", object)
    sub(/\.o\)/, "", object)
    gsub(/_/, "/", folder)
    return folder "/" object
}

FNR == 1 { pass++ }

pass == 1 {
    part = part_of($3)
    if ($2 ~ /^\.(init|text|rodata|srodata)/)
        text[part] += $1
    else if ($2 ~ /^\.s?data/) {
        text[part] += $1
        if (part != "board") ram[part] += $1
    } else if ($2 ~ /^\.bss\.size_/)
        ram[substr($2, 11)] += $1
    else if ($2 ~ /^(\.s?bss|COMMON)/ && part != "board")
        ram[part] += $1
    if ($2 ~ /^\.text\./)
        linked[object_of($3), substr($2, 7)] = 1
}

pass == 2 && ($1, $2) in linked && (!beside || $1 ~ "devices/" beside "/|proto/(voice|can)/") { frame[$2 " " $1] = $3 }

END {
    if (beside) {
        print "text", beside, text[beside]
        print "ram", beside, ram[beside]
    } else all_of_the_window()
    for (n = 0; n < 10; n++) {
        deepest = ""
        for (name in frame)
            if (deepest == "" || frame[name] > frame[deepest] || (frame[name] == frame[deepest] && name < deepest))
                deepest = name
        if (deepest == "") break
        split(deepest, word, " ")
        print "frame", word[1], frame[deepest]
        delete frame[deepest]
    }
}

function all_of_the_window(    n, i, parts, all, shared) {
    n = split("core proto runtime window networks update library", parts, " ")
    for (i = 1; i <= n; i++) {
        print "text", parts[i], text[parts[i]]
        all += text[parts[i]]
    }
    shared = text["core"] + text["proto"] + text["runtime"]
    print "text", "runtime+core+proto", shared
    print "text", "with_window", shared + text["window"]
    print "text", "with_library", all
    print "ram", "device", ram["window"] + ram["runtime"] + ram["core"] + ram["proto"] + ram["networks"] + ram["update"]
    print "ram", "audio_buffer", ram["audio"]
    print "ram", "library", ram["library"] + 0
}
