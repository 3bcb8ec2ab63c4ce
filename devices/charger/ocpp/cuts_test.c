/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The power is cut at every write of flash and store while sessions are delivered, and again while
 * the rest is. Each begin and end arrives at least once, in order; what comes twice is the one
 * whose answer could not be noted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "devices/charger/ocpp/test/session.h"

enum { SESSIONS = 3 };

static struct chip full_chip;
static struct kv_cut full_store;
static int last, doubled; /* begin of session k: 2k, its end: 2k + 1; the newest that came */

static void central_system_notes(int event)
{
    assert_true(event == last || event == last + 1);
    doubled += event == last;
    last = event;
}

/* The session of a payload: by the tag that is in it, or the number that was given to it. */
static int session_of(const char *mark)
{
    const char *at = strstr(wire.payload, mark);
    assert_non_null(at);
    return (int)strtol(at + strlen(mark), NULL, 10);
}

static bool powered(void)
{
    return !chip.dead && store.power;
}

/* Until all is delivered, or the power goes. */
static void deliver(void)
{
    if (!powered())
        return;
    open_socket();
    for (int i = 0; i < 200 && powered() && wait_ms(1000); i++) {
        if (!powered())
            return;
        assert_true(said());
        if (strcmp(wire.action, "StartTransaction") == 0) {
            int session = session_of("\"idTag\":\"T");
            central_system_notes(2 * session);
            answer_start(session, "Accepted");
        } else {
            if (strcmp(wire.action, "StopTransaction") == 0)
                central_system_notes(2 * session_of("\"transactionId\":") + 1);
            serve_one();
        }
    }
}

static void fill(void)
{
    first_boot(1);
    for (int i = 0; i < SESSIONS; i++) {
        char tag[8];
        snprintf(tag, sizeof tag, "T%d", i);
        begin(1, tag);
        sample(1, ROOST_LEDGER_PERIODIC);
        end(1, "", ROOST_LEDGER_LOCAL);
    }
    full_chip = chip;
    full_store = store;
}

/* One cut at operation n of the flash (or write n of the store), a second one m operations behind
 * it. Returns whether the first was reached. */
static bool survives(bool kv, uint32_t n, enum cut cut, uint32_t m)
{
    chip = full_chip;
    store = full_store;
    last = -1;
    assert_true(boot());
    if (kv) {
        store.cut_at = (int)n - 1;
        store.cut_after = cut == CUT_AFTER;
    } else {
        cut_at(n, cut);
    }
    deliver();
    bool reached = !powered();
    cut_at(m, cut);
    if (!boot() || !powered())
        chip.dead = true;
    deliver();
    cut_at(0, CUT_BEFORE);
    assert_true(boot());
    deliver();
    assert_int_equal(last, 2 * SESSIONS - 1);
    assert_true(all_delivered());
    return reached;
}

static void the_flash_is_cut(void **state)
{
    (void)state;
    uint32_t n = 1;
    fill();
    for (bool reached = true; reached; n++)
        for (int cut = 0; cut < CUTS; cut++)
            for (uint32_t m = 0; m < 6; m++)
                reached = survives(false, n, (enum cut)cut, m);
    assert_true(n > 9 && doubled > 0); /* nine items are noted */
}

static void the_store_is_cut(void **state)
{
    (void)state;
    uint32_t n = 1;
    fill();
    for (bool reached = true; reached; n++)
        for (int cut = 0; cut < CUTS; cut += CUT_AFTER)
            reached = survives(true, n, (enum cut)cut, 0);
    assert_int_equal(charger_keys_int(&keys, CHARGER_KEY_HEARTBEAT_INTERVAL), 3600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_flash_is_cut),
        cmocka_unit_test(the_store_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
