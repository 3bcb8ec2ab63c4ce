/* SPDX-License-Identifier: Apache-2.0 */
#include "hub.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "core/err.h"
#include "core/timer.h"
#include "charging.h"
#include "check.h"
#include "files.h"
#include "health.h"
#include "hub/api/api.h"
#include "hub/api/auth.h"
#include "hub/api/profile.h"
#include "hub/factory/seal.h"
#include "hub/firmware/release.h"
#include "hub/ingest/services.h"
#include "hub/products/products.h"
#include "hub/sockets/sockets.h"
#include "sessions.h"
#include "voice.h"
#include "host/log.h"
#include "host/net/certificate.h"
#include "hub/store/owner.h"
#include "hub/store/registry_sqlite.h"
#include "hub/store/series_sqlite.h"
#include "host/process.h"

enum {
    HTTP_GRACE_MS = 3000,
    STORE_GRACE_MS = 10000, /* what was received may take this long to be stored when stopping */
    WHY_MAX = 512,
    HUB_EXTRAS = 3 /* the voice's, the chargers', none */
};

/* RUNNING --signal--> DRAINING --stored--> LEAVING --broker, clients gone--> the loop ends */
enum phase { HUB_RUNNING, HUB_DRAINING, HUB_LEAVING };

struct hub {
    const struct settings *settings;
    uv_loop_t loop;
    uv_signal_t on_term, on_int, on_hup;
    uv_prepare_t turn;
    uv_timer_t timer;
    uint64_t timer_due_ms;
    enum phase phase;
    uint64_t drain_until_ms;
    bool broker_stopped, http_stopped;
    struct metrics *metrics;
    int registry_lock, series_lock, charging_lock;
    struct registry registry;
    struct series series;
    struct sessions broker;
    struct events *events;
    struct hub_feed feed;
    struct voice_made *voice;
    struct charging charging;
    struct hub_extra extras[HUB_EXTRAS];
    struct hub_parts parts;
    struct services services;
    struct release *release;
    struct api *api;
    uint8_t name_key[SEAL_KEY_BYTES]; /* of children's names */
    struct http_server *http;
    struct certificate *certificate; /* NULL: plain HTTP */
    struct hub_sockets *sockets;
    struct health health;
};

/* ---- configuration ---- */

static const char *or_null(const char *text)
{
    return text[0] ? text : NULL;
}

void hub_tls_files(const struct settings *s, struct tls_files *files)
{
    *files = (struct tls_files){.cert = or_null(s->tls_cert),
                                .key = or_null(s->tls_key),
                                .cert2 = or_null(s->tls_cert2),
                                .key2 = or_null(s->tls_key2),
                                .client_ca = or_null(s->charging_client_ca),
                                .client_crl = or_null(s->charging_crl)};
}

void hub_http_config(const struct settings *s, struct http_config *config)
{
    struct tls_files files;

    hub_tls_files(s, &files);
    http_config_init(config);
    config->address = s->listen_address;
    config->port = s->listen_port;
    config->tls_cert = files.cert;
    config->tls_key = files.key;
    config->tls_cert2 = files.cert2;
    config->tls_key2 = files.key2;
    config->tls_client_ca = files.client_ca;
    config->tls_client_crl = files.client_crl;
    config->hsts = s->environment == SETTINGS_PRODUCTION;
    config->cors_origins = s->cors_origins;
    config->allowed_hosts = s->allowed_hosts;
    config->trusted_proxies = s->trusted_proxies;
    config->base_path = s->base_path;
    config->web_root = s->web_root;
    config->connections_max = s->http_connections_max;
    config->streams_max = s->http_streams_max;
    config->address_share_pct = s->http_address_share_pct;
}

/* ---- the loop's turn ---- */

static void on_timer(uv_timer_t *timer)
{
    (void)timer; /* it only ends the loop's sleep: the turn does the work */
}

static void leave(struct hub *h);

