/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes CALL, CALLRESULT and CALLERROR frames. All that is written runs through the same check as
 * what is received (check.h), so that nothing goes out that the tables forbid: a field that is not
 * the message's, a word, a bound, one that is missing at the end. The text goes into a buffer, or
 * through one to a sink, so that a message may be of any size and is made while it is sent.
 * Depends on core/, proto/ocpp/check.h.
 *
 *     ocpp_writer_begin(&w, buffer, sizeof buffer);
 *     ocpp_write_call(&w, "17", OCPP_MSG_StatusNotification);
 *     ocpp_put_int(&w, OCPP_connectorId, 1);
 *     ocpp_put_word(&w, OCPP_errorCode, OCPP_NoError);
 *     ocpp_put_word(&w, OCPP_status, OCPP_Available);
 *     len = ocpp_writer_end(&w);
 *
 * What was given to a sink cannot be taken back: where a fault would break a frame under way, write
 * it twice, first with ocpp_writer_measure (which also says how long it will be), then to the sink.
 */
#ifndef ROOST_PROTO_OCPP_WRITE_H
#define ROOST_PROTO_OCPP_WRITE_H

#include "core/json_write.h"
#include "proto/ocpp/check.h"

enum { OCPP_MESSAGE_ID_MAX = 36, OCPP_ID_BYTES = 4 * OCPP_MESSAGE_ID_MAX };

struct ocpp_writer {
    struct roost_json_writer json;
    struct ocpp_check check;
    int (*sink)(void *ctx, const char *text, size_t len); /* NULL: the buffer holds all */
    void *ctx;
    size_t sunk;
    bool payload; /* it is in a payload, which is checked */
};

/* Whenever less than this is left of the buffer its text goes to the sink. */
enum { OCPP_WRITER_ROOM = 256 };

void ocpp_writer_begin(struct ocpp_writer *w, char *out, size_t size);

/* Through a buffer of more than OCPP_WRITER_ROOM bytes; the sink borrows the text for the call and
 * returns 0, or else nothing more is given to it. To measure is a sink that is nowhere. */
void ocpp_writer_begin_sink(struct ocpp_writer *w, char *out, size_t size,
                            int (*sink)(void *ctx, const char *text, size_t len), void *ctx);
void ocpp_writer_measure(struct ocpp_writer *w, char *out, size_t size);

/* The frame's head, up to the payload's opening bracket. An id is at most OCPP_MESSAGE_ID_MAX
 * characters; the one of an answer is the CALL's. */
void ocpp_write_call(struct ocpp_writer *w, const char *id, enum ocpp_message message);
void ocpp_write_result(struct ocpp_writer *w, const char *id, enum ocpp_message message);

/* A whole CALLERROR; `description` may be "". Then ocpp_writer_end. */
void ocpp_write_error(struct ocpp_writer *w, const char *id, enum ocpp_error error,
                      const char *description);

/* Members of the innermost object. */
void ocpp_put_int(struct ocpp_writer *w, enum ocpp_word field, int32_t value);
void ocpp_put_bool(struct ocpp_writer *w, enum ocpp_word field, bool value);
void ocpp_put_word(struct ocpp_writer *w, enum ocpp_word field, enum ocpp_word word);
void ocpp_put_time(struct ocpp_writer *w, enum ocpp_word field, int64_t unix_ms);
void ocpp_put_text(struct ocpp_writer *w, enum ocpp_word field, const char *text);
void ocpp_put_textn(struct ocpp_writer *w, enum ocpp_word field, const char *text, size_t len);

/* value / 10^decimals: a number, and as `value` of a SampledValue (which is a text) in quotes. */
void ocpp_put_scaled(struct ocpp_writer *w, enum ocpp_word field, int64_t value, unsigned decimals);

/* A text in pieces of whole characters. */
void ocpp_put_text_begin(struct ocpp_writer *w, enum ocpp_word field);
void ocpp_text_piece(struct ocpp_writer *w, const char *text, size_t len);
void ocpp_text_end(struct ocpp_writer *w);

/* A member that is an object or a list; what follows is in it, until ocpp_end. */
void ocpp_put_object(struct ocpp_writer *w, enum ocpp_word field);
void ocpp_put_list(struct ocpp_writer *w, enum ocpp_word field);
void ocpp_add_object(struct ocpp_writer *w);                              /* to a list */
void ocpp_add_textn(struct ocpp_writer *w, const char *text, size_t len); /* to a list */
void ocpp_end(struct ocpp_writer *w);

/* Closes payload and frame. Returns the length of all, ROOST_ERR_TOO_LONG (the buffer),
 * ROOST_ERR_IO (the sink), or ROOST_ERR_INVALID: w->check.fault says what is wrong. */
int ocpp_writer_end(struct ocpp_writer *w);

#endif
