/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/device/upload.h"

#include <string.h>

#include "core/bytes.h"
#include "core/datetime.h"
#include "core/err.h"
#include "core/timer.h"
#include "devices/charger/device/parts.h"

_Static_assert((int)ROOST_DIAGNOSTICS_LINE_MAX <= (int)ROOST_UPLOAD_PIECE_MAX, "a line is a piece");
_Static_assert((int)ROOST_DIAGNOSTICS_NAME_MAX <= (int)ROOST_UPLOAD_NAME_MAX, "its name is one");
_Static_assert((int)CHARGER_BLACKBOX_LINE_MAX <= (int)ROOST_UPLOAD_PIECE_MAX, "likewise");
_Static_assert(ROOST_DATETIME_LEN + 2 + CHARGER_EVENT_INFO_MAX + 64 <= ROOST_UPLOAD_PIECE_MAX,
               "an event is one, with its name");

/* ---- the file ---- */

enum section { SECTION_HEAD, SECTION_LOG, SECTION_BOX, SECTION_EVENTS, SECTION_END };

static void file_begin(struct charger_file *file, const struct roost_charger *charger,
                       const struct roost_diagnostics_range *range)
{
    roost_diagnostics_begin(&file->lines, &charger->device, range);
    file->event = 0;
    file->section = SECTION_HEAD;
}

static int next_event(struct charger_file *file, const struct roost_charger *charger,
                      struct charger_event *event)
{
    const struct roost_diagnostics_range *range = &file->lines.range;
    int err =
        charger_events_read(&charger->events, file->event, range->from_ms, range->to_ms, event);

    if (err == 0)
        file->event = event->number;
    return err;
}

static size_t put(char *out, size_t len, const char *text)
{
    size_t more = strlen(text);

    memcpy(out + len, text, more + 1);
    return len + more;
}

static size_t event_line(struct charger_file *file, const struct roost_charger *charger, char *out)
{
    struct charger_event event;
    size_t len = ROOST_DATETIME_LEN;

    if (next_event(file, charger, &event) < 0)
        return 0;
    roost_datetime_write(out, event.unix_ms);
    len = put(out, len, " ");
    len = put(out, len, charger_event_name((enum charger_event_kind)event.kind));
    if (event.info[0])
        len = put(out, len, ": ");
    len = put(out, len, event.info);
    return put(out, len, "\n");
}

/* The first line says what there is, the others are frames. */
static size_t box_line(struct charger_file *file, char *out)
{
    bool first = !file->box.headed;
    int len;

    while ((len = charger_blackbox_line(&file->box, out)) > 0) {
        uint64_t at_ms = file->box.place.tick * CHARGER_BLACKBOX_TICK_MS;

        if (first || roost_diagnostics_touches(&file->lines.range, at_ms, at_ms))
            return (size_t)len;
    }
    return 0;
}

static size_t line_of(struct charger_file *file, const struct roost_charger *charger, char *out)
{
    bool security = file->which == CHARGER_FILE_SECURITY_LOG;

    switch ((enum section)file->section) {
    case SECTION_HEAD:
        return roost_diagnostics_head(&file->lines, out);
    case SECTION_LOG:
        return security ? 0 : roost_diagnostics_log(&file->lines, out);
    case SECTION_BOX:
        return security ? 0 : box_line(file, out);
    default:
        return security ? event_line(file, charger, out) : 0;
    }
}

/* An attempt; the range is the request's. */
static void source_begin(void *ctx)
{
    struct roost_charger *charger = ctx;
    struct charger_file *file = &charger->upload.file;
    const struct roost_diagnostics_range range = file->lines.range;

    file_begin(file, charger, &range);
    charger->upload.reads = true;
    if (file->which == CHARGER_FILE_SECURITY_LOG)
        return;
    charger_blackbox_freeze(&charger->blackbox, 0);
    (void)charger_blackbox_read(&charger->blackbox, &file->box); /* it is frozen */
}

static size_t source_next(void *ctx, char out[ROOST_UPLOAD_PIECE_MAX])
{
    const struct roost_charger *charger = ctx;
    struct charger_file *file = &((struct roost_charger *)ctx)->upload.file;
    size_t len = 0;

    for (; file->section < SECTION_END; file->section++)
        if ((len = line_of(file, charger, out)) > 0)
            break;
    return len;
}

