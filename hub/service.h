/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hub service is a row: what it takes and what it shows stands in one const table, and the hub
 * loops over the rows (hub/ingest/services.h); a product adds its row to hub/products/products.c.
 * A service is a pure module: messages and timers in, actions out through what struct hub_parts
 * holds, so it runs unchanged in roostd and in the simulator. One thread. Must not know libuv,
 * sockets or SQL. Depends on host/bus.h, host/clock.h, host/metrics.h, the stores' interfaces.
 *
 *     static const struct hub_stream streams[] = {[METER_ENERGY] = {7, HUB_JOURNALLED}};
 *
 *     static enum hub_outcome take_energy(void *service, struct hub_message *message)
 *     {
 *         ...                                        parse; HUB_BAD_PAYLOAD when it is none
 *         enum hub_outcome outcome = ingest_number(message, METER_ENERGY, seq, unix_ms,
 *                                                  ingest_content(&energy_wh, sizeof energy_wh));
 *         if (outcome == HUB_WAITS)
 *             ingest_row(message, SERIES_ENERGY, ingest_time(message, unix_ms).unix_ms)->value =
 *                 energy_wh;
 *         return outcome;
 *     }
 *
 *     static const struct hub_topic topics[] = {
 *         {&meter_topics[METER_TOPIC_ENERGY], HUB_FROM_DEVICE, HUB_LANE_STORED, take_energy},
 *     };
 *
 *     const struct hub_service meter_service = {
 *         .name = "meter", .type = "meter", .open = meter_open, .close = meter_close, .topics =
 * topics, .topic_count = 1, .streams = streams, .stream_count = 1, .tick = meter_tick};
 */
#ifndef ROOST_HUB_SERVICE_H
#define ROOST_HUB_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/json_write.h"
#include "host/bus.h"
#include "host/clock.h"
#include "host/metrics.h"
#include "proto/fleet/topic.h"

struct fleet;
struct fleet_device;
struct http_route;
struct hub_socket_route;
struct registry;
struct registry_command;
struct series;
struct series_row;
struct settings;

enum {
    HUB_SERVICES_MAX = 8,
    HUB_TOPICS_MAX = 32, /* of all services together; and so on */
    HUB_STREAMS_MAX = 16,
    HUB_ROUTES_MAX = 64,
    HUB_REASONS_MAX = 16, /* of services' own */
    HUB_ROWS_A_MESSAGE = 2,
    HUB_DESCRIPTION_MAX = 3584 /* bytes of all that the services say of one device */
};

/* ---- the live view ---- */

/* What changed, for the dashboard's live view: name and one JSON object, borrowed for the call. */
struct hub_feed_ops {
    bool (*wanted)(void *ctx); /* false: nobody looks, send nothing */
    void (*send)(void *ctx, const char *event, const char *json, size_t len);
};
struct hub_feed {
    const struct hub_feed_ops *ops;
    void *ctx;
};

/* Nothing needs to be written that nobody looks at. */
static inline bool hub_feed_wanted(const struct hub_feed *feed)
{
    return feed && feed->ops && feed->ops->wanted(feed->ctx);
}

/* Ends the writer and sends what it wrote. */
static inline void hub_feed_send(const struct hub_feed *feed, const char *event,
                                 struct roost_json_writer *writer)
{
    int len = roost_json_finish(writer);

    if (len > 0)
        feed->ops->send(feed->ctx, event, writer->out, (size_t)len);
}

/* ---- messages ---- */

/* What became of a message. X(name, label): why one is refused for good, by whatever service. */
#define HUB_REFUSAL_LIST(X)                                                                        \
    X(BAD_TOPIC, "bad_topic")                                                                      \
    X(BAD_PAYLOAD, "bad_payload")                                                                  \
    X(RANGE, "range")                                                                              \
    X(TOO_LONG, "too_long")                                                                        \
    X(UNKNOWN_DEVICE, "unknown_device")                                                            \
    X(UNCLAIMED, "unclaimed")                                                                      \
    X(DEVICE_LIMIT, "device_limit")                                                                \
    X(RATE_LIMITED, "rate_limited")                                                                \
    X(UNKNOWN_COMMAND, "unknown_command")                                                          \
    X(NO_MEMORY, "no_memory")

