/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/security/blob.h"

#include <string.h>

#include "core/err.h"

enum { PIECES_MAX = CHARGER_GATHER_MAX / CHARGER_BLOB_PIECE };

static const char *key_of(const struct charger_blob *blob, char key[ROOST_KV_KEY_MAX + 1],
                          unsigned piece)
{
    size_t len = strlen(blob->name);

    memcpy(key, blob->name, len);
    key[len] = (char)('a' + piece);
    key[len + 1] = '\0';
    return key;
}

static int fetch(const struct roost_pki_text *text, uint32_t offset, void *out, size_t len)
{
    if (!text->bytes)
        return text->read(text->ctx, offset, out, len);
    memcpy(out, (const uint8_t *)text->bytes + offset, len);
    return 0;
}

int charger_blob_write(struct charger_blob *blob, const struct roost_pki_text *text)
{
    uint8_t piece[CHARGER_BLOB_PIECE];
    char key[ROOST_KV_KEY_MAX + 1];
    int err = 0;

    blob->len = 0;
    if (text->len > CHARGER_BLOB_MAX)
        return ROOST_ERR_TOO_LONG;
    for (uint32_t at = 0; at < text->len && !err; at += CHARGER_BLOB_PIECE) {
        uint32_t left = text->len - at;
        uint32_t len = left < CHARGER_BLOB_PIECE ? left : CHARGER_BLOB_PIECE;
        err = fetch(text, at, piece, len);
        if (!err)
            err = blob->kv->ops->set(blob->kv->ctx, key_of(blob, key, at / CHARGER_BLOB_PIECE),
                                     piece, len);
    }
    if (err)
        (void)charger_blob_erase(blob);
    else
        blob->len = (uint16_t)text->len;
    return err;
}

static int read_blob(void *ctx, uint32_t offset, void *out, size_t len)
{
    struct charger_blob *blob = ctx;
    uint8_t piece[CHARGER_BLOB_PIECE], *to = out;
    char key[ROOST_KV_KEY_MAX + 1];

    blob->was_read = true;
    while (len > 0) {
        unsigned number = offset / CHARGER_BLOB_PIECE, at = offset % CHARGER_BLOB_PIECE;
        int got = blob->kv->ops->get(blob->kv->ctx, key_of(blob, key, number), piece, sizeof piece);
        if (got < 0)
            return got == ROOST_ERR_IO ? got : ROOST_ERR_CORRUPT;
        size_t part = (unsigned)got > at ? (unsigned)got - at : 0;
        if (part == 0)
            return ROOST_ERR_CORRUPT;
        if (part > len)
            part = len;
        memcpy(to, piece + at, part);
        to += part;
        offset += (uint32_t)part;
        len -= part;
    }
    return 0;
}

struct roost_pki_text charger_blob_text(struct charger_blob *blob)
{
    return (struct roost_pki_text){.len = blob->len, .read = read_blob, .ctx = blob};
}

int charger_blob_erase(struct charger_blob *blob)
{
    char key[ROOST_KV_KEY_MAX + 1];
    int result = 0;

    for (unsigned i = 0; i < PIECES_MAX; i++) {
        int err = blob->kv->ops->erase(blob->kv->ctx, key_of(blob, key, i));
        if (err)
            result = err;
    }
    blob->len = 0;
    return result;
}

/* ---- in parts ---- */

void charger_gather_begin(struct charger_gather *gather, const struct roost_kv *kv,
                          const char *name)
{
    gather->blob = (struct charger_blob){.kv = kv};
    memcpy(gather->blob.name, name, strlen(name) + 1);
    gather->err = 0;
}

/* The piece that is full, or the last one. */
static void put_piece(struct charger_gather *gather, size_t len)
{
    const struct roost_kv *kv = gather->blob.kv;
    char key[ROOST_KV_KEY_MAX + 1];

    gather->err = kv->ops->set(
        kv->ctx, key_of(&gather->blob, key, (gather->blob.len - 1u) / CHARGER_BLOB_PIECE),
        gather->piece, len);
}

void charger_gather_add(struct charger_gather *gather, const char *text, size_t len)
{
    while (len > 0 && gather->err == 0) {
        size_t at = gather->blob.len % CHARGER_BLOB_PIECE;
        size_t part = CHARGER_BLOB_PIECE - at < len ? CHARGER_BLOB_PIECE - at : len;

        if (gather->blob.len + part > CHARGER_GATHER_MAX) {
            gather->err = ROOST_ERR_TOO_LONG;
            return;
        }
        memcpy(gather->piece + at, text, part);
        gather->blob.len = (uint16_t)(gather->blob.len + part);
        text += part;
        len -= part;
        if (at + part == CHARGER_BLOB_PIECE)
            put_piece(gather, CHARGER_BLOB_PIECE);
    }
}

int charger_gather_end(struct charger_gather *gather)
{
    size_t left = gather->blob.len % CHARGER_BLOB_PIECE;

    if (gather->err == 0 && left > 0)
        put_piece(gather, left);
    if (gather->err == 0 && gather->blob.len == 0)
        gather->err = ROOST_ERR_EMPTY;
    return gather->err;
}
