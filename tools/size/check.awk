# SPDX-License-Identifier: Apache-2.0
# Prints what was measured ("kind name value") beside budget.txt ("kind name limit"; a frame has one limit
# for all, under the name "*"), and ends with 1 when something is over its limit, has none, or is missing.

/^#/ || NF == 0 { next }
FILENAME ~ /budget\.txt$/ { limit[$1, $2] = $3; order[++budgets] = $1 SUBSEP $2; next }

{
    if ($1 != kind) {
        kind = $1
        printf "\n%-28s %10s %10s\n", title(kind), "measured", "limit"
    }
    if (($1, $2) in limit) bound = limit[$1, $2]
    else if (($1, "*") in limit) bound = limit[$1, "*"]
    else bound = ""
    seen[$1, $2] = seen[$1, "*"] = 1
    mark = ""
    if (bound == "") { mark = "  no limit set"; bad++ }
    else if (bound != "-" && $3 > bound + 0) { mark = "  OVER"; bad++ }
    printf "  %-26s %10d %10s%s\n", $2, $3, bound, mark
}

function title(kind) {
    if (kind == "text") return "text, bytes"
    if (kind == "ram") return "static memory, bytes"
    if (kind == "frame") return "deepest frames, bytes"
    if (kind == "count") return "instructions"
    if (kind == "stack") return "stack, bytes"
    return kind
}

END {
    for (i = 1; i <= budgets; i++)
        if (!(order[i] in seen)) {
            split(order[i], word, SUBSEP)
            printf "\nnot measured: %s %s\n", word[1], word[2]
            bad++
        }
    if (bad) { printf "\nsize: %d over budget.txt\n", bad; exit 1 }
    print "\nsize: within budget.txt"
}
