/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "proto/ocpp/rpc.h"

static struct ocpp_writer w;
static char out[512];

static void expect(const char *expected)
{
    assert_int_equal(ocpp_writer_end(&w), strlen(expected));
    assert_string_equal(out, expected);
}

static void refused(enum ocpp_fault_kind kind, enum ocpp_word field)
{
    assert_int_equal(ocpp_writer_end(&w), ROOST_ERR_INVALID);
    assert_int_equal(w.check.fault.kind, kind);
    assert_int_equal(w.check.fault.field, field);
}

static void begin_status(void)
{
    ocpp_writer_begin(&w, out, sizeof out);
    ocpp_write_call(&w, "17", OCPP_MSG_StatusNotification);
    ocpp_put_int(&w, OCPP_connectorId, 1);
    ocpp_put_word(&w, OCPP_errorCode, OCPP_NoError);
}

static void frames_are_written(void **state)
{
    (void)state;
    begin_status();
    ocpp_put_word(&w, OCPP_status, OCPP_Available);
    ocpp_put_time(&w, OCPP_timestamp, 1500);
    expect("[2,\"17\",\"StatusNotification\",{\"connectorId\":1,\"errorCode\":\"NoError\","
           "\"status\":\"Available\",\"timestamp\":\"1970-01-01T00:00:01.500Z\"}]");

    ocpp_writer_begin(&w, out, sizeof out);
    ocpp_write_result(&w, "a\"b", OCPP_MSG_Heartbeat);
    ocpp_put_time(&w, OCPP_currentTime, 0);
    expect("[3,\"a\\\"b\",{\"currentTime\":\"1970-01-01T00:00:00.000Z\"}]");

    ocpp_writer_begin(&w, out, sizeof out);
    ocpp_write_error(&w, "9", OCPP_ERROR_OCCURENCE, "idTag: \"missing\"");
    expect("[4,\"9\",\"OccurenceConstraintViolation\",\"idTag: \\\"missing\\\"\",{}]");
    ocpp_writer_begin(&w, out, sizeof out);
    ocpp_write_error(&w, "9", OCPP_ERROR_FORMATION, "");
    expect("[4,\"9\",\"FormationViolation\",\"\",{}]");
}

static void what_the_tables_forbid_is_not_written(void **state)
{
    (void)state;
    begin_status();
    refused(OCPP_FAULT_MISSING, OCPP_status);
    begin_status();
    ocpp_put_word(&w, OCPP_status, OCPP_Accepted);
    refused(OCPP_FAULT_WORD, OCPP_status);
    begin_status();
    ocpp_put_text(&w, OCPP_status, "available");
    refused(OCPP_FAULT_WORD, OCPP_status);
    begin_status();
    ocpp_put_int(&w, OCPP_transactionId, 1);
    refused(OCPP_FAULT_EXTRA, OCPP_NO_WORD);
    begin_status();
    ocpp_put_text(&w, OCPP_info, "012345678901234567890123456789012345678901234567890");
    refused(OCPP_FAULT_LENGTH, OCPP_info);
    begin_status();
    ocpp_put_int(&w, OCPP_info, 5);
    refused(OCPP_FAULT_KIND, OCPP_info);
    begin_status();
    ocpp_put_textn(&w, OCPP_info, "a\0b", 3);
    refused(OCPP_FAULT_NUL, OCPP_info);
    ocpp_writer_begin(&w, out, sizeof out);
    ocpp_write_call(&w, "1", OCPP_MSG_StartTransaction);
    ocpp_put_int(&w, OCPP_connectorId, 0);
    refused(OCPP_FAULT_RANGE, OCPP_connectorId);
}

static void a_period(int32_t start, int32_t tenths)
{
    ocpp_add_object(&w);
    ocpp_put_int(&w, OCPP_startPeriod, start);
    ocpp_put_scaled(&w, OCPP_limit, tenths, 1);
    ocpp_end(&w);
}

