/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The charger's device with certificates on OpenSSL and a central system of a few lines, which
 * answers what it is told and keeps it for the test. Included by one file a program. For tests
 * only.
 */
#ifndef ROOST_DEVICES_CHARGER_DEVICE_TEST_PAPERS_RIG_H
#define ROOST_DEVICES_CHARGER_DEVICE_TEST_PAPERS_RIG_H

#include "devices/charger/test/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "port/conformance_pki.h"
#include "port/linux/pki.h"

enum { RIG_MINUTE_MS = 60000, RIG_CALLS = 200, RIG_CALL_BYTES = 6144, RIG_PART_BYTES = 61 };

static struct {
    struct linux_pki on_openssl;
    /* the socket */
    bool open;
    int status;   /* of the attempts to come; 0: they are good */
    int attempts; /* so far */
    int shows;    /* under which of the roots offered the server's chain is; -1: it has none */
    char url[300], slot[9];
    /* the central system */
    char out[RIG_CALL_BYTES];
    size_t out_len;
    char calls[RIG_CALLS][RIG_CALL_BYTES]; /* of the charger, oldest first, that were looked at */
    int call_count, answered;
    char answer[RIG_CALL_BYTES]; /* the last one to a CALL of ours */
    const char *transfer;        /* what a DataTransfer is answered with */
    const char *signs;           /* and a SignCertificate */
    unsigned number;
    int days; /* its clock, as pki_at_day */
} rig;

/* ---- the socket ---- */

static int rig_open(void *ctx, const struct roost_ws_options *options)
{
    (void)ctx;
    char byte;

    rig.attempts++;
    rig.open = rig.status == 0;
    rig.out_len = 0;
    snprintf(rig.url, sizeof rig.url, "%s", options->url);
    snprintf(rig.slot, sizeof rig.slot, "%s",
             options->tls && options->tls->slot ? options->tls->slot : "");
    for (int i = 0; options->tls && i <= rig.shows && i < (int)options->tls->root_count; i++)
        assert_int_equal(options->tls->roots[i].read(options->tls->roots[i].ctx, 0, &byte, 1), 0);
    fake_later(&fake, 50,
               (struct roost_event){.type = rig.open ? ROOST_EV_WS_OPENED : ROOST_EV_WS_CLOSED,
                                    .status = rig.status});
    return 0;
}

static int rig_close(void *ctx, uint16_t code)
{
    (void)ctx;
    if (rig.open)
        fake_later(&fake, 0, (struct roost_event){.type = ROOST_EV_WS_CLOSED, .token = code});
    rig.open = false;
    return 0;
}

static int rig_send(void *ctx, const void *data, size_t len, bool first, bool last)
{
    (void)ctx;
    if (!rig.open)
        return ROOST_ERR_CLOSED;
    rig.out_len = first ? 0 : rig.out_len;
    assert_true(rig.out_len + len < sizeof rig.out);
    memcpy(rig.out + rig.out_len, data, len);
    rig.out_len += len;
    if (!last)
        return 0;
    rig.out[rig.out_len] = '\0';
    if (rig.out[1] == '2') {
        assert_true(rig.call_count < RIG_CALLS);
        memcpy(rig.calls[rig.call_count++], rig.out, rig.out_len + 1);
    } else {
        memcpy(rig.answer, rig.out, rig.out_len + 1);
    }
    return 0;
}

static const struct roost_ws_ops rig_ws = {
    .open = rig_open, .close = rig_close, .send_part = rig_send};

/* ---- its life ---- */

static void rig_boot(enum roost_reset_reason reason)
{
    unit_boot(reason);
    linux_pki_init(&rig.on_openssl, &store.kv, &fake.port.pki);
    rig.open = false;
    rig.call_count = rig.answered = 0;
    unit_start(unit_step);
}

static int rig_set_up(void **state)
{
    (void)state;
    memset(&rig, 0, sizeof rig);
    rig.transfer = rig.signs = "Accepted";
    unit_make("CP-0001");
    fake.port.ws = (struct roost_ws){&rig_ws, NULL};
    config.url = "wss://hub/ocpp";
    config.authorization_key = "00112233445566778899AABBCCDDEEFF";
    config.security_profile = 1;
    rig_boot(ROOST_RESET_POWER_ON);
    return 0;
}

/* ---- the central system ---- */

static void rig_feed(const char *text)
{
    size_t len = strlen(text);

    for (size_t at = 0; at < len; at += RIG_PART_BYTES) {
        size_t part = len - at < RIG_PART_BYTES ? len - at : RIG_PART_BYTES;
        const struct roost_event event = {.type = ROOST_EV_WS_PART,
                                          .data = text + at,
                                          .len = part,
                                          .token =
                                              (at == 0 ? ROOST_WS_FIRST : 0u) |
                                              (at + part == len ? (unsigned)ROOST_WS_LAST : 0)};
        assert_int_equal(roost_charger_post(&charger, &event), 0);
    }
}

