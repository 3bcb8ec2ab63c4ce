/* SPDX-License-Identifier: Apache-2.0 */
#include "host/log.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/datetime.h"
#include "core/err.h"
#include "core/json_write.h"

/* Kept free behind the fields: room for the mark of a cut line and the closing brace. */
enum { LINE_RESERVE = 32 };

static struct {
    pthread_mutex_t lock;
    enum roost_log_level level;
    host_log_sink_fn sink;
    void *ctx;
    uint64_t lines[ROOST_LOG_DEBUG + 1];
    uint64_t left_out;
    unsigned generation; /* of the budgets of call sites, which are static */
} hub_log = {.lock = PTHREAD_MUTEX_INITIALIZER, .level = ROOST_LOG_WARN};

static _Thread_local const char *scope;

void host_log_init(enum roost_log_level level, host_log_sink_fn sink, void *ctx)
{
    pthread_mutex_lock(&hub_log.lock);
    hub_log.level = level;
    hub_log.sink = sink;
    hub_log.ctx = ctx;
    hub_log.generation++;
    pthread_mutex_unlock(&hub_log.lock);
}

bool host_log_enabled(enum roost_log_level level)
{
    return level <= hub_log.level;
}

const char *host_log_scope(const char *correlation_id)
{
    const char *before = scope;

    scope = correlation_id;
    return before;
}

uint64_t host_log_lines(enum roost_log_level level)
{
    pthread_mutex_lock(&hub_log.lock);
    uint64_t lines = hub_log.lines[level];
    pthread_mutex_unlock(&hub_log.lock);
    return lines;
}

uint64_t host_log_left_out(void)
{
    pthread_mutex_lock(&hub_log.lock);
    uint64_t left_out = hub_log.left_out;
    pthread_mutex_unlock(&hub_log.lock);
    return left_out;
}

/* ---- a line ---- */

/* Writes the longest start of the text that fits and ends between two UTF-8 characters. */
static bool write_text(struct roost_json_writer *w, const char *text)
{
    const struct roost_json_writer before = *w;
    size_t len = strlen(text);
    const size_t whole = len;

    for (;;) {
        roost_json_strn(w, text, len);
        if (!w->failed)
            return len == whole;
        *w = before;
        if (len == 0)
            return false;
        size_t room = before.size - before.len;
        len = len > room ? room : len - len / 8 - 1;
        while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
            len--;
    }
}

static void write_value(struct roost_json_writer *w, const struct roost_log_field *field, bool *cut)
{
    if (roost_log_is_secret(field->key)) {
        roost_json_str(w, "***");
        return;
    }
    switch (field->kind) {
    case ROOST_FIELD_INT:
        roost_json_int(w, field->number);
        break;
    case ROOST_FIELD_MILLI:
        roost_json_milli(w, field->number);
        break;
    case ROOST_FIELD_ERR:
        roost_json_str(w, roost_err_name((int)field->number));
        break;
    case ROOST_FIELD_STR:
        if (!field->string)
            roost_json_null(w);
        else if (!write_text(w, field->string))
            *cut = true;
        break;
    case ROOST_FIELD_NONE:
        roost_json_null(w);
        break;
    }
}

/* One member; leaves the line as it was when it does not fit. */
static bool write_field(struct roost_json_writer *w, const struct roost_log_field *field)
{
    const struct roost_json_writer before = *w;
    bool cut = false;

    roost_json_key(w, field->key);
    if (!w->failed)
        write_value(w, field, &cut);
    if (w->failed) {
        *w = before;
        return false;
    }
    return !cut;
}

/* What is said of a line beside its fields. */
struct line_head {
    enum roost_log_level level;
    const char *area, *text;
    uint64_t left_out;
};

