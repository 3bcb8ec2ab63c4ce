/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/voice/voice.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

#include "core/err.h"
#include "hub/settings.h"
#include "hub/voice/voice_internal.h"

const char *const voice_verdict_names[GATE_VERDICTS] = {"allow", "block", "care"};
const char *const voice_category_names[GATE_CATEGORIES] = {
#define X(name, text) [GATE_##name] = (text),
    GATE_CATEGORY_LIST(X)
#undef X
};

static int run_hmac(void *ctx, const void *key, size_t key_len, const void *data, size_t len,
                    uint8_t out[VOICE_KEY_BYTES])
{
    (void)ctx;
    return HMAC(EVP_sha256(), key, (int)key_len, data, len, out, NULL) ? 0 : ROOST_ERR_CRYPTO;
}

static void read_config(struct voice *voice, const struct settings *s)
{
    enum { MINUTE_MS = 60 * 1000, SESSIONS = 100, MINUTES = 30, TALK_MINUTES = 30 };

    voice->config = (struct voice_config){
        .secret = s->esp32_secret ? s->esp32_secret : "",
        .sessions_max = s->esp32_sessions_max ? s->esp32_sessions_max : SESSIONS,
        .idle_ms = (uint64_t)(s->esp32_session_min ? s->esp32_session_min : MINUTES) * MINUTE_MS,
        .talk_ms = (uint64_t)(s->voice_talk_min ? s->voice_talk_min : TALK_MINUTES) * MINUTE_MS,
        .rate_per_s = s->voice_rate_per_s,
        .signature = (enum voice_signature)s->voice_signature,
    };
    voice->config.secret_len = strlen(voice->config.secret);
}

/* Without providers, guard and book it serves nobody: there is no stand-in for any of them. */
static const struct voice_parts *find_parts(const struct hub_parts *parts)
{
    const struct voice_parts *with = hub_extra_find(parts, VOICE_EXTRA);

    return with && with->providers && with->guard && with->book ? with : NULL;
}

static int voice_open(void **out, const struct hub_parts *parts)
{
    struct voice *voice = calloc(1, sizeof *voice);
    uint64_t seed;

    if (!voice)
        return ROOST_ERR_NO_MEMORY;
    voice->parts = *parts;
    voice->with = find_parts(parts);
    voice->hmac = (struct voice_hmac){.run = run_hmac};
    voice->sound = malloc(VOICE_SOUND_MEMORY);
    voice->out = malloc(VOICE_FRAME_MAX + 1);
    if (!voice->sound || !voice->out) {
        free(voice->sound);
        free(voice->out);
        free(voice);
        return ROOST_ERR_NO_MEMORY;
    }
    parts->clock->ops->random(parts->clock->ctx, &seed, sizeof seed);
    id_table_init(&voice->sittings, seed);
    read_config(voice, parts->settings);
    voice_register(voice);
    voice_watch_book(voice);
    *out = voice;
    return 0;
}

/* The sockets are gone by now, with or without a word: nothing is said to anybody. */
static void voice_close(void *service)
{
    struct voice *voice = service;

    while (voice->sessions) {
        struct voice_session *session = voice->sessions;
        if (session->link) {
            voice_link_forget(session->link);
            session->link = NULL;
            voice->waiting++;
        }
        voice_session_end(session, VOICE_END_STOPPED, 0, "the hub stops");
    }
    voice_questions_free(voice);
    voice_links_free(voice);
    voice_sittings_free(voice);
    alarms_deinit(&voice->alarms);
    free(voice->sound);
    free(voice->out);
    free(voice);
}

static const struct hub_peer_events events = {.admit = voice_admit,
                                              .message = voice_message,
                                              .writable = voice_writable,
                                              .closed = voice_closed};

enum { PING_MS = 20000 };

/* Any origin: the token is no credential that a browser keeps. */
#define ROUTE(at)                                                                                  \
    {                                                                                              \
        .path = (at), .message_max = VOICE_MESSAGE_MAX, .send_max = VOICE_SEND_MAX,                \
        .ping_interval_ms = PING_MS, .any_origin = true, .events = &events                         \
    }
static const struct hub_socket_route sockets[] = {ROUTE(VOICE_PATH), ROUTE(VOICE_PATH_ALIAS)};

const struct hub_service voice_service = {
    .name = "voice",
    .type = VOICE_TYPE,
    .open = voice_open,
    .close = voice_close,
    .routes = voice_routes,
    .route_count = VOICE_ROUTES,
    .sockets = sockets,
    .socket_count = sizeof sockets / sizeof sockets[0],
    .tick = voice_tick,
    .describe = voice_describe,
    .refuses = voice_refuses,
    .carry = voice_carry,
    .forget = voice_forget,
};
