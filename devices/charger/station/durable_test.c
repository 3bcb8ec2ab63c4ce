/* SPDX-License-Identifier: Apache-2.0 */
/* What survives a boot: out of order, reserved, the register; and what is measured when. */
#include "devices/charger/station/test/states.h"

/* ---- in and out of order ---- */

static void p_20_unavailable_over_a_boot(void **state)
{
    (void)state;
    station_start(2);
    run(100);
    assert_int_equal(charger_station_available(&rig.station, 1, false), CHARGER_AVAILABLE_ACCEPTED);
    assert_int_equal(boot_station(), 0);
    assert_int_equal(status(1), CHARGER_IS_UNAVAILABLE);
    run(100);
    assert_int_equal(status(1), CHARGER_IS_UNAVAILABLE);
    assert_int_equal(status(2), CHARGER_IS_AVAILABLE);
    assert_int_equal(status(0), CHARGER_IS_AVAILABLE);
    plug(1, true);
    know("A", "");
    charger_station_card(&rig.station, 1, "A");
    run(1000);
    assert_int_equal(at(1)->transaction, 0);
    plug(1, false);
    run(100);
    assert_int_equal(charger_station_available(&rig.station, 1, true), CHARGER_AVAILABLE_ACCEPTED);
    assert_int_equal(status(1), CHARGER_IS_AVAILABLE);
    uint64_t since_ms = at(1)->status_ms;
    run(1000);
    assert_int_equal(charger_station_available(&rig.station, 1, true), CHARGER_AVAILABLE_ACCEPTED);
    assert_int_equal(at(1)->status_ms, since_ms);
    assert_int_equal(boot_station(), 0);
    assert_int_equal(status(1), CHARGER_IS_AVAILABLE);
    assert_int_equal(charger_station_available(&rig.station, 3, true), CHARGER_AVAILABLE_REJECTED);
}

static void scheduled(void **state)
{
    (void)state;
    for (unsigned boots = 0; boots < 2; boots++) {
        station_start(2);
        bring(CHARGER_IS_CHARGING);
        assert_int_equal(charger_station_available(&rig.station, 0, false),
                         CHARGER_AVAILABLE_SCHEDULED);
        assert_int_equal(status(1), CHARGER_IS_CHARGING);
        assert_int_equal(status(2), CHARGER_IS_UNAVAILABLE);
        assert_int_equal(status(0), CHARGER_IS_AVAILABLE);
        if (boots)
            assert_int_equal(boot_station(), 0);
        else
            charger_station_card(&rig.station, 1, "A");
        run(8000);
        for (unsigned c = 0; c <= 2; c++)
            assert_int_equal(status(c), CHARGER_IS_UNAVAILABLE);
        /* One alone does not open the station. */
        assert_int_equal(charger_station_available(&rig.station, 2, true),
                         CHARGER_AVAILABLE_ACCEPTED);
        assert_int_equal(status(2), CHARGER_IS_UNAVAILABLE);
        assert_int_equal(charger_station_available(&rig.station, 0, true),
                         CHARGER_AVAILABLE_ACCEPTED);
        assert_int_equal(status(0), CHARGER_IS_AVAILABLE);
        assert_int_equal(status(2), CHARGER_IS_AVAILABLE);
        assert_int_equal(status(1), CHARGER_IS_PREPARING); /* H2 */
    }
}

static void taken_back_in_time(void **state)
{
    (void)state;
    station_start(1);
    bring(CHARGER_IS_CHARGING);
    assert_int_equal(charger_station_available(&rig.station, 1, false),
                     CHARGER_AVAILABLE_SCHEDULED);
    assert_int_equal(charger_station_available(&rig.station, 1, true), CHARGER_AVAILABLE_ACCEPTED);
    end_by_card("A");
    assert_int_equal(status(1), CHARGER_IS_FINISHING);
}

