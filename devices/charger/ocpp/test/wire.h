/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A central system that is played frame by frame, as JSON text, to the charge point `ocpp`. It
 * reads and writes by string functions alone, so that it shares no mistake with proto/ocpp. Time is
 * `instant`, which the rig around it moves. Included after <cmocka.h>, by one file a program.
 *
 *     open_socket();
 *     expect("BootNotification", NULL);
 *     answer_boot("Accepted", 60);
 *     expect("StatusNotification", "{\"connectorId\":0,...}");
 *     expect_silence();
 */
#ifndef ROOST_DEVICES_CHARGER_OCPP_TEST_WIRE_H
#define ROOST_DEVICES_CHARGER_OCPP_TEST_WIRE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/datetime.h"
#include "core/timer.h"
#include "devices/charger/ocpp/parts.h"

#ifndef FRAME_MAX
#define FRAME_MAX 8192 /* bytes said and not looked at yet */
#endif

static struct charger_ocpp ocpp;
static struct charger_instant instant;
static int64_t true_ms; /* Unix time at instant.now_ms 0, as the central system has it */

/* ---- the socket ---- */

static struct {
    char queue[FRAME_MAX]; /* frames said and not looked at yet, each with its NUL */
    size_t used, begun;    /* of it; where the one under way begins */
    int count, pieces;
    bool open, middle, closed_by_us;
    int full;       /* so many sends from now on find no room */
    int full_after; /* pieces that go before one that does not; -1: it is not planned */
    size_t longest;
    uint32_t closes, total;
    char looked[FRAME_MAX], id[64], action[64]; /* the one looked at last */
    const char *payload;
    int type;
} wire;

static int wire_send(void *ctx, const char *text, size_t len, bool first, bool last)
{
    (void)ctx;
    assert_true(wire.open && len > 0 && len <= CHARGER_OCPP_FRAME_BYTES);
    assert_int_equal(first, !wire.middle);
    if (wire.full_after >= 0 && wire.full_after-- == 0)
        return ROOST_ERR_FULL;
    if (wire.full > 0) {
        wire.full--;
        return ROOST_ERR_FULL;
    }
    assert_true(wire.used + len < FRAME_MAX);
    memcpy(wire.queue + wire.used, text, len);
    wire.used += len;
    wire.pieces++;
    wire.middle = !last;
    if (last) {
        size_t whole = wire.used - wire.begun;
        wire.longest = whole > wire.longest ? whole : wire.longest;
        wire.queue[wire.used++] = '\0';
        wire.begun = wire.used;
        wire.count++;
        wire.total++;
    }
    return 0;
}

/* What was not looked at is not heard. */
static inline void wire_forget(void)
{
    wire.middle = false;
    wire.used = wire.begun = 0;
    wire.count = 0;
}

static void wire_close(void *ctx)
{
    (void)ctx;
    wire.closes++;
    wire.closed_by_us = true;
    wire.open = wire.middle = false;
    wire.used = wire.begun; /* of a message under way */
}

static const struct charger_ocpp_wire wire_part = {.send = wire_send, .close = wire_close};

/* A turn of the charge point; returns when it wants the next one. */
static inline uint64_t turn(void)
{
    return charger_ocpp_run(&ocpp, &instant);
}

static inline void open_socket(void)
{
    wire_forget();
    wire.open = true;
    wire.closed_by_us = false;
    charger_ocpp_opened(&ocpp, &instant);
}

/* By the other side, or the line. */
static inline void drop_socket(void)
{
    wire_forget();
    wire.open = false;
    charger_ocpp_closed(&ocpp, &instant);
}

/* ---- what is said ---- */

static inline void copy_text(char *out, size_t size, const char *from)
{
    const char *end = strchr(from, '"');
    assert_true(end && (size_t)(end - from) < size);
    memcpy(out, from, (size_t)(end - from));
    out[end - from] = '\0';
}

/* The oldest frame: its type, id, action (of an error its code) and payload; false: there is none.
 * Takes a turn when there is nothing yet. */
static inline bool said(void)
{
    if (wire.count == 0)
        turn();
    if (wire.count == 0)
        return false;
    size_t len = strlen(wire.queue) + 1;
    memcpy(wire.looked, wire.queue, len);
    memmove(wire.queue, wire.queue + len, wire.used - len);
    wire.used -= len;
    wire.begun -= len;
    wire.count--;
    char *f = wire.looked;
    assert_true(f[0] == '[' && f[2] == ',' && f[3] == '"' && f[len - 2] == ']');
    f[len - 2] = '\0';
    wire.type = f[1] - '0';
    copy_text(wire.id, sizeof wire.id, f + 4);
    f += 4 + strlen(wire.id) + 2;
    wire.action[0] = '\0';
    if (*f == '"') {
        copy_text(wire.action, sizeof wire.action, f + 1);
        f += strlen(wire.action) + 3;
    }
    wire.payload = f;
    return true;
}

/* The next CALL; payload NULL: whatever it says. */
static inline void expect(const char *action, const char *payload)
{
    assert_true(said());
    assert_int_equal(wire.type, 2);
    assert_string_equal(wire.action, action);
    if (payload)
        assert_string_equal(wire.payload, payload);
}

static inline void expect_silence(void)
{
    turn();
    if (wire.count > 0)
        print_message("said: %s\n", wire.queue);
    assert_int_equal(wire.count, 0);
}

static inline bool holds(const char *part)
{
    return strstr(wire.payload, part) != NULL;
}

/* ---- what is heard ---- */

static inline void hear(const char *text)
{
    charger_ocpp_feed(&ocpp, text, strlen(text), true, true, &instant);
}

/* To what was looked at last. */
static inline void answer(const char *payload)
{
    static char text[1024];
    snprintf(text, sizeof text, "[3,\"%s\",%s]", wire.id, payload);
    hear(text);
}

static inline void answer_error(const char *code)
{
    static char text[256];
    snprintf(text, sizeof text, "[4,\"%s\",\"%s\",\"\",{}]", wire.id, code);
    hear(text);
}

static inline const char *time_now(void)
{
    static char text[ROOST_DATETIME_LEN + 1];
    roost_datetime_write(text, true_ms + (int64_t)instant.now_ms);
    return text;
}

static inline void answer_boot(const char *status, int interval_s)
{
    char text[160];
    snprintf(text, sizeof text, "{\"status\":\"%s\",\"interval\":%d,\"currentTime\":\"%s\"}",
             status, interval_s, time_now());
    answer(text);
}

static inline void answer_heartbeat(void)
{
    char text[96];
    snprintf(text, sizeof text, "{\"currentTime\":\"%s\"}", time_now());
    answer(text);
}

/* ---- what comes back of a CALL or of garbage ---- */

static inline void expect_result(const char *id, const char *payload)
{
    assert_true(said());
    assert_int_equal(wire.type, 3);
    assert_string_equal(wire.id, id);
    if (payload)
        assert_string_equal(wire.payload, payload);
}

static inline void expect_error(const char *id, const char *code)
{
    assert_true(said());
    assert_int_equal(wire.type, 4);
    assert_string_equal(wire.id, id);
    assert_string_equal(wire.action, code);
}

#endif
