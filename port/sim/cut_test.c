/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "port/sim/cut.h"

/* A counter kept in two keys, the right way round or the wrong one. */
struct counter {
    struct sim_power power;
    struct sim_kv kv;
    bool careless, lost;
    int promised;
};

static int get(struct counter *counter, const char *key)
{
    int value = 0;

    return counter->kv.port.ops->get(&counter->kv, key, &value, sizeof value) > 0 ? value : 0;
}

static bool set(struct counter *counter, const char *key, int value)
{
    return counter->kv.port.ops->set(&counter->kv, key, &value, sizeof value) == 0;
}

static void begin(void *ctx)
{
    struct counter *counter = ctx;

    assert_int_equal(counter->kv.port.ops->erase_all(&counter->kv), 0);
    counter->promised = 0;
    counter->lost = false;
}

static void run(void *ctx)
{
    struct counter *counter = ctx;
    int now = get(counter, "n");

    counter->lost |= now < counter->promised;
    for (; now < 3; now++) {
        if (counter->careless && counter->kv.port.ops->erase(&counter->kv, "n") < 0)
            return;
        if (!set(counter, "n", now + 1))
            return;
        counter->promised = now + 1;
    }
}

static const char *check(void *ctx)
{
    struct counter *counter = ctx;

    if (get(counter, "n") != 3)
        return "not counted to the end";
    return counter->lost ? "went backwards" : NULL;
}

static const struct sim_cut_scenario scenario = {.begin = begin, .run = run, .check = check};

static void a_careful_counter_passes_every_case(void **state)
{
    struct counter counter = {0};
    char id[SIM_CUT_ID_MAX];
    uint64_t cases = 0;
    const char *wrong;

    (void)state;
    sim_power_init(&counter.power, 1, 0);
    assert_int_equal(sim_kv_init(&counter.kv, &counter.power), 0);
    wrong = sim_cut_test(&scenario, &counter, &counter.power, 1, getenv("ROOST_CUT"), id, &cases);
    if (wrong)
        fail_msg("%s, replay with ROOST_CUT=%s", wrong, id);
    assert_true(cases > 20 || getenv("ROOST_CUT"));
    sim_kv_deinit(&counter.kv);
}

static void a_careless_one_is_found_and_replayed(void **state)
{
    struct counter counter = {.careless = true};
    char id[SIM_CUT_ID_MAX], again[SIM_CUT_ID_MAX];

    (void)state;
    sim_power_init(&counter.power, 1, 0);
    assert_int_equal(sim_kv_init(&counter.kv, &counter.power), 0);
    assert_non_null(sim_cut_test(&scenario, &counter, &counter.power, 1, NULL, id, NULL));
    assert_non_null(sim_cut_test(&scenario, &counter, &counter.power, 1, id, again, NULL));
    assert_string_equal(id, again);
    assert_null(sim_cut_test(&scenario, &counter, &counter.power, 1, "before:1", again, NULL));
    assert_non_null(sim_cut_test(&scenario, &counter, &counter.power, 1, "torn", again, NULL));
    sim_kv_deinit(&counter.kv);
}

static void ids_are_parsed(void **state)
{
    enum sim_cut cut;
    uint64_t operation, recovery;

    (void)state;
    assert_int_equal(sim_cut_parse("torn:17:3", &cut, &operation, &recovery), 0);
    assert_true(cut == SIM_CUT_TORN && operation == 17 && recovery == 3);
    assert_int_equal(sim_cut_parse("after:2", &cut, &operation, &recovery), 0);
    assert_true(cut == SIM_CUT_AFTER && operation == 2 && recovery == 0);
    assert_int_equal(sim_cut_parse("tor:1", &cut, &operation, &recovery), ROOST_ERR_INVALID);
    assert_int_equal(sim_cut_parse("torn:0", &cut, &operation, &recovery), ROOST_ERR_INVALID);
    assert_int_equal(sim_cut_parse("torn:1x", &cut, &operation, &recovery), ROOST_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_careful_counter_passes_every_case),
        cmocka_unit_test(a_careless_one_is_found_and_replayed),
        cmocka_unit_test(ids_are_parsed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
