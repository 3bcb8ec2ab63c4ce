/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads of every object: what a visitor is told keeps what check.h promises. */
#include "core/err.h"
#include "core/json_push.h"
#include "core/utf8.h"
#include "fuzz/fuzz.h"
#include "proto/ocpp/fill.h"

enum { HEAD = 3 };

struct told {
    unsigned lenient;
    int depth;
    size_t values, at, chars;
    enum ocpp_word text; /* that is under way */
};

static const struct ocpp_field *field_of(const struct ocpp_value *v)
{
    size_t count;
    const struct ocpp_field *fields = ocpp_fields(v->object, &count);
    for (size_t i = 0; i < count; i++)
        if (fields[i].name == v->field)
            return &fields[i];
    FUZZ_CHECK(!"a field that the object has not");
    return NULL;
}

static void check_text(struct told *told, const struct ocpp_value *v)
{
    const struct ocpp_field *field = field_of(v);
    const char *p = v->text, *end = p + v->len;
    FUZZ_CHECK(told->text == OCPP_NO_WORD || told->text == v->field);
    FUZZ_CHECK(v->at == told->at);
    while (p < end) {
        size_t len = roost_utf8_len(p, end);
        FUZZ_CHECK(*p != '\0');
        FUZZ_CHECK(len > 0 || told->lenient & OCPP_LENIENT_OBJECT); /* as written: any bytes */
        p += len ? len : 1;
        told->chars++;
    }
    unsigned limit = ocpp_field_limit(field);
    FUZZ_CHECK(limit == 0 || told->chars <= limit || told->lenient & OCPP_LENIENT_LENGTH);
    told->at += v->len;
    told->text = v->field;
    if (v->last) {
        told->at = told->chars = 0;
        told->text = OCPP_NO_WORD;
    }
}

static void check_number(const struct told *told, const struct ocpp_value *v)
{
    const struct ocpp_field *field = field_of(v);
    FUZZ_CHECK(told->text == OCPP_NO_WORD && v->last);
    FUZZ_CHECK((field->flags & OCPP_FIELD_KIND) == v->kind);
    if (v->kind == OCPP_KIND_WORD)
        FUZZ_CHECK((v->number > 0 && v->number < OCPP_WORDS_BYTES) ||
                   (v->number == 0 && told->lenient & OCPP_LENIENT_WORD));
    if (v->kind == OCPP_KIND_INTEGER || v->kind == OCPP_KIND_TENTHS)
        FUZZ_CHECK(v->number >= INT32_MIN && v->number <= INT32_MAX);
    if (v->kind == OCPP_KIND_BOOL)
        FUZZ_CHECK(v->number == 0 || v->number == 1);
}

static int take(void *ctx, const struct ocpp_value *v)
{
    struct told *told = ctx;
    told->values++;
    if (v->kind == OCPP_KIND_OBJECT) {
        FUZZ_CHECK(++told->depth <= OCPP_CHECK_LEVELS);
    } else if (v->kind == OCPP_KIND_END) {
        FUZZ_CHECK(told->depth-- > 0);
    } else if (v->kind <= OCPP_KIND_IDENTIFIER) {
        check_text(told, v);
    } else {
        check_number(told, v);
    }
    return 0;
}

static int read_all(struct ocpp_check *check, struct told *told, enum ocpp_object object,
                    const char *text, size_t len, size_t piece)
{
    struct roost_json_push push;
    unsigned lenient = told->lenient;
    *told = (struct told){.lenient = lenient};
    ocpp_check_begin(check, object, lenient, take, told);
    roost_json_push_begin(&push, ocpp_check_event, check);
    for (size_t at = 0; at < len; at += piece)
        (void)roost_json_push_feed(&push, text + at, len - at < piece ? len - at : piece);
    return roost_json_push_end(&push);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct ocpp_check whole, pieces;
    struct told first, second;
    char text[OCPP_FAULT_TEXT_MAX];
    if (len < HEAD)
        return 0;
    enum ocpp_object object = data[0] % OCPP_OBJ_COUNT;
    first.lenient = second.lenient = data[1] & 0x3F;
    const char *payload = (const char *)data + HEAD;
    len -= HEAD;
    int err = read_all(&whole, &first, object, payload, len, len ? len : 1);
    FUZZ_CHECK(read_all(&pieces, &second, object, payload, len, data[2] % 31 + 1U) == err);
    if (!err) {
        FUZZ_CHECK(memcmp(&whole.fault, &pieces.fault, sizeof whole.fault) == 0);
        FUZZ_CHECK(whole.used == pieces.used);
        FUZZ_CHECK(whole.fault.kind != OCPP_FAULT_NONE || (first.depth == 0 && second.depth == 0));
    }
    ocpp_fault_text(&whole.fault, text);
    FUZZ_CHECK(strlen(text) < sizeof text);
    return 0;
}
