/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "core/err.h"
#include "charging.h"
#include "hub.h"
#include "sessions.h"
#include "voice.h"
#include "hub/firmware/release.h"
#include "hub/products/products.h"
#include "host/log.h"
#include "host/net/tls.h"
#include "host/secret.h"
#include "hub/store/sqlite_try.h"
#include "core/url.h"

enum { PATH_ROOM = 1100, BROKER_WAIT_MS = 8000, CURVES_DAYS = 31, POLL_MS = 20, WHY_MAX = 512 };

static int line(const char *setting, const char *value, const char *why)
{
    printf("%-6s %s %s%s%s\n", why ? "FAILED" : "ok", setting, value, why ? ": " : "",
           why ? why : "");
    fflush(stdout); /* the next part may take its time */
    return why ? 1 : 0;
}

/* Nothing is opened as a hub would: that makes files, and brings old ones to a newer schema. */
static int check_store(const char *setting, const char *url, const char *path,
                       int (*try_it)(const char *path, char *why, size_t why_size))
{
    char why[WHY_MAX] = "", shown[WHY_MAX];
    int err = try_it(path, why, sizeof why);

    roost_url_mask(shown, sizeof shown, url);
    return line(setting, shown, err == 0 ? NULL : why[0] ? why : roost_err_text(err));
}

/* What a hub keeps beside the charging file, by the end of its name. */
static int check_beside(const struct settings *s, const char *end,
                        int (*try_it)(const char *path, char *why, size_t why_size))
{
    char path[PATH_ROOM], why[WHY_MAX] = "", setting[32];

    if ((size_t)snprintf(path, sizeof path, "%s%s", s->charging_path, end) >= sizeof path)
        return line("CHARGING_URL", s->charging_path, "its path is too long");
    snprintf(setting, sizeof setting, "CHARGING_URL%s", end);
    int err = try_it(path, why, sizeof why);
    return line(setting, path, err == 0 ? NULL : why[0] ? why : roost_err_text(err));
}

/* Without one it is drawn at the start. */
static int try_link_key(const char *path, char *why, size_t why_size)
{
    char key[SECRET_FILE_MAX + 1];
    int len = secret_look(path, key, sizeof key);

    OPENSSL_cleanse(key, sizeof key);
    if (len < 0)
        snprintf(why, why_size, "%s", secret_problem(len));
    return len < 0 ? len : 0;
}

static void keep_why(void *ctx, const struct release_image *image)
{
    snprintf(ctx, RELEASE_WHY_MAX, "%s", image ? image->why : roost_err_text(ROOST_ERR_NO_MEMORY));
}

/* An empty folder is fine: an image may come later. */
static int check_firmware(const struct settings *s)
{
    char why[RELEASE_WHY_MAX] = "";
    uv_loop_t loop;

    if (s->firmware_dir[0] == '\0')
        return 0;
    if (access(s->firmware_dir, R_OK | X_OK) != 0)
        return line("ROOST_FIRMWARE_DIR", s->firmware_dir, "no such folder, or it cannot be read");
    struct metrics *metrics = metrics_new();
    uv_loop_init(&loop);
    struct release *release = release_new(&loop, s->firmware_dir, metrics);
    if (release) {
        release_get(release, keep_why, why);
        uv_run(&loop, UV_RUN_DEFAULT);
    }
    release_free(release);
    metrics_free(metrics);
    uv_loop_close(&loop);
    return line("ROOST_FIRMWARE_DIR", s->firmware_dir, why[0] ? why : NULL);
}

static int check_voice(const struct settings *s)
{
    struct why why = {""};

    return line("ROOST_CONTENT_DIR", s->content_dir[0] ? s->content_dir : "the build's own",
                voice_try(s, &why) < 0 ? why.text : NULL);
}

