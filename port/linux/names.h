/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host names to addresses without blocking the loop: the client libraries would, so they are given
 * addresses only. Depends on libuv.
 */
#ifndef ROOST_PORT_LINUX_NAMES_H
#define ROOST_PORT_LINUX_NAMES_H

#include <netinet/in.h>
#include <uv.h>

enum { LINUX_NAMES_MAX = 4 };

struct linux_names {
    char addresses[LINUX_NAMES_MAX][INET6_ADDRSTRLEN];
    int count;
    uv_getaddrinfo_t *lookup; /* runs */
    void (*done)(void *ctx);  /* count is set, 0: not found */
    void *ctx;
};

/* Returns 1 when the host is an address (it is in addresses[0], done is not called), 0 when done
 * will be called by the loop, or an error. */
int linux_names_find(struct linux_names *names, uv_loop_t *loop, const char *host,
                     void (*done)(void *ctx), void *ctx);

/* done is not called any more. */
void linux_names_cancel(struct linux_names *names);

#endif
