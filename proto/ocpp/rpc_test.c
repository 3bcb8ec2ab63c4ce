/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong on the wire and what is done about it: the negative sets P-11, C-14, C-37 and P-58,
 * and the rules of the specification's chapter 4 with its errata. Each frame is read whole and byte
 * by byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "core/json_read.h"
#include "proto/ocpp/rpc.h"

static struct ocpp_rpc rpc;
static struct ocpp_writer w;
static char out[512];

static const struct ocpp_rpc_config point = {.side = OCPP_BY_CP, .bytes_max = OCPP_RPC_BYTES_MAX};
static const struct ocpp_rpc_config central = {.side = OCPP_BY_CS, .bytes_max = OCPP_RPC_BYTES_MAX};

static enum ocpp_rpc_kind receive(const struct ocpp_rpc_config *config, const char *frame,
                                  size_t piece)
{
    size_t len = strlen(frame);
    ocpp_rpc_begin(&rpc, config, "ours", OCPP_MSG_BootNotification);
    for (size_t at = 0; at < len; at += piece)
        ocpp_rpc_feed(&rpc, frame + at, len - at < piece ? len - at : piece);
    return ocpp_rpc_end(&rpc);
}

static void is_dropped(const struct ocpp_rpc_config *config, const char *frame, enum ocpp_drop why)
{
    for (size_t piece = 1; piece < 4096; piece += 4094) {
        assert_int_equal(receive(config, frame, piece), OCPP_RPC_DROPPED);
        assert_string_equal(ocpp_drop_name(rpc.drop), ocpp_drop_name(why));
    }
}

/* The refusal has five elements, the id as it came, the word, a text, and an object. */
static void is_refused(const struct ocpp_rpc_config *config, const char *frame, const char *word)
{
    for (size_t piece = 1; piece < 4096; piece += 4094) {
        struct roost_json doc;
        struct roost_json_token tokens[8];
        char text[OCPP_ID_BYTES + 1];
        assert_int_equal(receive(config, frame, piece), OCPP_RPC_REFUSED);
        ocpp_writer_begin(&w, out, sizeof out);
        ocpp_write_refusal(&w, &rpc);
        int len = ocpp_writer_end(&w);
        assert_true(len > 0);
        assert_int_equal(roost_json_parse(&doc, tokens, 8, out, (size_t)len), 0);
        assert_int_equal(roost_json_size(&doc, 0), 5);
        assert_int_equal(roost_json_string(&doc, 2, text, sizeof text), 0);
        assert_string_equal(text, rpc.id);
        assert_int_equal(roost_json_string(&doc, 3, text, sizeof text), 0);
        assert_string_equal(text, word);
        assert_int_equal(roost_json_type(&doc, 5), ROOST_JSON_OBJECT);
    }
}

static void is_served(const struct ocpp_rpc_config *config, const char *frame,
                      enum ocpp_message message)
{
    for (size_t piece = 1; piece < 4096; piece += 4094) {
        assert_int_equal(receive(config, frame, piece), OCPP_RPC_CALL);
        assert_int_equal(rpc.message, message);
    }
}

#define IMPLEMENTED "NotImplemented"
#define SUPPORTED   "NotSupported"
#define FORMATION   "FormationViolation"
#define PROPERTY    "PropertyConstraintViolation"
#define OCCURENCE   "OccurenceConstraintViolation"
#define TYPE        "TypeConstraintViolation"

