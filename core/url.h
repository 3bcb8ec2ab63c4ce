/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of a URL: scheme://[user[:password]@]host[:port][/path] (RFC 3986, the
 * parts a connection needs). user and password are percent-decoded. Depends on core/err.h.
 *
 *     char memory[256];
 *     struct roost_url url;
 *     int err = roost_url_parse(&url, "mqtts://hub:s%2Fx@broker.example:8883", memory, sizeof
 * memory);
 */
#ifndef ROOST_CORE_URL_H
#define ROOST_CORE_URL_H

#include <stddef.h>
#include <stdint.h>

/* "" for what is not there; all point into the memory given to roost_url_parse. path keeps its
 * slash. */
struct roost_url {
    const char *scheme, *user, *password, *host, *path;
    uint16_t port; /* 0: none given */
};

/* Returns 0, ROOST_ERR_TOO_LONG (memory: the text's length + 1 is enough), ROOST_ERR_INVALID. */
int roost_url_parse(struct roost_url *url, const char *text, char *memory, size_t size);

/* "host:port", "[v6]:port" as in a listen address, in place as above. The port is needed. */
int roost_url_parse_host_port(const char **host, uint16_t *port, const char *text, char *memory,
                              size_t size);

/* Percent-decodes in place. ROOST_ERR_INVALID: no digits behind a '%', or a NUL, which would cut it
 * short unseen. */
int roost_url_decode(char *text);

/* Copies the URL with its password replaced by "***"; what does not parse is "***" as a whole. */
void roost_url_mask(char *out, size_t size, const char *text);

#endif
