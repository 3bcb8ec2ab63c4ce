/* SPDX-License-Identifier: Apache-2.0 */
/* Every message, read and written again, in pieces of every size that matters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "proto/ocpp/fill.h"
#include "proto/ocpp/rpc.h"
#include "proto/ocpp/test_messages.h"

static struct ocpp_rpc rpc;
static struct ocpp_writer w;
static struct test_copy copy;
static char frame[2048], out[2048];

static void copy_it(void *ctx, struct ocpp_rpc *in)
{
    (void)ctx;
    copy = (struct test_copy){.w = &w};
    ocpp_writer_begin(&w, out, sizeof out);
    if (in->type == OCPP_FRAME_CALL)
        ocpp_write_call(&w, in->id, in->message);
    else
        ocpp_write_result(&w, in->id, in->message);
    ocpp_rpc_take(in, test_copy_take, &copy);
}

static size_t put(char *at, const char *a, const char *b, const char *c, const char *d)
{
    const char *const parts[] = {a, b, c, d};
    size_t len = 0;
    for (size_t i = 0; i < 4; i++) {
        memcpy(at + len, parts[i], strlen(parts[i]) + 1);
        len += strlen(parts[i]);
    }
    return len;
}

static void comes_back(enum ocpp_rpc_kind kind, enum ocpp_message message)
{
    const struct ocpp_rpc_config config = {
        .side = ocpp_message_sender(message) == OCPP_BY_CP ? OCPP_BY_CS : OCPP_BY_CP,
        .bytes_max = OCPP_RPC_BYTES_MAX,
        .open = copy_it};
    size_t len = strlen(frame);
    static const size_t pieces[] = {1, 2, 7, 64, 4096};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        ocpp_rpc_begin(&rpc, &config, "a1", message);
        for (size_t at = 0; at < len; at += pieces[i])
            ocpp_rpc_feed(&rpc, frame + at, len - at < pieces[i] ? len - at : pieces[i]);
        assert_int_equal(ocpp_rpc_end(&rpc), kind);
        assert_int_equal(rpc.message, message);
        assert_string_equal(rpc.id, "a1");
        assert_int_equal(rpc.check.used, 0);
        assert_int_equal(ocpp_writer_end(&w), len);
        assert_string_equal(out, frame);
    }
}

static void every_message_comes_back_as_it_was(void **state)
{
    (void)state;
    assert_int_equal(TEST_MESSAGES, OCPP_MSG_COUNT - 1);
    for (size_t i = 0; i < TEST_MESSAGES; i++) {
        const struct test_message *m = &test_messages[i];
        assert_int_equal(m->message, i + 1);
        const char *action = ocpp_word_text(ocpp_message_action(m->message));
        assert_int_equal(ocpp_message_find(action, strlen(action)), m->message);
        (void)put(frame + put(frame, "[2,\"a1\",\"", action, "\",", m->request), "]", "", "", "");
        comes_back(OCPP_RPC_CALL, m->message);
        (void)put(frame, "[3,\"a1\",", m->answer, "]", "");
        comes_back(OCPP_RPC_RESULT, m->message);
    }
}

/* Nothing of a message is optional in the samples: each field of the tables is in one of them. */
static void the_samples_hold_every_field(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_MESSAGES; i++) {
        const struct test_message *m = &test_messages[i];
        for (int answer = 0; answer < 2; answer++) {
            size_t count;
            const struct ocpp_field *fields = ocpp_fields(answer ? ocpp_message_answer(m->message)
                                                                 : ocpp_message_request(m->message),
                                                          &count);
            for (size_t f = 0; f < count; f++) {
                char key[48];
                (void)put(key, "\"", ocpp_word_text(fields[f].name), "\":", "");
                assert_non_null(strstr(answer ? m->answer : m->request, key));
            }
        }
    }
}

/* ---- each required field left out, each field of a wrong type ---- */

static enum ocpp_fault_kind verdict(enum ocpp_object object, const char *payload,
                                    const char **field)
{
    static struct ocpp_check check;
    static struct roost_json_push push;
    ocpp_check_begin(&check, object, 0, NULL, NULL);
    roost_json_push_begin(&push, ocpp_check_event, &check);
    (void)roost_json_push_feed(&push, payload, strlen(payload));
    assert_int_equal(roost_json_push_end(&push), 0);
    *field = ocpp_word_text(check.fault.field);
    return check.fault.kind;
}