/* Before the loop sleeps: the services see the messages of this turn together. */
static void on_turn(uv_prepare_t *prepare)
{
    struct hub *h = prepare->data;
    uint64_t now_ms = process_clock.ops->now_ms(process_clock.ctx);
    uint64_t due_ms = services_tick(&h->services, now_ms);

    uint64_t charging_ms =
        charging_tick(&h->charging, now_ms, ingest_clock_doubted(h->services.ingest));
    due_ms = charging_ms < due_ms ? charging_ms : due_ms;
    sessions_turn(&h->broker);
    if (h->phase == HUB_DRAINING) {
        if (services_waiting(&h->services) == 0 || now_ms >= h->drain_until_ms)
            leave(h);
        else if (h->drain_until_ms < due_ms)
            due_ms = h->drain_until_ms;
    }
    if (h->phase == HUB_LEAVING || due_ms == h->timer_due_ms)
        return;
    h->timer_due_ms = due_ms;
    if (due_ms == ROOST_NEVER)
        uv_timer_stop(&h->timer);
    else
        uv_timer_start(&h->timer, on_timer, due_ms > now_ms ? due_ms - now_ms : 0, 0);
}

static void on_message(void *ctx, enum hub_lane lane, const struct bus_message *message)
{
    struct hub *h = ctx;

    services_message(&h->services, lane, message);
}

/* ---- stopping ---- */

/* Both servers are gone: the rest of the handles end, and with them the loop. */
static void maybe_end(struct hub *h)
{
    if (!h->broker_stopped || !h->http_stopped)
        return;
    api_stop(h->api);
    h->registry.ops->close(h->registry.ctx); /* its last answers go to whoever asked */
    charging_close(&h->charging);            /* likewise */
    health_close(&h->health);
    events_close(h->events);
    h->series.ops->close(h->series.ctx);
    uv_close((uv_handle_t *)&h->turn, NULL);
    uv_close((uv_handle_t *)&h->timer, NULL);
    uv_close((uv_handle_t *)&h->on_term, NULL);
    uv_close((uv_handle_t *)&h->on_int, NULL);
    uv_close((uv_handle_t *)&h->on_hup, NULL);
    signal(SIGHUP, SIG_IGN); /* closing its handle brought the default back, which ends a program */
    certificate_close(h->certificate);
}

static void on_broker_stopped(void *ctx)
{
    struct hub *h = ctx;

    h->broker_stopped = true;
    maybe_end(h);
}

static void on_http_stopped(void *ctx)
{
    struct hub *h = ctx;

    h->http_stopped = true;
    maybe_end(h);
}

static void leave(struct hub *h)
{
    size_t waiting = services_waiting(&h->services);

    h->phase = HUB_LEAVING;
    if (waiting > 0)
        HOST_LOG(ROOST_LOG_WARN, "hub", "not everything could be stored, the broker keeps it",
                 RF_INT("messages", waiting));
    sessions_stop(&h->broker, on_broker_stopped);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct hub *h = handle->data;
    const struct bus *stored = &h->broker.of[HUB_LANE_STORED].bus;

    if (h->phase != HUB_RUNNING) {
        HOST_LOG(ROOST_LOG_WARN, "hub", "second signal, stopping at once");
        _Exit(1);
    }
    HOST_LOG(ROOST_LOG_INFO, "hub", "stopping", RF_INT("signal", number));
    h->phase = HUB_DRAINING;
    h->health.stopping = true;
    services_stop(&h->services);
    h->drain_until_ms = process_clock.ops->now_ms(process_clock.ctx) + STORE_GRACE_MS;
    stored->ops->pause(stored->ctx, true);
    http_server_stop(h->http, HTTP_GRACE_MS, on_http_stopped, h);
}

/* What runs goes on; what is read from files is read again. */
static void on_hangup(uv_signal_t *handle, int number)
{
    struct hub *h = handle->data;

    HOST_LOG(ROOST_LOG_INFO, "hub", "certificate is looked at again", RF_INT("signal", number),
             RF_STR("file", h->settings->tls_cert));
    if (h->certificate)
        certificate_look(h->certificate);
}

/* ---- starting ---- */

static int failed(const char *what, const char *why)
{
    HOST_LOG(ROOST_LOG_ERROR, "hub", "cannot start", RF_STR("setting", what), RF_STR("why", why));
    return ROOST_ERR_IO;
}

/* A disk too full for the lock's file is no reason to stay away: all that is lost is the warning.
 */
static int own(int *lock, const char *setting, const char *path)
{
    char why[WHY_MAX];
    int err = owner_take(lock, path, why, sizeof why);

    if (err == ROOST_ERR_NO_SPACE)
        HOST_LOG(ROOST_LOG_WARN, "hub", "a second hub on these files would not be noticed",
                 RF_STR("setting", setting), RF_STR("why", why));
    return err < 0 && err != ROOST_ERR_NO_SPACE ? failed(setting, why) : 0;
}

