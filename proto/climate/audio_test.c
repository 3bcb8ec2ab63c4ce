/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base64.h"
#include "core/bytes.h"
#include "core/err.h"
#include "proto/climate/audio.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct roost_audio audio;

static int parse(const char *text)
{
    memset(&audio, 0xA5, sizeof audio);
    return roost_audio_parse(&audio, text, strlen(text));
}

/* ---- the payload ---- */

static void payloads(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"data\":\"AAAA\",\"sample_rate\":16000,\"duration\":2.0}"), 0);
    assert_int_equal(audio.base64_len, 4);
    assert_memory_equal(audio.base64, "AAAA", 4);
    assert_int_equal(audio.sample_rate_hz, 16000);
    assert_true(audio.duration_s == 2.0);
    assert_true(audio.unix_ms == 0 && audio.seq == 0);

    assert_int_equal(parse("{\"format\":\"wav\",\"seq\":9,\"duration\":30,\"sample_rate\":48000.0,"
                           "\"ts\":1795248000250,\"meta\":{\"gain\":[1,2]},\"data\":\"AAA=\"}"),
                     0);
    assert_int_equal(audio.sample_rate_hz, 48000);
    assert_true(audio.duration_s == 30.0);
    assert_true(audio.unix_ms == 1795248000250 && audio.seq == 9);
}

static void slashes_may_be_escaped(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0xFF, 0xFF, 0xFF, 0x3F, 0xF0};
    uint8_t out[16];
    static const char *const texts[] = {
        "{\"data\":\"////P/A=\",\"sample_rate\":16000,\"duration\":2}",
        "{\"data\":\"\\/\\/\\/\\/P\\/A=\",\"sample_rate\":16000,\"duration\":2}",
        "{\"data\":\"//\\u002f/P/A=\",\"sample_rate\":16000,\"duration\":2}",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        assert_int_equal(parse(texts[i]), 0);
        memset(out, 0, sizeof out);
        assert_int_equal(roost_audio_decode(&audio, out, sizeof out), (int)sizeof bytes);
        assert_memory_equal(out, bytes, sizeof bytes);
    }
    assert_int_equal(roost_audio_decode(&audio, out, 4), ROOST_ERR_TOO_LONG);
    assert_int_equal(parse("{\"data\":\"AA\\nAA\",\"sample_rate\":16000,\"duration\":2}"), 0);
    assert_int_equal(roost_audio_decode(&audio, out, sizeof out), ROOST_ERR_INVALID);
    assert_int_equal(parse("{\"data\":\"AA\\u0000\",\"sample_rate\":16000,\"duration\":2}"), 0);
    assert_int_equal(roost_audio_decode(&audio, out, sizeof out), ROOST_ERR_INVALID);
}

static void bad_payloads(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int err;
    } table[] = {
        {"{\"sample_rate\":16000,\"duration\":2.0}", ROOST_ERR_NOT_FOUND},
        {"{\"data\":\"AAAA\",\"duration\":2.0}", ROOST_ERR_NOT_FOUND},
        {"{\"data\":\"AAAA\",\"sample_rate\":16000}", ROOST_ERR_NOT_FOUND},
        {"{\"data\":\"\",\"sample_rate\":16000,\"duration\":2.0}", ROOST_ERR_INVALID},
        {"{\"data\":null,\"sample_rate\":16000,\"duration\":2.0}", ROOST_ERR_INVALID},
        {"{\"data\":[0,0],\"sample_rate\":16000,\"duration\":2.0}", ROOST_ERR_INVALID},
        {"{\"data\":1234,\"sample_rate\":16000,\"duration\":2.0}", ROOST_ERR_INVALID},
        {"{\"data\":\"AAAA\",\"sample_rate\":\"16000\",\"duration\":2.0}", ROOST_ERR_INVALID},
        {"{\"data\":\"AAAA\",\"sample_rate\":7999,\"duration\":2.0}", ROOST_ERR_RANGE},
        {"{\"data\":\"AAAA\",\"sample_rate\":48001,\"duration\":2.0}", ROOST_ERR_RANGE},
        {"{\"data\":\"AAAA\",\"sample_rate\":-16000,\"duration\":2.0}", ROOST_ERR_RANGE},
        {"{\"data\":\"AAAA\",\"sample_rate\":16000.5,\"duration\":2.0}", ROOST_ERR_RANGE},
        {"{\"data\":\"AAAA\",\"sample_rate\":1e308,\"duration\":2.0}", ROOST_ERR_RANGE},
        {"{\"data\":\"AAAA\",\"sample_rate\":16000,\"duration\":0}", ROOST_ERR_RANGE},
        {"{\"data\":\"AAAA\",\"sample_rate\":16000,\"duration\":-2}", ROOST_ERR_RANGE},
        {"{\"data\":\"AAAA\",\"sample_rate\":16000,\"duration\":30.1}", ROOST_ERR_RANGE},
        {"{\"data\":\"AAAA\",\"sample_rate\":16000,\"duration\":\"2\"}", ROOST_ERR_INVALID},
        {"{\"data\":\"AAAA\",\"sample_rate\":16000,\"duration\":NaN}", ROOST_ERR_INVALID},
        {"[\"AAAA\",16000,2.0]", ROOST_ERR_INVALID},
        {"AAAA", ROOST_ERR_INVALID},
        {"25.5", ROOST_ERR_INVALID},
    };
    for (size_t i = 0; i < COUNT(table); i++)
        assert_int_equal(parse(table[i].text), table[i].err);
    static const char text[] = "{\"data\":\"AAAA\",\"sample_rate\":16000,\"duration\":2.0}";
    for (size_t cut = 0; cut < strlen(text); cut++)
        assert_true(roost_audio_parse(&audio, text, cut) < 0);
    /* Refused by its length alone: nothing of it is read. */
    assert_int_equal(roost_audio_parse(&audio, text, ROOST_AUDIO_PAYLOAD_MAX + 1),
                     ROOST_ERR_TOO_LONG);
}

