/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/upload.h"

#include <stdlib.h>
#include <strings.h>

#include "core/fnv.h"

bool support_upload_begin(struct support_upload *upload, const char *length, const char *encoding)
{
    *upload = (struct support_upload){.hash = ROOST_FNV32};
    upload->chunked = strcasecmp(encoding, "chunked") == 0;
    if (!upload->chunked) {
        upload->left = strtoull(length, NULL, 10);
        upload->whole = upload->left == 0;
    }
    return upload->chunked || length[0] != '\0';
}

static size_t take_data(struct support_upload *upload, const uint8_t *data, size_t len)
{
    size_t taken = len < upload->left ? len : (size_t)upload->left;

    upload->hash = roost_fnv32(upload->hash, data, taken);
    upload->bytes += taken;
    upload->left -= taken;
    if (upload->left == 0) {
        upload->whole = !upload->chunked;
        upload->at = SUPPORT_CHUNK_END;
    }
    return taken;
}

/* A line is whole. */
static void take_line(struct support_upload *upload)
{
    char *end = upload->line;

    upload->line[upload->line_len] = '\0';
    switch (upload->at) {
    case SUPPORT_CHUNK_SIZE:
        upload->left = strtoull(upload->line, &end, 16);
        upload->bad = end == upload->line;
        upload->at = upload->left ? SUPPORT_CHUNK_DATA : SUPPORT_CHUNK_LAST;
        break;
    case SUPPORT_CHUNK_END:
        upload->bad = upload->line_len != 0;
        upload->at = SUPPORT_CHUNK_SIZE;
        break;
    default:
        upload->bad = upload->line_len != 0; /* no trailers here */
        upload->whole = true;
    }
    upload->line_len = 0;
}

size_t support_upload_take(struct support_upload *upload, const uint8_t *data, size_t len)
{
    size_t at = 0;

    while (at < len && !upload->whole && !upload->bad) {
        if (!upload->chunked || upload->at == SUPPORT_CHUNK_DATA) {
            at += take_data(upload, data + at, len - at);
            continue;
        }
        char byte = (char)data[at++];
        if (byte == '\n')
            take_line(upload);
        else if (byte != '\r' && upload->line_len < sizeof upload->line - 1)
            upload->line[upload->line_len++] = byte;
    }
    return at;
}
