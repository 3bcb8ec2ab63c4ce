/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose card may charge, as far as the charger knows it by itself: the local list, which the
 * central system sends and versions, and the cache of what it once answered. Both are on flash and
 * survive a power cut: the list is the old or the new one, whole, the cache loses no more than the
 * last answer. No messages, no clock of its own, no heap; calls nobody. Depends on core/ and the kv
 * of port/port.h.
 *
 *     err = charger_tags_init(&tags, &port->kv, &rules);
 *     charger_tags_decide(&tags, "04A2B3C4", online, now_s, &decision);
 *     switch (decision.action) {
 *     case CHARGER_TAG_START:  start(decision.parent); break;
 *     case CHARGER_TAG_ASK:    ask(); break;                  // then charger_tags_learn()
 *     case CHARGER_TAG_REFUSE: refuse(decision.status); break;
 *     }
 *
 *     charger_tags_update_begin(&tags);                       // one message, entry by entry
 *     charger_tags_update_add(&tags, &tag);
 *     charger_tags_update_remove(&tags, "04A2B3C4");
 *     answer = charger_tags_update_end(&tags, 6, false);      // all of it or nothing
 *
 * Identifiers compare without case (errata 3.58) and are kept as they came. The list beats the
 * cache, and what is on it never is in the cache. An entry past its expiry is expired whatever its
 * status says; while the time is unknown (now_s 0) an entry with an expiry is expired too, because
 * nobody can tell.
 *
 * The list on flash: key "tl" says bank, version, how many chunks and their crc; the chunks are
 * "tl.<bank>.<number>". A message is staged in one unused bank and, when it is a difference, merged
 * into the other; the write of "tl" is the moment at which it counts. The cache: "tc" holds an
 * epoch, "tc.<place>" an entry with its epoch and age, so that a single write clears it.
 *
 * Room: CHARGER_TAGS_MAX entries take at most 12.0 KB for each of the list's banks (typically 3
 * KB), two banks and the difference while it is updated. Wear: a message writes each chunk of the
 * list once; an answer that says what the cache knows writes nothing.
 */
#ifndef ROOST_DEVICES_CHARGER_TAGS_H
#define ROOST_DEVICES_CHARGER_TAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct roost_kv;

enum {
    CHARGER_TAG_MAX = 20,          /* bytes of an identifier */
    CHARGER_TAGS_MAX = 250,        /* entries in the list */
    CHARGER_TAGS_MESSAGE_MAX = 64, /* entries in one update */
    CHARGER_TAGS_CACHE_MAX = 64,   /* at most 256 */
    CHARGER_TAGS_CHUNK_BYTES = 480,
    CHARGER_TAGS_CHUNKS = 25, /* ten of the longest entries fit into one */
    CHARGER_TAGS_RAM_MAX = 2560,
};

enum charger_tag_status { /* on flash: never renumbered */
                          CHARGER_TAG_ACCEPTED,
                          CHARGER_TAG_BLOCKED,
                          CHARGER_TAG_EXPIRED,
                          CHARGER_TAG_INVALID,
                          CHARGER_TAG_CONCURRENT,
                          CHARGER_TAG_STATUS_COUNT
};

struct charger_tag {
    char id[CHARGER_TAG_MAX + 1];     /* not empty */
    char parent[CHARGER_TAG_MAX + 1]; /* empty: none */
    uint8_t status;                   /* enum charger_tag_status */
    uint32_t expires_s;               /* Unix time; 0: never */
};

/* The configuration keys that rule here. */
struct charger_tag_rules {
    bool list;              /* LocalAuthListEnabled */
    bool cache;             /* AuthorizationCacheEnabled */
    bool pre_authorize;     /* LocalPreAuthorize: on line, who is known need not wait */
    bool authorize_offline; /* LocalAuthorizeOffline */
    bool allow_unknown;     /* AllowOfflineTxForUnknownId */
};

enum charger_tag_source { CHARGER_TAG_UNKNOWN, CHARGER_TAG_LISTED, CHARGER_TAG_CACHED };

enum charger_tag_action { CHARGER_TAG_START, CHARGER_TAG_ASK, CHARGER_TAG_REFUSE };

struct charger_tag_decision {
    uint8_t action; /* enum charger_tag_action */
    uint8_t source; /* enum charger_tag_source */
    uint8_t status; /* what is known of it; CHARGER_TAG_INVALID of an unknown one */
    char parent[CHARGER_TAG_MAX + 1];
};

enum charger_list_answer {
    CHARGER_LIST_ACCEPTED,
    CHARGER_LIST_FAILED,
    CHARGER_LIST_NOT_SUPPORTED,
    CHARGER_LIST_VERSION_MISMATCH
};