static void write_schedule(int32_t second_tenths)
{
    ocpp_writer_begin(&w, out, sizeof out);
    ocpp_write_result(&w, "1", OCPP_MSG_GetCompositeSchedule);
    ocpp_put_word(&w, OCPP_status, OCPP_Accepted);
    ocpp_put_object(&w, OCPP_chargingSchedule);
    ocpp_put_word(&w, OCPP_chargingRateUnit, OCPP_W);
    ocpp_put_list(&w, OCPP_chargingSchedulePeriod);
    a_period(0, 70000);
    a_period(100, second_tenths);
    ocpp_end(&w);
    ocpp_end(&w);
}

static void p_47_a_composite_schedule_never_holds_minus_one(void **state)
{
    (void)state;
    write_schedule(81);
    expect("[3,\"1\",{\"status\":\"Accepted\",\"chargingSchedule\":{\"chargingRateUnit\":\"W\","
           "\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":7000.0},"
           "{\"startPeriod\":100,\"limit\":8.1}]}}]");
    write_schedule(-10);
    refused(OCPP_FAULT_RANGE, OCPP_limit);
}

static void lists_and_flags_are_written(void **state)
{
    (void)state;
    ocpp_writer_begin(&w, out, sizeof out);
    ocpp_write_result(&w, "1", OCPP_MSG_GetConfiguration);
    ocpp_put_list(&w, OCPP_configurationKey);
    ocpp_add_object(&w);
    ocpp_put_text(&w, OCPP_key, "K");
    ocpp_put_bool(&w, OCPP_readonly, true);
    ocpp_end(&w);
    ocpp_end(&w);
    ocpp_put_list(&w, OCPP_unknownKey);
    ocpp_add_textn(&w, "Nope", 4);
    ocpp_end(&w);
    expect("[3,\"1\",{\"configurationKey\":[{\"key\":\"K\",\"readonly\":true}],"
           "\"unknownKey\":[\"Nope\"]}]");
}

static void a_buffer_that_is_too_small_is_no_fault_of_the_message(void **state)
{
    (void)state;
    ocpp_writer_begin(&w, out, 20);
    ocpp_write_call(&w, "17", OCPP_MSG_Heartbeat);
    assert_int_equal(ocpp_writer_end(&w), ROOST_ERR_TOO_LONG);
}

/* ---- made while it is sent ---- */

static struct ocpp_rpc rpc;
static size_t sent, in_list;

static int send_on(void *ctx, const char *text, size_t len)
{
    (void)ctx;
    assert_true(len <= OCPP_WRITER_ROOM);
    ocpp_rpc_feed(&rpc, text, len);
    sent += len;
    return 0;
}

static int count_samples(void *ctx, const struct ocpp_value *value)
{
    (void)ctx;
    in_list += value->kind == OCPP_KIND_END && value->object == OCPP_OBJ_MeterValue;
    return 0;
}

static void open_stop(void *ctx, struct ocpp_rpc *in)
{
    ocpp_rpc_take(in, count_samples, ctx);
}

static void write_stop(int samples)
{
    ocpp_write_call(&w, "1", OCPP_MSG_StopTransaction);
    ocpp_put_int(&w, OCPP_transactionId, 42);
    ocpp_put_int(&w, OCPP_meterStop, 2000);
    ocpp_put_time(&w, OCPP_timestamp, 1000);
    ocpp_put_list(&w, OCPP_transactionData);
    for (int i = 0; i < samples; i++) {
        ocpp_add_object(&w);
        ocpp_put_time(&w, OCPP_timestamp, i);
        ocpp_put_list(&w, OCPP_sampledValue);
        ocpp_add_object(&w);
        ocpp_put_scaled(&w, OCPP_value, 1000 + i, 1);
        ocpp_put_word(&w, OCPP_unit, OCPP_Wh);
        ocpp_end(&w);
        ocpp_end(&w);
        ocpp_end(&w);
    }
    ocpp_end(&w);
}

/* C-08, C-32: a transaction's data of any length goes through a buffer of 257 bytes, and is read
 * without a copy at the other end. */
