/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/ocpp/rpc.h"

#include <string.h>

#include "core/err.h"
#include "core/number.h"
#include "core/utf8.h"

static const char *const drop_names[OCPP_DROP_COUNT] = {
#define X(name, metric) metric,
    OCPP_DROPS(X)
#undef X
};

const char *ocpp_drop_name(enum ocpp_drop drop)
{
    return drop < OCPP_DROP_COUNT ? drop_names[drop] : "unknown";
}

static void fault(struct ocpp_rpc *rpc, enum ocpp_fault_kind kind)
{
    ocpp_check_fault(&rpc->check, kind, OCPP_NO_WORD, 0);
}

/* Whether it answers the CALL of ours that waits. */
static bool is_asked(const struct ocpp_rpc *rpc)
{
    return rpc->asked_id && !rpc->id_bad && rpc->id_chars <= OCPP_MESSAGE_ID_MAX &&
           strcmp(rpc->id, rpc->asked_id) == 0;
}

/* ---- elements ---- */

static void take_type(struct ocpp_rpc *rpc, enum roost_json_event event, const char *text,
                      size_t len)
{
    int64_t type;
    if (event == ROOST_JSON_EV_NUMBER && roost_parse_int64(text, len, &type) == 0 &&
        type >= OCPP_FRAME_CALL && type <= OCPP_FRAME_ERROR)
        rpc->type = (enum ocpp_frame)type;
}

/* An id that does not fit is kept as far as its characters do. */
static void take_id(struct ocpp_rpc *rpc, const char *text, size_t len)
{
    const char *p = text, *end = text + len;
    while (p < end) {
        size_t bytes = roost_utf8_len(p, end);
        if (*p == '\0' || bytes == 0)
            rpc->id_bad = true;
        if (rpc->id_chars < UINT8_MAX)
            rpc->id_chars++;
        if (rpc->id_len + bytes <= OCPP_ID_BYTES) {
            memcpy(rpc->id + rpc->id_len, p, bytes);
            rpc->id_len = (uint8_t)(rpc->id_len + bytes);
        } else {
            rpc->id_len = OCPP_ID_BYTES; /* so that nothing is added behind the gap */
        }
        p += bytes ? bytes : 1;
    }
}

static void take_word(struct ocpp_rpc *rpc, const char *text, size_t len)
{
    size_t room = sizeof rpc->word - rpc->word_len;
    memcpy(rpc->word + rpc->word_len, text, len < room ? len : room);
    rpc->word_len = (uint8_t)(rpc->word_len + (len < room ? len : room));
}

static void take_description(struct ocpp_rpc *rpc, const char *text, size_t len)
{
    size_t used = strlen(rpc->description), room = OCPP_RPC_DESCRIPTION - used;
    if (!memchr(text, '\0', len))
        memcpy(rpc->description + used, text, len < room ? len : room);
}

static void action_ends(struct ocpp_rpc *rpc)
{
    rpc->message = ocpp_message_find(rpc->word, rpc->word_len);
    if (rpc->message == OCPP_NO_MESSAGE)
        fault(rpc, OCPP_FAULT_ACTION);
    else if ((ocpp_message_sender(rpc->message) & ~rpc->config->side) == 0)
        fault(rpc, OCPP_FAULT_SIDE);
}

/* The payload of something that is good so far, and wanted. */
static void open_payload(struct ocpp_rpc *rpc, enum ocpp_object object)
{
    if (rpc->check.fault.kind != OCPP_FAULT_NONE || rpc->id_len == 0 || rpc->id_bad)
        return;
    ocpp_check_begin(&rpc->check, object, rpc->config->lenient, NULL, NULL);
    if (rpc->config->open)
        rpc->config->open(rpc->config->ctx, rpc);
    rpc->payload = true;
}

