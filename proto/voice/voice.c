/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/voice/voice.h"

#include <string.h>

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
