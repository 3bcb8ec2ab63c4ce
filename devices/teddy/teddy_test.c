/* SPDX-License-Identifier: Apache-2.0 */
/* A turn from the button to the last sample heard, and how it connects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/teddy/test/rig.h"

static void a_turn(void **state)
{
    (void)state;
    start_ready();
    assert_memory_equal(hub.url,
                        "wss://hub.example:8443/api/v1/esp32/private/chat?device_id="
                        "teddy-01&child_id=child-7&child_name=Zarquonia&child_age=7&token=",
                        124);
    assert_int_equal(hub.message_max, ROOST_TEDDY_MESSAGE_MAX);
    press();
    assert_int_equal(teddy.state, TEDDY_LISTENING);
    assert_true(hub.world.mic.on);
    run(1999);
    release();
    assert_int_equal(teddy.state, TEDDY_THINKING);
    assert_false(hub.world.mic.on);
    run(100);
    assert_int_equal(hub.count[VOICE_UP_AUDIO_START], 1);
    assert_int_equal(hub.count[VOICE_UP_AUDIO_END], 1);
    assert_int_equal(hub.finals, 1);
    assert_int_equal(hub.unsigned_chunks, 0);
    assert_int_equal(hub.repeated, 0);
    assert_int_equal(hub.gaps, 0);
    assert_in_range(hub.samples, 31900, 32100);
    run_until(TEDDY_SPEAKING, 1000);
    run_until(TEDDY_READY, hub.reply_ms + 1000);
    assert_in_range(hub.heard, 48000, 48600); /* all of it, and its soft end */
    assert_int_equal(teddy.play.full, 0);
    assert_int_equal(teddy.play.dry, 0);
    run(50);
    assert_in_range(hub.played_ms, 3000, 3040); /* heard, not sent */
    assert_int_equal(hub.buffered_ms, 0);
    assert_false(hub.world.out.on);
}

static void ten_turns(void **state)
{
    (void)state;
    start_ready();
    hub.reply_ms = 700;
    for (int i = 1; i <= 10; i++) {
        talk_until_it_speaks(900);
        run_until(TEDDY_READY, 2000);
        assert_int_equal(hub.count[VOICE_UP_AUDIO_END], i);
        assert_int_equal(hub.gaps, 0);
    }
    assert_int_equal(teddy.count.turns, 10);
    assert_int_equal(teddy.count.replies, 10);
    assert_int_equal(hub.unsigned_chunks + hub.repeated + hub.out_of_turn, 0);
    assert_int_equal(hub.finals, 10);
}

/* D7: 72 hours of nothing, then the first press works. */
static void d7_after_72_hours(void **state)
{
    (void)state;
    start_ready();
    run(72ull * 3600 * 1000);
    assert_int_equal(teddy.state, TEDDY_READY);
    assert_int_equal(hub.opens, 1);
    assert_in_range(hub.count[VOICE_UP_HEARTBEAT], 8600, 8640);
    talk_until_it_speaks(1000);
    assert_int_equal(hub.gaps, 0);
    assert_true(fake.now_ms > 72ull * 3600 * 1000);
}

/* No sound leaves the teddy of a child whom the hub may not hear. */
static void nothing_before_the_hub_agrees(void **state)
{
    (void)state;
    start_ready();
    hub.agrees = false;
    press();
    run(1500);
    assert_int_equal(hub.count[VOICE_UP_AUDIO_START], 1);
    assert_int_equal(hub.count[VOICE_UP_AUDIO_CHUNK], 0);
    assert_int_equal(fake_hub_error(&hub, VOICE_ERROR_CONSENT_REQUIRED), 0);
    run(50);
    assert_int_equal(teddy.state, TEDDY_READY);
    assert_false(hub.world.mic.on);
    assert_int_equal(teddy.notice, TEDDY_NOTICE_PARENT);
    assert_int_equal(world_teddy_light(&hub.world).shape, ROOST_LIGHT_BLINK);
    assert_true(world_teddy_sounds(&hub.world)); /* of its own: no hub made it */
    for (size_t i = 0; i < sizeof said_memory; i++)
        assert_int_equal(said_memory[i], 0);
    release();
    run(8000);
    assert_int_equal(hub.count[VOICE_UP_AUDIO_CHUNK], 0);
    assert_int_equal(teddy.notice, TEDDY_NOTICE_NONE);
    assert_int_equal(world_teddy_light(&hub.world).shape, ROOST_LIGHT_STEADY);
}