static void without_a_store(void **state)
{
    (void)state;
    station_start(1);
    run(100);
    rig.store.fails = true;
    assert_int_equal(charger_station_available(&rig.station, 1, false), CHARGER_AVAILABLE_REJECTED);
    assert_int_equal(status(1), CHARGER_IS_AVAILABLE);
    assert_int_equal(reserve(1, 7, "A", "", 60), CHARGER_RESERVE_REJECTED);
    assert_int_equal(status(1), CHARGER_IS_AVAILABLE);
    rig.store.fails = false;
    /* It could not be removed: later it is. */
    assert_int_equal(reserve(1, 7, "A", "", 60), CHARGER_RESERVE_ACCEPTED);
    rig.store.fails = true;
    assert_int_equal(charger_station_cancel(&rig.station, 7), 0);
    run(100);
    rig.store.fails = false;
    run(100);
    assert_int_equal(boot_station(), 0);
    assert_int_equal(at(1)->reservation.id, 0);
}

/* ---- reservations ---- */

static void p_25_answers(void **state)
{
    (void)state;
    static const enum charger_reserve_answer answers[CHARGER_IS_FAULTED] = {
        [CHARGER_IS_AVAILABLE] = CHARGER_RESERVE_ACCEPTED,
        [CHARGER_IS_PREPARING] = CHARGER_RESERVE_OCCUPIED,
        [CHARGER_IS_CHARGING] = CHARGER_RESERVE_OCCUPIED,
        [CHARGER_IS_SUSPENDED_EVSE] = CHARGER_RESERVE_OCCUPIED,
        [CHARGER_IS_SUSPENDED_EV] = CHARGER_RESERVE_OCCUPIED,
        [CHARGER_IS_FINISHING] = CHARGER_RESERVE_OCCUPIED,
        [CHARGER_IS_RESERVED] = CHARGER_RESERVE_OCCUPIED,
        [CHARGER_IS_UNAVAILABLE] = CHARGER_RESERVE_UNAVAILABLE,
    };

    for (unsigned from = 0; from < CHARGER_IS_FAULTED; from++) {
        station_start(1);
        bring((enum charger_status)from);
        assert_int_equal(reserve(0, 9, "B", "", 60), answers[from]);
        (void)charger_station_cancel(&rig.station, 9);
        assert_int_equal(reserve(1, 9, "B", "", 60), answers[from]);
        hurt(1, WORLD_CHARGER_NO_EARTH, true);
        run(50);
        assert_int_equal(reserve(1, 10, "B", "", 60), CHARGER_RESERVE_FAULTED);
        assert_int_equal(reserve(0, 10, "B", "", 60), CHARGER_RESERVE_FAULTED);
    }
    station_start(1);
    run(100);
    assert_int_equal(reserve(1, 9, "B", "", 0), CHARGER_RESERVE_REJECTED); /* it is over */
    assert_int_equal(reserve(2, 9, "B", "", 60), CHARGER_RESERVE_REJECTED);
    assert_int_equal(reserve(1, 9, "", "", 60), CHARGER_RESERVE_REJECTED);
    assert_int_equal(charger_station_cancel(&rig.station, 9), ROOST_ERR_NOT_FOUND);
    assert_int_equal(charger_station_cancel(&rig.station, 0), ROOST_ERR_NOT_FOUND);
}

static void p_25_replaced_and_used(void **state)
{
    (void)state;
    station_start(1);
    run(100);
    know("A", "");
    know("B", "HOUSE");
    assert_int_equal(reserve(1, 7, "A", "", 60), CHARGER_RESERVE_ACCEPTED);
    assert_int_equal(reserve(1, 7, "X", "HOUSE", 60), CHARGER_RESERVE_ACCEPTED);
    assert_int_equal(status(1), CHARGER_IS_RESERVED);
    charger_station_card(&rig.station, 1, "A");
    run(100);
    assert_int_equal(status(1), CHARGER_IS_RESERVED);
    assert_int_equal(rig.station.cards_refused, 1);
    charger_station_card(&rig.station, 1, "B"); /* of the house it is reserved for */
    run(100);
    assert_int_equal(status(1), CHARGER_IS_PREPARING);
    plug(1, true);
    run(100);
    assert_int_equal(deliver_to(ROOST_LEDGER_BEGIN).reservation, 7);
    assert_int_equal(at(1)->reservation.id, 0);
    assert_int_equal(boot_station(), 0);
    run(100);
    assert_int_equal(status(1), CHARGER_IS_PREPARING);
}