static size_t format_line(char *line, size_t size, const struct line_head *of,
                          const struct roost_log_field *fields, size_t count)
{
    struct roost_json_writer w;
    struct timespec now;
    char ts[ROOST_DATETIME_LEN + 1];
    bool whole = true;

    clock_gettime(CLOCK_REALTIME, &now);
    roost_datetime_write(ts, (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
    roost_json_begin(&w, line, size - LINE_RESERVE);
    roost_json_object(&w);
    const struct roost_log_field head[] = {
        RF_STR("ts", ts),
        RF_STR("level", roost_log_level_name(of->level)),
        RF_STR("area", of->area),
        RF_STR("msg", of->text),
        RF_STR("correlation_id", scope),
    };
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
        if (head[i].string)
            whole &= write_field(&w, &head[i]);
    const struct roost_log_field left_out = RF_INT("left_out", of->left_out);
    if (of->left_out > 0)
        whole &= write_field(&w, &left_out);
    for (size_t i = 0; i < count; i++)
        whole &= write_field(&w, &fields[i]);
    w.size = size;
    if (!whole) {
        roost_json_put_bool(&w, "cut", true);
    }
    roost_json_end(&w);
    int len = roost_json_finish(&w);
    return len > 0 ? (size_t)len : 0;
}

/* One write for the whole line, so that lines of two processes on one pipe do not mix. */
static void write_stderr(char *line, size_t len)
{
    line[len++] = '\n';
    for (size_t done = 0; done < len;) {
        ssize_t n = write(STDERR_FILENO, line + done, len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* nobody reads the log: nowhere to say it */
        done += (size_t)n;
    }
}

static void write_line(const struct line_head *of, const struct roost_log_field *fields,
                       size_t count)
{
    char line[HOST_LOG_LINE_MAX + 2];
    size_t len = format_line(line, HOST_LOG_LINE_MAX, of, fields, count);

    pthread_mutex_lock(&hub_log.lock);
    hub_log.lines[of->level]++;
    if (hub_log.sink)
        hub_log.sink(hub_log.ctx, of->level, line, len);
    else
        write_stderr(line, len);
    pthread_mutex_unlock(&hub_log.lock);
}

void host_log_write(enum roost_log_level level, const char *area, const char *text,
                    const struct roost_log_field *fields, size_t count)
{
    host_log_write_after(0, level, area, text, fields, count);
}

void host_log_write_after(uint64_t left_out, enum roost_log_level level, const char *area,
                          const char *text, const struct roost_log_field *fields, size_t count)
{
    const struct line_head head = {
        .level = level, .area = area, .text = text, .left_out = left_out};

    write_line(&head, fields, count);
}

/* ---- lines that others can cause ---- */

/* A token bucket in one number: the time at which it is full again. */
bool host_log_admit(struct host_log_limit *limit, uint64_t now_ms, uint64_t *left_out)
{
    const uint64_t every_ms = limit->every_ms ? limit->every_ms : HOST_LOG_EVERY_MS;
    const uint64_t most = (limit->burst ? limit->burst : HOST_LOG_BURST) * every_ms;
    bool admitted = false;

    pthread_mutex_lock(&hub_log.lock);
    if (limit->generation != hub_log.generation)
        *limit = (struct host_log_limit){
            .burst = limit->burst, .every_ms = limit->every_ms, .generation = hub_log.generation};
    if (limit->full_ms < now_ms)
        limit->full_ms = now_ms;
    if (limit->full_ms + every_ms <= now_ms + most) {
        limit->full_ms += every_ms;
        *left_out = limit->left_out;
        limit->left_out = 0;
        admitted = true;
    } else {
        limit->left_out++;
        hub_log.left_out++;
    }
    pthread_mutex_unlock(&hub_log.lock);
    return admitted;
}

void host_log_write_limited(struct host_log_limit *limit, enum roost_log_level level,
                            const char *area, const char *text,
                            const struct roost_log_field *fields, size_t count)
{
    struct timespec now;
    uint64_t left_out;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (host_log_admit(limit, (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000,
                       &left_out))
        host_log_write_after(left_out, level, area, text, fields, count);
}
