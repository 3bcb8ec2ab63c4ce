/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of an HTTP request as a server reads it, of a known length or in chunks (RFC 9112, 7.1),
 * from whatever pieces it arrives in; only its length and a hash are kept. Depends on core/fnv.h.
 */
#ifndef ROOST_TESTS_SUPPORT_UPLOAD_H
#define ROOST_TESTS_SUPPORT_UPLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct support_upload {
    bool chunked, whole, bad;
    uint64_t left; /* of the body, or of the chunk */
    uint64_t bytes;
    uint32_t hash; /* core/fnv.h */
    enum { SUPPORT_CHUNK_SIZE, SUPPORT_CHUNK_DATA, SUPPORT_CHUNK_END, SUPPORT_CHUNK_LAST } at;
    char line[32];
    size_t line_len;
};

/* From the request's header fields: true when it announces a body. */
bool support_upload_begin(struct support_upload *upload, const char *length, const char *encoding);

/* Takes bytes of the body; returns how many, fewer than `len` only when it is whole or bad. */
size_t support_upload_take(struct support_upload *upload, const uint8_t *data, size_t len);

#endif