static void p_11_wrong_messages_to_a_charge_point(void **state)
{
    (void)state;
    is_refused(&point, "[2,\"a\",\"Foo\",{}]", IMPLEMENTED);
    is_refused(&point, "[2,\"b\",\"Reset\",{}]", OCCURENCE);
    is_refused(&point, "[2,\"c\",\"Reset\",{\"type\":5}]", TYPE);
    is_refused(&point, "[2,\"d\",\"Reset\",{\"type\":\"Warm\"}]", PROPERTY);
    is_refused(&point, "[2,\"e\",\"Reset\",{\"type\":\"Soft\",\"x\":1}]", FORMATION);
    is_refused(&point,
               "[2,\"f0123456789012345678901234567890123456789\",\"GetLocalListVersion\",{}]",
               FORMATION);
    is_dropped(&point, "[9,\"g\"]", OCPP_DROP_TYPE);
    is_dropped(&point, "{}", OCPP_DROP_NO_ARRAY);
    is_dropped(&point, "[2,\"h\",\"Reset\"", OCPP_DROP_NOT_JSON);
    is_dropped(&point, "[3,\"nobody\",{}]", OCPP_DROP_UNASKED);
    is_served(&point, "[2,\"i\",\"Reset\",{\"type\":\"Soft\"}]", OCPP_MSG_Reset);
}

#define BOOT(members) "[2,\"1\",\"BootNotification\",{\"chargePointVendor\":\"v\"" members "}]"

static void c_14_wrong_messages_to_a_central_system(void **state)
{
    (void)state;
    is_refused(&central, BOOT(""), OCCURENCE);
    is_refused(&central, BOOT(",\"chargePointModel\":\"m\",\"x\":\"y\""), FORMATION);
    is_refused(&central, BOOT(",\"chargePointModel\":1"), TYPE);
    is_refused(&central, BOOT(",\"chargePointModel\":\"012345678901234567890\""), PROPERTY);
    is_refused(&central, "[2,\"1\",\"Foo\",{}]", IMPLEMENTED);
    is_refused(&central, "[2,\"1\"]", FORMATION);
    is_refused(&central,
               "[2,\"1\",\"StatusNotification\",{\"connectorId\":1,\"errorCode\":\"Error\","
               "\"status\":\"Available\"}]",
               PROPERTY);
    is_served(&central, BOOT(",\"chargePointModel\":\"01234567890123456789\""),
              OCPP_MSG_BootNotification);
}

#define METER(value) "[2,\"1\",\"MeterValues\",{\"connectorId\":1,\"meterValue\":" value "}]"
#define START(members)                                                                             \
    "[2,\"1\",\"StartTransaction\",{\"connectorId\":1,\"idTag\":\"T\",\"meterStart\":0,"           \
    "\"timestamp\":\"2026-11-30T19:00:00Z\"" members "}]"

static void c_37_frames_that_are_none(void **state)
{
    (void)state;
    is_dropped(&central, "hello", OCPP_DROP_NOT_JSON);
    is_dropped(&central, "", OCPP_DROP_NOT_JSON);
    is_dropped(&central, "[]", OCPP_DROP_TYPE);
    is_dropped(&central, "{\"a\":[2,\"1\",\"Heartbeat\",{}]}", OCPP_DROP_NO_ARRAY);
    is_dropped(&central, "\"text\"", OCPP_DROP_NO_ARRAY);
    is_dropped(&central, "null", OCPP_DROP_NO_ARRAY);
    is_dropped(&central, "[1,\"1\",\"Heartbeat\",{}]", OCPP_DROP_TYPE);
    is_dropped(&central, "[5,\"1\",\"Heartbeat\",{}]", OCPP_DROP_TYPE);
    is_dropped(&central, "[\"2\",\"1\",\"Heartbeat\",{}]", OCPP_DROP_TYPE);
    is_dropped(&central, "[[2],\"1\",\"Heartbeat\",{}]", OCPP_DROP_TYPE);
    is_dropped(&central, "[2.5,\"1\",\"Heartbeat\",{}]", OCPP_DROP_TYPE);
    is_dropped(&central, "[2]", OCPP_DROP_NO_ID);
    is_dropped(&central, "[2,7,\"Heartbeat\",{}]", OCPP_DROP_NO_ID);
    is_dropped(&central, "[2,null,\"Heartbeat\",{}]", OCPP_DROP_NO_ID);
    is_dropped(&central, "[2,[\"1\"],\"Heartbeat\",{}]", OCPP_DROP_NO_ID);
    is_dropped(&central, "[2,\"\",\"Heartbeat\",{}]", OCPP_DROP_NO_ID);
    is_dropped(&central, "[2,\"a\\u0000\",\"Heartbeat\",{}]", OCPP_DROP_NO_ID);
    is_dropped(&central, "[2,\"1\",\"Heartbeat\",{}] x", OCPP_DROP_NOT_JSON);
    is_dropped(&central, "[2,\"1\",\"Heartbeat\",{}", OCPP_DROP_NOT_JSON);
    is_dropped(&central, "[2,\"1\",\"Foo\",{},", OCPP_DROP_NOT_JSON);
    is_dropped(&central, "[2,\"1\",\"Heartbeat\",{},]", OCPP_DROP_NOT_JSON);
}