static int check_charging(const struct settings *s)
{
    struct why why = {""};

    if (s->charging_ca_cert[0] == '\0' && s->charging_ca_key[0] == '\0')
        return 0;
    return line("ROOST_CHARGING_CA_CERT, ROOST_CHARGING_CA_KEY", s->charging_ca_cert,
                charging_try(s, &why) < 0 ? why.text : NULL);
}

/* ---- broker ---- */

struct broker_check {
    uv_timer_t timer;
    struct mqtt_client *client;
    uint64_t until_ms;
    char why[WHY_MAX];
    bool ok;
};

static void ignore(void *ctx, const struct bus_message *message)
{
    (void)ctx;
    (void)message;
}

static void on_stopped(void *ctx)
{
    struct broker_check *check = ctx;

    uv_close((uv_handle_t *)&check->timer, NULL);
}

static void on_poll(uv_timer_t *timer)
{
    struct broker_check *check = timer->data;
    const char *why = mqtt_client_why(check->client);

    check->ok = !why;
    if (why && uv_now(timer->loop) < check->until_ms)
        return;
    if (why)
        snprintf(check->why, sizeof check->why, "%s", why);
    uv_timer_stop(timer);
    mqtt_client_stop(check->client, on_stopped, check);
}

/* All that a hub subscribes to. */
static size_t wanted(services_filter *filters, const char **topics)
{
    size_t count = 0;

    for (int lane = 0; lane < HUB_LANE_COUNT; lane++)
        count +=
            services_filters(hub_products, hub_product_count, (enum hub_lane)lane, filters + count);
    for (size_t i = 0; i < count; i++)
        topics[i] = filters[i];
    return count;
}

/* Under a name of its own and without a session, so that a roostd that runs is not disturbed. It
 * subscribes as that does: what the broker does not grant is named. */
static int check_broker(const struct settings *s)
{
    struct metrics *metrics = metrics_new();
    struct broker_check check = {.ok = false};
    struct mqtt_config config;
    static services_filter filters[HUB_LANE_COUNT * SERVICES_FILTERS_MAX];
    const char *topics[HUB_LANE_COUNT * SERVICES_FILTERS_MAX];
    char shown[WHY_MAX], id[64];
    uv_loop_t loop;

    roost_url_mask(shown, sizeof shown, s->mqtt_url);
    sessions_config(s, &config);
    snprintf(id, sizeof id, "roostd-check-%ld", (long)getpid());
    config.client_id = id;
    config.clean_session = true;
    config.topics = topics;
    config.topic_count = wanted(filters, topics);
    uv_loop_init(&loop);
    int err = mqtt_client_new(&check.client, &loop, &config, metrics, ignore, NULL);
    if (err < 0)
        return line("ROOST_MQTT_CA", s->mqtt_ca, roost_err_text(err));
    uv_timer_init(&loop, &check.timer);
    check.timer.data = &check;
    check.until_ms = uv_now(&loop) + BROKER_WAIT_MS;
    mqtt_client_start(check.client);
    uv_timer_start(&check.timer, on_poll, POLL_MS, POLL_MS);
    uv_run(&loop, UV_RUN_DEFAULT);
    mqtt_client_free(check.client);
    metrics_free(metrics);
    uv_loop_close(&loop);
    return line("MQTT_URL", shown, check.ok ? NULL : check.why);
}

/* ---- HTTP ---- */

static void on_http_stopped(void *ctx)
{
    (void)ctx;
}

static int check_certificate(const struct settings *s)
{
    static const char setting[] = "ROOST_TLS_CERT, ROOST_TLS_KEY";
    struct tls_context *tls = NULL;
    struct tls_files files;
    const char *why;
    int64_t from_s, until_s;

    if (s->tls_cert[0] == '\0')
        return 0;
    hub_tls_files(s, &files);
    if (tls_server_load(&tls, &files, &why) < 0)
        return line(setting, s->tls_cert, why);
    tls_server_validity(tls, &from_s, &until_s);
    tls_context_free(tls);
    return line(setting, s->tls_cert,
                until_s <= (int64_t)time(NULL) ? "it has expired: nobody should trust it" : NULL);
}

