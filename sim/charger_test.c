/* SPDX-License-Identifier: Apache-2.0 */
/* Chargers in a run: the same seed is the same run, and each checker finds what it is there for. */
#include "sim/charger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "sim/run.h"

enum { CHARGERS = 2, LATER_MS = 12 * 60000 };

static void (*breaks)(struct sim_world *world);
static bool done;

static struct sim_report run(double hours, bool calm, void (*sabotage)(struct sim_world *world))
{
    struct sim_run_options options = {.seed = 4,
                                      .hours = hours,
                                      .products = {&sim_charger},
                                      .devices = CHARGERS,
                                      .calm = calm,
                                      .sabotage = sabotage};
    struct sim_report report;

    assert_int_equal(sim_run(&options, &report), 0);
    return report;
}

/* ---- a run ---- */

static void the_same_seed_is_the_same_run(void **state)
{
    struct sim_report first = run(0.7, false, NULL), second = run(0.7, false, NULL);

    (void)state;
    assert_string_equal(first.violation, "");
    assert_string_equal(first.digest, second.digest);
    assert_int_equal(first.events, second.events);
}

/* A run in which nobody charges proves nothing. */
static void vehicles_charge_and_are_billed(void **state)
{
    char *text = NULL;
    size_t len;
    unsigned sessions = 0, starts = 0, kwh = 0;

    (void)state;
    struct sim_report report = run(3, true, NULL);
    assert_string_equal(report.violation, "");
    FILE *out = open_memstream(&text, &len);
    sim_report_print(&report, out);
    fclose(out);
    const char *chargers = strstr(text, "chargers "), *csms = strstr(text, "csms ");
    assert_non_null(chargers);
    assert_non_null(csms);
    assert_int_equal(sscanf(chargers, "chargers %u transactions", &sessions), 1);
    assert_int_equal(sscanf(csms, "csms %u Starts", &starts), 1);
    assert_int_equal(sscanf(strstr(chargers, "cut; "), "cut; %u kWh", &kwh), 1);
    free(text);
    assert_true(sessions >= 2 * CHARGERS);
    assert_int_equal(starts, sessions);
    assert_true(kwh >= CHARGERS);
}

/* ---- what is broken on purpose is found ---- */

static void attempt(void *ctx, uint64_t number, void *data)
{
    struct sim_world *world = ctx;

    (void)number, (void)data;
    if (!done)
        breaks(world);
    if (!done)
        sim_at(&world->sim.clock, world->sim.clock.now_ms + 50, attempt, world, 0, NULL);
}

static void sabotage(struct sim_world *world)
{
    sim_at(&world->sim.clock, LATER_MS, attempt, world, 0, NULL);
}

static void finds(void (*how)(struct sim_world *world), const char *what)
{
    breaks = how;
    done = false;
    struct sim_report report = run(1.5, true, sabotage);
    assert_true(done);
    if (!strstr(report.violation, what))
        fail_msg("\"%s\" is not in \"%s\"", what, report.violation);
}

static struct sim_charger *first(const struct sim_world *world)
{
    return sim_charger_of(world->devices[0]);
}

static bool charges(const struct sim_charger *charger)
{
    return charger->charger.power[0].state == CHARGER_CHARGING &&
           world_charger_current_a(&charger->around) > 10;
}

/* The firmware does not see what is broken: its line is stuck. */
static void does_not_see_the_door(struct sim_world *world)
{
    struct sim_charger *charger = first(world);

    if (!charges(charger))
        return;
    charger->charger.power[0].config.input[CHARGER_IN_DOOR] = WORLD_CHARGER_LINE_STOP_CHAIN;
    world_charger_door(&charger->around, true);
    sim_charger_touched(charger);
    done = true;
}

static int always_cool(void *ctx, int32_t *out)
{
    (void)ctx;
    *out = 20000;
    return 0;
}

