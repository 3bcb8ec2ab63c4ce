/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of devices/charger/tags share; for nobody else. */
#ifndef ROOST_DEVICES_CHARGER_TAGS_PARTS_H
#define ROOST_DEVICES_CHARGER_TAGS_PARTS_H

#include "devices/charger/tags.h"

enum {
    TAGS_ENTRY_MAX = 3 + 2 * CHARGER_TAG_MAX + 4, /* bytes of an entry on flash */
    TAGS_REMOVED = 0x10                           /* a bit beside the status on flash */
};

/* An entry on flash: status and flags, length and bytes of the identifier, the same of the parent,
 * then the expiry when there is one. */
size_t tags_pack(const struct charger_tag *tag, unsigned flags, uint8_t out[TAGS_ENTRY_MAX]);

/* Reads one; returns its length or ROOST_ERR_CORRUPT. The flags stay in the first byte. */
int tags_unpack(const uint8_t *bytes, size_t len, struct charger_tag *tag);

bool tags_good(const struct charger_tag *tag);
uint32_t tags_hash(const char *id);

/* The status as of now. */
uint8_t tags_status(const struct charger_tag *tag, int64_t now_s);

/* "tl.1.0a", "tc.3f": prefix and two digits. */
void tags_key(char *out, const char *prefix, unsigned number);

/* ---- list ---- */

int tags_list_init(struct charger_tags *tags);
int tags_list_find(struct charger_tags *tags, const char *id, struct charger_tag *tag);

/* Calls `take` with each entry of the list until it answers other than 0. */
int tags_list_walk(struct charger_tags *tags,
                   int (*take)(struct charger_tags *tags, const struct charger_tag *tag));

/* ---- cache ---- */

int tags_cache_init(struct charger_tags *tags);
int tags_cache_find(struct charger_tags *tags, const char *id, struct charger_tag *tag);
int tags_cache_put(struct charger_tags *tags, const struct charger_tag *tag, int64_t now_s);
int tags_cache_forget(struct charger_tags *tags, const struct charger_tag *tag);
int tags_cache_clear(struct charger_tags *tags);

/* Takes everything that is on the list out of the cache. */
int tags_cache_purge(struct charger_tags *tags);

#endif