static void c_37_calls_that_are_refused(void **state)
{
    (void)state;
    is_refused(&central, "[2,\"0123456789012345678901234567890123456\",\"Heartbeat\",{}]",
               FORMATION);
    is_refused(&central, "[2,\"1\",\"Heartbeat\"]", FORMATION);
    is_refused(&central, "[2,\"1\",\"Heartbeat\",null]", FORMATION);
    is_refused(&central, "[2,\"1\",\"Heartbeat\",[]]", FORMATION);
    is_refused(&central, "[2,\"1\",\"Heartbeat\",\"{}\"]", FORMATION);
    is_refused(&central, "[2,\"1\",\"Heartbeat\",{},{}]", FORMATION);
    is_refused(&central, "[2,\"1\",\"Heartbeat\",{},1,2,3]", FORMATION);
    is_refused(&central, "[2,\"1\",5,{}]", FORMATION);
    is_refused(&central, "[2,\"1\",{},{}]", FORMATION);
    is_refused(&central, "[2,\"1\",\"Nonsense\",{}]", IMPLEMENTED);
    is_refused(&central, "[2,\"1\",\"heartbeat\",{}]", IMPLEMENTED);
    is_refused(&central, "[2,\"1\",\"\",{}]", IMPLEMENTED);
    is_refused(&central, "[2,\"1\",\"SignedFirmwareStatusNotificationAndMore\",{}]", IMPLEMENTED);
    is_refused(&central, "[2,\"1\",\"Reset\",{\"type\":\"Soft\"}]", SUPPORTED);
    is_refused(&point, "[2,\"1\",\"Heartbeat\",{}]", SUPPORTED);
    is_refused(&central, "[2,\"1\",\"Heartbeat\",{\"x\":1}]", FORMATION);
    is_refused(&central, "[2,\"1\",\"Authorize\",{}]", OCCURENCE);
    is_refused(&central, "[2,\"1\",\"Authorize\",{\"idTag\":5}]", TYPE);
    is_refused(&central, "[2,\"1\",\"Authorize\",{\"idTag\":null}]", TYPE);
    is_refused(&central, "[2,\"1\",\"Authorize\",{\"idTag\":true}]", TYPE);
    is_refused(&central, "[2,\"1\",\"Authorize\",{\"idTag\":{}}]", TYPE);
    is_refused(&central, "[2,\"1\",\"Authorize\",{\"idTag\":[\"a\"]}]", TYPE);
    is_refused(&central, "[2,\"1\",\"Authorize\",{\"idTag\":\"012345678901234567890\"}]", PROPERTY);
    is_refused(&central, "[2,\"1\",\"Authorize\",{\"idTag\":\"a\\u0000b\"}]", PROPERTY);
    is_refused(&central, METER("[]"), OCCURENCE);
    is_refused(&central, METER("{}"), TYPE);
    is_refused(&central, METER("null"), TYPE);
    is_refused(&central, METER("[1]"), TYPE);
    is_refused(&central, METER("[[]]"), TYPE);
    is_refused(&central, METER("[{\"timestamp\":\"2026-11-30T19:00:00Z\",\"sampledValue\":[]}]"),
               OCCURENCE);
    is_refused(&central,
               METER("[{\"timestamp\":\"yesterday\",\"sampledValue\":[{\"value\":\"1\"}]}]"), TYPE);
    is_refused(&central,
               METER("[{\"timestamp\":\"2026-11-30T19:00:00Z\",\"sampledValue\":[{\"value\":1}]}]"),
               TYPE);
    is_refused(
        &central,
        METER("[{\"timestamp\":\"2026-13-30T19:00:00Z\",\"sampledValue\":[{\"value\":\"1\"}]}]"),
        TYPE);
    is_refused(&central, METER("[{\"sampledValue\":[{\"value\":\"1\"}]}]"), OCCURENCE);
    is_refused(&central,
               METER("[{\"timestamp\":\"2026-11-30T19:00:00Z\","
                     "\"sampledValue\":[{\"value\":\"1\",\"unit\":\"Hz\"}]}]"),
               PROPERTY);
    is_refused(&central, "[2,\"1\",\"StatusNotification\",{\"connectorId\":-1}]", PROPERTY);
    is_refused(&central, "[2,\"1\",\"StatusNotification\",{\"connectorId\":1.5}]", TYPE);
    is_refused(&central, "[2,\"1\",\"StatusNotification\",{\"connectorId\":\"1\"}]", TYPE);
    is_refused(&central, "[2,\"1\",\"StatusNotification\",{\"connectorId\":99999999999}]",
               PROPERTY);
    is_refused(&central, "[2,\"1\",\"StatusNotification\",{\"connectorId\":1e99}]", PROPERTY);
    is_refused(&central, "[2,\"1\",\"StatusNotification\",{\"connectorId\":1e-2}]", TYPE);
    is_refused(&central, START(",\"reservationId\":2147483648"), PROPERTY);
    is_refused(&central, START(",\"reservationId\":true"), TYPE);
    is_refused(&central, "[2,\"1\",\"StartTransaction\",{\"connectorId\":0}]", PROPERTY);
    is_served(&central, START(",\"reservationId\":2147483647"), OCPP_MSG_StartTransaction);
    is_served(&central, START(",\"reservationId\":1.0"), OCPP_MSG_StartTransaction);
}

