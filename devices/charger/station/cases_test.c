/* SPDX-License-Identifier: Apache-2.0 */
/* The cases by their numbers: who is let in, what a verdict means, reserved, out of order. */
#include "devices/charger/station/test/states.h"

/* ---- admission ---- */

static void p_21_time_out(void **state)
{
    (void)state;
    station_start(1);
    set_key(CHARGER_KEY_CONNECTION_TIMEOUT, 10);
    run(100);
    assert_int_equal(charger_station_remote_start(&rig.station, "R", 0, NULL, NULL), 1);
    assert_int_equal(status(1), CHARGER_IS_PREPARING);
    run(9900);
    assert_int_equal(status(1), CHARGER_IS_PREPARING);
    run(200);
    assert_int_equal(status(1), CHARGER_IS_AVAILABLE);
    run(4800);
    plug(1, true);
    run(5000);
    assert_int_equal(status(1), CHARGER_IS_PREPARING);
    assert_int_equal(at(1)->transaction, 0);
}

static void p_22_two_guns_one_reader(void **state)
{
    (void)state;
    station_start(2);
    set_key(CHARGER_KEY_CONNECTION_TIMEOUT, 10);
    know("A", "");
    plug(1, true);
    run(9000);
    assert_int_equal(status(1), CHARGER_IS_PREPARING);
    run(1100);
    assert_int_equal(status(1), CHARGER_IS_FINISHING);
    charger_station_card(&rig.station, 0, "A");
    run(1000);
    assert_int_equal(at(1)->transaction, 0);
    plug(2, true);
    run(100);
    assert_int_equal(status(1), CHARGER_IS_FINISHING);
    assert_int_not_equal(at(2)->transaction, 0);
    assert_string_equal(at(2)->tag, "A");
}

/* The card is for the gun that was plugged in last; a second one for the other. */
static void two_guns_two_cards(void **state)
{
    (void)state;
    station_start(2);
    know("A", "");
    know("B", "");
    plug(1, true);
    run(1000);
    plug(2, true);
    run(1000);
    charger_station_card(&rig.station, 0, "B");
    charger_station_card(&rig.station, 0, "A");
    run(100);
    assert_string_equal(at(2)->tag, "B");
    assert_string_equal(at(1)->tag, "A");
    /* Each ends his own. */
    charger_station_card(&rig.station, 0, "B");
    run(8000);
    assert_int_equal(at(2)->transaction, 0);
    assert_int_not_equal(at(1)->transaction, 0);
    assert_int_equal(rig.station.cards_refused, 0);
}

/* A card whose holder plugs in nowhere is forgotten; twice the same card is never mind. */
static void waits_for_any_plug(void **state)
{
    (void)state;
    station_start(2);
    set_key(CHARGER_KEY_CONNECTION_TIMEOUT, 10);
    know("A", "");
    charger_station_card(&rig.station, 0, "A");
    run(100);
    assert_int_equal(rig.station.waiting.admission, CHARGER_ADMITTED_HERE);
    assert_int_equal(charger_station_remote_start(&rig.station, "R", 0, NULL, NULL),
                     ROOST_ERR_STATE);
    charger_station_card(&rig.station, 0, "A");
    assert_int_equal(rig.station.waiting.admission, CHARGER_ADMITTED_NOT);
    charger_station_card(&rig.station, 0, "A");
    run(10100);
    assert_int_equal(rig.station.waiting.admission, CHARGER_ADMITTED_NOT);
    plug(2, true);
    run(100);
    assert_int_equal(at(2)->transaction, 0);
}

static void p_23_twice(void **state)
{
    (void)state;
    station_start(2);
    bring(CHARGER_IS_CHARGING);
    uint32_t first = at(1)->transaction;
    assert_int_equal(charger_station_remote_start(&rig.station, "R", 0, NULL, NULL), 2);
    assert_int_equal(charger_station_remote_start(&rig.station, "R", 0, NULL, NULL),
                     ROOST_ERR_STATE);
    assert_int_equal(charger_station_remote_start(&rig.station, "R", 1, NULL, NULL),
                     ROOST_ERR_STATE);
    assert_int_equal(charger_station_remote_start(&rig.station, "R", 3, NULL, NULL),
                     ROOST_ERR_RANGE);
    assert_int_equal(charger_station_remote_start(&rig.station, "", 2, NULL, NULL),
                     ROOST_ERR_INVALID);
    run(5000);
    assert_int_equal(at(1)->transaction, first);
    assert_int_equal(status(1), CHARGER_IS_CHARGING);
}

