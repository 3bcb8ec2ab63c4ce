/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole charger, from the plug to the wire: the real station with its power part in the modelled
 * world, under the central system of wire.h. Included after nothing, by one file a program.
 *
 *     charger_start();
 *     open_socket();
 *     cycle();
 *     instant = now();
 *     turn();
 *     while (said())
 *         answer_well();
 */
#ifndef ROOST_DEVICES_CHARGER_OCPP_TEST_WHOLE_H
#define ROOST_DEVICES_CHARGER_OCPP_TEST_WHOLE_H

#include "devices/charger/station/test/rig.h"

#include "devices/charger/ocpp/test/wire.h"

static int restarts, next_id;
static char statuses[512]; /* of connector 1, as they were told */

static void on_restart(void *ctx, bool hard)
{
    (void)ctx, (void)hard;
    restarts++;
}

static void on_random(void *ctx, void *out, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)out)[i] = (uint8_t)chip_draw();
}

static void boot_charger(void)
{
    static const struct roost_random_ops random_ops = {on_random};
    static const struct roost_random random_part = {.ops = &random_ops};
    const struct charger_ocpp_config config = {.wire = wire_part,
                                               .facts = {.vendor = "Roost", .model = "DC-20"},
                                               .does = {.restart = on_restart},
                                               .station = &rig.station,
                                               .keys = &rig.keys,
                                               .tags = &rig.tags,
                                               .profiles = &rig.profiles,
                                               .ledger = &rig.ledger,
                                               .random = &random_part};
    wire_forget();
    wire.open = false;
    instant = now();
    assert_int_equal(charger_ocpp_init(&ocpp, &config, &instant), 0);
}

static inline void charger_start(void)
{
    station_start(2);
    memset(&wire, 0, sizeof wire);
    wire.full_after = -1;
    true_ms = rig.unix_ms;
    restarts = next_id = 0;
    statuses[0] = '\0';
    boot_charger();
}

static inline void note_status(void)
{
    const char *at = strstr(wire.payload, "\"status\":\"");
    if (!holds("\"connectorId\":1,") || !at)
        return;
    copy_text(statuses + strlen(statuses), sizeof statuses - strlen(statuses) - 1, at + 10);
    strcat(statuses, " ");
}

static inline void answer_well(void)
{
    if (strcmp(wire.action, "StartTransaction") == 0) {
        char text[96];
        snprintf(text, sizeof text,
                 "{\"transactionId\":%d,\"idTagInfo\":{\"status\":\"Accepted\"}}", 42 + next_id++);
        answer(text);
    } else if (strcmp(wire.action, "Authorize") == 0) {
        answer("{\"idTagInfo\":{\"status\":\"Accepted\"}}");
    } else if (strcmp(wire.action, "BootNotification") == 0) {
        answer_boot("Accepted", 86400);
    } else if (strcmp(wire.action, "Heartbeat") == 0) {
        answer_heartbeat();
    } else if (strcmp(wire.action, "DataTransfer") == 0) {
        answer("{\"status\":\"Accepted\"}");
    } else {
        answer("{}");
    }
}

#endif
