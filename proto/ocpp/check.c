/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/ocpp/check.h"

#include <string.h>

#include "core/assert.h"
#include "core/datetime.h"
#include "core/err.h"
#include "core/number.h"
#include "core/utf8.h"
#include "proto/ocpp/rules.h"

_Static_assert((int)OCPP_OBJ_COUNT < (int)OCPP_CHECK_LIST, "objects are told from lists");

void ocpp_check_begin(struct ocpp_check *check, enum ocpp_object object, unsigned lenient,
                      ocpp_take_fn take, void *ctx)
{
    memset(check, 0, sizeof *check);
    check->root = (uint8_t)object;
    check->lenient = (uint8_t)lenient;
    check->take = take;
    check->ctx = ctx;
    ocpp_rules_begin(check);
}

void ocpp_check_fault(struct ocpp_check *check, enum ocpp_fault_kind kind, enum ocpp_word field,
                      int32_t limit)
{
    if (check->fault.kind != OCPP_FAULT_NONE)
        return;
    check->fault.kind = (uint8_t)kind;
    check->fault.field = (uint16_t)field;
    check->fault.limit = limit;
}

/* Whether the fault is one of those that are let pass. */
static bool lenient(struct ocpp_check *check, unsigned kind)
{
    check->used |= (uint8_t)(check->lenient & kind);
    return (check->lenient & kind) != 0;
}

/* ---- where we are ---- */

static struct ocpp_check_level *top(struct ocpp_check *check)
{
    return &check->levels[check->depth - 1];
}

static bool in_list(struct ocpp_check *check)
{
    return top(check)->object == OCPP_CHECK_LIST;
}

/* The field whose value, or an element of whose list, comes now. */
static const struct ocpp_field *field_of_value(struct ocpp_check *check)
{
    return in_list(check) ? top(check)->of : check->due;
}

static enum ocpp_kind kind_of(const struct ocpp_field *field)
{
    return field->flags & OCPP_FIELD_KIND;
}

static enum ocpp_object object_around(struct ocpp_check *check)
{
    return check->levels[check->depth - (in_list(check) ? 2 : 1)].object;
}

static void value_ends(struct ocpp_check *check)
{
    if (in_list(check))
        top(check)->seen = 1;
    check->chars = check->bytes = 0;
    check->held_len = 0;
}

static void tell(struct ocpp_check *check, struct ocpp_value *value)
{
    int err;
    if (check->fault.kind != OCPP_FAULT_NONE || !check->take)
        return;
    err = check->take(check->ctx, value);
    if (err == ROOST_ERR_TOO_LONG || err == ROOST_ERR_RANGE)
        ocpp_check_fault(check, err == ROOST_ERR_RANGE ? OCPP_FAULT_RANGE : OCPP_FAULT_LENGTH,
                         value->field, 0);
    else if (err)
        ocpp_check_fault(check, OCPP_FAULT_TAKING, value->field, 0);
}

/* ---- objects and lists ---- */

static void tell_object(struct ocpp_check *check, enum ocpp_kind kind)
{
    const struct ocpp_field *of = top(check)->of;
    struct ocpp_value value = {.object = top(check)->object,
                               .field = of ? of->name : OCPP_NO_WORD,
                               .kind = kind,
                               .last = true};
    tell(check, &value);
}

static void push_level(struct ocpp_check *check, unsigned object, const struct ocpp_field *of)
{
    ROOST_ASSERT(check->depth < OCPP_CHECK_LEVELS);
    check->levels[check->depth++] = (struct ocpp_check_level){.of = of, .object = (uint8_t)object};
}

/* What is not what the tables say is passed over, or told as it was written. */
static int other_container(struct ocpp_check *check, const struct ocpp_field *field)
{
    if (field && kind_of(field) == OCPP_KIND_TEXT && ocpp_field_limit(field) == 0 &&
        lenient(check, OCPP_LENIENT_OBJECT))
        return ROOST_JSON_PUSH_RAW;
    if (field)
        ocpp_check_fault(check, OCPP_FAULT_KIND, field->name, 0);
    check->skip = 1;
    return 0;
}

