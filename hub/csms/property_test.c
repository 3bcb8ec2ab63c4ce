/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chargers that say everything until it is answered, sockets that break, a book that fails and a
 * hub that is killed, all at random: every session is in the book once, with its energy. A failure
 * prints the seed that replays it.
 */
#include "hub/csms/test_says.h"

enum { CHARGERS = 3, SESSIONS = 20, VALUES = 3, SEEDS = 12 };

static const char *const identities[CHARGERS] = {"CP0", "CP1", "CP2"};

struct model {
    struct rig_peer *peer;
    int session, step; /* step: 0 Start, then values, then Stop */
    int tx;            /* -1: never told */
    int meter, tries;
    int wh; /* of all sessions */
};

static uint64_t random_state;
static int seen_joined, seen_unmatched; /* of all seeds: both roads are taken */

static unsigned chance(unsigned of)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state >> 33) % of;
}

/* A session takes an hour. */
static const char *time_of(const struct model *m, int minute)
{
    static char text[40];

    snprintf(text, sizeof text, "2026-11-%02dT%02d:%02d:00Z", 1 + m->session / 20, m->session % 20,
             minute);
    return text;
}

static void say(struct model *m)
{
    char text[512];

    if (m->step == 0) {
        rig_sends(m->peer, start_at("s", 1, "ABC", m->meter, time_of(m, 0)));
        return;
    }
    if (m->step > VALUES) {
        rig_sends(m->peer, stop_at("e", m->tx, m->meter, time_of(m, 59), ",\"idTag\":\"ABC\""));
        return;
    }
    snprintf(text, sizeof text,
             "[2,\"m\",\"MeterValues\",{\"connectorId\":1,\"transactionId\":%d,\"meterValue\":[{"
             "\"timestamp\":\"%s\",\"sampledValue\":[{\"value\":\"%d\"}]}]}]",
             m->tx, time_of(m, m->step), m->meter);
    rig_sends(m->peer, text);
}

static void next_step(struct model *m)
{
    m->tries = 0;
    if (m->step > VALUES) {
        m->session++;
        m->step = 0;
        m->tx = 0;
        return;
    }
    m->step++;
    if (m->step > 1) {
        m->meter += 10;
        m->wh += 10;
    }
}

/* What came back, if anything did; true: the step is over. */
static bool hears(struct model *m)
{
    for (;;) {
        const char *text = rig_next(m->peer);
        if (text[0] == '\0')
            return false;
        if (text[1] != '3')
            continue; /* CALLERROR: once more */
        const char *tx = strstr(text, "\"transactionId\":");
        if (m->step == 0 && tx)
            m->tx = atoi(tx + 16);
        return true;
    }
}

static void disturb(struct model *models)
{
    struct model *m = &models[chance(CHARGERS)];

    switch (chance(8)) {
    case 0:
        if (m->peer) /* its answers are lost with it */
            rig_close(m->peer, HUB_PEER_LOST);
        m->peer = NULL;
        break;
    case 1:
        rig.book.fail = 1 + (int)chance(2);
        break;
    case 2:
        rig.book.full = 1;
        break;
    case 3:
        rig_kill(chance(2) == 0);
        for (int i = 0; i < CHARGERS; i++)
            models[i].peer = NULL;
        break;
    default:
        break;
    }
}

static void turn(struct model *m, int which)
{
    if (!m->peer) {
        book_fake_run(&rig.book);
        rig.book.fail = rig.book.full = 0;
        m->peer = rig_connect(identities[which]);
    }
    if (m->step == 0 && m->tries++ > 0 && chance(3) == 0) {
        m->tx = -1; /* given up, and the session goes on */
        next_step(m);
    }
    say(m);
    for (unsigned i = chance(5); i > 0; i--)
        (void)book_fake_one(&rig.book, true);
}

static void listen(struct model *m)
{
    if (!m->peer)
        return;
    if (hears(m))
        next_step(m);
    else if (m->peer->fake.state == HUB_PEER_FAKE_CLOSING) { /* the book failed: once more */
        rig_close(m->peer, HUB_PEER_FAULT);
        m->peer = NULL;
    }
}

static void is_in_the_book(const struct model *models)
{
    size_t sessions = 0;
    int wh = 0, kept_wh = 0, unmatched = 0, joined = 0;

    for (int i = 0; i < CHARGERS; i++) {
        sessions += (size_t)models[i].session;
        wh += models[i].wh;
    }
    assert_int_equal(rig.book.tx_count, sessions);
    for (size_t i = 0; i < rig.book.tx_count; i++) {
        const struct csms_tx *tx = &rig.book.txs[i];
        assert_false(tx->flags & CSMS_TX_NOT_BILLED);
        unmatched += tx->state == CSMS_TX_UNMATCHED;
        joined += (tx->flags & CSMS_TX_JOINED) != 0;
        if (tx->state != CSMS_TX_UNMATCHED) { /* its Start was never stored: a person sees it */
            assert_int_equal(tx->state, CSMS_TX_CLOSED);
            kept_wh += tx->meter_stop_wh - tx->meter_start_wh;
        }
    }
    assert_int_equal(kept_wh + unmatched * VALUES * 10, wh);
    assert_int_equal(rig.book.sample_count, sessions * VALUES);
    seen_joined += joined;
    seen_unmatched += unmatched;
}

static void whatever_happens_each_session_is_there_once(void **state)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct model models[CHARGERS] = {{.meter = 100}, {.meter = 200}, {.meter = 300}};
        bool going = true;

        print_message("seed %u\n", (unsigned)seed);
        random_state = seed * UINT64_C(0x9E3779B97F4A7C15);
        book_fake_tag(&rig.book, "ABC");
        for (int i = 0; i < CHARGERS; i++)
            book_fake_charger(&rig.book, identities[i])->booted = true;
        while (going) {
            going = false;
            for (int i = 0; i < CHARGERS; i++)
                if (models[i].session < SESSIONS) {
                    turn(&models[i], i);
                    going = true;
                }
            disturb(models);
            book_fake_run(&rig.book);
            for (int i = 0; i < CHARGERS; i++)
                if (models[i].session < SESSIONS)
                    listen(&models[i]);
        }
        is_in_the_book(models);
        rig_teardown(state);
        rig_setup(state);
    }
    assert_true(seen_joined > 0);
    assert_true(seen_unmatched > 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {T(whatever_happens_each_session_is_there_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
