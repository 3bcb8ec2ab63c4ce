/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 requests off the wire (RFC 9112), strictly: what two parsers could read in two ways is
 * refused, since that is how requests are smuggled past a proxy. Pure: bytes in, struct or error
 * out. Depends on core/err.h.
 */
#ifndef ROOST_HOST_NET_HTTP_PARSE_H
#define ROOST_HOST_NET_HTTP_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HTTP_HEAD_MAX = 16 * 1024, /* bytes of request line and header lines */
    HTTP_HEADERS_MAX = 64,
    HTTP_TARGET_MAX = 8000,
    HTTP_PATH_MAX = 2048, /* decoded */
    HTTP_QUERY_MAX = 32   /* parameters */
};

struct http_field {
    const char *name, *value;
};

/* Texts are NUL-terminated, inside the bytes that were parsed. */
struct http_head {
    char *method, *target;
    uint8_t minor; /* of HTTP/1.x: 0 or 1 */
    struct http_field fields[HTTP_HEADERS_MAX];
    size_t field_count;
};

/* Parses in place, and changes the bytes only when the head is whole. *scanned remembers how far
 * the search for its end got; 0 at first. Returns the head's bytes (> 0), 0 when more are needed,
 * ROOST_ERR_INVALID, ROOST_ERR_TOO_LONG (bytes or lines), ROOST_ERR_UNSUPPORTED (other version). */
int http_head_parse(struct http_head *head, char *bytes, size_t len, size_t *scanned);

/* The field's value, NULL when absent. Case is ignored. */
const char *http_head_field(const struct http_head *head, const char *name);
size_t http_head_count(const struct http_head *head, const char *name);

/* True when a field of that name has the token in its comma-separated list: any of the fields,
 * since several are one list (RFC 9110 section 5.3). any_case: of the token; a name's never counts.
 */
bool http_head_lists(const struct http_head *head, const char *name, const char *token, size_t len,
                     bool any_case);

/* The length of the name in "name", "name:port" or "[v6]:port" as in Host, brackets included. 0
 * when it is malformed or empty; also with a user's name before it, which is no host's. */
size_t http_host_name(const char *host);

enum http_framing { HTTP_NO_BODY, HTTP_LENGTH, HTTP_CHUNKED };

/* How the body is delimited; *length for HTTP_LENGTH. Returns 0, ROOST_ERR_INVALID (both, twice, or
 * no number), ROOST_ERR_UNSUPPORTED (another transfer coding). */
int http_head_framing(const struct http_head *head, enum http_framing *framing, uint64_t *length);

/* What the target names: the path, decoded in place, and the query's parameters likewise. */
struct http_target {
    const char *path;
    const char *authority; /* of the absolute form; "" otherwise */
    struct http_field query[HTTP_QUERY_MAX];
    size_t query_count;
    bool damaged; /* a parameter that cannot be decoded is "" in `query`; all else is well */
};

/* Takes /path?query, and http://host/path as to a proxy. Returns 0, ROOST_ERR_TOO_LONG,
 * ROOST_ERR_INVALID: bad escapes, control characters, an encoded slash, a backslash, . and ..
 * segments, more parameters than HTTP_QUERY_MAX; `damaged` says that it is a parameter's escape
 * only. */
int http_target_parse(struct http_target *target, char *text);

/* A chunked body, piece by piece. Zero at first. */
struct http_chunks {
    uint8_t state;
    uint8_t digits;
    uint64_t left;     /* of this chunk */
    uint32_t overhead; /* bytes of extensions and trailers, bounded */
};

/* Reads from in[0..len): *used bytes were taken, and *data (inside `in`) holds *data_len bytes of
 * the body, maybe none. Returns 1 when the body is complete, 0 to be called again with what
 * follows, ROOST_ERR_INVALID (also control characters in extensions and
 * trailers), ROOST_ERR_TOO_LONG (8 KiB of those). */
int http_chunks_read(struct http_chunks *chunks, const char *in, size_t len, size_t *used,
                     const char **data, size_t *data_len);

#endif