static int begin_object(struct ocpp_check *check)
{
    if (check->depth == 0) {
        push_level(check, check->root, NULL);
    } else {
        const struct ocpp_field *field = field_of_value(check);
        if (!field || kind_of(field) != OCPP_KIND_OBJECT ||
            (field->flags & OCPP_FIELD_LIST && !in_list(check)))
            return other_container(check, field);
        push_level(check, field->of, field);
    }
    check->due = NULL;
    tell_object(check, OCPP_KIND_OBJECT);
    return 0;
}

static int begin_list(struct ocpp_check *check)
{
    const struct ocpp_field *field = check->depth > 0 ? field_of_value(check) : NULL;
    if (check->depth == 0) {
        ocpp_check_fault(check, OCPP_FAULT_PAYLOAD, OCPP_NO_WORD, 0);
        return 0;
    }
    if (!field || in_list(check) || !(field->flags & OCPP_FIELD_LIST))
        return other_container(check, field);
    push_level(check, OCPP_CHECK_LIST, field);
    return 0;
}

static void end_object(struct ocpp_check *check)
{
    const struct ocpp_check_level *level = top(check);
    size_t count;
    const struct ocpp_field *fields = ocpp_fields(level->object, &count);

    for (size_t i = 0; i < count; i++) {
        if (level->seen >> i & 1)
            continue;
        if (fields[i].flags & OCPP_FIELD_REQUIRED)
            ocpp_check_fault(check, OCPP_FAULT_MISSING, fields[i].name, 0);
        else
            ocpp_rules_absent(check, level->object, fields[i].name);
    }
    if (check->depth == 1)
        ocpp_rules_end(check);
    tell_object(check, OCPP_KIND_END);
}

static void end_container(struct ocpp_check *check)
{
    const struct ocpp_check_level *level = top(check);
    if (level->object != OCPP_CHECK_LIST)
        end_object(check);
    else if (level->of->flags & OCPP_FIELD_NOT_EMPTY && !level->seen)
        ocpp_check_fault(check, OCPP_FAULT_EMPTY, level->of->name, 0);
    check->depth--;
    if (check->depth > 0)
        value_ends(check);
}

/* ---- names, and what else has to be whole ---- */

/* Adds a piece; what does not fit, or has a NUL in it, is nothing that is known. */
static void hold(struct ocpp_check *check, const char *text, size_t len)
{
    if (len > (size_t)(OCPP_CHECK_HELD - 1 - check->held_len)) {
        len = (size_t)(OCPP_CHECK_HELD - 1 - check->held_len);
        check->chars = OCPP_CHECK_HELD;
    }
    if (memchr(text, '\0', len))
        check->chars = OCPP_CHECK_HELD;
    memcpy(check->held + check->held_len, text, len);
    check->held_len = (uint8_t)(check->held_len + len);
    check->held[check->held_len] = '\0';
}

static bool held_is_whole(const struct ocpp_check *check)
{
    return check->chars < OCPP_CHECK_HELD;
}

static bool held_is(const struct ocpp_check *check, enum ocpp_word word)
{
    return ocpp_word_is(word, check->held, check->held_len) && held_is_whole(check);
}

static void unknown_key(struct ocpp_check *check)
{
    char *name = check->fault.name;
    size_t len = check->held_len < OCPP_FAULT_NAME_MAX ? check->held_len : OCPP_FAULT_NAME_MAX;
    if (lenient(check, OCPP_LENIENT_EXTRA))
        return;
    ocpp_check_fault(check, OCPP_FAULT_EXTRA, OCPP_NO_WORD, 0);
    memcpy(name, check->held, len);
    name[len] = '\0';
}

static void key_ends(struct ocpp_check *check)
{
    struct ocpp_check_level *level = top(check);
    size_t count, i = 0;
    const struct ocpp_field *fields = ocpp_fields(level->object, &count);

    while (i < count && !held_is(check, fields[i].name))
        i++;
    check->due = NULL;
    if (i == count)
        unknown_key(check);
    else if (level->seen >> i & 1)
        check->used |= OCPP_NOTED_TWICE;
    else
        check->due = &fields[i];
    if (i < count)
        level->seen |= (uint16_t)(1U << i);
    value_ends(check);
}

/* ---- values ---- */

