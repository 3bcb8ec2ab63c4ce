/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "world/teddy/teddy.h"
#include "world/test/time.h"

static struct {
    struct test_time time;
    int ready, edges;
    int level;
    bool dark;
} host;

static struct world_teddy world;
static struct roost_port port;
static uint64_t heard_samples;
static int32_t heard_sum;

static void post(void *ctx, const struct roost_event *event)
{
    (void)ctx;
    host.ready += event->type == ROOST_EV_AUDIO_READY;
    if (event->type != ROOST_EV_GPIO)
        return;
    host.edges++;
    host.level = event->status;
}

static bool powered(void *ctx)
{
    (void)ctx;
    return !host.dark;
}

static const struct world_time_ops time_ops = {.now_ms = test_time_now,
                                               .start = test_time_start,
                                               .stop = test_time_stop,
                                               .post = post,
                                               .powered = powered};

static void pass(uint64_t ms)
{
    for (uint64_t end = host.time.now_ms + ms;; host.time.now_ms++) {
        test_time_ring(&host.time);
        if (host.time.now_ms == end)
            return;
    }
}

static void heard(void *ctx, const int16_t *pcm, size_t samples, uint32_t rate_hz)
{
    (void)ctx;
    (void)rate_hz;
    heard_samples += samples;
    for (size_t i = 0; i < samples; i++)
        heard_sum += pcm[i];
}

static void begin(struct world_teddy_config config)
{
    const struct world_time time = {&time_ops, &host.time};

    memset(&host, 0, sizeof host);
    memset(&port, 0, sizeof port);
    heard_samples = 0;
    heard_sum = 0;
    config.heard = heard;
    world_teddy_init(&world, &config);
    assert_int_equal(world_teddy_attach(&world, &time, &port), 0);
    assert_int_equal(port.gpio.ops->watch(port.gpio.ctx, WORLD_TEDDY_LINE_BUTTON, true), 0);
}

/* ---- button, light ---- */

static void the_button(void **state)
{
    (void)state;
    begin((struct world_teddy_config){.seed = 1});
    world_teddy_press(&world, true);
    pass(1);
    assert_int_equal(host.edges, 1);
    assert_int_equal(host.level, 1);
    world_teddy_press(&world, true);
    pass(10);
    assert_int_equal(host.edges, 1);
    world_teddy_press(&world, false);
    pass(1);
    assert_int_equal(host.edges, 2);
    assert_int_equal(host.level, 0);

    world_teddy_set_fault(&world, WORLD_TEDDY_BUTTON_BOUNCE, true);
    world_teddy_press(&world, true);
    pass(50);
    assert_int_equal(host.edges, 7);
    assert_int_equal(host.level, 1);
    world_teddy_press(&world, false);
    pass(50);
    assert_int_equal(host.edges, 12);
    assert_int_equal(host.level, 0);

    world_teddy_set_fault(&world, WORLD_TEDDY_BUTTON_BOUNCE, false);
    world_teddy_set_fault(&world, WORLD_TEDDY_BUTTON_STUCK, true);
    pass(1);
    assert_int_equal(host.level, 1);
    world_teddy_press(&world, false);
    pass(1);
    assert_int_equal(host.level, 1);
    world_teddy_set_fault(&world, WORLD_TEDDY_BUTTON_STUCK, false);
    pass(1);
    assert_int_equal(host.level, 0);
}

static int show(uint8_t shape, uint16_t period_ms)
{
    return port.light.ops->show(
        port.light.ctx, &(struct roost_light_pattern){.shape = shape, .period_ms = period_ms});
}

static void the_light(void **state)
{
    (void)state;
    begin((struct world_teddy_config){.seed = 1});
    assert_int_equal(world_teddy_light(&world).shape, ROOST_LIGHT_OFF);
    assert_int_equal(show(ROOST_LIGHT_BREATHE, 2000), 0);
    assert_int_equal(world_teddy_light(&world).shape, ROOST_LIGHT_BREATHE);
    assert_int_equal(show(ROOST_LIGHT_STEADY, 0), 0);
    assert_int_equal(show(ROOST_LIGHT_BLINK, 99), ROOST_ERR_RANGE);
    assert_int_equal(show(ROOST_LIGHT_BLINK, 10001), ROOST_ERR_RANGE);
    assert_int_equal(show(ROOST_LIGHT_BREATHE + 1, 500), ROOST_ERR_RANGE);
    assert_int_equal(world.light.count, 2);
    world_teddy_set_fault(&world, WORLD_TEDDY_LIGHT_DEAD, true);
    assert_int_equal(show(ROOST_LIGHT_STEADY, 0), ROOST_ERR_FAULT);
}

