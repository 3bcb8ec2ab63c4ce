/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roostd's two sessions at the broker, one for each lane of hub/service.h. What has to be stored
 * comes by the session ROOST_MQTT_CLIENT_ID, which stops reading while the store cannot keep up;
 * answers to commands come by the session of that name with "-answers" behind it, which never does,
 * and by which all is published, so that no command waits behind readings. Both are persistent.
 * Depends on host/net/mqtt.h, hub/ingest/services.h.
 */
#ifndef ROOSTD_SESSIONS_H
#define ROOSTD_SESSIONS_H

#include <uv.h>

#include "host/net/mqtt.h"
#include "hub/ingest/services.h"
#include "hub/settings.h"

struct session {
    struct sessions *sessions;
    enum hub_lane lane;
    struct mqtt_client *client;
    struct bus bus;
    services_filter filters[SERVICES_FILTERS_MAX];
    const char *topics[SERVICES_FILTERS_MAX]; /* the same, as the client wants them */
    size_t topic_count;
    bool stopped;
};

struct sessions {
    struct session of[HUB_LANE_COUNT];
    char answers_id[96];
    void (*message)(void *ctx, enum hub_lane lane, const struct bus_message *message);
    void *ctx;
    bool handed_over; /* the stored session has let go of the other's topics */
    void (*done)(void *ctx);
};

/* What the settings say of the broker; shared with --check. */
void sessions_config(const struct settings *settings, struct mqtt_config *config);

/* Makes both, by the products' rows; they are not started. The settings are borrowed. Must not be
 * moved. Returns what mqtt_client_new says. */
int sessions_open(struct sessions *sessions, uv_loop_t *loop, const struct settings *settings,
                  struct metrics *metrics,
                  void (*message)(void *ctx, enum hub_lane lane, const struct bus_message *message),
                  void *ctx);
void sessions_start(struct sessions *sessions);

/* Once a turn of the loop. The session of a hub of before, which had one for everything, is still
 * subscribed to answers: that ends when the other session has taken over, so that none is missed
 * in between. */
void sessions_turn(struct sessions *sessions);

/* NULL while both are connected and have every subscription, else why not. */
const char *sessions_why(const struct sessions *sessions);

/* The broker should know both from an earlier run. Before sessions_start. */
void sessions_expected(struct sessions *sessions);

/* Of both together; ago_ms is of the last. */
struct mqtt_takeovers sessions_takeovers(const struct sessions *sessions);

/* Stops both; `done` follows, with the ctx of sessions_open. */
void sessions_stop(struct sessions *sessions, void (*done)(void *ctx));
/* After `done`. */
void sessions_free(struct sessions *sessions);

#endif