/* An attempt is over. What a fault has frozen stays until it has arrived somewhere. */
static void release_box(struct roost_charger *charger, bool arrived)
{
    struct charger_upload *upload = &charger->upload;
    bool read = upload->file.which != CHARGER_FILE_SECURITY_LOG && upload->file.box.headed;

    upload->reads = false;
    if (charger->blackbox.fault == 0 || (arrived && read))
        charger_blackbox_thaw(&charger->blackbox);
}

/* ---- what is told of it ---- */

/* How it ended, as the note has it; on flash: only appended to. */
enum outcome { OUTCOME_FAILED, OUTCOME_UPLOADED, OUTCOME_DENIED, OUTCOME_UNKNOWN, OUTCOME_BAD };
enum { OUTCOMES = OUTCOME_BAD + 1 };

static const uint16_t words[OUTCOMES][2] = {
    [OUTCOME_FAILED] = {OCPP_UploadFailed, OCPP_UploadFailure},
    [OUTCOME_UPLOADED] = {OCPP_Uploaded, OCPP_Uploaded},
    [OUTCOME_DENIED] = {OCPP_UploadFailed, OCPP_PermissionDenied},
    [OUTCOME_UNKNOWN] = {OCPP_UploadFailed, OCPP_NotSupportedOperation},
    [OUTCOME_BAD] = {OCPP_UploadFailed, OCPP_BadMessage},
};

static const char note_key[] = "upload";
enum { NOTE_BYTES = 6 };

static void note(struct roost_charger *charger, enum outcome outcome)
{
    const struct roost_kv *kv = &charger->device.port->kv;
    uint8_t bytes[NOTE_BYTES] = {charger->upload.file.which, (uint8_t)outcome};

    roost_le_put(bytes + 2, (uint32_t)charger->upload.request_id, 4);
    charger->upload.noted = true;
    if (kv->ops->set(kv->ctx, note_key, bytes, sizeof bytes) < 0)
        charger->device.unsaved = true;
}

static void over(struct roost_charger *charger, enum outcome outcome)
{
    struct charger_upload *upload = &charger->upload;

    upload->ended = words[outcome][upload->file.which != CHARGER_FILE_DIAGNOSTICS];
    if (outcome != OUTCOME_FAILED) /* that is noted from the beginning */
        note(charger, outcome);
    roost_upload_cancel(&upload->job);
}

static enum outcome outcome_of(const struct charger_upload *upload)
{
    enum { BAD_REQUEST = 400 };

    switch (upload->job.err) {
    case 0:
        return OUTCOME_UPLOADED;
    case ROOST_ERR_AUTH:
        return OUTCOME_DENIED;
    case ROOST_ERR_UNSUPPORTED:
        return OUTCOME_UNKNOWN;
    case ROOST_ERR_INVALID:
        return OUTCOME_BAD;
    default:
        return upload->job.code == BAD_REQUEST ? OUTCOME_BAD : OUTCOME_FAILED;
    }
}

/* The next word, once the one before was heard; behind the last one nothing is owed any more. */
static void tell(struct roost_charger *charger)
{
    struct charger_upload *upload = &charger->upload;
    const struct roost_kv *kv = &charger->device.port->kv;
    uint16_t *next = upload->begun != OCPP_NO_WORD ? &upload->begun : &upload->ended;

    if (charger->ocpp.files.upload != OCPP_NO_WORD)
        return;
    if (*next != OCPP_NO_WORD) {
        charger_ocpp_upload_status(&charger->ocpp, (enum ocpp_word) * next);
        *next = OCPP_NO_WORD;
        charger->news = true;
    } else if (upload->noted && !roost_upload_runs(&upload->job)) {
        upload->noted = false;
        if (kv->ops->erase(kv->ctx, note_key) < 0)
            charger->device.unsaved = true;
    }
}

/* ---- a request ---- */

static bool empty(struct roost_charger *charger, struct charger_file *file)
{
    const struct charger_blackbox *box = &charger->blackbox;
    char line[ROOST_UPLOAD_PIECE_MAX];
    struct charger_event event;

    if (file->which == CHARGER_FILE_SECURITY_LOG)
        return next_event(file, charger, &event) < 0;
    return roost_diagnostics_log(&file->lines, line) == 0 &&
           !(box->kept > 0 && roost_diagnostics_touches(&file->lines.range,
                                                        box->oldest.tick * CHARGER_BLACKBOX_TICK_MS,
                                                        box->tick * CHARGER_BLACKBOX_TICK_MS));
}

