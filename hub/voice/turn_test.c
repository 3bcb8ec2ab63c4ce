/* SPDX-License-Identifier: Apache-2.0 */
/* One question and its answer, and everything that may come between. */
#include "hub/voice/test_rig.h"

static void a_question_is_heard_answered_and_spoken(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    rig_turn(peer, "one", 8);
    assert_int_equal(rig_turn_of(peer)->state, VOICE_HEARING);
    rig_pass(200);
    assert_int_equal(rig.with.hear.samples, 8 * VOICE_CHUNK_BYTES / 2);
    assert_string_equal(rig.with.answer.words, "why is the sky blue");
    assert_int_equal(rig_turn_of(peer)->state, VOICE_DRAINING); /* 1.6 s fit in at once */
    rig_pass(5000);
    assert_null(rig_turn_of(peer));
    assert_int_equal(rig_ended(VOICE_TURN_ANSWERED), 1);
    assert_string_equal(rig.with.speak.all, "Here I am. |The sky is blue.|");
    uint64_t seq = 0;
    uint32_t ms = 0;
    for (size_t i = 0; i < peer->count; i++) {
        const struct rig_seen *seen = rig_at(peer, i);
        if (seen->type != VOICE_DOWN_AUDIO_RESPONSE)
            continue;
        assert_int_equal(seen->seq, ++seq);
        assert_true(seen->sound_bytes <= VOICE_PIECE_BYTES && seen->len <= VOICE_FRAME_MAX);
        ms += seen->ms;
    }
    assert_true(rig_seen(peer, VOICE_DOWN_AUDIO_RESPONSE)->is_final);
    assert_int_equal(ms, strlen("Here I am. The sky is blue.") * 60);
    rig_nothing_is_left();
}

static void a_text_is_answered_like_words(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    rig_say(peer, "{\"type\":\"text_message\",\"text\":\"hello you\"}");
    rig_pass(5000);
    assert_string_equal(rig.with.answer.words, "hello you");
    assert_int_equal(rig.with.hear.started, 0);
    assert_int_equal(rig_ended(VOICE_TURN_ANSWERED), 1);
    rig_say(peer, "{\"type\":\"text_message\",\"text\":\"  \"}");
    rig_expect_error(peer, VOICE_ERROR_EMPTY_TEXT);
    rig_say(peer, "{\"type\":\"text_message\"}");
    rig_expect_error(peer, VOICE_ERROR_EMPTY_TEXT);
}

/* P4: the queue is full of sound, the pacing waits. */
static void p4_an_abort_while_sound_waits_drops_it_at_once(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    rig.with.speak.letter_ms = 500;
    rig_turn(peer, "one", 4);
    rig_pass(1000);
    assert_true(rig_turn_of(peer)->reply->queue_bytes > 0);
    size_t seen = peer->count;
    rig_say(peer, "{\"type\":\"abort\"}");
    assert_null(rig_turn_of(peer)); /* at once, not in 100 ms */
    rig_nothing_is_left();
    rig_pass(1000);
    assert_int_equal(peer->count, seen);
    assert_int_equal(rig_ended(VOICE_TURN_INTERRUPTED), 1);
    rig_start(peer, "two");
    assert_int_equal(rig_last(peer)->type, VOICE_DOWN_START_ACK);
}

/* P5 */
static void p5_a_late_chunk_of_an_aborted_turn_is_refused(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    rig_start(peer, "one");
    rig_chunk(peer, "one");
    rig_say(peer, "{\"type\":\"abort\"}");
    rig_say(peer, "{\"type\":\"abort\"}");
    rig_chunk(peer, "one");
    rig_expect_error(peer, VOICE_ERROR_AUDIO_CHUNK_ERROR);
    rig_start(peer, "two");
    rig_chunk(peer, "one");
    rig_expect_error(peer, VOICE_ERROR_AUDIO_CHUNK_ERROR);
    assert_int_equal(rig_turn_of(peer)->sound_bytes, 0);
    assert_int_equal(rig_ended(VOICE_TURN_INTERRUPTED), 1);
}

/* V1's part of the service: pressed and released; silence; not sure. */
static void v1_silence_is_not_answered_but_asked_again(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    rig_start(peer, "one");
    rig_stop_sound(peer, "one");
    rig_pass(6000);
    assert_int_equal(rig.with.hear.started, 0);
    assert_non_null(strstr(rig.with.speak.all, "I did not hear you."));
    rig.with.hear.silent = true;
    rig.with.hear.text = "Thank you.";
    rig_turn(peer, "two", 4);
    rig_pass(6000);
    rig.with.hear.silent = false;
    rig.with.hear.unsure = true;
    rig_turn(peer, "three", 4);
    rig_pass(6000);
    rig.with.hear.unsure = false;
    rig.with.hear.text = "";
    rig_turn(peer, "four", 4);
    rig_pass(6000);
    assert_int_equal(rig_ended(VOICE_TURN_NOT_HEARD), 4);
    assert_int_equal(rig.with.answer.asked, 0);
}