static void tell_number(struct ocpp_check *check, const struct ocpp_field *field, int64_t number)
{
    struct ocpp_value value = {.object = object_around(check),
                               .field = field->name,
                               .kind = kind_of(field),
                               .number = number,
                               .text = check->held,
                               .len = check->held_len,
                               .last = true};
    if (value.kind != OCPP_KIND_TIME && value.kind != OCPP_KIND_BOOL)
        ocpp_rules_value(check, value.object, field, number);
    if (number == OCPP_Celcius && value.kind == OCPP_KIND_WORD)
        value.number = OCPP_Celsius;
    tell(check, &value);
}

static void take_word(struct ocpp_check *check, const struct ocpp_field *field)
{
    size_t count, i = 0;
    const uint16_t *words = ocpp_set_words(field->of, &count);

    while (i < count && !held_is(check, words[i]))
        i++;
    if (i < count || lenient(check, OCPP_LENIENT_WORD))
        tell_number(check, field, i < count ? words[i] : OCPP_NO_WORD);
    else
        ocpp_check_fault(check, OCPP_FAULT_WORD, field->name, 0);
}

static void take_time(struct ocpp_check *check, const struct ocpp_field *field)
{
    int64_t time_ms;
    int err = held_is_whole(check) ? roost_datetime_parse(check->held, check->held_len, &time_ms)
                                   : ROOST_ERR_INVALID;
    if (err == ROOST_ERR_INVALID && held_is_whole(check)) { /* without a zone? */
        check->held[check->held_len] = 'Z';
        err = roost_datetime_parse(check->held, check->held_len + 1U, &time_ms);
        check->held[check->held_len] = '\0';
        if (!err)
            check->used |= OCPP_NOTED_ZONE;
    }
    if (err)
        ocpp_check_fault(check, OCPP_FAULT_TIME, field->name, 0);
    else
        tell_number(check, field, time_ms);
}

static void take_text(struct ocpp_check *check, const struct ocpp_field *field, const char *text,
                      size_t len, bool last)
{
    unsigned limit = ocpp_field_limit(field);
    const char *p = text, *end = text + len;
    struct ocpp_value value = {.object = object_around(check),
                               .field = field->name,
                               .kind = kind_of(field),
                               .text = text,
                               .len = len,
                               .at = check->bytes,
                               .last = last};
    while (p < end) {
        size_t bytes = (unsigned char)*p < 0x80 ? 1 : roost_utf8_len(p, end);
        if (*p == '\0')
            ocpp_check_fault(check, OCPP_FAULT_NUL, field->name, 0);
        p += bytes ? bytes : 1;
        check->chars++;
    }
    check->bytes += (uint32_t)len;
    if (limit > 0 && check->chars > limit && !lenient(check, OCPP_LENIENT_LENGTH))
        ocpp_check_fault(check, OCPP_FAULT_LENGTH, field->name, (int32_t)limit);
    tell(check, &value);
}

static void take_string(struct ocpp_check *check, const struct ocpp_field *field, const char *text,
                        size_t len, bool last)
{
    enum ocpp_kind kind = kind_of(field);
    if (kind <= OCPP_KIND_IDENTIFIER) {
        take_text(check, field, text, len, last);
        return;
    }
    if (kind != OCPP_KIND_WORD && kind != OCPP_KIND_TIME) {
        ocpp_check_fault(check, OCPP_FAULT_KIND, field->name, 0);
        return;
    }
    hold(check, text, len);
    if (last && memchr(check->held, '\0', check->held_len))
        ocpp_check_fault(check, OCPP_FAULT_NUL, field->name, 0);
    else if (last && kind == OCPP_KIND_WORD)
        take_word(check, field);
    else if (last)
        take_time(check, field);
}

/* 1.5 is no integer, 1e3 is one, and so is what is too large. */
static bool is_fraction(const char *text, size_t len)
{
    return memchr(text, '.', len) != NULL || memchr(text + 1, '-', len - 1) != NULL;
}

static void take_number(struct ocpp_check *check, const struct ocpp_field *field, const char *text,
                        size_t len)
{
    bool integer = kind_of(field) == OCPP_KIND_INTEGER;
    int64_t number = INT64_MAX;
    int err = len < ROOST_JSON_PUSH_NUMBER_MAX
                  ? roost_parse_scaled(text, len, integer ? 0 : 1, &number)
                  : ROOST_ERR_RANGE;
    if (err && integer && is_fraction(text, len))
        ocpp_check_fault(check, OCPP_FAULT_KIND, field->name, 0);
    else if (err && is_fraction(text, len))
        ocpp_check_fault(check, OCPP_FAULT_DIGITS, field->name, 0);
    else if (err || number > INT32_MAX || number < INT32_MIN)
        ocpp_check_fault(check, OCPP_FAULT_RANGE, field->name,
                         *text == '-' ? INT32_MIN : INT32_MAX);
    else
        tell_number(check, field, number);
}

