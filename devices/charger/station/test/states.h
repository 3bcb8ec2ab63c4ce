/* SPDX-License-Identifier: Apache-2.0 */
/* Brings connector 1 into each of its states, as a user and a central system would. */
#ifndef ROOST_DEVICES_CHARGER_STATION_TEST_STATES_H
#define ROOST_DEVICES_CHARGER_STATION_TEST_STATES_H

#include "devices/charger/station/test/rig.h"

enum { LIMIT_ID = 77, RESERVATION_ID = 7 };

/* A limit for all of the station. */
static inline void limit_tenths_a(int32_t tenths_a)
{
    const struct charger_profile profile = {.id = LIMIT_ID,
                                            .purpose = CHARGER_PROFILE_MAX,
                                            .kind = CHARGER_PROFILE_ABSOLUTE,
                                            .unit = CHARGER_AMPERE,
                                            .period_count = 1,
                                            .periods = {{0, tenths_a}}};
    const struct charger_refusal *why = NULL;
    struct charger_instant at_now = now();

    assert_int_equal(charger_profiles_set(&rig.profiles, &profile, &at_now, &why), 0);
}

static inline void lift_limit(void)
{
    const struct charger_profile_filter filter = {.by_id = true, .id = LIMIT_ID};

    (void)charger_profiles_clear(&rig.profiles, &filter);
}

static inline enum charger_reserve_answer reserve(uint8_t c, int32_t id, const char *tag,
                                                  const char *parent, int64_t for_s)
{
    struct charger_reservation wanted = {.id = id, .expires_s = now().unix_ms / 1000 + for_s};

    strcpy(wanted.tag, tag);
    strcpy(wanted.parent, parent);
    return charger_station_reserve(&rig.station, c, &wanted);
}

static inline void end_by_card(const char *tag)
{
    charger_station_card(&rig.station, 1, tag);
    assert_true(run_until(1, CHARGER_IS_FINISHING, 10000));
}

/* On a station that was just started. Card "A" is known; a transaction is called 42. */
static inline void bring(enum charger_status wanted)
{
    run(100);
    know("A", "");
    if (wanted == CHARGER_IS_PREPARING) {
        plug(1, true);
        run(3000); /* until the battery has been heard */
    } else if (wanted == CHARGER_IS_RESERVED) {
        assert_int_equal(reserve(1, RESERVATION_ID, "A", "", 3600), CHARGER_RESERVE_ACCEPTED);
    } else if (wanted == CHARGER_IS_UNAVAILABLE) {
        assert_int_equal(charger_station_available(&rig.station, 1, false),
                         CHARGER_AVAILABLE_ACCEPTED);
    } else if (wanted != CHARGER_IS_AVAILABLE) {
        charge(1, "A");
        (void)deliver_to(ROOST_LEDGER_BEGIN);
    }
    if (wanted == CHARGER_IS_SUSPENDED_EVSE)
        limit_tenths_a(0);
    else if (wanted == CHARGER_IS_SUSPENDED_EV)
        hurt(1, WORLD_CHARGER_BATTERY_REFUSES, true);
    else if (wanted == CHARGER_IS_FINISHING)
        end_by_card("A");
    assert_true(run_until(1, wanted, 5000));
}

#endif
