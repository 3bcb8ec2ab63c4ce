/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The central system with chargers played by a test, frame by frame, in virtual time, on the book
 * of book_fake.h. For unit tests.
 *
 *     struct rig_peer *peer = rig_connect("CP1");
 *     rig_says(peer, "[2,\"1\",\"Heartbeat\",{}]");
 *     rig_hears(peer, "[3,\"1\",{\"currentTime\":\"2026-11-30T20:00:00.000Z\"}]");
 */
#ifndef ROOST_HUB_CSMS_TEST_RIG_H
#define ROOST_HUB_CSMS_TEST_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hub/csms/book_fake.h"
#include "hub/csms/csms_internal.h"
#include "hub/peer_fake.h"

enum { RIG_PEERS = 8, RIG_DONE = 64 };

#define RIG_TIME INT64_C(1796083200000) /* 2026-12-01T00:00:00Z */

struct rig_peer {
    struct hub_peer_fake fake;
    size_t read; /* messages that the test has looked at */
    bool there;
};

struct rig_done {
    int which;
    enum csms_outcome outcome;
    enum ocpp_error error;
    char text[64];
};

struct rig {
    struct host_clock clock;
    uint64_t now_ms;
    struct metrics *metrics;
    struct book_fake book;
    struct csms_parts with;
    struct hub_extra extras[2];
    struct hub_parts parts;
    struct csms *csms;
    struct rig_peer peers[RIG_PEERS];
    struct rig_done done[RIG_DONE];
    size_t done_count;
};

static struct rig rig;

/* ---- life ---- */

static inline uint64_t rig_now(void *ctx)
{
    (void)ctx;
    return rig.now_ms;
}

static inline int64_t rig_unix(void *ctx)
{
    (void)ctx;
    return RIG_TIME + (int64_t)rig.now_ms;
}

static inline void rig_random(void *ctx, void *out, size_t len)
{
    static uint8_t next;

    (void)ctx;
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)out)[i] = ++next;
}

static inline void rig_open(void)
{
    void *service;

    assert_int_equal(csms_service.open(&service, &rig.parts), 0);
    rig.csms = service;
}

static inline int rig_setup(void **state)
{
    static const struct host_clock_ops clock = {rig_now, rig_unix, rig_random};

    (void)state;
    memset(&rig, 0, sizeof rig);
    rig.clock = (struct host_clock){.ops = &clock};
    rig.metrics = metrics_new();
    book_fake_init(&rig.book);
    rig.with = (struct csms_parts){.book = &rig.book.book};
    rig.extras[0] = (struct hub_extra){CSMS_EXTRA, &rig.with};
    rig.parts =
        (struct hub_parts){.clock = &rig.clock, .metrics = rig.metrics, .extras = rig.extras};
    rig_open();
    return 0;
}

static inline void rig_close(struct rig_peer *peer, uint16_t code)
{
    assert_true(peer->there);
    peer->there = false;
    csms_service.sockets[0].events->closed(rig.csms, &peer->fake.peer, code);
}

static inline void rig_close_all(void)
{
    for (size_t i = 0; i < RIG_PEERS; i++)
        if (rig.peers[i].there)
            rig_close(&rig.peers[i], HUB_PEER_LOST);
}

static inline int rig_teardown(void **state)
{
    (void)state;
    rig_close_all();
    book_fake_run(&rig.book);
    assert_int_equal(rig.csms->call_count, 0);
    assert_int_equal(rig.csms->link_count, 0);
    assert_null(rig.csms->judging);
    assert_null(rig.csms->due);
    csms_service.close(rig.csms);
    metrics_free(rig.metrics);
    return 0;
}

/* kill -9 and a new start: what waits for the book is durable or not. */
static inline void rig_kill(bool durable)
{
    book_fake_kill(&rig.book, durable);
    rig_close_all();
    csms_service.close(rig.csms);
    rig_open();
}

static inline void rig_pass(uint64_t ms)
{
    rig.now_ms += ms;
    book_fake_run(&rig.book);
    (void)csms_service.tick(rig.csms, rig.now_ms);
    book_fake_run(&rig.book);
}

/* ---- chargers ---- */

