/* SPDX-License-Identifier: Apache-2.0 */
/* The connection: how it comes back, what goes on after it did, and what the hub asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/teddy/test/rig.h"

/* Ms until the teddy is greeted again. */
static uint64_t back_after(uint64_t most_ms)
{
    uint64_t from_ms = fake.now_ms;

    run(5); /* the loss is noticed */
    while (!teddy.link.established && fake.now_ms < from_ms + most_ms)
        run(10);
    assert_true(teddy.link.established);
    return fake.now_ms - from_ms;
}

static void back_in_under_5_s(void **state)
{
    static const uint32_t away_ms[] = {0, 900, 7000, 60000, 3600000};

    (void)state;
    for (size_t i = 0; i < sizeof away_ms / sizeof away_ms[0]; i++) {
        start_ready();
        hub.up = false;
        fake_hub_drop(&hub, 0);
        run(10);
        assert_int_equal(teddy.state, TEDDY_CONNECTING);
        run(away_ms[i]);
        hub.up = true;
        assert_in_range(back_after(10000), 0, 4999);
        run(10);
        assert_int_equal(teddy.state, TEDDY_READY);
        talk_until_it_speaks(800);
    }
}

static void back_with_the_wifi(void **state)
{
    (void)state;
    begin();
    fake_use_wifi(&fake);
    fake.own_network = true;
    boot();
    run(5000);
    assert_int_equal(teddy.state, TEDDY_READY);
    fake_lose_wifi(&fake);
    fake.own_network = false;
    run(100);
    assert_int_equal(teddy.state, TEDDY_CONNECTING);
    run(600000);
    fake.own_network = true;
    /* Of it the network's own joining is up to a round of scanning and a second. */
    assert_in_range(back_after(10000), 0, 6500);
}

static void pressed_without_a_hub(void **state)
{
    (void)state;
    start_ready();
    hub.up = false;
    fake_hub_drop(&hub, 0);
    run(100);
    press();
    run(300);
    assert_false(hub.world.mic.on);
    assert_true(world_teddy_sounds(&hub.world));
    assert_int_equal(teddy.notice, TEDDY_NOTICE_TROUBLE);
    release();
    run(2000);
    hub.up = true;
    run(5000);
    assert_int_equal(teddy.state, TEDDY_READY);
}

/* P7: a drop while the child speaks. Numbers go on, what was not acknowledged comes again, nothing
 * is missing and nothing twice. */
static void p7_drop_while_listening(void **state)
{
    (void)state;
    start_ready();
    press();
    run(1500);
    uint64_t before = hub.seq;
    assert_true(before > 5);
    hub.acks = false; /* the last acknowledgements are lost with the connection */
    run(400);
    hub.acks = true;
    fake_hub_drop(&hub, 0);
    run(900);
    assert_int_equal(teddy.state, TEDDY_LISTENING);
    assert_true(hub.world.mic.on);
    (void)back_after(1500);
    run(1500);
    release();
    run(200);
    assert_int_equal(hub.sessions, 1);
    assert_int_equal(hub.gaps, 0);
    assert_true(hub.repeated > 0);
    assert_int_equal(hub.unsigned_chunks, 0);
    assert_in_range(hub.samples, (fake.now_ms - ONLINE_MS - 300) * 16, UINT32_MAX);
    assert_int_equal(hub.count[VOICE_UP_AUDIO_START], 1);
    assert_int_equal(hub.count[VOICE_UP_AUDIO_END], 1);
    assert_int_equal(teddy.capture.lost, 0);
    run_until(TEDDY_SPEAKING, 1000);
}

/* P7: a drop while it speaks. It speaks on, and what comes again is not heard again. */
static void p7_what_comes_again_is_not_heard_again(void **state)
{
    (void)state;
    start_ready();
    talk_until_it_speaks(800);
    run(900);
    uint64_t sent = hub.reply_at, seq = hub.reply_seq;
    assert_true(seq >= 5);
    hub.replying = false;
    fake_hub_drop(&hub, 0);
    /* The hub goes on two pieces before the last that it had sent. */
    hub.reply_seq = seq - 2;
    hub.reply_at = sent - 2 * 3072;
    hub.replying = true;
    (void)back_after(3000);
    assert_int_equal(teddy.state, TEDDY_SPEAKING);
    run_until(TEDDY_READY, 6000);
    run(50);
    assert_int_equal(teddy.play.repeated, 2);
    assert_in_range(hub.heard, 48000, 49000); /* all of it once, soft ends and beginnings beside */
    assert_int_equal(hub.sessions, 1);
}

/* A hub that has forgotten the session: the turn comes to nothing, and says so. */
static void another_session(void **state)
{
    (void)state;
    start_ready();
    uint8_t key[VOICE_KEY_BYTES];
    memcpy(key, teddy.link.sound_key, sizeof key);
    press();
    run(1000);
    hub.keeps_session = false;
    fake_hub_drop(&hub, 0);
    (void)back_after(3000);
    run(30);
    assert_int_equal(hub.sessions, 2);
    assert_int_equal(teddy.state, TEDDY_READY);
    assert_false(hub.world.mic.on);
    assert_true(world_teddy_sounds(&hub.world));
    assert_memory_not_equal(key, teddy.link.sound_key, sizeof key);
    release();
    run(1000);
    talk_until_it_speaks(800);
    assert_int_equal(hub.unsigned_chunks, 0);
}