static void writing_in_place(void **state)
{
    (void)state;
    char out[128];
    const uint8_t pcm[4] = {1, 2, 3, 4};
    int len = roost_audio_write_head(out, sizeof out, 16000, 2000, 1795248000250, 7);
    static const char head[] = "{\"sample_rate\":16000,\"duration\":2.0,\"ts\":1795248000250,"
                               "\"seq\":7,\"data\":\"";
    assert_int_equal(len, strlen(head));
    assert_string_equal(out, head);
    len += (int)roost_base64_encode(out + len, pcm, sizeof pcm);
    memcpy(out + len, ROOST_AUDIO_TRAILER, sizeof ROOST_AUDIO_TRAILER);
    assert_int_equal(parse(out), 0);
    assert_int_equal(audio.base64_len, 8);
    assert_int_equal(audio.sample_rate_hz, 16000);
    assert_true(audio.duration_s == 2.0);
    assert_true(audio.unix_ms == 1795248000250 && audio.seq == 7);

    static const char bare[] = "{\"sample_rate\":8000,\"duration\":0.25,\"data\":\"";
    assert_int_equal(roost_audio_write_head(out, sizeof out, 8000, 250, 0, 0), strlen(bare));
    assert_string_equal(out, bare);
    for (size_t size = 0; size <= strlen(bare) + 2; size++)
        assert_int_equal(roost_audio_write_head(out, size, 8000, 250, 0, 0), ROOST_ERR_TOO_LONG);
    assert_int_equal(roost_audio_write_head(out, strlen(bare) + 3, 8000, 250, 0, 0), strlen(bare));
}

/* ---- WAV ---- */

static uint8_t wav[256];
static size_t wav_len;

static void put(const void *bytes, size_t len)
{
    memcpy(wav + wav_len, bytes, len);
    wav_len += len;
}

static void put_number(uint32_t value, size_t len)
{
    roost_le_put(wav + wav_len, value, len);
    wav_len += len;
}

static void begin(void)
{
    wav_len = 0;
    put("RIFF\0\0\0\0WAVE", 12);
}

static void end(void)
{
    roost_le_put(wav + 4, (uint32_t)wav_len - 8, 4);
}

static void put_format(uint32_t tag, uint32_t channels, uint32_t rate_hz, uint32_t bits)
{
    put("fmt ", 4);
    put_number(16, 4);
    put_number(tag, 2);
    put_number(channels, 2);
    put_number(rate_hz, 4);
    put_number(rate_hz * channels * bits / 8, 4);
    put_number(channels * bits / 8, 2);
    put_number(bits, 2);
}

static void put_chunk(const char *id, const void *bytes, size_t len)
{
    put(id, 4);
    put_number((uint32_t)len, 4);
    put(bytes, len);
    if (len % 2 == 1)
        put_number(0, 1);
}

static const uint8_t samples[8] = {1, 0, 2, 0, 3, 0, 4, 0};
static const uint8_t *pcm;
static size_t pcm_len;
static bool is_wav;

static void put_usual(void)
{
    begin();
    put_format(1, 1, 16000, 16);
    put_chunk("data", samples, sizeof samples);
    end();
}

static int find(void)
{
    return roost_audio_pcm(wav, wav_len, 16000, &pcm, &pcm_len, &is_wav);
}

static void assert_found(void)
{
    assert_int_equal(find(), 0);
    assert_true(is_wav);
    assert_int_equal(pcm_len, sizeof samples);
    assert_memory_equal(pcm, samples, sizeof samples);
}

