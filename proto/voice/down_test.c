/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "proto/voice/down.h"

#define ID   "ffeeddcc-bbaa-4988-b766-554433221100"
#define WHEN 1772409600123
#define TIME "2026-03-02T00:00:00.123Z"

static struct voice_down down;
static char text[16384];

static int parse(const char *message)
{
    memset(&down, 0xA5, sizeof down);
    return voice_down_parse(&down, message, strlen(message));
}

/* Every shorter buffer is refused, every shorter message too. */
static void check_cuts(const char *message, int len)
{
    assert_int_equal(len, strlen(message));
    for (int cut = 0; cut < len; cut++)
        assert_true(voice_down_parse(&down, message, (size_t)cut) < 0);
    assert_int_equal(voice_down_parse(&down, message, (size_t)len), 0);
}

static void system_messages(void **state)
{
    struct voice_established is = {.session_id = ID, .message = "hello", .when = WHEN};
    struct voice_ack ack = {
        .chunk_id = "\"7\"", .bytes = 4096, .is_final = true, .audio_session_id = ID, .when = WHEN};

    (void)state;
    int len = voice_write_established(text, sizeof text, &is);
    assert_string_equal(text, "{\"type\":\"system\",\"data\":{\"type\":\"connection_established\","
                              "\"session_id\":\"" ID "\",\"message\":\"hello\","
                              "\"server_time\":\"" TIME "\"},\"timestamp\":\"" TIME "\"}");
    check_cuts(text, len);
    assert_int_equal(down.type, VOICE_DOWN_ESTABLISHED);
    assert_string_equal(down.session_id, ID);
    assert_false(down.resumed);
    for (int size = 0; size <= len; size++)
        assert_int_equal(voice_write_established(text, (size_t)size, &is), ROOST_ERR_TOO_LONG);
    is.resumed = true;
    assert_true(voice_write_established(text, sizeof text, &is) > 0);
    assert_int_equal(parse(text), 0);
    assert_true(down.resumed);

    len = voice_write_start_ack(text, sizeof text, ID, WHEN);
    assert_string_equal(text, "{\"type\":\"system\",\"data\":{\"type\":\"audio_start_ack\","
                              "\"audio_session_id\":\"" ID "\",\"status\":\"ready\"},"
                              "\"timestamp\":\"" TIME "\"}");
    check_cuts(text, len);
    assert_int_equal(down.type, VOICE_DOWN_START_ACK);
    assert_string_equal(down.audio_session_id, ID);

    len = voice_write_audio_ack(text, sizeof text, &ack);
    assert_string_equal(text, "{\"type\":\"system\",\"data\":{\"type\":\"audio_ack\","
                              "\"chunk_id\":\"7\",\"bytes\":4096,\"final\":true,"
                              "\"audio_session_id\":\"" ID "\"},\"timestamp\":\"" TIME "\"}");
    check_cuts(text, len);
    assert_int_equal(down.type, VOICE_DOWN_AUDIO_ACK);
    assert_true(down.chunk_id == 7 && down.is_final);
    static const struct {
        const char *id;
        uint64_t number;
    } ids[] = {{"8", 8}, {"\"c-1\"", 0}, {"", 0}, {"1.5", 0}, {"18446744073709551615", UINT64_MAX}};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        ack.chunk_id = ids[i].id;
        assert_true(voice_write_audio_ack(text, sizeof text, &ack) > 0);
        assert_int_equal(parse(text), 0);
        assert_true(down.chunk_id == ids[i].number);
    }

    len = voice_write_heartbeat_response(text, sizeof text, "active", WHEN);
    assert_string_equal(text, "{\"type\":\"system\",\"data\":{\"type\":\"heartbeat_response\","
                              "\"timestamp\":\"" TIME "\",\"session_status\":\"active\"},"
                              "\"timestamp\":\"" TIME "\"}");
    check_cuts(text, len);
    assert_int_equal(down.type, VOICE_DOWN_HEARTBEAT);
}

