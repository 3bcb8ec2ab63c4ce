/* SPDX-License-Identifier: Apache-2.0 */
/* Uploads: one segment is filled by the device while the line takes the ones before it. */
#include <string.h>

#include "core/err.h"
#include "port/sim/board.h"

enum { OPEN_MS = 10, LINE_MS = 12, AGAIN_MS = 10 };

static void pump(void *ctx, uint64_t number, void *data);

static void pump_in(struct sim_board *board, uint64_t ms)
{
    struct sim_http *http = &board->http;

    if (http->up.pumping)
        return;
    http->up.pumping = true;
    sim_at_guarded(board->clock, board->clock->now_ms + ms, pump, board, 0, NULL, &http->life);
}

static void send_segment(struct sim_board *board)
{
    struct sim_http *http = &board->http;
    const struct sim_packet packet = {
        .type = SIM_BYTES, .message = sim_message_new("", http->up.room, http->up.used, 0, false)};

    if (http->up.used == 0)
        http->up.ended = true;
    http->up.used = 0;
    http->heard_ms = board->clock->now_ms;
    sim_conn_send(http->conn, SIM_CLIENT, &packet);
}

static void offer_room(struct sim_board *board)
{
    struct sim_http *http = &board->http;
    const struct roost_event event = {.type = ROOST_EV_HTTP_ROOM, .token = http->up.taken};

    if (!http->up.room_due || http->up.whole)
        return;
    http->up.room_due = false;
    uint32_t life = http->life;
    if (sim_board_offer(board, &event) == ROOST_ERR_FULL && http->life == life) {
        http->up.room_due = true;
        pump_in(board, AGAIN_MS);
    } else {
        sim_board_kick(board);
    }
}

/* Sends what is there when the line takes it, and asks for more. */
static void pump(void *ctx, uint64_t number, void *data)
{
    struct sim_board *board = ctx;
    struct sim_http *http = &board->http;

    (void)number;
    (void)data;
    http->up.pumping = false;
    if (!http->up.active || !http->conn || http->up.ended)
        return;
    bool due = http->up.used == sizeof http->up.room || http->up.whole;
    if (due && http->conn->towards[SIM_SERVER].count >= SIM_WEB_WINDOW) {
        pump_in(board, LINE_MS);
        return;
    }
    if (due) {
        send_segment(board);
        if (http->up.whole && !http->up.ended)
            pump_in(board, LINE_MS); /* the empty one behind it */
    }
    offer_room(board);
}

void sim_http_begin_upload(struct sim_board *board)
{
    board->http.up.room_due = true;
    board->http.up.whole = board->http.up.len == 0;
    pump_in(board, OPEN_MS);
}

int sim_http_write(void *ctx, const void *data, size_t len)
{
    struct sim_board *board = ctx;
    struct sim_http *http = &board->http;

    if (!sim_board_alive(board) || !http->active || !http->up.active || http->up.whole)
        return ROOST_ERR_STATE;
    if (len > http->up.len - http->up.taken)
        return ROOST_ERR_RANGE;
    size_t room = sizeof http->up.room - http->up.used, taken = len < room ? len : room;
    if (taken > 0)
        memcpy(http->up.room + http->up.used, data, taken);
    http->up.used += taken;
    http->up.taken += taken;
    http->heard_ms = board->clock->now_ms;
    if (taken < len)
        http->up.room_due = true;
    if (len == 0 || http->up.taken == http->up.len)
        http->up.whole = true;
    pump_in(board, 0);
    return (int)taken;
}

int sim_http_upload_status(const struct sim_http *http, int code)
{
    if (code / 100 == 2)
        return 0;
    switch (code) {
    case 401:
    case 403:
    case 530:
        return ROOST_ERR_AUTH;
    case 404:
    case 410:
        return ROOST_ERR_NOT_FOUND;
    case 507:
    case 452:
    case 552:
        return ROOST_ERR_NO_SPACE;
    default:
        return code / 100 == 3 && !http->request.ftp ? ROOST_ERR_UNSUPPORTED : ROOST_ERR_REFUSED;
    }
}
