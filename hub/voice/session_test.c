/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions over their sockets: lost, resumed, replaced, idle, stuck, ended. */
#include "hub/voice/test_rig.h"

static size_t sockets(enum voice_end end)
{
    return (size_t)metric_value(rig.voice->metrics.sockets[end]);
}

/* P1 */
static void p1_five_hundred_lost_sockets_leave_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 500; i++) {
        struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
        if (i % 3 == 0)
            rig_start(peer, "one");
        if (i % 3 == 1)
            rig_turn(peer, "two", 1);
        rig_pass(500);
        rig_close(peer, HUB_PEER_LOST);
        rig_pass(4 * 3600 * 1000 / 500 - 638);
    }
    assert_int_equal(sockets(VOICE_END_LOST), 500);
    rig_pass(VOICE_RESUME_MS);
    assert_int_equal(rig.voice->session_count, 0);
    assert_int_equal(rig.voice->waiting, 0);
    assert_int_equal(rig.voice->link_count, 0);
    assert_int_equal(rig.voice->alarms.count, 0);
    assert_int_equal(rig.with.answer.live, 0);
    rig_nothing_is_left();
}

/* P6 */
static void p6_the_newest_socket_of_a_device_stays(void **state)
{
    static const char *const script[] = {"A first sentence of some length. ",
                                         "A second sentence of some length.", NULL};

    (void)state;
    rig.with.answer.script = script;
    struct rig_peer *old = rig_connect("teddy-0001", "c-1");
    rig_turn(old, "one", 2);
    rig_pass(600);
    size_t heard = rig_count(old, VOICE_DOWN_AUDIO_RESPONSE);
    assert_true(heard > 0);
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    assert_int_equal(old->fake.state, HUB_PEER_FAKE_CLOSING);
    assert_int_equal(old->fake.code, 1008);
    assert_true(rig_at(peer, 0)->resumed);
    assert_string_equal(rig_at(peer, 0)->session_id, rig_at(old, 0)->session_id);
    size_t count = old->count;
    rig_say(old, "{\"type\":\"heartbeat\"}"); /* it has no say any more */
    rig_pass(10000);
    assert_int_equal(old->count, count); /* the reply is not on both */
    assert_true(rig_count(peer, VOICE_DOWN_AUDIO_RESPONSE) > 0);
    assert_int_equal(rig.voice->session_count, 1);
    assert_int_equal(rig_ended(VOICE_TURN_ANSWERED), 1);
    rig_close(old, HUB_PEER_LOST);
    assert_int_equal(sockets(VOICE_END_REPLACED), 1);
    assert_non_null(rig_session(peer)->link);
}

static void ten_sockets_with_one_identity_are_one_session(void **state)
{
    struct rig_peer *last = NULL;

    (void)state;
    for (int i = 0; i < 10; i++)
        last = rig_connect("teddy-0001", "c-1");
    assert_int_equal(rig.voice->session_count, 1);
    for (size_t i = 0; i < 10; i++)
        assert_true(&rig.peers[i] == last || rig.peers[i].fake.state == HUB_PEER_FAKE_CLOSING);
    rig_turn(last, "one", 1);
    rig_pass(5000);
    assert_int_equal(rig_ended(VOICE_TURN_ANSWERED), 1);
}

/* P7: while the child speaks. */
static void p7_numbering_goes_on_over_a_new_socket(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    rig_start(peer, "one");
    for (uint64_t seq = 1; seq <= 5; seq++)
        rig_chunk_of(peer, "one", 4096, seq, false);
    rig_close(peer, HUB_PEER_LOST);
    assert_null(rig_session(peer)->link);
    rig_pass(4000);
    peer = rig_connect("teddy-0001", "c-1"); /* with the same token */
    assert_true(rig_at(peer, 0)->resumed);
    rig_start(peer, "one"); /* its acknowledgement may have been lost */
    assert_int_equal(rig_last(peer)->type, VOICE_DOWN_START_ACK);
    for (uint64_t seq = 4; seq <= 8; seq++) { /* from the last that was acknowledged */
        rig_chunk_of(peer, "one", 4096, seq, seq == 8);
        assert_int_equal(rig_last(peer)->type, VOICE_DOWN_AUDIO_ACK);
    }
    rig_pass(5000);
    assert_int_equal(rig.with.hear.samples, 8 * 2048); /* nothing twice */
    assert_int_equal(rig.with.hear.started, 1);
    assert_int_equal(rig_ended(VOICE_TURN_ANSWERED), 1);
    assert_int_equal(metric_value(rig.voice->metrics.resumed), 1);
}