/* A number, boolean or null. */
static void take_scalar(struct ocpp_check *check, const struct ocpp_field *field,
                        enum roost_json_event event, const char *text, size_t len)
{
    enum ocpp_kind kind = kind_of(field);
    if (event == ROOST_JSON_EV_NUMBER && (kind == OCPP_KIND_INTEGER || kind == OCPP_KIND_TENTHS))
        take_number(check, field, text, len);
    else if (event == ROOST_JSON_EV_BOOL && kind == OCPP_KIND_BOOL)
        tell_number(check, field, *text == 't');
    else if (event != ROOST_JSON_EV_NULL && kind <= OCPP_KIND_IDENTIFIER &&
             lenient(check, OCPP_LENIENT_NUMBER))
        take_text(check, field, text, len, true);
    else
        ocpp_check_fault(check, OCPP_FAULT_KIND, field->name, 0);
}

/* null: the field is as if it were not there, so that a required one is missing. */
static bool take_absent(struct ocpp_check *check, const struct ocpp_field *field)
{
    size_t count;
    if (in_list(check) || !lenient(check, OCPP_LENIENT_ABSENT))
        return false;
    const struct ocpp_field *fields = ocpp_fields(top(check)->object, &count);
    top(check)->seen &= (uint16_t) ~(1U << (field - fields));
    return true;
}

static void take_value(struct ocpp_check *check, enum roost_json_event event, const char *text,
                       size_t len)
{
    const struct ocpp_field *field = field_of_value(check);
    bool last = event != ROOST_JSON_EV_TEXT_PIECE && event != ROOST_JSON_EV_RAW_PIECE;

    if (!field || (event == ROOST_JSON_EV_NULL && take_absent(check, field)))
        ; /* passed over */
    else if (field->flags & OCPP_FIELD_LIST && !in_list(check))
        ocpp_check_fault(check, OCPP_FAULT_KIND, field->name, 0);
    else if (event == ROOST_JSON_EV_RAW || event == ROOST_JSON_EV_RAW_PIECE)
        take_text(check, field, text, len, last);
    else if (event == ROOST_JSON_EV_TEXT || event == ROOST_JSON_EV_TEXT_PIECE)
        take_string(check, field, text, len, last);
    else
        take_scalar(check, field, event, text, len);
    if (last)
        value_ends(check);
}

/* ---- events ---- */

static void pass_over(struct ocpp_check *check, enum roost_json_event event)
{
    if (event == ROOST_JSON_EV_OBJECT || event == ROOST_JSON_EV_ARRAY)
        check->skip++;
    else if (event == ROOST_JSON_EV_END && --check->skip == 0)
        value_ends(check);
}

int ocpp_check_event(void *ctx, enum roost_json_event event, const char *text, size_t len)
{
    struct ocpp_check *check = ctx;

    if (check->fault.kind != OCPP_FAULT_NONE)
        return 0;
    if (check->skip > 0) {
        pass_over(check, event);
        return 0;
    }
    switch (event) {
    case ROOST_JSON_EV_OBJECT:
        return begin_object(check);
    case ROOST_JSON_EV_ARRAY:
        return begin_list(check);
    case ROOST_JSON_EV_END:
        end_container(check);
        return 0;
    case ROOST_JSON_EV_KEY:
    case ROOST_JSON_EV_KEY_PIECE:
        hold(check, text, len);
        if (event == ROOST_JSON_EV_KEY)
            key_ends(check);
        return 0;
    default:
        if (check->depth == 0)
            ocpp_check_fault(check, OCPP_FAULT_PAYLOAD, OCPP_NO_WORD, 0);
        else
            take_value(check, event, text, len);
        return 0;
    }
}

int ocpp_text_take(const struct ocpp_value *value, char *out, size_t size)
{
    if (value->at >= size || value->len >= size - value->at)
        return ROOST_ERR_TOO_LONG;
    memcpy(out + value->at, value->text, value->len);
    out[value->at + value->len] = '\0';
    return ROOST_OK;
}