static void c_37_of_a_key_twice_the_first_counts(void **state)
{
    (void)state;
    is_served(&point, "[2,\"1\",\"Reset\",{\"type\":\"Soft\",\"type\":\"Warm\"}]", OCPP_MSG_Reset);
    assert_int_equal(rpc.check.used, OCPP_NOTED_TWICE);
    is_served(&point, "[2,\"1\",\"Reset\",{\"type\":\"Soft\",\"type\":{\"a\":[1]}}]",
              OCPP_MSG_Reset);
    is_refused(&point, "[2,\"1\",\"Reset\",{\"type\":\"Warm\",\"type\":\"Soft\"}]", PROPERTY);
}

static void c_37_deep_nesting_is_refused_and_not_followed(void **state)
{
    static char frame[40100];
    static const char head[] = "[2,\"1\",\"DataTransfer\",{\"vendorId\":\"v\",\"data\":";
    (void)state;
    for (size_t depth = 1; depth <= 20000; depth = depth < 20 ? depth + 1 : depth * 10) {
        size_t len = sizeof head - 1;
        memcpy(frame, head, len);
        memset(frame + len, '[', depth);
        memset(frame + len + depth, ']', depth);
        memcpy(frame + len + 2 * depth, "}]", 3);
        is_refused(&point, frame, depth + 2 > ROOST_JSON_PUSH_DEPTH_MAX ? FORMATION : TYPE);
    }
    memset(frame, '[', 20000);
    memset(frame + 20000, ']', 20000);
    frame[40000] = '\0';
    is_dropped(&point, frame, OCPP_DROP_TYPE);
}

/* ---- answers to our own CALL "ours", a BootNotification ---- */

static void is_answer(const char *frame, enum ocpp_rpc_kind kind)
{
    for (size_t piece = 1; piece < 4096; piece += 4094) {
        assert_int_equal(receive(&point, frame, piece), kind);
        assert_int_equal(rpc.message, OCPP_MSG_BootNotification);
    }
}

#define BOOTED "{\"status\":\"Accepted\",\"currentTime\":\"2026-11-30T19:00:00Z\",\"interval\":0}"