/* Away for longer than the sound that it keeps: the turn is given up. */
static void away_for_too_long(void **state)
{
    (void)state;
    start_ready();
    press();
    run(1000);
    hub.up = false;
    fake_hub_drop(&hub, 0);
    run(3000);
    assert_int_equal(teddy.state, TEDDY_CONNECTING);
    assert_false(hub.world.mic.on);
    assert_int_equal(teddy.count.turns_failed, 1);
    assert_true(hub.loud > 0);
    release();
}

/* What is here is played when the hub does not come back; then it waits for it. */
static void gone_while_speaking(void **state)
{
    (void)state;
    start_ready();
    talk_until_it_speaks(800);
    run(500);
    hub.up = hub.replying = false;
    fake_hub_drop(&hub, 0);
    run_until(TEDDY_CONNECTING, 8000);
    assert_true(hub.heard > 16000);
    assert_false(hub.world.out.on);
}

static void refused_1008(void **state)
{
    (void)state;
    begin();
    boot();
    hub.close_with = VOICE_CLOSE_POLICY;
    run(3000);
    assert_int_equal(teddy.state, TEDDY_ERROR);
    assert_true(has_fault(TEDDY_FAULT_REFUSED));
    assert_int_equal(world_teddy_light(&hub.world).shape, ROOST_LIGHT_BLINK);
    assert_int_equal(hub.opens, 1);
    run(60000);
    assert_in_range(hub.opens, 2, 4); /* slowly, */
    run(24 * 3600 * 1000);
    assert_in_range(hub.opens, 140, 300); /* every five to ten minutes */
    hub.close_with = 0;
    (void)back_after(600000);
    run(30);
    assert_int_equal(teddy.state, TEDDY_READY);
    assert_false(has_fault(TEDDY_FAULT_REFUSED));
    assert_int_equal(teddy.link.url[0], 'w');
}

static void full_1013(void **state)
{
    (void)state;
    begin();
    boot();
    hub.close_with = VOICE_CLOSE_TRY_LATER;
    run(3600000);
    assert_int_equal(teddy.state, TEDDY_CONNECTING);
    assert_in_range(hub.opens, 60, 140); /* every half to whole minute in the end */
    assert_int_equal(teddy.count.full, hub.opens);
    hub.close_with = 0;
    (void)back_after(60000);
    run(30);
    assert_int_equal(teddy.state, TEDDY_READY);
}

static void a_hub_that_does_not_greet(void **state)
{
    (void)state;
    begin();
    hub.greets = false;
    boot();
    run(9000);
    assert_int_equal(hub.opens, 1);
    run(6000);
    assert_int_equal(hub.opens, 2);
    press();
    run(500);
    assert_false(hub.world.mic.on);
    release();
    hub.greets = true;
    (void)back_after(15000);
}

static void a_hub_that_does_not_answer(void **state)
{
    (void)state;
    start_ready();
    hub.silent = true;
    run(125000);
    assert_int_equal(hub.opens, 2);
    hub.silent = false;
    run(5000);
    assert_true(teddy.link.established);
}

/* P6: another socket of the same device: the hub closes this one; it comes back as after any loss.
 */
static void p6_closed_for_another(void **state)
{
    (void)state;
    start_ready();
    talk_until_it_speaks(800);
    hub.replying = false;
    fake_hub_drop(&hub, VOICE_CLOSE_NORMAL);
    (void)back_after(3000);
    run_until(TEDDY_READY, 9000);
    assert_int_equal(hub.sessions, 1);
}

/* P4: an abort of the hub's, and of the child's. */
static void p4_abort(void **state)
{
    (void)state;
    start_ready();
    talk_until_it_speaks(800);
    run(300);
    hub.replying = false;
    assert_int_equal(fake_hub_send(&hub, "{\"type\":\"abort\"}"), 0);
    run(1);
    assert_int_equal(teddy.state, TEDDY_READY);
    assert_false(hub.world.out.on);
    uint64_t heard = hub.heard;
    run(1000);
    assert_int_equal(hub.heard, heard);
    talk_until_it_speaks(800); /* the next audio_start is acknowledged */
    /* What came behind an abort is another reply. */
    hub.replying = false;
    run(100);
    static const int16_t sound[3200] = {1};
    assert_int_equal(fake_hub_send(&hub, "{\"type\":\"abort\"}"), 0);
    assert_int_equal(fake_hub_piece(&hub, &(struct voice_reply){.sound = sound,
                                                                .sound_len = sizeof sound,
                                                                .text = "",
                                                                .format = VOICE_PCM,
                                                                .sample_rate_hz = 16000,
                                                                .seq = 1000,
                                                                .is_final = true}),
                     0);
    run(1);
    assert_int_equal(teddy.state, TEDDY_SPEAKING);
    run_until(TEDDY_READY, 1000);
}

