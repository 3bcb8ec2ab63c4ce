/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <string.h>

#include "core/err.h"
#include "core/number.h"
#include "runtime/ota/ota_parts.h"

static const char record_key[] = "ota", report_key[] = "ota.why";

static int checked(struct roost_ota *ota, int result)
{
    return result < 0 && result != ROOST_ERR_NOT_FOUND ? ota_warn(ota, "kv", result) : result;
}

/* ---- record: the struct, byte for byte, for it never leaves the machine ---- */

enum { RECORD_FORMAT = 1 };

_Static_assert(sizeof(struct roost_ota_record) == 104, "no padding in what lies on flash");

int ota_note(struct roost_ota *ota, enum ota_phase phase)
{
    const struct roost_kv *kv = &ota->port->kv;
    struct roost_ota_record *record = &ota->record;
    record->format = RECORD_FORMAT;
    record->phase = (uint8_t)phase;
    record->slot = !ota->running.slot;
    record->loaded_bytes = ota->loaded_bytes;
    return checked(ota, kv->ops->set(kv->ctx, record_key, record, sizeof *record));
}

static void recall_report(struct roost_ota *ota)
{
    const struct roost_kv *kv = &ota->port->kv;
    char text[1 + ROOST_OTA_REPORT_MAX];
    int len = checked(ota, kv->ops->get(kv->ctx, report_key, text, sizeof text));
    if (len <= 1)
        return;
    memcpy(ota->report, text + 1, (size_t)len - 1);
    ota->report_is_error = text[0] != 0;
    ota->report_changed = true;
}

void ota_recall(struct roost_ota *ota)
{
    const struct roost_kv *kv = &ota->port->kv;
    struct roost_ota_record *record = &ota->record;
    int len = checked(ota, kv->ops->get(kv->ctx, record_key, record, sizeof *record));
    if (len != sizeof *record || record->format != RECORD_FORMAT ||
        record->version[ROOST_MANIFEST_VERSION_MAX] != '\0')
        memset(record, 0, sizeof *record);
    ota->loaded_bytes = record->loaded_bytes;
    recall_report(ota);
}

void ota_forget(struct roost_ota *ota)
{
    memset(ota->record.image, 0, sizeof ota->record.image);
    ota->loaded_bytes = 0;
    (void)ota_note(ota, OTA_PHASE_NONE);
}

/* ---- report: on flash a byte, 1 for an error, and the text ---- */

struct text {
    char bytes[1 + ROOST_OTA_REPORT_MAX + 1];
    size_t len;
};

static void add(struct text *text, const char *s)
{
    while (*s && text->len <= ROOST_OTA_REPORT_MAX)
        text->bytes[text->len++] = *s++;
}

static void add_format(struct text *text, const char *format, va_list args)
{
    char piece[ROOST_NUMBER_MAX];
    for (; *format; format++) {
        const char *s = piece;
        if (*format == '%') {
            s = va_arg(args, const char *);
        } else if (*format == '#') {
            roost_write_uint64(piece, va_arg(args, uint32_t));
        } else {
            piece[0] = *format;
            piece[1] = '\0';
        }
        add(text, s);
    }
}

static void publish(struct roost_ota *ota, struct text *text, bool is_error)
{
    const struct roost_kv *kv = &ota->port->kv;
    const char *report = text->bytes + 1;
    if (is_error == ota->report_is_error && strcmp(report, ota->report) == 0)
        return;
    text->bytes[0] = (char)is_error;
    memcpy(ota->report, report, text->len);
    ota->report_is_error = is_error;
    ota->report_changed = true;
    ROOST_LOG(ota->log, is_error ? ROOST_LOG_WARN : ROOST_LOG_INFO, "ota", report);
    (void)checked(ota, kv->ops->set(kv->ctx, report_key, text->bytes, text->len));
}

void ota_report(struct roost_ota *ota, bool is_error, const char *format, ...)
{
    struct text text = {.len = 1};
    va_list args;
    va_start(args, format);
    add_format(&text, format, args);
    va_end(args);
    publish(ota, &text, is_error);
}

void ota_refuse(struct roost_ota *ota, const char *format, ...)
{
    struct text text = {.len = 1};
    va_list args;
    add(&text, ota->manifest.version[0] ? ota->manifest.version : "manifest");
    add(&text, " refused: ");
    va_start(args, format);
    add_format(&text, format, args);
    va_end(args);
    publish(ota, &text, true);
    ota->failures++;
    if (ota->state != ROOST_OTA_ASKING)
        ota_forget(ota);
    ota_move(ota, OTA_END);
}

int ota_drop_report(struct roost_ota *ota)
{
    const struct roost_kv *kv = &ota->port->kv;
    return checked(ota, kv->ops->erase(kv->ctx, report_key));
}