static int open_stores(struct hub *h)
{
    const struct settings *s = h->settings;
    char why[WHY_MAX];

    if (own(&h->registry_lock, "DATABASE_URL", s->database_path) < 0 ||
        own(&h->series_lock, "SERIES_URL", s->series_path) < 0 ||
        own(&h->charging_lock, "CHARGING_URL", s->charging_path) < 0)
        return ROOST_ERR_BUSY;
    if (registry_sqlite_open(&h->registry, &h->loop, s->database_path, why, sizeof why) < 0)
        return failed("DATABASE_URL", why);
    if (series_sqlite_open(&h->series, &h->loop, s->series_path, why, sizeof why) < 0)
        return failed("SERIES_URL", why);
    if (charging_open(&h->charging, &h->loop, s, h->metrics, why, sizeof why) < 0)
        return failed("CHARGING_URL, ROOST_CHARGING_CA_CERT", why);
    return 0;
}

static int make_first_operator(struct hub *h)
{
    const struct settings *s = h->settings;
    char why[WHY_MAX];

    if (s->admin_email[0] == '\0' || auth_find_operator(&h->registry, s->admin_email) == 0)
        return 0;
    if (auth_add_operator(&h->registry, s->admin_email, s->admin_password,
                          process_clock.ops->unix_ms(process_clock.ctx), why, sizeof why) < 0)
        return failed("ROOST_ADMIN_EMAIL", why);
    HOST_LOG(ROOST_LOG_INFO, "hub", "first operator made");
    return 0;
}

static int open_broker(struct hub *h)
{
    int err = sessions_open(&h->broker, &h->loop, h->settings, h->metrics, on_message, h);

    return err < 0 ? failed("ROOST_MQTT_CA", roost_err_text(err)) : 0;
}

static int make_voice(struct hub *h)
{
    struct why why;

    int err = voice_new(&h->voice, &h->loop, h->settings, &h->registry, &process_clock, &why);
    return err < 0 ? failed("voice", why.text) : 0;
}

static void fill_extras(struct hub *h)
{
    const struct hub_extra *of_voice = voice_extras(h->voice);
    size_t count = 0;

    if (of_voice && of_voice->name)
        h->extras[count++] = *of_voice;
    h->extras[count] = charging_extra(&h->charging);
}

static int start_services(struct hub *h)
{
    const struct bus *prompt = &h->broker.of[HUB_LANE_PROMPT].bus;
    const struct ingest_lanes lanes = {.bus = {
                                           [HUB_LANE_STORED] = &h->broker.of[HUB_LANE_STORED].bus,
                                           [HUB_LANE_PROMPT] = prompt,
                                       }};
    const char *what;

    h->events = events_new(&h->loop, h->metrics);
    if (!h->events)
        return failed("memory", roost_err_text(ROOST_ERR_NO_MEMORY));
    h->feed = events_feed(h->events);
    fill_extras(h);
    h->parts = (struct hub_parts){.settings = h->settings,
                                  .registry = &h->registry,
                                  .series = &h->series,
                                  .bus = prompt,
                                  .clock = &process_clock,
                                  .built_ms = ROOST_BUILT_S * INT64_C(1000),
                                  .extras = h->extras,
                                  .feed = &h->feed,
                                  .metrics = h->metrics};
    int err =
        services_open(&h->services, hub_products, hub_product_count, &h->parts, &lanes, &what);
    return err < 0 ? failed(what, roost_err_text(err)) : 0;
}

static const char *listen_problem(int err)
{
    switch (err) {
    case ROOST_ERR_BUSY:
        return "the address is in use by another program";
    case ROOST_ERR_REFUSED:
        return "not allowed to listen there: ports below 1024 need a privilege";
    case ROOST_ERR_NOT_FOUND:
        return "this machine has no such address";
    default:
        return roost_err_text(err);
    }
}

static struct api_public public_origin(const struct hub *h)
{
    const struct settings *s = h->settings;
    bool said = s->public_origin.host[0] != '\0';

