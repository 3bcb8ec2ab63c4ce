/* SPDX-License-Identifier: Apache-2.0 */
/* Consent, and how long a child talks. */
#include "hub/voice/test_rig.h"

/* C1 */
static void c1_without_consent_no_sound_is_touched(void **state)
{
    (void)state;
    rig.with.asked.known.consent = false;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    rig_start(peer, "one");
    rig_expect_error(peer, VOICE_ERROR_CONSENT_REQUIRED);
    rig_chunk(peer, "one");
    rig_expect_error(peer, VOICE_ERROR_CONSENT_REQUIRED);
    rig_chunk_text(peer, "one", "!!! no base64 !!!", "1", true, ""); /* it is not even looked at */
    rig_expect_error(peer, VOICE_ERROR_CONSENT_REQUIRED);
    rig_stop_sound(peer, "one");
    rig_expect_error(peer, VOICE_ERROR_CONSENT_REQUIRED);
    rig_say(peer, "{\"type\":\"text_message\",\"text\":\"hello\"}");
    rig_expect_error(peer, VOICE_ERROR_CONSENT_REQUIRED);
    rig_say(peer, "{\"type\":\"heartbeat\"}");
    assert_string_equal(rig_last(peer)->text, "consent_required");
    rig_pass(5000);
    assert_int_equal(rig.with.hear.started, 0);
    assert_int_equal(rig.with.gate.judged, 0);
    assert_int_equal(rig.voice->turns_begun, 0);
    assert_int_equal(metric_value(rig.voice->metrics.chunks), 0);
    assert_int_equal(rig.voice->bytes, 0);
    assert_true(fake_metric(&rig.fake, "roost_voice_errors_total", "code=\"consent_required\"") ==
                5);
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_OPEN); /* it may be given */
    rig.with.asked.known.consent = true;
    rig_start(peer, "two"); /* asks the book again */
    rig_pass(100);
    rig_turn(peer, "three", 2);
    rig_pass(5000);
    assert_int_equal(rig_ended(VOICE_TURN_ANSWERED), 1);
}

static void an_unknown_child_has_no_consent(void **state)
{
    (void)state;
    rig.with.asked.known.child = false;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    rig_start(peer, "one");
    rig_expect_error(peer, VOICE_ERROR_CONSENT_REQUIRED);
}

static void consent_that_is_taken_back_ends_the_turn(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    rig_pass(10000);
    rig.with.asked.known.consent = false;
    rig.with.asked.delay_ms = 900; /* the answer comes while it speaks */
    rig_turn(peer, "one", 2);
    rig_pass(3000);
    assert_int_equal(rig_ended(VOICE_TURN_CONSENT), 1);
    assert_non_null(rig_seen(peer, VOICE_DOWN_ABORT));
    rig_nothing_is_left();
    rig_start(peer, "two");
    rig_expect_error(peer, VOICE_ERROR_CONSENT_REQUIRED);
}

static void a_change_is_heard_of_at_once(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    struct rig_peer *other = rig_connect("teddy-0002", "c-2");
    rig_turn(peer, "one", 2);
    rig_turn(other, "two", 2);
    rig.with.asked.known.consent = false;
    rig.with.asked.changed(rig.with.asked.changed_arg, "c-1");
    rig.with.asked.changed(rig.with.asked.changed_arg, "c-1"); /* while it is being asked */
    assert_int_equal(rig.with.asked.asked, 3);
    rig_pass(20);
    assert_int_equal(rig.with.asked.asked, 4);
    assert_int_equal(rig_ended(VOICE_TURN_CONSENT), 1);
    assert_null(rig_turn_of(peer));
    assert_non_null(rig_turn_of(other));
    /* What has changed and cannot be read is no consent. */
    rig.with.asked.ask_err = ROOST_ERR_FULL;
    rig.with.asked.changed(rig.with.asked.changed_arg, "c-2");
    assert_null(rig_turn_of(other));
    rig_start(other, "three");
    rig_expect_error(other, VOICE_ERROR_CONSENT_REQUIRED);
}

/* A turn of a minute. */
static void talk(struct rig_peer *peer)
{
    static const char *const script[] = {"A story of nearly a minute.", NULL};

    rig.with.answer.script = script;
    rig.with.speak.bytes_ms = 1;
    rig.with.speak.letter_ms = 2200;
    rig_turn(peer, "one", 2);
    rig_pass(60 * 1000);
}

static void half_an_hour_over_all_sockets_and_companions(void **state)
{
    (void)state;
    rig.settings.voice_talk_min = 5;
    rig_again();
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    talk(peer);
    talk(peer);
    rig_close(peer, HUB_PEER_LOST);
    rig_pass(40000);                         /* the session is over */
    peer = rig_connect("teddy-0002", "c-1"); /* another companion, the same child */
    rig.with.speak.all[0] = '\0';
    talk(peer);
    talk(peer);
    if (!strstr(rig.with.speak.all, "We have talked a lot today."))
        talk(peer);
    assert_non_null(strstr(rig.with.speak.all, "We have talked a lot today."));
    assert_non_null(strstr(rig.with.speak.all, "A story")); /* at the end of a reply */
    rig_pass(60000);
    rig.with.speak.letter_ms = 20;
    size_t heard = rig.with.hear.started;
    rig_start(peer, "more");
    assert_int_equal(rig_last(peer)->type, VOICE_DOWN_ERROR);
    rig_expect_error(peer, VOICE_ERROR_TIME_LIMIT);
    rig_pass(5000);
    assert_int_equal(rig_ended(VOICE_TURN_TIME_LIMIT), 1);
    assert_int_equal(rig.with.hear.started, heard);
    rig_say(peer, "{\"type\":\"heartbeat\"}");
    assert_string_equal(rig_last(peer)->text, "time_limit");
    struct rig_peer *other = rig_connect("teddy-0003", "c-9"); /* of another child */
    rig_start(other, "one");
    assert_int_equal(rig_last(other)->type, VOICE_DOWN_START_ACK);
    rig_pass(VOICE_REST_MS + 1000); /* rested */
    rig_start(peer, "again");
    assert_int_equal(rig_last(peer)->type, VOICE_DOWN_START_ACK);
}

static void children_who_have_rested_are_forgotten(void **state)
{
    char id[16];

    (void)state;
    for (int i = 0; i < 200; i++) {
        snprintf(id, sizeof id, "c-%d", i);
        struct rig_peer *peer = rig_connect("teddy-0001", id);
        rig_start(peer, "one");
        rig_pass(100);
        rig_close(peer, HUB_PEER_NORMAL);
        rig_pass(60000);
    }
    assert_true(rig.voice->sittings.count <= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(c1_without_consent_no_sound_is_touched),
        TEST(an_unknown_child_has_no_consent),
        TEST(consent_that_is_taken_back_ends_the_turn),
        TEST(a_change_is_heard_of_at_once),
        TEST(half_an_hour_over_all_sockets_and_companions),
        TEST(children_who_have_rested_are_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
