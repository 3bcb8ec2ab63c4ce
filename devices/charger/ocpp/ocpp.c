/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/ocpp/ocpp.h"

#include <string.h>

#include "core/err.h"
#include "devices/charger/ocpp/parts.h"

_Static_assert(sizeof(struct charger_ocpp) <= CHARGER_OCPP_RAM_MAX, "stated in ocpp.h");

static void open_payload(void *ctx, struct ocpp_rpc *rpc)
{
    struct charger_ocpp *ocpp = ctx;
    if (rpc->type == OCPP_FRAME_CALL)
        charger_serve_open(ocpp, rpc);
    else if (ocpp->call.saying && ocpp->call.saying->take)
        ocpp_rpc_take(rpc, ocpp->call.saying->take, ocpp);
    /* An answer cannot be refused: one with a field more, or null for one that it has not, would
     * be a failed attempt, and the message given up in the end. What it must have it must have. */
    if (rpc->type == OCPP_FRAME_RESULT)
        rpc->check.lenient = OCPP_LENIENT_EXTRA | OCPP_LENIENT_ABSENT;
}

static bool is_text(const char *text)
{
    return text && text[0] != '\0';
}

static bool whole(const struct charger_ocpp_config *config)
{
    return config->wire.send && config->wire.close && config->station && config->keys &&
           config->tags && config->profiles && config->ledger && config->random &&
           is_text(config->facts.vendor) && is_text(config->facts.model);
}

int charger_ocpp_init(struct charger_ocpp *ocpp, const struct charger_ocpp_config *config,
                      const struct charger_instant *now)
{
    if (!whole(config))
        return ROOST_ERR_INVALID;
    memset(ocpp, 0, sizeof *ocpp);
    ocpp->config = *config;
    ocpp->now = *now;
    ocpp->boot_ms = now->now_ms;
    ocpp->rpc_config = (struct ocpp_rpc_config){.side = OCPP_BY_CP,
                                                .bytes_max = CHARGER_OCPP_MESSAGE_MAX,
                                                .open = open_payload,
                                                .ctx = ocpp};
    config->random->ops->fill(config->random->ctx, &ocpp->start, sizeof ocpp->start);
    for (unsigned c = 0; c <= CHARGER_CONNECTORS_MAX; c++)
        ocpp->vendor.of[c].seen = ocpp->vendor.of[c].alerted = -1;
    charger_status_look(ocpp);
    return ROOST_OK;
}

/* ---- the socket ---- */

void charger_ocpp_opened(struct charger_ocpp *ocpp, const struct charger_instant *now)
{
    ocpp->now = *now;
    ocpp->open = true;
    ocpp->reading = false;
    ocpp->call.wire_ms = 0;
    if (ocpp->registration == CHARGER_REGISTERED && ocpp->boot_said != charger_boot_facts(ocpp)) {
        ocpp->registration = CHARGER_UNREGISTERED;
        ocpp->boot_ms = now->now_ms;
    }
}

static void tell_online(struct charger_ocpp *ocpp)
{
    bool online = ocpp->open && ocpp->registration == CHARGER_REGISTERED;
    if (online != ocpp->online)
        charger_station_online(ocpp->config.station, online);
    ocpp->online = online;
}

/* What was under way is said again on the next one; who waits for an answer waits no longer. */
static void shut(struct charger_ocpp *ocpp)
{
    ocpp->open = ocpp->reading = false;
    ocpp->serving.waits = false;
    if (ocpp->call.saying)
        charger_call_over(ocpp, CHARGER_SILENT);
    tell_online(ocpp);
}

void charger_ocpp_give_up(struct charger_ocpp *ocpp)
{
    ocpp->config.wire.close(ocpp->config.wire.ctx);
    shut(ocpp);
}

void charger_ocpp_closed(struct charger_ocpp *ocpp, const struct charger_instant *now)
{
    ocpp->now = *now;
    if (ocpp->open)
        shut(ocpp);
}

/* ---- in ---- */

static void message_ends(struct charger_ocpp *ocpp)
{
    switch (ocpp_rpc_end(&ocpp->rpc)) {
    case OCPP_RPC_CALL:
        charger_serve(ocpp);
        break;
    case OCPP_RPC_REFUSED:
        charger_serve_refuse(ocpp);
        break;
    case OCPP_RPC_RESULT:
        charger_call_over(ocpp, CHARGER_ANSWERED);
        break;
    case OCPP_RPC_BAD_RESULT:
    case OCPP_RPC_ERROR:
        ocpp->count.odd += ocpp->rpc.odd;
        charger_call_over(ocpp, CHARGER_REFUSED);
        break;
    default:
        charger_ocpp_dropped(ocpp, ocpp->rpc.drop);
        break;
    }
}

void charger_ocpp_feed(struct charger_ocpp *ocpp, const char *text, size_t len, bool first,
                       bool last, const struct charger_instant *now)
{
    ocpp->now = *now;
    if (!ocpp->open || (!first && !ocpp->reading))
        return;
    if (first)
        ocpp_rpc_begin(&ocpp->rpc, &ocpp->rpc_config, ocpp->call.saying ? ocpp->call.id : NULL,
                       ocpp->call.saying ? ocpp->call.saying->message : OCPP_NO_MESSAGE);
    ocpp->reading = !last;
    ocpp_rpc_feed(&ocpp->rpc, text, len);
    if (last)
        message_ends(ocpp);
}

void charger_ocpp_dropped(struct charger_ocpp *ocpp, enum ocpp_drop why)
{
    ocpp->count.dropped[why]++;
    charger_security_invalid(ocpp, why);
}

/* ---- out ---- */

/* Nothing of transactions is left to say, or nobody listens. */
static bool said_all(struct charger_ocpp *ocpp)
{
    struct roost_ledger_item item;
    return !ocpp->online ||
           (!ocpp->call.saying && roost_ledger_next(ocpp->config.ledger, &item) != ROOST_OK);
}

/* A reset comes when nothing runs and all is said; what is said too late is said after the boot. A
 * station that never comes to rest does not hold it up for ever. */
static uint64_t reset_run(struct charger_ocpp *ocpp)
{
    const struct charger_ocpp_does *does = &ocpp->config.does;
    if (!ocpp->reset_due || !does->restart)
        return ROOST_NEVER;
    if (ocpp->reset_ms == 0)
        ocpp->reset_ms = ocpp->now.now_ms + CHARGER_OCPP_RESET_MS;
    bool rests = charger_station_rests(ocpp->config.station);
    if (ocpp->now.now_ms < ocpp->reset_ms && !(rests && (ocpp->reset_hard || said_all(ocpp))))
        return ocpp->reset_ms;
    ocpp->reset_due = false;
    does->restart(does->ctx, ocpp->reset_hard);
    return ROOST_NEVER;
}

uint64_t charger_ocpp_run(struct charger_ocpp *ocpp, const struct charger_instant *now)
{
    ocpp->now = *now;
    charger_status_look(ocpp);
    charger_vendor_look(ocpp);
    tell_online(ocpp);
    uint64_t call_ms = ROOST_NEVER;
    if (ocpp->open) {
        charger_serve_run(ocpp);
        call_ms = charger_call_run(ocpp);
        tell_online(ocpp);
    }
    return roost_earlier(reset_run(ocpp), call_ms);
}
