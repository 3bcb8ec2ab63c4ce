/* SPDX-License-Identifier: Apache-2.0 */
/* Messages and chunks: what is taken, and the one written answer to what is not. */
#include "hub/voice/test_rig.h"

static struct rig_peer *peer;

static void begin(void)
{
    peer = rig_connect("teddy-0001", "c-1");
    rig_start(peer, "one");
}

static size_t heard_bytes(void)
{
    return rig.with.hear.samples * 2;
}

static void encode(char *out, const void *bytes, size_t len)
{
    out[roost_base64_encode(out, bytes, len)] = '\0';
}

/* P10 */
static void p10_a_chunk_is_whole_samples_in_strict_base64(void **state)
{
    static uint8_t sound[VOICE_SOUND_MAX + 2];
    static char base64[VOICE_MESSAGE_MAX];

    (void)state;
    begin();
    encode(base64, sound, 4096);
    rig_chunk_text(peer, "one", base64, "\"1\"", false, "");
    assert_int_equal(rig_last(peer)->type, VOICE_DOWN_AUDIO_ACK);
    assert_int_equal(heard_bytes(), 4096);
    encode(base64, sound, 4095); /* odd */
    rig_chunk_text(peer, "one", base64, "\"2\"", false, "");
    rig_expect_error(peer, VOICE_ERROR_INVALID_AUDIO_DATA);
    rig_chunk_text(peer, "one", "", "\"3\"", false, ""); /* nothing */
    rig_expect_error(peer, VOICE_ERROR_INVALID_AUDIO_DATA);
    rig_chunk_text(peer, "one", "QUJD\\nREVG", "\"4\"", false, "");
    rig_expect_error(peer, VOICE_ERROR_INVALID_AUDIO_DATA);
    rig_chunk_text(peer, "one", "-_-_-_-_", "\"5\"", false, ""); /* url-safe */
    rig_expect_error(peer, VOICE_ERROR_INVALID_AUDIO_DATA);
    rig_chunk_text(peer, "one", "QUI", "\"6\"", false, ""); /* without its padding */
    rig_expect_error(peer, VOICE_ERROR_INVALID_AUDIO_DATA);
    rig_chunk_text(peer, "one", "QUJ=", "\"6\"", false, ""); /* bits behind the end */
    rig_expect_error(peer, VOICE_ERROR_INVALID_AUDIO_DATA);
    assert_int_equal(heard_bytes(), 4096); /* unchanged */
    encode(base64, sound, 4098);           /* as long as a frame can hold, if it is samples */
    rig_chunk_text(peer, "one", base64, "\"7\"", false, "");
    assert_int_equal(rig_last(peer)->type, VOICE_DOWN_AUDIO_ACK);
    assert_int_equal(heard_bytes(), 4096 + 4098);
    rig_chunk_text(peer, "one", "", "\"8\"", true, ""); /* an end without sound */
    assert_int_equal(rig_last(peer)->type, VOICE_DOWN_AUDIO_ACK);
    assert_int_equal(rig_turn_of(peer)->state, VOICE_HEARING);
    for (size_t i = 0; i < VOICE_SOUND_MEMORY; i++)
        assert_int_equal(rig.voice->sound[i], 0); /* wiped */
}

static void a_chunk_without_its_members_is_answered(void **state)
{
    char text[512];

    (void)state;
    begin();
    snprintf(text, sizeof text,
             "{\"type\":\"audio_chunk\",\"audio_session_id\":\"%s\",\"chunk_id\":\"1\","
             "\"is_final\":false}",
             rig_id("one"));
    rig_say(peer, text);
    rig_expect_error(peer, VOICE_ERROR_MISSING_AUDIO_DATA);
    rig_say(peer, "{\"type\":\"audio_chunk\"}");
    rig_expect_error(peer, VOICE_ERROR_AUDIO_CHUNK_ERROR);
    rig_say(peer, "{\"type\":\"audio_chunk\",\"audio_session_id\":7}");
    rig_expect_error(peer, VOICE_ERROR_AUDIO_CHUNK_ERROR);
    rig_say(peer, "{\"type\":\"audio_start\",\"audio_session_id\":\"no uuid\"}");
    rig_expect_error(peer, VOICE_ERROR_AUDIO_START_ERROR);
    rig_say(peer, "{\"type\":\"audio_start\"}");
    rig_expect_error(peer, VOICE_ERROR_AUDIO_START_ERROR);
    rig_say(peer, "{\"type\":\"audio_end\"}");
    rig_expect_error(peer, VOICE_ERROR_AUDIO_END_ERROR);
    assert_int_equal(rig_turn_of(peer)->state, VOICE_LISTENING); /* it goes on */
}

