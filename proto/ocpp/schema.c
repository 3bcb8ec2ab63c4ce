/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/ocpp/schema.h"

#include "core/assert.h"

/* The flags as the list writes them, and the places of limits. */
enum { R = OCPP_FIELD_REQUIRED, L = OCPP_FIELD_LIST, N = OCPP_FIELD_NOT_EMPTY };

#define LIMITS(X) X(0) X(20) X(25) X(40) X(50) X(128) X(255) X(500) X(512) X(800) X(5500) X(10000)

enum {
#define X(limit) LIMIT_##limit,
    LIMITS(X)
#undef X
};

static const uint16_t limits[] = {
#define X(limit) limit,
    LIMITS(X)
#undef X
};

/* How many W or F a list has: the bytes of a struct with a char of each, and one more. */
#define COUNT(members)                                                                             \
    ((int)sizeof(struct {                                                                          \
         char none;                                                                                \
         members                                                                                   \
     }) -                                                                                          \
     1)

/* clang-format off */
/* ---- sets: all their words in a row, and where each begins ---- */

enum {
#define W(word) char word;
#define S(set, words) WORDS_##set, WORDS_END_##set = WORDS_##set - 1 + COUNT(words),
    OCPP_SETS(S)
#undef S
#undef W
    WORDS_COUNT
};

static const uint16_t set_words[WORDS_COUNT] = {
#define W(word) OCPP_##word,
#define S(set, words) words
    OCPP_SETS(S)
#undef S
#undef W
};

static const uint8_t set_first[] = {
#define S(set, words) WORDS_##set,
    OCPP_SETS(S)
#undef S
    WORDS_COUNT
};

/* ---- objects: likewise their fields ---- */

enum {
#define F(name, kind, of, flags) char name;
#define O(object, fields) FIELDS_##object, FIELDS_END_##object = FIELDS_##object - 1 + COUNT(fields),
    OCPP_OBJECTS(O)
#undef O
#undef F
    FIELDS_COUNT
};

#define OF_TEXT(of) LIMIT_##of
#define OF_IDENTIFIER(of) LIMIT_##of
#define OF_WORD(of) OCPP_SET_##of
#define OF_OBJECT(of) OCPP_OBJ_##of
#define OF_INTEGER(of) of
#define OF_TENTHS(of) of
#define OF_BOOL(of) of
#define OF_TIME(of) of

static const struct ocpp_field object_fields[FIELDS_COUNT] = {
#define F(name, kind, of, flags) {OCPP_##name, OCPP_KIND_##kind | (flags), OF_##kind(of)},
#define O(object, fields) fields
    OCPP_OBJECTS(O)
#undef O
#undef F
};

static const uint8_t object_first[] = {
#define O(object, fields) FIELDS_##object,
    OCPP_OBJECTS(O)
#undef O
    FIELDS_COUNT
};

_Static_assert(WORDS_COUNT < 256 && FIELDS_COUNT < 256, "places are bytes");

/* ---- messages ---- */

static const struct message {
    uint16_t action;
    uint8_t sender, request, answer;
} messages[OCPP_MSG_COUNT] = {
#define M(message, sender, request, answer)                                                        \
    [OCPP_MSG_##message] = {OCPP_##message, OCPP_BY_##sender, OCPP_OBJ_##request, OCPP_OBJ_##answer},
    OCPP_MESSAGES(M)
#undef M
};
/* clang-format on */

const struct ocpp_field *ocpp_fields(enum ocpp_object object, size_t *count)
{
    ROOST_ASSERT(object < OCPP_OBJ_COUNT);
    *count = (size_t)(object_first[object + 1] - object_first[object]);
    return object_fields + object_first[object];
}

const uint16_t *ocpp_set_words(enum ocpp_set set, size_t *count)
{
    ROOST_ASSERT(set < OCPP_SET_COUNT);
    *count = (size_t)(set_first[set + 1] - set_first[set]);
    return set_words + set_first[set];
}

unsigned ocpp_field_limit(const struct ocpp_field *field)
{
    return (field->flags & OCPP_FIELD_KIND) <= OCPP_KIND_IDENTIFIER ? limits[field->of] : 0;
}

enum ocpp_message ocpp_message_find(const char *action, size_t len)
{
    for (unsigned i = OCPP_NO_MESSAGE + 1; i < OCPP_MSG_COUNT; i++)
        if (ocpp_word_is(messages[i].action, action, len))
            return i;
    return OCPP_NO_MESSAGE;
}

static const struct message *at(enum ocpp_message message)
{
    ROOST_ASSERT(message < OCPP_MSG_COUNT);
    return &messages[message];
}

enum ocpp_word ocpp_message_action(enum ocpp_message message)
{
    return at(message)->action;
}

enum ocpp_side ocpp_message_sender(enum ocpp_message message)
{
    return at(message)->sender;
}

enum ocpp_object ocpp_message_request(enum ocpp_message message)
{
    return at(message)->request;
}

enum ocpp_object ocpp_message_answer(enum ocpp_message message)
{
    return at(message)->answer;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

bool ocpp_identifier_equal(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}
