/* SPDX-License-Identifier: Apache-2.0 */
/* The fleet as one of the services: the topics that every device has. */
#include "core/err.h"
#include "hub/fleet/fleet.h"

static enum hub_outcome take_status(void *service, struct hub_message *message)
{
    int err =
        fleet_status(service, message->device, message->payload, message->len, message->retain);
    if (err)
        return hub_refusal(err);
    message->journal_id = message->device->status->journal_id;
    return HUB_STORED;
}

static enum hub_outcome take_answer(void *service, struct hub_message *message)
{
    const struct hub_receipt *receipt = message->receipt.give ? &message->receipt : NULL;
    /* Whoever had it kept: an answer is to one command, and was given once. */
    if (message->retain)
        return HUB_DUPLICATE;
    int err = fleet_answer(service, message->device, message->payload, message->len, receipt);
    switch (err) {
    case 0:
        return receipt ? HUB_LATER : HUB_STORED;
    case ROOST_ERR_NOT_FOUND:
        return HUB_UNKNOWN_COMMAND;
    case ROOST_ERR_EXISTS:
        return HUB_DUPLICATE;
    default:
        return hub_refusal(err);
    }
}

static size_t waiting(const void *service)
{
    return fleet_removing(service) + (size_t)fleet_flushes(service);
}

static uint64_t tick(void *service, uint64_t now_ms)
{
    return fleet_tick(service, now_ms);
}

/* A status may name the journal of the readings behind it, so it comes in order with them. Somebody
 * waits for an answer, and it is nothing that the series store. By the session of an older hub it
 * may come on the stored lane once, where nothing waits for the registry. */
enum { STATUS, COMMAND, ANSWER };

static const struct hub_topic topics[] = {
    [STATUS] = {&roost_fleet_topics[ROOST_TOPIC_STATUS], HUB_FROM_DEVICE_OR_WILL, HUB_LANE_STORED,
                take_status},
    [COMMAND] = {.topic = &roost_fleet_topics[ROOST_TOPIC_COMMAND]},
    [ANSWER] = {&roost_fleet_topics[ROOST_TOPIC_ANSWER], HUB_FROM_DEVICE, HUB_LANE_PROMPT,
                take_answer},
};

const struct hub_service fleet_service = {
    .name = "fleet",
    .topics = topics,
    .topic_count = sizeof topics / sizeof topics[0],
    .tick = tick,
    .waiting = waiting,
};