/* P7: while the hub speaks. Says which sentences a device hears after it came back. */
static void again_after(uint64_t away_ms, const char *said, const char *heard)
{
    static const char *const script[] = {"Sentence one is ten. ", "Sentence two is ten. ",
                                         "Sentence three is so. ", "Sentence four is so.", NULL};
    char text[512] = "";

    rig.with.answer.script = script;
    rig.with.speak.all[0] = '\0';
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    rig_turn(peer, "one", 1);
    rig_pass(1000); /* one is 1,260 ms */
    rig_say(peer, said);
    rig_close(peer, HUB_PEER_LOST);
    rig_pass(away_ms);
    peer = rig_connect("teddy-0001", "c-1");
    rig_pass(15000);
    for (size_t i = 0; i < peer->count; i++)
        if (rig_at(peer, i)->type == VOICE_DOWN_AUDIO_RESPONSE)
            rig_add(text, sizeof text, rig_at(peer, i)->text);
    assert_string_equal(text, heard);
    assert_null(rig_turn_of(peer));
    assert_true(rig_seen(peer, VOICE_DOWN_AUDIO_RESPONSE)->is_final);
    rig_close(peer, HUB_PEER_NORMAL);
    rig_pass(60000);
}

static void p7_a_reply_goes_on_at_the_sentence_that_was_not_played(void **state)
{
    (void)state;
    /* It played what it held while it was away: 2.4 s and more. */
    again_after(4000, "{\"type\":\"playback_status\",\"played_ms\":900,\"buffered_ms\":2400}",
                "Sentence three is so. Sentence four is so.");
    /* It was away for a moment: the first is not at its end. */
    again_after(50, "{\"type\":\"playback_status\",\"played_ms\":700,\"buffered_ms\":2400}",
                "Sentence one is ten. Sentence two is ten. Sentence three is so. "
                "Sentence four is so.");
    assert_int_equal(rig_ended(VOICE_TURN_ANSWERED), 2);
}

/* What was sent before has the same number and the same sound when it comes again, so that a device
 * that has it can leave it out: nothing is heard twice. */
static void p7_what_comes_again_has_its_old_number(void **state)
{
    static const char *const script[] = {"Sentence one is ten. ", "Sentence two is ten. ",
                                         "Sentence three is so.", NULL};
    size_t bytes[RIG_SEEN] = {0};

    (void)state;
    rig.with.answer.script = script;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    rig_turn(peer, "one", 1);
    rig_pass(1000);
    for (size_t i = 0; i < peer->count; i++)
        if (rig_at(peer, i)->type == VOICE_DOWN_AUDIO_RESPONSE)
            bytes[rig_at(peer, i)->seq] = rig_at(peer, i)->sound_bytes;
    rig_say(peer, "{\"type\":\"playback_status\",\"played_ms\":900,\"buffered_ms\":2400}");
    rig_close(peer, HUB_PEER_LOST);
    rig_pass(100);
    peer = rig_connect("teddy-0001", "c-1");
    rig_pass(100);
    size_t again = 0;
    uint64_t seq = 0;
    for (size_t i = 0; i < peer->count; i++) {
        const struct rig_seen *seen = rig_at(peer, i);
        if (seen->type != VOICE_DOWN_AUDIO_RESPONSE)
            continue;
        seq = seq ? seq + 1 : seen->seq;
        assert_int_equal(seen->seq, seq);
        again += bytes[seq] > 0;
        assert_true(bytes[seq] == 0 || bytes[seq] == seen->sound_bytes);
    }
    assert_true(again > 5); /* at once, as the device has them */
    assert_true(bytes[1] > 0 && seq > again);
    rig_pass(10000);
    assert_int_equal(rig_ended(VOICE_TURN_ANSWERED), 1);
}

