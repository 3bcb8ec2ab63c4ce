/* SPDX-License-Identifier: Apache-2.0 */
/* Teddies in a run: the same seed is the same run, and each checker finds what it is there for. */
#include "sim/teddy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "host/log.h"
#include "host/metrics.h"
#include "hub/voice/voice_internal.h"
#include "sim/run.h"

enum { TEDDIES = 5, LATER_MS = 25 * 60000 };

static void (*breaks)(struct sim_world *world);
static bool done;

static struct sim_report run(double hours, bool calm, void (*sabotage)(struct sim_world *world))
{
    struct sim_run_options options = {.seed = 4,
                                      .hours = hours,
                                      .products = {&sim_teddy},
                                      .devices = TEDDIES,
                                      .calm = calm,
                                      .sabotage = sabotage};
    struct sim_report report;

    assert_int_equal(sim_run(&options, &report), 0);
    return report;
}

/* ---- a run ---- */

static void the_same_seed_is_the_same_run(void **state)
{
    struct sim_report first = run(1, false, NULL), second = run(1, false, NULL);

    (void)state;
    assert_string_equal(first.violation, "");
    assert_string_equal(first.digest, second.digest);
    assert_int_equal(first.events, second.events);
}

static uint64_t repeated;

static void watch(void *ctx, uint64_t number, void *data)
{
    struct sim_world *world = ctx;

    (void)number, (void)data;
    repeated += world->hub.voice.heard + world->hub.voice.answered + world->hub.voice.said;
}

static void look_later(struct sim_world *world)
{
    sim_at(&world->sim.clock, 2 * 3600000, watch, world, 0, NULL);
}

/* A run in which nobody talks proves nothing. */
static void children_talk_and_are_answered(void **state)
{
    (void)state;
    repeated = 0;
    struct sim_report report = run(2.1, true, look_later);
    assert_string_equal(report.violation, "");
    assert_true(repeated > 60);
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
    struct sim_report report = run(3, true, sabotage);
    assert_true(done);
    if (!strstr(report.violation, what))
        fail_msg("\"%s\" is not in \"%s\"", what, report.violation);
}

static struct voice *service(struct sim_world *world)
{
    const struct hub_set *set = &world->hub.services.set;

    for (size_t i = 0; i < set->count; i++)
        if (set->at[i].row == &voice_service)
            return set->at[i].service;
    return NULL;
}

static struct sim_teddy *first(const struct sim_world *world)
{
    return sim_teddy_of(world->devices[0]);
}

static void says_its_name(struct sim_world *world)
{
    HOST_LOG(ROOST_LOG_WARN, "test", "somebody", RF_STR("who", first(world)->child.name));
    done = true;
}

static void shows_its_name(struct sim_world *world)
{
    char label[64];

    snprintf(label, sizeof label, "child=\"%s\"", first(world)->child.name);
    metrics_counter(world->hub.metrics, "test_total", "a test", label);
    done = true;
}

static void writes_its_words(struct sim_world *world)
{
    const struct sim_teddy *teddy = first(world);
    uint8_t *at = teddy->device.board.flash.bytes;

    memcpy(at + 100, teddy->child.word, strlen(teddy->child.word));
    done = true;
}

static void forgets_a_turn(struct sim_world *world)
{
    service(world)->turns_begun++;
    done = true;
}

static void keeps_bytes(struct sim_world *world)
{
    service(world)->bytes++;
    done = true;
}

static void asks_for_nobody(struct sim_world *world)
{
    struct voice_session *session = service(world)->sessions;

    if (session) {
        alarms_set(&service(world)->alarms, &session->alarm, ROOST_NEVER);
        done = true;
    }
}

static void is_heard_again(struct sim_world *world)
{
    struct sim_teddy *teddy = first(world);

    if (teddy->around.mic.on && teddy->newest_known && teddy->samples > 4096) {
        teddy->samples -= 4096;
        done = true;
    }
}

static void is_somebody_else(struct sim_world *world)
{
    struct sim_teddy *teddy = first(world);

    if (teddy->around.mic.on) {
        teddy->device.board.options.index = 1;
        done = true;
    }
}

/* The book says so, and nobody told the hub. */
static void parents_are_not_heard(struct sim_world *world)
{
    struct sim_teddy *teddy = first(world);

    if (teddy->around.mic.on && teddy->agreed) {
        world->hub.voice.changed = NULL;
        sim_child_consents(teddy, false);
        done = true;
    }
}

static void listens_always(struct sim_world *world)
{
    struct sim_teddy *teddy = first(world);

    if (teddy->state == TEDDY_READY) {
        teddy->around.mic.on = true;
        sim_board_kick(&teddy->device.board);
        done = true;
    }
}

static void loses_count(struct sim_world *world)
{
    first(world)->turns++;
    done = true;
}

static void found(void **state)
{
    (void)state;
    finds(says_its_name, "name stands in a log");
    finds(shows_its_name, "name stands in the metrics");
    finds(writes_its_words, "word stands in flash");
    finds(forgets_a_turn, "turns began");
    finds(keeps_bytes, "bytes are held and nobody talks");
    finds(asks_for_nobody, "waits for nothing");
    finds(is_heard_again, "is heard again");
    finds(is_somebody_else, "is heard with the sound of");
    finds(parents_are_not_heard, "without its parents' consent");
    finds(listens_always, "checker microphone: is open");
    finds(loses_count, "turns began and");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_is_the_same_run),
        cmocka_unit_test(children_talk_and_are_answered),
        cmocka_unit_test(found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
