/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/ocpp/write.h"

#include <string.h>

#include "core/assert.h"
#include "core/datetime.h"
#include "core/err.h"
#include "core/number.h"
#include "core/utf8.h"

enum { CALL = 2, RESULT = 3, ERROR = 4 };

/* Everything that goes into a payload is told to the check first. */
static void tell(struct ocpp_writer *w, enum roost_json_event event, const char *text, size_t len)
{
    if (!w->payload)
        return;
    (void)ocpp_check_event(&w->check, event, text, len);
    if (w->check.fault.kind != OCPP_FAULT_NONE)
        w->json.failed = true;
}

/* ---- out ---- */

static void drain(struct ocpp_writer *w)
{
    if (w->sink && !w->json.failed) {
        w->json.failed = w->sink(w->ctx, w->json.out, w->json.len) != 0;
        w->sunk += w->json.len;
        w->json.len = 0;
    }
}

/* For one token, which is shorter than OCPP_WRITER_ROOM. */
static void make_room(struct ocpp_writer *w)
{
    if (w->json.size - w->json.len < OCPP_WRITER_ROOM)
        drain(w);
}

/* Any length, in pieces that are short enough, whole characters each. */
static void put_piece(struct ocpp_writer *w, const char *text, size_t len)
{
    enum { PIECE = 32 };
    while (len > 0) {
        size_t n = len < PIECE ? len : PIECE;
        while (n < len && n > PIECE - 4 && ((unsigned char)text[n] & 0xC0) == 0x80)
            n--;
        make_room(w);
        roost_json_str_piece(&w->json, text, n);
        text += n;
        len -= n;
    }
}

static void put_string(struct ocpp_writer *w, const char *text, size_t len)
{
    make_room(w);
    roost_json_str_begin(&w->json);
    put_piece(w, text, len);
    roost_json_str_end(&w->json);
}

static void put_bracket(struct ocpp_writer *w, void (*bracket)(struct roost_json_writer *json))
{
    make_room(w);
    bracket(&w->json);
}

static int nowhere(void *ctx, const char *text, size_t len)
{
    (void)ctx, (void)text, (void)len;
    return 0;
}

void ocpp_writer_begin(struct ocpp_writer *w, char *out, size_t size)
{
    w->sink = NULL;
    w->sunk = 0;
    w->payload = false;
    ocpp_check_begin(&w->check, OCPP_OBJ_Nothing, 0, NULL, NULL);
    roost_json_begin(&w->json, out, size);
}

void ocpp_writer_begin_sink(struct ocpp_writer *w, char *out, size_t size,
                            int (*sink)(void *ctx, const char *text, size_t len), void *ctx)
{
    ROOST_ASSERT(size > OCPP_WRITER_ROOM);
    ocpp_writer_begin(w, out, size);
    w->sink = sink;
    w->ctx = ctx;
}

void ocpp_writer_measure(struct ocpp_writer *w, char *out, size_t size)
{
    ocpp_writer_begin_sink(w, out, size, nowhere, NULL);
}

/* ---- frames ---- */

static void write_head(struct ocpp_writer *w, int type, const char *id)
{
    roost_json_array(&w->json);
    roost_json_int(&w->json, type);
    put_string(w, id, strlen(id));
}

static void begin_payload(struct ocpp_writer *w, enum ocpp_object object)
{
    ocpp_check_begin(&w->check, object, 0, NULL, NULL);
    w->payload = true;
    put_bracket(w, roost_json_object);
    tell(w, ROOST_JSON_EV_OBJECT, "{", 1);
}

static bool id_is_good(const char *id)
{
    size_t chars = 0, len = 0;
    const char *end = id + strlen(id);
    for (const char *p = id; p < end; p += len, chars++)
        len = roost_utf8_len(p, end) ? roost_utf8_len(p, end) : 1;
    return chars > 0 && chars <= OCPP_MESSAGE_ID_MAX;
}

void ocpp_write_call(struct ocpp_writer *w, const char *id, enum ocpp_message message)
{
    ROOST_ASSERT(id_is_good(id));
    write_head(w, CALL, id);
    make_room(w);
    roost_json_str(&w->json, ocpp_word_text(ocpp_message_action(message)));
    begin_payload(w, ocpp_message_request(message));
}

void ocpp_write_result(struct ocpp_writer *w, const char *id, enum ocpp_message message)
{
    write_head(w, RESULT, id);
    begin_payload(w, ocpp_message_answer(message));
}