static void asks_on_line(void **state)
{
    char tag[CHARGER_TAG_MAX + 1];

    (void)state;
    station_start(1);
    charger_station_online(&rig.station, true);
    plug(1, true);
    run(1000);
    assert_false(charger_station_question(&rig.station, tag));
    charger_station_card(&rig.station, 0, "U");
    assert_true(charger_station_question(&rig.station, tag));
    assert_string_equal(tag, "U");
    charger_station_card(&rig.station, 0, "U");
    assert_int_equal(rig.station.cards_lost, 0);
    charger_station_card(&rig.station, 0, "V");
    assert_int_equal(rig.station.cards_lost, 1);
    run(1000);
    assert_int_equal(at(1)->transaction, 0);
    struct charger_tag good = told("U", "FAMILY", CHARGER_TAG_ACCEPTED);
    charger_station_told(&rig.station, &good);
    assert_false(charger_station_question(&rig.station, tag));
    run(20);
    assert_int_not_equal(at(1)->transaction, 0);
    assert_int_equal(at(1)->admission, CHARGER_ADMITTED_ASKED);
    /* Another of his group ends it, once asked about. */
    charger_station_card(&rig.station, 0, "W");
    assert_true(charger_station_question(&rig.station, tag));
    good = told("W", "FAMILY", CHARGER_TAG_ACCEPTED);
    charger_station_told(&rig.station, &good);
    run(8000);
    struct roost_ledger_item end = deliver_to(ROOST_LEDGER_END);
    assert_int_equal(end.detail, ROOST_LEDGER_LOCAL);
    assert_string_equal(end.tag, "W");
}

static void refusals(void **state)
{
    char tag[CHARGER_TAG_MAX + 1];

    (void)state;
    station_start(1);
    plug(1, true);
    run(1000);
    charger_station_card(&rig.station, 0, "U"); /* off line, unknown */
    charger_station_card(&rig.station, 0, "");
    charger_station_card(&rig.station, 2, "U");
    charger_station_card(&rig.station, 0, "A-TAG-THAT-IS-TOO-LONG");
    assert_int_equal(rig.station.cards_refused, 4);
    charger_station_online(&rig.station, true);
    charger_station_card(&rig.station, 0, "U");
    struct charger_tag bad = told("U", "", CHARGER_TAG_BLOCKED);
    charger_station_told(&rig.station, &bad);
    assert_int_equal(rig.station.cards_refused, 5);
    /* No answer: what is known here counts. */
    charger_station_card(&rig.station, 0, "V");
    charger_station_told(&rig.station, NULL);
    assert_int_equal(rig.station.cards_refused, 6);
    charger_station_card(&rig.station, 0, "V");
    charger_station_online(&rig.station, false);
    assert_false(charger_station_question(&rig.station, tag));
    assert_int_equal(rig.station.cards_refused, 7);
    run(1000);
    assert_int_equal(at(1)->transaction, 0);
    assert_int_equal(status(1), CHARGER_IS_PREPARING);
}

/* AuthorizeRemoteTxRequests: as if a card was there. */
static void remote_start_is_authorized(void **state)
{
    char tag[CHARGER_TAG_MAX + 1];

    (void)state;
    station_start(1);
    set_key(CHARGER_KEY_AUTHORIZE_REMOTE, 1);
    charger_station_online(&rig.station, true);
    plug(1, true);
    run(1000);
    assert_int_equal(charger_station_remote_start(&rig.station, "R", 1, NULL, NULL), 1);
    assert_true(charger_station_question(&rig.station, tag));
    assert_string_equal(tag, "R");
    assert_int_equal(charger_station_remote_start(&rig.station, "R", 1, NULL, NULL),
                     ROOST_ERR_STATE);
    run(100);
    assert_int_equal(at(1)->transaction, 0);
    struct charger_tag good = told("R", "", CHARGER_TAG_ACCEPTED);
    charger_station_told(&rig.station, &good);
    run(100);
    assert_int_not_equal(at(1)->transaction, 0);
}