/* P11 */
static void p11_a_message_has_at_most_10000_bytes(void **state)
{
    static char text[VOICE_MESSAGE_MAX];
    static const char head[] = "{\"type\":\"heartbeat\",\"x\":\"";

    (void)state;
    begin();
    memset(text, 'a', sizeof text);
    memcpy(text, head, sizeof head - 1);
    memcpy(text + VOICE_FRAME_MAX - 2, "\"}", 3);
    assert_int_equal(strlen(text), 10000);
    rig_say(peer, text);
    assert_int_equal(rig_last(peer)->type, VOICE_DOWN_HEARTBEAT);
    memset(text + VOICE_FRAME_MAX - 2, 'a', 2);
    memcpy(text + VOICE_FRAME_MAX - 1, "\"}", 3);
    assert_int_equal(strlen(text), 10001);
    rig_say(peer, text);
    rig_expect_error(peer, VOICE_ERROR_MESSAGE_TOO_LARGE);
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_OPEN); /* the socket stays */
    /* What is longer than this never comes here: the socket closes it with 1009. */
    assert_int_equal(voice_service.sockets[0].message_max, VOICE_MESSAGE_MAX);
}

/* P12 */
static void p12_each_chunk_out_of_place_has_one_answer(void **state)
{
    (void)state;
    peer = rig_connect("teddy-0001", "c-1");
    rig_chunk_of(peer, "one", 4096, 1, false); /* before audio_start */
    rig_expect_error(peer, VOICE_ERROR_AUDIO_CHUNK_ERROR);
    rig_start(peer, "one");
    rig_chunk_of(peer, "other", 4096, 1, false); /* of a turn that never began */
    rig_expect_error(peer, VOICE_ERROR_UNKNOWN_SESSION);
    rig_chunk_of(peer, "one", 4096, 1, false);
    rig_chunk_of(peer, "one", 4096, 3, false); /* one was dropped at the device */
    assert_int_equal(rig_last(peer)->type, VOICE_DOWN_AUDIO_ACK);
    rig_chunk_of(peer, "one", 4096, 2, false); /* and comes after all */
    rig_expect_error(peer, VOICE_ERROR_OUT_OF_ORDER);
    size_t seen = peer->count;
    rig_chunk_of(peer, "one", 4096, 3, false); /* twice: acknowledged, heard once */
    assert_int_equal(peer->count, seen + 1);
    assert_int_equal(rig_last(peer)->type, VOICE_DOWN_AUDIO_ACK);
    assert_string_equal(rig_last(peer)->text, "4096"); /* as the first time */
    assert_int_equal(heard_bytes(), 2 * 4096);
    rig_stop_sound(peer, "one");
    rig_chunk_of(peer, "one", 4096, 4, false); /* after the end */
    rig_expect_error(peer, VOICE_ERROR_AUDIO_CHUNK_ERROR);
    seen = peer->count;
    rig_stop_sound(peer, "one"); /* the end, twice */
    assert_int_equal(peer->count, seen);
    rig_stop_sound(peer, "other");
    rig_expect_error(peer, VOICE_ERROR_UNKNOWN_SESSION);
    rig_pass(5000);
    rig_stop_sound(peer, "third");
    rig_expect_error(peer, VOICE_ERROR_AUDIO_END_ERROR);
    assert_int_equal(heard_bytes(), 2 * 4096);
    assert_int_equal(rig.with.hear.finished, 1);
}