/* The payload with the member renamed, which is one missing and one too many. */
static void without(enum ocpp_object object, const char *payload, const struct ocpp_field *field)
{
    char changed[2048], key[48];
    const char *found;
    size_t key_len = put(key, "\"", ocpp_word_text(field->name), "\":", "");
    const char *at = strstr(payload, key);
    const char *value = at + key_len;
    /* over the whole value, to the comma or bracket at its own depth */
    int depth = 0;
    bool quoted = false;
    const char *end = value;
    for (; quoted || depth > 0 || (*end != ',' && *end != '}'); end++) {
        if (*end == '"' && end[-1] != '\\')
            quoted = !quoted;
        else if (!quoted)
            depth += (*end == '{' || *end == '[') - (*end == '}' || *end == ']');
    }
    memcpy(changed, payload, (size_t)(at - payload));
    char *p = changed + (at - payload);
    if (*end == ',')
        memcpy(p, end + 1, strlen(end));
    else if (p[-1] == ',')
        memcpy(p - 1, end, strlen(end) + 1);
    else
        memcpy(p, end, strlen(end) + 1);
    enum ocpp_fault_kind kind = verdict(object, changed, &found);
    if (field->flags & OCPP_FIELD_REQUIRED) {
        assert_int_equal(kind, OCPP_FAULT_MISSING);
        assert_string_equal(found, ocpp_word_text(field->name));
    } else {
        assert_int_equal(kind, OCPP_FAULT_NONE);
    }
    memcpy(changed, payload, (size_t)(at - payload));
    (void)put(changed + (at - payload), key, "null", end, "");
    assert_int_equal(verdict(object, changed, &found), OCPP_FAULT_KIND);
    (void)put(changed + (at - payload), key, "[[]]", end, "");
    assert_int_equal(verdict(object, changed, &found), OCPP_FAULT_KIND);
    (void)put(changed + (at - payload), key, "{\"a\":{}}", end, "");
    kind = verdict(object, changed, &found);
    bool is_object =
        (field->flags & OCPP_FIELD_KIND) == OCPP_KIND_OBJECT && !(field->flags & OCPP_FIELD_LIST);
    assert_int_equal(kind, is_object ? OCPP_FAULT_EXTRA : OCPP_FAULT_KIND);
}

static void each_field_is_missed_and_has_one_type(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_MESSAGES; i++) {
        const struct test_message *m = &test_messages[i];
        for (int answer = 0; answer < 2; answer++) {
            enum ocpp_object object =
                answer ? ocpp_message_answer(m->message) : ocpp_message_request(m->message);
            const char *payload = answer ? m->answer : m->request;
            const char *field;
            size_t count;
            const struct ocpp_field *fields = ocpp_fields(object, &count);
            assert_int_equal(verdict(object, payload, &field), OCPP_FAULT_NONE);
            for (size_t f = 0; f < count; f++)
                without(object, payload, &fields[f]);
        }
    }
}

/* ---- into a struct ---- */

struct start {
    int32_t connector_id;
    char id_tag[OCPP_ID_TAG_BYTES];
    int64_t at_ms;
    uint8_t reservation_id, given;
    int64_t at_s;
};

static const struct ocpp_slot start_slots[] = {
    OCPP_SLOT(StartTransaction, connectorId, struct start, connector_id),
    OCPP_SLOT(StartTransaction, idTag, struct start, id_tag),
    OCPP_SLOT(StartTransaction, timestamp, struct start, at_ms),
    OCPP_SLOT(StartTransaction, reservationId, struct start, reservation_id),
};

static const struct ocpp_slot given_slots[] = {
    OCPP_SLOT_HOW(StartTransaction, connectorId, struct start, connector_id, 1),
    OCPP_SLOT_HOW(StartTransaction, timestamp, struct start, at_s, 2 | OCPP_SECONDS),
    OCPP_SLOT_HOW(StartTransaction, reservationId, struct start, reservation_id, 4),
};

static int fill(const struct ocpp_fill *fill, const char *payload)
{
    static struct ocpp_check check;
    static struct roost_json_push push;
    struct ocpp_fill into = *fill;
    ocpp_check_begin(&check, OCPP_OBJ_StartTransaction, 0, ocpp_fill_take, &into);
    roost_json_push_begin(&push, ocpp_check_event, &check);
    for (const char *p = payload; *p; p++)
        (void)roost_json_push_feed(&push, p, 1);
    return check.fault.kind;
}

static void a_message_fills_a_struct(void **state)
{
    struct start start = {.reservation_id = 77};
    const struct ocpp_fill into = {start_slots, 4, &start, NULL};
    (void)state;
    assert_int_equal(fill(&into, "{\"connectorId\":2,\"idTag\":\"a\\u20acb\",\"meterStart\":1,"
                                 "\"timestamp\":\"1970-01-01T00:00:01Z\"}"),
                     OCPP_FAULT_NONE);
    assert_int_equal(start.connector_id, 2);
    assert_string_equal(start.id_tag, "a\xE2\x82\xAC"
                                      "b");
    assert_int_equal(start.at_ms, 1000);
    assert_int_equal(start.reservation_id, 77);
    assert_int_equal(fill(&into, "{\"reservationId\":255,"), OCPP_FAULT_NONE);
    assert_int_equal(start.reservation_id, 255);
    assert_int_equal(fill(&into, "{\"reservationId\":256,"), OCPP_FAULT_RANGE);
}

static void what_came_is_told_apart(void **state)
{
    struct start start = {0};
    const struct ocpp_fill into = {given_slots, 3, &start, &start.given};
    (void)state;
    assert_int_equal(fill(&into, "{\"connectorId\":1,\"timestamp\":\"1970-01-01T00:00:01.999Z\","),
                     OCPP_FAULT_NONE);
    assert_int_equal(start.given, 3);
    assert_int_equal(start.at_s, 1);
    assert_int_equal(start.at_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_comes_back_as_it_was),
        cmocka_unit_test(the_samples_hold_every_field),
        cmocka_unit_test(each_field_is_missed_and_has_one_type),
        cmocka_unit_test(a_message_fills_a_struct),
        cmocka_unit_test(what_came_is_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