static void free_vending(void **state)
{
    (void)state;
    station_start_as(1, CHARGER_START_PLUG, CHARGER_TERMS_PRIVATE);
    run(100);
    plug(1, true);
    run(100);
    assert_string_equal(at(1)->tag, "FREE");
    assert_int_not_equal(at(1)->transaction, 0);
    assert_true(run_until(1, CHARGER_IS_CHARGING, 30000));
    charger_station_button(&rig.station, 1);
    run(8000);
    assert_int_equal(status(1), CHARGER_IS_FINISHING); /* and does not begin anew */
    plug(1, false);
    run(100);
    station_start_as(1, CHARGER_START_BUTTON, CHARGER_TERMS_PRIVATE);
    plug(1, true);
    run(100);
    assert_int_equal(at(1)->transaction, 0);
    charger_station_button(&rig.station, 1);
    run(100);
    assert_int_not_equal(at(1)->transaction, 0);
    station_start(1);
    charger_station_button(&rig.station, 1);
    assert_int_equal(rig.station.cards_refused, 1);
}

/* ---- verdicts ---- */

static void answer_begin(uint8_t tag_status)
{
    struct roost_ledger_item begin = deliver_to(ROOST_LEDGER_BEGIN);
    struct charger_tag tag = told("A", "", tag_status);

    charger_station_begun(&rig.station, begin.transaction, 42, &tag);
}

static void start_on_line(uint8_t terms)
{
    station_start_as(1, CHARGER_START_CARD, terms);
    know("A", "");
    charger_station_online(&rig.station, true);
    plug(1, true);
    run(2000);
    charger_station_card(&rig.station, 1, "A");
}

static void p_27_invalid_stops(void **state)
{
    (void)state;
    start_on_line(CHARGER_TERMS_PRIVATE);
    assert_true(run_until(1, CHARGER_IS_CHARGING, 30000));
    answer_begin(CHARGER_TAG_INVALID);
    run(8000);
    assert_int_equal(status(1), CHARGER_IS_FINISHING);
    assert_false(energised(1));
    assert_int_equal(deliver_to(ROOST_LEDGER_END).detail, ROOST_LEDGER_DEAUTHORIZED);
}

static void p_27_invalid_holds(void **state)
{
    (void)state;
    for (int by_card = 0; by_card < 2; by_card++) {
        start_on_line(CHARGER_TERMS_PRIVATE);
        set_key(CHARGER_KEY_STOP_ON_INVALID, 0);
        assert_true(run_until(1, CHARGER_IS_CHARGING, 30000));
        answer_begin(CHARGER_TAG_BLOCKED);
        run(10);
        assert_int_equal(status(1), CHARGER_IS_SUSPENDED_EVSE);
        run(120000);
        assert_int_equal(status(1), CHARGER_IS_SUSPENDED_EVSE);
        assert_false(energised(1));
        assert_int_not_equal(at(1)->transaction, 0);
        if (by_card)
            charger_station_card(&rig.station, 1, "A");
        else
            plug(1, false);
        run(100);
        assert_int_equal(at(1)->transaction, 0);
        assert_int_equal(deliver_to(ROOST_LEDGER_END).detail,
                         by_card ? ROOST_LEDGER_LOCAL : ROOST_LEDGER_EV_DISCONNECTED);
    }
}

static void p_27_some_energy_is_left(void **state)
{
    (void)state;
    start_on_line(CHARGER_TERMS_PRIVATE);
    set_key(CHARGER_KEY_STOP_ON_INVALID, 0);
    set_key(CHARGER_KEY_ENERGY_ON_INVALID, 50);
    assert_true(run_until(1, CHARGER_IS_CHARGING, 30000));
    run(10000);
    uint64_t mwh = rig.power[0].meter.mwh;
    answer_begin(CHARGER_TAG_INVALID);
    run(1000);
    assert_int_equal(status(1), CHARGER_IS_CHARGING);
    assert_true(run_until(1, CHARGER_IS_SUSPENDED_EVSE, 600000));
    run(10000);
    assert_in_range(rig.power[0].meter.mwh - mwh, 50000, 53000);
}