static void take_payload(struct ocpp_rpc *rpc, enum roost_json_event event)
{
    bool call = rpc->type == OCPP_FRAME_CALL;
    if (event != ROOST_JSON_EV_OBJECT)
        fault(rpc, OCPP_FAULT_PAYLOAD);
    else if (call)
        open_payload(rpc, ocpp_message_request(rpc->message));
    else if (is_asked(rpc)) {
        rpc->message = rpc->asked;
        open_payload(rpc, ocpp_message_answer(rpc->message));
    }
}

static bool is_text(enum roost_json_event event)
{
    return event == ROOST_JSON_EV_TEXT || event == ROOST_JSON_EV_TEXT_PIECE;
}

static void take_call(struct ocpp_rpc *rpc, enum roost_json_event event, const char *text,
                      size_t len)
{
    if (rpc->elements == 2 && is_text(event)) {
        take_word(rpc, text, len);
        if (event == ROOST_JSON_EV_TEXT)
            action_ends(rpc);
    } else if (rpc->elements == 3) {
        take_payload(rpc, event);
    } else {
        fault(rpc, OCPP_FAULT_ELEMENTS);
    }
}

static void take_error(struct ocpp_rpc *rpc, enum roost_json_event event, const char *text,
                       size_t len)
{
    if (rpc->elements == 2 && is_text(event))
        take_word(rpc, text, len);
    else if (rpc->elements == 3 && is_text(event))
        take_description(rpc, text, len);
    else if (rpc->elements != 4 || event != ROOST_JSON_EV_OBJECT)
        rpc->odd = true;
}

/* A scalar, a piece of a text, or the beginning of a container, directly in the frame's array. */
static void take_element(struct ocpp_rpc *rpc, enum roost_json_event event, const char *text,
                         size_t len)
{
    if (rpc->elements == 0)
        take_type(rpc, event, text, len);
    else if (rpc->elements == 1 && is_text(event))
        take_id(rpc, text, len);
    else if (rpc->type == OCPP_FRAME_CALL)
        take_call(rpc, event, text, len);
    else if (rpc->type == OCPP_FRAME_ERROR)
        take_error(rpc, event, text, len);
    else if (rpc->type == OCPP_FRAME_RESULT && rpc->elements == 2)
        take_payload(rpc, event);
    if (rpc->elements == 1 && event == ROOST_JSON_EV_TEXT && rpc->type == OCPP_FRAME_CALL &&
        rpc->id_chars > OCPP_MESSAGE_ID_MAX)
        fault(rpc, OCPP_FAULT_ID);
}

static void element_ends(struct ocpp_rpc *rpc)
{
    rpc->payload = false;
    if (rpc->elements < UINT8_MAX)
        rpc->elements++;
}

static int on_event(void *ctx, enum roost_json_event event, const char *text, size_t len)
{
    struct ocpp_rpc *rpc = ctx;
    bool begins = event == ROOST_JSON_EV_OBJECT || event == ROOST_JSON_EV_ARRAY;
    bool ends = event == ROOST_JSON_EV_END || event == ROOST_JSON_EV_RAW;
    bool piece = event == ROOST_JSON_EV_TEXT_PIECE;
    int raw = 0;

    if (rpc->depth == 0 && event == ROOST_JSON_EV_ARRAY)
        rpc->array = true;
    if (rpc->depth == 1 && rpc->array && !ends)
        take_element(rpc, event, text, len);
    if (rpc->payload)
        raw = ocpp_check_event(&rpc->check, event, text, len);
    if (begins)
        rpc->depth++;
    if (ends)
        rpc->depth--;
    if (rpc->depth == 1 && rpc->array && !begins && !piece)
        element_ends(rpc);
    return raw;
}

/* ---- the whole ---- */

void ocpp_rpc_begin(struct ocpp_rpc *rpc, const struct ocpp_rpc_config *config,
                    const char *asked_id, enum ocpp_message asked)
{
    memset(rpc, 0, sizeof *rpc);
    rpc->config = config;
    rpc->asked_id = asked_id;
    rpc->asked = asked;
    ocpp_check_begin(&rpc->check, OCPP_OBJ_Nothing, config->lenient, NULL, NULL);
    roost_json_push_begin(&rpc->json, on_event, rpc);
}

