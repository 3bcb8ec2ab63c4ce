/* SPDX-License-Identifier: Apache-2.0 */
/* Children as text for people. */
#include <inttypes.h>
#include <stdio.h>

#include "print.h"
#include "values.h"

enum { NAME_SIZE = 160 };

static void print_child_line(const struct roost_json *doc, int child)
{
    char id[64], name[NAME_SIZE], born[16], group[16], language[8];
    int consents = roost_json_find(doc, child, "consents");
    int64_t devices = 0;
    roost_json_get_int64(doc, child, "device_count", &devices);
    printf("%-36s %-7s %-6s %-4s %-7s %-10s %7" PRId64 "  %s\n",
           value_text(doc, child, "child_id", "-", id, sizeof id),
           value_text(doc, child, "birth_month", "-", born, sizeof born),
           value_text(doc, child, "age_group", "-", group, sizeof group),
           value_text(doc, child, "language", "-", language, sizeof language),
           value_flag(doc, consents, "service") ? "yes" : "no",
           value_flag(doc, consents, "disclosure") ? "yes" : "no", devices,
           value_text(doc, child, "name", "(sealed with another key)", name, sizeof name));
}

void print_children_head(void)
{
    printf("%-36s %-7s %-6s %-4s %-7s %-10s %7s  %s\n", "CHILD", "BORN", "AGES", "LANG", "SERVICE",
           "DISCLOSURE", "DEVICES", "NAME");
}

void print_children(const struct roost_json *doc)
{
    int children = roost_json_find(doc, ROOST_JSON_ROOT, "children");
    for (size_t i = 0; children >= 0 && i < roost_json_size(doc, children); i++)
        print_child_line(doc, roost_json_at(doc, children, i));
}

void print_child(const struct roost_json *doc)
{
    int history = roost_json_find(doc, ROOST_JSON_ROOT, "consent_history");
    int devices = roost_json_find(doc, ROOST_JSON_ROOT, "devices");
    print_children_head();
    print_child_line(doc, ROOST_JSON_ROOT);
    for (size_t i = 0; history >= 0 && i < roost_json_size(doc, history); i++) {
        int one = roost_json_at(doc, history, i);
        char kind[16], provider[40], method[40], notice[40];
        char given[ROOST_DATETIME_LEN + 1], revoked[ROOST_DATETIME_LEN + 1];
        printf("  %-10s %-10s notice %-12s given %s  revoked %s  %s\n",
               value_text(doc, one, "kind", "-", kind, sizeof kind),
               value_text(doc, one, "method", "-", method, sizeof method),
               value_text(doc, one, "notice_version", "-", notice, sizeof notice),
               value_time(doc, one, "given_at_ms", "-", given),
               value_time(doc, one, "revoked_at_ms", "-", revoked),
               value_text(doc, one, "provider", "", provider, sizeof provider));
    }
    for (size_t i = 0; devices >= 0 && i < roost_json_size(doc, devices); i++) {
        int one = roost_json_at(doc, devices, i);
        char id[65], since[ROOST_DATETIME_LEN + 1];
        printf("  device     %-24s since %s\n",
               value_text(doc, one, "device_id", "-", id, sizeof id),
               value_time(doc, one, "claimed_at_ms", "-", since));
    }
}

void print_audit(const struct roost_json *doc)
{
    int lines = roost_json_find(doc, ROOST_JSON_ROOT, "audit");
    printf("%-24s  %-10s %-32s %s\n", "WHEN", "OPERATOR", "WHAT", "DEVICE");
    for (size_t i = 0; lines >= 0 && i < roost_json_size(doc, lines); i++) {
        int one = roost_json_at(doc, lines, i);
        char when[ROOST_DATETIME_LEN + 1], what[40], device[65], by[24] = "-";
        int64_t id;
        if (roost_json_get_int64(doc, one, "operator_id", &id) == 0)
            snprintf(by, sizeof by, "%" PRId64, id);
        printf("%-24s  %-10s %-32s %s\n", value_time(doc, one, "at_ms", "-", when), by,
               value_text(doc, one, "what", "-", what, sizeof what),
               value_text(doc, one, "device_id", "", device, sizeof device));
    }
}
