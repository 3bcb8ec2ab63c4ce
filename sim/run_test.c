/* SPDX-License-Identifier: Apache-2.0 */
/* The same seed is the same run; and each checker finds what it is there for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "proto/climate/payload.h"
#include "sim/check.h"
#include "sim/run.h"
#include "sim/window.h"

static struct sim_report run(struct sim_run_options options)
{
    struct sim_report report;

    assert_int_equal(sim_run(&options, &report), 0);
    return report;
}

static void the_same_seed_is_the_same_run(void **state)
{
    struct sim_run_options options = {.seed = 11, .hours = 1, .devices = 10};
    struct sim_report first = run(options), second = run(options);

    (void)state;
    assert_string_equal(first.violation, "");
    assert_string_equal(first.digest, second.digest);
    assert_int_equal(first.events, second.events);
    options.seed = 12;
    second = run(options);
    assert_string_not_equal(first.digest, second.digest);
}

/* ---- power cuts ---- */

/* One case of the sweep: the cut, and another one in the life after it. */
static bool cut_reached(enum sim_cut form, uint64_t operation, uint64_t again)
{
    struct sim_run_options options = {
        .seed = 3, .hours = 0.05, .devices = 1, .calm = true, .cut_count = 2};

    options.cuts[0] = (struct sim_wanted_cut){0, form, operation};
    options.cuts[1] = (struct sim_wanted_cut){0, SIM_CUT_TORN, operation + again};
    struct sim_report report = run(options);

    if (report.violation[0] != '\0')
        fail_msg("cut %d at %u and %u more: %s", (int)form, (unsigned)operation, (unsigned)again,
                 report.violation);
    return report.power_cuts > 0;
}

/* At every flash operation of a device's first minutes, until one is never reached. */
static void power_cut_at_any_operation(void **state)
{
    uint64_t operation = 3; /* two settings are stored before the first boot */
    bool reached = true;

    (void)state;
    for (; reached; operation++)
        for (int form = 0; reached && form < SIM_CUT_COUNT; form++)
            for (uint64_t again = 1; reached && again < 20; again += 4)
                reached = cut_reached((enum sim_cut)form, operation, again);
    assert_true(operation > 15);
}

static void cuts_are_named(void **state)
{
    struct sim_wanted_cut cut;

    (void)state;
    assert_int_equal(sim_wanted_cut_parse(&cut, "3:torn:117"), 0);
    assert_true(cut.device == 3 && cut.cut == SIM_CUT_TORN && cut.operation == 117);
    assert_true(sim_wanted_cut_parse(&cut, "torn:117") < 0);
    assert_true(sim_wanted_cut_parse(&cut, "3:torn") < 0);
    assert_true(sim_wanted_cut_parse(&cut, "3:torn:1:2") < 0);
    assert_true(sim_wanted_cut_parse(&cut, "100:torn:1") < 0);
}

/* ---- a story too rare to wait for ---- */

/* The clock is unknown; a reading is stored, but its acknowledgement gets lost; the reading is sent
 * again after the clock has become known, with its time this time. */
enum chapter { UNTIL_CALM, UNTIL_DARK, UNTIL_STORED, THE_END };

struct story {
    enum chapter chapter;
    uint64_t due_ms, rows;
};

static struct story story;

static void tell(void *ctx, uint64_t number, void *data)
{
    struct sim_world *world = ctx;
    struct sim_device *device = world->devices[0];
    const struct roost_outbox *outbox = &sim_window_of(device)->window.outbox;
    struct sim_board *board = &device->board;
    uint64_t now_ms = world->sim.clock.now_ms;
    uint64_t rows = world->store.rows[SERIES_TEMPERATURE] + world->store.rows[SERIES_HUMIDITY];

    (void)number;
    (void)data;
    switch (story.chapter) {
    case UNTIL_CALM:
        board->time_server_away = true;
        sim_board_power_cut(board, 120000);
        story = (struct story){.chapter = UNTIL_DARK, .due_ms = now_ms + 240000};
        break;
    case UNTIL_DARK:
        if (now_ms < story.due_ms || outbox->flying > 0)
            break;
        board->host.delay_ms = 100; /* leaves time between stored and acknowledged */
        board->host.jitter_ms = board->host.loss_per_million = 0;
        story = (struct story){.chapter = UNTIL_STORED, .rows = rows};
        break;
    case UNTIL_STORED:
        if (rows < story.rows + 2 || outbox->flying == 0)
            break;
        assert_true(sim_broker_kick(&world->sim.broker, device->id));
        board->unix_known = true;
        story.chapter = THE_END;
        return;
    case THE_END:
        return;
    }
    sim_at(&world->sim.clock, now_ms + 1, tell, world, 0, NULL);
}