static void p_25_expires(void **state)
{
    (void)state;
    station_start(1);
    run(500);
    assert_int_equal(reserve(1, 7, "A", "", 60), CHARGER_RESERVE_ACCEPTED);
    int64_t end_s = at(1)->reservation.expires_s;
    while (now().unix_ms / 1000 < end_s) {
        assert_int_equal(status(1), CHARGER_IS_RESERVED);
        cycle();
    }
    assert_int_equal(status(1), CHARGER_IS_AVAILABLE);
    /* In a power cut. */
    assert_int_equal(reserve(1, 7, "A", "", 60), CHARGER_RESERVE_ACCEPTED);
    rig.now_ms += 30000;
    assert_int_equal(boot_station(), 0);
    assert_int_equal(status(1), CHARGER_IS_RESERVED);
    rig.now_ms += 31000;
    assert_int_equal(boot_station(), 0);
    assert_int_equal(status(1), CHARGER_IS_AVAILABLE);
    assert_int_equal(kv_cut_slot(&rig.store, "rs.1"), -1);
}

/* While nobody knows the time nothing expires; then at once. */
static void p_25_without_a_clock(void **state)
{
    (void)state;
    station_start(1);
    run(100);
    assert_int_equal(reserve(1, 7, "A", "", 60), CHARGER_RESERVE_ACCEPTED);
    int64_t unix_ms = rig.unix_ms;
    rig.unix_ms = 0;
    rig.now_ms += 120000;
    assert_int_equal(boot_station(), 0);
    run(1000);
    assert_int_equal(status(1), CHARGER_IS_RESERVED);
    rig.unix_ms = unix_ms;
    run(10);
    assert_int_equal(status(1), CHARGER_IS_AVAILABLE);
}

/* Of whose group he is is known once he was asked about; where nothing is kept nobody is. */
static void p_25_a_remote_start_for_the_group(void **state)
{
    char tag[CHARGER_TAG_MAX + 1];
    (void)state;
    station_start(1);
    charger_station_online(&rig.station, true);
    assert_int_equal(reserve(1, 7, "A", "FAMILY", 3600), CHARGER_RESERVE_ACCEPTED);
    run(100);
    assert_int_equal(charger_station_remote_start(&rig.station, "R", 1, NULL, NULL),
                     ROOST_ERR_STATE);
    set_key(CHARGER_KEY_AUTHORIZE_REMOTE, 1);
    static const struct {
        const char *tag, *parent;
    } cards[] = {{"R", ""}, {"S", "OTHER"}, {"T", "FAMILY"}};
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(charger_station_remote_start(&rig.station, cards[i].tag, 1, NULL, NULL),
                         1);
        assert_true(charger_station_question(&rig.station, tag));
        struct charger_tag good = told(cards[i].tag, cards[i].parent, CHARGER_TAG_ACCEPTED);
        charger_station_told(&rig.station, &good);
        run(100);
        assert_int_equal(status(1), i < 2 ? CHARGER_IS_RESERVED : CHARGER_IS_PREPARING);
    }
    plug(1, true);
    run(100);
    assert_int_not_equal(at(1)->transaction, 0);
    assert_int_equal(charger_station_remote_start(&rig.station, "S", 1, NULL, NULL),
                     ROOST_ERR_STATE);
}

static void p_25_any(void **state)
{
    (void)state;
    station_start(2);
    run(100);
    know("A", "");
    know("B", "");
    assert_int_equal(reserve(0, 7, "A", "", 3600), CHARGER_RESERVE_ACCEPTED);
    run(100);
    assert_int_equal(status(1), CHARGER_IS_AVAILABLE);
    assert_int_equal(status(2), CHARGER_IS_AVAILABLE);
    plug(2, true);
    run(100);
    charger_station_card(&rig.station, 2, "B");
    run(100);
    assert_int_not_equal(at(2)->transaction, 0);
    assert_int_equal(status(1), CHARGER_IS_RESERVED); /* the last one that is left */
    charger_station_card(&rig.station, 1, "U");
    assert_int_equal(charger_station_remote_start(&rig.station, "U", 1, NULL, NULL),
                     ROOST_ERR_STATE);
    plug(2, false);
    run(1000);
    assert_int_equal(status(1), CHARGER_IS_AVAILABLE);
    plug(2, true);
    run(100);
    assert_int_equal(status(1), CHARGER_IS_RESERVED);
    assert_int_equal(boot_station(), 0);
    run(100);
    assert_int_equal(status(1), CHARGER_IS_RESERVED);
    know("A", "");
    plug(1, true);
    charger_station_card(&rig.station, 1, "A");
    run(100);
    assert_int_not_equal(at(1)->transaction, 0);
    assert_int_equal(rig.station.any.id, 0);
}

