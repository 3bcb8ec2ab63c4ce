/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the charger's tags share: a store, the tags on it, and short words for both. */
#ifndef ROOST_DEVICES_CHARGER_TEST_TAGS_RIG_H
#define ROOST_DEVICES_CHARGER_TEST_TAGS_RIG_H

#include <stdio.h>

#include "devices/charger/tags.h"
#include "devices/charger/test/kv_cut.h"

#define NOW INT64_C(1790000000)
#define DAY 86400

static struct kv_cut store;
static struct charger_tags tags;
static struct charger_tag_rules rules;

static inline int tags_boot(void)
{
    kv_cut_boot(&store);
    return charger_tags_init(&tags, &store.kv, &rules);
}

static inline void tags_first_boot(void)
{
    kv_cut_init(&store);
    rules = (struct charger_tag_rules){.list = true, .cache = true, .authorize_offline = true};
    assert_int_equal(tags_boot(), 0);
}

static inline struct charger_tag tag_of(const char *id, const char *parent, uint8_t status,
                                        uint32_t expires_s)
{
    struct charger_tag tag = {.status = status, .expires_s = expires_s};
    snprintf(tag.id, sizeof tag.id, "%s", id);
    snprintf(tag.parent, sizeof tag.parent, "%s", parent);
    return tag;
}

static inline void add(const char *id, uint8_t status, uint32_t expires_s)
{
    struct charger_tag tag = tag_of(id, "", status, expires_s);
    charger_tags_update_add(&tags, &tag);
}

static inline bool learn(const char *id, uint8_t status)
{
    struct charger_tag tag = tag_of(id, "GROUP", status, 0);
    bool conflict;
    assert_int_equal(charger_tags_learn(&tags, &tag, NOW, &conflict), 0);
    return conflict;
}

/* Where a card is known from. */
static inline enum charger_tag_source source_of(const char *id)
{
    struct charger_tag tag;
    enum charger_tag_source source;
    (void)charger_tags_find(&tags, id, NOW, &tag, &source);
    return source;
}

static inline enum charger_tag_action decide(const char *id, bool online)
{
    struct charger_tag_decision decision;
    charger_tags_decide(&tags, id, online, NOW, &decision);
    return (enum charger_tag_action)decision.action;
}

/* What the message that was begun is. */
static int32_t update_version;
static bool update_full;

static inline void update_begin(int32_t version, bool full)
{
    update_version = version;
    update_full = full;
    charger_tags_update_begin(&tags);
}

static inline enum charger_list_answer update_end(void)
{
    return charger_tags_update_end(&tags, update_version, update_full);
}

static inline enum charger_list_answer full_of(int32_t version, int count)
{
    char id[CHARGER_TAG_MAX + 1];
    update_begin(version, true);
    for (int i = 0; i < count; i++) {
        snprintf(id, sizeof id, "TAG-%016d", i);
        add(id, CHARGER_TAG_ACCEPTED, 0);
    }
    return update_end();
}

static inline void p_52_list(void)
{
    tags_first_boot();
    learn("C", CHARGER_TAG_ACCEPTED);
    update_begin(1, true);
    add("A", CHARGER_TAG_ACCEPTED, 0);
    add("B", CHARGER_TAG_BLOCKED, 0);
    add("E", CHARGER_TAG_ACCEPTED, (uint32_t)NOW - DAY);
    assert_int_equal(update_end(), CHARGER_LIST_ACCEPTED);
}

#endif
