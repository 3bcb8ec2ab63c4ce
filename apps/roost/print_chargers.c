/* SPDX-License-Identifier: Apache-2.0 */
/* Chargers and transactions as text for people. */
#include <inttypes.h>
#include <stdio.h>

#include "print.h"
#include "values.h"

static int64_t number(const struct roost_json *doc, int object, const char *key)
{
    int64_t value = 0;
    (void)roost_json_get_int64(doc, object, key, &value);
    return value;
}

/* "1 Charging, 2 Available" */
static void print_statuses(const struct roost_json *doc, int charger)
{
    int all = roost_json_find(doc, charger, "connectors");
    const char *between = "";
    for (size_t i = 0; all >= 0 && i < roost_json_size(doc, all); i++) {
        int one = roost_json_at(doc, all, i);
        char status[24], error[24];
        int64_t id = number(doc, one, "connector_id");
        if (id == 0)
            continue;
        value_text(doc, one, "error_code", "NoError", error, sizeof error);
        printf("%s%" PRId64 " %s", between, id,
               value_text(doc, one, "status", "-", status, sizeof status));
        if (error[0] != 'N')
            printf(" (%s)", error);
        between = ", ";
    }
    printf("\n");
}

static void print_charger_line(const struct roost_json *doc, int charger)
{
    char identity[64], firmware[32], vendor[24];
    printf("%-24s %-7s %-12s %-12s ",
           value_text(doc, charger, "identity", "-", identity, sizeof identity),
           value_flag(doc, charger, "online") ? "online" : "away",
           value_text(doc, charger, "vendor", "-", vendor, sizeof vendor),
           value_text(doc, charger, "firmware", "-", firmware, sizeof firmware));
    print_statuses(doc, charger);
}

static void print_chargers_head(void)
{
    printf("%-24s %-7s %-12s %-12s %s\n", "CHARGER", "STATE", "VENDOR", "FIRMWARE", "CONNECTORS");
}

void print_chargers(const struct roost_json *doc)
{
    int all = roost_json_find(doc, ROOST_JSON_ROOT, "chargers");
    print_chargers_head();
    for (size_t i = 0; all >= 0 && i < roost_json_size(doc, all); i++)
        print_charger_line(doc, roost_json_at(doc, all, i));
}

void print_charger(const struct roost_json *doc)
{
    print_chargers_head();
    print_charger_line(doc, ROOST_JSON_ROOT);
}

void print_tags(const struct roost_json *doc)
{
    int all = roost_json_find(doc, ROOST_JSON_ROOT, "tags");
    printf("%-20s %-20s %-8s %s\n", "TAG", "GROUP", "BLOCKED", "EXPIRES");
    for (size_t i = 0; all >= 0 && i < roost_json_size(doc, all); i++) {
        int one = roost_json_at(doc, all, i);
        char tag[84], group[84], expires[ROOST_DATETIME_LEN + 1];
        printf("%-20s %-20s %-8s %s\n", value_text(doc, one, "id_tag", "-", tag, sizeof tag),
               value_text(doc, one, "parent_id_tag", "-", group, sizeof group),
               value_flag(doc, one, "blocked") ? "yes" : "no",
               value_time(doc, one, "expires_at_ms", "never", expires));
    }
}

void print_transactions(const struct roost_json *doc)
{
    int all = roost_json_find(doc, ROOST_JSON_ROOT, "transactions");
    printf("%9s %-24s %-9s %-20s %-24s %8s  %s\n", "NUMBER", "CHARGER", "STATE", "TAG", "STARTED",
           "WH", "REASON");
    for (size_t i = 0; all >= 0 && i < roost_json_size(doc, all); i++) {
        int one = roost_json_at(doc, all, i);
        char identity[64], state[16], tag[84], reason[24], started[ROOST_DATETIME_LEN + 1];
        printf("%9" PRId64 " %-24s %-9s %-20s %-24s %8" PRId64 "  %s\n",
               number(doc, one, "transaction_id"),
               value_text(doc, one, "identity", "-", identity, sizeof identity),
               value_text(doc, one, "state", "-", state, sizeof state),
               value_text(doc, one, "id_tag", "-", tag, sizeof tag),
               value_time(doc, one, "started_at_ms", "-", started), number(doc, one, "energy_wh"),
               value_text(doc, one, "reason", "-", reason, sizeof reason));
    }
}
