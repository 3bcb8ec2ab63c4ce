/* SPDX-License-Identifier: Apache-2.0 */
/* Sound on its way to the device, as fast as it is played. */
#include "hub/voice/test_rig.h"

static struct rig_peer *peer;

static void answer_with(const char *const *script)
{
    peer = rig_connect("teddy-0001", "c-1");
    rig.with.answer.script = script;
    rig_turn(peer, "one", 2);
}

static const char *const long_script[] = {
    "A first sentence of some length. ", "A second sentence of some length. ",
    "A third sentence of some length. ", "A fourth sentence of some length. ", NULL};

static void sound_is_sent_as_it_is_played(void **state)
{
    (void)state;
    answer_with(long_script);
    uint64_t begun_ms = 0;
    uint32_t sent_ms = 0;
    rig_pass(60000);
    assert_int_equal(rig_ended(VOICE_TURN_ANSWERED), 1);
    for (size_t i = 0; i < peer->count; i++) {
        const struct rig_seen *seen = rig_at(peer, i);
        if (seen->type != VOICE_DOWN_AUDIO_RESPONSE)
            continue;
        begun_ms = begun_ms ? begun_ms : seen->at_ms;
        uint64_t played_ms = seen->at_ms - begun_ms;
        sent_ms += seen->ms;
        assert_true(sent_ms <= played_ms + VOICE_AHEAD_MS + 2);
        assert_true(sent_ms + 400 >= played_ms); /* and it never runs dry */
    }
    assert_int_equal(sent_ms, 134 * 60);
}

static void a_device_says_how_far_it_is(void **state)
{
    (void)state;
    answer_with(long_script);
    rig_pass(200);
    uint32_t sent_ms = rig_turn_of(peer)->reply->sent_ms;
    assert_true(sent_ms > 2000 && sent_ms <= VOICE_AHEAD_MS + 200); /* by time until now */
    for (int i = 0; i < 20; i++) {                                  /* it has not begun to play */
        rig_say(peer, "{\"type\":\"playback_status\",\"played_ms\":0,\"buffered_ms\":2300}");
        rig_pass(250);
    }
    assert_int_equal(rig_turn_of(peer)->reply->sent_ms, sent_ms);
    rig_say(peer, "{\"type\":\"playback_status\",\"played_ms\":1000,\"buffered_ms\":1300}");
    rig_pass(10);
    assert_true(rig_turn_of(peer)->reply->sent_ms >= sent_ms + 800);
    /* It has played all: over, although by time there would be more. */
    rig_pass(30000);
    assert_null(rig_turn_of(peer));
}

static void it_is_over_when_the_device_has_nothing_left(void **state)
{
    (void)state;
    answer_with(rig.with.answer.script); /* 1,620 ms of sound */
    rig_pass(300);
    assert_int_equal(rig_turn_of(peer)->state, VOICE_DRAINING);
    for (uint64_t played = 0; played < 1500; played += 250) { /* it plays late */
        char text[128];
        snprintf(text, sizeof text,
                 "{\"type\":\"playback_status\",\"played_ms\":%llu,\"buffered_ms\":%llu}",
                 (unsigned long long)played, (unsigned long long)(1620 - played));
        rig_pass(500);
        rig_say(peer, text);
    }
    assert_int_equal(rig_turn_of(peer)->state, VOICE_DRAINING);
    rig_say(peer, "{\"type\":\"playback_status\",\"played_ms\":1620,\"buffered_ms\":0}");
    assert_null(rig_turn_of(peer));
    assert_int_equal(rig_ended(VOICE_TURN_ANSWERED), 1);
}

/* Its loudspeaker hangs, its reports do not. */
static void a_device_that_never_plays_is_not_waited_for(void **state)
{
    static const char hangs[] =
        "{\"type\":\"playback_status\",\"played_ms\":400,\"buffered_ms\":1900}";

    (void)state;
    answer_with(long_script);
    for (uint64_t ms = 0; ms < VOICE_STUCK_MS; ms += 250) {
        rig_pass(250);
        rig_say(peer, hangs);
        assert_non_null(rig_turn_of(peer));
    }
    rig_pass(250);
    rig_say(peer, hangs);
    assert_null(rig_turn_of(peer));
    assert_int_equal(rig_last(peer)->type, VOICE_DOWN_ABORT);
    assert_int_equal(rig_ended(VOICE_TURN_BROKEN_OFF), 1);
    rig_nothing_is_left();
}

