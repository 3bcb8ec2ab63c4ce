/* SPDX-License-Identifier: Apache-2.0 */
#include "port/sim/ws_end.h"

#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"

/* ---- frames ---- */

static struct sim_message *make(const struct sim_ws_head *head, const void *payload, size_t len)
{
    char *bytes = malloc(sizeof *head + len);

    ROOST_ASSERT(bytes);
    memcpy(bytes, head, sizeof *head);
    if (len > 0)
        memcpy(bytes + sizeof *head, payload, len);
    struct sim_message *message = sim_message_new("", bytes, sizeof *head + len, 0, false);
    free(bytes);
    return message;
}

struct sim_message *sim_ws_frame(enum sim_ws_kind kind, const void *payload, size_t len)
{
    const struct sim_ws_head head = {.kind = (uint8_t)kind, .final = true};

    return make(&head, payload, len);
}

const struct sim_ws_head *sim_ws_head(const struct sim_packet *packet, const char **payload,
                                      size_t *len)
{
    static struct sim_ws_head head;

    if (packet->type != SIM_BYTES || packet->message->len < sizeof head)
        return NULL;
    memcpy(&head, packet->message->bytes, sizeof head);
    *payload = (const char *)packet->message->bytes + sizeof head;
    *len = packet->message->len - sizeof head;
    return head.kind <= SIM_WS_TAKEN ? &head : NULL;
}

static void put(struct sim_ws_end *end, struct sim_message *message)
{
    const struct sim_packet packet = {.type = SIM_BYTES, .message = message};

    sim_conn_send(end->conn, end->side, &packet);
}

/* ---- the queue ---- */

static void push(struct sim_ws_end *end, const struct sim_ws_head *head, const void *payload,
                 size_t len)
{
    struct sim_ws_frame *frame = calloc(1, sizeof *frame);

    ROOST_ASSERT(frame);
    frame->message = make(head, payload, len);
    frame->bytes = SIM_WS_HEAD_BYTES + len;
    if (end->tail)
        end->tail->next = frame;
    else
        end->head = frame;
    end->tail = frame;
    end->queued += frame->bytes;
}

static struct sim_message *pop(struct sim_ws_end *end)
{
    struct sim_ws_frame *frame = end->head;
    struct sim_message *message = frame->message;

    end->head = frame->next;
    if (!end->head)
        end->tail = NULL;
    end->queued -= frame->bytes;
    end->on_the_way += frame->bytes;
    free(frame);
    return message;
}

/* The next frames go out while the line takes them; a long one goes alone. */
static void pump(struct sim_ws_end *end)
{
    while (end->head &&
           (end->on_the_way == 0 || end->on_the_way + end->head->bytes <= SIM_WS_LINE_BYTES))
        put(end, pop(end));
}

static void push_control(struct sim_ws_end *end, enum sim_ws_kind kind)
{
    const struct sim_ws_head head = {.kind = (uint8_t)kind, .final = true};

    push(end, &head, NULL, 0);
    pump(end);
}

static void push_close(struct sim_ws_end *end, uint16_t code, const char *reason)
{
    struct sim_ws_head head = {.kind = SIM_WS_CLOSE, .final = true, .code = code};
    size_t len = reason ? strlen(reason) : 0;

    push(end, &head, reason, len < SIM_WS_REASON_MAX ? len : SIM_WS_REASON_MAX);
    pump(end);
}

/* ---- the end ---- */

static void let_go(struct sim_ws_end *end)
{
    while (end->head)
        sim_message_drop(pop(end));
    free(end->incoming);
    end->incoming = NULL;
    end->incoming_len = 0;
    end->queued = end->on_the_way = 0;
    end->conn = NULL;
    end->state = SIM_WS_IDLE;
    end->life++;
}

void sim_ws_end_deinit(struct sim_ws_end *end)
{
    if (end->state != SIM_WS_IDLE)
        let_go(end);
}

/* The owner may free the end in `closed`. */
static void finish(struct sim_ws_end *end, uint16_t code, int why)
{
    uint16_t first = end->code ? end->code : code;

    let_go(end);
    end->ops->closed(end->ctx, first, why);
}

/* What is queued goes out at once: the system's buffers take it. */
static void flush_and_close(struct sim_ws_end *end)
{
    while (end->head)
        put(end, pop(end));
    sim_conn_close(end->conn, end->side);
}

