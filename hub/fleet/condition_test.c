/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hub/fleet/condition.h"
#include "proto/faults.h"

enum { OFFLINE_AFTER_MS = 300000, LATE_AFTER_MS = 150000 };

static const struct roost_status says_online = {.online = true};
static const struct roost_status says_offline = {.online = false};

static void every_cell_of_connectivity(void **state)
{
    static const struct {
        const struct roost_status *status;
        int64_t silent_ms;
        enum fleet_connectivity wanted;
    } cells[] = {
        {NULL, FLEET_NEVER_HEARD, FLEET_NEVER},
        {NULL, 0, FLEET_ONLINE},
        {NULL, LATE_AFTER_MS - 1, FLEET_ONLINE},
        {NULL, LATE_AFTER_MS, FLEET_LATE},
        {NULL, OFFLINE_AFTER_MS - 1, FLEET_LATE},
        {NULL, OFFLINE_AFTER_MS, FLEET_OFFLINE},
        {NULL, INT64_MAX, FLEET_OFFLINE},
        {&says_online, FLEET_NEVER_HEARD, FLEET_OFFLINE},
        {&says_online, 0, FLEET_ONLINE},
        {&says_online, LATE_AFTER_MS - 1, FLEET_ONLINE},
        {&says_online, LATE_AFTER_MS, FLEET_LATE},
        {&says_online, OFFLINE_AFTER_MS - 1, FLEET_LATE},
        {&says_online, OFFLINE_AFTER_MS, FLEET_OFFLINE},
        {&says_online, INT64_MAX, FLEET_OFFLINE},
        {&says_offline, FLEET_NEVER_HEARD, FLEET_OFFLINE},
        {&says_offline, 0, FLEET_OFFLINE},
        {&says_offline, LATE_AFTER_MS, FLEET_OFFLINE},
        {&says_offline, OFFLINE_AFTER_MS, FLEET_OFFLINE},
    };
    (void)state;
    assert_int_equal(fleet_late_after_ms(OFFLINE_AFTER_MS), LATE_AFTER_MS);
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++)
        assert_string_equal(fleet_connectivity_name(fleet_connectivity(
                                cells[i].status, cells[i].silent_ms, OFFLINE_AFTER_MS)),
                            fleet_connectivity_name(cells[i].wanted));
}

static void the_shortest_times_keep_their_order(void **state)
{
    (void)state;
    assert_int_equal(fleet_connectivity(&says_online, 0, 1), FLEET_LATE);
    assert_int_equal(fleet_connectivity(&says_online, 1, 1), FLEET_OFFLINE);
    assert_int_equal(fleet_connectivity(&says_online, 0, 0), FLEET_OFFLINE);
    assert_int_equal(fleet_connectivity(&says_online, UINT32_MAX - 1, UINT32_MAX), FLEET_LATE);
}

static enum fleet_condition condition(const char *update, uint32_t fault_number)
{
    struct roost_status status = {.online = true, .has_health = true, .fault_number = fault_number};
    if (update) {
        status.has_update = true;
        memcpy(status.update.state, update, strlen(update) + 1);
    }
    return fleet_condition(&status);
}

static void every_fault_has_the_condition_of_its_severity(void **state)
{
    static const enum fleet_condition alone[] = {
        [ROOST_SEVERITY_INFO] = FLEET_OK,
        [ROOST_SEVERITY_WARNING] = FLEET_WARNING,
        [ROOST_SEVERITY_CRITICAL] = FLEET_CRITICAL,
    };
    (void)state;
    for (size_t i = 0; i < roost_fault_catalogue_count; i++) {
        const struct roost_fault_info *fault = &roost_fault_catalogue[i].info;
        bool critical = fault->severity == ROOST_SEVERITY_CRITICAL;
        assert_int_equal(condition(NULL, fault->number), alone[fault->severity]);
        assert_int_equal(condition("idle", fault->number), alone[fault->severity]);
        assert_int_equal(condition("loading", fault->number),
                         critical ? FLEET_CRITICAL : FLEET_UPDATING);
    }
}

static void every_state_of_an_update(void **state)
{
    static const char *const on_its_way[] = {"loading", "verifying", "ready", "trial"};
    static const char *const at_rest[] = {"", "idle", "asking", "unheard of"};
    enum { UNKNOWN_FAULT = 9999 };
    (void)state;
    for (size_t i = 0; i < sizeof on_its_way / sizeof on_its_way[0]; i++) {
        assert_int_equal(condition(on_its_way[i], 0), FLEET_UPDATING);
        assert_int_equal(condition(on_its_way[i], UNKNOWN_FAULT), FLEET_UPDATING);
    }
    for (size_t i = 0; i < sizeof at_rest / sizeof at_rest[0]; i++) {
        assert_int_equal(condition(at_rest[i], 0), FLEET_OK);
        assert_int_equal(condition(at_rest[i], UNKNOWN_FAULT), FLEET_WARNING);
    }
    assert_int_equal(fleet_condition(NULL), FLEET_OK);
    assert_int_equal(fleet_condition(&says_offline), FLEET_OK);
    /* The words count only where the status carries an update. */
    struct roost_status status = {.online = true, .update = {.state = "loading"}};
    assert_int_equal(fleet_condition(&status), FLEET_OK);
}

static void names_are_found_again(void **state)
{
    (void)state;
    for (int i = 0; i < FLEET_CONNECTIVITY_COUNT; i++)
        assert_int_equal(
            fleet_connectivity_find(fleet_connectivity_name((enum fleet_connectivity)i)), i);
    for (int i = 0; i < FLEET_CONDITION_COUNT; i++)
        assert_int_equal(fleet_condition_find(fleet_condition_name((enum fleet_condition)i)), i);
    assert_int_equal(fleet_connectivity_find("ok"), -1);
    assert_int_equal(fleet_connectivity_find(""), -1);
    assert_int_equal(fleet_condition_find("late"), -1);
    assert_int_equal(fleet_condition_find("OK"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_of_connectivity),
        cmocka_unit_test(the_shortest_times_keep_their_order),
        cmocka_unit_test(every_fault_has_the_condition_of_its_severity),
        cmocka_unit_test(every_state_of_an_update),
        cmocka_unit_test(names_are_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
