/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions said by a test, on the rig of test_rig.h. */
#ifndef ROOST_HUB_CSMS_TEST_SAYS_H
#define ROOST_HUB_CSMS_TEST_SAYS_H

#include "hub/csms/test_rig.h"

static inline const char *start_at(const char *id, int connector, const char *tag, int meter,
                                   const char *time)
{
    static char text[256];

    snprintf(text, sizeof text,
             "[2,\"%s\",\"StartTransaction\",{\"connectorId\":%d,\"idTag\":\"%s\",\"meterStart\":"
             "%d,\"timestamp\":\"%s\"}]",
             id, connector, tag, meter, time);
    return text;
}

/* `more`: further members, ",\"reason\":..." or "". */
static inline const char *stop_at(const char *id, int tx, int meter, const char *time,
                                  const char *more)
{
    static char text[512];

    snprintf(text, sizeof text,
             "[2,\"%s\",\"StopTransaction\",{\"transactionId\":%d,\"meterStop\":%d,\"timestamp\":"
             "\"%s\"%s}]",
             id, tx, meter, time, more);
    return text;
}

#define NINE "2026-11-30T09:00:00Z"
#define TEN  "2026-11-30T10:00:00Z"

/* What a Start was answered: its status, and its id returned. */
static inline int started(struct rig_peer *peer, const char *status)
{
    char word[32];
    int id = 0;
    const char *text = rig_next(peer);

    assert_int_equal(
        sscanf(text,
               "[3,\"%*[^\"]\",{\"idTagInfo\":{\"status\":\"%31[^\"]\"},\"transactionId\":%d}]",
               word, &id),
        2);
    assert_string_equal(word, status);
    assert_true(id > 0);
    return id;
}

static inline struct rig_peer *charger(const char *id)
{
    if (rig.book.tag_count == 0) {
        book_fake_tag(&rig.book, "ABC");
        book_fake_tag(&rig.book, "XYZ");
    }
    return rig_charger(id);
}

static inline const struct csms_tx *open_of(const char *identity, size_t connector)
{
    struct csms_view view;

    assert_true(csms_look(rig.csms, identity, &view));
    return connector < view.connector_count ? view.connectors[connector].tx : NULL;
}

#endif
