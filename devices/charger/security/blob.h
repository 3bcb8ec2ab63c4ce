/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text of certificates in the kv, in pieces, because one value does not hold it: written from
 * memory or from wherever it is, and a text of port/pki.h again. It has no header: who keeps its
 * length, with one write behind the last piece, decides with that whether it counts. Depends on
 * core/ and port/port.h.
 *
 *     blob = (struct charger_blob){.kv = kv, .name = "fc0"};
 *     err = charger_blob_write(&blob, &text);                  // sets blob.len
 *     chain = charger_blob_text(&blob);                        // good while blob stays
 *
 * Or as it comes, in parts of any length, so that it never stands whole in memory:
 *
 *     charger_gather_begin(&gather, kv, "in");
 *     charger_gather_add(&gather, part, len);                  // once or often
 *     err = charger_gather_end(&gather);                       // gather.blob is the text
 */
#ifndef ROOST_DEVICES_CHARGER_SECURITY_BLOB_H
#define ROOST_DEVICES_CHARGER_SECURITY_BLOB_H

#include "port/port.h"

enum {
    CHARGER_BLOB_PIECE = 400,
    CHARGER_BLOB_MAX = 5632,    /* what OCPP lets a certificate have is 5500 characters */
    CHARGER_GATHER_MAX = 10400, /* and a chain 10,000: pieces are named a to z */
    CHARGER_BLOB_NAME_MAX = 6
};

struct charger_blob {
    const struct roost_kv *kv;
    char name[CHARGER_BLOB_NAME_MAX + 1];
    uint16_t len;
    bool was_read; /* since its owner forgot it */
};

/* A text that comes in parts. */
struct charger_gather {
    struct charger_blob blob; /* len: what was added, written or not */
    int err;                  /* the first one; nothing is written after it */
    uint8_t piece[CHARGER_BLOB_PIECE];
};

/* Overwrites. ROOST_ERR_TOO_LONG, what the text's read returned, the kv's errors: no text any more;
 * what was written is taken away as far as that goes. */
int charger_blob_write(struct charger_blob *blob, const struct roost_pki_text *text);

struct roost_pki_text charger_blob_text(struct charger_blob *blob);

/* Whatever its length was. The kv's errors. */
int charger_blob_erase(struct charger_blob *blob);

/* name is borrowed for the call; what lay there is overwritten. */
void charger_gather_begin(struct charger_gather *gather, const struct roost_kv *kv,
                          const char *name);
void charger_gather_add(struct charger_gather *gather, const char *text, size_t len);
/* 0: all of it is on flash. ROOST_ERR_TOO_LONG (CHARGER_GATHER_MAX), the kv's errors;
 * ROOST_ERR_EMPTY: nothing came. */
int charger_gather_end(struct charger_gather *gather);

#endif
