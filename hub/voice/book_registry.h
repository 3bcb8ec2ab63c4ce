/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The book of hub/voice/book.h as the registry keeps it: a device is claimed when it has proved it
 * (hub/api/claim.c), its key is the secret that its factory gave it, a child has consent while one
 * for the service holds, and is as old as its month of birth says today. A child that is not there,
 * or is no longer (or not yet) of an age, has no consent. Neither name nor birthday leaves it.
 * Depends on hub/voice/book.h, hub/store/registry.h, hub/factory/seal.h, hub/birth.h.
 *
 *     struct book_registry *registry_book = book_registry_new(&registry, clock, key);
 *     const struct voice_book book = book_registry_book(registry_book);
 *     book_registry_watch(registry_book, on_changed, service);   the sessions of that child ask
 * again
 *     ...
 *     book_registry_changed(registry_book, "c-17");              a parent has taken it back
 */
#ifndef ROOST_HUB_VOICE_BOOK_REGISTRY_H
#define ROOST_HUB_VOICE_BOOK_REGISTRY_H

#include "hub/voice/book.h"

struct book_registry;
struct host_clock;
struct registry;

/* registry_key: SEAL_KEY_BYTES, opens the devices' secrets; NULL: the hub has none, and a device
 * that is claimed has no key then. All borrowed. NULL when out of memory. */
struct book_registry *book_registry_new(const struct registry *registry,
                                        const struct host_clock *clock,
                                        const uint8_t *registry_key);
/* When the registry is closed: nobody is answered any more. */
void book_registry_free(struct book_registry *book);

struct voice_book book_registry_book(struct book_registry *book);

/* What is known of a child has changed: an answer given before may be wrong now. On the hub's
 * thread, never from inside a look-up. One watcher; NULL: none. (void: as struct
 * voice_parts.watch.) */
typedef void (*book_changed_fn)(void *arg, const char *child_id);
void book_registry_watch(void *book, book_changed_fn changed, void *arg);
void book_registry_changed(struct book_registry *book, const char *child_id);

#endif
