/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/csms/vehicle.h"

#include <string.h>

#include "core/json_read.h"

enum { TOKENS = 64, DATA_MAX = 4096 };

/* What may be said, by message; all of it may be left out. A message without a member may say
 * anything. */
static const struct {
    const char *message, *member;
    double least, most;
} numbers[] = {
    {VEHICLE_INFO, "soc", 0, 100},
    {VEHICLE_INFO, "maxCurrent", 0, 10000},
    {VEHICLE_INFO, "range", 0, 10000},
    {"SessionSummary", "finalSoc", 0, 100},
    {"SessionSummary", "energyDelivered", 0, 1e9},
    {"SessionSummary", "durationMinutes", 0, 1e6},
    {"BMSAlert", NULL, 0, 0},
};
enum { NUMBERS = sizeof numbers / sizeof numbers[0] };

static bool is_known(const char *message)
{
    for (size_t i = 0; i < NUMBERS; i++)
        if (strcmp(numbers[i].message, message) == 0)
            return true;
    return false;
}

static bool fits(const struct roost_json *doc, const char *message)
{
    for (size_t i = 0; i < NUMBERS; i++) {
        double value;
        if (!numbers[i].member || strcmp(numbers[i].message, message) != 0 ||
            roost_json_find(doc, ROOST_JSON_ROOT, numbers[i].member) < 0)
            continue;
        if (roost_json_get_double(doc, ROOST_JSON_ROOT, numbers[i].member, &value) != 0 ||
            value < numbers[i].least || value > numbers[i].most)
            return false;
    }
    return true;
}

enum ocpp_word vehicle_take(void *ctx, const char *identity, const char *message_id,
                            const char *data)
{
    struct roost_json_token tokens[TOKENS];
    struct roost_json doc;
    size_t len = strlen(data);

    (void)ctx;
    (void)identity;
    if (!is_known(message_id))
        return OCPP_UnknownMessageId;
    if (len > DATA_MAX || roost_json_parse(&doc, tokens, TOKENS, data, len) != 0 ||
        roost_json_type(&doc, ROOST_JSON_ROOT) != ROOST_JSON_OBJECT)
        return OCPP_Rejected;
    return fits(&doc, message_id) ? OCPP_Accepted : OCPP_Rejected;
}