/* ---- microphone ---- */

static void the_microphone(void **state)
{
    const struct roost_audio_in *in = &port.audio_in;
    static const int16_t voice[1600] = {[0] = 1000, [1599] = 2000};
    static int16_t out[16000];

    (void)state;
    begin((struct world_teddy_config){.seed = 1, .block_ms = 20, .noise = -1});
    assert_int_equal(in->ops->read(in->ctx, out, 1), ROOST_ERR_STATE);
    assert_int_equal(in->ops->start(in->ctx, 7999), ROOST_ERR_RANGE);
    assert_int_equal(in->ops->start(in->ctx, 16000), 0);
    assert_int_equal(in->ops->start(in->ctx, 16000), ROOST_ERR_STATE);
    assert_int_equal(in->ops->read(in->ctx, out, 100), 0);
    pass(100);
    world_teddy_say(&world, voice, 1600);
    assert_true(world_teddy_says(&world));
    pass(150);
    assert_false(world_teddy_says(&world));
    assert_int_equal(host.ready, 12);
    assert_int_equal(in->ops->read(in->ctx, out, 8000), 4000);
    for (int i = 0; i < 4000; i++)
        assert_int_equal(out[i], i == 1600 ? 1000 : i == 3199 ? 2000 : 0);
    /* What nobody reads is lost after a second, and counted. */
    pass(1500);
    assert_int_equal(in->ops->read(in->ctx, out, 16000), 16000);
    assert_int_equal(in->ops->read(in->ctx, out, 16000), 0);
    assert_int_equal(in->ops->overruns(in->ctx), 1);
    world_teddy_set_fault(&world, WORLD_TEDDY_MIC_DEAD, true);
    assert_int_equal(in->ops->read(in->ctx, out, 1), ROOST_ERR_FAULT);
    assert_int_equal(in->ops->stop(in->ctx), 0);
    assert_int_equal(in->ops->start(in->ctx, 16000), ROOST_ERR_FAULT);

    /* It has a noise of its own, but for a dead capsule. */
    begin((struct world_teddy_config){.seed = 1});
    assert_int_equal(in->ops->start(in->ctx, 16000), 0);
    pass(100);
    assert_int_equal(in->ops->read(in->ctx, out, 1600), 1600);
    int others = 0;
    for (int i = 1; i < 1600; i++) {
        others += out[i] != out[0];
        assert_true(out[i] >= -8 && out[i] <= 8);
    }
    assert_true(others > 1000);
    world_teddy_set_fault(&world, WORLD_TEDDY_MIC_FLAT, true);
    pass(10);
    assert_int_equal(in->ops->read(in->ctx, out, 160), 160);
    for (int i = 0; i < 160; i++)
        assert_int_equal(out[i], 0);
}

/* ---- loudspeaker ---- */

static int16_t tone[4800];

