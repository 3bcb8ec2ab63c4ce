/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OCPP-J: reads a frame as it arrives, in pieces of any size, and says what it is: a CALL to serve
 * or to refuse (and how), the answer to our own CALL, or something to count and drop. The payload
 * is checked by check.h on its way to who takes it. Knows no socket and no time: of our own CALL
 * that waits for its answer the caller says the id. Frames are written by write.h. Depends on
 * core/, proto/ocpp/check.h, proto/ocpp/write.h.
 *
 *     ocpp_rpc_begin(&rpc, &config, asked_id, asked_message);
 *     ocpp_rpc_feed(&rpc, text, len);                                       once or often
 *     switch (ocpp_rpc_end(&rpc)) {
 *     case OCPP_RPC_CALL: serve(rpc.message, rpc.id); break;
 *     case OCPP_RPC_REFUSED: ocpp_write_refusal(&w, &rpc); break;
 *     case OCPP_RPC_DROPPED: count[rpc.drop]++; break; ...
 *
 * Rules beyond OCPP-J chapter 4: a document that is no JSON to its end is dropped, whatever its id;
 * of several faults the first in the text is answered. What is nested too deep or too large is not
 * read on, and answered when its id came before. A CALLERROR ends its CALL however it looks. An id
 * that came before is no fault: what is sent again may have it (OCPP-J errata 3.1).
 */
#ifndef ROOST_PROTO_OCPP_RPC_H
#define ROOST_PROTO_OCPP_RPC_H

#include "proto/ocpp/check.h"
#include "proto/ocpp/write.h"

enum ocpp_rpc_kind {
    OCPP_RPC_DROPPED,    /* nothing is answered and the socket stays; `drop` says why */
    OCPP_RPC_CALL,       /* `message` with a good payload, to be answered under `id` */
    OCPP_RPC_REFUSED,    /* a CALL to be answered with a CALLERROR; check.fault */
    OCPP_RPC_RESULT,     /* the answer to our CALL */
    OCPP_RPC_BAD_RESULT, /* likewise, and it is not as it should be: check.fault; never answered */
    OCPP_RPC_ERROR       /* a CALLERROR to our CALL: `error`, `description` */
};

/* X(name, metric) */
#define OCPP_DROPS(X)                                                                              \
    X(NOT_JSON, "not_json")                                                                        \
    X(NO_ARRAY, "no_array")                                                                        \
    X(TYPE, "message_type")                                                                        \
    X(NO_ID, "no_id")                                                                              \
    X(MINUS_ONE, "id_minus_one") /* an error about a message that could not be read */             \
    X(UNASKED, "unasked_answer")                                                                   \
    X(BINARY, "binary_frame") /* never said here: for who holds the socket */

enum ocpp_drop {
#define X(name, metric) OCPP_DROP_##name,
    OCPP_DROPS(X)
#undef X
        OCPP_DROP_COUNT
};

const char *ocpp_drop_name(enum ocpp_drop drop);

/* What a message may take of the wire, where nothing else is said. */
enum { OCPP_RPC_BYTES_MAX = 65536, OCPP_RPC_DESCRIPTION = 64 };

struct ocpp_rpc;

struct ocpp_rpc_config {
    enum ocpp_side side; /* which one we are: OCPP_BY_CP or OCPP_BY_CS */
    unsigned lenient;    /* OCPP_LENIENT_ of check.h */
    uint32_t bytes_max;  /* of a message */
    /* A payload begins: rpc->message, rpc->type and rpc->id are known. Says by ocpp_rpc_take who
     * takes it. May be NULL. */
    void (*open)(void *ctx, struct ocpp_rpc *rpc);
    void *ctx;
};

enum ocpp_frame {
    OCPP_FRAME_NONE = 0,
    OCPP_FRAME_CALL = 2,
    OCPP_FRAME_RESULT = 3,
    OCPP_FRAME_ERROR = 4
};

struct ocpp_rpc {
    /* known as soon as they came */
    enum ocpp_frame type;
    enum ocpp_message message;  /* of a CALL; of an answer to ours what we had asked */
    char id[OCPP_ID_BYTES + 1]; /* of a longer one as much as fits */
    struct ocpp_check check;    /* fault, used */
    /* known at the end */
    enum ocpp_drop drop;
    enum ocpp_error error;                      /* of OCPP_RPC_ERROR */
    char description[OCPP_RPC_DESCRIPTION + 1]; /* of OCPP_RPC_ERROR, cut */
    bool odd;                                   /* a CALLERROR that has not its five elements */

    /* inside */
    const struct ocpp_rpc_config *config;
    const char *asked_id;
    enum ocpp_message asked;
    struct roost_json_push json;
    uint32_t bytes;
    uint8_t elements, depth; /* those that ended; arrays and objects that are open */
    uint8_t id_len, id_chars, word_len;
    bool payload, array, id_bad, too_large;
    char word[36]; /* action, or error code */
};

/* `config` and `asked_id` are borrowed until ocpp_rpc_end; asked_id NULL: none of ours waits. */
void ocpp_rpc_begin(struct ocpp_rpc *rpc, const struct ocpp_rpc_config *config,
                    const char *asked_id, enum ocpp_message asked);

/* In `open`: who takes the payload. */
void ocpp_rpc_take(struct ocpp_rpc *rpc, ocpp_take_fn take, void *ctx);

void ocpp_rpc_feed(struct ocpp_rpc *rpc, const char *text, size_t len);
enum ocpp_rpc_kind ocpp_rpc_end(struct ocpp_rpc *rpc);

/* The CALLERROR for OCPP_RPC_REFUSED; then ocpp_writer_end. */
void ocpp_write_refusal(struct ocpp_writer *w, const struct ocpp_rpc *rpc);

/* An id that no other CALL of this identity ever has: of a number that is new at every start, and
 * one that rises. At most 21 characters. */
enum { OCPP_MADE_ID_BYTES = 22 };
void ocpp_id_make(char out[OCPP_MADE_ID_BYTES], uint32_t start, uint32_t number);

#endif