void ocpp_write_error(struct ocpp_writer *w, const char *id, enum ocpp_error error,
                      const char *description)
{
    write_head(w, ERROR, id);
    make_room(w);
    roost_json_str(&w->json, ocpp_word_text(ocpp_error_word(error)));
    put_string(w, description, strlen(description));
    put_bracket(w, roost_json_object);
    roost_json_end(&w->json);
}

int ocpp_writer_end(struct ocpp_writer *w)
{
    if (w->payload)
        ocpp_end(w);
    put_bracket(w, roost_json_end);
    drain(w);
    int len = roost_json_finish(&w->json);
    if (w->check.fault.kind != OCPP_FAULT_NONE)
        return ROOST_ERR_INVALID;
    if (w->sink)
        return len < 0 ? ROOST_ERR_IO : (int)w->sunk;
    return len;
}

/* ---- members ---- */

static void put_key(struct ocpp_writer *w, enum ocpp_word field)
{
    const char *name = ocpp_word_text(field);
    tell(w, ROOST_JSON_EV_KEY, name, strlen(name));
    make_room(w);
    roost_json_key(&w->json, name);
}

static void put_number(struct ocpp_writer *w, const char *text, size_t len)
{
    tell(w, ROOST_JSON_EV_NUMBER, text, len);
    make_room(w);
    roost_json_raw(&w->json, text, len);
}

void ocpp_add_textn(struct ocpp_writer *w, const char *text, size_t len)
{
    tell(w, ROOST_JSON_EV_TEXT, text, len);
    put_string(w, text, len);
}

void ocpp_put_textn(struct ocpp_writer *w, enum ocpp_word field, const char *text, size_t len)
{
    put_key(w, field);
    ocpp_add_textn(w, text, len);
}

void ocpp_put_text(struct ocpp_writer *w, enum ocpp_word field, const char *text)
{
    ocpp_put_textn(w, field, text, strlen(text));
}

void ocpp_put_word(struct ocpp_writer *w, enum ocpp_word field, enum ocpp_word word)
{
    ocpp_put_text(w, field, ocpp_word_text(word));
}

void ocpp_put_time(struct ocpp_writer *w, enum ocpp_word field, int64_t unix_ms)
{
    char text[ROOST_DATETIME_LEN + 1];
    roost_datetime_write(text, unix_ms);
    ocpp_put_textn(w, field, text, ROOST_DATETIME_LEN);
}

void ocpp_put_int(struct ocpp_writer *w, enum ocpp_word field, int32_t value)
{
    ocpp_put_scaled(w, field, value, 0);
}

void ocpp_put_scaled(struct ocpp_writer *w, enum ocpp_word field, int64_t value, unsigned decimals)
{
    char text[ROOST_NUMBER_MAX];
    size_t len = roost_write_scaled(text, value, decimals);
    put_key(w, field);
    if (field == OCPP_value)
        ocpp_add_textn(w, text, len);
    else
        put_number(w, text, len);
}

void ocpp_put_bool(struct ocpp_writer *w, enum ocpp_word field, bool value)
{
    put_key(w, field);
    tell(w, ROOST_JSON_EV_BOOL, value ? "true" : "false", value ? 4 : 5);
    make_room(w);
    roost_json_bool(&w->json, value);
}

void ocpp_put_text_begin(struct ocpp_writer *w, enum ocpp_word field)
{
    put_key(w, field);
    roost_json_str_begin(&w->json);
}

void ocpp_text_piece(struct ocpp_writer *w, const char *text, size_t len)
{
    tell(w, ROOST_JSON_EV_TEXT_PIECE, text, len);
    put_piece(w, text, len);
}

void ocpp_text_end(struct ocpp_writer *w)
{
    tell(w, ROOST_JSON_EV_TEXT, "", 0);
    make_room(w);
    roost_json_str_end(&w->json);
}

void ocpp_put_object(struct ocpp_writer *w, enum ocpp_word field)
{
    put_key(w, field);
    ocpp_add_object(w);
}

void ocpp_add_object(struct ocpp_writer *w)
{
    tell(w, ROOST_JSON_EV_OBJECT, "{", 1);
    put_bracket(w, roost_json_object);
}

void ocpp_put_list(struct ocpp_writer *w, enum ocpp_word field)
{
    put_key(w, field);
    tell(w, ROOST_JSON_EV_ARRAY, "[", 1);
    put_bracket(w, roost_json_array);
}

void ocpp_end(struct ocpp_writer *w)
{
    tell(w, ROOST_JSON_EV_END, "", 0);
    put_bracket(w, roost_json_end);
}
