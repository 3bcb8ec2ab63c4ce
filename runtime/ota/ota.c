/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/ota/ota.h"

#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "runtime/ota/ota_parts.h"
#include "core/timer.h"

enum {
    DAY_MS = 24 * 60 * 60 * 1000,
    FIRST_MS = 2 * 60 * 1000, /* a fleet that got its power back asks in turn, but soon */
    BACKOFF_BASE_MS = 5000,
    BACKOFF_CAP_MS = 30 * 60 * 1000
};

static const char *const state_names[ROOST_OTA_STATE_COUNT] = {
#define X(name, text) [ROOST_OTA_##name] = (text),
    ROOST_OTA_STATE_LIST(X)
#undef X
};

/* What a step does; NULL: it is the owner's turn. */
static void (*const steps[ROOST_OTA_STATE_COUNT])(struct roost_ota *ota) = {
    [ROOST_OTA_IDLE] = ota_idle,    [ROOST_OTA_ASKING] = ota_ask,
    [ROOST_OTA_LOADING] = ota_load, [ROOST_OTA_VERIFYING] = ota_verify,
    [ROOST_OTA_READY] = NULL,       [ROOST_OTA_TRIAL] = NULL,
};

/* ---- what a transition does besides moving ---- */

static uint32_t draw(struct roost_ota *ota)
{
    uint32_t random;
    ota->port->random.ops->fill(ota->port->random.ctx, &random, sizeof random);
    return random;
}

static uint32_t interval_ms(const struct roost_ota *ota)
{
    return ota->config->interval_ms ? ota->config->interval_ms : DAY_MS;
}

static void rest(struct roost_ota *ota)
{
    ota->url = NULL;
    roost_backoff_reset(&ota->backoff);
    ota->due_ms = ota->config->url ? ota->now_ms + interval_ms(ota) : ROOST_NEVER;
}

void ota_back_off(struct roost_ota *ota)
{
    if (ota_url(ota))
        ota->due_ms = ota->now_ms + roost_backoff_next(&ota->backoff, draw(ota));
}

static void begin_load(struct roost_ota *ota)
{
    ota->erased = false;
}

static void begin_verify(struct roost_ota *ota)
{
    ota->verified_bytes = 0;
}

static void begin_trial(struct roost_ota *ota)
{
    ota->due_ms = ota->now_ms + ota_trial_ms(ota);
}

static const struct {
    const char *name;
    void (*effect)(struct roost_ota *ota); /* NULL: it only moves */
} events[OTA_EVENT_COUNT] = {
    [OTA_CHECK] = {"check is due", NULL},          [OTA_WANTED] = {"image wanted", begin_load},
    [OTA_LOADED] = {"image loaded", begin_verify}, [OTA_VERIFIED] = {"image verified", NULL},
    [OTA_BOOTED] = {"on trial", begin_trial},      [OTA_END] = {"nothing more to do", rest},
    [OTA_LOST] = {"later again", ota_back_off},
};

/* ---- the table ---- */

/* clang-format off */
enum {
    IDL = ROOST_OTA_IDLE, ASK = ROOST_OTA_ASKING, LOD = ROOST_OTA_LOADING,
    VFY = ROOST_OTA_VERIFYING, RDY = ROOST_OTA_READY, TRI = ROOST_OTA_TRIAL,
    NVR = ROOST_OTA_STATE_COUNT /* our own bug */
};

/* A transfer that was lost is followed by a new question: the image may be another by then. */
static const uint8_t transitions[ROOST_OTA_STATE_COUNT][OTA_EVENT_COUNT] = {
    /*                       CHECK  WANTED LOADED VERIF. BOOTED END  LOST */
    [ROOST_OTA_IDLE]      = {ASK,   NVR,   NVR,   NVR,   TRI,   NVR, NVR},
    [ROOST_OTA_ASKING]    = {NVR,   LOD,   NVR,   NVR,   NVR,   IDL, IDL},
    [ROOST_OTA_LOADING]   = {NVR,   NVR,   VFY,   NVR,   NVR,   IDL, IDL},
    [ROOST_OTA_VERIFYING] = {NVR,   NVR,   NVR,   RDY,   NVR,   IDL, NVR},
    [ROOST_OTA_READY]     = {NVR,   NVR,   NVR,   NVR,   NVR,   IDL, NVR},
    [ROOST_OTA_TRIAL]     = {NVR,   NVR,   NVR,   NVR,   NVR,   IDL, NVR},
};
/* clang-format on */

/* Whatever was on its way belongs to the state that is left. */
static void drop_transfer(struct roost_ota *ota)
{
    if (ota->transfer)
        (void)ota->port->http.ops->cancel(ota->port->http.ctx);
    ota->transfer = false;
    ota->done = false;
    ota->buffer_len = 0;
}

void ota_move(struct roost_ota *ota, enum ota_event event)
{
    enum roost_ota_state from = ota->state;
    uint8_t next = transitions[from][event];
    ROOST_ASSERT(next != NVR);
    drop_transfer(ota);
    ota->state = (enum roost_ota_state)next;
    if (events[event].effect)
        events[event].effect(ota);
    ROOST_LOG(ota->log, ROOST_LOG_INFO, "ota", events[event].name,
              RF_STR("from", state_names[from]), RF_STR("to", state_names[next]),
              RF_STR("version", ota->manifest.version), RF_INT("loaded_bytes", ota->loaded_bytes));
}

int ota_warn(struct roost_ota *ota, const char *what, int err)
{
    ROOST_LOG(ota->log, ROOST_LOG_WARN, "ota", what, RF_ERR("error", err));
    return err;
}

