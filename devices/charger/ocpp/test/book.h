/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For cutting the power of a whole charger (whole.h): its flash and its store lose it by one count
 * of operations, chip.operations; and the central system that is played keeps a book of Starts and
 * Stops, in which what comes twice must be the same. Included after nothing, by one file a program.
 *
 *     charger_start();
 *     rig.store.kv.ops = &cut_ops;
 *     cut_at(7, CUT_TORN);
 *     while (powered())
 *         step();
 */
#ifndef ROOST_DEVICES_CHARGER_OCPP_TEST_BOOK_H
#define ROOST_DEVICES_CHARGER_OCPP_TEST_BOOK_H

#include "devices/charger/ocpp/test/whole.h"

enum { STARTS = 4 };

/* ---- one count over flash and store: each key of which is atomic, so that torn is either ---- */

static int cut_write(const char *key, const void *value, int len)
{
    if (chip.dead)
        return ROOST_ERR_IO;
    if (len < 0 && kv_cut_slot(&rig.store, key) < 0)
        return ROOST_OK;
    bool cut = power_goes();
    bool done = !cut || chip.cut == CUT_AFTER || (chip.cut == CUT_TORN && chip_draw() % 2 == 0);
    int err = done ? kv_cut_write(&rig.store, key, value, len) : ROOST_ERR_IO;
    return cut ? ROOST_ERR_IO : err;
}

static int cut_set(void *ctx, const char *key, const void *value, size_t len)
{
    (void)ctx;
    return cut_write(key, value, (int)len);
}

static int cut_erase(void *ctx, const char *key)
{
    (void)ctx;
    return cut_write(key, NULL, -1);
}

static int cut_get(void *ctx, const char *key, void *value, size_t size)
{
    return chip.dead ? ROOST_ERR_IO : kv_cut_get(ctx, key, value, size);
}

static const struct roost_kv_ops cut_ops = {cut_get, cut_set, cut_erase, kv_cut_erase_all};

/* ---- what the central system knows ---- */

static struct {
    struct {
        char tag[24], time[32], stop_time[32];
        long meter, stop_meter;
        int connector, stops;
    } starts[STARTS];
    int count;
    bool closed, reserved, reservation_used;
} central;

static long number_in(const char *name)
{
    char mark[40];
    snprintf(mark, sizeof mark, "\"%s\":", name);
    const char *at = strstr(wire.payload, mark);
    assert_non_null(at);
    return strtol(at + strlen(mark), NULL, 10);
}

static void text_in(const char *name, char *out, size_t size)
{
    char mark[40];
    snprintf(mark, sizeof mark, "\"%s\":\"", name);
    const char *at = strstr(wire.payload, mark);
    assert_non_null(at);
    copy_text(out, size, at + strlen(mark));
}

/* A retried one is known by its connector, card, time and register. */
static void on_start(void)
{
    char tag[24], time[32], text[96];
    int connector = (int)number_in("connectorId"), id = 0;
    long meter = number_in("meterStart");
    text_in("idTag", tag, sizeof tag);
    text_in("timestamp", time, sizeof time);
    while (id < central.count &&
           !(central.starts[id].connector == connector && central.starts[id].meter == meter &&
             strcmp(central.starts[id].tag, tag) == 0 &&
             strcmp(central.starts[id].time, time) == 0))
        id++;
    if (id == central.count) {
        for (int i = 0; i < id; i++) /* the Stop of the one before came before it */
            assert_true(central.starts[i].connector != connector || central.starts[i].stops > 0);
        assert_true(central.count < STARTS);
        central.starts[central.count].connector = connector;
        central.starts[central.count].meter = meter;
        strcpy(central.starts[central.count].tag, tag);
        strcpy(central.starts[central.count++].time, time);
    }
    central.reservation_used |= holds("\"reservationId\":");
    snprintf(text, sizeof text, "{\"transactionId\":%d,\"idTagInfo\":{\"status\":\"Accepted\"}}",
             id);
    answer(text);
}

static void on_stop(void)
{
    char time[32];
    long id = number_in("transactionId"), meter = number_in("meterStop");
    text_in("timestamp", time, sizeof time);
    assert_in_range(id, 0, central.count - 1);
    if (central.starts[id].stops++ > 0) { /* the same again: its answer was not kept */
        assert_int_equal(central.starts[id].stop_meter, meter);
        assert_string_equal(central.starts[id].stop_time, time);
    }
    assert_true(meter >= central.starts[id].meter);
    assert_true(strcmp(time, central.starts[id].time) >= 0);
    central.starts[id].stop_meter = meter;
    strcpy(central.starts[id].stop_time, time);
    answer("{}");
}

static bool powered(void)
{
    return !chip.dead;
}

/* What is said without power is not heard. */
static void serve_all(void)
{
    while (powered() && wire.open && said() && powered()) {
        if (wire.type != 2) {
            bool good = holds("\"Accepted\"") || holds("\"Scheduled\"");
            central.closed |= good && strcmp(wire.id, "close") == 0;
            central.reserved |= good && strcmp(wire.id, "reserve") == 0;
        } else if (strcmp(wire.action, "StartTransaction") == 0) {
            on_start();
        } else if (strcmp(wire.action, "StopTransaction") == 0) {
            on_stop();
        } else {
            answer_well();
        }
    }
}

static inline void step(void)
{
    cycle();
    instant = now();
    turn();
    serve_all();
}

#endif
