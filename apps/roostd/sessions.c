/* SPDX-License-Identifier: Apache-2.0 */
#include "sessions.h"

#include <stdio.h>

#include "hub/products/products.h"

void sessions_config(const struct settings *s, struct mqtt_config *config)
{
    mqtt_config_init(config);
    config->host = s->mqtt.host;
    config->port = s->mqtt.port;
    config->tls = s->mqtt.tls;
    config->ca_file = s->mqtt_ca;
    config->user = s->mqtt.user;
    config->password = s->mqtt.password;
    config->client_id = s->mqtt_client_id;
}

static void on_message(void *ctx, const struct bus_message *message)
{
    struct session *session = ctx;
    struct sessions *sessions = session->sessions;

    sessions->message(sessions->ctx, session->lane, message);
}

int sessions_open(struct sessions *sessions, uv_loop_t *loop, const struct settings *settings,
                  struct metrics *metrics,
                  void (*message)(void *ctx, enum hub_lane lane, const struct bus_message *message),
                  void *ctx)
{
    struct mqtt_config config;

    *sessions = (struct sessions){.message = message, .ctx = ctx};
    snprintf(sessions->answers_id, sizeof sessions->answers_id, "%s-answers",
             settings->mqtt_client_id);
    sessions_config(settings, &config);
    for (int lane = 0; lane < HUB_LANE_COUNT; lane++) {
        struct session *session = &sessions->of[lane];
        session->sessions = sessions;
        session->lane = (enum hub_lane)lane;
        session->topic_count =
            services_filters(hub_products, hub_product_count, session->lane, session->filters);
        for (size_t i = 0; i < session->topic_count; i++)
            session->topics[i] = session->filters[i];
        /* The last lane: what is changed here is no other's. */
        if (lane == HUB_LANE_PROMPT) {
            config.client_id = sessions->answers_id;
            config.labels = "session=\"answers\"";
        }
        config.topics = session->topics;
        config.topic_count = session->topic_count;
        int err = mqtt_client_new(&session->client, loop, &config, metrics, on_message, session);
        if (err < 0)
            return err;
        session->bus = mqtt_client_bus(session->client);
    }
    return 0;
}

void sessions_start(struct sessions *sessions)
{
    for (int lane = 0; lane < HUB_LANE_COUNT; lane++)
        mqtt_client_start(sessions->of[lane].client);
}

void sessions_turn(struct sessions *sessions)
{
    const struct session *prompt = &sessions->of[HUB_LANE_PROMPT];

    /* Only when both are there; asked again until the request to unsubscribe is on its way. */
    if (sessions->handed_over || sessions_why(sessions))
        return;
    sessions->handed_over = mqtt_client_unsubscribe(sessions->of[HUB_LANE_STORED].client,
                                                    prompt->topics, prompt->topic_count) == 0;
}

const char *sessions_why(const struct sessions *sessions)
{
    const char *why = mqtt_client_why(sessions->of[HUB_LANE_STORED].client);

    return why ? why : mqtt_client_why(sessions->of[HUB_LANE_PROMPT].client);
}

void sessions_expected(struct sessions *sessions)
{
    for (int lane = 0; lane < HUB_LANE_COUNT; lane++)
        mqtt_client_expect_session(sessions->of[lane].client);
}

struct mqtt_takeovers sessions_takeovers(const struct sessions *sessions)
{
    struct mqtt_takeovers sum = {0};

    for (int lane = 0; lane < HUB_LANE_COUNT; lane++) {
        struct mqtt_takeovers one = mqtt_client_takeovers(sessions->of[lane].client);
        if (one.count > 0 && (sum.count == 0 || one.ago_ms < sum.ago_ms))
            sum.ago_ms = one.ago_ms;
        sum.count += one.count;
    }
    return sum;
}

static void on_stopped(void *ctx)
{
    struct session *session = ctx;
    struct sessions *sessions = session->sessions;

    /* They end in any order, and whoever waits frees both. */
    session->stopped = true;
    for (int lane = 0; lane < HUB_LANE_COUNT; lane++)
        if (!sessions->of[lane].stopped)
            return;
    sessions->done(sessions->ctx);
}

void sessions_stop(struct sessions *sessions, void (*done)(void *ctx))
{
    sessions->done = done;
    for (int lane = 0; lane < HUB_LANE_COUNT; lane++)
        mqtt_client_stop(sessions->of[lane].client, on_stopped, &sessions->of[lane]);
}

void sessions_free(struct sessions *sessions)
{
    for (int lane = 0; lane < HUB_LANE_COUNT; lane++)
        mqtt_client_free(sessions->of[lane].client);
}