/* Half-heard words of a child in need are answered with care, not with "say it again". */
static void a_child_in_need_is_not_asked_again(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    rig.with.hear.unsure = true;
    rig.with.gate.care_in = "blue";
    rig_turn(peer, "one", 4);
    rig_pass(6000);
    assert_int_equal(rig_ended(VOICE_TURN_CARED), 1);
    assert_non_null(strstr(rig.with.speak.all, "Tell a grown-up now."));
    rig.with.gate.care_in = NULL;
    rig.with.gate.block_in = "blue"; /* forbidden perhaps: asked again, and no strike */
    rig_turn(peer, "two", 4);
    rig_pass(6000);
    assert_int_equal(rig_ended(VOICE_TURN_GUARDED), 0);
    assert_int_equal(rig_ended(VOICE_TURN_NOT_HEARD), 1);
    assert_int_equal(rig.with.answer.asked, 0);
}

/* V2: a pause in the middle is one turn. */
static void v2_a_pause_of_the_child_is_no_end(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    rig_start(peer, "one");
    rig_chunk(peer, "one");
    rig_pass(3000);
    rig_chunk(peer, "one");
    rig_stop_sound(peer, "one");
    rig_pass(5000);
    assert_int_equal(rig.with.hear.started, 1);
    assert_int_equal(rig_ended(VOICE_TURN_ANSWERED), 1);
}

/* P14 */
static void p14_thirty_seconds_are_a_turn(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    rig_start(peer, "one");
    for (int i = 0; i < 31 * 8; i++)
        rig_chunk(peer, "one");
    assert_int_equal(rig.with.hear.samples, 30 * VOICE_RATE_HZ);
    size_t told = 0;
    for (size_t i = 0; i < peer->count; i++)
        told += rig_at(peer, i)->type == VOICE_DOWN_ERROR &&
                rig_at(peer, i)->error == VOICE_ERROR_TURN_TOO_LONG;
    assert_int_equal(told, 1);
    rig_pass(20000);
    assert_int_equal(strncmp(rig.with.speak.all, "You told me so much!", 20), 0);
    assert_non_null(strstr(rig.with.speak.all, "The sky is blue."));
    assert_int_equal(rig_all_ended(), 1);
    assert_int_equal(rig_ended(VOICE_TURN_ANSWERED), 1);
    rig_nothing_is_left();
}

/* P15 */
static void p15_a_turn_without_sound_is_given_up(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    rig_start(peer, "one");
    rig_pass(VOICE_LISTEN_MS + 100);
    assert_null(rig_turn_of(peer));
    assert_int_equal(rig_ended(VOICE_TURN_ABANDONED), 1);
    assert_int_equal(rig.with.hear.started, 0);
    assert_non_null(rig_session(peer));
    rig_pass(31 * 60 * 1000); /* the session's own time */
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_CLOSING);
    rig_expect_error(peer, VOICE_ERROR_SESSION_EXPIRED);
}

/* P15: the idle time stands still while the hub has the word. */
static void p15_nobody_is_idle_who_listens(void **state)
{
    static const char *const script[] = {"A long story that goes on and on.", NULL};

    (void)state;
    rig.settings.esp32_session_min = 1;
    rig_again();
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    rig.with.answer.script = script;
    rig.with.speak.letter_ms = 4000; /* two minutes */
    rig.with.speak.bytes_ms = 1;
    rig_turn(peer, "one", 4);
    rig_pass(100 * 1000);
    assert_non_null(rig_turn_of(peer));
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_OPEN);
    rig_pass(40 * 1000);
    assert_int_equal(rig_ended(VOICE_TURN_ANSWERED), 1);
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_OPEN);
    rig_pass(61 * 1000);
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_CLOSING);
}

/* V9's part of the service */
static void v9_whoever_finds_the_pool_full_hears_so_at_once(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    rig.with.hear.start_err = ROOST_ERR_FULL;
    rig_start(peer, "one");
    assert_int_equal(rig_last(peer)->type, VOICE_DOWN_START_ACK);
    rig_chunk(peer, "one");
    rig_expect_error(peer, VOICE_ERROR_BUSY);
    assert_null(rig_turn_of(peer));
    assert_int_equal(rig_ended(VOICE_TURN_BUSY), 1);
    /* One of the field does not know the code: it is told in words. */
    struct rig_peer *fielded = rig_try("teddy-0002", "c-2");
    rig_turn(fielded, "two", 1);
    rig_pass(5000);
    assert_non_null(strstr(rig.with.speak.all, "I am a little busy."));
    assert_int_equal(rig_ended(VOICE_TURN_BUSY), 2);
}

