/* SPDX-License-Identifier: Apache-2.0 */
/* Replies: sentence by sentence through the guard, spoken, paced; and what of them fails. */
#include "hub/voice/test_rig.h"

static struct rig_peer *peer;

static void answer_with(const char *const *script)
{
    peer = rig_connect("teddy-0001", "c-1");
    rig.with.answer.script = script;
    rig_turn(peer, "one", 2);
}

/* V4: the second sentence was whole, the third was cut off inside a word. */
static void v4_a_reply_that_breaks_off_is_said_as_far_as_it_is_whole(void **state)
{
    static const char *const script[] = {"The first is wh", "ole. The second is, t",
                                         "oo. And the thi", NULL};

    (void)state;
    rig.with.answer.end_err = ROOST_ERR_IO;
    answer_with(script);
    rig_pass(15000);
    assert_string_equal(rig.with.speak.all, "The first is whole. |The second is, too. |"
                                            "The rest I will tell you another time.|");
    assert_int_equal(rig_ended(VOICE_TURN_BROKEN_OFF), 1);
    rig_nothing_is_left();
}

static void v4_a_reply_that_never_begins_is_a_kind_line(void **state)
{
    static const char *const script[] = {"Half a wor", NULL};

    (void)state;
    rig.with.answer.end_err = ROOST_ERR_IO;
    answer_with(script);
    rig_pass(15000);
    assert_string_equal(rig.with.speak.all, "Oh, something did not work. Let us try again.|");
    assert_int_equal(rig_ended(VOICE_TURN_FAILED), 1);
}

static void v4_a_reply_that_stalls_is_closed(void **state)
{
    static const char *const script[] = {"One sentence. ", "Another.", NULL};

    (void)state;
    rig.with.answer.stall_at = 1;
    answer_with(script);
    rig_pass(VOICE_STAGE_MS + 10000);
    assert_string_equal(rig.with.speak.all,
                        "One sentence. |The rest I will tell you another time.|");
    assert_int_equal(rig_ended(VOICE_TURN_LATE), 1);
    assert_int_equal(rig.with.answer.cancelled, 1);
}

static void a_letter_may_come_in_two_pieces(void **state)
{
    /* Deltas end where they like; pieces of a word belong together. */
    static const char *const script[] = {"Mar", "haba", " و", "أهلا", ". ", NULL};

    (void)state;
    answer_with(script);
    rig_pass(8000);
    assert_string_equal(rig.with.speak.all, "Marhaba وأهلا. |");
}

/* V5 */
static void v5_five_thousand_letters_without_a_stop(void **state)
{
    static char text[5100];
    static const char *script[] = {text, NULL};

    (void)state;
    text[0] = '\0';
    while (strlen(text) < 4900)
        rig_add(text, sizeof text, "and then the little bear walked on, ");
    rig_add(text, sizeof text, "and there it ended");
    rig.with.speak.letter_ms = 1;
    rig.with.speak.bytes_ms = 32;
    answer_with(script);
    rig_pass(300);
    assert_true(rig.voice->bytes < 200000);
    rig_pass(20000);
    assert_int_equal(rig_ended(VOICE_TURN_ANSWERED), 1);
    assert_true(rig.with.gate.judged > 5000 / SENTENCE_MAX);
    size_t longest = 0;
    for (const char *at = rig.with.speak.all, *end; (end = strchr(at, '|')); at = end + 1)
        longest = (size_t)(end - at) > longest ? (size_t)(end - at) : longest;
    assert_true(longest <= SENTENCE_MAX);
}

/* V5: a phrase across the cut. */
static void v5_what_hides_across_a_cut_is_found(void **state)
{
    static char text[1024];
    static const char *script[] = {text, NULL};

    (void)state;
    for (size_t before = 0; before < 12; before++) {
        snprintf(text, sizeof text, "%.*s", (int)before, "bbbbbbbbbbbb");
        while (strlen(text) < SENTENCE_MAX - 8)
            rig_add(text, sizeof text, " walked");
        rig_add(text, sizeof text, " bad thing and so on and so on and so on.");
        rig.with.gate.block_out = "bad thing";
        answer_with(script);
        rig_pass(60000);
        assert_int_equal(rig_ended(VOICE_TURN_GUARDED), before + 1);
        rig_close(peer, HUB_PEER_NORMAL);
        rig_pass(60000);
    }
}

