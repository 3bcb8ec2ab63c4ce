/* SPDX-License-Identifier: Apache-2.0 */
/* The voice service in the simulator's hub, with one board whose port is driven by hand. */
#include "sim/hub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "core/err.h"
#include "hub/products/products.h"
#include "port/sim/sim.h"
#include "proto/voice/door.h"
#include "proto/voice/down.h"
#include "proto/voice/sign.h"
#include "proto/voice/up.h"

static struct sim sim;
static struct sim_store store;
static struct sim_hub hub;
static struct sim_board board;
static struct {
    size_t opened, closed, sound, finals, errors, resumed;
    uint64_t code; /* of the last close */
} came;

static int post(void *ctx, const struct roost_event *event)
{
    struct voice_down down;

    (void)ctx;
    came.opened += event->type == ROOST_EV_WS_OPENED;
    if (event->type == ROOST_EV_WS_CLOSED) {
        came.closed++;
        came.code = event->token;
    }
    if (event->type != ROOST_EV_WS_TEXT)
        return 0;
    assert_int_equal(voice_down_parse(&down, (const char *)event->data, event->len), 0);
    came.sound += down.type == VOICE_DOWN_AUDIO_RESPONSE;
    came.finals += down.type == VOICE_DOWN_AUDIO_RESPONSE && down.is_final;
    came.errors += down.type == VOICE_DOWN_ERROR;
    came.resumed += down.type == VOICE_DOWN_ESTABLISHED && down.resumed;
    return 0;
}

static int hmac(void *ctx, const void *key, size_t key_len, const void *data, size_t len,
                uint8_t out[VOICE_KEY_BYTES])
{
    (void)ctx;
    return HMAC(EVP_sha256(), key, (int)key_len, data, len, out, NULL) ? 0 : ROOST_ERR_CRYPTO;
}

static void pass(uint64_t ms)
{
    sim_run_until(&sim.clock, sim.clock.now_ms + ms);
}

static void come(const char *secret)
{
    char token[VOICE_TOKEN_CHARS + 1], url[VOICE_URL_MAX];
    const struct voice_hmac run = {hmac, NULL};
    const struct voice_door door = {"teddy-0001", "c-1", "Mia", "7", token};

    assert_int_equal(voice_token(&run, secret, strlen(secret), door.device_id, token), 0);
    assert_true(voice_door_url(url, sizeof url, "ws://hub", &door) > 0);
    const struct roost_ws_options options = {
        .url = url, .ping_interval_ms = 20000, .message_max = VOICE_FRAME_MAX};
    assert_int_equal(board.port.ws.ops->open(board.port.ws.ctx, &options), 0);
    pass(2000);
}

static void say(const char *text)
{
    assert_int_equal(board.port.ws.ops->send(board.port.ws.ctx, text, strlen(text), false), 0);
}

static int setup(void **state)
{
    static const struct sim_board_options options = {.flash_sectors = 4};
    static const struct sim_firmware by_hand = {.post = post};

    (void)state;
    memset(&came, 0, sizeof came);
    assert_int_equal(sim_init(&sim, 7), 0);
    assert_int_equal(sim_store_init(&store, &sim.clock), 0);
    sim_hub_init(&hub, &sim.clock, &sim.net, &store);
    hub.voice.failing_per_million = 0;
    sim_hub_start(&hub);
    assert_int_equal(sim_board_init(&board, &sim.clock, &sim.net, &options), 0);
    sim_board_power_on(&board, &by_hand);
    pass(1);
    assert_int_equal(board.port.wifi.ops->connect(board.port.wifi.ctx, NULL, NULL), 0);
    pass(10000);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sim_board_deinit(&board);
    sim_hub_deinit(&hub);
    sim_store_deinit(&store);
    sim_deinit(&sim);
    return 0;
}

static const char announce[] =
    "{\"type\":\"system_status\",\"features\":[\"stream\",\"pcm_s16le\"]}";
static const char ask[] = "{\"type\":\"text_message\",\"text\":\"why\"}";

static void a_companion_is_answered_in_virtual_time(void **state)
{
    (void)state;
    come(SIM_ESP32_SECRET);
    assert_int_equal(came.opened, 1);
    say(announce);
    say(ask);
    pass(30000);
    assert_true(came.sound > 1);
    assert_int_equal(came.finals, 1);
    assert_int_equal(came.errors, 0);
    assert_int_equal(sim_voice_live(&hub.voice), 0);
    assert_true(hub.voice.answered >= 1);
}

static void a_wrong_one_is_closed_with_its_code(void **state)
{
    (void)state;
    come("another secret");
    assert_int_equal(came.opened, 1);
    assert_int_equal(came.closed, 1);
    assert_int_equal(came.code, VOICE_CLOSE_POLICY);
}

static void a_crash_leaves_nothing_with_the_providers(void **state)
{
    (void)state;
    come(SIM_ESP32_SECRET);
    say(announce);
    say(ask);
    pass(200);
    assert_true(sim_voice_live(&hub.voice) > 0 || came.sound > 0);
    sim_hub_crash(&hub); /* it looks for what is left */
    sim_hub_start(&hub);
    pass(10000);
    come(SIM_ESP32_SECRET);
    say(announce);
    say(ask);
    pass(30000);
    assert_int_equal(came.finals, 1);
}

static void providers_that_stall_are_given_up(void **state)
{
    (void)state;
    come(SIM_ESP32_SECRET);
    say(announce);
    hub.voice.stalled = true;
    say(ask);
    pass(15000);
    hub.voice.stalled = false;
    pass(60000);
    assert_int_equal(sim_voice_live(&hub.voice), 0);
    assert_true(sim_hub_metric(&hub, "roost_voice_turns_total", "end=\"late\"") == 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_companion_is_answered_in_virtual_time),
        TEST(a_wrong_one_is_closed_with_its_code),
        TEST(a_crash_leaves_nothing_with_the_providers),
        TEST(providers_that_stall_are_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
