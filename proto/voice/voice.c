/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/voice/voice.h"

#include <string.h>

#include "core/hex.h"

static const char *const error_names[VOICE_ERROR_COUNT] = {
#define X(name, text) [VOICE_ERROR_##name] = (text),
    VOICE_ERROR_LIST(X)
#undef X
};

static const char *const format_names[VOICE_FORMAT_COUNT] = {
    [VOICE_MP3] = "mp3", [VOICE_PCM] = "pcm_s16le", [VOICE_OPUS] = "opus"};

/* The name's number, or `count`. */
static unsigned find(const char *const *names, unsigned count, const char *name)
{
    unsigned i = 0;

    while (i < count && strcmp(names[i], name) != 0)
        i++;
    return i;
}

const char *voice_error_name(enum voice_error error)
{
    return (unsigned)error < VOICE_ERROR_COUNT ? error_names[error] : NULL;
}

enum voice_error voice_error_find(const char *name)
{
    return (enum voice_error)find(error_names, VOICE_ERROR_COUNT, name);
}

const char *voice_format_name(enum voice_format format)
{
    return (unsigned)format < VOICE_FORMAT_COUNT ? format_names[format] : NULL;
}

enum voice_format voice_format_find(const char *name)
{
    return (enum voice_format)find(format_names, VOICE_FORMAT_COUNT, name);
}

/* ---- uuid ---- */

static bool is_dash(size_t at)
{
    return at == 8 || at == 13 || at == 18 || at == 23;
}

bool voice_uuid_check(const char *text)
{
    for (size_t at = 0; at < VOICE_UUID_CHARS; at++)
        if (is_dash(at) ? text[at] != '-' : roost_hex_digit(text[at]) < 0)
            return false; /* a NUL is neither */
    return text[VOICE_UUID_CHARS] == '\0';
}

void voice_uuid_write(char out[VOICE_UUID_CHARS + 1], const uint8_t random[16])
{
    uint8_t bytes[16];
    char digits[2 * sizeof bytes + 1], *digit = digits;

    memcpy(bytes, random, sizeof bytes);
    bytes[6] = (uint8_t)((bytes[6] & 0x0F) | 0x40); /* version 4, RFC 9562 section 5.4 */
    bytes[8] = (uint8_t)((bytes[8] & 0x3F) | 0x80);
    roost_hex_write(digits, bytes, sizeof bytes);
    for (size_t at = 0; at < VOICE_UUID_CHARS; at++)
        out[at] = is_dash(at) ? '-' : *digit++;
    out[VOICE_UUID_CHARS] = '\0';
}
