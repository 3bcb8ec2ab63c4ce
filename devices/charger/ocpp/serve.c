/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/err.h"
#include "devices/charger/ocpp/parts.h"

static const struct charger_server *find(const struct charger_ocpp_more *more,
                                         enum ocpp_message message)
{
    for (unsigned i = 0; i < charger_server_count; i++)
        if (charger_servers[i].message == message)
            return &charger_servers[i];
    for (unsigned i = 0; more && i < more->server_count; i++)
        if (more->servers[i].message == message)
            return &more->servers[i];
    return NULL;
}

/* While an answer waits, what it is made of stays; while we were rejected, nobody is served. */
static bool can_take(const struct charger_ocpp *ocpp)
{
    return !ocpp->serving.waits && ocpp->registration != CHARGER_REJECTED;
}

void charger_serve_open(struct charger_ocpp *ocpp, struct ocpp_rpc *rpc)
{
    if (!can_take(ocpp))
        return;
    const struct charger_server *server = find(ocpp->config.more, rpc->message);
    ocpp->serving.server = server;
    ocpp->serving.verdict = OCPP_NO_WORD;
    memset(&ocpp->serving.asked, 0, sizeof ocpp->serving.asked);
    if (!server)
        return;
    if (server->begin)
        server->begin(ocpp);
    if (server->take)
        ocpp_rpc_take(rpc, server->take, ocpp);
}

/* ---- the answer ---- */

static void write_answer(struct charger_ocpp *ocpp, struct ocpp_writer *w)
{
    const struct charger_server *server = ocpp->serving.server;
    char text[OCPP_FAULT_TEXT_MAX];
    if (ocpp->serving.fault.kind != OCPP_FAULT_NONE) {
        ocpp_fault_text(&ocpp->serving.fault, text);
        ocpp_write_error(w, ocpp->serving.id, ocpp_fault_error(&ocpp->serving.fault), text);
    } else if (ocpp->serving.error != OCPP_ERROR_NONE) {
        ocpp_write_error(w, ocpp->serving.id, ocpp->serving.error,
                         ocpp->serving.text ? ocpp->serving.text : "");
    } else {
        ocpp_write_result(w, ocpp->serving.id, server->message);
        if (server->write)
            server->write(ocpp, w);
        else
            ocpp_put_word(w, OCPP_status, ocpp->serving.verdict);
    }
}

static void answer(struct charger_ocpp *ocpp)
{
    int err = charger_frame_send(ocpp, write_answer);
    if (err == ROOST_ERR_INVALID || err == ROOST_ERR_TOO_LONG) {
        ocpp->count.unsaid++;
        ocpp->serving.error = OCPP_ERROR_INTERNAL;
        ocpp->serving.text = "the answer cannot be said";
        err = charger_frame_send(ocpp, write_answer);
    }
    ocpp->serving.waits = err == ROOST_ERR_FULL;
    if (ocpp->serving.waits)
        ocpp->call.wire_ms = ocpp->now.now_ms + CHARGER_OCPP_WIRE_MS;
    if (err != ROOST_OK)
        return;
    bool refused =
        ocpp->serving.fault.kind != OCPP_FAULT_NONE || ocpp->serving.error != OCPP_ERROR_NONE;
    ocpp->count.answers += !refused;
    ocpp->count.errors_sent += refused;
    if (!refused && ocpp->serving.server->after)
        ocpp->serving.server->after(ocpp);
}

void charger_serve_run(struct charger_ocpp *ocpp)
{
    if (ocpp->serving.waits && ocpp->now.now_ms >= ocpp->call.wire_ms)
        answer(ocpp);
}

/* Its id is kept: the next message may begin before the answer is out. False: none is given. */
static bool begin_answer(struct charger_ocpp *ocpp)
{
    if (!can_take(ocpp)) {
        ocpp->count.busy += ocpp->serving.waits;
        ocpp->count.unserved += !ocpp->serving.waits;
        return false;
    }
    memcpy(ocpp->serving.id, ocpp->rpc.id, sizeof ocpp->serving.id);
    memset(&ocpp->serving.fault, 0, sizeof ocpp->serving.fault);
    ocpp->serving.error = OCPP_ERROR_NONE;
    ocpp->serving.text = NULL;
    return true;
}

void charger_serve(struct charger_ocpp *ocpp)
{
    if (!begin_answer(ocpp))
        return;
    const struct charger_server *server = ocpp->serving.server;
    if (!server) {
        ocpp->serving.error = OCPP_ERROR_NOT_SUPPORTED;
        ocpp->serving.text = "the action is not supported";
    } else if (!server->pending && ocpp->registration != CHARGER_REGISTERED) {
        ocpp->serving.error = OCPP_ERROR_SECURITY;
        ocpp->serving.text = "not before the boot was accepted";
    } else {
        ocpp->serving.error = server->serve(ocpp);
    }
    answer(ocpp);
}

void charger_serve_refuse(struct charger_ocpp *ocpp)
{
    if (!begin_answer(ocpp))
        return;
    ocpp->serving.fault = ocpp->rpc.check.fault;
    answer(ocpp);
}
