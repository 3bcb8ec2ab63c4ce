/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server's certificate, renewed while it runs: its files are looked at every CERTIFICATE_POLL_MS,
 * and at once when asked to (SIGHUP), on a thread of libuv's pool. What is new and good is handed
 * over; a pair that does not fit together, cannot be read, has expired or is not valid yet is
 * refused with a line that says why, the old one goes on, and the files are looked at again. How
 * many days are left is a gauge, and a warning at 30, 14, 7 and 1. Depends on host/net/tls.h,
 * host/metrics.h, host/clock.h, libuv.
 *
 *     err = certificate_new(&certificate, loop, &config, &process_clock, metrics, renewed, server);
 *     static void renewed(void *ctx, struct tls_context *tls) { http_server_take_tls(ctx, tls); }
 */
#ifndef ROOST_HOST_NET_CERTIFICATE_H
#define ROOST_HOST_NET_CERTIFICATE_H

#include <uv.h>

#include "host/clock.h"
#include "host/metrics.h"
#include "host/net/tls.h"

enum { CERTIFICATE_POLL_MS = 30 * 1000 };

/* Borrowed for the certificate's life. */
struct certificate_config {
    struct tls_files files;
    uint32_t poll_ms; /* 0: CERTIFICATE_POLL_MS */
};

struct certificate;

/* Looks for the first time at once: `renewed` is called with what the files hold now. It takes the
 * context over. Returns 0 or ROOST_ERR_NO_MEMORY. */
int certificate_new(struct certificate **out, uv_loop_t *loop,
                    const struct certificate_config *config, const struct host_clock *clock,
                    struct metrics *metrics, void (*renewed)(void *ctx, struct tls_context *tls),
                    void *ctx);

/* Reads the files now, whether they changed or not. */
void certificate_look(struct certificate *certificate);

/* `renewed` is called no more; the memory goes when the loop has turned. */
void certificate_close(struct certificate *certificate);

#endif
