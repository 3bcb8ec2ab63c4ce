/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/err.h"
#include "devices/charger/ocpp/parts.h"

/* ---- a frame ---- */

struct sending {
    const struct charger_ocpp_wire *wire;
    size_t total, sent;
    int err;
};

static int sink(void *ctx, const char *text, size_t len)
{
    struct sending *s = ctx;
    if (len == 0)
        return 0;
    s->err = s->wire->send(s->wire->ctx, text, len, s->sent == 0, s->sent + len == s->total);
    if (s->err == 0)
        s->sent += len;
    return s->err;
}

static int measure(struct charger_ocpp *ocpp, struct ocpp_writer *w,
                   void (*write)(struct charger_ocpp *ocpp, struct ocpp_writer *w))
{
    ocpp_writer_measure(w, ocpp->frame, sizeof ocpp->frame);
    write(ocpp, w);
    int len = ocpp_writer_end(w);
    return len > CHARGER_OCPP_SAID_MAX ? ROOST_ERR_TOO_LONG : len;
}

int charger_frame_send(struct charger_ocpp *ocpp,
                       void (*write)(struct charger_ocpp *ocpp, struct ocpp_writer *w))
{
    struct ocpp_writer w;
    struct sending s = {.wire = &ocpp->config.wire};
    int len = measure(ocpp, &w, write);
    if (len < 0)
        return len;
    s.total = (size_t)len;
    ocpp_writer_begin_sink(&w, ocpp->frame, sizeof ocpp->frame, sink, &s);
    write(ocpp, &w);
    if (ocpp_writer_end(&w) == len && s.err == 0)
        return ROOST_OK;
    if (s.sent == 0 && s.err == ROOST_ERR_FULL)
        return ROOST_ERR_FULL;
    charger_ocpp_give_up(ocpp); /* half a message cannot be taken back */
    return ROOST_ERR_CLOSED;
}

void charger_put_instant(const struct charger_ocpp *ocpp, struct ocpp_writer *w, int64_t unix_ms)
{
    if (unix_ms == 0)
        unix_ms = ocpp->now.unix_ms;
    if (unix_ms == 0)
        unix_ms = ocpp->boot_unix_ms + (int64_t)ocpp->now.now_ms;
    ocpp_put_time(w, OCPP_timestamp, unix_ms);
}

/* ---- a CALL of ours ---- */

static void write_call(struct charger_ocpp *ocpp, struct ocpp_writer *w)
{
    ocpp_write_call(w, ocpp->call.id, ocpp->call.saying->message);
    ocpp->call.saying->write(ocpp, w);
}

void charger_call_over(struct charger_ocpp *ocpp, enum charger_outcome outcome)
{
    const struct charger_saying *saying = ocpp->call.saying;
    ocpp->call.saying = NULL;
    ocpp->count.refused += outcome == CHARGER_REFUSED;
    if (outcome == CHARGER_REFUSED && ocpp->config.log)
        ROOST_LOG(ocpp->config.log, ROOST_LOG_WARN, "ocpp", "refused",
                  RF_STR("message", ocpp_word_text(ocpp_message_action(saying->message))),
                  RF_STR("why", ocpp->rpc.description));
    saying->done(ocpp, outcome);
}

static void say(struct charger_ocpp *ocpp, const struct charger_saying *saying)
{
    ocpp->call.saying = saying;
    ocpp->call.begun_ms = ocpp->now.now_ms;
    ocpp->call.late_ms =
        ocpp->now.now_ms + (uint64_t)charger_ocpp_key(ocpp, CHARGER_KEY_MESSAGE_TIMEOUT) * 1000;
    ocpp_id_make(ocpp->call.id, ocpp->start, ++ocpp->number);
    memset(&ocpp->told, 0, sizeof ocpp->told);

    int err;
    do {
        err = charger_frame_send(ocpp, write_call);
    } while (err == ROOST_ERR_TOO_LONG && saying->shrink && saying->shrink(ocpp));
    if (err == ROOST_OK) {
        ocpp->count.calls++;
    } else if (err == ROOST_ERR_FULL) {
        ocpp->call.saying = NULL;
        ocpp->call.wire_ms = ocpp->now.now_ms + CHARGER_OCPP_WIRE_MS;
    } else if (err != ROOST_ERR_CLOSED) { /* the tables forbid it: it is over as if refused */
        ocpp->count.unsaid++;
        charger_call_over(ocpp, CHARGER_REFUSED);
    }
}

static const struct charger_saying *saying_at(const struct charger_ocpp *ocpp, unsigned i)
{
    const struct charger_ocpp_more *more = ocpp->config.more;
    if (i < charger_saying_count)
        return &charger_sayings[i];
    i -= charger_saying_count;
    return more && i < more->saying_count ? &more->sayings[i] : NULL;
}

/* The first saying that is due, or when one will be. */
static const struct charger_saying *next_saying(struct charger_ocpp *ocpp, uint64_t *due_ms)
{
    const struct charger_saying *saying;
    *due_ms = ROOST_NEVER;
    for (unsigned i = 0; (saying = saying_at(ocpp, i)) != NULL; i++) {
        if (ocpp->registration < saying->from)
            continue;
        uint64_t due = saying->due(ocpp);
        if (due <= ocpp->now.now_ms)
            return saying;
        *due_ms = roost_earlier(*due_ms, due);
    }
    return NULL;
}

/* When there is something to do again, without looking for what is to be said. */
static uint64_t waits_until(const struct charger_ocpp *ocpp)
{
    if (!ocpp->open)
        return ROOST_NEVER;
    return ocpp->call.saying ? ocpp->call.late_ms : ocpp->call.wire_ms;
}

static bool waits(const struct charger_ocpp *ocpp)
{
    return !ocpp->open || ocpp->call.saying || ocpp->serving.waits ||
           ocpp->now.now_ms < ocpp->call.wire_ms;
}

uint64_t charger_call_run(struct charger_ocpp *ocpp)
{
    if (ocpp->call.saying && ocpp->now.now_ms >= ocpp->call.late_ms) {
        ocpp->count.timeouts++;
        charger_ocpp_give_up(ocpp);
    }
    if (waits(ocpp))
        return waits_until(ocpp);
    uint64_t due_ms;
    const struct charger_saying *saying = next_saying(ocpp, &due_ms);
    if (!saying)
        return due_ms;
    say(ocpp, saying);
    if (waits(ocpp))
        return waits_until(ocpp);
    return next_saying(ocpp, &due_ms) ? ocpp->now.now_ms : due_ms;
}

/* ---- its answer ---- */

int charger_told_take(void *ctx, const struct ocpp_value *value)
{
    struct charger_ocpp *ocpp = ctx;
    if (value->object == OCPP_OBJ_IdTagInfo)
        return charger_card_take(&ocpp->told.card, value);
    switch (value->field) {
    case OCPP_currentTime:
        ocpp->told.time_ms = value->number;
        break;
    case OCPP_interval:
        ocpp->told.interval_s = (int32_t)value->number;
        break;
    case OCPP_transactionId:
        ocpp->told.transaction_id = (int32_t)value->number;
        break;
    case OCPP_status:
        ocpp->told.status = (enum ocpp_word)value->number;
        break;
    default:
        break;
    }
    return 0;
}