void ocpp_rpc_take(struct ocpp_rpc *rpc, ocpp_take_fn take, void *ctx)
{
    rpc->check.take = take;
    rpc->check.ctx = ctx;
}

void ocpp_rpc_feed(struct ocpp_rpc *rpc, const char *text, size_t len)
{
    if (rpc->too_large || len > rpc->config->bytes_max - rpc->bytes) {
        rpc->too_large = true;
        return;
    }
    rpc->bytes += (uint32_t)len;
    (void)roost_json_push_feed(&rpc->json, text, len);
}

static enum ocpp_rpc_kind drop(struct ocpp_rpc *rpc, enum ocpp_drop why)
{
    rpc->drop = why;
    return OCPP_RPC_DROPPED;
}

/* A CALL has four elements, a CALLRESULT three, the last of which is the payload. */
static void check_elements(struct ocpp_rpc *rpc, unsigned due)
{
    if (rpc->elements + 1U == due)
        fault(rpc, OCPP_FAULT_PAYLOAD);
    else if (rpc->elements != due)
        fault(rpc, OCPP_FAULT_ELEMENTS);
}

static enum ocpp_rpc_kind call_ends(struct ocpp_rpc *rpc)
{
    check_elements(rpc, 4);
    return rpc->check.fault.kind == OCPP_FAULT_NONE ? OCPP_RPC_CALL : OCPP_RPC_REFUSED;
}

static enum ocpp_rpc_kind answer_ends(struct ocpp_rpc *rpc)
{
    if (strcmp(rpc->id, "-1") == 0)
        return drop(rpc, OCPP_DROP_MINUS_ONE);
    if (!is_asked(rpc))
        return drop(rpc, OCPP_DROP_UNASKED);
    rpc->message = rpc->asked;
    if (rpc->type == OCPP_FRAME_RESULT) {
        check_elements(rpc, 3);
        return rpc->check.fault.kind == OCPP_FAULT_NONE ? OCPP_RPC_RESULT : OCPP_RPC_BAD_RESULT;
    }
    rpc->odd = rpc->odd || rpc->elements != 5;
    rpc->error = ocpp_error_find(rpc->word, rpc->word_len);
    return OCPP_RPC_ERROR;
}

enum ocpp_rpc_kind ocpp_rpc_end(struct ocpp_rpc *rpc)
{
    int err = rpc->too_large ? rpc->json.err : roost_json_push_end(&rpc->json);
    if (err && err != ROOST_ERR_RANGE)
        return drop(rpc, OCPP_DROP_NOT_JSON);
    if (err || rpc->too_large) { /* before what else was wrong: the rest was not read */
        memset(&rpc->check.fault, 0, sizeof rpc->check.fault);
        fault(rpc, err ? OCPP_FAULT_NESTING : OCPP_FAULT_SIZE);
    }
    if (!rpc->array)
        return drop(rpc, OCPP_DROP_NO_ARRAY);
    if (rpc->type == OCPP_FRAME_NONE)
        return drop(rpc, OCPP_DROP_TYPE);
    if (rpc->id_len == 0 || rpc->id_bad)
        return drop(rpc, OCPP_DROP_NO_ID);
    return rpc->type == OCPP_FRAME_CALL ? call_ends(rpc) : answer_ends(rpc);
}

void ocpp_write_refusal(struct ocpp_writer *w, const struct ocpp_rpc *rpc)
{
    char text[OCPP_FAULT_TEXT_MAX];
    ocpp_fault_text(&rpc->check.fault, text);
    ocpp_write_error(w, rpc->id, ocpp_fault_error(&rpc->check.fault), text);
}

void ocpp_id_make(char out[OCPP_MADE_ID_BYTES], uint32_t start, uint32_t number)
{
    char text[ROOST_NUMBER_MAX];
    size_t len = roost_write_uint64(text, start);
    memcpy(out, text, len);
    out[len++] = '.';
    size_t more = roost_write_uint64(text, number);
    memcpy(out + len, text, more + 1);
}