enum hub_outcome {
    HUB_WAITS,     /* its rows are in the batch: acknowledged when they are durable */
    HUB_STORED,    /* nothing of it has to be stored any more */
    HUB_DUPLICATE, /* was there before */
    HUB_LATER,     /* the service gives its receipt when it is durable */
#define X(name, label) HUB_##name,
    HUB_REFUSAL_LIST(X)
#undef X
        HUB_OWN /* HUB_OWN + i: refused for reason i of the service's row */
};

/* The refusal for what a decoder said. */
enum hub_outcome hub_refusal(int err);

/* Who sends it. A device that speaks is registered by policy and heard of; what its last will or
 * another program says of it registers it only, unless it was removed; what a person says of an
 * unknown one is a mistake. What devices send counts against their rate. */
enum hub_sender { HUB_FROM_DEVICE, HUB_FROM_DEVICE_OR_WILL, HUB_FROM_PROGRAM, HUB_FROM_PERSON };

/* Which session of the broker brings it. STORED: messages that may have to be stored, in order with
 * all others of their device; it pauses while the store cannot keep up. PROMPT: what must not wait
 * for a slow store, and stores nothing in the series: it is never paused. It is acknowledged in
 * order, too, and may wait for the registry (HUB_LATER). */
enum hub_lane { HUB_LANE_STORED, HUB_LANE_PROMPT, HUB_LANE_COUNT };

/* What a service that takes a message with HUB_LATER copies, and gives once, after that call: the
 * message is acknowledged then. One that is never given leaves the message with the broker, which
 * sends it again to the next process. */
struct hub_receipt {
    void (*give)(void *ctx, uint64_t number, size_t label); /* NULL: nobody wants one */
    void *ctx;
    uint64_t number;
    size_t label;
};

/* A message on its way through; borrowed for the call. */
struct hub_message {
    const char *payload;
    size_t len;
    bool retain, dup;
    struct fleet_device *device; /* of whom or for whom it is */
    void **part;                 /* what the service keeps of the device; NULL until it makes it */
    uint64_t now_ms;
    int64_t unix_ms;
    /* Set by the service: the device named the journal that it numbers its readings by. */
    uint32_t journal_id;
    /* Of a message on the prompt lane. What comes on the stored lane goes by its batch. */
    struct hub_receipt receipt;
};

struct hub_topic {
    const struct roost_topic *topic;
    enum hub_sender sender;
    enum hub_lane lane;
    /* Either refuses the message or has its rows in the batch and its number taken when it returns;
     * nothing in between. NULL: the hub publishes there and does not listen. */
    enum hub_outcome (*take)(void *service, struct hub_message *message);
};

/* How the numbers of a stream come about (hub/ingest/streams.h). */
enum hub_numbering {
    HUB_NUMBERED,   /* counts for itself, and may leave numbers out */
    HUB_JOURNALLED, /* from the device's journal; may share its numbers with the others like it */
    HUB_TIMED       /* has no number, its time serves as one; the newest few are remembered */
};

/* A numbered stream that each device may have. A service names it by its index in the row. */
struct hub_stream {
    uint8_t stored_as; /* series_stream.stream: part of the stored format, unique in the hub */
    enum hub_numbering numbering;
};

/* ---- the row ---- */

/* What a program gives to one of its services that the others know nothing of: under a name that
 * the service's header states, of a type that it states. */
struct hub_extra {
    const char *name;
    const void *what;
};

/* A command on its way to a device. All of it is borrowed for the call. */
struct hub_command {
    const char *id, *name;
    const char *args_json; /* one object, or NULL */
    const char *json;      /* the whole message of proto/fleet/command.h */
    size_t len;
};

