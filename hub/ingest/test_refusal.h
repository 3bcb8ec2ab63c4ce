/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every product's messages are refused for, checked with the topics and words of one product.
 * Included after its test_rig.h.
 *
 *     static const char *const topics[] = {"in", "status", "other"};
 *     static const char *const own[] = {"odd"};
 *     rig_check_reasons(topics, 3, own, 1);
 */
#ifndef ROOST_HUB_INGEST_TEST_REFUSAL_H
#define ROOST_HUB_INGEST_TEST_REFUSAL_H

#include "hub/ingest/test_rig.h"

struct rig_refusal {
    const char *payload, *reason;
};

/* Each is refused for its reason and acknowledged, and none leaves a row. */
static inline void rig_check_refusals(const char *topic, const char *label,
                                      const struct rig_refusal *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double before = rig_topic("roost_ingest_rejected_total", label, cases[i].reason);
        uint64_t token = rig_send(topic, cases[i].payload);
        if (rig_topic("roost_ingest_rejected_total", label, cases[i].reason) != before + 1)
            fail_msg("'%s' was not refused as %s", cases[i].payload, cases[i].reason);
        assert_true(rig_acked(token));
    }
    rig_check_account();
    rig_settle();
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, NULL)->count, 0);
}

/* None is a topic a device may publish on; `sent` is the label of one that the hub itself sends. */
static inline void rig_check_bad_topics(const char *const *topics, size_t count, const char *sent)
{
    for (size_t i = 0; i < count; i++)
        assert_true(rig_acked(rig_send(topics[i], "20")));
    assert_true(rig_topic("roost_ingest_rejected_total", "other", "bad_topic") +
                    rig_topic("roost_ingest_rejected_total", sent, "bad_topic") +
                    rig_topic("roost_ingest_rejected_total", "command", "bad_topic") ==
                (double)count);
}

/* What the bus did not keep is refused, too. */
static inline void rig_check_oversize(const char *topic, const char *label)
{
    struct bus_message message = {
        .topic = topic, .len = 100 << 20, .oversize = true, .token = ++rig.token};
    services_message(&rig.services, HUB_LANE_STORED, &message);
    rig_refused(label, "too_long");
    assert_true(rig_acked(message.token));
}

/* What others say of a device that was never heard is not its voice. */
static inline void rig_check_hearsay(const char *topic, const char *label, const char *payload)
{
    rig_send(topic, payload);
    rig_refused(label, "unknown_device");
    rig_send("device/w9/status", "{\"online\":false}");
    assert_int_equal(fleet_count(rig.fleet), 1);
    assert_false(fleet_find(rig.fleet, "w9")->active);
    assert_int_equal(fleet_find(rig.fleet, "w9")->last_seen_ms, 0);
}

static inline void rig_check_exposed(const char *exposition, const char *const *topics,
                                     size_t topic_count, const char *reason)
{
    for (size_t i = 0; i < topic_count; i++) {
        char line[160];
        snprintf(line, sizeof line, "\nroost_ingest_rejected_total{topic=\"%s\",reason=\"%s\"} 0\n",
                 topics[i], reason);
        if (!strstr(exposition, line))
            fail_msg("absent: %s", line);
    }
}

/* A rate over a counter that appears with its first count would not show that one: every reason,
 * the hub's and the product's own, is there from the start. */
static inline void rig_check_reasons(const char *const *topics, size_t topic_count,
                                     const char *const *own, size_t own_count)
{
    static const char *const reasons[] = {
#define X(name, text) text,
        HUB_REFUSAL_LIST(X)
#undef X
    };
    size_t len;
    char *text = metrics_expose(rig.fake.metrics, &len);
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        rig_check_exposed(text, topics, topic_count, reasons[i]);
    for (size_t i = 0; i < own_count; i++)
        rig_check_exposed(text, topics, topic_count, own[i]);
    free(text);
}

#endif