void sim_ws_end_drop(struct sim_ws_end *end, bool silent)
{
    if (end->state == SIM_WS_IDLE)
        return;
    if (silent)
        sim_conn_vanish(end->conn, end->side);
    else
        sim_conn_reset(end->conn, end->side);
    let_go(end);
}

/* ---- what arrives ---- */

static void take_close(struct sim_ws_end *end, uint16_t code)
{
    bool ours = end->state == SIM_WS_CLOSING;

    if (!ours)
        push_close(end, code, NULL);
    flush_and_close(end);
    finish(end, code ? code : SIM_WS_NO_CODE, ours ? 0 : ROOST_ERR_CLOSED);
}

static void too_long(struct sim_ws_end *end)
{
    push_close(end, SIM_WS_TOO_LONG, NULL);
    flush_and_close(end);
    finish(end, SIM_WS_TOO_LONG, ROOST_ERR_TOO_LONG);
}

static void take_part(struct sim_ws_end *end, const struct sim_ws_head *head, const char *payload,
                      size_t len)
{
    if (head->kind != SIM_WS_MORE) {
        end->incoming_len = 0;
        end->incoming_binary = head->kind == SIM_WS_BINARY;
    }
    if (len > end->options.message_max - end->incoming_len) {
        too_long(end);
        return;
    }
    char *incoming = realloc(end->incoming, end->incoming_len + len + 1);
    ROOST_ASSERT(incoming);
    end->incoming = incoming;
    if (len > 0)
        memcpy(incoming + end->incoming_len, payload, len);
    end->incoming_len += len;
    incoming[end->incoming_len] = '\0';
    if (!head->final)
        return;
    size_t whole = end->incoming_len;
    end->incoming = NULL; /* the owner may drop the end meanwhile */
    end->incoming_len = 0;
    end->message_ms = end->clock->now_ms;
    end->ops->message(end->ctx, end->incoming_binary, incoming, whole);
    free(incoming);
}

static void give_room(struct sim_ws_end *end, uint32_t bytes)
{
    end->on_the_way -= bytes < end->on_the_way ? bytes : end->on_the_way;
    pump(end);
    if (!end->refused || end->head || end->state != SIM_WS_OPEN)
        return;
    end->refused = false;
    if (end->ops->writable)
        end->ops->writable(end->ctx);
}

static void end_packet(void *ctx, struct sim_conn *conn, const struct sim_packet *packet)
{
    struct sim_ws_end *end = ctx;
    const char *payload;
    size_t len;
    const struct sim_ws_head *there = sim_ws_head(packet, &payload, &len);

    (void)conn;
    if (!there) { /* not of this protocol */
        sim_conn_reset(end->conn, end->side);
        finish(end, SIM_WS_LOST, ROOST_ERR_CLOSED);
        return;
    }
    const struct sim_ws_head head = *there;
    if (head.kind == SIM_WS_TAKEN) {
        give_room(end, head.taken);
        return;
    }
    const struct sim_ws_head taken = {.kind = SIM_WS_TAKEN,
                                      .taken = (uint32_t)(SIM_WS_HEAD_BYTES + len)};
    put(end, make(&taken, NULL, 0));
    end->heard = end->heard || !end->options.wants_pong || head.kind == SIM_WS_PONG;
    switch ((enum sim_ws_kind)head.kind) {
    case SIM_WS_TEXT:
    case SIM_WS_BINARY:
    case SIM_WS_MORE:
        if (end->state == SIM_WS_OPEN)
            take_part(end, &head, payload, len);
        break;
    case SIM_WS_PING:
        if (end->state == SIM_WS_OPEN && !end->mute)
            push_control(end, SIM_WS_PONG);
        break;
    case SIM_WS_CLOSE:
        take_close(end, head.code);
        break;
    default: /* a pong is heard, a handshake is over */
        break;
    }
}

static void end_closed(void *ctx, struct sim_conn *conn, int why)
{
    struct sim_ws_end *end = ctx;

    (void)conn;
    (void)why;
    finish(end, SIM_WS_LOST, end->state == SIM_WS_CLOSING ? 0 : ROOST_ERR_CLOSED);
}

static const struct sim_end_ops end_ops = {.packet = end_packet, .closed = end_closed};

/* ---- timers ---- */

