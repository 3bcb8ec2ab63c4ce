/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "port/linux/linux.h"

uint64_t linux_board_now_ms(const struct roost_board *board)
{
    /* Cut to milliseconds before subtracting, as the loop does, so that a timer of the loop and
     * this clock agree on when a millisecond is over. */
    return uv_hrtime() / 1000000u - board->boot_ms;
}

static uint64_t clock_now_ms(void *ctx)
{
    return linux_board_now_ms(ctx);
}

static int64_t clock_unix_ms(void *ctx)
{
    struct timespec now;

    (void)ctx;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const struct roost_clock_ops clock_ops = {.now_ms = clock_now_ms, .unix_ms = clock_unix_ms};

static void random_fill(void *ctx, void *out, size_t len)
{
    uint8_t *at = out;

    (void)ctx;
    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno != EINTR)
            abort(); /* a kernel without getrandom cannot run a device that has keys */
        if (got > 0) {
            at += got;
            len -= (size_t)got;
        }
    }
}

static const struct roost_random_ops random_ops = {.fill = random_fill};

void linux_clock_init(struct roost_board *board)
{
    board->boot_ms = uv_hrtime() / 1000000u;
    board->port.clock = (struct roost_clock){&clock_ops, board};
    board->port.random = (struct roost_random){&random_ops, board};
}