    return (struct api_public){.host = s->public_origin.host,
                               .port = s->public_origin.port,
                               .tls = said ? s->public_origin.tls : s->tls_cert[0] != '\0',
                               .ntp_servers = s->ntp_servers,
                               .version = ROOST_VERSION,
                               .voice = voice_is_served(h->voice)};
}

static void write_refusals(const void *ctx, struct roost_json_writer *writer)
{
    refusals_write_strangers(ctx, writer);
}

static int make_api(struct hub *h)
{
    const struct settings *s = h->settings;
    const struct api_factory factory = {
        .public_key = s->has_factory_key ? s->factory_key : NULL,
        .registry_key = s->has_registry_key ? s->registry_key : NULL,
    };

    seal_key(h->name_key, s->coppa_key, PROFILE_KEY_PURPOSE);
    h->release = release_new(&h->loop, s->firmware_dir, h->metrics);
    if (!h->release)
        return failed("memory", roost_err_text(ROOST_ERR_NO_MEMORY));
    if (s->firmware_dir[0] && access(s->firmware_dir, R_OK | X_OK) != 0)
        return failed("ROOST_FIRMWARE_DIR", "no such folder, or it cannot be read");
    h->api = api_new(&(struct api_parts){
        .loop = &h->loop,
        .jwt_secret = s->jwt_secret,
        .registry = &h->registry,
        .clock = &process_clock,
        .fleet = h->services.fleet,
        .events = h->events,
        .release = h->release,
        .public_origin = public_origin(h),
        .factory = factory,
        .children = {.name_key = h->name_key, .changed = voice_child_changed, .ctx = h->voice},
        .refusals = {write_refusals, h->services.refusals},
        .metrics = h->metrics});
    return h->api ? 0 : failed("memory", roost_err_text(ROOST_ERR_NO_MEMORY));
}

/* Where the products' WebSocket peers come in. */
static int add_sockets(struct hub *h)
{
    const struct hub_set *set = &h->services.set;
    int err = 0;

    h->sockets = hub_sockets_new(h->http, h->metrics);
    if (!h->sockets)
        return ROOST_ERR_NO_MEMORY;
    for (size_t i = 0; i < set->count && err == 0; i++)
        err = hub_sockets_add(h->sockets, set->at[i].row->sockets, set->at[i].row->socket_count,
                              set->at[i].service);
    return err;
}

static void on_renewed(void *ctx, struct tls_context *tls)
{
    struct hub *h = ctx;

    http_server_take_tls(h->http, tls);
}

static int watch_certificate(struct hub *h)
{
    struct certificate_config config = {.poll_ms = 0};

    hub_tls_files(h->settings, &config.files);
    if (!config.files.cert)
        return 0;
    int err = certificate_new(&h->certificate, &h->loop, &config, &process_clock, h->metrics,
                              on_renewed, h);
    return err < 0 ? failed("memory", roost_err_text(err)) : 0;
}

static int start_http(struct hub *h)
{
    const struct settings *s = h->settings;
    struct http_config config;

    hub_http_config(s, &config);
    config.connections_max = files_take(s->http_connections_max);
    int err = http_server_new(&h->http, &h->loop, &config, h->metrics);
    if (err == ROOST_ERR_NOT_FOUND && s->web_root[0] && !s->tls_cert[0])
        return failed("ROOST_WEB_ROOT", "no such folder");
    if (err < 0)
        return failed("ROOST_TLS_CERT, ROOST_TLS_KEY, ROOST_WEB_ROOT", roost_err_text(err));
    err = make_api(h);
    if (err < 0)
        return err;
    size_t count, product_count;
    const struct http_route *routes = api_routes(h->api, &count);
    const struct http_route *of_products = services_routes(&h->services, &product_count);
    const struct http_guard guard = api_guard(h->api);
    http_server_guard(h->http, &guard);
    err = http_server_add(h->http, routes, count);
    if (err == 0)
        err = http_server_add(h->http, of_products, product_count);
    if (err == 0)
        err = add_sockets(h);
    if (err == 0)
        err = health_add(&h->health, &h->loop, h->http);
    if (err < 0)
        return failed("routes", roost_err_text(err));
    err = http_server_listen(h->http);
    return err < 0 ? failed("ROOST_LISTEN", listen_problem(err)) : watch_certificate(h);
}

