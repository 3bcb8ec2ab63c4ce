/* SPDX-License-Identifier: Apache-2.0 */
#include "print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/datetime.h"
#include "values.h"

static const char *text_of(const struct roost_json *doc, int object, const char *key, char *out,
                           size_t size)
{
    return value_text(doc, object, key, "-", out, size);
}

static const char *time_of(const struct roost_json *doc, int object, const char *key,
                           char out[ROOST_DATETIME_LEN + 1])
{
    return value_time(doc, object, key, "-", out);
}

static void raw(const struct roost_json *doc, int object, const char *key, const char *label)
{
    const char *text;
    size_t len;
    if (roost_json_get_raw(doc, object, key, &text, &len) == 0)
        printf("  %-14s %.*s\n", label, (int)len, text);
}

void print_devices_head(void)
{
    printf("%-24s %-8s %-10s %-9s %-20s %8s %8s %8s  %-24s  %s\n", "DEVICE", "TYPE", "CONNECTION",
           "CONDITION", "FAULT", "DEGC", "HUMID%", "DBFS", "LAST SEEN", "FIRMWARE");
}

/* "1.4.0", with the update's state while it goes on, or that it failed. */
static void print_device_line(const struct roost_json *doc, int device)
{
    char id[65], type[16], connectivity[16], condition[16], fault[64], firmware[40];
    char temperature[VALUE_SIZE], humidity[VALUE_SIZE], sound[VALUE_SIZE], update[VALUE_SIZE];
    char seen[ROOST_DATETIME_LEN + 1];
    value_update(doc, device, update);
    printf("%-24s %-8s %-10s %-9s %-20s %8s %8s %8s  %-24s  %s%s%s%s\n",
           text_of(doc, device, "device_id", id, sizeof id),
           text_of(doc, device, "type", type, sizeof type),
           text_of(doc, device, "connectivity", connectivity, sizeof connectivity),
           text_of(doc, device, "condition", condition, sizeof condition),
           value_of_part(doc, device, "health", "fault", "-", fault, sizeof fault),
           value_latest(doc, device, "temperature", "-", temperature),
           value_latest(doc, device, "humidity", "-", humidity),
           value_latest(doc, device, "sound", "-", sound),
           time_of(doc, device, "last_seen_at_ms", seen),
           value_of_part(doc, device, "health", "firmware", "-", firmware, sizeof firmware),
           update[0] ? "," : "", update, value_flag(doc, device, "claimed") ? "" : ",unclaimed");
}

void print_devices(const struct roost_json *doc)
{
    int devices = roost_json_find(doc, ROOST_JSON_ROOT, "devices");
    for (size_t i = 0; devices >= 0 && i < roost_json_size(doc, devices); i++)
        print_device_line(doc, roost_json_at(doc, devices, i));
}

void print_operators(const struct roost_json *doc)
{
    int operators = roost_json_find(doc, ROOST_JSON_ROOT, "operators");
    printf("%-40s %-10s  %s\n", "OPERATOR", "ROLE", "SINCE");
    for (size_t i = 0; operators >= 0 && i < roost_json_size(doc, operators); i++) {
        int one = roost_json_at(doc, operators, i);
        char email[129], role[16], since[ROOST_DATETIME_LEN + 1];
        printf("%-40s %-10s  %s\n", text_of(doc, one, "email", email, sizeof email),
               text_of(doc, one, "role", role, sizeof role),
               time_of(doc, one, "created_at_ms", since));
    }
}

static void print_members(const struct roost_json *doc, int device, const char *part,
                          const char *const *keys)
{
    int object = roost_json_find(doc, device, part);
    if (object < 0 || roost_json_type(doc, object) != ROOST_JSON_OBJECT)
        return;
    printf("%s\n", part);
    for (; *keys; keys++)
        raw(doc, object, *keys, *keys);
}

/* What the hub took of it for good and did not understand, as its page shows it. */
static void print_refused(const struct roost_json *doc, int device)
{
    int refused = roost_json_find(doc, device, "refused");
    if (refused < 0 || roost_json_size(doc, refused) == 0)
        return;
    printf("refused\n");
    for (size_t i = 0; i < roost_json_size(doc, refused); i++) {
        int one = roost_json_at(doc, refused, i);
        char reason[32], topic[160], excerpt[256], last[ROOST_DATETIME_LEN + 1];
        int64_t times = 0;
        (void)roost_json_get_int64(doc, one, "count", &times);
        printf("  %-14s %" PRId64 " on %s, last %s: %s\n",
               text_of(doc, one, "reason", reason, sizeof reason), times,
               text_of(doc, one, "topic", topic, sizeof topic),
               time_of(doc, one, "last_at_ms", last),
               text_of(doc, one, "excerpt", excerpt, sizeof excerpt));
    }
}