/* V8: the first sentence takes longer than the second. */
static void v8_order_is_kept(void **state)
{
    static const char *const script[] = {"One is slow. ", "Two is quick. ", "Three.", NULL};
    char heard[256] = "";

    (void)state;
    rig.with.speak.slow_first_ms = 3000;
    answer_with(script);
    rig_pass(12000);
    for (size_t i = 0; i < peer->count; i++)
        if (rig_at(peer, i)->type == VOICE_DOWN_AUDIO_RESPONSE)
            rig_add(heard, sizeof heard, rig_at(peer, i)->text);
    assert_string_equal(heard, "One is slow. Two is quick. Three.");
}

/* S2 */
static void s2_an_unsafe_second_sentence_is_not_said(void **state)
{
    static const char *const script[] = {"The first is fine. ", "Here is poison. ",
                                         "The third would be fine.", NULL};

    (void)state;
    rig.with.gate.block_out = "poison";
    answer_with(script);
    rig_pass(15000);
    assert_string_equal(rig.with.speak.all,
                        "The first is fine. |Oh, I know a better one. Shall we sing?|");
    assert_int_equal(rig_ended(VOICE_TURN_GUARDED), 1);
    assert_int_equal(rig.with.answer.cancelled, 1); /* it is no part of the talk */
    assert_true(fake_metric(&rig.fake, "roost_voice_gate_total",
                            "direction=\"out\",verdict=\"block\",category=\"scary\"") == 1);
    for (size_t i = 0; i < peer->count; i++)
        assert_null(strstr(rig_at(peer, i)->text, "poison"));
}

/* S3: over two sentences, over two deltas. */
static void s3_a_phrase_over_a_border_is_found(void **state)
{
    static const char *const sentences[] = {"Drink the bad. ", "Stuff from below the sink.", NULL};
    static const char *const deltas[] = {"Drink the po", "ison from below the sink.", NULL};

    (void)state;
    rig.with.gate.block_out = "bad. Stuff";
    answer_with(sentences);
    rig_pass(15000);
    assert_int_equal(rig_ended(VOICE_TURN_GUARDED), 1);
    rig.with.gate.block_out = "poison";
    rig_close(peer, HUB_PEER_NORMAL);
    answer_with(deltas);
    rig_pass(15000);
    assert_int_equal(rig_ended(VOICE_TURN_GUARDED), 2);
    assert_null(strstr(rig.with.speak.all, "ison"));
}

static void words_that_may_not_be_answered_are_not_asked(void **state)
{
    (void)state;
    rig.with.gate.block_in = "sky";
    answer_with(rig.with.answer.script);
    rig_pass(8000);
    assert_int_equal(rig.with.answer.asked, 0);
    assert_string_equal(rig.with.speak.all, "Let us talk of something else.|");
    rig.with.gate.block_in = NULL;
    rig.with.gate.care_in = "blue";
    rig_turn(peer, "two", 2);
    rig_pass(8000);
    assert_int_equal(rig_ended(VOICE_TURN_GUARDED), 1);
    assert_int_equal(rig_ended(VOICE_TURN_CARED), 1);
    assert_non_null(strstr(rig.with.speak.all, "Tell a grown-up now."));
}

/* Whoever looks on hears of a child that needs somebody; not where that may be whom it fears. */
static void care_is_told_but_for_what_is_said_of_home(void **state)
{
    (void)state;
    rig.with.gate.care_in = "blue";
    rig.with.gate.care = GATE_WELFARE;
    answer_with(rig.with.answer.script);
    rig.fake.event[0] = '\0';
    rig_pass(100);
    assert_string_not_equal(rig.fake.event, "care");
    rig_pass(8000);
    assert_non_null(strstr(rig.with.speak.all, "Tell a grown-up now."));
    assert_int_equal(rig_ended(VOICE_TURN_ANSWERED), 1);
    assert_int_equal(rig_ended(VOICE_TURN_CARED), 0);
    rig.with.gate.care = GATE_DISTRESS;
    rig_turn(peer, "two", 2);
    rig_pass(100);
    assert_string_equal(rig.fake.event, "care");
    assert_non_null(strstr(rig.fake.json, "\"category\":\"distress\""));
    assert_null(strstr(rig.fake.json, "blue"));
    rig_pass(8000);
}

/* ---- formats ---- */