static void c_37_unasked_answers_are_counted(void **state)
{
    (void)state;
    is_dropped(&point, "[3,\"nobody\"," BOOTED "]", OCPP_DROP_UNASKED);
    is_dropped(&point, "[3,\"ours2\"," BOOTED "]", OCPP_DROP_UNASKED);
    is_dropped(&point, "[3,\"our\"," BOOTED "]", OCPP_DROP_UNASKED);
    is_dropped(&point, "[4,\"nobody\",\"GenericError\",\"\",{}]", OCPP_DROP_UNASKED);
    is_dropped(&point, "[3,5," BOOTED "]", OCPP_DROP_NO_ID);
    ocpp_rpc_begin(&rpc, &point, NULL, OCPP_NO_MESSAGE);
    ocpp_rpc_feed(&rpc, "[3,\"ours\",{}]", 13);
    assert_int_equal(ocpp_rpc_end(&rpc), OCPP_RPC_DROPPED);
    assert_int_equal(rpc.drop, OCPP_DROP_UNASKED);
}

static void p_06_an_answer_that_is_wrong_is_never_answered(void **state)
{
    (void)state;
    is_answer("[3,\"ours\"," BOOTED "]", OCPP_RPC_RESULT);
    is_answer("[3,\"ours\",{\"status\":\"Accepted\"}]", OCPP_RPC_BAD_RESULT);
    is_answer("[3,\"ours\",{}]", OCPP_RPC_BAD_RESULT);
    is_answer("[3,\"ours\",null]", OCPP_RPC_BAD_RESULT);
    is_answer("[3,\"ours\"]", OCPP_RPC_BAD_RESULT);
    is_answer("[3,\"ours\"," BOOTED ",1]", OCPP_RPC_BAD_RESULT);
    is_answer("[4,\"ours\",\"InternalError\",\"\",{}]", OCPP_RPC_ERROR);
}

static void is_error(const char *frame, enum ocpp_error error, bool odd)
{
    is_answer(frame, OCPP_RPC_ERROR);
    assert_int_equal(rpc.error, error);
    assert_int_equal(rpc.odd, odd);
}

static void p_58_every_callerror_ends_its_call(void **state)
{
    (void)state;
    is_error("[4,\"ours\",\"FormatViolation\",\"\",{}]", OCPP_ERROR_FORMATION, false);
    is_error("[4,\"ours\",\"FormationViolation\",\"\",{}]", OCPP_ERROR_FORMATION, false);
    is_error("[4,\"ours\",\"OccurrenceConstraintViolation\",\"\",{}]", OCPP_ERROR_OCCURENCE, false);
    is_error("[4,\"ours\",\"OccurenceConstraintViolation\",\"\",{}]", OCPP_ERROR_OCCURENCE, false);
    is_error("[4,\"ours\",\"RpcFrameworkError\",\"\",{}]", OCPP_ERROR_UNKNOWN, false);
    is_error("[4,\"ours\",\"GenericError\",\"why\"]", OCPP_ERROR_GENERIC, true);
    assert_string_equal(rpc.description, "why");
    is_error("[4,\"ours\",\"GenericError\"]", OCPP_ERROR_GENERIC, true);
    is_error("[4,\"ours\"]", OCPP_ERROR_UNKNOWN, true);
    is_error("[4,\"ours\",5,null,[]]", OCPP_ERROR_UNKNOWN, true);
    is_error("[4,\"ours\",\"GenericError\",\"\",{\"a\":[{}]}]", OCPP_ERROR_GENERIC, false);
    is_error("[4,\"ours\",\"GenericError\",\"\",{},{}]", OCPP_ERROR_GENERIC, true);
    is_dropped(&point, "[4,\"-1\",\"RpcFrameworkError\",\"x\",{}]", OCPP_DROP_MINUS_ONE);
    is_dropped(&point, "[3,\"-1\",{}]", OCPP_DROP_MINUS_ONE);
}

