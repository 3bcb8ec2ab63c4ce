/* SPDX-License-Identifier: Apache-2.0 */
/* Hours of a child, a network and a hub that do what they like, by a seed; what must hold holds in
 * every step, and when it is over the next press works. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "devices/teddy/test/rig.h"

static uint32_t chance;

static uint32_t draw(uint32_t below)
{
    chance = chance * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(chance >> 8) * below >> 24);
}

/* ---- what holds in every step ---- */

static void check(void)
{
    const struct teddy_capture *capture = &teddy.capture;
    const struct teddy_play *play = &teddy.play;
    bool mute = roost_settings_int(&teddy.device.settings, TEDDY_SET_MUTE) != 0;

    if (hub.world.mic.on) {
        assert_int_equal(teddy.state, TEDDY_LISTENING);
        assert_false(hub.world.out.on); /* D10 */
        assert_false(mute);
        assert_true(teddy.button.down && teddy_capture_in_turn(capture));
    }
    if (mute)
        assert_true(teddy_state_waits(teddy.state) && !hub.world.out.on);
    assert_int_equal(play->on, hub.world.out.on);
    assert_true(capture->count < capture->slots && capture->sent <= capture->count);
    assert_true(play->used <= play->size && play->head < play->size);
    assert_true(play->block_at <= play->block_len && play->block_len <= TEDDY_BLOCK_SAMPLES);
    if (teddy.state != TEDDY_LISTENING && teddy.state != TEDDY_THINKING &&
        teddy.state != TEDDY_SPEAKING)
        assert_false(teddy_capture_in_turn(capture));
    if (teddy.state == TEDDY_READY)
        assert_true(teddy.link.established);
    if (capture->lost + capture->unkept == 0)
        assert_int_equal(hub.gaps, 0); /* in order, whole, once */
    assert_int_equal(hub.unsigned_chunks, 0);
}

static uint64_t checked_step(void *device)
{
    uint64_t due_ms = roost_teddy_step(device);

    check();
    return due_ms;
}

/* ---- what happens ---- */

static void set_mute(bool on)
{
    static unsigned number;
    char text[128];

    snprintf(text, sizeof text, "{\"id\":\"m%u\",\"command\":\"set\",\"args\":{\"mute\":%s}}",
             number++, on ? "true" : "false");
    (void)fake_hub_send(&hub, text);
}

static void bend_the_hub(void)
{
    static const uint16_t codes[] = {0, 1000, 1001, 1009, 1011};

    switch (draw(12)) {
    case 0:
        fake_hub_drop(&hub, codes[draw(5)]);
        break;
    case 1:
        hub.up = draw(3) > 0;
        break;
    case 2:
        hub.keeps_session = draw(2) > 0;
        break;
    case 3:
        hub.bytes_per_s = draw(3) ? 0 : 4000 + draw(60000);
        break;
    case 4:
        (void)fake_hub_error(&hub, (enum voice_error)draw(VOICE_ERROR_COUNT));
        break;
    case 5:
        (void)fake_hub_send(&hub, "{\"type\":\"abort\"}");
        hub.replying = false;
        break;
    case 6:
        fake_hub_reply(&hub); /* by itself */
        break;
    case 7:
        hub.reply_ms = 50 + draw(4000);
        hub.gap_ms = draw(3) ? 0 : draw(3000);
        hub.careless = draw(4) == 0;
        break;
    case 8:
        hub.replies = draw(4) > 0;
        hub.agrees = draw(6) > 0;
        hub.acks = draw(6) > 0;
        break;
    case 9:
        set_mute(draw(3) == 0);
        break;
    case 10:
        hub.send_error = draw(4) ? 0 : ROOST_ERR_FULL;
        break;
    default:
        (void)fake_hub_send(&hub, "{\"type\":\"audio_response\",\"audio_data\":\"AAA\"}");
        break;
    }
}

static void bend_the_world(void)
{
    enum world_teddy_fault fault = (enum world_teddy_fault)draw(WORLD_TEDDY_FAULT_COUNT);

    if (fault != WORLD_TEDDY_MIC_FLAT) /* what is said could not be told from it */
        world_teddy_set_fault(&hub.world, fault, draw(3) == 0);
}

static void live(uint64_t ms)
{
    uint64_t end_ms = fake.now_ms + ms;

    while (fake.now_ms < end_ms) {
        uint32_t what = draw(10);
        if (what < 6)
            world_teddy_press(&hub.world, draw(2));
        else if (what < 9)
            bend_the_hub();
        else
            bend_the_world();
        run(draw(3) ? draw(400) : draw(4000));
    }
}

/* Everything is well again: within a while so is the teddy. */
static void mend(void)
{
    for (int fault = 0; fault < WORLD_TEDDY_FAULT_COUNT; fault++)
        world_teddy_set_fault(&hub.world, (enum world_teddy_fault)fault, false);
    world_teddy_press(&hub.world, false);
    hub.up = hub.replies = hub.agrees = hub.acks = hub.keeps_session = true;
    hub.careless = false;
    hub.send_error = 0;
    hub.bytes_per_s = hub.gap_ms = 0;
    hub.reply_ms = 1000;
    run(20000);
    set_mute(false);
    run(30000);
    if (teddy.state == TEDDY_ERROR) { /* a part that failed is tried by the next press */
        talk(1000);
        run(20000);
    }
    assert_int_equal(teddy.state, TEDDY_READY);
    int ends = hub.count[VOICE_UP_AUDIO_END];
    teddy.capture.lost = teddy.capture.unkept = 0;
    hub.gaps = 0;
    talk_until_it_speaks(1500);
    assert_int_equal(hub.count[VOICE_UP_AUDIO_END], ends + 1);
    assert_in_range(hub.samples, 23000, 24500);
    run_until(TEDDY_READY, 3000);
}

static void whatever_they_do(void **state)
{
    const uint32_t seeds = sizeof(void *) > 4 ? 24 : 4; /* an emulated chip takes its time */

    (void)state;
    for (uint32_t seed = 1; seed <= seeds; seed++) {
        chance = seed * 2654435761u;
        begin();
        boot();
        fake.device.step = checked_step;
        run(ONLINE_MS);
        for (int i = 0; i < 3; i++) {
            live(60000);
            mend();
        }
        if (seed % 4 == 0)
            printf("seeds to %d: %d presses, %d turns, %d replies, %d failed\n", (int)seed,
                   (int)teddy.count.presses, (int)teddy.count.turns, (int)teddy.count.replies,
                   (int)teddy.count.turns_failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whatever_they_do)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