/* A tap is no turn: the hub does not hear of it, the child hears what to do. */
static void a_tap(void **state)
{
    (void)state;
    start_ready();
    press();
    run(100);
    release();
    assert_int_equal(teddy.state, TEDDY_READY);
    run(300);
    assert_int_equal(hub.heard, 0);
    run(500);
    assert_true(hub.loud > 1000);
    assert_int_equal(hub.count[VOICE_UP_AUDIO_START], 0);
    assert_int_equal(hub.count[VOICE_UP_ABORT], 0);
}

static void a_double_press_repeats(void **state)
{
    (void)state;
    start_ready();
    hub.reply_ms = 900; /* it fits the ring */
    talk_until_it_speaks(1000);
    run_until(TEDDY_READY, 2000);
    run(100);
    uint64_t once = hub.heard;
    press();
    run(80);
    release();
    run(100);
    press();
    run(80);
    release();
    run(20);
    assert_int_equal(teddy.state, TEDDY_SPEAKING);
    run_until(TEDDY_READY, 2000);
    run(100);
    assert_in_range(hub.heard - once, 14400, 15200);
    assert_int_equal(teddy.count.repeats, 1);
    assert_int_equal(hub.count[VOICE_UP_AUDIO_START], 1);

    /* What was longer than the ring is not there as a whole: nothing is repeated. */
    hub.reply_ms = 3000;
    talk_until_it_speaks(1000);
    run_until(TEDDY_READY, 5000);
    press();
    run(80);
    release();
    run(100);
    press();
    run(80);
    release();
    run(20);
    assert_int_equal(teddy.state, TEDDY_READY);
    assert_int_equal(teddy.count.repeats, 1);
}

static void thinking_ends_by_itself(void **state)
{
    (void)state;
    start_ready();
    hub.replies = false;
    talk(1000);
    run(14900);
    assert_int_equal(teddy.state, TEDDY_THINKING);
    assert_int_equal(hub.heard, 0);
    run(200);
    assert_int_equal(teddy.state, TEDDY_READY);
    assert_true(world_teddy_sounds(&hub.world)); /* kindly */
    run(1000);
    assert_int_equal(hub.count[VOICE_UP_ABORT], 1);
    /* What comes too late is not heard. */
    hub.reply_ms = 500;
    press();
    run(300);
    fake_hub_reply(&hub);
    run(400);
    assert_int_equal(teddy.state, TEDDY_LISTENING);
}

static void the_turn_has_a_length(void **state)
{
    (void)state;
    start_ready();
    press();
    run(29000);
    assert_int_equal(teddy.state, TEDDY_LISTENING);
    run(1200);
    assert_true(teddy.state == TEDDY_THINKING || teddy.state == TEDDY_SPEAKING);
    run(200);
    assert_int_equal(hub.samples, 480000);
    assert_int_equal(hub.gaps, 0);
    assert_int_equal(hub.finals, 1);
    assert_int_equal(hub.count[VOICE_UP_AUDIO_END], 1);
    release();
    run(10000);
    assert_int_equal(teddy.state, TEDDY_READY);
    assert_int_equal(hub.count[VOICE_UP_AUDIO_END], 1);
}

static void muted(void **state)
{
    (void)state;
    start_ready();
    talk_until_it_speaks(1000);
    run(500);
    assert_int_equal(
        fake_hub_send(&hub, "{\"id\":\"a1\",\"command\":\"set\",\"args\":{\"mute\":true}}"), 0);
    run(30);
    assert_int_equal(teddy.state, TEDDY_MUTED);
    assert_false(hub.world.out.on);
    assert_int_equal(hub.count[VOICE_UP_ABORT], 1);
    assert_int_equal(hub.count[VOICE_UP_ANSWER], 1);
    uint64_t before = hub.heard;
    press();
    run(1000);
    assert_false(hub.world.mic.on);
    release();
    fake_hub_reply(&hub);
    run(4000);
    assert_int_equal(hub.heard, before);
    assert_true(teddy.count.unheard > 0);
    assert_int_equal(
        fake_hub_send(&hub, "{\"id\":\"a2\",\"command\":\"set\",\"args\":{\"mute\":false}}"), 0);
    run(30);
    assert_int_equal(teddy.state, TEDDY_READY);
    talk_until_it_speaks(1000);
}