static void without_numbers_a_chunk_is_known_by_its_id(void **state)
{
    static char base64[6000];
    static uint8_t sound[4096];

    (void)state;
    begin();
    encode(base64, sound, sizeof sound);
    rig_chunk_text(peer, "one", base64, "\"a-1\"", false, "");
    rig_chunk_text(peer, "one", base64, "\"a-1\"", false, "");
    assert_int_equal(rig_last(peer)->type, VOICE_DOWN_AUDIO_ACK);
    assert_int_equal(heard_bytes(), 4096);
    rig_chunk_text(peer, "one", base64, "2", false, ""); /* a number is fine, too */
    rig_chunk_text(peer, "one", base64, "\"a-3\"", true, "");
    assert_int_equal(heard_bytes(), 3 * 4096);
    assert_int_equal(rig_turn_of(peer)->state, VOICE_HEARING); /* is_final */
}

/* ---- signatures ---- */

enum form { FORM_NONE, FORM_OURS, FORM_FIELDED, FORM_WRONG };

static void signed_chunk(enum form form, uint64_t seq)
{
    static uint8_t memory[VOICE_SIGN_HEAD + 4096 + 8];
    static char base64[6000];
    uint8_t hmac[VOICE_KEY_BYTES] = {0}, sound_key[VOICE_KEY_BYTES];
    char extra[160] = "", id[24];
    const struct voice_hmac *run = &rig.voice->hmac;
    const struct voice_signed what = {rig_id("one"), seq, false};

    memset(memory + VOICE_SIGN_HEAD, 7, 4096);
    encode(base64, memory + VOICE_SIGN_HEAD, 4096);
    assert_int_equal(
        voice_sound_key(run, RIG_SECRET, strlen(RIG_SECRET), rig_session(peer)->id, sound_key), 0);
    if (form == FORM_OURS)
        assert_int_equal(voice_sign(run, sound_key, &what, memory, 4096, hmac), 0);
    if (form == FORM_FIELDED)
        assert_int_equal(voice_sign_fielded(run, RIG_SECRET, strlen(RIG_SECRET), seq,
                                            memory + VOICE_SIGN_HEAD, 4096, hmac),
                         0);
    int len = snprintf(extra, sizeof extra, ",\"seq\":%llu", (unsigned long long)seq);
    if (form != FORM_NONE) {
        len += snprintf(extra + len, sizeof extra - (size_t)len, ",\"hmac\":\"");
        for (size_t i = 0; i < sizeof hmac; i++)
            len += snprintf(extra + len, sizeof extra - (size_t)len, "%02x", hmac[i]);
        snprintf(extra + len, sizeof extra - (size_t)len, "\"");
    }
    snprintf(id, sizeof id, "%llu", (unsigned long long)seq);
    rig_chunk_text(peer, "one", base64, id, false, extra);
}

static bool taken(enum form form)
{
    size_t before = heard_bytes();

    signed_chunk(form, ++peer->seq);
    if (heard_bytes() > before)
        return true;
    rig_expect_error(peer, VOICE_ERROR_BAD_SIGNATURE);
    return false;
}

static void sound_is_the_devices_own_by_policy(void **state)
{
    static const bool expected[3][4] = {
        [VOICE_SIGN_ANY] = {true, true, true, false},
        [VOICE_SIGN_EITHER] = {false, true, true, false},
        [VOICE_SIGN_OURS] = {false, true, false, false},
    };

    (void)state;
    for (int policy = 0; policy < 3; policy++) {
        rig.settings.voice_signature = policy;
        rig_again();
        begin();
        for (int form = 0; form < 4; form++)
            assert_true(taken((enum form)form) == expected[policy][form]);
        rig_close(peer, HUB_PEER_NORMAL);
    }
}

static void a_signature_needs_a_number(void **state)
{
    static char base64[6000];
    static uint8_t sound[4096];
    char extra[96] = ",\"hmac\":\"";

    (void)state;
    begin();
    memset(extra + strlen(extra), 'a', 64);
    extra[9 + 64] = '"';
    encode(base64, sound, sizeof sound);
    rig_chunk_text(peer, "one", base64, "1", false, extra);
    rig_expect_error(peer, VOICE_ERROR_BAD_SIGNATURE);
    assert_int_equal(heard_bytes(), 0);
}

/* ---- rates, and what is nothing ---- */

