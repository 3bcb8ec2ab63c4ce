/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/names.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"

static void on_found(uv_getaddrinfo_t *lookup, int status, struct addrinfo *found)
{
    struct linux_names *names = lookup->data;

    free(lookup);
    if (names) {
        names->lookup = NULL;
        for (const struct addrinfo *at = found; status == 0 && at && names->count < LINUX_NAMES_MAX;
             at = at->ai_next) {
            const void *address =
                at->ai_family == AF_INET6
                    ? (const void *)&((const struct sockaddr_in6 *)at->ai_addr)->sin6_addr
                    : (const void *)&((const struct sockaddr_in *)at->ai_addr)->sin_addr;
            if (inet_ntop(at->ai_family, address, names->addresses[names->count], INET6_ADDRSTRLEN))
                names->count++;
        }
        names->done(names->ctx);
    }
    uv_freeaddrinfo(found);
}

int linux_names_find(struct linux_names *names, uv_loop_t *loop, const char *host,
                     void (*done)(void *ctx), void *ctx)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    uint8_t bytes[16];

    *names = (struct linux_names){.done = done, .ctx = ctx};
    if (strlen(host) < INET6_ADDRSTRLEN &&
        (inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1)) {
        memcpy(names->addresses[0], host, strlen(host) + 1);
        names->count = 1;
        return 1;
    }
    names->lookup = calloc(1, sizeof *names->lookup);
    if (!names->lookup)
        return ROOST_ERR_NO_MEMORY;
    names->lookup->data = names;
    if (uv_getaddrinfo(loop, names->lookup, on_found, host, NULL, &hints)) {
        free(names->lookup);
        names->lookup = NULL;
        return ROOST_ERR_NOT_FOUND;
    }
    return 0;
}

void linux_names_cancel(struct linux_names *names)
{
    if (!names->lookup)
        return;
    names->lookup->data = NULL; /* its answer finds nobody and frees itself */
    (void)uv_cancel((uv_req_t *)names->lookup);
    names->lookup = NULL;
}