/* ---- metering ---- */

enum { MINUTE_MS = 60000 };

static void p_42_periodic_and_aligned(void **state)
{
    (void)state;
    station_start(1);
    rig.unix_ms -= 11 * MINUTE_MS; /* 23:49 */
    assert_int_equal(boot_station(), 0);
    set_key(CHARGER_KEY_SAMPLE_INTERVAL, 10);
    set_key(CHARGER_KEY_ALIGNED_INTERVAL, 900);
    know("A", "");
    plug(1, true);
    run(MINUTE_MS);
    charger_station_card(&rig.station, 1, "A");
    run(14 * MINUTE_MS + 49000); /* until 00:04:59 */
    charger_station_card(&rig.station, 1, "A");
    run(10000);
    charger_station_card(&rig.station, 1, "A");
    run(15 * MINUTE_MS);
    unsigned aligned[2] = {0}, periodic = 0;
    uint32_t transaction = 0;
    int64_t begun_ms = 0;
    struct roost_ledger_item item;
    while (roost_ledger_next(&rig.ledger, &item) == 0) {
        if (item.kind == ROOST_LEDGER_BEGIN) {
            transaction = item.seq;
            begun_ms = item.unix_ms;
        } else if (item.kind == ROOST_LEDGER_SAMPLE && item.detail == ROOST_LEDGER_PERIODIC) {
            /* within the cycle of begin + 10 k */
            assert_in_range((item.unix_ms - begun_ms) % 10000, 0, CHARGER_CYCLE_MS);
            assert_int_equal(item.transaction, transaction);
            periodic++;
        } else if (item.kind == ROOST_LEDGER_SAMPLE) {
            assert_int_equal(item.detail, ROOST_LEDGER_CLOCK);
            assert_in_range(item.unix_ms % (900 * 1000), 0, CHARGER_CYCLE_MS);
            assert_int_equal(item.transaction, item.connector == 0 ? 0 : transaction);
            aligned[item.connector]++;
        } else {
            transaction = 0;
        }
        assert_int_equal(roost_ledger_delivered(&rig.ledger, item.seq, NULL), 0);
    }
    assert_int_equal(aligned[0], 2); /* midnight, and a quarter past */
    assert_int_equal(aligned[1], 2);
    assert_in_range(periodic + rig.ledger.thinned, 178, 180);
    assert_int_equal(rig.station.samples_lost, 0);
}

static void intervals_of_nothing(void **state)
{
    struct roost_ledger_item item;

    (void)state;
    station_start(1);
    set_key(CHARGER_KEY_SAMPLE_INTERVAL, 0);
    bring(CHARGER_IS_CHARGING);
    run(30 * MINUTE_MS);
    assert_int_equal(roost_ledger_next(&rig.ledger, &item), ROOST_ERR_EMPTY);
    /* Changed while it runs: from the begin all the same. */
    set_key(CHARGER_KEY_SAMPLE_INTERVAL, 60);
    run(MINUTE_MS);
    assert_int_equal(roost_ledger_next(&rig.ledger, &item), 0);
    assert_in_range((item.stamp.ms - at(1)->begun_ms) % MINUTE_MS, 0, CHARGER_CYCLE_MS);
    /* Midnight is a multiple of every interval. */
    station_start(1);
    rig.unix_ms += 86390000;
    assert_int_equal(boot_station(), 0);
    set_key(CHARGER_KEY_ALIGNED_INTERVAL, 50000);
    run(20000);
    assert_int_equal(deliver(0).unix_ms / 1000, MIDNIGHT_S + 86400);
}