static int check_http(const struct settings *s)
{
    struct metrics *metrics = metrics_new();
    struct http_server *server;
    struct http_config config;
    uv_loop_t loop;
    const char *why = NULL;

    if (check_certificate(s) > 0)
        return 1;
    hub_http_config(s, &config);
    uv_loop_init(&loop);
    int err = http_server_new(&server, &loop, &config, metrics);
    if (err < 0)
        return line("ROOST_WEB_ROOT", s->web_root, roost_err_text(err));
    err = http_server_listen(server);
    if (err < 0)
        why = err == ROOST_ERR_BUSY ? "the address is in use (by a roostd that runs?)"
                                    : roost_err_text(err);
    http_server_stop(server, 0, on_http_stopped, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    http_server_free(server);
    metrics_free(metrics);
    uv_loop_close(&loop);
    return line("ROOST_LISTEN", s->listen, why);
}

/* ---- what is allowed and should be meant ---- */

static bool id_is_nobodys(const struct settings *s)
{
    const char *id = s->mqtt_client_id, *user = s->mqtt.user;
    size_t len = strlen(user);

    return len > 0 && (strncmp(id, user, len) != 0 || (id[len] != '\0' && id[len] != '-'));
}

void check_warnings(const struct settings *s, check_warning_fn warn, void *ctx)
{
    char why[WHY_MAX];

    if (s->unknown_names[0]) {
        snprintf(why, sizeof why, "no setting has this name, it is not taken: %s",
                 s->unknown_names);
        warn(ctx, "environment", why);
    }
    if (id_is_nobodys(s)) {
        snprintf(why, sizeof why,
                 "does not begin with the user \"%s\": where the broker binds client ids to users "
                 "by their names, as ours does, this one is anyone's",
                 s->mqtt.user);
        warn(ctx, "ROOST_MQTT_CLIENT_ID", why);
    }
    if (s->charging_retention_days > 0 && s->charging_retention_days < CURVES_DAYS)
        warn(ctx, "ROOST_CHARGING_RETENTION_DAYS",
             "below 31: the curve of a transaction is gone before somebody asks about the bill of "
             "its month");
    if (s->environment != SETTINGS_PRODUCTION)
        return;
    if (s->tls_cert[0] == '\0')
        warn(ctx, "ROOST_TLS_CERT",
             "plain HTTP: passwords and tokens can be read on the way, unless a proxy that speaks "
             "TLS is the only one who reaches this address");
    if (!s->mqtt.tls)
        warn(ctx, "MQTT_URL",
             "plain MQTT: the hub's password and every reading can be read on the way to the "
             "broker; mqtts:// where it is not this machine");
    if (s->device_policy == 0)
        warn(ctx, "ROOST_DEVICE_POLICY",
             "open: whoever has an account at the broker becomes a device of this hub; claim or "
             "closed where the broker's accounts are not all yours");
}

static void print_warning(void *ctx, const char *setting, const char *why)
{
    (void)ctx;
    printf("%-6s %s: %s\n", "warn", setting, why);
}

int check_run(const struct settings *s)
{
    int failures = 0;

    check_warnings(s, print_warning, NULL);
    failures += check_store("DATABASE_URL", s->database_url, s->database_path, sqlite_try_registry);
    failures += check_store("SERIES_URL", s->series_url, s->series_path, sqlite_try_series);
    failures += check_store("CHARGING_URL", s->charging_url, s->charging_path, sqlite_try_charging);
    failures += check_beside(s, ".sites", sqlite_try_sites);
    failures += check_beside(s, ".money", sqlite_try_money);
    failures += check_beside(s, ".linkkey", try_link_key);
    failures += check_firmware(s);
    failures += check_voice(s);
    failures += check_charging(s);
    failures += check_broker(s);
    failures += check_http(s);
    return failures > 0 ? 1 : 0;
}
