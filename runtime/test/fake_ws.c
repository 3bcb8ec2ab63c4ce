/* SPDX-License-Identifier: Apache-2.0 */
/* A WebSocket peer that takes what the device says, keeps the last of it, and acknowledges nothing.
 */
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "runtime/test/fake_parts.h"

enum { CONNECT_MS = 30, GOING_AWAY = 1001 };

void fake_settle_ws(struct fake_port *fake, struct roost_event *event)
{
    if (event->type == ROOST_EV_WS_OPENED)
        fake->ws_open = true;
    if (event->type == ROOST_EV_WS_OPENED || event->type == ROOST_EV_WS_CLOSED)
        fake->ws_opening = false;
}

static int ws_open(void *ctx, const struct roost_ws_options *options)
{
    struct fake_port *fake = ctx;

    ROOST_ASSERT(options->url);
    if (fake->ws_open || fake->ws_opening)
        return ROOST_ERR_BUSY;
    fake->ws_opens++;
    fake->ws_opening = true;
    fake_later(fake, CONNECT_MS,
               (struct roost_event){.type = fake->ws_up ? ROOST_EV_WS_OPENED : ROOST_EV_WS_CLOSED,
                                    .status = fake->ws_up ? 0 : ROOST_ERR_REFUSED});
    return 0;
}

static int ws_send(void *ctx, const void *data, size_t len, bool binary)
{
    struct fake_port *fake = ctx;

    if (!fake->ws_open || !fake->power)
        return ROOST_ERR_CLOSED;
    if (fake->ws_error < 0)
        return fake->ws_error;
    ROOST_ASSERT(!binary && len < sizeof fake->ws_last);
    fake->ws_sends++;
    memcpy(fake->ws_last, data, len);
    fake->ws_last[len] = '\0';
    return 0;
}

static void close_with(struct fake_port *fake, int status, uint16_t code)
{
    if (!fake->ws_open && !fake->ws_opening)
        return;
    fake->ws_open = fake->ws_opening = false;
    fake_forget_pending(fake, ROOST_EV_WS_OPENED);
    fake_forget_pending(fake, ROOST_EV_WS_CLOSED);
    fake_later(fake, 0,
               (struct roost_event){.type = ROOST_EV_WS_CLOSED, .status = status, .token = code});
}

static int ws_close(void *ctx, uint16_t code)
{
    close_with(ctx, 0, code);
    return 0;
}

void fake_hang_up(struct fake_port *fake)
{
    close_with(fake, ROOST_ERR_CLOSED, GOING_AWAY);
}

void fake_use_ws(struct fake_port *fake)
{
    static const struct roost_ws_ops ops = {.open = ws_open, .send = ws_send, .close = ws_close};

    fake->port.ws = (struct roost_ws){&ops, fake};
    fake->ws_up = true;
}