/* Of what it was sent while it was being interrupted it knows nothing. */
static void a_device_that_lost_sound_gets_the_rest(void **state)
{
    (void)state;
    answer_with(long_script);
    rig_pass(1000);
    size_t before = rig_count(peer, VOICE_DOWN_AUDIO_RESPONSE);
    for (int i = 0; i < 80 && rig_turn_of(peer); i++) {
        rig_say(peer, "{\"type\":\"playback_status\",\"played_ms\":200,\"buffered_ms\":0}");
        rig_pass(250);
    }
    assert_true(rig_count(peer, VOICE_DOWN_AUDIO_RESPONSE) > before);
    assert_true(rig_seen(peer, VOICE_DOWN_AUDIO_RESPONSE)->is_final);
    rig_pass(10000);
    assert_null(rig_turn_of(peer));
    assert_int_equal(rig_ended(VOICE_TURN_ANSWERED), 1);
}

static void the_first_sound_does_not_wait_for_the_reply(void **state)
{
    static const char *const script[] = {"Yes. ", "I will tell you more of it.", NULL};

    (void)state;
    rig.with.answer.delay_ms = 1000;
    answer_with(script);
    rig_pass(1300);
    assert_int_equal(rig_count(peer, VOICE_DOWN_AUDIO_RESPONSE), 2); /* all of "Yes." */
    assert_false(rig_last(peer)->is_final);
    rig_pass(10000);
    assert_true(rig_seen(peer, VOICE_DOWN_AUDIO_RESPONSE)->is_final);
}

/* What the device can hold counts, too: 8 KB are a quarter of a second. */
static void no_more_is_sent_than_the_device_can_hold(void **state)
{
    enum { HOLDS = 16384 };

    (void)state;
    rig.with.answer.script = long_script;
    peer = rig_try("teddy-0001", "c-1");
    rig_say(peer, "{\"type\":\"system_status\",\"buffer_bytes\":16384,"
                  "\"features\":[\"stream\",\"pcm_s16le\"]}");
    rig_turn(peer, "one", 2);
    uint64_t begun_ms = 0, sent = 0;
    rig_pass(60000);
    for (size_t i = 0; i < peer->count; i++) {
        const struct rig_seen *seen = rig_at(peer, i);
        if (seen->type != VOICE_DOWN_AUDIO_RESPONSE)
            continue;
        begun_ms = begun_ms ? begun_ms : seen->at_ms;
        sent += seen->sound_bytes;
        assert_true(sent <= (seen->at_ms - begun_ms) * 32 + HOLDS + 64);
    }
    assert_int_equal(sent, 134 * 60 * 32);
    assert_int_equal(rig_ended(VOICE_TURN_ANSWERED), 1);
}

static void numbers_rise_over_the_replies_of_a_session(void **state)
{
    uint64_t seq = 0;

    (void)state;
    answer_with(rig.with.answer.script);
    rig_pass(8000);
    rig_turn(peer, "two", 2);
    rig_pass(8000);
    for (size_t i = 0; i < peer->count; i++)
        if (rig_at(peer, i)->type == VOICE_DOWN_AUDIO_RESPONSE)
            assert_int_equal(rig_at(peer, i)->seq, ++seq);
    assert_int_equal(rig_ended(VOICE_TURN_ANSWERED), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sound_is_sent_as_it_is_played),
        TEST(a_device_says_how_far_it_is),
        TEST(it_is_over_when_the_device_has_nothing_left),
        TEST(a_device_that_never_plays_is_not_waited_for),
        TEST(a_device_that_lost_sound_gets_the_rest),
        TEST(the_first_sound_does_not_wait_for_the_reply),
        TEST(no_more_is_sent_than_the_device_can_hold),
        TEST(numbers_rise_over_the_replies_of_a_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
