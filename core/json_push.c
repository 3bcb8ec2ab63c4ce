/* SPDX-License-Identifier: Apache-2.0 */
#include "core/json_push.h"

#include <string.h>

#include "core/err.h"
#include "core/json_escape.h"
#include "core/utf8.h"

/* What has to come next, as in json_read.c. */
enum { DUE_VALUE, DUE_FIRST, DUE_NEXT, DUE_COLON, DUE_COMMA, DUE_NOTHING_MORE };

/* A scalar that the piece before may have ended in. HELD: in a string, an escape or a character of
 * several bytes, so far in `held`. */
enum { IN_NOTHING, IN_STRING, IN_HELD, IN_NUMBER, IN_WORD };

enum { N_START, N_MINUS, N_ZERO, N_INTEGER, N_POINT, N_FRACTION, N_E, N_SIGN, N_EXPONENT, N_END };

struct piece {
    const char *p, *end;
    const char *raw; /* where what is told as written begins in it */
};

static int tell(struct roost_json_push *push, enum roost_json_event event, const char *text,
                size_t len)
{
    return push->raw_depth ? 0 : push->event(push->ctx, event, text, len);
}

static void value_ends(struct roost_json_push *push)
{
    push->inside = IN_NOTHING;
    push->due = push->depth > 0 ? DUE_COMMA : DUE_NOTHING_MORE;
}

/* ---- strings ---- */

/* How many bytes what begins with held[0..len) has, as far as that can be said: an escape's, or a
 * character's by its first byte; 0 for one that begins none. */
static size_t whole_len(const char *held, size_t len)
{
    unsigned char first = (unsigned char)held[0];
    if (first == '\\') {
        if (len < 2 || held[1] != 'u')
            return 2;
        bool surrogate = len >= 6 && (held[2] | 0x20) == 'd' && strchr("89abAB", held[3]);
        return surrogate ? 12 : 6;
    }
    return first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
}

/* A held escape or character is whole: tells it. */
static int tell_held(struct roost_json_push *push)
{
    const char *held = push->held, *end = held + push->held_len;
    enum roost_json_event event = push->key ? ROOST_JSON_EV_KEY_PIECE : ROOST_JSON_EV_TEXT_PIECE;
    char character[4];
    uint32_t value;

    push->inside = IN_STRING;
    if (held[0] != '\\')
        return roost_utf8_len(held, end) == push->held_len ? tell(push, event, held, push->held_len)
                                                           : ROOST_ERR_INVALID;
    if (roost_json_take_escape(held, end, &value) != push->held_len)
        return ROOST_ERR_INVALID;
    return tell(push, event, character, roost_utf8_write(character, value));
}

static int take_held(struct roost_json_push *push, struct piece *in)
{
    push->held[push->held_len++] = *in->p++;
    size_t whole = whole_len(push->held, push->held_len);
    if (whole == 0)
        return ROOST_ERR_INVALID;
    return push->held_len == whole ? tell_held(push) : 0;
}

/* From p to what ends a run of characters that stand for themselves. */
static const char *run_end(const char *p, const char *end)
{
    while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= ' ') {
        size_t len = (unsigned char)*p < 0x80 ? 1 : roost_utf8_len(p, end);
        if (len == 0)
            break;
        p += len;
    }
    return p;
}

static int take_string(struct roost_json_push *push, struct piece *in)
{
    const char *from = in->p;
    bool key = push->key;
    in->p = run_end(from, in->end);
    size_t len = (size_t)(in->p - from);

    if (in->p < in->end && *in->p == '"') {
        in->p++;
        value_ends(push);
        if (key)
            push->due = DUE_COLON;
        return tell(push, key ? ROOST_JSON_EV_KEY : ROOST_JSON_EV_TEXT, from, len);
    }
    int err = 0;
    if (len > 0)
        err = tell(push, key ? ROOST_JSON_EV_KEY_PIECE : ROOST_JSON_EV_TEXT_PIECE, from, len);
    if (err || in->p == in->end)
        return err;
    push->inside = IN_HELD;
    push->held_len = 0;
    return (unsigned char)*in->p < ' ' ? ROOST_ERR_INVALID : take_held(push, in);
}

/* ---- numbers and words ---- */

/* The grammar of RFC 8259 section 6, a character at a time; N_END for one that is no part of it. */
static int next_of_number(int state, char c)
{
    static const char after_digit[N_END] = {N_INTEGER,  N_INTEGER,  N_END,
                                            N_INTEGER,  N_FRACTION, N_FRACTION,
                                            N_EXPONENT, N_EXPONENT, N_EXPONENT};
    if (c == '0' && (state == N_START || state == N_MINUS))
        return N_ZERO;
    if (c >= '0' && c <= '9')
        return after_digit[state];
    if (c == '.')
        return state == N_ZERO || state == N_INTEGER ? N_POINT : N_END;
    if (c == 'e' || c == 'E')
        return state == N_ZERO || state == N_INTEGER || state == N_FRACTION ? N_E : N_END;
    if (state == N_START)
        return c == '-' ? N_MINUS : N_END;
    return state == N_E && (c == '+' || c == '-') ? N_SIGN : N_END;
}

static int number_ends(struct roost_json_push *push)
{
    int state = push->number;
    value_ends(push);
    if (state != N_ZERO && state != N_INTEGER && state != N_FRACTION && state != N_EXPONENT)
        return ROOST_ERR_INVALID;
    return tell(push, ROOST_JSON_EV_NUMBER, push->held, push->held_len);
}