/* The turn was over when its device came back, and has had no acknowledgement. */
static void p7_a_turn_that_is_over_is_not_taken_twice(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    rig_start(peer, "one");
    for (uint64_t seq = 1; seq <= 3; seq++)
        rig_chunk_of(peer, "one", 4096, seq, false);
    rig_stop_sound(peer, "one");
    rig_close(peer, HUB_PEER_LOST);
    rig_pass(200);
    peer = rig_connect("teddy-0001", "c-1");
    size_t count = peer->count;
    rig_start(peer, "one"); /* while it is answered */
    assert_int_equal(rig_at(peer, count)->type, VOICE_DOWN_START_ACK);
    assert_int_equal(rig.voice->turns_begun, 1);
    rig_pass(5000);
    assert_int_equal(rig_ended(VOICE_TURN_ANSWERED), 1);
    rig_start(peer, "one"); /* and when it is over */
    assert_int_equal(rig_last(peer)->type, VOICE_DOWN_START_ACK);
    for (uint64_t seq = 2; seq <= 3; seq++) {
        rig_chunk_of(peer, "one", 4096, seq, false);
        assert_int_equal(rig_last(peer)->type, VOICE_DOWN_AUDIO_ACK);
    }
    rig_stop_sound(peer, "one");
    assert_int_equal(rig.voice->turns_begun, 1);
    assert_int_equal(rig.with.hear.samples, 3 * 2048);
    rig_turn(peer, "two", 1);
    rig_pass(5000);
    rig_start(peer, "two"); /* on the same socket it is another turn */
    assert_int_equal(rig.voice->turns_begun, 3);
}

static void a_reply_is_made_while_its_device_is_away(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_try("teddy-0001", "c-1"); /* one of the field */
    rig_turn(peer, "one", 1);
    rig_close(peer, HUB_PEER_LOST);
    rig_pass(10000);
    assert_string_equal(rig.with.speak.all, "Here I am. |The sky is blue.|");
    peer = rig_try("teddy-0001", "c-1");
    rig_pass(5000);
    assert_int_equal(rig_count(peer, VOICE_DOWN_AUDIO_RESPONSE), 1);
    assert_int_equal(rig_ended(VOICE_TURN_ANSWERED), 1);
}

static void who_does_not_come_back_is_ended(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    rig_turn(peer, "one", 2);
    rig_pass(300);
    rig_close(peer, HUB_PEER_LOST);
    rig_pass(VOICE_RESUME_MS - 100);
    assert_int_equal(rig.voice->session_count, 1);
    rig_pass(200);
    assert_int_equal(rig.voice->session_count, 0);
    assert_int_equal(rig_all_ended(), 1);
    peer = rig_connect("teddy-0001", "c-1");
    assert_false(rig_at(peer, 0)->resumed);
}

static void a_device_that_says_goodbye_is_not_waited_for(void **state)
{
    (void)state;
    rig_close(rig_connect("teddy-0001", "c-1"), HUB_PEER_NORMAL);
    assert_int_equal(rig.voice->session_count, 0);
    rig_close(rig_connect("teddy-0001", "c-1"), HUB_PEER_NO_CODE);
    assert_int_equal(rig.voice->session_count, 0);
    assert_int_equal(sockets(VOICE_END_CLOSED), 2);
}

static void another_child_is_another_session(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    char first[40];
    snprintf(first, sizeof first, "%s", rig_at(peer, 0)->session_id);
    struct rig_peer *other = rig_connect("teddy-0001", "c-2");
    assert_false(rig_at(other, 0)->resumed);
    assert_string_not_equal(rig_at(other, 0)->session_id, first);
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_CLOSING);
    assert_int_equal(rig.voice->session_count, 1);
}

/* P17 */
static void p17_a_device_that_stops_reading_is_closed(void **state)
{
    static const char *const script[] = {"A first sentence of some length. ",
                                         "A second sentence of some length. ",
                                         "A third sentence of some length.", NULL};

    (void)state;
    rig.with.answer.script = script;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    struct rig_peer *other = rig_connect("teddy-0002", "c-2");
    peer->stuck = true;
    rig_turn(peer, "one", 2);
    rig_pass(3000);
    size_t most = peer->fake.unsent;
    rig_turn(other, "two", 2);
    rig_pass(9000);
    assert_int_equal(rig_ended(VOICE_TURN_ANSWERED), 1); /* the other's */
    assert_true(peer->fake.unsent <= VOICE_UNSENT_MAX + VOICE_FRAME_MAX && most > 0);
    rig_pass(8000);
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_CLOSING);
    assert_true(fake_metric(&rig.fake, "roost_voice_sessions_total", "end=\"stuck\"") == 1);
    rig_close(peer, HUB_PEER_LOST);
    assert_int_equal(sockets(VOICE_END_STUCK), 1);
    rig_nothing_is_left();
}