static void roaming_waits_for_the_answer(void **state)
{
    (void)state;
    start_on_line(CHARGER_TERMS_ROAMING);
    run(CHARGER_AWAITED_MS - 100);
    assert_int_equal(status(1), CHARGER_IS_PREPARING); /* it may come any instant */
    assert_false(energised(1));
    run(20000);
    assert_int_equal(status(1), CHARGER_IS_SUSPENDED_EVSE);
    assert_false(energised(1));
    answer_begin(CHARGER_TAG_ACCEPTED);
    assert_true(run_until(1, CHARGER_IS_CHARGING, 30000));
    /* The answer will not come: who was known may. */
    start_on_line(CHARGER_TERMS_ROAMING);
    run(1000);
    charger_station_online(&rig.station, false);
    assert_true(run_until(1, CHARGER_IS_CHARGING, 30000));
    start_on_line(CHARGER_TERMS_PREPAID);
    run(1000);
    charger_station_online(&rig.station, false);
    assert_false(run_until(1, CHARGER_IS_CHARGING, 30000));
}

static void allowance_is_used_up(void **state)
{
    const struct charger_allowance energy = {.energy_mwh = 50000}, time = {.duration_s = 60};

    (void)state;
    station_start_as(1, CHARGER_START_CARD, CHARGER_TERMS_PREPAID);
    assert_int_equal(charger_station_allow(&rig.station, 1, "A", &energy), 0);
    assert_int_equal(charger_station_allow(&rig.station, 1, "", &energy), ROOST_ERR_INVALID);
    charger_station_online(&rig.station, true);
    know("A", "");
    plug(1, true);
    run(2000);
    charger_station_card(&rig.station, 1, "A");
    run(100);
    answer_begin(CHARGER_TAG_ACCEPTED);
    assert_true(run_until(1, CHARGER_IS_FINISHING, 600000));
    struct roost_ledger_item end = deliver_to(ROOST_LEDGER_END);
    assert_int_equal(end.detail, ROOST_LEDGER_OTHER);
    assert_in_range(at(1)->last.energy_mwh, 50000 - CHARGER_ALLOWANCE_LEFT_MWH, 50000);
    /* The next one of his has none; one that runs can be given some. */
    charger_station_card(&rig.station, 1, "A");
    run(100);
    answer_begin(CHARGER_TAG_ACCEPTED);
    run(50000);
    assert_int_equal(charger_station_allow(&rig.station, 1, "a", &time), 0);
    assert_int_equal(status(1), CHARGER_IS_CHARGING);
    run(15000);
    assert_int_equal(status(1), CHARGER_IS_FINISHING);
}

/* Whatever current it comes with, it is met and not passed, and waits through a cut. */
static void allowance_is_met(void **state)
{
    static const uint32_t wh[] = {1, 20, 300};

    (void)state;
    for (unsigned i = 0; i < sizeof wh / sizeof wh[0]; i++) {
        const struct charger_allowance energy = {.energy_mwh = wh[i] * 1000};

        station_start(2);
        know("A", "");
        assert_int_equal(charger_station_allow(&rig.station, 3, "A", &energy), ROOST_ERR_RANGE);
        assert_int_equal(
            charger_station_allow(&rig.station, 1, "A", &(struct charger_allowance){0}),
            ROOST_ERR_INVALID);
        assert_int_equal(charger_station_allow(&rig.station, 1, "A", &energy), 0);
        assert_int_equal(charger_station_allow(&rig.station, 2, "B", &energy), 0);
        assert_int_equal(boot_station(), 0);
        plug(1, true);
        run(2000);
        charger_station_card(&rig.station, 1, "A");
        assert_true(run_until(1, CHARGER_IS_CHARGING, 60000));
        assert_int_equal(boot_station(), 0); /* it is begun: the next one has none */
        assert_int_equal(at(1)->next.tag[0], 0);
        assert_string_equal(at(2)->next.tag, "B");
        assert_int_equal(charger_station_allow(&rig.station, 1, "A", &energy), 0);
        run(2000);
        charger_station_card(&rig.station, 1, "A");
        assert_true(run_until(1, CHARGER_IS_FINISHING, 600000));
        assert_in_range(at(1)->last.energy_mwh, energy.energy_mwh - CHARGER_ALLOWANCE_LEFT_MWH,
                        energy.energy_mwh);
        assert_int_equal(at(1)->last.reason, ROOST_LEDGER_OTHER);
    }
}

