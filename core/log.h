/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structured log of a device: a line has a time, a level, an area, a text and typed fields. Lines
 * go to a sink (the console) and stay in a bounded ring, oldest overwritten first, that the
 * operator reads remotely. Secrets and personal data are masked by field name before a byte is
 * kept: keys named password, psk, secret, token, key, hmac, authorization, child_name, or ending in
 * one of them after an underscore (mqtt_password), in any case, are written as "***". No heap, no
 * stdio. Depends on core/err.h, core/number.h, core/utf8.h.
 *
 *     ROOST_LOG(&log, ROOST_LOG_WARN, "motor", "stalled", RF_INT("position_pct", 12));
 *     -> 12.345 W motor: stalled position_pct=12
 *
 * A line: seconds since boot, E W I or D, area, text, fields. A string that is empty or holds
 * anything but printable characters without spaces, quotes and '=' is quoted, with JSON's short
 * escapes; what is no text in it becomes '?'. A line never holds a line break.
 */
#ifndef ROOST_CORE_LOG_H
#define ROOST_CORE_LOG_H

#include <stddef.h>
#include <stdint.h>

enum roost_log_level { ROOST_LOG_ERROR, ROOST_LOG_WARN, ROOST_LOG_INFO, ROOST_LOG_DEBUG };

enum { ROOST_LOG_LINE_MAX = 320 }; /* bytes of a line, longer ones end in "..." */

enum roost_log_field_kind {
    ROOST_FIELD_NONE,
    ROOST_FIELD_INT,
    ROOST_FIELD_MILLI,
    ROOST_FIELD_STR,
    ROOST_FIELD_ERR
};

struct roost_log_field {
    const char *key;
    enum roost_log_field_kind kind;
    union {
        int64_t number; /* INT as it is; MILLI in thousandths, written as a decimal; ERR an error */
        const char *string;
    };
};

/* clang-format off */
#define RF_INT(k, v) {.key = (k), .kind = ROOST_FIELD_INT, .number = (int64_t)(v)}
#define RF_MILLI(k, v) {.key = (k), .kind = ROOST_FIELD_MILLI, .number = (int64_t)(v)}
#define RF_STR(k, s) {.key = (k), .kind = ROOST_FIELD_STR, .string = (s)}
#define RF_ERR(k, e) {.key = (k), .kind = ROOST_FIELD_ERR, .number = (int64_t)(e)}
/* clang-format on */

struct roost_log {
    char *ring; /* caller's memory: records of u16 length + line bytes */
    size_t ring_size, head, used;
    enum roost_log_level level; /* lines above it are neither kept nor printed */
    uint64_t (*now_ms)(void *ctx);
    void (*sink)(void *ctx, enum roost_log_level level, const char *line, size_t len);
    void *ctx;
    uint32_t lines, overwritten, errors; /* counters since init; errors counts ERROR lines */
};

/* `ring` is the caller's for as long as the log lives; `now_ms` gives monotonic milliseconds;
 * `sink` may be NULL. `ctx` is handed to both. The level is INFO at first; set `level` to change
 * it. A ring too small for a line (or of size 0) does not keep that line, which counts as
 * overwritten. */
void roost_log_init(struct roost_log *log, char *ring, size_t ring_size,
                    uint64_t (*now_ms)(void *ctx),
                    void (*sink)(void *ctx, enum roost_log_level, const char *line, size_t len),
                    void *ctx);

/* Strings are borrowed for the call. */
void roost_log_write(struct roost_log *log, enum roost_log_level level, const char *area,
                     const char *text, const struct roost_log_field *fields, size_t count);

#define ROOST_LOG(log, level, area, text, ...)                                                     \
    roost_log_write((log), (level), (area), (text), (const struct roost_log_field[]){__VA_ARGS__}, \
                    sizeof((const struct roost_log_field[]){__VA_ARGS__}) /                        \
                        sizeof(struct roost_log_field))

/* Copies the newest whole lines that fit, oldest first, separated by '\n', into out (always
 * NUL-terminated when size > 0). Returns the number of bytes without the NUL. */
size_t roost_log_read(const struct roost_log *log, char *out, size_t size);

/* The lines one at a time: the next one from `place` on (0 at first) that is still there, with a
 * NUL. Moves the place behind it; lines may come and go meanwhile. Returns its length, 0: there is
 * none. A ring that cannot hold a line may give one of them twice. */
size_t roost_log_next(const struct roost_log *log, uint32_t *place,
                      char out[ROOST_LOG_LINE_MAX + 1]);

/* "error", "warn", "info", "debug" <-> level. Parsing returns 0 or ROOST_ERR_INVALID. */
const char *roost_log_level_name(enum roost_log_level level);
int roost_log_level_parse(const char *text, size_t len, enum roost_log_level *out);

/* True when a field or JSON member of this name must never be shown. */
int roost_log_is_secret(const char *key);

#endif