static const char *rig_time(void)
{
    static char text[32];
    time_t at_s = (time_t)(pki_at_day(rig.days) / 1000);
    struct tm utc;

    gmtime_r(&at_s, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text;
}

static void rig_reply(const char *call)
{
    char text[256], id[40];
    const char *end = strchr(call + 4, '"');

    snprintf(id, sizeof id, "%.*s", (int)(end - call - 4), call + 4);
    if (strncmp(end + 3, "BootNotification", 16) == 0)
        snprintf(text, sizeof text,
                 "[3,\"%s\",{\"status\":\"Accepted\",\"interval\":86400,\"currentTime\":\"%s\"}]",
                 id, rig_time());
    else if (strncmp(end + 3, "DataTransfer", 12) == 0)
        snprintf(text, sizeof text, "[3,\"%s\",{\"status\":\"%s\"}]", id, rig.transfer);
    else if (strncmp(end + 3, "SignCertificate", 15) == 0)
        snprintf(text, sizeof text, "[3,\"%s\",{\"status\":\"%s\"}]", id, rig.signs);
    else if (strncmp(end + 3, "Heartbeat", 9) == 0)
        snprintf(text, sizeof text, "[3,\"%s\",{\"currentTime\":\"%s\"}]", id, rig_time());
    else
        snprintf(text, sizeof text, "[3,\"%s\",{}]", id);
    rig_feed(text);
}

/* For `ms`, answering what comes. */
static void rig_run(uint64_t ms)
{
    for (uint64_t end_ms = fake.now_ms + ms; fake.now_ms < end_ms && fake.reboots == 0;) {
        fake_run(&fake, 50);
        while (rig.answered < rig.call_count && rig.open)
            rig_reply(rig.calls[rig.answered++]);
    }
}

/* The first CALL of this action behind the last one looked at, with this in it; NULL: none. */
static const char *rig_said(const char *action, const char *with)
{
    char name[64];

    snprintf(name, sizeof name, "\"%s\"", action);
    for (int i = 0; i < rig.call_count; i++)
        if (strstr(rig.calls[i], name) && strstr(rig.calls[i], with))
            return rig.calls[i];
    return NULL;
}

static void rig_forget(void)
{
    rig.call_count = rig.answered = 0;
}

/* Sends a CALL; the payload with ' for ". Returns the answer from its payload on. */
static const char *rig_call(const char *action, const char *payload)
{
    static char text[24000];
    int at = snprintf(text, sizeof text, "[2,\"%u\",\"%s\",", ++rig.number, action);

    for (const char *c = payload; *c; c++)
        text[at++] = (char)(*c == '\'' ? '"' : *c);
    memcpy(text + at, "]", 2);
    rig.answer[0] = '\0';
    rig_feed(text);
    const char *answer = strchr(rig.answer, ',');
    return answer ? strchr(answer + 1, ',') + 1 : "";
}

/* {'<before>':'<pem>'<behind>} */
static const char *rig_paper(const char *action, const char *before,
                             const struct roost_pki_text *pem, const char *behind)
{
    static char payload[22000];
    size_t at = (size_t)snprintf(payload, sizeof payload, "{'%s':'", before);

    for (uint32_t i = 0; i < pem->len; i++) {
        char c = ((const char *)pem->bytes)[i];
        if (c == '\n')
            payload[at++] = '\\';
        payload[at++] = (char)(c == '\n' ? 'n' : c);
    }
    snprintf(payload + at, sizeof payload - at, "'%s}", behind);
    return rig_call(action, payload);
}

static inline const char *rig_install(const char *file)
{
    struct roost_pki_text pem = pki_file(file);

    return rig_paper("InstallCertificate", "certificate", &pem,
                     ",'certificateType':'CentralSystemRootCertificate'");
}

static inline const char *rig_set(const char *key, const char *value)
{
    char payload[256];

    snprintf(payload, sizeof payload, "{'key':'%s','value':'%s'}", key, value);
    return rig_call("ChangeConfiguration", payload);
}

static unsigned rig_events(enum charger_event_kind kind)
{
    struct charger_event event;
    unsigned count = 0;

    for (uint32_t after = 0; charger_events_read(&charger.events, after, 0, 0, &event) == 0;
         after = event.number)
        count += event.kind == kind;
    return count;
}

#define ACCEPTED "{\"status\":\"Accepted\"}]"
#define REJECTED "{\"status\":\"Rejected\"}]"

#endif
