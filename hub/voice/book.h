/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a voice companion belongs to and what its parents have agreed to, asked of whoever keeps
 * children (the registry, a test). Depends on hub/child.h.
 *
 *     err = book->ops->look_up(book->ctx, "teddy-0001", "c-17", on_known, link);
 */
#ifndef ROOST_HUB_VOICE_BOOK_H
#define ROOST_HUB_VOICE_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "hub/child.h"

enum { VOICE_BOOK_KEY_MAX = 128 };

struct voice_known {
    /* Of the device. A claimed one speaks with its own key only; the shared secret is no use to it.
     */
    bool claimed;
    bool other_child; /* it was claimed for another child than the one asked for */
    size_t key_len;
    uint8_t key[VOICE_BOOK_KEY_MAX];

    /* Of the child. */
    bool child; /* there is such a child */
    /* Parents agreed that sound is taken and words are answered. Without it nothing is decoded. */
    bool consent;
    unsigned age; /* in years, today; 0: not known */
    enum child_language language;
};

/* Once, on the hub's thread, never from inside the call that asked. err below 0: it cannot be known
 * now (known is NULL then), and nobody is let in meanwhile. known is borrowed for the call, then
 * wiped. */
typedef void (*voice_known_fn)(void *arg, int err, const struct voice_known *known);

struct voice_book_ops {
    /* A device or child that is not known is no error. Returns 0, ROOST_ERR_FULL, ROOST_ERR_BUSY,
     * ROOST_ERR_CLOSED, ROOST_ERR_NO_MEMORY; `done` is called for 0 only. */
    int (*look_up)(void *ctx, const char *device_id, const char *child_id, voice_known_fn done,
                   void *arg);
    /* For the audit: what people should be able to look up about this device and child, in a few
     * words without any of the child's. `what` is a literal; lost when it cannot be written. NULL:
     * nobody keeps it. */
    void (*note)(void *ctx, const char *device_id, const char *child_id, const char *what);
};
struct voice_book {
    const struct voice_book_ops *ops;
    void *ctx;
};

#endif