/* The two parts below are the module's own. */
struct charger_tag_bank { /* entries in the chunks of a bank, as read or being written */
    uint8_t bank, chunks;
    uint16_t count;
    uint32_t crc;
    size_t used; /* of the chunk being written */
};

struct charger_cached {
    uint32_t hash, age; /* age 0: a free place; the higher the younger */
    uint32_t expires_s;
    bool accepted;
};

struct charger_tags {
    const struct roost_kv *kv;
    struct charger_tag_rules rules;
    struct charger_tag_bank list;
    int32_t version;             /* 0: the list is empty */
    int list_error, cache_error; /* of the boot: the one or the other cannot be used */
    struct {
        struct charger_tag_bank staged;
        uint16_t entries;
        uint8_t answer; /* enum charger_list_answer */
        bool open, removes;
    } update;
    bool cache_doubt; /* an entry could not be read, or a bad one not be written */
    struct charger_cached cache[CHARGER_TAGS_CACHE_MAX];
    uint32_t epoch, youngest;
    uint32_t damaged; /* lists and cached entries found broken on flash */
    uint8_t chunk[3][CHARGER_TAGS_CHUNK_BYTES];
};

/* Returns 0, or ROOST_ERR_IO: what could not be read is left out until the next boot. A list that
 * is damaged or could not be read has version 0 and leaves every card in doubt, off line refused,
 * until a full one comes; a cache likewise every card that is not found, until it is cleared, or
 * at the next boot can be read. The kv must outlive the tags. */
int charger_tags_init(struct charger_tags *tags, const struct roost_kv *kv,
                      const struct charger_tag_rules *rules);

/* Whenever one of the keys changed. A cache that is switched off is cleared: what it would miss
 * meanwhile makes it worthless. A list that is switched off stays on flash. The kv's errors: the
 * rules hold, what had to be removed is not used in this boot. */
int charger_tags_rules(struct charger_tags *tags, const struct charger_tag_rules *rules);

bool charger_tags_same(const char *a, const char *b);

/* What is known of a card, its status as of now. 0; ROOST_ERR_NOT_FOUND; the kv's errors and
 * ROOST_ERR_CORRUPT: nobody can tell. */
int charger_tags_find(struct charger_tags *tags, const char *id, int64_t now_s,
                      struct charger_tag *tag, enum charger_tag_source *source);

/* Whether it may start a transaction. On line: START when it is known, good and pre_authorize is
 * on, else ASK. Off line: START when it is known, good and authorize_offline is on, or when
 * allow_unknown is on and nothing is known against it; else REFUSE (1.6 edition 2, 3.5). When the
 * flash cannot tell: ASK or REFUSE. */
void charger_tags_decide(struct charger_tags *tags, const char *id, bool online, int64_t now_s,
                         struct charger_tag_decision *decision);

/* ---- the cache ---- */

/* What the central system said of a card, in whatever answer. *conflict: the list says otherwise,
 * which has to be reported (3.5.3); a second transaction of the same card is none. When the cache
 * is full, one that is no good any more makes room, else the oldest; but what is not accepted never
 * displaces what is. The kv's errors: not remembered. */
int charger_tags_learn(struct charger_tags *tags, const struct charger_tag *told, int64_t now_s,
                       bool *conflict);

/* ROOST_ERR_UNSUPPORTED: there is no cache (errata 3.23). The kv's errors: it is as it was. */
int charger_tags_clear(struct charger_tags *tags);

size_t charger_tags_cached(const struct charger_tags *tags);

/* ---- the list ---- */

/* -1 when there is none (switched off), 0 when it is empty. */
int32_t charger_tags_version(const struct charger_tags *tags);
size_t charger_tags_listed(const struct charger_tags *tags);

/* An update; the last call has the answer. A begin gives up what was begun before. What a message
 * is stands behind its entries as often as in front of them: it is said at the end. Version: above
 * the present one for a difference, else VERSION_MISMATCH; any above 0 for a full list, and 0 for a
 * full one that is empty. FAILED, with the old list whole: a negative version, version 0 with
 * entries, an entry twice, a bad entry, one to be removed in a full list, too many in the message
 * or in all, no room on flash. Removing what is not there is no error. A list that becomes empty
 * has version 0. */
void charger_tags_update_begin(struct charger_tags *tags);
void charger_tags_update_add(struct charger_tags *tags, const struct charger_tag *tag);
void charger_tags_update_remove(struct charger_tags *tags, const char *id);
enum charger_list_answer charger_tags_update_end(struct charger_tags *tags, int32_t version,
                                                 bool full);

#endif