static void what_is_no_message_is_answered_until_it_is_too_much(void **state)
{
    static const char *const bad[] = {
        "", "{", "[]", "7", "{\"type\":7}", "{\"type\":\"dance\"}", "{}", "{\"type\":null}"};

    (void)state;
    begin();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        rig_say(peer, bad[i]);
        rig_expect_error(peer, VOICE_ERROR_INVALID_MESSAGE);
    }
    rig_events()->message(rig.voice, &peer->fake.peer, HUB_PEER_BINARY, "abc", 3);
    rig_expect_error(peer, VOICE_ERROR_INVALID_MESSAGE);
    assert_int_equal(rig_turn_of(peer)->state, VOICE_LISTENING);
    for (int i = 0; i < VOICE_REFUSED_IN_A_ROW; i++)
        rig_say(peer, "{");
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_CLOSING);
    assert_int_equal(peer->fake.code, 1008);
    assert_int_equal(rig_ended(VOICE_TURN_LOST), 1);
}

/* The last refusal ends the session in the middle of what it was about. */
static void the_message_that_is_too_much_is_the_last(void **state)
{
    (void)state;
    rig.with.asked.known.consent = false;
    peer = rig_connect("teddy-0001", "c-1");
    rig_pass(VOICE_BOOK_FRESH_MS + 1000); /* what the book said is old by then */
    for (int i = 0; i < VOICE_REFUSED_IN_A_ROW - 1; i++)
        rig_chunk_of(peer, "one", 4096, 1, false);
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_OPEN);
    rig_start(peer, "one");
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_CLOSING);
    assert_int_equal(rig.voice->session_count, 0);
}

static void a_message_that_is_right_is_between_those_that_are_wrong(void **state)
{
    (void)state;
    rig.with.asked.known.consent = false;
    peer = rig_connect("teddy-0001", "c-1");
    for (int i = 0; i < 2 * VOICE_REFUSED_IN_A_ROW; i++) {
        if (i % 100 == 0)
            rig_say(peer, "{\"type\":\"heartbeat\"}");
        rig_chunk_of(peer, "one", 4096, 1, false);
    }
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_OPEN);
}

static void a_button_that_is_held_for_minutes_costs_no_socket(void **state)
{
    (void)state;
    begin();
    for (int i = 0; i < 1000; i++) {
        rig_chunk(peer, "one");
        rig_pass(128);
    }
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_OPEN);
    rig_expect_error(peer, VOICE_ERROR_AUDIO_CHUNK_ERROR);
    assert_int_equal(heard_bytes(), VOICE_TURN_BYTES);
    rig_start(peer, "two");
    assert_int_equal(rig_last(peer)->type, VOICE_DOWN_START_ACK);
}

static void messages_and_turns_have_a_rate(void **state)
{
    (void)state;
    peer = rig_connect("teddy-0001", "c-1");
    for (int i = 0; i < 700; i++)
        rig_say(peer, "{\"type\":\"heartbeat\"}");
    rig_expect_error(peer, VOICE_ERROR_RATE_LIMITED);
    assert_true(rig_count(peer, VOICE_DOWN_HEARTBEAT) >= 600);
    rig_pass(60000);
    rig_say(peer, "{\"type\":\"heartbeat\"}");
    assert_int_equal(rig_last(peer)->type, VOICE_DOWN_HEARTBEAT);
    for (int i = 0; i < 30; i++)
        rig_start(peer, i % 2 ? "a" : "b");
    rig_expect_error(peer, VOICE_ERROR_RATE_LIMITED);
    rig_pass(60000);
    rig_start(peer, "later");
    assert_int_equal(rig_last(peer)->type, VOICE_DOWN_START_ACK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(p10_a_chunk_is_whole_samples_in_strict_base64),
        TEST(a_chunk_without_its_members_is_answered),
        TEST(p11_a_message_has_at_most_10000_bytes),
        TEST(p12_each_chunk_out_of_place_has_one_answer),
        TEST(without_numbers_a_chunk_is_known_by_its_id),
        TEST(sound_is_the_devices_own_by_policy),
        TEST(a_signature_needs_a_number),
        TEST(what_is_no_message_is_answered_until_it_is_too_much),
        TEST(the_message_that_is_too_much_is_the_last),
        TEST(a_message_that_is_right_is_between_those_that_are_wrong),
        TEST(a_button_that_is_held_for_minutes_costs_no_socket),
        TEST(messages_and_turns_have_a_rate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