static void telling(struct sim_world *world)
{
    story = (struct story){.chapter = UNTIL_CALM};
    sim_at(&world->sim.clock, 600000, tell, world, 0, NULL);
}

static void a_reading_that_learns_its_time_is_stored_once(void **state)
{
    struct sim_run_options options = {
        .seed = 5, .hours = 0.5, .devices = 1, .calm = true, .sabotage = telling};
    struct sim_report report = run(options);

    (void)state;
    assert_int_equal(story.chapter, THE_END);
    assert_string_equal(report.violation, "");
    assert_true(report.duplicates >= 2);
}

/* ---- the checkers ---- */

static void expect(void (*sabotage)(struct sim_world *world), const char *what)
{
    struct sim_run_options options = {
        .seed = 5, .hours = 0.3, .devices = 2, .calm = true, .sabotage = sabotage};
    struct sim_report report = run(options);

    if (!strstr(report.violation, what) || !strstr(report.violation, "--seed 5"))
        fail_msg("expected \"%s\", found \"%s\"", what, report.violation);
}

/* What the store really does, between the saboteur and the books. */
static void (*true_on_row)(void *ctx, const struct series_row *row);
static uint64_t row_number;

static void lose_one(void *ctx, const struct series_row *row)
{
    if (++row_number != 50)
        true_on_row(ctx, row);
}

static void double_one(void *ctx, const struct series_row *row)
{
    if (++row_number == 50)
        true_on_row(ctx, row);
    true_on_row(ctx, row);
}

static void alter_one(void *ctx, const struct series_row *row)
{
    struct series_row altered = *row;

    if (++row_number == 50 && row->table <= SERIES_HUMIDITY)
        altered.value += 0.001;
    true_on_row(ctx, &altered);
}

static void put_in_the_way(struct sim_world *world,
                           void (*on_row)(void *ctx, const struct series_row *row))
{
    row_number = 0;
    true_on_row = world->store.on_row;
    world->store.on_row = on_row;
}

static void losing(struct sim_world *world)
{
    put_in_the_way(world, lose_one);
}

static void doubling(struct sim_world *world)
{
    put_in_the_way(world, double_one);
}

static void altering(struct sim_world *world)
{
    put_in_the_way(world, alter_one);
}

static void a_lost_doubled_or_altered_row_is_found(void **state)
{
    (void)state;
    expect(losing, "not stored");
    expect(doubling, "doubled or altered");
    expect(altering, "doubled or altered");
}

static void push(void *ctx, uint64_t number, void *data)
{
    struct sim_world *world = ctx;
    struct world_window *around = &sim_window_of(world->devices[1])->room.world;

    (void)number;
    (void)data;
    world_window_update(around);
    world_sash_set(&around->sash, 2500);
    sim_at(&world->sim.clock, world->sim.clock.now_ms + 4000, push, world, 0, NULL);
}

static void pushing(struct sim_world *world)
{
    sim_at(&world->sim.clock, 300000, push, world, 0, NULL);
}

static void a_pushed_window_is_found(void **state)
{
    (void)state;
    expect(pushing, "beyond");
}

/* A decision for the first window, good in every way. */
static void say(struct sim_world *world, double position_pct)
{
    struct roost_control control = {.position_pct = position_pct, .confidence = 0.9};
    char payload[256], topic[ROOST_TOPIC_MAX + 1];
    int len;

    control.unix_ms = sim_unix_ms(&world->sim.clock);
    memcpy(control.device_id, world->devices[0]->id, sizeof world->devices[0]->id);
    len = roost_control_write(payload, sizeof payload, &control);
    assert_true(len > 0);
    assert_true(roost_topic_write(topic, sizeof topic, &climate_topics[CLIMATE_TOPIC_CONTROL],
                                  control.device_id) > 0);
    assert_true(sim_client_publish(&sim_window_model(world)->client, topic, payload, (size_t)len, 1,
                                   false) > 0);
}