static void c_32_transaction_data_is_made_while_it_is_sent(void **state)
{
    static const struct ocpp_rpc_config central = {
        .side = OCPP_BY_CS, .bytes_max = 1 << 20, .open = open_stop};
    char buffer[OCPP_WRITER_ROOM + 1];
    (void)state;
    ocpp_writer_measure(&w, buffer, sizeof buffer);
    write_stop(2000);
    int len = ocpp_writer_end(&w);
    assert_true(len > 150000);

    sent = in_list = 0;
    ocpp_rpc_begin(&rpc, &central, NULL, OCPP_NO_MESSAGE);
    ocpp_writer_begin_sink(&w, buffer, sizeof buffer, send_on, NULL);
    write_stop(2000);
    assert_int_equal(ocpp_writer_end(&w), len);
    assert_int_equal(sent, len);
    assert_int_equal(ocpp_rpc_end(&rpc), OCPP_RPC_CALL);
    assert_int_equal(in_list, 2000);
}

static void a_text_is_written_in_pieces(void **state)
{
    (void)state;
    for (int pieces = 549; pieces <= 551; pieces++) {
        ocpp_writer_measure(&w, out, sizeof out);
        ocpp_write_call(&w, "1", OCPP_MSG_SignCertificate);
        ocpp_put_text_begin(&w, OCPP_csr);
        for (int i = 0; i < pieces; i++)
            ocpp_text_piece(&w, "012345678\n", 10);
        ocpp_text_end(&w);
        if (pieces <= 550) /* the limit is 5500 characters */
            assert_int_equal(ocpp_writer_end(&w), 36 + 11 * pieces);
        else
            refused(OCPP_FAULT_LENGTH, OCPP_csr);
    }
}

/* Every byte of a text is there, whatever stands where a piece of it ends, and a sink that fails is
 * told no more. */
static char collected[2048];
static size_t collected_len, collect_max;

static int collect(void *ctx, const char *more, size_t len)
{
    (void)ctx;
    if (collected_len + len > collect_max)
        return ROOST_ERR_IO;
    memcpy(collected + collected_len, more, len);
    collected_len += len;
    return 0;
}

static int write_data(const char *data, size_t len, bool to_sink)
{
    char buffer[OCPP_WRITER_ROOM + 1];
    collected_len = 0;
    if (to_sink)
        ocpp_writer_begin_sink(&w, buffer, sizeof buffer, collect, NULL);
    else
        ocpp_writer_begin(&w, collected, sizeof collected);
    ocpp_write_call(&w, "\x01\x02\x03", OCPP_MSG_DataTransfer);
    ocpp_put_text(&w, OCPP_vendorId, "v");
    ocpp_put_textn(&w, OCPP_data, data, len);
    return ocpp_writer_end(&w);
}

static void a_sink_gets_the_same_as_a_buffer(void **state)
{
    static const char *const characters[] = {"a", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\x1F",
                                             "\x80"};
    static char data[400], whole[2048];
    (void)state;
    for (size_t c = 0; c < sizeof characters / sizeof characters[0]; c++)
        for (size_t before = 0; before < 4; before++) {
            size_t len = before, n = strlen(characters[c]);
            memset(data, '.', before);
            for (; len + n <= 300; len += n)
                memcpy(data + len, characters[c], n);
            int written = write_data(data, len, false);
            assert_true(written > 0);
            memcpy(whole, collected, (size_t)written);
            collect_max = sizeof collected;
            assert_int_equal(write_data(data, len, true), written);
            assert_memory_equal(collected, whole, (size_t)written);
            collect_max = (size_t)written - 1;
            assert_int_equal(write_data(data, len, true), ROOST_ERR_IO);
            collect_max = 0;
            assert_int_equal(write_data(data, len, true), ROOST_ERR_IO);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_written),
        cmocka_unit_test(what_the_tables_forbid_is_not_written),
        cmocka_unit_test(p_47_a_composite_schedule_never_holds_minus_one),
        cmocka_unit_test(lists_and_flags_are_written),
        cmocka_unit_test(a_buffer_that_is_too_small_is_no_fault_of_the_message),
        cmocka_unit_test(c_32_transaction_data_is_made_while_it_is_sent),
        cmocka_unit_test(a_text_is_written_in_pieces),
        cmocka_unit_test(a_sink_gets_the_same_as_a_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