static void the_loudspeaker(void **state)
{
    const struct roost_audio_out *out = &port.audio_out;

    (void)state;
    for (size_t i = 0; i < 4800; i++)
        tone[i] = 100;
    begin((struct world_teddy_config){.seed = 1});
    assert_int_equal(out->ops->write(out->ctx, tone, 1), ROOST_ERR_STATE);
    assert_int_equal(out->ops->buffered(out->ctx), ROOST_ERR_STATE);
    assert_int_equal(out->ops->stop(out->ctx), 0);
    assert_int_equal(out->ops->start(out->ctx, 4000), ROOST_ERR_UNSUPPORTED);
    assert_int_equal(out->ops->start(out->ctx, 16000), 0);
    assert_int_equal(out->ops->start(out->ctx, 16000), ROOST_ERR_STATE);
    pass(100);
    assert_int_equal(out->ops->underruns(out->ctx), 0); /* nothing was there to run out of */
    assert_int_equal(out->ops->write(out->ctx, tone, 4800), 1600); /* a tenth of a second */
    assert_int_equal(out->ops->write(out->ctx, tone, 1), 0);
    pass(50);
    assert_int_equal(out->ops->buffered(out->ctx), 800);
    assert_int_equal(heard_samples, 800);
    assert_int_equal(heard_sum, 80000);
    assert_true(world_teddy_sounds(&world));
    assert_int_equal(out->ops->write(out->ctx, tone, 4800), 800);
    pass(200);
    assert_int_equal(out->ops->buffered(out->ctx), 0);
    assert_int_equal(heard_samples, 2400);
    assert_int_equal(out->ops->underruns(out->ctx), 1);
    assert_false(world_teddy_sounds(&world));
    /* Stopped, it is silent at once. */
    assert_int_equal(out->ops->write(out->ctx, tone, 1000), 1000);
    assert_int_equal(out->ops->stop(out->ctx), 0);
    pass(100);
    assert_int_equal(heard_samples, 2400);

    world_teddy_set_fault(&world, WORLD_TEDDY_SPEAKER_SLOW, true);
    assert_int_equal(out->ops->start(out->ctx, 22050), 0);
    assert_int_equal(out->ops->write(out->ctx, tone, 4800), 2205);
    pass(100);
    assert_in_range(out->ops->buffered(out->ctx), 1102, 1103);
    world_teddy_set_fault(&world, WORLD_TEDDY_SPEAKER_DEAD, true);
    assert_int_equal(out->ops->write(out->ctx, tone, 1), ROOST_ERR_FAULT);
    world_teddy_off(&world);
    assert_int_equal(out->ops->buffered(out->ctx), ROOST_ERR_STATE);
    assert_int_equal(out->ops->start(out->ctx, 16000), ROOST_ERR_FAULT);
}

static void one_clock(void **state)
{
    const struct roost_audio_out *out = &port.audio_out;

    (void)state;
    begin((struct world_teddy_config){.seed = 1, .one_rate_hz = 16000});
    assert_int_equal(out->ops->start(out->ctx, 22050), ROOST_ERR_UNSUPPORTED);
    assert_int_equal(out->ops->start(out->ctx, 16000), 0);
}

/* A microphone beside a loudspeaker hears it, unless it is deaf to it. */
static void its_own_sound(void **state)
{
    const struct roost_audio_in *in = &port.audio_in;
    const struct roost_audio_out *out = &port.audio_out;
    static int16_t heard_by[1600];

    (void)state;
    for (int deaf = 0; deaf < 2; deaf++) {
        begin((struct world_teddy_config){.seed = 1, .noise = -1, .deaf_to_itself = deaf});
        for (size_t i = 0; i < 4800; i++)
            tone[i] = 8000;
        assert_int_equal(in->ops->start(in->ctx, 16000), 0);
        assert_int_equal(out->ops->start(out->ctx, 16000), 0);
        assert_int_equal(out->ops->write(out->ctx, tone, 800), 800);
        pass(100);
        assert_int_equal(in->ops->read(in->ctx, heard_by, 1600), 1600);
        int loud = 0;
        for (int i = 0; i < 1600; i++)
            loud += heard_by[i] == 2000 || heard_by[i] == -2000;
        assert_int_equal(loud, deaf ? 0 : 800);
    }
}

static void controls(void **state)
{
    const struct world_controls *table = &world_teddy_controls;

    (void)state;
    begin((struct world_teddy_config){.seed = 1});
    const struct world_quantity *button = world_quantity_find(table, "button");
    assert_non_null(button);
    button->hold(&world, 1);
    pass(1);
    assert_int_equal(host.level, 1);
    assert_true(button->get(&world) > 0.5);
    button->hold(&world, 0);
    pass(1);
    assert_int_equal(host.level, 0);
    int fault = world_fault_find(table, "speaker_slow", 12);
    assert_int_equal(fault, WORLD_TEDDY_SPEAKER_SLOW);
    table->set_fault(&world, (unsigned)fault, true);
    assert_true(table->has_fault(&world, (unsigned)fault));
    for (size_t i = 0; i < table->quantity_count; i++)
        if (table->quantities[i].get)
            (void)table->quantities[i].get(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_button),     cmocka_unit_test(the_light),
        cmocka_unit_test(the_microphone), cmocka_unit_test(the_loudspeaker),
        cmocka_unit_test(one_clock),      cmocka_unit_test(its_own_sound),
        cmocka_unit_test(controls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
