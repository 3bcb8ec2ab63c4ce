/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints the tables of proto/ocpp as JSON, one message a line, each with its sample of
 * test_messages.h, for a comparison with schemas that are not ours.
 */
#include <stdio.h>

#include "proto/ocpp/test_messages.h"

static const char *const kinds[] = {
    [OCPP_KIND_TEXT] = "text",     [OCPP_KIND_IDENTIFIER] = "identifier",
    [OCPP_KIND_WORD] = "word",     [OCPP_KIND_INTEGER] = "integer",
    [OCPP_KIND_TENTHS] = "tenths", [OCPP_KIND_BOOL] = "boolean",
    [OCPP_KIND_TIME] = "time",     [OCPP_KIND_OBJECT] = "object",
};

static void print_words(enum ocpp_set set)
{
    size_t count;
    const uint16_t *words = ocpp_set_words(set, &count);
    printf(",\"words\":[");
    for (size_t i = 0; i < count; i++)
        printf("%s\"%s\"", i ? "," : "", ocpp_word_text(words[i]));
    printf("]");
}

static void print_object(enum ocpp_object object)
{
    size_t count;
    const struct ocpp_field *fields = ocpp_fields(object, &count);
    printf("{");
    for (size_t i = 0; i < count; i++) {
        const struct ocpp_field *f = &fields[i];
        enum ocpp_kind kind = f->flags & OCPP_FIELD_KIND;
        printf("%s\"%s\":{\"kind\":\"%s\",\"required\":%s,\"list\":%s,\"min\":%d,\"max\":%u",
               i ? "," : "", ocpp_word_text(f->name), kinds[kind],
               f->flags & OCPP_FIELD_REQUIRED ? "true" : "false",
               f->flags & OCPP_FIELD_LIST ? "true" : "false",
               f->flags & OCPP_FIELD_NOT_EMPTY ? 1 : 0, ocpp_field_limit(f));
        if (kind == OCPP_KIND_WORD)
            print_words(f->of);
        if (kind == OCPP_KIND_OBJECT) {
            printf(",\"fields\":");
            print_object(f->of);
        }
        printf("}");
    }
    printf("}");
}

static void print_message(const struct test_message *m, const char *end, enum ocpp_object object,
                          const char *sample)
{
    printf("{\"id\":\"urn:%s.%s\",\"sender\":%d,\"fields\":",
           ocpp_word_text(ocpp_message_action(m->message)), end,
           (int)ocpp_message_sender(m->message));
    print_object(object);
    printf(",\"sample\":%s}\n", sample);
}

int main(void)
{
    for (size_t i = 0; i < TEST_MESSAGES; i++) {
        const struct test_message *m = &test_messages[i];
        print_message(m, "req", ocpp_message_request(m->message), m->request);
        print_message(m, "conf", ocpp_message_answer(m->message), m->answer);
    }
    return 0;
}