static void at(struct sim_ws_end *end, uint64_t due_ms, sim_fn fn)
{
    sim_at_guarded(end->clock, due_ms, fn, end, 0, NULL, &end->life);
}

static void ping_due(void *ctx, uint64_t number, void *data)
{
    struct sim_ws_end *end = ctx;

    (void)number;
    (void)data;
    if (end->state != SIM_WS_OPEN)
        return;
    if (end->pinged && !end->heard) {
        sim_conn_reset(end->conn, end->side);
        finish(end, SIM_WS_LOST, ROOST_ERR_TIMEOUT);
        return;
    }
    sim_ws_end_ping(end);
    end->pinged = true;
    end->heard = false;
    at(end, end->clock->now_ms + end->options.ping_interval_ms, ping_due);
}

static void idle_due(void *ctx, uint64_t number, void *data)
{
    enum { GOING_AWAY = 1001 };
    struct sim_ws_end *end = ctx;
    uint64_t due_ms = end->message_ms + end->options.idle_timeout_ms;

    (void)number;
    (void)data;
    if (end->state != SIM_WS_OPEN)
        return;
    if (end->clock->now_ms < due_ms)
        at(end, due_ms, idle_due);
    else
        sim_ws_end_close(end, GOING_AWAY, "idle");
}

static void close_due(void *ctx, uint64_t number, void *data)
{
    struct sim_ws_end *end = ctx;

    (void)number;
    (void)data;
    sim_conn_reset(end->conn, end->side);
    finish(end, SIM_WS_LOST, 0);
}

/* ---- calls ---- */

void sim_ws_end_open(struct sim_ws_end *end, struct sim_clock *clock, struct sim_conn *conn,
                     enum sim_end side, const struct sim_ws_options *options,
                     const struct sim_ws_end_ops *ops, void *ctx)
{
    ROOST_ASSERT(end->state == SIM_WS_IDLE);
    *end = (struct sim_ws_end){.clock = clock,
                               .conn = conn,
                               .side = side,
                               .ops = ops,
                               .ctx = ctx,
                               .options = *options,
                               .state = SIM_WS_OPEN,
                               .life = end->life + 1,
                               .mute = end->mute,
                               .message_ms = clock->now_ms};
    conn->ops[side] = &end_ops;
    conn->ctx[side] = end;
    if (options->ping_interval_ms > 0)
        at(end, clock->now_ms + options->ping_interval_ms, ping_due);
    if (options->idle_timeout_ms > 0)
        at(end, clock->now_ms + options->idle_timeout_ms, idle_due);
}

int sim_ws_end_send_part(struct sim_ws_end *end, enum sim_ws_kind kind, bool final,
                         const void *data, size_t len)
{
    const struct sim_ws_head head = {.kind = (uint8_t)kind, .final = final};
    size_t max = end->options.send_max;

    if (end->state != SIM_WS_OPEN)
        return ROOST_ERR_CLOSED;
    if (len > max || SIM_WS_HEAD_BYTES > max - len)
        return ROOST_ERR_TOO_LONG;
    if (SIM_WS_HEAD_BYTES + len + sim_ws_end_unsent(end) > max) {
        end->refused = true;
        return ROOST_ERR_FULL;
    }
    push(end, &head, data, len);
    pump(end);
    return 0;
}

int sim_ws_end_send(struct sim_ws_end *end, bool binary, const void *data, size_t len)
{
    return sim_ws_end_send_part(end, binary ? SIM_WS_BINARY : SIM_WS_TEXT, true, data, len);
}

void sim_ws_end_ping(struct sim_ws_end *end)
{
    if (end->state == SIM_WS_OPEN)
        push_control(end, SIM_WS_PING);
}

size_t sim_ws_end_unsent(const struct sim_ws_end *end)
{
    return end->queued;
}

void sim_ws_end_close(struct sim_ws_end *end, uint16_t code, const char *reason)
{
    if (end->state != SIM_WS_OPEN)
        return;
    push_close(end, code, reason);
    end->code = code;
    end->state = SIM_WS_CLOSING;
    at(end, end->clock->now_ms + SIM_WS_CLOSE_WAIT_MS, close_due);
}

void sim_ws_end_pause(struct sim_ws_end *end, bool paused)
{
    if (end->state != SIM_WS_IDLE)
        sim_conn_pause(end->conn, end->side, paused);
}