static int take_number(struct roost_json_push *push, struct piece *in)
{
    for (; in->p < in->end; in->p++) {
        int next = next_of_number(push->number, *in->p);
        if (next == N_END)
            return number_ends(push);
        push->number = (uint8_t)next;
        if (push->held_len < ROOST_JSON_PUSH_NUMBER_MAX)
            push->held[push->held_len++] = *in->p;
    }
    return 0;
}

/* true, false, null: their letters one by one, the first of which is held. */
static int take_word(struct roost_json_push *push, struct piece *in)
{
    const char *word = push->held[0] == 't' ? "true" : push->held[0] == 'f' ? "false" : "null";
    for (; in->p < in->end; in->p++) {
        if (*in->p != word[push->held_len])
            return ROOST_ERR_INVALID;
        push->held_len++;
        if (word[push->held_len] == '\0') {
            in->p++;
            value_ends(push);
            return tell(push, *word == 'n' ? ROOST_JSON_EV_NULL : ROOST_JSON_EV_BOOL, word,
                        push->held_len);
        }
    }
    return 0;
}

/* ---- structure ---- */

static int open_container(struct roost_json_push *push, struct piece *in)
{
    bool array = *in->p == '[';
    if (push->depth == ROOST_JSON_PUSH_DEPTH_MAX)
        return ROOST_ERR_RANGE;
    push->depth++;
    push->arrays = (push->arrays & ~(UINT32_C(1) << push->depth)) | (uint32_t)array << push->depth;
    push->due = DUE_FIRST;
    int err = tell(push, array ? ROOST_JSON_EV_ARRAY : ROOST_JSON_EV_OBJECT, in->p, 1);
    if (err == ROOST_JSON_PUSH_RAW) {
        push->raw_depth = push->depth;
        in->raw = in->p;
        err = 0;
    }
    in->p++;
    return err;
}

static bool in_array(const struct roost_json_push *push)
{
    return push->arrays >> push->depth & 1;
}

static int close_container(struct roost_json_push *push, struct piece *in)
{
    enum roost_json_event event = ROOST_JSON_EV_END;
    const char *from = in->p;
    if (*in->p++ != (in_array(push) ? ']' : '}'))
        return ROOST_ERR_INVALID;
    if (push->raw_depth == push->depth) {
        push->raw_depth = 0;
        event = ROOST_JSON_EV_RAW;
        from = in->raw;
    }
    push->depth--;
    value_ends(push);
    return tell(push, event, from, (size_t)(in->p - from));
}

/* A value, or a key, begins. */
static int take_first(struct roost_json_push *push, struct piece *in)
{
    char c = *in->p;
    push->key = push->due != DUE_VALUE && !in_array(push);
    if (push->key && c != '"')
        return ROOST_ERR_INVALID;
    if (c == '{' || c == '[')
        return open_container(push, in);
    push->held[0] = c;
    push->held_len = 0;
    if (c == '"') {
        in->p++;
        push->inside = IN_STRING;
    } else if (c == 't' || c == 'f' || c == 'n') {
        push->inside = IN_WORD;
    } else {
        push->inside = IN_NUMBER;
        push->number = N_START;
    }
    return 0;
}

static int take_structure(struct roost_json_push *push, struct piece *in)
{
    char c = *in->p;
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        in->p++;
        return 0;
    }
    switch (push->due) {
    case DUE_NOTHING_MORE:
        return ROOST_ERR_INVALID;
    case DUE_COLON:
        in->p++;
        push->due = DUE_VALUE;
        return c == ':' ? 0 : ROOST_ERR_INVALID;
    case DUE_COMMA:
        if (c != ',')
            return close_container(push, in);
        in->p++;
        push->due = DUE_NEXT;
        return 0;
    case DUE_FIRST:
        if (c == ']' || c == '}')
            return close_container(push, in);
        return take_first(push, in);
    default:
        return take_first(push, in);
    }
}

/* ---- the whole ---- */

void roost_json_push_begin(struct roost_json_push *push, roost_json_push_fn event, void *ctx)
{
    memset(push, 0, sizeof *push);
    push->event = event;
    push->ctx = ctx;
}

static int take(struct roost_json_push *push, struct piece *in)
{
    switch (push->inside) {
    case IN_STRING:
        return take_string(push, in);
    case IN_HELD:
        return take_held(push, in);
    case IN_NUMBER:
        return take_number(push, in);
    case IN_WORD:
        return take_word(push, in);
    default:
        return take_structure(push, in);
    }
}

int roost_json_push_feed(struct roost_json_push *push, const char *text, size_t len)
{
    struct piece in = {.p = text, .end = text + len, .raw = text};
    while (in.p < in.end && !push->err)
        push->err = take(push, &in);
    if (push->raw_depth && !push->err && in.end > in.raw)
        push->err =
            push->event(push->ctx, ROOST_JSON_EV_RAW_PIECE, in.raw, (size_t)(in.end - in.raw));
    return push->err;
}

int roost_json_push_end(struct roost_json_push *push)
{
    if (push->err)
        return push->err;
    if (push->inside == IN_NUMBER && push->depth == 0)
        push->err = number_ends(push);
    if (!push->err && (push->due != DUE_NOTHING_MORE || push->inside != IN_NOTHING))
        push->err = ROOST_ERR_TRUNCATED;
    return push->err;
}
