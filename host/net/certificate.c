/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/certificate.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/datetime.h"
#include "core/err.h"
#include "host/log.h"

enum { FILES = 6, DAY_S = 24 * 3600 };

/* What tells one state of the files from another. */
struct stamp {
    struct {
        dev_t device;
        ino_t inode;
        off_t size;
        struct timespec modified, changed;
    } of[FILES];
};

struct certificate {
    struct certificate_config config;
    const struct host_clock *clock;
    void (*renewed)(void *ctx, struct tls_context *tls);
    void *ctx;
    uv_timer_t timer;
    uv_work_t work;
    bool busy, again, closing, timer_closed;

    /* the thread's while it is busy */
    bool forced;
    struct stamp stamp; /* of what was read last */
    bool changed;       /* it is not what was read before */
    struct tls_context *loaded;
    int err;
    const char *why;

    bool first, refused; /* nothing read yet; what was read last was refused */
    int64_t until_s;     /* of the one in use */
    size_t warned;       /* steps of `days` that were said */
    struct metric *left, *ok, *bad;
};

static const int64_t days[] = {30, 14, 7, 1};
enum { STEPS = sizeof days / sizeof days[0] };

static int64_t now_s(const struct certificate *c)
{
    return c->clock->ops->unix_ms(c->clock->ctx) / 1000;
}

/* ---- on the thread ---- */

static void read_stamp(const struct certificate_config *config, struct stamp *out)
{
    const struct tls_files *files = &config->files;
    const char *const paths[FILES] = {files->cert, files->key,       files->cert2,
                                      files->key2, files->client_ca, files->client_crl};
    struct stat status;

    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < FILES; i++) {
        if (!paths[i] || stat(paths[i], &status) != 0)
            continue;
        out->of[i].device = status.st_dev;
        out->of[i].inode = status.st_ino;
        out->of[i].size = status.st_size;
        out->of[i].modified = status.st_mtim;
        out->of[i].changed = status.st_ctim;
    }
}

/* The stamp is taken first: what is changed while it is read is read again. */
static void look(uv_work_t *work)
{
    struct certificate *c = work->data;
    struct stamp stamp;

    read_stamp(&c->config, &stamp);
    c->changed = memcmp(&stamp, &c->stamp, sizeof stamp) != 0;
    c->stamp = stamp;
    c->loaded = NULL;
    c->err = 0;
    if (!c->changed && !c->forced && !c->refused)
        return;
    c->err = tls_server_load(&c->loaded, &c->config.files, &c->why);
}

/* ---- on the loop ---- */

static void warn(struct certificate *c)
{
    int64_t left_s = c->until_s - now_s(c);
    char until[ROOST_DATETIME_LEN + 1];
    size_t steps = 0;

    while (steps < STEPS && left_s <= days[steps] * DAY_S)
        steps++;
    steps += left_s <= 0;
    if (steps <= c->warned)
        return;
    c->warned = steps;
    roost_datetime_write(until, c->until_s * 1000);
    if (left_s <= 0)
        HOST_LOG(ROOST_LOG_ERROR, "tls", "the certificate has expired: nobody should trust it",
                 RF_STR("file", c->config.files.cert), RF_STR("until", until));
    else
        HOST_LOG(ROOST_LOG_WARN, "tls", "the certificate expires soon",
                 RF_STR("file", c->config.files.cert), RF_STR("until", until),
                 RF_INT("days_left", left_s / DAY_S));
}

static void refuse(struct certificate *c, const char *why)
{
    bool news = c->changed || c->forced || !c->refused;

    tls_context_free(c->loaded);
    c->loaded = NULL;
    c->refused = true;
    if (!news)
        return;
    metric_add(c->bad, 1);
    HOST_LOG(ROOST_LOG_WARN, "tls", "the new certificate is refused, the old one goes on",
             RF_STR("file", c->config.files.cert), RF_STR("key_file", c->config.files.key),
             RF_STR("why", why));
}

