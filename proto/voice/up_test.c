/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base64.h"
#include "core/err.h"
#include "proto/voice/up.h"

#define ID    "ffeeddcc-bbaa-4988-b766-554433221100"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static struct voice_up up;
static char text[VOICE_FRAME_MAX + 64];

static int parse(const char *message)
{
    memset(&up, 0xA5, sizeof up);
    return voice_up_parse(&up, message, strlen(message));
}

static void fielded(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"type\":\"audio_start\",\"audio_session_id\":\"" ID "\"}"), 0);
    assert_int_equal(up.type, VOICE_UP_AUDIO_START);
    assert_string_equal(up.audio_session_id, ID);
    assert_null(up.field);

    assert_int_equal(parse("{\"type\":\"audio_chunk\",\"audio_session_id\":\"" ID "\","
                           "\"chunk_id\":\"c-7\",\"audio_data\":\"AAE=\",\"is_final\":true,"
                           "\"timestamp\":1700000000.5}"),
                     0);
    assert_int_equal(up.type, VOICE_UP_AUDIO_CHUNK);
    assert_string_equal(up.chunk_id, "\"c-7\"");
    assert_int_equal(up.audio_len, 4);
    assert_memory_equal(up.audio, "AAE=", 4);
    assert_true(up.is_final);
    assert_false(up.has_seq);
    assert_false(up.has_hmac);

    assert_int_equal(parse("{\"type\":\"audio_end\",\"audio_session_id\":\"" ID "\"}"), 0);
    assert_int_equal(up.type, VOICE_UP_AUDIO_END);
    assert_int_equal(parse("{\"type\":\"text_message\",\"text\":\"\\u0633\\u0644\\u0627\\u0645\"}"),
                     0);
    assert_int_equal(up.type, VOICE_UP_TEXT_MESSAGE);
    assert_string_equal(up.text, "سلام");
    assert_int_equal(parse("{\"type\":\"text_message\",\"text\":\"\"}"), 0); /* the hub's to say */
    assert_int_equal(parse("{\"type\":\"heartbeat\"}"), 0);
    assert_int_equal(up.type, VOICE_UP_HEARTBEAT);

    static const char status[] = "{\"type\":\"system_status\",\"heap\":120000,\"rssi\":-61,"
                                 "\"features\":{\"led\":true},\"status\":\"ok\"}";
    assert_int_equal(parse(status), 0);
    assert_int_equal(up.type, VOICE_UP_SYSTEM_STATUS);
    assert_false(up.has_features);
    assert_ptr_equal(up.body, status);
    assert_int_equal(up.body_len, sizeof status - 1);

    static const char networks[] =
        "{\"networks\":[{\"ssid\":\"a\",\"rssi\":-40,\"encryption\":3}]}";
    assert_int_equal(parse(networks), 0);
    assert_int_equal(up.type, VOICE_UP_NETWORKS);
    assert_int_equal(up.body_len, sizeof networks - 1);
    assert_int_equal(parse("{\"stored\":false}"), 0);
    assert_int_equal(up.type, VOICE_UP_NETWORKS);
    assert_int_equal(parse("{\"rssi\":-57}"), 0);
    assert_int_equal(up.type, VOICE_UP_NETWORKS);
    assert_int_equal(parse("{\"id\":\"1\",\"ok\":true,\"data\":{}}"), 0);
    assert_int_equal(up.type, VOICE_UP_ANSWER);

    assert_int_equal(parse("{\"type\":\"dance\",\"text\":7}"), 0);
    assert_int_equal(up.type, VOICE_UP_NONE);
    assert_int_equal(parse("{\"type\":\"a name longer than any of the names of ours\"}"), 0);
    assert_int_equal(up.type, VOICE_UP_NONE);
}

