/* SPDX-License-Identifier: Apache-2.0 */
/* A refusal on its way to whoever can mend it. */
#include "hub/ingest/ingest_internal.h"

void report_outcome(struct ingest *ingest, size_t label, enum hub_outcome outcome,
                    const char *device_id, const struct bus_message *message)
{
    size_t slot = label < ingest->topic_count ? ingest->routes[label].slot : 0;
    bool has_id = label < ingest->topic_count;

    account_message(&ingest->account, label, slot, outcome);
    const char *reason = account_reason(&ingest->account, slot, outcome);
    if (!reason || !ingest->refusals)
        return;
    const struct refusal refusal = {
        .device = has_id ? fleet_find(ingest->fleet, device_id) : NULL,
        .device_id = has_id ? device_id : "",
        .topic = message->topic,
        .reason = reason,
        .payload = message->oversize ? NULL : message->payload,
        .len = message->len,
        .now_ms = ingest->clock->ops->now_ms(ingest->clock->ctx),
        .unix_ms = ingest->clock->ops->unix_ms(ingest->clock->ctx),
    };
    refusals_note(ingest->refusals, &refusal);
}

void ingest_report_to(struct ingest *ingest, struct refusals *refusals)
{
    ingest->refusals = refusals;
}