static void what_does_not_come_is_not_waited_for(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    rig.with.hear.delay_ms = ROOST_NEVER;
    rig_turn(peer, "one", 2);
    rig_pass(VOICE_STAGE_MS + 8000);
    assert_int_equal(rig_ended(VOICE_TURN_LATE), 1);
    assert_int_equal(rig.with.hear.cancelled, 1);
    rig.with.hear.delay_ms = 10;
    rig.with.answer.delay_ms = ROOST_NEVER;
    rig_turn(peer, "two", 2);
    rig_pass(VOICE_STAGE_MS + 8000);
    assert_int_equal(rig_ended(VOICE_TURN_LATE), 2);
    assert_int_equal(rig.with.answer.cancelled, 1);
    assert_non_null(strstr(rig.with.speak.all, "something did not work."));
    rig.with.answer.delay_ms = 1;
    rig.with.speak.delay_ms = ROOST_NEVER;
    rig_turn(peer, "three", 2);
    rig_pass(VOICE_STAGE_MS + 8000);
    assert_int_equal(rig_ended(VOICE_TURN_LATE), 3);
    assert_string_equal(rig_seen(peer, VOICE_DOWN_TEXT_RESPONSE)->text,
                        "Here I am. The sky is blue.");
    rig_nothing_is_left();
}

static void what_fails_is_said_kindly(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    rig.with.hear.err = ROOST_ERR_IO;
    rig_turn(peer, "one", 2);
    rig_pass(8000);
    rig.with.hear.err = 0;
    rig.with.answer.ask_err = ROOST_ERR_IO;
    rig_turn(peer, "two", 2);
    rig_pass(8000);
    rig.with.answer.ask_err = 0;
    rig.with.hear.start_err = ROOST_ERR_UNSUPPORTED;
    rig_turn(peer, "three", 2);
    rig_pass(8000);
    assert_non_null(strstr(rig.with.speak.all, "I cannot understand that language"));
    rig.with.hear.start_err = ROOST_ERR_CLOSED;
    rig_turn(peer, "four", 2);
    rig_pass(8000);
    rig.with.hear.start_err = 0;
    rig.with.hear.feed_err = ROOST_ERR_NO_MEMORY;
    rig_turn(peer, "five", 2);
    rig_pass(8000);
    assert_int_equal(rig_ended(VOICE_TURN_FAILED), 5);
    rig_nothing_is_left();
}

/* An interruption at every moment of a turn, by each of its ways. */
static void an_interruption_at_any_moment_ends_all(void **state)
{
    static const char *const ways[] = {"{\"type\":\"abort\"}",
                                       "{\"type\":\"text_message\",\"text\":\"no\"}"};

    (void)state;
    rig.settings.esp32_sessions_max = 100;
    rig_again();
    for (uint64_t ms = 0; ms < 1300; ms += 7) {
        for (size_t way = 0; way < 3; way++) {
            struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
            rig_start(peer, "one");
            rig_chunk(peer, "one");
            rig_chunk(peer, "one");
            if (ms >= 100)
                rig_stop_sound(peer, "one");
            rig_pass(ms);
            size_t ended = rig_all_ended();
            if (way == 2) {
                rig_close(peer, HUB_PEER_NORMAL);
                assert_int_equal(rig.voice->session_count, 0);
            } else {
                rig_say(peer, ways[way]);
            }
            assert_int_equal(rig_all_ended(), ended + 1);
            if (way != 1)
                rig_nothing_is_left();
            if (way == 1)
                rig_say(peer, ways[0]);
            rig_pass(3000); /* nothing follows */
            assert_int_equal(rig_all_ended(), ended + 1 + (way == 1));
            if (way != 2)
                rig_close(peer, HUB_PEER_NORMAL);
            rig_pass(60000); /* within the rate of turns */
        }
        rig_pass(20 * 60 * 1000); /* it has rested */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_question_is_heard_answered_and_spoken),
        TEST(a_text_is_answered_like_words),
        TEST(p4_an_abort_while_sound_waits_drops_it_at_once),
        TEST(p5_a_late_chunk_of_an_aborted_turn_is_refused),
        TEST(v1_silence_is_not_answered_but_asked_again),
        TEST(a_child_in_need_is_not_asked_again),
        TEST(v2_a_pause_of_the_child_is_no_end),
        TEST(p14_thirty_seconds_are_a_turn),
        TEST(p15_a_turn_without_sound_is_given_up),
        TEST(p15_nobody_is_idle_who_listens),
        TEST(v9_whoever_finds_the_pool_full_hears_so_at_once),
        TEST(what_does_not_come_is_not_waited_for),
        TEST(what_fails_is_said_kindly),
        TEST(an_interruption_at_any_moment_ends_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
