/* SPDX-License-Identifier: Apache-2.0 */
#include "core/log.h"

#include <stdbool.h>
#include <string.h>

#include "core/bytes.h"
#include "core/err.h"
#include "core/number.h"
#include "core/utf8.h"

static const char *const level_names[] = {
    [ROOST_LOG_ERROR] = "error",
    [ROOST_LOG_WARN] = "warn",
    [ROOST_LOG_INFO] = "info",
    [ROOST_LOG_DEBUG] = "debug",
};

enum { LEVELS = sizeof level_names / sizeof level_names[0], HEADER = 2 };

const char *roost_log_level_name(enum roost_log_level level)
{
    return (size_t)level < LEVELS ? level_names[level] : "unknown";
}

int roost_log_level_parse(const char *text, size_t len, enum roost_log_level *out)
{
    for (size_t i = 0; i < LEVELS; i++) {
        if (strlen(level_names[i]) == len && memcmp(level_names[i], text, len) == 0) {
            *out = (enum roost_log_level)i;
            return ROOST_OK;
        }
    }
    return ROOST_ERR_INVALID;
}

static bool same_ignoring_case(const char *text, const char *lower, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((text[i] >= 'A' && text[i] <= 'Z' ? text[i] + ('a' - 'A') : text[i]) != lower[i])
            return false;
    return true;
}

/* By the last word of the name, so that "wifi_password" is one too and "key_count" is none. */
int roost_log_is_secret(const char *key)
{
    static const char *const secrets[] = {"password", "psk",  "secret",        "token",
                                          "key",      "hmac", "authorization", "child_name"};
    size_t key_len = strlen(key);
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        size_t len = strlen(secrets[i]);
        if (len <= key_len && (len == key_len || key[key_len - len - 1] == '_') &&
            same_ignoring_case(key + key_len - len, secrets[i], len))
            return 1;
    }
    return 0;
}

/* ---- a line ---- */

struct line {
    char text[ROOST_LOG_LINE_MAX + 1];
    size_t len;
    bool cut;
};

static void put(struct line *line, const char *text, size_t len)
{
    size_t room = ROOST_LOG_LINE_MAX - line->len;
    if (len > room) {
        line->cut = true;
        len = room;
    }
    memcpy(line->text + line->len, text, len);
    line->len += len;
}

static void put_char(struct line *line, char c)
{
    put(line, &c, 1);
}

static void put_number(struct line *line, int64_t value, unsigned decimals)
{
    char text[ROOST_NUMBER_MAX];
    size_t len = roost_write_scaled(text, value, decimals);
    put(line, text, len);
}

/* Text that cannot break the line: escapes inside quotes, '?' for what is no text. */
static void put_clean(struct line *line, const char *text, bool quoted)
{
    static const char specials[] = "\"\\\n\r\t", letters[] = "\"\\nrt";
    const char *end = text + strlen(text);
    while (text < end) {
        size_t len = roost_utf8_len(text, end);
        const char *special = quoted ? strchr(specials, *text) : NULL;
        if (special) {
            put_char(line, '\\');
            put_char(line, letters[special - specials]);
        } else if (len == 0 || (unsigned char)*text < ' ' || *text == 0x7F) {
            put_char(line, '?');
        } else {
            put(line, text, len);
        }
        text += len ? len : 1;
    }
}

static void put_string(struct line *line, const char *text)
{
    bool quoted = *text == '\0';
    for (const char *p = text; *p; p++)
        quoted = quoted || (unsigned char)*p <= ' ' || strchr("\"\\=", *p);
    if (quoted)
        put_char(line, '"');
    put_clean(line, text, quoted);
    if (quoted)
        put_char(line, '"');
}

static void put_field(struct line *line, const struct roost_log_field *field)
{
    put_char(line, ' ');
    put_clean(line, field->key, false);
    put_char(line, '=');
    if (roost_log_is_secret(field->key)) {
        put(line, "***", 3);
        return;
    }
    switch (field->kind) {
    case ROOST_FIELD_INT:
        put_number(line, field->number, 0);
        break;
    case ROOST_FIELD_MILLI:
        put_number(line, field->number, 3);
        break;
    case ROOST_FIELD_STR:
        if (field->string)
            put_string(line, field->string);
        else
            put(line, "null", 4);
        break;
    case ROOST_FIELD_ERR:
        put_clean(line, roost_err_name((int)field->number), false);
        break;
    case ROOST_FIELD_NONE:
        break;
    }
}

static void put_time(struct line *line, uint64_t now_ms)
{
    unsigned ms = (unsigned)(now_ms % 1000);
    const char fraction[] = {'.', (char)('0' + ms / 100), (char)('0' + ms / 10 % 10),
                             (char)('0' + ms % 10), ' '};
    char text[ROOST_NUMBER_MAX];
    size_t len = roost_write_uint64(text, now_ms / 1000);
    put(line, text, len);
    put(line, fraction, sizeof fraction);
}