static void a_long_description_is_cut(void **state)
{
    static char frame[400] = "[4,\"ours\",\"GenericError\",\"";
    size_t at = strlen(frame);
    (void)state;
    memset(frame + at, 'x', 200);
    memcpy(frame + at + 200, "\",{}]", 6);
    is_error(frame, OCPP_ERROR_GENERIC, false);
    assert_int_equal(strlen(rpc.description), OCPP_RPC_DESCRIPTION);
}

/* ---- ids, sizes ---- */

static void c_37_an_id_used_before_is_served_again(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        is_served(&central, "[2,\"1\",\"Heartbeat\",{}]", OCPP_MSG_Heartbeat);
        is_refused(&central, "[2,\"1\",\"Authorize\",{}]", OCCURENCE);
    }
}

static void an_id_has_36_characters_of_any_kind(void **state)
{
    char frame[400];
    (void)state;
    for (int chars = 35; chars <= 60; chars++) {
        size_t len = 4;
        memcpy(frame, "[2,\"", len);
        for (int i = 0; i < chars; i++, len += 3)
            memcpy(frame + len, "\xE2\x82\xAC", 3);
        memcpy(frame + len, "\",\"GetLocalListVersion\",{}]", 28);
        if (chars <= 36)
            is_served(&point, frame, OCPP_MSG_GetLocalListVersion);
        else
            is_refused(&point, frame, FORMATION);
        assert_int_equal(strlen(rpc.id), chars <= 48 ? chars * 3 : OCPP_ID_BYTES);
    }
}

static void what_is_too_large_is_refused_by_its_id(void **state)
{
    static const struct ocpp_rpc_config small = {.side = OCPP_BY_CP, .bytes_max = 60};
    (void)state;
    is_served(&small, "[2,\"1\",\"Reset\",{\"type\":\"Soft\"}]", OCPP_MSG_Reset);
    ocpp_rpc_begin(&rpc, &small, NULL, OCPP_NO_MESSAGE);
    ocpp_rpc_feed(&rpc, "[2,\"1\",\"Authorize\",{", 20);
    for (int i = 0; i < 100; i++)
        ocpp_rpc_feed(&rpc, "                    ", 20);
    assert_int_equal(ocpp_rpc_end(&rpc), OCPP_RPC_REFUSED);
    assert_int_equal(rpc.check.fault.kind, OCPP_FAULT_SIZE);
    ocpp_rpc_begin(&rpc, &small, NULL, OCPP_NO_MESSAGE);
    ocpp_rpc_feed(&rpc, "[2,\"1\",,", 8);
    for (int i = 0; i < 10; i++)
        ocpp_rpc_feed(&rpc, "                    ", 20);
    assert_int_equal(ocpp_rpc_end(&rpc), OCPP_RPC_DROPPED);
    assert_int_equal(rpc.drop, OCPP_DROP_NOT_JSON);
}

/* A chain of 10,000 characters, all of them escaped, fed in pieces of 100 bytes: what of it stands
 * in memory is this struct and a piece. */
struct chain {
    size_t bytes, pieces;
    uint32_t sum;
    bool last;
};

static int take_chain(void *ctx, const struct ocpp_value *value)
{
    struct chain *chain = ctx;
    if (value->field != OCPP_certificateChain)
        return 0;
    assert_int_equal(value->at, chain->bytes);
    assert_true(value->len <= 100);
    for (size_t i = 0; i < value->len; i++)
        chain->sum += (uint8_t)value->text[i];
    chain->bytes += value->len;
    chain->pieces++;
    chain->last = value->last;
    return 0;
}

static void open_chain(void *ctx, struct ocpp_rpc *in)
{
    assert_int_equal(in->message, OCPP_MSG_CertificateSigned);
    ocpp_rpc_take(in, take_chain, ctx);
}