static void trigger(void **state)
{
    (void)state;
    station_start(2);
    bring(CHARGER_IS_CHARGING);
    run(3000);
    assert_int_equal(charger_station_trigger(&rig.station, 3), ROOST_ERR_RANGE);
    assert_int_equal(charger_station_trigger(&rig.station, 0), 0);
    struct roost_ledger_item first = deliver(0), second = deliver(0);
    assert_int_equal(first.detail, ROOST_LEDGER_TRIGGER);
    assert_int_equal(first.connector, 1);
    assert_int_equal(first.transaction, at(1)->transaction);
    assert_int_equal(second.connector, 2);
    assert_int_equal(second.transaction, 0);
    assert_int_equal(first.values.has, ROOST_LEDGER_HAS_POWER | ROOST_LEDGER_HAS_VOLTAGE |
                                           ROOST_LEDGER_HAS_CURRENT | ROOST_LEDGER_HAS_OFFERED |
                                           ROOST_LEDGER_HAS_SOC | ROOST_LEDGER_HAS_TEMPERATURE);
    assert_int_equal(first.values.soc_percent, 40);
}

/* A profile that comes with a remote start is there for its transaction, and gone after it. */
static void p_49_profile_of_a_remote_start(void **state)
{
    const struct charger_profile profile = {.id = 5,
                                            .stack_level = 2,
                                            .purpose = CHARGER_PROFILE_TX,
                                            .kind = CHARGER_PROFILE_RELATIVE,
                                            .unit = CHARGER_AMPERE,
                                            .period_count = 1,
                                            .periods = {{0, 100}}};
    const struct charger_refusal *why = NULL;
    struct charger_profile wrong = profile;

    (void)state;
    station_start(2);
    run(100);
    wrong.purpose = CHARGER_PROFILE_MAX;
    assert_int_equal(charger_station_remote_start(&rig.station, "R", 1, &wrong, &why),
                     ROOST_ERR_INVALID);
    assert_non_null(why);
    assert_int_equal(status(1), CHARGER_IS_AVAILABLE);
    assert_int_equal(charger_station_remote_start(&rig.station, "R", 0, &profile, &why), 1);
    plug(1, true);
    assert_true(run_until(1, CHARGER_IS_CHARGING, 30000));
    run(10000);
    struct charger_sample sample;
    charger_power_sample(&rig.power[0], &sample);
    assert_in_range(sample.current_ma, 5000, 10500);
    assert_int_equal(at(1)->limit_ma, 10000);
    plug(1, false);
    run(100);
    assert_null(charger_profiles_find(&rig.profiles, 5));
    /* One that comes to nothing leaves nothing. */
    set_key(CHARGER_KEY_CONNECTION_TIMEOUT, 10);
    assert_int_equal(charger_station_remote_start(&rig.station, "R", 1, &profile, &why), 1);
    assert_non_null(charger_profiles_find(&rig.profiles, 5));
    run(11000);
    assert_null(charger_profiles_find(&rig.profiles, 5));
}

/* What the station as a whole may take is shared by those who take it. */
static void limit_of_the_whole_is_shared(void **state)
{
    (void)state;
    station_start(2);
    limit_tenths_a(400);
    bring(CHARGER_IS_CHARGING);
    run(3000);
    assert_int_equal(at(1)->limit_ma, 40000);
    charge(2, "B");
    run(3000);
    assert_int_equal(at(1)->limit_ma, 20000);
    assert_int_equal(at(2)->limit_ma, 20000);
    plug(2, false);
    run(3000);
    assert_int_equal(at(1)->limit_ma, 40000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(p_20_unavailable_over_a_boot),
        cmocka_unit_test(scheduled),
        cmocka_unit_test(taken_back_in_time),
        cmocka_unit_test(without_a_store),
        cmocka_unit_test(p_25_answers),
        cmocka_unit_test(p_25_replaced_and_used),
        cmocka_unit_test(p_25_expires),
        cmocka_unit_test(p_25_without_a_clock),
        cmocka_unit_test(p_25_a_remote_start_for_the_group),
        cmocka_unit_test(p_25_any),
        cmocka_unit_test(p_42_periodic_and_aligned),
        cmocka_unit_test(intervals_of_nothing),
        cmocka_unit_test(trigger),
        cmocka_unit_test(p_49_profile_of_a_remote_start),
        cmocka_unit_test(limit_of_the_whole_is_shared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