static void one_of_the_field_gets_one_mp3_a_reply(void **state)
{
    (void)state;
    peer = rig_try("teddy-0001", "c-1"); /* announces nothing */
    rig.with.speak.bytes_ms = 4;         /* 32 kbit/s */
    rig_turn(peer, "one", 2);
    rig_pass(8000);
    assert_int_equal(rig_count(peer, VOICE_DOWN_AUDIO_RESPONSE), 1);
    const struct rig_seen *seen = rig_seen(peer, VOICE_DOWN_AUDIO_RESPONSE);
    assert_int_equal(seen->format, VOICE_MP3);
    assert_int_equal(seen->seq, 0);
    assert_true(seen->is_final);
    assert_int_equal(seen->sound_bytes, 27 * 60 * 4);
    assert_string_equal(seen->text, "Here I am. The sky is blue.");
    assert_int_equal(rig_ended(VOICE_TURN_ANSWERED), 1);
}

static void a_format_that_cannot_be_made_is_replaced(void **state)
{
    (void)state;
    peer = rig_try("teddy-0001", "c-1");
    rig_say(peer, "{\"type\":\"system_status\",\"features\":[\"stream\",\"opus\",\"pcm_s16le\"]}");
    rig_turn(peer, "one", 2);
    rig_pass(8000);
    assert_int_equal(rig_seen(peer, VOICE_DOWN_AUDIO_RESPONSE)->format, VOICE_OPUS);
    rig.with.speak.unsupported = 1 << SPEECH_OPUS;
    rig_turn(peer, "two", 2);
    rig_pass(8000);
    assert_int_equal(rig_seen(peer, VOICE_DOWN_AUDIO_RESPONSE)->format, VOICE_PCM);
    rig.with.speak.unsupported = 7;
    rig_turn(peer, "three", 2);
    rig_pass(8000);
    assert_string_equal(rig_seen(peer, VOICE_DOWN_TEXT_RESPONSE)->text,
                        "Here I am. The sky is blue.");
    assert_int_equal(rig_ended(VOICE_TURN_ANSWERED), 3);
}

static void a_pool_that_is_full_is_asked_again(void **state)
{
    (void)state;
    rig.with.speak.full = 5;
    answer_with(rig.with.answer.script);
    rig_pass(8000);
    assert_int_equal(rig_count(peer, VOICE_DOWN_TEXT_RESPONSE), 0);
    assert_string_equal(rig.with.speak.all, "Here I am. |The sky is blue.|");
    rig.with.speak.full = 1000000;
    rig_turn(peer, "two", 2);
    rig_pass(8000);
    assert_int_equal(rig_count(peer, VOICE_DOWN_TEXT_RESPONSE), 1);
    rig_nothing_is_left();
}

/* V6's part: the sound of one sentence never ends. */
static void v6_sound_without_an_end_is_cut(void **state)
{
    (void)state;
    rig.with.speak.letter_ms = 60000;
    answer_with(rig.with.answer.script);
    rig_pass(3000);
    assert_true(rig.voice->bytes < 2 * VOICE_QUEUE_MAX);
    rig_pass(120000);
    assert_int_equal(rig_ended(VOICE_TURN_BROKEN_OFF), 1);
    rig_nothing_is_left();
}

static void a_sentence_that_cannot_be_said_goes_as_text(void **state)
{
    (void)state;
    rig.with.speak.said_err = ROOST_ERR_IO;
    answer_with(rig.with.answer.script);
    rig_pass(8000);
    assert_string_equal(rig_seen(peer, VOICE_DOWN_TEXT_RESPONSE)->text,
                        "Here I am. The sky is blue.");
    rig.with.speak.said_err = 0;
    rig.with.speak.say_err = ROOST_ERR_TOO_LONG;
    rig_turn(peer, "two", 2);
    rig_pass(8000);
    rig_nothing_is_left();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(v4_a_reply_that_breaks_off_is_said_as_far_as_it_is_whole),
        TEST(v4_a_reply_that_never_begins_is_a_kind_line),
        TEST(v4_a_reply_that_stalls_is_closed),
        TEST(a_letter_may_come_in_two_pieces),
        TEST(v5_five_thousand_letters_without_a_stop),
        TEST(v5_what_hides_across_a_cut_is_found),
        TEST(v8_order_is_kept),
        TEST(s2_an_unsafe_second_sentence_is_not_said),
        TEST(s3_a_phrase_over_a_border_is_found),
        TEST(words_that_may_not_be_answered_are_not_asked),
        TEST(care_is_told_but_for_what_is_said_of_home),
        TEST(one_of_the_field_gets_one_mp3_a_reply),
        TEST(a_format_that_cannot_be_made_is_replaced),
        TEST(a_pool_that_is_full_is_asked_again),
        TEST(v6_sound_without_an_end_is_cut),
        TEST(a_sentence_that_cannot_be_said_goes_as_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