/* Stimulus, what it is answered, of which type and which member is wrong. */
static const struct {
    const char *message;
    int err;
    enum voice_up_type type;
    const char *field;
} bad[] = {
    {"", ROOST_ERR_TRUNCATED, VOICE_UP_NONE, NULL},
    {"[]", ROOST_ERR_INVALID, VOICE_UP_NONE, NULL},
    {"{}", ROOST_ERR_NOT_FOUND, VOICE_UP_NONE, "type"},
    {"{\"type\":null}", ROOST_ERR_NOT_FOUND, VOICE_UP_NONE, "type"},
    {"{\"type\":7}", ROOST_ERR_INVALID, VOICE_UP_NONE, "type"},
    {"{\"type\":\"heartbeat\"} x", ROOST_ERR_INVALID, VOICE_UP_NONE, NULL},
    {"{\"networks\":{}}", ROOST_ERR_NOT_FOUND, VOICE_UP_NONE, "type"},
    {"{\"id\":\"1\",\"ok\":1}", ROOST_ERR_NOT_FOUND, VOICE_UP_NONE, "type"},
    {"{\"type\":\"audio_start\"}", ROOST_ERR_NOT_FOUND, VOICE_UP_AUDIO_START, "audio_session_id"},
    {"{\"type\":\"audio_start\",\"audio_session_id\":7}", ROOST_ERR_INVALID, VOICE_UP_AUDIO_START,
     "audio_session_id"},
    {"{\"type\":\"audio_start\",\"audio_session_id\":\"turn-1\"}", ROOST_ERR_INVALID,
     VOICE_UP_AUDIO_START, "audio_session_id"},
    {"{\"type\":\"audio_start\",\"audio_session_id\":\"" ID "0\"}", ROOST_ERR_TOO_LONG,
     VOICE_UP_AUDIO_START, "audio_session_id"},
    {"{\"type\":\"audio_end\"}", ROOST_ERR_NOT_FOUND, VOICE_UP_AUDIO_END, "audio_session_id"},
    {"{\"type\":\"text_message\"}", ROOST_ERR_NOT_FOUND, VOICE_UP_TEXT_MESSAGE, "text"},
    {"{\"type\":\"text_message\",\"text\":[]}", ROOST_ERR_INVALID, VOICE_UP_TEXT_MESSAGE, "text"},
    {"{\"type\":\"text_message\",\"text\":\"a\\u0000b\"}", ROOST_ERR_INVALID, VOICE_UP_TEXT_MESSAGE,
     "text"},
    {"{\"type\":\"playback_status\",\"buffered_ms\":1}", ROOST_ERR_NOT_FOUND,
     VOICE_UP_PLAYBACK_STATUS, "played_ms"},
    {"{\"type\":\"playback_status\",\"played_ms\":1}", ROOST_ERR_NOT_FOUND,
     VOICE_UP_PLAYBACK_STATUS, "buffered_ms"},
    {"{\"type\":\"playback_status\",\"played_ms\":-1,\"buffered_ms\":0}", ROOST_ERR_RANGE,
     VOICE_UP_PLAYBACK_STATUS, "played_ms"},
    {"{\"type\":\"playback_status\",\"played_ms\":1.5,\"buffered_ms\":0}", ROOST_ERR_RANGE,
     VOICE_UP_PLAYBACK_STATUS, "played_ms"},
    {"{\"type\":\"playback_status\",\"played_ms\":1,\"buffered_ms\":\"0\"}", ROOST_ERR_INVALID,
     VOICE_UP_PLAYBACK_STATUS, "buffered_ms"},
};

static void refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(parse(bad[i].message), bad[i].err);
        assert_int_equal(up.type, bad[i].type);
        if (bad[i].field)
            assert_string_equal(up.field, bad[i].field);
        else
            assert_null(up.field);
    }
}

#define CHUNK "{\"type\":\"audio_chunk\",\"audio_session_id\":\"" ID "\""

static const struct {
    const char *members;
    int err;
    const char *field;
} chunks[] = {
    {"}", ROOST_ERR_NOT_FOUND, "chunk_id"},
    {",\"chunk_id\":true}", ROOST_ERR_INVALID, "chunk_id"},
    {",\"chunk_id\":{}}", ROOST_ERR_INVALID, "chunk_id"},
    {",\"chunk_id\":\"" ZEROS "\"}", ROOST_ERR_TOO_LONG, "chunk_id"},
    {",\"chunk_id\":1}", ROOST_ERR_NOT_FOUND, "is_final"},
    {",\"chunk_id\":1,\"is_final\":\"true\"}", ROOST_ERR_INVALID, "is_final"},
    {",\"chunk_id\":1,\"is_final\":false,\"seq\":-1}", ROOST_ERR_RANGE, "seq"},
    {",\"chunk_id\":1,\"is_final\":false,\"seq\":\"1\"}", ROOST_ERR_INVALID, "seq"},
    {",\"chunk_id\":1,\"is_final\":false,\"seq\":18446744073709551616}", ROOST_ERR_RANGE, "seq"},
    {",\"chunk_id\":1,\"is_final\":false,\"hmac\":\"00\"}", ROOST_ERR_INVALID, "hmac"},
    {",\"chunk_id\":1,\"is_final\":false,\"hmac\":\"" ZEROS "0\"}", ROOST_ERR_TOO_LONG, "hmac"},
    {",\"chunk_id\":1,\"is_final\":false,\"hmac\":0}", ROOST_ERR_INVALID, "hmac"},
    {",\"chunk_id\":1,\"is_final\":false,\"audio_data\":[]}", ROOST_ERR_INVALID, "audio_data"},
    {",\"chunk_id\":1,\"is_final\":false}", 0, NULL},
    {",\"chunk_id\":1,\"is_final\":false,\"audio_data\":null,\"seq\":null,\"hmac\":null}", 0, NULL},
    {",\"chunk_id\":1.5e3,\"is_final\":false,\"audio_data\":\"\",\"new\":{\"x\":[1]}}", 0, NULL},
};