static inline struct rig_peer *rig_ask_in(const char *id, const char *subprotocol,
                                          const char *authorization)
{
    struct rig_peer *peer = NULL;
    const struct hub_field param = {"id", id};
    const struct hub_field header = {"Authorization", authorization};
    struct hub_peer_request request = hub_peer_fake_request(CSMS_PATH, &param);

    for (size_t i = 0; i < RIG_PEERS && !peer; i++)
        if (!rig.peers[i].there)
            peer = &rig.peers[i];
    assert_non_null(peer);
    hub_peer_fake_init(&peer->fake);
    peer->read = 0;
    peer->there = true;
    request.subprotocol = subprotocol;
    request.headers = &header;
    request.header_count = authorization ? 1 : 0;
    csms_service.sockets[0].events->admit(rig.csms, &peer->fake.peer, &request);
    book_fake_run(&rig.book);
    if (peer->fake.state == HUB_PEER_FAKE_REFUSED || peer->fake.state == HUB_PEER_FAKE_GONE)
        peer->there = false;
    return peer;
}

static inline struct rig_peer *rig_connect(const char *id)
{
    struct rig_peer *peer = rig_ask_in(id, "ocpp1.6", NULL);

    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_OPEN);
    return peer;
}

/* Of a charger that was accepted before. */
static inline struct rig_peer *rig_charger(const char *id)
{
    if (!book_fake_row(&rig.book, id))
        book_fake_charger(&rig.book, id)->booted = true;
    return rig_connect(id);
}

/* The book does not answer yet. */
static inline void rig_sends(struct rig_peer *peer, const char *text)
{
    if (peer->fake.state == HUB_PEER_FAKE_OPEN)
        csms_service.sockets[0].events->message(rig.csms, &peer->fake.peer, HUB_PEER_TEXT, text,
                                                strlen(text));
}

static inline void rig_says(struct rig_peer *peer, const char *text)
{
    rig_sends(peer, text);
    book_fake_run(&rig.book);
}

/* The next that it read and the test did not; "" when there is none. */
static inline const char *rig_next(struct rig_peer *peer)
{
    if (peer->read == peer->fake.sent_count)
        return "";
    return peer->fake.sent[peer->read++ % HUB_PEER_FAKE_SENT].data;
}

static inline void rig_hears(struct rig_peer *peer, const char *text)
{
    assert_string_equal(rig_next(peer), text);
}

static inline void rig_hears_nothing(struct rig_peer *peer)
{
    rig_hears(peer, "");
}

/* A CALLERROR with this word. */
static inline void rig_hears_error(struct rig_peer *peer, const char *id, const char *word)
{
    char begin[128];
    const char *text = rig_next(peer);

    snprintf(begin, sizeof begin, "[4,\"%s\",\"%s\",\"", id, word);
    assert_memory_equal(text, begin, strlen(begin));
    assert_string_equal(text + strlen(text) - 4, ",{}]");
}

/* It was closed without an answer, so that it says the same again; a new socket is returned. */
static inline struct rig_peer *rig_is_hung_up_and_comes_again(struct rig_peer *peer, const char *id)
{
    rig_hears_nothing(peer);
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_CLOSING);
    assert_int_equal(peer->fake.code, HUB_PEER_FAULT);
    rig_close(peer, HUB_PEER_FAULT);
    return rig_connect(id);
}

static inline void rig_heartbeat_works(struct rig_peer *peer)
{
    rig_says(peer, "[2,\"hb\",\"Heartbeat\",{}]");
    assert_memory_equal(rig_next(peer), "[3,\"hb\",{\"currentTime\":\"", 24);
}

/* ---- ours ---- */

static inline void rig_on_done(void *ctx, enum csms_outcome outcome, enum ocpp_error error,
                               const char *text)
{
    struct rig_done *done = &rig.done[rig.done_count++];

    *done = (struct rig_done){.which = *(int *)ctx, .outcome = outcome, .error = error};
    snprintf(done->text, sizeof done->text, "%s", text);
}

static inline int rig_write_reset(void *ctx, struct ocpp_writer *w)
{
    (void)ctx;
    ocpp_put_word(w, OCPP_type, OCPP_Soft);
    return 0;
}

/* Resets it; `which` names it in rig.done. */
static inline int rig_reset(const char *id, int *which)
{
    const struct csms_ask ask = {
        .message = OCPP_MSG_Reset, .write = rig_write_reset, .done = rig_on_done, .ctx = which};

    return csms_ask(rig.csms, id, &ask);
}

/* The id of the CALL that it reads next. */
static inline void rig_hears_call(struct rig_peer *peer, const char *action, char id[40])
{
    char word[40];

    assert_int_equal(sscanf(rig_next(peer), "[2,\"%39[^\"]\",\"%39[^\"]\"", id, word), 2);
    assert_string_equal(word, action);
}

static inline void rig_answers(struct rig_peer *peer, const char *id, const char *payload)
{
    char text[256];

    snprintf(text, sizeof text, "[3,\"%s\",%s]", id, payload);
    rig_says(peer, text);
}

#endif