/* P20 */
static void p20_a_day_of_heartbeats_and_then_none(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    size_t before = peer->count;
    for (int i = 0; i < 24 * 3600; i++) {
        rig_say(peer, "{\"type\":\"heartbeat\"}");
        if (i % 60 == 0)
            rig_pass(1000);
        else
            fake_pass(&rig.fake, 1000), rig_tick();
    }
    assert_int_equal(peer->count, before + 24 * 3600);
    assert_string_equal(rig_last(peer)->text, "active");
    assert_int_equal(rig.voice->session_count, 1);
    assert_int_equal(rig.voice->bytes, 0);
    rig_pass(29 * 60 * 1000);
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_OPEN);
    rig_pass(2 * 60 * 1000);
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_CLOSING);
    assert_int_equal(peer->fake.code, 1000);
    rig_expect_error(peer, VOICE_ERROR_SESSION_EXPIRED);
}

static void note(void *arg, int err, const struct fleet_removed *removed)
{
    (void)removed;
    *(int *)arg = err;
}

static void a_device_that_is_removed_loses_its_session(void **state)
{
    int result = 1;

    (void)state;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    rig_turn(peer, "one", 2);
    assert_int_equal(fleet_remove(rig.fleet, "teddy-0001", true, note, &result), 0);
    rig_pass(100);
    rig_pass(100);
    assert_null(fleet_find(rig.fleet, "teddy-0001"));
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_CLOSING);
    assert_int_equal(rig.voice->session_count, 0);
    rig_nothing_is_left();
}

/* The simulator's crash: sockets, book and providers say nothing any more. */
static void a_hub_that_ends_in_the_middle_frees_everything(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    rig_turn(peer, "one", 2);
    rig_pass(300);
    rig_close(rig_connect("teddy-0002", "c-2"), HUB_PEER_LOST);
    rig.with.asked.delay_ms = ROOST_NEVER / 2;
    rig_pass(VOICE_BOOK_FRESH_MS);
    rig_start(peer, "two"); /* asks the book again */
    (void)rig_ask("teddy-0003", "c-1", "Mia", "7",
                  "0000000000000000000000000000000000000000000000000000000000000000");
    for (size_t i = 0; i < RIG_PEERS; i++)
        rig.peers[i].there = false;
    while (rig.with.asked.questions) {
        struct fake_question *question = rig.with.asked.questions;
        rig.with.asked.questions = question->next;
        free(question);
    }
    rig.with.asked.delay_ms = 1;
    rig_again();
}

static int lines;
static char last_line[512];

static void keep_line(void *ctx, enum roost_log_level level, const char *line, size_t len)
{
    (void)ctx;
    (void)level;
    lines++;
    snprintf(last_line, sizeof last_line, "%.*s", (int)len, line);
}

static void who_comes_and_goes_does_not_fill_the_log(void **state)
{
    (void)state;
    lines = 0;
    host_log_init(ROOST_LOG_INFO, keep_line, NULL);
    for (int i = 0; i < VOICE_LINES_BURST; i++)
        rig_close(rig_connect("teddy-0001", "c-1"), HUB_PEER_NORMAL);
    assert_in_range(lines, VOICE_LINES_BURST, VOICE_LINES_BURST + VOICE_LINES_BURST / 4);
    rig_pass((uint64_t)VOICE_LINES_BURST * VOICE_LINES_EVERY_MS);
    rig_connect("teddy-0001", "c-1");
    assert_non_null(strstr(last_line, "\"left_out\":"));
    rig_connect("teddy-0002", "c-2"); /* another one has lines of its own */
    assert_non_null(strstr(last_line, "teddy-0002"));
    assert_null(strstr(last_line, "left_out"));
    host_log_init(ROOST_LOG_ERROR, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(p1_five_hundred_lost_sockets_leave_nothing),
        TEST(p6_the_newest_socket_of_a_device_stays),
        TEST(ten_sockets_with_one_identity_are_one_session),
        TEST(p7_numbering_goes_on_over_a_new_socket),
        TEST(p7_a_reply_goes_on_at_the_sentence_that_was_not_played),
        TEST(p7_what_comes_again_has_its_old_number),
        TEST(p7_a_turn_that_is_over_is_not_taken_twice),
        TEST(a_reply_is_made_while_its_device_is_away),
        TEST(who_does_not_come_back_is_ended),
        TEST(a_device_that_says_goodbye_is_not_waited_for),
        TEST(another_child_is_another_session),
        TEST(p17_a_device_that_stops_reading_is_closed),
        TEST(p20_a_day_of_heartbeats_and_then_none),
        TEST(a_device_that_is_removed_loses_its_session),
        TEST(a_hub_that_ends_in_the_middle_frees_everything),
        TEST(who_comes_and_goes_does_not_fill_the_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