static void hub_errors(void **state)
{
    static const struct {
        enum voice_error error;
        enum teddy_state then;
        enum teddy_notice notice;
    } rows[] = {
        {VOICE_ERROR_CONSENT_REQUIRED, TEDDY_READY, TEDDY_NOTICE_PARENT},
        {VOICE_ERROR_QUIET_HOURS, TEDDY_READY, TEDDY_NOTICE_REST},
        {VOICE_ERROR_TIME_LIMIT, TEDDY_READY, TEDDY_NOTICE_REST},
        {VOICE_ERROR_BUSY, TEDDY_READY, TEDDY_NOTICE_BUSY},
        {VOICE_ERROR_RATE_LIMITED, TEDDY_READY, TEDDY_NOTICE_BUSY},
        {VOICE_ERROR_PROCESSING_ERROR, TEDDY_READY, TEDDY_NOTICE_TROUBLE},
        {VOICE_ERROR_AUDIO_START_ERROR, TEDDY_READY, TEDDY_NOTICE_TROUBLE},
        {VOICE_ERROR_SESSION_EXPIRED, TEDDY_READY, TEDDY_NOTICE_TROUBLE},
        {VOICE_ERROR_UNKNOWN_SESSION, TEDDY_READY, TEDDY_NOTICE_TROUBLE},
        {VOICE_ERROR_BAD_SIGNATURE, TEDDY_READY, TEDDY_NOTICE_TROUBLE},
        {VOICE_ERROR_AUDIO_CHUNK_ERROR, TEDDY_THINKING, TEDDY_NOTICE_NONE},
        {VOICE_ERROR_OUT_OF_ORDER, TEDDY_THINKING, TEDDY_NOTICE_NONE},
        {VOICE_ERROR_INVALID_AUDIO_DATA, TEDDY_THINKING, TEDDY_NOTICE_NONE},
        {VOICE_ERROR_AUDIO_END_ERROR, TEDDY_THINKING, TEDDY_NOTICE_NONE},
        {VOICE_ERROR_TURN_TOO_LONG, TEDDY_THINKING, TEDDY_NOTICE_NONE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start_ready();
        hub.replies = false;
        talk(1000);
        run(50);
        assert_int_equal(fake_hub_error(&hub, rows[i].error), 0);
        run(20);
        assert_int_equal(teddy.state, rows[i].then);
        assert_int_equal(teddy.notice, rows[i].notice);
        assert_int_equal(world_teddy_sounds(&hub.world), rows[i].notice != TEDDY_NOTICE_NONE);
        assert_int_equal(teddy.count.errors, 1);
        assert_int_equal(hub.count[VOICE_UP_ABORT], 0); /* the hub knows */
    }
    start_ready();
    hub.replies = false;
    talk(1000);
    run(50);
    assert_int_equal(fake_hub_send(&hub, "{\"type\":\"error\",\"error_code\":\"of_tomorrow\"}"), 0);
    run(20);
    assert_int_equal(teddy.state, TEDDY_READY);
    /* While it speaks, what is here is still heard. */
    hub.replies = true;
    talk_until_it_speaks(1000);
    hub.replying = false;
    assert_int_equal(fake_hub_error(&hub, VOICE_ERROR_PROCESSING_ERROR), 0);
    run(20);
    assert_int_equal(teddy.state, TEDDY_SPEAKING);
    run_until(TEDDY_READY, 1500);
}

static void a_text_instead_of_sound(void **state)
{
    (void)state;
    start_ready();
    hub.replies = false;
    talk(1000);
    run(50);
    assert_int_equal(fake_hub_send(&hub, "{\"type\":\"text_response\",\"text\":\"Hello\"}"), 0);
    run(20);
    assert_int_equal(teddy.state, TEDDY_READY);
    assert_true(world_teddy_sounds(&hub.world));
    assert_int_equal(teddy.count.texts, 1);
}

static void unprovisioned(void **state)
{
    (void)state;
    for (int i = 0; i < 7; i++) {
        begin();
        if (i == 0)
            config.child_id = NULL;
        else if (i == 1)
            config.hub = "";
        else if (i == 2)
            config.child_age = "2"; /* the hub would refuse it for ever */
        else if (i == 3)
            config.key_len = 0;
        else if (i == 4)
            config.hub = "http://hub";
        else if (i == 5)
            config.device_id = "teddy:0001";
        else
            config.child_name = "a\nb";
        boot();
        run(120000);
        assert_int_equal(teddy.state, TEDDY_UNPROVISIONED);
        assert_int_equal(hub.opens, 0);
        assert_true(has_fault(TEDDY_FAULT_NO_CHILD));
        press();
        run(500);
        assert_false(hub.world.mic.on);
        assert_true(hub.loud > 0);
        release();
    }
}

static void what_it_cannot_run_with(void **state)
{
    (void)state;
    begin();
    config.device_id = "short";
    assert_int_equal(roost_teddy_init(&teddy, &fake.port, &config), ROOST_ERR_INVALID);
    config.device_id = "an-id-that-is-longer-than-32-chars";
    assert_int_equal(roost_teddy_init(&teddy, &fake.port, &config), ROOST_ERR_TOO_LONG);
    config.device_id = "teddy/0001";
    assert_int_equal(roost_teddy_init(&teddy, &fake.port, &config), ROOST_ERR_INVALID);
    begin();
    config.said_bytes = ROOST_TEDDY_SAID_MIN - 1;
    assert_int_equal(roost_teddy_init(&teddy, &fake.port, &config), ROOST_ERR_NO_SPACE);
    begin();
    config.heard_bytes = ROOST_TEDDY_HEARD_MIN - 1;
    assert_int_equal(roost_teddy_init(&teddy, &fake.port, &config), ROOST_ERR_NO_SPACE);
    begin();
    fake.port.audio_out.ops = NULL;
    assert_int_equal(roost_teddy_init(&teddy, &fake.port, &config), ROOST_ERR_UNSUPPORTED);
    begin();
    fake.port.light.ops = NULL; /* a teddy without a light is one */
    boot();
    run(ONLINE_MS);
    talk_until_it_speaks(1000);
}

static void the_light(void **state)
{
    (void)state;
    begin();
    boot();
    assert_int_equal(world_teddy_light(&hub.world).shape, ROOST_LIGHT_BLINK); /* booting */
    run(10);
    assert_int_equal(world_teddy_light(&hub.world).shape, ROOST_LIGHT_BREATHE); /* connecting */
    run(ONLINE_MS);
    assert_int_equal(world_teddy_light(&hub.world).shape, ROOST_LIGHT_STEADY); /* ready */
    uint32_t shown = hub.world.light.count;
    talk_until_it_speaks(1000);
    run_until(TEDDY_READY, 4000);
    assert_int_equal(hub.world.light.count - shown, 4); /* one pattern a state, none twice */
    world_teddy_set_fault(&hub.world, WORLD_TEDDY_LIGHT_DEAD, true);
    talk_until_it_speaks(1000);
    assert_true(has_fault(TEDDY_FAULT_LIGHT));
    world_teddy_set_fault(&hub.world, WORLD_TEDDY_LIGHT_DEAD, false);
    run(100);
    assert_false(has_fault(TEDDY_FAULT_LIGHT));
}

static void stopping(void **state)
{
    (void)state;
    start_ready();
    talk_until_it_speaks(1000);
    roost_teddy_stop(&teddy);
    run(1);
    assert_false(roost_teddy_stopped(&teddy));
    assert_true(world_teddy_sounds(&hub.world)); /* goodbye */
    run(2000);
    assert_true(roost_teddy_stopped(&teddy));
    assert_true(strstr(hub.last, "\"online\":false") != NULL);
    assert_int_equal(world_teddy_light(&hub.world).shape, ROOST_LIGHT_OFF);
    for (size_t i = 0; i < sizeof said_memory; i++)
        assert_int_equal(said_memory[i], 0);
    for (size_t i = 0; i < sizeof heard_memory; i++)
        assert_int_equal(heard_memory[i], 0);
    assert_int_equal(teddy.link.url[0], 0);
    static const uint8_t no_key[VOICE_KEY_BYTES];
    assert_memory_equal(teddy.link.sound_key, no_key, sizeof no_key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turn),
        cmocka_unit_test(ten_turns),
        cmocka_unit_test(d7_after_72_hours),
        cmocka_unit_test(nothing_before_the_hub_agrees),
        cmocka_unit_test(a_tap),
        cmocka_unit_test(a_double_press_repeats),
        cmocka_unit_test(thinking_ends_by_itself),
        cmocka_unit_test(the_turn_has_a_length),
        cmocka_unit_test(muted),
        cmocka_unit_test(hub_errors),
        cmocka_unit_test(a_text_instead_of_sound),
        cmocka_unit_test(unprovisioned),
        cmocka_unit_test(what_it_cannot_run_with),
        cmocka_unit_test(the_light),
        cmocka_unit_test(stopping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