void print_device(const struct roost_json *doc)
{
    static const char *const health[] = {
        "firmware",        "uptime_ms",       "boots",          "crashes",      "reset_reason",
        "rssi_dbm",        "heap_free_bytes", "heap_low_bytes", "reconnects",   "journal_waiting",
        "journal_dropped", "fault",           "fault_text",     "fault_action", NULL};
    static const char *const update[] = {"state", "version", "report", "error", NULL};
    static const char *const window[] = {"position",   "target", "moving",
                                         "calibrated", "fault",  NULL};
    static const char *const decision[] = {"position", "confidence",    "temperature", "humidity",
                                           "sound",    "model_version", NULL};
    char text[80], seen[ROOST_DATETIME_LEN + 1];
    printf("%s\n", text_of(doc, ROOST_JSON_ROOT, "device_id", text, sizeof text));
    printf("  %-14s %s\n", "name", text_of(doc, ROOST_JSON_ROOT, "name", text, sizeof text));
    printf("  %-14s %s\n", "location",
           text_of(doc, ROOST_JSON_ROOT, "location", text, sizeof text));
    printf("  %-14s %s\n", "connection",
           text_of(doc, ROOST_JSON_ROOT, "connectivity", text, sizeof text));
    printf("  %-14s %s\n", "condition",
           text_of(doc, ROOST_JSON_ROOT, "condition", text, sizeof text));
    printf("  %-14s %s\n", "last seen", time_of(doc, ROOST_JSON_ROOT, "last_seen_at_ms", seen));
    static const char *const metrics[] = {"temperature", "humidity", "sound"};
    for (size_t i = 0; i < 3; i++) {
        printf("  %-14s %s\n", metrics[i],
               value_latest(doc, ROOST_JSON_ROOT, metrics[i], "-", text));
    }
    print_members(doc, ROOST_JSON_ROOT, "window", window);
    print_members(doc, ROOST_JSON_ROOT, "decision", decision);
    print_members(doc, ROOST_JSON_ROOT, "health", health);
    print_members(doc, ROOST_JSON_ROOT, "update", update);
    print_refused(doc, ROOST_JSON_ROOT);
}

void print_history(const struct roost_json *doc)
{
    int points = roost_json_find(doc, ROOST_JSON_ROOT, "points");
    char unit[16];
    printf("# time mean min max (%s)\n", text_of(doc, ROOST_JSON_ROOT, "unit", unit, sizeof unit));
    for (size_t i = 0; points >= 0 && i < roost_json_size(doc, points); i++) {
        int point = roost_json_at(doc, points, i);
        char when[ROOST_DATETIME_LEN + 1] = "-";
        for (size_t k = 0; k < roost_json_size(doc, point); k++) {
            size_t len;
            const char *text = roost_json_text(doc, roost_json_at(doc, point, k), &len);
            int64_t unix_ms = 0;
            if (k == 0) {
                for (size_t c = 0; c < len && text[c] >= '0' && text[c] <= '9'; c++)
                    unix_ms = unix_ms * 10 + (text[c] - '0');
                roost_datetime_write(when, unix_ms);
                printf("%s", when);
            } else {
                printf(" %.*s", (int)len, text);
            }
        }
        printf("\n");
    }
}

void print_command(const struct roost_json *doc, int object)
{
    char id[40], name[32], state[16], created[ROOST_DATETIME_LEN + 1];
    const char *answer = "";
    size_t len = 0;
    roost_json_get_raw(doc, object, "answer", &answer, &len);
    printf("%s  %-36s %-12s %-8s %.*s\n", time_of(doc, object, "created_at_ms", created),
           text_of(doc, object, "command_id", id, sizeof id),
           text_of(doc, object, "command", name, sizeof name),
           text_of(doc, object, "state", state, sizeof state), (int)len, answer);
}

void print_commands(const struct roost_json *doc)
{
    int commands = roost_json_find(doc, ROOST_JSON_ROOT, "commands");
    for (size_t i = 0; commands >= 0 && i < roost_json_size(doc, commands); i++)
        print_command(doc, roost_json_at(doc, commands, i));
}

void print_event(const char *event, const char *json, bool as_json)
{
    if (as_json)
        printf("{\"event\":\"%s\",\"data\":%s}\n", event, json[0] ? json : "null");
    else
        printf("%-8s %s\n", event, json);
    fflush(stdout);
}