/* Whom a server is believed: the roots the central system has installed go before the factory's. */
static void trust(struct roost_charger *charger, struct roost_upload_order *order)
{
    size_t count =
        charger->device.port->pki.ops
            ? charger_roots_texts(&charger->trust.roots, CHARGER_ROOT_CENTRAL, charger->trust.texts)
            : 0;

    order->ca_pem = charger->config.ca_pem;
    charger->upload.tls =
        (struct roost_tls_options){.roots = charger->trust.texts, .root_count = count};
    if (count > 0)
        order->tls = &charger->upload.tls;
}

int charger_upload_ask(void *ctx, const struct charger_ocpp_upload *asked, char name[256])
{
    struct roost_charger *charger = ctx;
    static const char *const kinds[] = {[CHARGER_FILE_DIAGNOSTICS] = "diagnostics",
                                        [CHARGER_FILE_LOG] = "log",
                                        [CHARGER_FILE_SECURITY_LOG] = "security"};
    struct charger_upload *upload = &charger->upload;
    struct charger_instant now = charger_instant(charger, charger->device.now.now_ms);
    const struct roost_diagnostics_range range = {
        .boot_ms = now.unix_ms ? now.unix_ms - (int64_t)now.now_ms : 0,
        .from_ms = asked->from_s * 1000,
        .to_ms = asked->to_s * 1000};
    struct roost_upload_order order = {.url = asked->url,
                                       .retries = asked->retries,
                                       .retry_ms = asked->retry_interval_s * 1000u,
                                       .type = "text/plain"};
    struct charger_file file = {.which = asked->file};
    bool another = upload->noted; /* or its end was not heard of yet */

    file_begin(&file, charger, &range);
    if (empty(charger, &file))
        return ROOST_ERR_NOT_FOUND;
    trust(charger, &order);
    roost_diagnostics_name(&file.lines, kinds[asked->file], name);
    int err = roost_upload_begin(&upload->job, &order, name);
    if (err < 0)
        return err;
    if (upload->reads)
        release_box(charger, false);
    upload->file = file;
    upload->request_id = asked->request_id;
    upload->begun = upload->ended = OCPP_NO_WORD; /* of the one that was given up */
    upload->told = false;
    note(charger, OUTCOME_FAILED);
    charger->news = true;
    return another ? ROOST_ERR_BUSY : 0;
}

void charger_upload_make(struct roost_charger *charger)
{
    const struct roost_kv *kv = &charger->device.port->kv;
    struct charger_upload *upload = &charger->upload;
    const struct roost_upload_source source = {source_begin, source_next, charger};
    uint8_t bytes[NOTE_BYTES];

    roost_upload_init(&upload->job, charger->device.port, &source);
    if (kv->ops->get(kv->ctx, note_key, bytes, sizeof bytes) != NOTE_BYTES ||
        bytes[0] > CHARGER_FILE_SECURITY_LOG || bytes[1] >= OUTCOMES)
        return;
    upload->noted = true;
    upload->ended = words[bytes[1]][bytes[0] != CHARGER_FILE_DIAGNOSTICS];
    charger->ocpp.files.log = bytes[0] != CHARGER_FILE_DIAGNOSTICS;
    charger->ocpp.files.upload_id = (int32_t)roost_le_get32(bytes + 2);
}

uint64_t charger_upload_run(struct roost_charger *charger, const struct charger_instant *now)
{
    struct charger_upload *upload = &charger->upload;
    const struct roost_device *device = &charger->device;
    const struct roost_ota *ota = &device->update.ota;
    /* Between two transfers of a download http is free, and yet its own. */
    bool free = ota->state != ROOST_OTA_ASKING && ota->state != ROOST_OTA_LOADING;
    bool network = free && (!device->port->wifi.ops || device->wifi.up);
    uint64_t due_ms = ROOST_NEVER;

    if (roost_upload_runs(&upload->job) && roost_device_rests(device))
        over(charger, OUTCOME_FAILED);
    else
        due_ms = roost_upload_step(&upload->job, now->now_ms, network);
    if (upload->job.state == ROOST_UPLOAD_SENDING && !upload->told) {
        upload->told = true;
        upload->begun = OCPP_Uploading;
    }
    if (upload->reads && upload->job.state != ROOST_UPLOAD_SENDING)
        release_box(charger, upload->job.state == ROOST_UPLOAD_OVER && upload->job.err == 0);
    if (upload->job.state == ROOST_UPLOAD_OVER)
        over(charger, outcome_of(upload));
    tell(charger);
    return due_ms;
}
