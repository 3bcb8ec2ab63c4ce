/* SPDX-License-Identifier: Apache-2.0 */
/* The two tables, against what the standard's text says, written down here a second time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/charger/station/status.h"
#include "devices/charger/station/terms.h"

/* The standard's order and numbers: 1 Available .. 9 Faulted. */
static const enum charger_status numbered[10] = {
    CHARGER_STATUS_COUNT,    CHARGER_IS_AVAILABLE,      CHARGER_IS_PREPARING, CHARGER_IS_CHARGING,
    CHARGER_IS_SUSPENDED_EV, CHARGER_IS_SUSPENDED_EVSE, CHARGER_IS_FINISHING, CHARGER_IS_RESERVED,
    CHARGER_IS_UNAVAILABLE,  CHARGER_IS_FAULTED,
};

/* OCPP 1.6 edition 2, 4.9: from each state the states that may follow. */
static const char *const may_follow[10] = {
    "",         "2345789", /* A */
    "134569",              /* B */
    "145689",              /* C */
    "135689",              /* D */
    "134689",              /* E */
    "1289",                /* F */
    "1289",                /* G */
    "123459",              /* H */
    "12345678",            /* I */
};

/* A row for each state, a column for each happening; '.': it stays as it is. With the plug out and
 * in. Columns: plugged, unplugged, admitted, timed out, begun, flows, held, full, ended, reserved,
 * released, closed, opened. */
static const char *const expected[2][10] = {
    {
        "", "2.2.2....7.8.", /* Available */
        ".1.1.3541....",     /* Preparing */
        ".4....541....",     /* Charging */
        ".....35.1....",     /* SuspendedEV */
        ".....3.41....",     /* SuspendedEVSE */
        ".12.2......8.",     /* Finishing */
        "..2.2.....18.",     /* Reserved */
        "............1",     /* Unavailable */
        ".............",     /* Faulted */
    },
    {
        "",
        "2.2.2....7.8.",
        ".1.6.3546....",
        ".4....546....",
        ".....35.6....",
        ".....3.46....",
        ".12.2......8.",
        "..2.2.....28.",
        "............2",
        ".............",
    },
};

static const char *charger_happening_name(enum charger_happening happening)
{
    static const char *const names[CHARGER_HAPPENING_COUNT] = {
#define X(name, text) text,
        CHARGER_HAPPENING_LIST(X)
#undef X
    };

    return happening < CHARGER_HAPPENING_COUNT ? names[happening] : "unknown";
}

static void every_state_and_happening(void **state)
{
    (void)state;
    for (int plugged = 0; plugged < 2; plugged++)
        for (int from = 1; from <= 9; from++)
            for (unsigned what = 0; what < CHARGER_HAPPENING_COUNT; what++) {
                enum charger_status status = numbered[from];
                char cell = expected[plugged][from][what];
                bool moved =
                    charger_status_next(&status, (enum charger_happening)what, plugged != 0);

                assert_int_equal(moved, cell != '.');
                assert_int_equal(status, numbered[cell == '.' ? from : cell - '0']);
                if (moved)
                    assert_non_null(strchr(may_follow[from], cell));
            }
}

/* What a central system is told to do to a connector always does something somewhere. */
static void every_happening_matters(void **state)
{
    (void)state;
    for (unsigned what = 0; what < CHARGER_HAPPENING_COUNT; what++) {
        unsigned moves = 0;

        for (int from = 1; from <= 9; from++) {
            enum charger_status status = numbered[from];
            moves += charger_status_next(&status, (enum charger_happening)what, true);
        }
        assert_true(moves > 0);
        assert_string_not_equal(charger_happening_name((enum charger_happening)what), "unknown");
    }
    assert_string_equal(charger_status_name(CHARGER_IS_SUSPENDED_EVSE), "suspended-evse");
    assert_string_equal(charger_status_name(CHARGER_STATUS_COUNT), "unknown");
    assert_string_equal(charger_happening_name(CHARGER_HAPPENING_COUNT), "unknown");
}

static void terms_are_the_table(void **state)
{
    /* f flows, h held, e ends: waits, alone, good, refused, spent; refused and stop is off */
    static const char *const rows[CHARGER_TERMS_COUNT] = {"fffeeh", "hffeeh", "hhfeeh"};
    static const char letters[] = "fhe";

    (void)state;
    for (unsigned terms = 0; terms < CHARGER_TERMS_COUNT; terms++)
        for (unsigned verdict = 0; verdict < CHARGER_VERDICT_COUNT; verdict++)
            for (int stop = 0; stop < 2; stop++) {
                char wanted = rows[terms][verdict];

                if (verdict == CHARGER_VERDICT_REFUSED && !stop)
                    wanted = rows[terms][CHARGER_VERDICT_COUNT];
                assert_int_equal(letters[charger_terms((enum charger_terms)terms,
                                                       (enum charger_verdict)verdict, stop)],
                                 wanted);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_and_happening),
        cmocka_unit_test(every_happening_matters),
        cmocka_unit_test(terms_are_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