void ota_lost(struct roost_ota *ota, int err)
{
    ota->failures++;
    (void)ota_warn(ota, "transfer", err);
    ota_move(ota, OTA_LOST);
}

/* ---- transfers ---- */

int ota_get(struct roost_ota *ota, const char *url, uint32_t offset)
{
    const struct roost_http *http = &ota->port->http;
    int err = http->ops->get(http->ctx, url, offset, ota->config->ca_pem);
    ota->transfer = err == ROOST_OK;
    return err;
}

static int end_transfer(struct roost_ota *ota, int status)
{
    ota->done = true;
    ota->done_status = status;
    return ROOST_OK;
}

int roost_ota_post(struct roost_ota *ota, const struct roost_event *event)
{
    bool loading = ota->state == ROOST_OTA_LOADING;
    uint64_t offset = (loading ? ota->loaded_bytes : 0) + ota->buffer_len;
    if (!ota->transfer || ota->done)
        return ROOST_OK; /* of a transfer that was given up */
    if (event->type == ROOST_EV_HTTP_DONE) {
        ota->transfer = false;
        return end_transfer(ota, event->status);
    }
    if (event->type != ROOST_EV_HTTP_DATA)
        return ROOST_OK;
    if (event->token != offset)
        return end_transfer(ota, ROOST_ERR_INVALID);
    if (event->len > (loading ? ota->manifest.size_bytes : sizeof ota->buffer) - offset)
        return end_transfer(ota, ROOST_ERR_TOO_LONG);
    if (event->len > sizeof ota->buffer - ota->buffer_len)
        return ROOST_ERR_FULL;
    memcpy(ota->buffer + ota->buffer_len, event->data, event->len);
    ota->buffer_len += event->len;
    return ROOST_OK;
}

/* ---- for the owner ---- */

static bool has_parts(const struct roost_port *port)
{
    const struct roost_flash *slot = &port->slot;
    return port->kv.ops && port->http.ops && slot->ops && port->firmware.ops && port->random.ops &&
           port->system.ops && port->crypto.ops && slot->program_bytes > 0 &&
           slot->sector_bytes > 0 && slot->sector_bytes % slot->program_bytes == 0 &&
           ROOST_MANIFEST_MAX % slot->program_bytes == 0;
}

int roost_ota_init(struct roost_ota *ota, const struct roost_port *port,
                   const struct roost_ota_config *config, struct roost_log *log, uint64_t now_ms)
{
    memset(ota, 0, sizeof *ota);
    ota->config = config;
    ota->log = log;
    ota->now_ms = now_ms;
    ota->due_ms = ROOST_NEVER;
    if (!has_parts(port))
        return config->url ? ROOST_ERR_UNSUPPORTED : ROOST_OK;
    if (config->url && (strlen(config->url) > ROOST_MANIFEST_URL_MAX || config->key_count == 0 ||
                        config->key_count > sizeof config->keys / sizeof config->keys[0]))
        return ROOST_ERR_INVALID;
    ota->port = port;
    roost_backoff_init(&ota->backoff, BACKOFF_BASE_MS, BACKOFF_CAP_MS);
    uint32_t first_ms = interval_ms(ota) / 10 < FIRST_MS ? interval_ms(ota) / 10 : FIRST_MS;
    if (config->url)
        ota->due_ms = now_ms + ((uint64_t)first_ms * draw(ota) >> 32);
    if (ota_boot(ota) == ROOST_OK)
        return ROOST_OK;
    ota->port = NULL;
    ota->due_ms = ROOST_NEVER;
    return ROOST_ERR_UNSUPPORTED;
}

void roost_ota_step(struct roost_ota *ota, uint64_t now_ms, bool network_up)
{
    ota->now_ms = now_ms;
    ota->network_up = network_up;
    if (ota->port && steps[ota->state])
        steps[ota->state](ota);
}

uint64_t roost_ota_due(const struct roost_ota *ota)
{
    bool work = ota->state == ROOST_OTA_VERIFYING || ota->done;
    if (ota->state == ROOST_OTA_TRIAL || (ota->state == ROOST_OTA_IDLE && ota->network_up))
        return ota->due_ms;
    if (ota->state == ROOST_OTA_LOADING)
        work =
            work || ota_load_len(ota) > 0 ||
            (!ota->transfer && (ota->network_up || ota->loaded_bytes == ota->manifest.size_bytes));
    return work ? ota->now_ms : ROOST_NEVER;
}

int roost_ota_check(struct roost_ota *ota, uint64_t now_ms)
{
    if (!ota->port || !ota_url(ota))
        return ROOST_ERR_UNSUPPORTED;
    if (ota->state != ROOST_OTA_IDLE)
        return ROOST_ERR_BUSY;
    ota->now_ms = now_ms;
    ota->due_ms = now_ms;
    return ROOST_OK;
}

int roost_ota_fetch(struct roost_ota *ota, const char *url, uint64_t now_ms)
{
    if (ota->state != ROOST_OTA_IDLE || ota->url)
        return ROOST_ERR_BUSY;
    ota->url = url;
    int err = roost_ota_check(ota, now_ms);
    if (err)
        ota->url = NULL;
    return err;
}

void roost_ota_drop(struct roost_ota *ota)
{
    if (ota->state == ROOST_OTA_IDLE)
        rest(ota);
    else if (ota->state != ROOST_OTA_TRIAL)
        ota_move(ota, OTA_END);
}

const char *roost_ota_state_name(enum roost_ota_state state)
{
    return state < ROOST_OTA_STATE_COUNT ? state_names[state] : "unknown";
}