static void bare_pcm(void **state)
{
    (void)state;
    assert_int_equal(roost_audio_pcm(samples, 8, 16000, &pcm, &pcm_len, &is_wav), 0);
    assert_false(is_wav);
    assert_true(pcm == samples);
    assert_int_equal(pcm_len, 8);
    assert_int_equal(roost_audio_pcm(samples, 7, 16000, &pcm, &pcm_len, &is_wav),
                     ROOST_ERR_TRUNCATED);
    assert_int_equal(roost_audio_pcm(samples, 0, 16000, &pcm, &pcm_len, &is_wav),
                     ROOST_ERR_TRUNCATED);
}

static void wav_of_any_chunk_order(void **state)
{
    (void)state;
    put_usual();
    assert_int_equal(wav_len, 52);
    assert_found();

    begin();
    put_chunk("LIST", "INFOISFT\x05\0\0\0Lavf\0", 17); /* odd, so padded */
    put_chunk("data", samples, sizeof samples);
    put_chunk("junk", "", 0);
    put_format(1, 1, 16000, 16);
    end();
    assert_found();

    put_usual();
    put("tag", 3); /* behind the file: not part of it */
    assert_found();

    begin();
    put_format(1, 1, 16000, 16);
    put_chunk("data", samples, sizeof samples);
    put_chunk("LIST", "x", 1);
    wav_len--; /* the last pad byte left out */
    end();
    assert_found();
}

static void extensible_wav(void **state)
{
    (void)state;
    static const uint8_t guid[16] = {1,    0, 0,    0,    0, 0,    0x10, 0,
                                     0x80, 0, 0x00, 0xAA, 0, 0x38, 0x9B, 0x71};
    begin();
    put_format(0xFFFE, 1, 16000, 16);
    roost_le_put(wav + 16, 40, 4);
    put_number(22, 2);
    put_number(16, 2);
    put_number(4, 4);
    put(guid, sizeof guid);
    put_chunk("data", samples, sizeof samples);
    end();
    assert_found();
    wav[44] = 3; /* sub-format float */
    assert_int_equal(find(), ROOST_ERR_INVALID);
    wav[44] = 1;
    wav[38] = 12; /* valid bits */
    assert_int_equal(find(), ROOST_ERR_RANGE);
    begin();
    put_format(0xFFFE, 1, 16000, 16);
    put_chunk("data", samples, sizeof samples);
    end();
    assert_int_equal(find(), ROOST_ERR_INVALID);
}

static void headers_written_before_the_sound(void **state)
{
    (void)state;
    static const struct {
        uint32_t riff, data;
    } table[] = {{0, 0},  {0xFFFFFFFF, 0xFFFFFFFF}, {0xFFFFFFFF, 0}, {0, 0xFFFFFFFF},
                 {36, 0}, {44, 0xFFFFFFFF},         {0, 8},          {0xFFFFFFFF, 8}};
    for (size_t i = 0; i < COUNT(table); i++) {
        put_usual();
        roost_le_put(wav + 4, table[i].riff, 4);
        roost_le_put(wav + 40, table[i].data, 4);
        assert_found();
    }
    put_usual();
    roost_le_put(wav + 4, 0, 4);
    roost_le_put(wav + 40, 0, 4);
    wav_len--;
    assert_int_equal(find(), ROOST_ERR_TRUNCATED);
}

static void wrong_formats(void **state)
{
    (void)state;
    static const struct {
        uint32_t tag, channels, rate_hz, bits;
        int err;
    } table[] = {{1, 2, 16000, 16, ROOST_ERR_RANGE},   {1, 1, 16000, 8, ROOST_ERR_RANGE},
                 {1, 1, 16000, 24, ROOST_ERR_RANGE},   {1, 1, 44100, 16, ROOST_ERR_RANGE},
                 {1, 0, 16000, 16, ROOST_ERR_RANGE},   {3, 1, 16000, 32, ROOST_ERR_INVALID},
                 {6, 1, 16000, 8, ROOST_ERR_INVALID},  {0, 1, 16000, 16, ROOST_ERR_INVALID},
                 {17, 1, 16000, 16, ROOST_ERR_INVALID}};
    for (size_t i = 0; i < COUNT(table); i++) {
        begin();
        put_format(table[i].tag, table[i].channels, table[i].rate_hz, table[i].bits);
        put_chunk("data", samples, sizeof samples);
        end();
        assert_int_equal(find(), table[i].err);
    }
}

