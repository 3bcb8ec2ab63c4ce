/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/ingest/services.h"

#include <stdio.h>

#include "core/assert.h"
#include "core/err.h"
#include "hub/settings.h"

static void on_collect(void *ctx)
{
    struct services *services = ctx;
    for (size_t i = 0; i < services->set.count; i++) {
        const struct hub_service *row = services->set.at[i].row;
        if (services->waiting[i])
            metric_set(services->waiting[i], (double)row->waiting(services->set.at[i].service));
    }
}

static void add_row(struct services *services, const struct hub_service *row, void *service,
                    struct metrics *metrics)
{
    size_t slot = services->set.count++;
    char label[64];
    ROOST_ASSERT(slot < HUB_SERVICES_MAX);
    services->set.at[slot].row = row;
    services->set.at[slot].service = service;
    if (!row->waiting)
        return;
    snprintf(label, sizeof label, "service=\"%s\"", row->name);
    services->waiting[slot] = metrics_gauge(metrics, "roost_service_waiting",
                                            "What a service has taken and not finished", label);
}

static void add_routes(struct services *services)
{
    for (size_t i = 0; i < services->set.count; i++) {
        const struct hub_service *row = services->set.at[i].row;
        for (size_t k = 0; k < row->route_count; k++) {
            ROOST_ASSERT(services->route_count < HUB_ROUTES_MAX);
            struct http_route *route = &services->routes[services->route_count++];
            *route = row->routes[k];
            route->ctx = services->set.at[i].service;
        }
    }
}

static int make_base(struct services *services, const struct hub_parts *parts,
                     const struct ingest_lanes *lanes)
{
    const struct settings *s = parts->settings;
    const struct fleet_config fleet = {
        .policy = (enum fleet_policy)s->device_policy,
        .inactive_after_ms = s->inactive_after_s * 1000u,
        .command_timeout_ms = SERVICES_COMMAND_TIMEOUT_MS,
        .command_max_age_ms = SERVICES_COMMAND_MAX_AGE_MS,
        .device_max = s->device_max,
    };
    const struct ingest_config ingest = {
        .waiting_max = s->waiting_max,
        .retention_days = s->retention_days,
        .retention_share_pct = s->retention_share_pct,
        .device_rate_per_s = s->device_rate_per_s,
        .device_burst = s->device_burst,
        .clock_skew_s = s->clock_skew_s,
        .built_ms = parts->built_ms,
    };
    struct hub_parts with_fleet = *parts;

    services->fleet =
        fleet_new(&fleet, parts->registry, parts->bus, parts->clock, parts->feed, parts->metrics);
    if (!services->fleet)
        return ROOST_ERR_NO_MEMORY;
    add_row(services, &fleet_service, services->fleet, parts->metrics);
    add_row(services, &refusals_service, NULL, parts->metrics);
    with_fleet.fleet = services->fleet;
    services->ingest = ingest_new(&ingest, &services->set, &with_fleet, lanes);
    return services->ingest ? 0 : ROOST_ERR_NO_MEMORY;
}

static int open_products(struct services *services, const struct hub_parts *parts,
                         const char **what)
{
    for (size_t slot = 0; slot < services->set.count; slot++) {
        const struct hub_service *row = services->set.at[slot].row;
        struct hub_parts own = *parts;
        own.fleet = services->fleet;
        /* A service finds what it keeps of a device at its own place in it. */
        own.slot = slot;
        int err = row->open ? row->open(&services->set.at[slot].service, &own) : 0;
        if (err < 0) {
            *what = row->name;
            return err;
        }
    }
    return 0;
}

/* Of a device that was removed and left its history there is nobody to tell. */
static int recall(void *arg, const struct series_row *row)
{
    const struct services *services = arg;
    struct fleet_device *device = fleet_find(services->fleet, row->device_id);
    for (size_t i = 0; device && i < services->set.count; i++)
        if (services->set.at[i].row->recall)
            services->set.at[i].row->recall(services->set.at[i].service, device, row);
    return 0;
}