static void chunk_members(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
        strcpy(text, CHUNK);
        strcat(text, chunks[i].members);
        assert_int_equal(parse(text), chunks[i].err);
        assert_int_equal(up.type, VOICE_UP_AUDIO_CHUNK);
        assert_false(up.has_hmac);
        assert_false(up.has_seq);
        if (chunks[i].field)
            assert_string_equal(up.field, chunks[i].field);
        else
            assert_null(up.field);
    }
    assert_non_null(up.audio); /* there and empty; */
    assert_int_equal(up.audio_len, 0);
    parse(CHUNK ",\"chunk_id\":1,\"is_final\":false,\"audio_data\":null}");
    assert_null(up.audio); /* not there */
}

static void limits(void **state)
{
    static const char head[] = "{\"type\":\"text_message\",\"text\":\"";

    (void)state;
    for (size_t len = VOICE_TEXT_MAX; len <= VOICE_TEXT_MAX + 1; len++) {
        strcpy(text, head);
        memset(text + sizeof head - 1, 'a', len);
        strcpy(text + sizeof head - 1 + len, "\"}");
        assert_int_equal(parse(text), len > VOICE_TEXT_MAX ? ROOST_ERR_TOO_LONG : 0);
    }
    assert_string_equal(up.field, "text");

    /* P11: a message of exactly VOICE_FRAME_MAX bytes is taken, a longer one is not read at all. */
    for (size_t len = VOICE_FRAME_MAX; len <= VOICE_FRAME_MAX + 1; len++) {
        memset(text, ' ', len);
        text[len] = '\0';
        memcpy(text, "{\"type\":\"heartbeat\"}", 20);
        assert_int_equal(parse(text), len > VOICE_FRAME_MAX ? ROOST_ERR_TOO_LONG : 0);
        assert_int_equal(up.type, len > VOICE_FRAME_MAX ? VOICE_UP_NONE : VOICE_UP_HEARTBEAT);
    }
    assert_null(up.field);

    strcpy(text, "{\"type\":\"heartbeat\",\"list\":[0");
    for (int i = 0; i < VOICE_UP_VALUES; i++)
        strcat(text, ",0");
    strcat(text, "]}");
    assert_int_equal(parse(text), ROOST_ERR_TOO_LONG);
}

static void chunk_there_and_back(void **state)
{
    static const uint8_t sound[5] = {1, 2, 3, 4, 5}, hmac[VOICE_KEY_BYTES] = {0xAB, 0xCD};
    struct voice_chunk chunk = {.audio_session_id = ID, .seq = 77, .is_final = true, .hmac = hmac};
    uint8_t back[8];

    (void)state;
    int at = voice_chunk_head(text, sizeof text, &chunk);
    assert_true(at > 0);
    at += (int)roost_base64_encode(text + at, sound, sizeof sound);
    int len = voice_chunk_tail(text, (size_t)at, sizeof text);
    assert_int_equal(len, strlen(text));
    assert_string_equal(text, "{\"type\":\"audio_chunk\",\"audio_session_id\":\"" ID "\","
                              "\"chunk_id\":77,\"seq\":77,\"is_final\":true,\"hmac\":\"abcd"
                              "000000000000000000000000000000000000000000000000000000000000\","
                              "\"audio_data\":\"AQIDBAU=\"}");
    assert_int_equal(parse(text), 0);
    assert_string_equal(up.audio_session_id, ID);
    assert_string_equal(up.chunk_id, "77");
    assert_true(up.has_seq && up.has_hmac && up.is_final);
    assert_true(up.seq == 77);
    assert_memory_equal(up.hmac, hmac, sizeof hmac);
    assert_int_equal(roost_base64_decode(back, sizeof back, up.audio, up.audio_len), 5);
    assert_memory_equal(back, sound, sizeof sound);
    for (size_t cut = 0; cut < (size_t)len; cut++)
        assert_true(voice_up_parse(&up, text, cut) < 0);

    int head = voice_chunk_head(text, sizeof text, &chunk);
    for (int size = 0; size <= head; size++)
        assert_int_equal(voice_chunk_head(text, (size_t)size, &chunk), ROOST_ERR_TOO_LONG);
    assert_int_equal(voice_chunk_head(text, (size_t)head + 1, &chunk), head);
    assert_int_equal(voice_chunk_tail(text, 5, 7), ROOST_ERR_TOO_LONG);
    assert_int_equal(voice_chunk_tail(text, 5, 8), 7);
    chunk.hmac = NULL;
    assert_true(voice_chunk_head(text, sizeof text, &chunk) < head);
    assert_null(strstr(text, "hmac"));
}