static void finish(struct line *line)
{
    static const char dots[] = "...";
    if (line->cut) {
        size_t keep = ROOST_LOG_LINE_MAX - (sizeof dots - 1);
        while ((line->text[keep] & 0xC0) == 0x80) /* not inside a character */
            keep--;
        memcpy(line->text + keep, dots, sizeof dots - 1);
        line->len = keep + sizeof dots - 1;
    }
    line->text[line->len] = '\0';
}

/* ---- the ring ---- */

static void ring_write(struct roost_log *log, const char *bytes, size_t len)
{
    size_t at = (log->head + log->used) % log->ring_size;
    size_t first = len < log->ring_size - at ? len : log->ring_size - at;
    memcpy(log->ring + at, bytes, first);
    memcpy(log->ring, bytes + first, len - first);
    log->used += len;
}

/* `offset` counts from the oldest record's first byte. */
static void ring_read(const struct roost_log *log, size_t offset, char *out, size_t len)
{
    size_t at = (log->head + offset) % log->ring_size;
    size_t first = len < log->ring_size - at ? len : log->ring_size - at;
    memcpy(out, log->ring + at, first);
    memcpy(out + first, log->ring, len - first);
}

static size_t record_len(const struct roost_log *log, size_t offset)
{
    char header[HEADER];
    ring_read(log, offset, header, HEADER);
    return roost_le_get16(header);
}

/* The oldest lines make room: what happened last is what explains a fault. */
static void keep(struct roost_log *log, const struct line *line)
{
    char header[HEADER];
    size_t need = HEADER + line->len;
    if (need > log->ring_size) {
        log->overwritten++;
        return;
    }
    while (log->ring_size - log->used < need) {
        size_t oldest = HEADER + record_len(log, 0);
        log->head = (log->head + oldest) % log->ring_size;
        log->used -= oldest;
        log->overwritten++;
    }
    roost_le_put(header, line->len, HEADER);
    ring_write(log, header, HEADER);
    ring_write(log, line->text, line->len);
}

size_t roost_log_read(const struct roost_log *log, char *out, size_t size)
{
    size_t total = 0, at = 0, len = 0;
    if (size == 0)
        return 0;
    for (size_t offset = 0; offset < log->used; offset += HEADER + record_len(log, offset))
        total += record_len(log, offset) + 1; /* with its '\n', the last one's place is the NUL's */
    for (; total > size; at += HEADER + record_len(log, at))
        total -= record_len(log, at) + 1;
    while (at < log->used) {
        size_t line_len = record_len(log, at);
        if (len > 0)
            out[len++] = '\n';
        ring_read(log, at + HEADER, out + len, line_len);
        len += line_len;
        at += HEADER + line_len;
    }
    out[len] = '\0';
    return len;
}

/* A place is the number of a line since the log began: the oldest there is has that of those that
 * went. */
size_t roost_log_next(const struct roost_log *log, uint32_t *place,
                      char out[ROOST_LOG_LINE_MAX + 1])
{
    size_t offset = 0, len = 0;
    uint32_t ahead = *place > log->overwritten ? *place - log->overwritten : 0;
    uint32_t number = log->overwritten + ahead;

    for (; ahead > 0 && offset < log->used; ahead--)
        offset += HEADER + record_len(log, offset);
    if (offset < log->used) {
        len = record_len(log, offset);
        ring_read(log, offset + HEADER, out, len);
        *place = number + 1;
    }
    out[len] = '\0';
    return len;
}

/* ---- the log ---- */

void roost_log_init(struct roost_log *log, char *ring, size_t ring_size,
                    uint64_t (*now_ms)(void *ctx),
                    void (*sink)(void *ctx, enum roost_log_level, const char *line, size_t len),
                    void *ctx)
{
    *log = (struct roost_log){.ring = ring,
                              .ring_size = ring_size,
                              .level = ROOST_LOG_INFO,
                              .now_ms = now_ms,
                              .sink = sink,
                              .ctx = ctx};
}

void roost_log_write(struct roost_log *log, enum roost_log_level level, const char *area,
                     const char *text, const struct roost_log_field *fields, size_t count)
{
    struct line line; /* the text is not cleared: 320 bytes on every call for nothing */
    if (level > log->level)
        return;
    line.len = 0;
    line.cut = false;
    put_time(&line, log->now_ms(log->ctx));
    put_char(&line, "EWID"[(size_t)level < LEVELS ? level : ROOST_LOG_DEBUG]);
    put_char(&line, ' ');
    put_clean(&line, area, false);
    put(&line, ": ", 2);
    put_clean(&line, text, false);
    for (size_t i = 0; i < count; i++) /* {0} is no field */
        if (fields[i].kind != ROOST_FIELD_NONE)
            put_field(&line, &fields[i]);
    finish(&line);

    log->lines++;
    if (level == ROOST_LOG_ERROR)
        log->errors++;
    keep(log, &line);
    if (log->sink)
        log->sink(log->ctx, level, line.text, line.len);
}