static int recall_all(struct services *services, const struct hub_parts *parts)
{
    const struct series *series = parts->series;
    int64_t unix_ms = parts->clock->ops->unix_ms(parts->clock->ctx);

    return series->ops->latest(series->ctx, unix_ms + parts->settings->clock_skew_s * INT64_C(1000),
                               recall, services);
}

int services_open(struct services *services, const struct hub_service *const *products,
                  size_t count, const struct hub_parts *parts, const struct ingest_lanes *lanes,
                  const char **what)
{
    *services = (struct services){.fleet = NULL};
    for (size_t i = 0; i < count; i++)
        add_row(services, products[i], NULL, parts->metrics);
    *what = "memory";
    int err = make_base(services, parts, lanes);
    if (err == 0)
        err = open_products(services, parts, what);
    if (err == 0) {
        services->refusals = services->set.at[services->set.count - 1].service; /* the last row */
        ingest_report_to(services->ingest, services->refusals);
        fleet_join(services->fleet, &services->set);
        *what = "DATABASE_URL";
        err = fleet_load(services->fleet);
    }
    if (err == 0) {
        *what = "SERIES_URL";
        err = recall_all(services, parts);
    }
    if (err == 0)
        err = ingest_load(services->ingest);
    if (err < 0) {
        services_close(services);
        return err;
    }
    add_routes(services);
    metrics_on_collect(parts->metrics, on_collect, services);
    return 0;
}

void services_close(struct services *services)
{
    /* The fleet has the services forget each device, so they outlive it. */
    fleet_free(services->fleet);
    for (size_t i = services->set.count; i-- > 0;)
        if (services->set.at[i].row->close && services->set.at[i].service)
            services->set.at[i].row->close(services->set.at[i].service);
    ingest_free(services->ingest);
    *services = (struct services){.fleet = NULL};
}

size_t services_filters(const struct hub_service *const *products, size_t count, enum hub_lane lane,
                        services_filter out[SERVICES_FILTERS_MAX])
{
    size_t filters = 0;
    for (size_t i = 0; i <= count; i++) {
        const struct hub_service *row = i < count ? products[i] : &fleet_service;
        for (size_t k = 0; k < row->topic_count; k++) {
            const struct hub_topic *topic = &row->topics[k];
            if (!topic->take || topic->lane != lane)
                continue;
            ROOST_ASSERT(filters < SERVICES_FILTERS_MAX);
            int len = roost_topic_write(out[filters++], sizeof out[0], topic->topic, "+");
            ROOST_ASSERT(len > 0);
        }
    }
    return filters;
}

void services_message(struct services *services, enum hub_lane lane,
                      const struct bus_message *message)
{
    ingest_message(services->ingest, lane, message);
}

uint64_t services_tick(struct services *services, uint64_t now_ms)
{
    uint64_t due_ms = ingest_tick(services->ingest, now_ms);
    for (size_t i = 0; i < services->set.count; i++) {
        const struct hub_service *row = services->set.at[i].row;
        uint64_t at_ms = row->tick ? row->tick(services->set.at[i].service, now_ms) : UINT64_MAX;
        if (at_ms < due_ms)
            due_ms = at_ms;
    }
    return due_ms;
}

void services_stop(struct services *services)
{
    for (size_t i = 0; i < services->set.count; i++)
        if (services->set.at[i].row->stop)
            services->set.at[i].row->stop(services->set.at[i].service);
    fleet_flush(services->fleet);
}

size_t services_waiting(const struct services *services)
{
    size_t waiting = ingest_waiting(services->ingest);
    for (size_t i = 0; i < services->set.count; i++)
        if (services->set.at[i].row->waiting)
            waiting += services->set.at[i].row->waiting(services->set.at[i].service);
    return waiting;
}

const struct http_route *services_routes(const struct services *services, size_t *count)
{
    *count = services->route_count;
    return services->routes;
}
