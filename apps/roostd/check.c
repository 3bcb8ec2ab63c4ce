/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <stdio.h>
#include <unistd.h>
#include <uv.h>

#include "core/err.h"
#include "hub.h"
#include "sessions.h"
#include "hub/firmware/release.h"
#include "host/log.h"
#include "hub/store/registry_sqlite.h"
#include "hub/store/series_sqlite.h"
#include "host/url.h"

enum { BROKER_WAIT_MS = 8000, POLL_MS = 20, WHY_MAX = 512 };

static int line(const char *setting, const char *value, const char *why)
{
    printf("%-6s %s %s%s%s\n", why ? "FAILED" : "ok", setting, value, why ? ": " : "",
           why ? why : "");
    fflush(stdout); /* the next part may take its time */
    return why ? 1 : 0;
}

static void keep_err(void *arg, int err, const struct registry_answer *answer)
{
    (void)answer;
    *(int *)arg = err;
}

static int check_registry(const struct settings *s)
{
    struct registry registry;
    const struct registry_request ping = {.op = REGISTRY_PING};
    char why[WHY_MAX], shown[WHY_MAX];
    int err = registry_sqlite_open(&registry, NULL, s->database_path, why, sizeof why);

    url_mask(shown, sizeof shown, s->database_url);
    if (err < 0)
        return line("DATABASE_URL", shown, why);
    if (registry.ops->ask(registry.ctx, &ping, keep_err, &err) == 0)
        registry.ops->wait(registry.ctx);
    else
        err = ROOST_ERR_NO_MEMORY;
    registry.ops->close(registry.ctx);
    return line("DATABASE_URL", shown, err < 0 ? roost_err_text(err) : NULL);
}

static int check_series(const struct settings *s)
{
    struct series series;
    char why[WHY_MAX], shown[WHY_MAX];
    int err = series_sqlite_open(&series, NULL, s->series_path, why, sizeof why);

    url_mask(shown, sizeof shown, s->series_url);
    if (err < 0)
        return line("SERIES_URL", shown, why);
    err = series.ops->ping(series.ctx);
    series.ops->close(series.ctx);
    return line("SERIES_URL", shown, err < 0 ? roost_err_text(err) : NULL);
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

/* Under a name of its own and without a session, so that a roostd that runs is not disturbed. */
static int check_broker(const struct settings *s)
{
    struct metrics *metrics = metrics_new();
    struct broker_check check = {.ok = false};
    struct mqtt_config config;
    char shown[WHY_MAX], id[64];
    uv_loop_t loop;

    url_mask(shown, sizeof shown, s->mqtt_url);
    sessions_config(s, &config);
    snprintf(id, sizeof id, "roostd-check-%ld", (long)getpid());
    config.client_id = id;
    config.clean_session = true;
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

static int check_http(const struct settings *s)
{
    struct metrics *metrics = metrics_new();
    struct http_server *server;
    struct http_config config;
    uv_loop_t loop;
    const char *why = NULL;

    hub_http_config(s, &config);
    uv_loop_init(&loop);
    int err = http_server_new(&server, &loop, &config, metrics);
    if (err < 0)
        return line("ROOST_WEB_ROOT, ROOST_TLS_CERT, ROOST_TLS_KEY", s->web_root,
                    roost_err_text(err));
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

int check_run(const struct settings *s)
{
    int failures = check_registry(s);

    failures += check_series(s);
    failures += check_firmware(s);
    failures += check_broker(s);
    failures += check_http(s);
    return failures > 0 ? 1 : 0;
}