static void replies(void **state)
{
    static const uint8_t sound[4] = {1, 2, 3, 4};
    struct voice_reply reply = {.sound = sound,
                                .sound_len = sizeof sound,
                                .text = "Hi \"you\"",
                                .format = VOICE_MP3,
                                .sample_rate_hz = VOICE_MP3_RATE_HZ,
                                .is_final = true,
                                .when = WHEN};

    (void)state;
    int len = voice_write_audio_response(text, sizeof text, &reply);
    assert_string_equal(text,
                        "{\"type\":\"audio_response\",\"audio_data\":\"AQIDBA==\","
                        "\"text\":\"Hi \\\"you\\\"\",\"format\":\"mp3\",\"sample_rate\":22050,"
                        "\"audio_rate\":22050,\"timestamp\":\"" TIME "\"}");
    check_cuts(text, len);
    assert_int_equal(down.type, VOICE_DOWN_AUDIO_RESPONSE);
    assert_int_equal(down.format, VOICE_MP3);
    assert_int_equal(down.sample_rate_hz, 22050);
    assert_true(down.seq == 0 && down.is_final && down.audio_len == 8);
    for (int size = 0; size <= len; size++)
        assert_int_equal(voice_write_audio_response(text, (size_t)size, &reply),
                         ROOST_ERR_TOO_LONG);
    assert_int_equal(voice_write_audio_response(text, (size_t)len + 1, &reply), len);

    reply.format = VOICE_PCM;
    reply.sample_rate_hz = 16000;
    reply.seq = 3;
    reply.is_final = false;
    assert_true(voice_write_audio_response(text, sizeof text, &reply) > 0);
    assert_non_null(strstr(text, "\"audio_rate\":16000,\"seq\":3,\"is_final\":false,"));
    assert_int_equal(parse(text), 0);
    assert_true(down.format == VOICE_PCM && down.seq == 3 && !down.is_final);

    /* The worst of texts still fits what is asked for. */
    static char worst[VOICE_TEXT_MAX + 1];
    static uint8_t piece[VOICE_PIECE_BYTES];
    memset(worst, '\x1f', VOICE_TEXT_MAX);
    reply = (struct voice_reply){.sound = piece,
                                 .sound_len = sizeof piece,
                                 .text = worst,
                                 .format = VOICE_PCM,
                                 .sample_rate_hz = UINT32_MAX,
                                 .seq = UINT64_MAX,
                                 .when = WHEN};
    size_t room = voice_audio_response_max(sizeof piece, VOICE_TEXT_MAX);
    assert_true(room <= sizeof text);
    assert_true(voice_write_audio_response(text, room, &reply) > 0);
    /* A streamed piece with a sentence of usual length is one message. */
    reply.text = "What a lovely question. Let us look at the stars together tonight!";
    len = voice_write_audio_response(text, sizeof text, &reply);
    assert_true(len > 0 && len <= VOICE_FRAME_MAX);
}

static void the_rest(void **state)
{
    (void)state;
    int len = voice_write_text_response(text, sizeof text, "Hi", WHEN);
    assert_string_equal(text,
                        "{\"type\":\"text_response\",\"text\":\"Hi\",\"timestamp\":\"" TIME "\"}");
    check_cuts(text, len);
    assert_int_equal(down.type, VOICE_DOWN_TEXT_RESPONSE);

    len = voice_write_error(text, sizeof text, VOICE_ERROR_QUIET_HOURS, "It is late.", WHEN);
    assert_string_equal(text, "{\"type\":\"error\",\"error_code\":\"quiet_hours\","
                              "\"error_message\":\"It is late.\",\"timestamp\":\"" TIME "\"}");
    check_cuts(text, len);
    assert_int_equal(down.type, VOICE_DOWN_ERROR);
    assert_int_equal(down.error, VOICE_ERROR_QUIET_HOURS);

    len = voice_write_down_abort(text, sizeof text, WHEN);
    assert_string_equal(text, "{\"type\":\"abort\",\"timestamp\":\"" TIME "\"}");
    check_cuts(text, len);
    assert_int_equal(down.type, VOICE_DOWN_ABORT);

    len = voice_write_command(text, sizeof text, "wifi_scan", NULL, NULL, 0, WHEN);
    assert_string_equal(text, "{\"command\":\"wifi_scan\",\"timestamp\":\"" TIME "\"}");
    check_cuts(text, len);
    assert_int_equal(down.type, VOICE_DOWN_COMMAND);
    assert_string_equal(down.command, "wifi_scan");
    assert_false(down.has_id);
    assert_true(voice_write_command(text, sizeof text, "set", "7f", "{\"volume\":50}", 13, WHEN) >
                0);
    assert_string_equal(text, "{\"command\":\"set\",\"id\":\"7f\",\"args\":{\"volume\":50},"
                              "\"timestamp\":\"" TIME "\"}");
    assert_int_equal(parse(text), 0);
    assert_true(down.has_id);
}