/* A whole chunk stays within what one message may be. */
static void chunk_fits(void **state)
{
    static const uint8_t hmac[VOICE_KEY_BYTES];
    struct voice_chunk chunk = {.audio_session_id = ID, .seq = UINT64_MAX, .hmac = hmac};

    (void)state;
    int head = voice_chunk_head(text, sizeof text, &chunk);
    assert_true(head > 0);
    assert_true((size_t)head + ROOST_BASE64_LEN(VOICE_CHUNK_BYTES) + 2 <= VOICE_FRAME_MAX);
}

static void written(void **state)
{
    static const char status[] = "{\"online\":true,\"type\":\"bear\"}";

    (void)state;
    assert_true(voice_write_audio_start(text, sizeof text, ID) > 0);
    assert_string_equal(text, "{\"type\":\"audio_start\",\"audio_session_id\":\"" ID "\"}");
    assert_true(voice_write_audio_end(text, sizeof text, ID) > 0);
    assert_string_equal(text, "{\"type\":\"audio_end\",\"audio_session_id\":\"" ID "\"}");
    assert_int_equal(voice_write_heartbeat(text, sizeof text), 20);
    assert_string_equal(text, "{\"type\":\"heartbeat\"}");
    assert_int_equal(voice_write_abort(text, sizeof text), 16);
    assert_string_equal(text, "{\"type\":\"abort\"}");
    assert_int_equal(voice_write_abort(text, 16), ROOST_ERR_TOO_LONG);

    assert_true(voice_write_playback_status(text, sizeof text, 1250, 640) > 0);
    assert_string_equal(text,
                        "{\"type\":\"playback_status\",\"played_ms\":1250,\"buffered_ms\":640}");
    assert_int_equal(parse(text), 0);
    assert_true(up.played_ms == 1250 && up.buffered_ms == 640);

    assert_true(voice_write_system_status(text, sizeof text,
                                          VOICE_FEATURE_STREAM | VOICE_FEATURE_RESUME, 32768,
                                          status, sizeof status - 1) > 0);
    assert_string_equal(text,
                        "{\"type\":\"system_status\",\"features\":[\"stream\",\"resume\"],"
                        "\"buffer_bytes\":32768,\"status\":{\"online\":true,\"type\":\"bear\"}}");
    assert_int_equal(parse(text), 0);
    assert_int_equal(up.type, VOICE_UP_SYSTEM_STATUS);
    assert_int_equal(up.features, VOICE_FEATURE_STREAM | VOICE_FEATURE_RESUME);
    assert_true(up.buffer_bytes == 32768);
    assert_int_equal(up.body_len, sizeof status - 1);
    assert_memory_equal(up.body, status, sizeof status - 1);
}

static void features(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"type\":\"system_status\",\"features\":[\"stream\",7,[\"opus\"],"
                           "\"dance\",\"pcm_s16le\",null,\"playback_status\",\"mp3\"]}"),
                     0);
    assert_true(up.has_features);
    assert_int_equal(up.features, VOICE_FEATURE_STREAM | VOICE_FEATURE_PCM |
                                      VOICE_FEATURE_PLAYBACK | VOICE_FEATURE_MP3);
    assert_int_equal(parse("{\"type\":\"system_status\",\"features\":[]}"), 0);
    assert_true(up.has_features);
    assert_int_equal(up.features, 0);
    assert_true(up.buffer_bytes == 0);
    assert_int_equal(parse("{\"type\":\"system_status\",\"buffer_bytes\":\"much\"}"), 0);
    assert_true(up.buffer_bytes == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fielded),
        cmocka_unit_test(refused),
        cmocka_unit_test(chunk_members),
        cmocka_unit_test(limits),
        cmocka_unit_test(chunk_there_and_back),
        cmocka_unit_test(chunk_fits),
        cmocka_unit_test(written),
        cmocka_unit_test(features),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