static void lies(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint8_t value;
        int err;
    } table[] = {
        {4, 45, ROOST_ERR_TRUNCATED}, /* RIFF longer than what is there */
        {4, 43, ROOST_ERR_TRUNCATED}, /* data longer than its RIFF */
        {4, 36, ROOST_ERR_TRUNCATED}, /* a header alone that says there is data */
        {4, 2, ROOST_ERR_INVALID},    /* RIFF shorter than its own header */
        {8, 'w', ROOST_ERR_INVALID},  /* not WAVE */
        {12, 'F', ROOST_ERR_INVALID}, /* no fmt */
        {16, 14, ROOST_ERR_INVALID},  /* fmt too short */
        {16, 255, ROOST_ERR_TRUNCATED}, {28, 1, ROOST_ERR_INVALID}, /* bytes a second */
        {32, 4, ROOST_ERR_INVALID},                                 /* block size */
        {36, 'D', ROOST_ERR_INVALID},                               /* no data */
        {40, 9, ROOST_ERR_TRUNCATED}, /* data longer than what is there */
        {40, 7, ROOST_ERR_TRUNCATED}, /* half a sample */
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        put_usual();
        wav[table[i].at] = table[i].value;
        assert_int_equal(find(), table[i].err);
    }
    put_usual();
    for (size_t full = wav_len; wav_len > 4; wav_len--) {
        if (wav_len < full)
            assert_true(find() < 0);
    }
    begin();
    put_format(1, 1, 16000, 16);
    put_format(1, 1, 16000, 16);
    put_chunk("data", samples, sizeof samples);
    end();
    assert_int_equal(find(), ROOST_ERR_INVALID);
    begin();
    put_format(1, 1, 16000, 16);
    put_chunk("data", samples, sizeof samples);
    put_chunk("data", samples, sizeof samples);
    end();
    assert_int_equal(find(), ROOST_ERR_INVALID);
    begin();
    put_format(1, 1, 16000, 16);
    put_chunk("data", samples, 0);
    end();
    assert_int_equal(find(), ROOST_ERR_TRUNCATED);
    roost_le_put(wav + 40, 0xFFFFFFF0, 4); /* near the end of 32 bits */
    assert_int_equal(find(), ROOST_ERR_TRUNCATED);
}

/* ---- what the samples say ---- */

static void duration(void **state)
{
    (void)state;
    struct roost_audio a = {.sample_rate_hz = 16000, .duration_s = 2.0};
    assert_int_equal(roost_audio_duration_check(&a, 64000), 0);
    a.duration_s = 2.4;
    assert_int_equal(roost_audio_duration_check(&a, 64000), 0);
    a.duration_s = 2.46;
    assert_int_equal(roost_audio_duration_check(&a, 64000), ROOST_ERR_RANGE);
    a.duration_s = 1.56;
    assert_int_equal(roost_audio_duration_check(&a, 64000), 0);
    a.duration_s = 1.54;
    assert_int_equal(roost_audio_duration_check(&a, 64000), ROOST_ERR_RANGE);
    a.duration_s = 0.05; /* a few samples may be rounded up */
    assert_int_equal(roost_audio_duration_check(&a, 2), 0);
    a.duration_s = 30.0;
    assert_int_equal(roost_audio_duration_check(&a, 64000), ROOST_ERR_RANGE);
}

static bool near(double a, double b)
{
    return a - b < 0.001 && b - a < 0.001;
}

static void sound_level(void **state)
{
    (void)state;
    static uint8_t bytes[2000];
    assert_true(roost_sound_level_dbfs(bytes, 0) == -96.0);
    assert_true(roost_sound_level_dbfs(bytes, sizeof bytes) == -96.0);
    for (size_t i = 1; i < sizeof bytes; i += 2)
        bytes[i] = 0x80; /* -32768: the loudest there is */
    assert_true(near(roost_sound_level_dbfs(bytes, sizeof bytes), 0.0));
    for (size_t i = 1; i < sizeof bytes; i += 2)
        bytes[i] = 0x40; /* 16384 */
    assert_true(near(roost_sound_level_dbfs(bytes, sizeof bytes), -6.0206));
    for (size_t i = 1; i < sizeof bytes; i += 4)
        bytes[i] = 0; /* every second sample silent: 3 dB less */
    assert_true(near(roost_sound_level_dbfs(bytes, sizeof bytes), -9.0309));
    memset(bytes, 0, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i += 2)
        bytes[i] = 1; /* the smallest steady signal */
    assert_true(near(roost_sound_level_dbfs(bytes, sizeof bytes), -90.309));
    memset(bytes, 0, sizeof bytes);
    bytes[0] = 1; /* one sample of a thousand: below the floor */
    assert_true(roost_sound_level_dbfs(bytes, sizeof bytes) == -96.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(payloads),       cmocka_unit_test(slashes_may_be_escaped),
        cmocka_unit_test(bad_payloads),   cmocka_unit_test(writing_in_place),
        cmocka_unit_test(bare_pcm),       cmocka_unit_test(wav_of_any_chunk_order),
        cmocka_unit_test(extensible_wav), cmocka_unit_test(headers_written_before_the_sound),
        cmocka_unit_test(wrong_formats),  cmocka_unit_test(lies),
        cmocka_unit_test(duration),       cmocka_unit_test(sound_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