static void start_loop(struct hub *h)
{
    uv_prepare_init(&h->loop, &h->turn);
    uv_timer_init(&h->loop, &h->timer);
    uv_signal_init(&h->loop, &h->on_term);
    uv_signal_init(&h->loop, &h->on_int);
    uv_signal_init(&h->loop, &h->on_hup);
    h->turn.data = h->timer.data = h->on_term.data = h->on_int.data = h->on_hup.data = h;
    uv_prepare_start(&h->turn, on_turn);
    uv_signal_start(&h->on_term, on_signal, SIGTERM);
    uv_signal_start(&h->on_int, on_signal, SIGINT);
    uv_signal_start(&h->on_hup, on_hangup, SIGHUP);
}

/* Asked for once at the start, so that the log says what is served before a device wants it. */
static void ignore_image(void *ctx, const struct release_image *image)
{
    (void)ctx;
    (void)image;
}

static void warn_line(void *ctx, const char *setting, const char *why)
{
    (void)ctx;
    HOST_LOG(ROOST_LOG_WARN, "hub", "a setting to look at", RF_STR("setting", setting),
             RF_STR("why", why));
}

static void warn_of_settings(const struct settings *s)
{
    if (s->jwt_secret_weak)
        HOST_LOG(ROOST_LOG_WARN, "hub", "JWT_SECRET_KEY is weak; production refuses it");
    if (s->esp32_secret_weak)
        HOST_LOG(ROOST_LOG_WARN, "hub", "ESP32_SHARED_SECRET is weak; production refuses it");
    if (s->coppa_key_weak)
        HOST_LOG(ROOST_LOG_WARN, "hub", "COPPA_ENCRYPTION_KEY is weak; production refuses it");
    check_warnings(s, warn_line, NULL);
}

static int start(struct hub *h)
{
    int err = open_stores(h);

    if (err == 0)
        err = make_first_operator(h);
    if (err == 0)
        err = open_broker(h);
    if (err == 0)
        err = make_voice(h);
    if (err == 0)
        err = start_services(h);
    if (err < 0)
        return err;
    h->health = (struct health){.broker = &h->broker,
                                .registry = &h->registry,
                                .series = &h->series,
                                .ingest = h->services.ingest,
                                .metrics = h->metrics,
                                .paths = {[TRIAL_REGISTRY] = h->settings->database_path,
                                          [TRIAL_SERIES] = h->settings->series_path,
                                          [TRIAL_CHARGING] = h->settings->charging_path}};
    err = start_http(h);
    if (err < 0)
        return err;
    start_loop(h);
    /* With devices it is not the first run: the broker should have kept what came meanwhile. */
    if (fleet_count(h->services.fleet) > 0)
        sessions_expected(&h->broker);
    sessions_start(&h->broker);
    if (release_has_folder(h->release))
        release_get(h->release, ignore_image, h);
    HOST_LOG(ROOST_LOG_INFO, "hub", "started", RF_STR("version", ROOST_VERSION),
             RF_STR("address", h->settings->listen_address),
             RF_INT("port", http_server_port(h->http)),
             RF_INT("devices", fleet_count(h->services.fleet)));
    warn_of_settings(h->settings);
    return 0;
}

int hub_run(const struct settings *settings)
{
    struct hub *h = calloc(1, sizeof *h);

    if (!h || uv_loop_init(&h->loop) != 0) {
        HOST_LOG(ROOST_LOG_ERROR, "hub", "cannot start", RF_ERR("error", ROOST_ERR_NO_MEMORY));
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    h->settings = settings;
    h->metrics = metrics_new();
    process_metrics(h->metrics);
    if (start(h) < 0)
        return 1; /* the process ends, and everything with it; nothing was acknowledged */
    uv_run(&h->loop, UV_RUN_DEFAULT);

    http_server_free(h->http); /* says goodbye to the services' peers */
    hub_sockets_free(h->sockets);
    api_free(h->api);
    release_free(h->release);
    services_close(&h->services);
    voice_free(h->voice);
    uv_run(&h->loop, UV_RUN_NOWAIT); /* frees its handles */
    sessions_free(&h->broker);
    metrics_free(h->metrics);
    uv_loop_close(&h->loop);
    owner_release(h->charging_lock);
    owner_release(h->series_lock);
    owner_release(h->registry_lock);
    free(h);
    HOST_LOG(ROOST_LOG_INFO, "hub", "stopped");
    return 0;
}