/* What a service works with; borrowed for its life. */
struct hub_parts {
    const struct settings *settings;
    const struct registry *registry;
    const struct series *series;
    const struct bus *bus; /* to publish on; never paused */
    const struct host_clock *clock;
    const struct hub_feed *feed; /* NULL: no live view */
    struct metrics *metrics;
    int64_t built_ms;               /* when the program was built; 0: not known */
    const struct hub_extra *extras; /* up to one without a name; NULL: none */
    struct fleet *fleet;            /* the rest is filled in for each service */
    size_t slot;                    /* its place in fleet_device.part */
};

/* Members that are not there are NULL or 0. `service` is what open made. */
struct hub_service {
    const char *name;
    /* What its devices say they are (fleet_device.type), and what operators and factories may make
     * of one that has not spoken yet: "meter". NULL: no product of devices of its own. */
    const char *type;

    /* Makes it and registers its metrics. Returns 0, or the error it has logged. */
    int (*open)(void **service, const struct hub_parts *parts);
    void (*close)(void *service); /* the fleet is gone by then, and every part forgotten */

    const struct hub_topic *topics;
    const struct hub_stream *streams;
    const char *const *reasons;             /* labels of HUB_OWN + i */
    const struct http_route *routes;        /* REST (host/net/http.h); ctx becomes the service */
    const struct hub_socket_route *sockets; /* hub/peer.h */
    size_t topic_count, stream_count, reason_count, route_count, socket_count;

    /* Runs what is due; returns the next due time. Called once a turn, after the messages. */
    uint64_t (*tick)(void *service, uint64_t now_ms);
    /* What it has taken and not finished: roostd waits for it before it stops. */
    size_t (*waiting)(const void *service);
    /* The hub stops: whoever waits for something outside of the hub is told so now, and nothing of
     * that kind is begun any more. Its sockets and the stores are closed later. */
    void (*stop)(void *service);

    /* At the start, for every table the newest row by its time of each device: what was known of it
     * before. part is the device's at the service's slot, as with a message. */
    void (*recall)(void *service, struct fleet_device *device, const struct series_row *row);

    /* The hub's clock is believed, at the start (after `recall`), again, or after it was set. A
     * time that it gave before and that is after until_ms, as far as a device may be ahead of it,
     * was given by a clock that was wrong. */
    void (*clock_set)(void *service, int64_t until_ms);

    /* Adds members to one device's JSON: `latest` to its object of latest values, `describe` to the
     * device itself. Called for every device, of whatever type and with whatever part. */
    void (*latest)(const void *service, const struct fleet_device *device,
                   struct roost_json_writer *writer);
    void (*describe)(const void *service, const struct fleet_device *device,
                     struct roost_json_writer *writer);

    /* Why the command would come to nothing now, or too late, as a sentence for whoever sends it;
     * NULL: it may go. Called for every device, of whatever type and with whatever part. */
    const char *(*refuses)(const void *service, const struct fleet_device *device,
                           const char *command);
    /* Takes a command to a device that has a connection of this service's own. Returns 0: it is on
     * its way; ROOST_ERR_NOT_FOUND: the device is none of those, and the bus has it; another error:
     * it cannot go. Called for every device, of whatever type and with whatever part. */
    int (*carry)(void *service, struct fleet_device *device, const struct hub_command *command);
    /* A device answered that it did what the command asked: once for each command, however late;
     * once more where the hub crashed before that was in the registry. */
    void (*obeyed)(void *service, const struct registry_command *command);
    /* The device is removed, or the hub ends: frees device->part[slot], which is not NULL. */
    void (*forget)(void *service, struct fleet_device *device);
};

/* The running services of one hub: a product each, then the fleet and what is refused. */
struct hub_set {
    struct {
        const struct hub_service *row;
        void *service;
    } at[HUB_SERVICES_MAX];
    size_t count;
};

/* NULL: the program gave none of that name. */
const void *hub_extra_find(const struct hub_parts *parts, const char *name);

/* The types of the set's products: whether this is one, and all of them for a message, in the order
 * of the rows, as "lamp, meter or valve"; cut where they do not fit. */
bool hub_type_known(const struct hub_set *set, const char *type);
void hub_types_write(const struct hub_set *set, char *out, size_t size);

#endif