static enum ocpp_rpc_kind feed_chain(struct chain *chain, int chars, const char *as)
{
    const struct ocpp_rpc_config config = {
        .side = OCPP_BY_CP, .bytes_max = OCPP_RPC_BYTES_MAX, .open = open_chain, .ctx = chain};
    static const char head[] = "[2,\"1\",\"CertificateSigned\",{\"certificateChain\":\"";
    char piece[100];
    size_t len = sizeof head - 1, at = 0;
    *chain = (struct chain){0};
    ocpp_rpc_begin(&rpc, &config, NULL, OCPP_NO_MESSAGE);
    memcpy(piece, head, len);
    for (int i = 0; i < chars; i++)
        for (at = 0; as[at]; at++) {
            if (len == sizeof piece) {
                ocpp_rpc_feed(&rpc, piece, len);
                len = 0;
            }
            piece[len++] = as[at];
        }
    ocpp_rpc_feed(&rpc, piece, len);
    ocpp_rpc_feed(&rpc, "\"}]", 3);
    return ocpp_rpc_end(&rpc);
}

static void p_41_a_chain_of_10000_characters_never_stands_in_memory(void **state)
{
    struct chain chain;
    (void)state;
    assert_true(sizeof rpc < 640);
    assert_int_equal(feed_chain(&chain, 10000, "a"), OCPP_RPC_CALL);
    assert_int_equal(chain.bytes, 10000);
    assert_int_equal(chain.sum, 10000 * 'a');
    assert_true(chain.last);
    assert_int_equal(feed_chain(&chain, 10000, "\\u000a"), OCPP_RPC_CALL);
    assert_int_equal(chain.bytes, 10000);
    assert_int_equal(chain.sum, 10000 * 10);
    assert_int_equal(feed_chain(&chain, 10001, "a"), OCPP_RPC_REFUSED);
    assert_int_equal(rpc.check.fault.kind, OCPP_FAULT_LENGTH);
    assert_int_equal(rpc.check.fault.limit, 10000);
}

static int cannot_take(void *ctx, const struct ocpp_value *value)
{
    (void)value;
    return *(const int *)ctx;
}

static void open_cannot(void *ctx, struct ocpp_rpc *in)
{
    ocpp_rpc_take(in, cannot_take, ctx);
}

static void what_cannot_be_taken_is_an_error_of_ours(void **state)
{
    int err = ROOST_ERR_NO_SPACE;
    const struct ocpp_rpc_config config = {
        .side = OCPP_BY_CP, .bytes_max = OCPP_RPC_BYTES_MAX, .open = open_cannot, .ctx = &err};
    (void)state;
    is_refused(&config, "[2,\"1\",\"Reset\",{\"type\":\"Soft\"}]", "InternalError");
    err = ROOST_ERR_TOO_LONG;
    is_refused(&config, "[2,\"1\",\"Reset\",{\"type\":\"Soft\"}]", PROPERTY);
}

static void made_ids_are_new_ones(void **state)
{
    char id[OCPP_MADE_ID_BYTES];
    (void)state;
    ocpp_id_make(id, 12, 3);
    assert_string_equal(id, "12.3");
    ocpp_id_make(id, UINT32_MAX, UINT32_MAX);
    assert_string_equal(id, "4294967295.4294967295");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(p_11_wrong_messages_to_a_charge_point),
        cmocka_unit_test(c_14_wrong_messages_to_a_central_system),
        cmocka_unit_test(c_37_frames_that_are_none),
        cmocka_unit_test(c_37_calls_that_are_refused),
        cmocka_unit_test(c_37_of_a_key_twice_the_first_counts),
        cmocka_unit_test(c_37_deep_nesting_is_refused_and_not_followed),
        cmocka_unit_test(c_37_unasked_answers_are_counted),
        cmocka_unit_test(p_06_an_answer_that_is_wrong_is_never_answered),
        cmocka_unit_test(p_58_every_callerror_ends_its_call),
        cmocka_unit_test(a_long_description_is_cut),
        cmocka_unit_test(c_37_an_id_used_before_is_served_again),
        cmocka_unit_test(an_id_has_36_characters_of_any_kind),
        cmocka_unit_test(what_is_too_large_is_refused_by_its_id),
        cmocka_unit_test(p_41_a_chain_of_10000_characters_never_stands_in_memory),
        cmocka_unit_test(what_cannot_be_taken_is_an_error_of_ours),
        cmocka_unit_test(made_ids_are_new_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
