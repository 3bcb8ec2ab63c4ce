/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the slots of port/pki.h lie: in the port's kv, whose writes are atomic, durable and
 * encrypted at rest. A key is a blob of bytes here, made and used by the library above. Depends on
 * port/port.h (kv) and core/.
 *
 *     ps<slot>      the pair in use: the key, and length, CRC and generation of its chain
 *     pw<slot>      the key that waits; counts only with the number that follows the pair's
 *     p0<slot>a..h  the chain of generation 0 as DER, in pieces; p1<slot>a..h that of generation 1
 *
 * A rotation writes the chain under the other generation and then, with one write, the pair: that
 * write is the moment of change. What a power cut leaves behind before or after it is overwritten
 * by the next rotation.
 */
#ifndef ROOST_PORT_PKI_SLOT_H
#define ROOST_PORT_PKI_SLOT_H

#include "port/port.h"

enum { ROOST_SLOT_KEY_MAX = 1300 /* RSA-2048: 1193 bytes */, ROOST_SLOT_PIECE = 1024 };

struct roost_slots {
    struct roost_kv kv;
};

struct roost_slot_key {
    enum roost_pki_key kind;
    uint16_t len;
    uint8_t der[ROOST_SLOT_KEY_MAX];
};

enum roost_slot_which { ROOST_SLOT_IN_USE, ROOST_SLOT_WAITING };

/* 0, ROOST_ERR_INVALID or ROOST_ERR_TOO_LONG. The functions below check it themselves. */
int roost_slot_name(const char *name);

/* 0, ROOST_ERR_NOT_FOUND, ROOST_ERR_CORRUPT or ROOST_ERR_IO. Whatever it returns, the key is to be
 * forgotten after use. */
int roost_slot_key(const struct roost_slots *slots, const char *name, enum roost_slot_which which,
                   struct roost_slot_key *key);

/* Overwrites it in memory, so that no copy stays on the stack. */
void roost_slot_forget(struct roost_slot_key *key);

/* The key waits now instead of one that did. */
int roost_slot_keep(const struct roost_slots *slots, const char *name,
                    const struct roost_slot_key *key);

/* The pair in use is now this one. `which` says where the key was: one that waited waits no more;
 * the one in use leaves alone what waits. */
int roost_slot_bind(const struct roost_slots *slots, const char *name, enum roost_slot_which which,
                    const struct roost_slot_key *key, const struct roost_pki_text *chain);

/* pki.look and pki.erase themselves; ctx is a struct roost_slots, which stands first in a body's
 * state. */
int roost_slot_look(void *ctx, const char *name, struct roost_pki_slot *out);
int roost_slot_erase(void *ctx, const char *name);

/* Whether a request can be made for this subject, on every library alike. */
bool roost_slot_subject_ok(const struct roost_pki_subject *subject);

#endif