/* A certificate of the wrong time is worse than the old one, as long as that is good. */
static const char *why_not_now(const struct certificate *c, int64_t from_s, int64_t until_s)
{
    if (c->first || c->until_s <= now_s(c))
        return NULL;
    if (until_s <= now_s(c))
        return "it has expired";
    return from_s > now_s(c) ? "it is not valid yet" : NULL;
}

static void take(struct certificate *c)
{
    struct tls_context *loaded = c->loaded;
    char until[ROOST_DATETIME_LEN + 1];
    int64_t from_s, until_s;

    tls_server_validity(loaded, &from_s, &until_s);
    const char *why = why_not_now(c, from_s, until_s);
    if (why) {
        refuse(c, why);
        return;
    }
    c->loaded = NULL;
    c->refused = false;
    c->until_s = until_s;
    c->warned = 0;
    roost_datetime_write(until, until_s * 1000);
    if (!c->first) {
        metric_add(c->ok, 1);
        HOST_LOG(ROOST_LOG_INFO, "tls", "certificate taken anew",
                 RF_STR("file", c->config.files.cert), RF_STR("until", until));
    }
    c->first = false;
    c->renewed(c->ctx, loaded);
}

static void free_when_unused(struct certificate *c)
{
    if (c->closing && c->timer_closed && !c->busy)
        free(c);
}

static void looked(uv_work_t *work, int status);

static void start(struct certificate *c, bool forced)
{
    if (c->busy) {
        c->again |= forced;
        return;
    }
    c->work.data = c;
    c->forced = forced;
    c->busy = uv_queue_work(c->timer.loop, &c->work, look, looked) == 0;
}

static void looked(uv_work_t *work, int status)
{
    struct certificate *c = work->data;

    c->busy = false;
    if (c->closing || status != 0) {
        tls_context_free(status == 0 ? c->loaded : NULL);
        free_when_unused(c);
        return;
    }
    if (c->err < 0)
        refuse(c, c->why);
    else if (c->loaded)
        take(c);
    metric_set(c->left, (double)(c->until_s - now_s(c)) / DAY_S);
    warn(c);
    if (c->again) {
        c->again = false;
        start(c, true);
    }
}

static void on_timer(uv_timer_t *timer)
{
    start(timer->data, false);
}

int certificate_new(struct certificate **out, uv_loop_t *loop,
                    const struct certificate_config *config, const struct host_clock *clock,
                    struct metrics *metrics, void (*renewed)(void *ctx, struct tls_context *tls),
                    void *ctx)
{
    static const char name[] = "roost_tls_certificate_reads_total";
    static const char help[] = "Times the certificate's files were read anew, by result";
    struct certificate *c = calloc(1, sizeof *c);

    if (!c)
        return ROOST_ERR_NO_MEMORY;
    c->config = *config;
    c->clock = clock;
    c->renewed = renewed;
    c->ctx = ctx;
    c->first = true;
    c->left = metrics_gauge(metrics, "roost_tls_certificate_days_left",
                            "Days until the server's certificate expires", NULL);
    c->ok = metrics_counter(metrics, name, help, "result=\"taken\"");
    c->bad = metrics_counter(metrics, name, help, "result=\"refused\"");
    uv_timer_init(loop, &c->timer);
    c->timer.data = c;
    uint64_t poll_ms = config->poll_ms ? config->poll_ms : CERTIFICATE_POLL_MS;
    uv_timer_start(&c->timer, on_timer, poll_ms, poll_ms);
    start(c, true);
    *out = c;
    return 0;
}

void certificate_look(struct certificate *c)
{
    start(c, true);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct certificate *c = handle->data;

    c->timer_closed = true;
    free_when_unused(c);
}

void certificate_close(struct certificate *c)
{
    if (!c)
        return;
    c->closing = true;
    uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}