static void does_not_feel_the_heat(struct sim_world *world)
{
    struct sim_charger *charger = first(world);

    if (!charges(charger))
        return;
    charger->charger.power[0].config.gun_mdegc = always_cool;
    charger->fault_ms[WORLD_CHARGER_GUN_HOT] = world->sim.clock.now_ms;
    world_charger_set_fault(&charger->around, WORLD_CHARGER_GUN_HOT, true);
    done = true;
}

/* Something is on, and the firmware does not know and looks seldom. */
static void is_on_while_it_idles(struct sim_world *world)
{
    struct sim_charger *charger = first(world);

    if (charger->visit != SIM_AWAY || charger->charger.power[0].state != CHARGER_IDLE)
        return;
    charger->around.lines.levels |= 1u << WORLD_CHARGER_LINE_CONTACTOR;
    charger->was_busy = true;
    done = true;
}

static void counts_too_much(struct sim_world *world)
{
    struct sim_charger *charger = first(world);

    if (!charges(charger))
        return;
    charger->charger.power[0].meter.mwh += 30000;
    done = true;
}

static void counts_for_nobody(struct sim_world *world)
{
    struct sim_charger *charger = first(world);

    if (charger->visit != SIM_AWAY || charger->session_count == 0 ||
        charger->charger.power[0].state != CHARGER_IDLE)
        return;
    charger->charger.power[0].meter.mwh += 100;
    done = true;
}

static struct csms_tx *closed_one(struct sim_world *world)
{
    const struct sim_csms_row *row = sim_csms_find(&world->hub.csms, first(world)->device.id);

    return row->tx_count > 0 && row->txs[0].state == CSMS_TX_CLOSED ? &row->txs[0] : NULL;
}

static void bills_a_watthour_more(struct sim_world *world)
{
    struct csms_tx *tx = closed_one(world);

    if (!tx)
        return;
    tx->meter_stop_wh++;
    done = true;
}

static void bills_twice(struct sim_world *world)
{
    struct sim_csms_row *row = &world->hub.csms.rows[0];

    if (!closed_one(world) || row->tx_count != 1 || row->txs[0].meter_stop_wh < 20)
        return;
    row->txs[1] = row->txs[0];
    row->txs[1].id = ++world->hub.csms.last_id;
    row->tx_count = 2;
    done = true;
}

static void loses_one(struct sim_world *world)
{
    struct sim_csms_row *row = &world->hub.csms.rows[0];

    if (!closed_one(world) || row->tx_count != 1 || row->txs[0].meter_stop_wh < 20)
        return;
    row->tx_count = 0;
    done = true;
}

/* Long after it told its last. */
static void tells_another_status(struct sim_world *world)
{
    struct csms *csms = sim_charger_csms(first(world));
    struct csms_view view;

    if (!first(world)->resting || !csms_look(csms, first(world)->device.id, &view) ||
        view.connectors[1].status != OCPP_Available)
        return;
    ((struct csms_connector *)(uintptr_t)&view.connectors[1])->status = OCPP_Charging;
    done = true;
}

static void interlocks(void **state)
{
    (void)state;
    finds(does_not_see_the_door, "checker interlock: is switched on for");
    finds(does_not_feel_the_heat, "checker interlock: is switched on in spite of gun_hot");
    finds(is_on_while_it_idles, "checker cycle: comes");
}

static void registers(void **state)
{
    (void)state;
    finds(counts_too_much, "checker energy: let out");
    finds(counts_for_nobody, "checker register: counts 100 mWh outside of transactions");
}

static void transactions(void **state)
{
    (void)state;
    finds(bills_a_watthour_more, "checker transactions: has transaction");
    finds(bills_twice, "checker transactions: has transaction");
    finds(loses_one, "checker transactions: has transaction");
    finds(tells_another_status, "checker told: is Available, the central system has Charging");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_is_the_same_run),
        cmocka_unit_test(vehicles_charge_and_are_billed),
        cmocka_unit_test(interlocks),
        cmocka_unit_test(registers),
        cmocka_unit_test(transactions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