static void allowance_that_cannot_be_kept(void **state)
{
    const struct charger_allowance energy = {.energy_mwh = 50000}, other = {.energy_mwh = 1000};

    (void)state;
    station_start(1);
    assert_int_equal(charger_station_allow(&rig.station, 1, "A", &energy), 0);
    rig.store.fails = true;
    assert_int_equal(charger_station_allow(&rig.station, 1, "B", &other), ROOST_ERR_IO);
    rig.store.fails = false;
    assert_string_equal(at(1)->next.tag, "A");
    assert_int_equal(at(1)->next.allowance.energy_mwh, 50000);
}

/* ---- the vehicle ---- */

static void p_15_disconnected(void **state)
{
    (void)state;
    station_start(1);
    bring(CHARGER_IS_CHARGING);
    run(5000);
    plug(1, false);
    run(50);
    assert_int_equal(status(1), CHARGER_IS_AVAILABLE);
    assert_false(energised(1));
    assert_int_equal(deliver_to(ROOST_LEDGER_END).detail, ROOST_LEDGER_EV_DISCONNECTED);

    station_start(1);
    bring(CHARGER_IS_CHARGING);
    set_key(CHARGER_KEY_STOP_ON_DISCONNECT, 0);
    uint32_t transaction = at(1)->transaction;
    plug(1, false);
    run(50);
    assert_int_equal(status(1), CHARGER_IS_SUSPENDED_EV);
    assert_true(at(1)->unplugged_inside);
    assert_int_equal(at(1)->fault, -1); /* NoError is told with it */
    assert_false(energised(1));
    run(60000);
    assert_int_equal(at(1)->transaction, transaction);
    plug(1, true);
    assert_true(run_until(1, CHARGER_IS_CHARGING, 30000));
    assert_false(at(1)->unplugged_inside);
    assert_int_equal(at(1)->transaction, transaction);
}

/* Before energy came, too: it is not free for others while its transaction runs. */
static void p_15_disconnected_early(void **state)
{
    (void)state;
    station_start(1);
    set_key(CHARGER_KEY_STOP_ON_DISCONNECT, 0);
    bring(CHARGER_IS_PREPARING);
    charger_station_card(&rig.station, 1, "A");
    run(1000);
    assert_int_not_equal(at(1)->transaction, 0);
    assert_int_equal(status(1), CHARGER_IS_PREPARING);
    plug(1, false);
    run(50);
    assert_int_equal(status(1), CHARGER_IS_SUSPENDED_EV);
}

static void p_57_full_is_not_pulled(void **state)
{
    (void)state;
    station_start(1);
    world_charger_battery(&rig.guns[0].world, 30000, 995);
    bring(CHARGER_IS_CHARGING);
    assert_true(run_until(1, CHARGER_IS_SUSPENDED_EV, 3600000));
    run(600000);
    assert_int_equal(status(1), CHARGER_IS_SUSPENDED_EV);
    assert_int_not_equal(at(1)->transaction, 0);
    /* By both: ours has precedence. */
    limit_tenths_a(0);
    run(2000);
    assert_int_equal(status(1), CHARGER_IS_SUSPENDED_EVSE);
    plug(1, false);
    run(100);
    assert_int_equal(status(1), CHARGER_IS_AVAILABLE);
}