/* The checker takes the position for one that had to be refused. */
static void disobey(void *ctx, uint64_t number, void *data)
{
    (void)number;
    (void)data;
    say(ctx, 42.63);
}

static void disobeying(struct sim_world *world)
{
    sim_at(&world->sim.clock, 400000, disobey, world, 0, NULL);
}

static void a_disobedient_window_is_found(void **state)
{
    (void)state;
    expect(disobeying, "had to refuse");
}

static void open_and_leave(void *ctx, uint64_t number, void *data)
{
    struct sim_world *world = ctx;

    (void)data;
    if (number == 1) {
        sim_model_stop(sim_window_model(world));
        return;
    }
    say(world, 80.0);
    sim_at(&world->sim.clock, world->sim.clock.now_ms + 1000, open_and_leave, world, 1, NULL);
}

/* The window's own rule is switched off by a setting nobody would choose. */
static void never_safe(struct sim_world *world)
{
    union roost_setting_value values[WINDOW_SET_COUNT];
    struct roost_settings settings;

    assert_int_equal(roost_settings_init(&settings, window_settings, WINDOW_SET_COUNT, values,
                                         &world->devices[0]->board.kv.port),
                     0);
    assert_int_equal(roost_settings_set_int(&settings, WINDOW_SET_CONTROL_LOST, 86400000), 0);
    sim_at(&world->sim.clock, 300000, open_and_leave, world, 0, NULL);
}

static void an_open_window_without_control_is_found(void **state)
{
    struct sim_run_options options = {
        .seed = 5, .hours = 0.6, .devices = 2, .calm = true, .sabotage = never_safe};
    struct sim_report report = run(options);

    (void)state;
    assert_non_null(strstr(report.violation, "stands open"));
}

static void *leaked[64];
static size_t leaked_count;

static void leak(void *ctx, uint64_t number, void *data)
{
    struct sim_world *world = ctx;

    (void)number;
    (void)data;
    if (leaked_count < sizeof leaked / sizeof leaked[0])
        leaked[leaked_count++] = malloc(65536);
    sim_at(&world->sim.clock, world->sim.clock.now_ms + 10000, leak, world, 0, NULL);
}

static void leaking(struct sim_world *world)
{
    sim_at(&world->sim.clock, 3600000, leak, world, 0, NULL);
}

static void growing_memory_is_found(void **state)
{
    struct sim_run_options options = {
        .seed = 5, .hours = 1.5, .devices = 1, .calm = true, .sabotage = leaking};
    struct sim_report report = run(options);

    (void)state;
    while (leaked_count > 0)
        free(leaked[--leaked_count]);
    if (report.memory_first == 0) /* a sanitizer's allocator does not say */
        return;
    assert_non_null(strstr(report.violation, "checker memory"));
}

static void stuck(void *ctx, uint64_t number, void *data)
{
    struct sim_world *world = ctx;

    (void)number;
    (void)data;
    sim_at(&world->sim.clock, world->sim.clock.now_ms, stuck, world, 0, NULL);
}

static void sticking(struct sim_world *world)
{
    sim_at(&world->sim.clock, 400000, stuck, world, 0, NULL);
}

static void a_loop_without_end_is_found(void **state)
{
    (void)state;
    expect(sticking, "time does not pass");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_is_the_same_run),
        cmocka_unit_test(power_cut_at_any_operation),
        cmocka_unit_test(cuts_are_named),
        cmocka_unit_test(a_reading_that_learns_its_time_is_stored_once),
        cmocka_unit_test(a_lost_doubled_or_altered_row_is_found),
        cmocka_unit_test(a_pushed_window_is_found),
        cmocka_unit_test(a_disobedient_window_is_found),
        cmocka_unit_test(an_open_window_without_control_is_found),
        cmocka_unit_test(growing_memory_is_found),
        cmocka_unit_test(a_loop_without_end_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
