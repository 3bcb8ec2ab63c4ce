/* SPDX-License-Identifier: Apache-2.0 */
/* Every state and everything that can be done to a station in it; where it is 13 s later. */
#include "devices/charger/station/test/states.h"

enum doing {
    PLUG_IN,
    PLUG_OUT,
    OWN_CARD,
    OTHER_CARD,
    REMOTE_START,
    REMOTE_STOP,
    CLOSE,
    OPEN,
    RESERVE,
    CANCEL,
    LIMIT,
    LIFT,
    BATTERY_REFUSES,
    NO_EARTH,
    RESET,
    TIME_OUT,
    DOINGS
};

static void do_it(enum doing doing)
{
    struct charger_station *station = &rig.station;

    switch (doing) {
    case PLUG_IN:
    case PLUG_OUT:
        plug(1, doing == PLUG_IN);
        break;
    case OWN_CARD:
        charger_station_card(station, 0, "A");
        break;
    case OTHER_CARD:
        know("B", "");
        charger_station_card(station, 0, "B");
        break;
    case REMOTE_START:
        (void)charger_station_remote_start(station, "R", 1, NULL, NULL);
        break;
    case REMOTE_STOP:
        (void)charger_station_remote_stop(station, 42);
        break;
    case CLOSE:
    case OPEN:
        (void)charger_station_available(station, 1, doing == OPEN);
        break;
    case RESERVE:
        (void)reserve(1, 9, "A", "", 3600);
        break;
    case CANCEL:
        (void)charger_station_cancel(station, RESERVATION_ID);
        break;
    case LIMIT:
        limit_tenths_a(0);
        break;
    case LIFT:
        lift_limit();
        break;
    case BATTERY_REFUSES:
        hurt(1, WORLD_CHARGER_BATTERY_REFUSES, true);
        break;
    case NO_EARTH:
        hurt(1, WORLD_CHARGER_NO_EARTH, true);
        break;
    case RESET:
        charger_station_end(station, false);
        break;
    case TIME_OUT:
        run(61000);
        break;
    case DOINGS:
        fail();
    }
}

/* a available, p preparing, c charging, v suspended by us, e by the vehicle, f finishing, r
 * reserved, u unavailable, x faulted. Columns: plug in, out; card own, other; remote start, stop;
 * close, open; reserve, cancel; limit, lift; the battery refuses, no earth; reset; time. */
static const char letters[CHARGER_STATUS_COUNT + 1] = "apcvefrux";
static const char *const expected[CHARGER_IS_FAULTED] = {
    /*                             io oo rs co rc ll rx rt */
    [CHARGER_IS_AVAILABLE] = /* */ "papppaua"
                                   "raaaaxaa",
    [CHARGER_IS_PREPARING] = /* */ "pacccpup"
                                   "ppppp"
                                   "xff",
    [CHARGER_IS_CHARGING] = /*  */ "cafccfcc"
                                   "ccvce"
                                   "xfc",
    [CHARGER_IS_SUSPENDED_EVSE] = "vafvvfvv"
                                  "vvvcv"
                                  "xfv",
    [CHARGER_IS_SUSPENDED_EV] = /**/ "eafeefee"
                                     "eevee"
                                     "xfe",
    [CHARGER_IS_FINISHING] = /* */ "facccfuf"
                                   "fffff"
                                   "xff",
    [CHARGER_IS_RESERVED] = /*  */ "rrprrrur"
                                   "rarrr"
                                   "xrr",
    [CHARGER_IS_UNAVAILABLE] = "uuuuuuua"
                               "uuuuu"
                               "xuu",
};

static void every_state_and_doing(void **state)
{
    (void)state;
    for (unsigned from = 0; from < CHARGER_IS_FAULTED; from++)
        for (unsigned doing = 0; doing < DOINGS; doing++) {
            station_start(1);
            bring((enum charger_status)from);
            do_it((enum doing)doing);
            run(13000);
            if (letters[status(1)] != expected[from][doing])
                print_message("%s, doing %u: %s, expected %c\n",
                              charger_status_name((enum charger_status)from), doing,
                              charger_status_name(status(1)), expected[from][doing]);
            assert_int_equal(letters[status(1)], expected[from][doing]);
            /* Energy only where it is told. */
            assert_true(status(1) == CHARGER_IS_CHARGING || !energised(1) ||
                        status(1) == CHARGER_IS_SUSPENDED_EV);
            assert_int_equal(at(1)->transaction != 0, roost_ledger_open(&rig.ledger, 1) != 0);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_state_and_doing)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