/* It is the plug's input that tells, while the capacitors stay charged for a minute. */
static void p_57_available_when_pulled(void **state)
{
    int32_t mv;
    (void)state;
    station_start(1);
    bring(CHARGER_IS_FINISHING);
    plug(1, false);
    uint64_t pulled_ms = rig.now_ms;
    assert_true(run_until(1, CHARGER_IS_AVAILABLE, 10000));
    assert_true(charger_power_value(&rig.power[0], CAN_TERMINAL_VOLTAGE_MV, 2000, &mv));
    assert_true(mv > CHARGER_VOLTAGE_MIN_MV);
    assert_in_range(rig.now_ms - pulled_ms, 0, 10000);
    run(120000);
    assert_int_equal(status(1), CHARGER_IS_AVAILABLE);
}

/* ---- resets, and a ledger without room ---- */

static void p_18_reset(void **state)
{
    (void)state;
    for (int hard = 0; hard < 2; hard++) {
        station_start(2);
        bring(CHARGER_IS_CHARGING);
        assert_false(charger_station_rests(&rig.station));
        charger_station_end(&rig.station, hard);
        run(8000);
        assert_true(charger_station_rests(&rig.station));
        assert_false(energised(1));
        charger_station_card(&rig.station, 0, "A");
        assert_int_equal(charger_station_remote_start(&rig.station, "R", 2, NULL, NULL),
                         ROOST_ERR_STATE);
        assert_int_equal(deliver_to(ROOST_LEDGER_END).detail,
                         hard ? ROOST_LEDGER_HARD_RESET : ROOST_LEDGER_SOFT_RESET);
    }
}

/* However it ends: also at once, and by a module that goes on after its time. */
static void what_flowed_is_in_the_end(void **state)
{
    (void)state;
    for (int how = 0; how < 3; how++) {
        station_start(1);
        bring(CHARGER_IS_CHARGING);
        run(20000);
        if (how == 2) {
            world_charger_set_fault(&rig.guns[0].world, WORLD_CHARGER_MODULE_STAYS_ON, true);
            charger_station_card(&rig.station, 1, at(1)->tag);
        } else {
            charger_station_end(&rig.station, how == 1);
        }
        run(10000);
        assert_true(charger_station_rests(&rig.station));
        assert_int_equal(deliver_to(ROOST_LEDGER_END).values.energy_mwh, rig.power[0].meter.mwh);
    }
}

static void no_account_no_energy(void **state)
{
    (void)state;
    station_start(1);
    know("A", "");
    for (int i = 0; i < 300 && rig.station.begins_refused == 0; i++) {
        plug(1, true);
        run(20);
        charger_station_card(&rig.station, 1, "A");
        run(40);
        charger_station_card(&rig.station, 1, "A");
        run(40);
        plug(1, false);
        run(20);
    }
    uint32_t refused = rig.station.begins_refused;
    assert_true(refused > 0);
    plug(1, true);
    run(20);
    charger_station_card(&rig.station, 1, "A");
    run(5000);
    assert_int_equal(at(1)->transaction, 0);
    assert_int_equal(status(1), CHARGER_IS_FINISHING);
    assert_int_equal(rig.station.begins_refused, refused + 1);
    assert_false(energised(1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(p_21_time_out),
        cmocka_unit_test(p_22_two_guns_one_reader),
        cmocka_unit_test(two_guns_two_cards),
        cmocka_unit_test(waits_for_any_plug),
        cmocka_unit_test(p_23_twice),
        cmocka_unit_test(asks_on_line),
        cmocka_unit_test(refusals),
        cmocka_unit_test(remote_start_is_authorized),
        cmocka_unit_test(free_vending),
        cmocka_unit_test(p_27_invalid_stops),
        cmocka_unit_test(p_27_invalid_holds),
        cmocka_unit_test(p_27_some_energy_is_left),
        cmocka_unit_test(roaming_waits_for_the_answer),
        cmocka_unit_test(allowance_is_used_up),
        cmocka_unit_test(allowance_is_met),
        cmocka_unit_test(allowance_that_cannot_be_kept),
        cmocka_unit_test(p_15_disconnected),
        cmocka_unit_test(p_15_disconnected_early),
        cmocka_unit_test(p_57_full_is_not_pulled),
        cmocka_unit_test(p_57_available_when_pulled),
        cmocka_unit_test(p_18_reset),
        cmocka_unit_test(what_flowed_is_in_the_end),
        cmocka_unit_test(no_account_no_energy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