static void lenient(void **state)
{
    (void)state;
    /* As servers of others write them. */
    assert_int_equal(parse("{\"type\":\"audio_response\",\"audio_data\":\"AA==\"}"), 0);
    assert_true(down.format == VOICE_MP3 && down.sample_rate_hz == 22050 && down.is_final);
    assert_int_equal(parse("{\"type\":\"audio_response\",\"audio_data\":\"\",\"format\":"
                           "\"pcm_s16le\"}"),
                     0);
    assert_int_equal(down.sample_rate_hz, 16000);
    assert_int_equal(parse("{\"audio_rate\":8000,\"type\":\"audio_response\",\"audio_data\":\"\"}"),
                     0);
    assert_int_equal(down.sample_rate_hz, 8000);
    assert_int_equal(parse("{\"type\":\"audio_response\",\"audio_data\":\"\",\"format\":\"flac\"}"),
                     0);
    assert_int_equal(down.format, VOICE_FORMAT_COUNT);
    assert_int_equal(parse("{\"type\":\"error\",\"error_code\":\"out_of_cheese\"}"), 0);
    assert_int_equal(down.error, VOICE_ERROR_COUNT);
    assert_int_equal(parse("{\"type\":\"error\",\"error_code\":"
                           "\"a code that is longer than any that there is\"}"),
                     0);
    assert_int_equal(down.error, VOICE_ERROR_COUNT);
    /* Unknown ones are no errors. */
    assert_int_equal(parse("{\"type\":\"dance\"}"), 0);
    assert_int_equal(down.type, VOICE_DOWN_NONE);
    assert_int_equal(parse("{\"type\":\"a type that is longer than any that there is\"}"), 0);
    assert_int_equal(parse("{\"type\":\"system\",\"data\":{\"type\":\"dance\"}}"), 0);
    assert_int_equal(down.type, VOICE_DOWN_NONE);
}

static void refused(void **state)
{
    static const struct {
        const char *message;
        int err;
    } bad[] = {
        {"", ROOST_ERR_TRUNCATED},
        {"7", ROOST_ERR_INVALID},
        {"{}", ROOST_ERR_NOT_FOUND},
        {"{\"type\":7}", ROOST_ERR_INVALID},
        {"{\"command\":7}", ROOST_ERR_INVALID},
        {"{\"command\":\"a name that is too long for one\"}", ROOST_ERR_TOO_LONG},
        {"{\"type\":\"system\"}", ROOST_ERR_NOT_FOUND},
        {"{\"type\":\"system\",\"data\":7}", ROOST_ERR_NOT_FOUND},
        {"{\"type\":\"system\",\"data\":{\"type\":1}}", ROOST_ERR_INVALID},
        {"{\"type\":\"system\",\"data\":{\"type\":\"connection_established\"}}",
         ROOST_ERR_NOT_FOUND},
        {"{\"type\":\"system\",\"data\":{\"type\":\"connection_established\",\"session_id\":\"" ID
         "0\"}}",
         ROOST_ERR_TOO_LONG},
        {"{\"type\":\"system\",\"data\":{\"type\":\"audio_start_ack\"}}", ROOST_ERR_NOT_FOUND},
        {"{\"type\":\"system\",\"data\":{\"type\":\"audio_ack\",\"chunk_id\":1}}",
         ROOST_ERR_NOT_FOUND},
        {"{\"type\":\"audio_response\"}", ROOST_ERR_NOT_FOUND},
        {"{\"type\":\"audio_response\",\"audio_data\":null}", ROOST_ERR_INVALID},
        {"{\"type\":\"audio_response\",\"audio_data\":\"\",\"is_final\":1}", ROOST_ERR_INVALID},
        {"{\"type\":\"audio_response\",\"audio_data\":\"\",\"seq\":-1}", ROOST_ERR_RANGE},
        {"{\"type\":\"audio_response\",\"audio_data\":\"\",\"sample_rate\":4294967296}",
         ROOST_ERR_RANGE},
        {"{\"type\":\"audio_response\",\"audio_data\":\"\",\"sample_rate\":\"x\"}",
         ROOST_ERR_INVALID},
        {"{\"type\":\"text_response\"}", ROOST_ERR_NOT_FOUND},
        {"{\"type\":\"text_response\",\"text\":[]}", ROOST_ERR_INVALID},
        {"{\"type\":\"error\"}", ROOST_ERR_NOT_FOUND},
        {"{\"type\":\"error\",\"error_code\":7}", ROOST_ERR_INVALID},
        {"{\"type\":\"abort\",\"a\":[1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,"
         "2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0]}",
         ROOST_ERR_TOO_LONG},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(parse(bad[i].message), bad[i].err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(system_messages), cmocka_unit_test(replies), cmocka_unit_test(the_rest),
        cmocka_unit_test(lenient),         cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