static void commands(void **state)
{
    (void)state;
    begin();
    fake_use_wifi(&fake);
    fake.own_network = true;
    fake_air(&fake, "home \"5G\"", -48, 3);
    fake_air(&fake, "cafe", -71, 0);
    boot();
    run(5000);
    assert_int_equal(fake_hub_send(&hub, "{\"command\":\"wifi_scan\",\"timestamp\":1}"), 0);
    run(5000);
    assert_string_equal(
        hub.last_answer,
        "{\"networks\":[{\"ssid\":\"home \\\"5G\\\"\",\"rssi\":-48,\"encryption\":3},"
        "{\"ssid\":\"cafe\",\"rssi\":-71,\"encryption\":0}]}");
    fake.rssi_dbm = -57;
    assert_int_equal(fake_hub_send(&hub, "{\"command\":\"wifi_rssi\"}"), 0);
    run(50);
    assert_memory_equal(hub.last_answer, "{\"rssi\":", 8);
    assert_int_equal(fake_hub_send(&hub,
                                   "{\"command\":\"wifi_connect\",\"ssid\":\"home \\\"5G\\\"\","
                                   "\"password\":\"a passphrase\"}"),
                     0);
    run(50);
    assert_string_equal(hub.last_answer, "{\"stored\":true}");
    assert_string_equal(teddy.device.wifi.networks.list[0].ssid, "home \"5G\"");
    assert_string_equal(teddy.device.wifi.networks.list[0].psk, "a passphrase");
    assert_int_equal(fake_hub_send(&hub, "{\"command\":\"wifi_connect\",\"ssid\":\"x\","
                                         "\"password\":\"short\"}"),
                     0);
    run(50);
    assert_string_equal(hub.last_answer, "{\"stored\":false}");
    int answers = hub.count[VOICE_UP_NETWORKS];
    assert_int_equal(fake_hub_send(&hub, "{\"command\":\"wifi_connect\",\"ssid\":7}"), 0);
    assert_int_equal(fake_hub_send(&hub, "{\"command\":\"dance\"}"), 0);
    run(50);
    assert_int_equal(hub.count[VOICE_UP_NETWORKS], answers);
    assert_int_equal(teddy.count.bad_messages, 1);
    assert_int_equal(teddy.count.unknown_messages, 1);
    /* Ours, with an id. */
    assert_int_equal(fake_hub_send(&hub, "{\"id\":\"h1\",\"command\":\"health\"}"), 0);
    run(50);
    assert_int_equal(hub.count[VOICE_UP_ANSWER], 1);
    assert_true(strstr(hub.last_answer, "\"teddy\":{\"state\":\"ready\"") != NULL);
    assert_true(strstr(hub.last_answer, "\"turns\":0") != NULL);
}

static void what_it_says_of_itself(void **state)
{
    (void)state;
    start_ready();
    assert_int_equal(hub.features, VOICE_FEATURE_STREAM | VOICE_FEATURE_PCM |
                                       VOICE_FEATURE_PLAYBACK | VOICE_FEATURE_RESUME);
    assert_int_equal(hub.buffer_bytes, ROOST_TEDDY_HEARD_BYTES);
    assert_true(strstr(hub.last, "\"type\":\"teddy\"") != NULL);
    assert_true(strstr(hub.last, "\"firmware\":\"1.2.3\"") != NULL);
    assert_int_equal(hub.ping_ms, 5000);
}

static void messages_that_are_none(void **state)
{
    static const char *const bad[] = {"",
                                      "x",
                                      "[]",
                                      "{}",
                                      "{\"type\":7}",
                                      "{\"type\":\"error\"}",
                                      "{\"type\":\"system\",\"data\":{}}"};

    (void)state;
    start_ready();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(fake_hub_send(&hub, bad[i]), 0);
    assert_int_equal(fake_hub_send(&hub, "{\"type\":\"dance\"}"), 0);
    run(50);
    assert_int_equal(teddy.count.bad_messages, 7);
    assert_int_equal(teddy.count.unknown_messages, 1);
    assert_int_equal(teddy.state, TEDDY_READY);
    /* One that is too long ends the connection; that is counted, and it comes back. */
    fake_hub_drop(&hub, VOICE_CLOSE_TOO_LONG);
    run(50);
    assert_int_equal(teddy.count.broken, 1);
    (void)back_after(3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(back_in_under_5_s),
        cmocka_unit_test(back_with_the_wifi),
        cmocka_unit_test(pressed_without_a_hub),
        cmocka_unit_test(p7_drop_while_listening),
        cmocka_unit_test(p7_what_comes_again_is_not_heard_again),
        cmocka_unit_test(another_session),
        cmocka_unit_test(away_for_too_long),
        cmocka_unit_test(gone_while_speaking),
        cmocka_unit_test(refused_1008),
        cmocka_unit_test(full_1013),
        cmocka_unit_test(a_hub_that_does_not_greet),
        cmocka_unit_test(a_hub_that_does_not_answer),
        cmocka_unit_test(p6_closed_for_another),
        cmocka_unit_test(p4_abort),
        cmocka_unit_test(commands),
        cmocka_unit_test(what_it_says_of_itself),
        cmocka_unit_test(messages_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
