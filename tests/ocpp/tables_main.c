/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For a comparison of proto/ocpp with schemas that are not ours. Prints the tables as JSON, one
 * message a line, each with its sample of test_messages.h; or, as `roost-ocpp-tables check`, what
 * the check says of each line "urn:Reset.req {...}" of its input: "ok", or the fault.
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

static const char *verdict(char *line)
{
    static struct ocpp_check check;
    static struct roost_json_push push;
    static char text[OCPP_FAULT_TEXT_MAX];
    char *end = strchr(line, '.'), *payload = strchr(line, ' ');
    if (strncmp(line, "urn:", 4) != 0 || !end || !payload)
        return "no message";
    enum ocpp_message message = ocpp_message_find(line + 4, (size_t)(end - line - 4));
    ocpp_check_begin(&check,
                     end[1] == 'r' ? ocpp_message_request(message) : ocpp_message_answer(message),
                     0, NULL, NULL);
    roost_json_push_begin(&push, ocpp_check_event, &check);
    (void)roost_json_push_feed(&push, payload, strlen(payload));
    if (roost_json_push_end(&push) != 0)
        return "no JSON";
    ocpp_fault_text(&check.fault, text);
    return check.fault.kind == OCPP_FAULT_NONE ? "ok" : text;
}

int main(int argc, char **argv)
{
    static char line[1 << 16];
    if (argc == 2 && strcmp(argv[1], "check") == 0) {
        while (fgets(line, sizeof line, stdin))
            puts(verdict(line));
        return 0;
    }
    for (size_t i = 0; i < TEST_MESSAGES; i++) {
        const struct test_message *m = &test_messages[i];
        print_message(m, "req", ocpp_message_request(m->message), m->request);
        print_message(m, "conf", ocpp_message_answer(m->message), m->answer);
    }
    return 0;
}
