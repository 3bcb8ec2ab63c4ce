/* SPDX-License-Identifier: Apache-2.0 */
/* What a charger says and hears beside transactions: C-01, C-04, C-14, C-15, C-33, C-34, C-37. */
#include "hub/csms/test_rig.h"

#define BOOT                                                                                       \
    "[2,\"1\",\"BootNotification\",{\"chargePointVendor\":\"V\",\"chargePointModel\":\"M\","       \
    "\"firmwareVersion\":\"1.2\"}]"
#define STATUS(id, connector, status)                                                              \
    "[2,\"" id "\",\"StatusNotification\",{\"connectorId\":" connector                             \
    ",\"errorCode\":\"NoError\",\"status\":\"" status "\"}]"

static size_t dropped(enum ocpp_drop drop)
{
    return (size_t)metric_value(rig.csms->metrics.drops[drop]);
}

static void c_01_boot_statuses_heartbeat(void **state)
{
    struct csms_view view;

    (void)state;
    book_fake_charger(&rig.book, "CP1");
    struct rig_peer *peer = rig_connect("CP1");
    rig_sends(peer, BOOT);
    rig_hears_nothing(peer); /* it is not durable */
    book_fake_run(&rig.book);
    rig_hears(peer, "[3,\"1\",{\"status\":\"Accepted\",\"currentTime\":"
                    "\"2026-12-01T00:00:00.000Z\",\"interval\":300}]");
    assert_string_equal(rig.book.last_boot.vendor, "V");
    assert_string_equal(rig.book.last_boot.firmware, "1.2");
    rig_says(peer, STATUS("2", "0", "Available"));
    rig_hears(peer, "[3,\"2\",{}]");
    rig_says(peer, STATUS("3", "1", "Available"));
    rig_hears(peer, "[3,\"3\",{}]");
    rig_says(peer, STATUS("4", "2", "Faulted"));
    rig_hears(peer, "[3,\"4\",{}]");
    rig_pass(1500);
    rig_says(peer, "[2,\"5\",\"Heartbeat\",{}]");
    rig_hears(peer, "[3,\"5\",{\"currentTime\":\"2026-12-01T00:00:01.500Z\"}]");
    assert_true(csms_look(rig.csms, "CP1", &view) && view.online && view.accepted);
    assert_int_equal(view.connector_count, 3);
    assert_int_equal(view.connectors[2].status, OCPP_Faulted);
    assert_int_equal(rig.book.status_count, 3);
}

static void c_01_in_order_however_fast_it_sends(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_charger("CP1");
    rig_sends(peer, STATUS("1", "1", "Available"));
    rig_sends(peer, "[2,\"2\",\"Heartbeat\",{}]");
    rig_sends(peer, STATUS("3", "1", "Preparing"));
    for (int i = 3; i < CSMS_CALLS_MAX; i++)
        rig_sends(peer, STATUS("n", "1", "Charging"));
    rig_hears_nothing(peer);
    rig_sends(peer, STATUS("9", "1", "Charging"));
    rig_hears_error(peer, "9", "InternalError"); /* one too many: it has to say it again */
    book_fake_run(&rig.book);
    rig_hears(peer, "[3,\"1\",{}]");
    assert_memory_equal(rig_next(peer), "[3,\"2\",{\"c", 10);
    rig_hears(peer, "[3,\"3\",{}]");
}

static void c_01_pending_and_rejected_by_registration(void **state)
{
    (void)state;
    struct csms_charger_row *row = book_fake_charger(&rig.book, "CP1");
    row->registration = CSMS_PENDING;
    struct rig_peer *peer = rig_connect("CP1");
    rig_says(peer, BOOT);
    rig_hears(peer, "[3,\"1\",{\"status\":\"Pending\",\"currentTime\":"
                    "\"2026-12-01T00:00:00.000Z\",\"interval\":60}]");
    rig_says(peer, STATUS("2", "1", "Available"));
    rig_hears_error(peer, "2", "SecurityError");
    assert_false(row->booted);
    row->registration = CSMS_REJECTED;
    peer = rig_connect("CP1");
    rig_says(peer, BOOT);
    assert_non_null(strstr(rig_next(peer), "\"Rejected\""));
    row->registration = CSMS_ACCEPTED;
    peer = rig_connect("CP1");
    rig_says(peer, BOOT);
    assert_non_null(strstr(rig_next(peer), "\"Accepted\""));
    assert_true(row->booted);
    rig_heartbeat_works(peer);
}

/* Whoever is answered Accepted is stored so, whatever an operator does meanwhile. */
static void c_01_a_boot_is_answered_as_it_was_stored(void **state)
{
    (void)state;
    struct csms_charger_row *row = book_fake_charger(&rig.book, "CP1");
    row->registration = CSMS_PENDING;
    struct rig_peer *peer = rig_connect("CP1");
    rig_sends(peer, BOOT); /* put before the change is known here, stored after it */
    row->registration = CSMS_ACCEPTED;
    csms_changed(rig.csms, "CP1", row);
    book_fake_run(&rig.book);
    rig_hears(peer, "[3,\"1\",{\"status\":\"Pending\",\"currentTime\":"
                    "\"2026-12-01T00:00:00.000Z\",\"interval\":60}]");
    assert_false(row->booted);
    rig_says(peer, BOOT);
    assert_non_null(strstr(rig_next(peer), "\"Accepted\""));
    assert_true(row->booted);
}

static void c_04_only_who_was_accepted_is_served_without_a_boot(void **state)
{
    (void)state;
    book_fake_charger(&rig.book, "NEW");
    struct rig_peer *peer = rig_connect("NEW");
    rig_says(peer, STATUS("1", "1", "Available"));
    rig_hears_error(peer, "1", "SecurityError");
    rig_says(peer, BOOT);
    rig_next(peer);
    rig_kill(true);
    peer = rig_connect("NEW"); /* it only reconnects, to a hub that has started anew */
    rig_says(peer, STATUS("2", "1", "Available"));
    rig_hears(peer, "[3,\"2\",{}]");
}

static void stored_before_answered_or_said_again(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_charger("CP1");
    rig.book.fail = 1;
    rig_says(peer, STATUS("1", "1", "Available"));
    rig_hears_error(peer, "1", "InternalError");
    rig.book.full = 1;
    rig_says(peer, STATUS("2", "1", "Available"));
    rig_hears_error(peer, "2", "InternalError");
    rig.book.fail = 1;
    rig_says(peer, BOOT);
    rig_hears_error(peer, "1", "InternalError");
    rig_says(peer, STATUS("3", "1", "Available"));
    rig_hears(peer, "[3,\"3\",{}]");
    assert_int_equal(rig.book.status_count, 1);
}

static void c_14_wrong_messages_and_odd_errors(void **state)
{
    static int which = 1;
    char id[40], text[160];

    (void)state;
    struct rig_peer *peer = rig_charger("CP1");
    rig_says(peer, "[2,\"1\",\"Authorize\",{}]");
    rig_hears_error(peer, "1", "OccurenceConstraintViolation");
    rig_says(peer, "[2,\"2\",\"Authorize\",{\"idTag\":\"A\",\"x\":1}]");
    rig_hears_error(peer, "2", "FormationViolation");
    rig_says(peer, "[2,\"3\",\"Authorize\",{\"idTag\":5}]");
    rig_hears_error(peer, "3", "TypeConstraintViolation");
    rig_says(peer, "[2,\"4\",\"Authorize\",{\"idTag\":\"012345678901234567890\"}]");
    rig_hears_error(peer, "4", "PropertyConstraintViolation");
    rig_says(peer, STATUS("5", "1", "Fine"));
    rig_hears_error(peer, "5", "PropertyConstraintViolation");
    rig_says(peer, "[2,\"6\",\"Foo\",{}]");
    rig_hears_error(peer, "6", "NotImplemented");
    rig_says(peer, "[2,\"7\"]");
    rig_hears_error(peer, "7", "FormationViolation");
    static const char *const ends[] = {"\"OccurrenceConstraintViolation\",\"x\"]",
                                       "\"OccurenceConstraintViolation\",\"x\",{}]"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(rig_reset("CP1", &which), 0);
        rig_hears_call(peer, "Reset", id);
        snprintf(text, sizeof text, "[4,\"%s\",%s", id, ends[i]);
        rig_says(peer, text);
        assert_int_equal(rig.done[i].outcome, CSMS_CALLERROR);
        assert_int_equal(rig.done[i].error, OCPP_ERROR_OCCURENCE);
        assert_string_equal(rig.done[i].text, "x");
    }
    rig_says(peer, STATUS("8", "33", "Available"));
    rig_hears_error(peer, "8", "PropertyConstraintViolation");
    assert_int_equal(rig.book.put_count, 0);
    rig_heartbeat_works(peer);
}

static void authorize(struct rig_peer *peer, const char *tag, const char *info)
{
    char text[200];

    snprintf(text, sizeof text, "[2,\"t\",\"Authorize\",{\"idTag\":\"%s\"}]", tag);
    rig_says(peer, text);
    snprintf(text, sizeof text, "[3,\"t\",{\"idTagInfo\":{%s}}]", info);
    rig_hears(peer, text);
}

static void c_15_tags_with_parent_and_expiry_without_case(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_charger("CP1");
    book_fake_tag(&rig.book, "abc");
    book_fake_tag(&rig.book, "BAD")->blocked = true;
    struct csms_tag *tag = book_fake_tag(&rig.book, "KID");
    snprintf(tag->parent_id_tag, sizeof tag->parent_id_tag, "DAD");
    tag->expiry_ms = RIG_TIME + 1000;
    authorize(peer, "abc", "\"status\":\"Accepted\"");
    authorize(peer, "ABC", "\"status\":\"Accepted\"");
    authorize(peer, "bad", "\"status\":\"Blocked\"");
    authorize(peer, "ab", "\"status\":\"Invalid\"");
    authorize(peer, "kid",
              "\"expiryDate\":\"2026-12-01T00:00:01.000Z\",\"parentIdTag\":\"DAD\","
              "\"status\":\"Accepted\"");
    rig_pass(1000);
    authorize(peer, "KID",
              "\"expiryDate\":\"2026-12-01T00:00:01.000Z\",\"parentIdTag\":\"DAD\","
              "\"status\":\"Expired\"");
    snprintf(tag->parent_id_tag, sizeof tag->parent_id_tag, "a parent of 22 letters");
    rig_says(peer, "[2,\"v\",\"Authorize\",{\"idTag\":\"KID\"}]");
    rig_hears_error(peer, "v", "InternalError"); /* it cannot be said, and is not left open */
    rig.book.fail = 1;
    rig_says(peer, "[2,\"u\",\"Authorize\",{\"idTag\":\"abc\"}]");
    rig_hears_error(peer, "u", "InternalError");
}

static enum ocpp_word take_data(void *ctx, const char *identity, const char *message_id,
                                const char *data)
{
    char *to = ctx;

    snprintf(to, 100, "%s %s %s", identity, message_id, data);
    return strcmp(message_id, "VehicleInfo") == 0 ? OCPP_Accepted : OCPP_UnknownMessageId;
}

static void c_33_data_by_vendor_and_message(void **state)
{
    static char taken[100];
    static const struct csms_vendor vendor = {.vendor_id = "Acme", .take = take_data, .ctx = taken};

    (void)state;
    rig.with.vendors = &vendor;
    rig.with.vendor_count = 1;
    struct rig_peer *peer = rig_charger("CP1");
    rig_says(peer, "[2,\"1\",\"DataTransfer\",{\"vendorId\":\"Other\"}]");
    rig_hears(peer, "[3,\"1\",{\"status\":\"UnknownVendorId\"}]");
    rig_says(peer, "[2,\"2\",\"DataTransfer\",{\"vendorId\":\"ACME\",\"messageId\":\"X\"}]");
    rig_hears(peer, "[3,\"2\",{\"status\":\"UnknownMessageId\"}]");
    rig_says(peer, "[2,\"3\",\"DataTransfer\",{\"vendorId\":\"acme\",\"messageId\":\"VehicleInfo\","
                   "\"data\":\"{\\\"soc\\\":40}\"}]");
    rig_hears(peer, "[3,\"3\",{\"status\":\"Accepted\"}]");
    assert_string_equal(taken, "CP1 VehicleInfo {\"soc\":40}");
    assert_string_equal(rig.book.last_note, "DataTransfer VehicleInfo {\"soc\":40}");
    const char *object = "[2,\"4\",\"DataTransfer\",{\"vendorId\":\"acme\",\"messageId\":"
                         "\"VehicleInfo\",\"data\":{\"soc\":41}}]";
    rig_says(peer, object);
    rig_hears_error(peer, "4", "TypeConstraintViolation");
    book_fake_row(&rig.book, "CP1")->lenient = OCPP_LENIENT_OBJECT;
    peer = rig_connect("CP1");
    rig_says(peer, object);
    rig_hears(peer, "[3,\"4\",{\"status\":\"Accepted\"}]");
    assert_string_equal(taken, "CP1 VehicleInfo {\"soc\":41}");
    assert_int_equal(metric_value(rig.csms->metrics.lenient[5]), 1);
}

static void c_34_lenient_by_kind_each_counted(void **state)
{
    static const struct {
        const char *text;
        uint8_t lenient;
        size_t metric;
        const char *error;
    } cases[] = {
        {"[2,\"1\",\"BootNotification\",{\"chargePointVendor\":\"V\",\"chargePointModel\":\"M\","
         "\"chargePointSerialNumber\":\"0123456789012345678901234567890123\"}]",
         OCPP_LENIENT_LENGTH, 2, "PropertyConstraintViolation"},
        {"[2,\"1\",\"StatusNotification\",{\"connectorId\":1,\"errorCode\":\"Error\",\"status\":"
         "\"Available\"}]",
         OCPP_LENIENT_WORD, 1, "PropertyConstraintViolation"},
        {"[2,\"1\",\"MeterValues\",{\"connectorId\":1,\"meterValue\":[{\"timestamp\":"
         "\"2026-12-01T00:00:00Z\",\"sampledValue\":[{\"value\":604.213}]}]}]",
         OCPP_LENIENT_NUMBER, 3, "TypeConstraintViolation"},
        {"[2,\"1\",\"MeterValues\",{\"connectorId\":1,\"meterValue\":[{\"timestamp\":"
         "\"2026-12-01T00:00:01Z\",\"sampledValue\":[{\"value\":\"50\",\"unit\":\"Hz\"}]}]}]",
         OCPP_LENIENT_WORD, 1, "PropertyConstraintViolation"},
        {"[2,\"1\",\"Authorize\",{\"idTag\":\"A\",\"vendor\":{\"x\":[1]}}]", OCPP_LENIENT_EXTRA, 0,
         "FormationViolation"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig_peer *peer = rig_charger("CP1");
        book_fake_row(&rig.book, "CP1")->lenient = 0;
        peer = rig_connect("CP1");
        rig_says(peer, cases[i].text);
        rig_hears_error(peer, "1", cases[i].error);
        book_fake_row(&rig.book, "CP1")->lenient = cases[i].lenient;
        peer = rig_connect("CP1");
        double before = metric_value(rig.csms->metrics.lenient[cases[i].metric]);
        rig_says(peer, cases[i].text);
        assert_memory_equal(rig_next(peer), "[3,\"1\",", 7);
        assert_true(metric_value(rig.csms->metrics.lenient[cases[i].metric]) == before + 1);
        for (size_t j = 0; j < RIG_PEERS; j++)
            if (rig.peers[j].there && &rig.peers[j] != peer)
                rig_close(&rig.peers[j], HUB_PEER_LOST);
    }
    assert_int_equal(rig.book.sample_count, 2);
    assert_int_equal(rig.book.samples[0].sample.value_milli, 604213);
    assert_int_equal(rig.book.samples[0].sample.unit, OCPP_Wh);
    assert_true(rig.book.samples[1].sample.odd); /* Hz are no Wh */
    assert_int_equal(rig.book.samples[1].sample.unit, OCPP_NO_WORD);
}

static void c_37_what_is_no_message_is_counted_and_the_socket_stays(void **state)
{
    static const struct {
        const char *text;
        enum ocpp_drop drop;
    } drops[] = {{"hello", OCPP_DROP_NOT_JSON},
                 {"", OCPP_DROP_NOT_JSON},
                 {"[]", OCPP_DROP_TYPE},
                 {"{}", OCPP_DROP_NO_ARRAY},
                 {"[5,\"1\",{}]", OCPP_DROP_TYPE},
                 {"[\"2\",\"1\"]", OCPP_DROP_TYPE},
                 {"[2,7,\"Heartbeat\",{}]", OCPP_DROP_NO_ID},
                 {"[2,\"\",\"Heartbeat\",{}]", OCPP_DROP_NO_ID},
                 {"[3,\"x\",{}]", OCPP_DROP_UNASKED},
                 {"[4,\"-1\",\"x\",\"\",{}]", OCPP_DROP_MINUS_ONE}};

    (void)state;
    struct rig_peer *peer = rig_charger("CP1");
    for (size_t i = 0; i < sizeof drops / sizeof drops[0]; i++) {
        size_t before = dropped(drops[i].drop);
        rig_says(peer, drops[i].text);
        rig_hears_nothing(peer);
        assert_int_equal(dropped(drops[i].drop), before + 1);
        rig_heartbeat_works(peer);
    }
    csms_service.sockets[0].events->message(rig.csms, &peer->fake.peer, HUB_PEER_BINARY, "x", 1);
    assert_int_equal(dropped(OCPP_DROP_BINARY), 1);
    rig_heartbeat_works(peer); /* an id used before is served */
    rig_says(peer, "[2,\"r\",\"Reset\",{\"type\":\"Soft\"}]");
    rig_hears_error(peer, "r", "NotSupported");
    rig_says(peer, "[2,\"s\",\"SignCertificate\",{\"csr\":\"x\"}]");
    rig_hears_error(peer, "s", "NotSupported");
    rig_heartbeat_works(peer);
}

/* A message of so many bytes: a DataTransfer, or a StopTransaction with an extra text. */
static char *large(const char *begin, size_t size)
{
    char *text = malloc(size + 1);

    assert_non_null(text);
    memset(text, 'x', size);
    memcpy(text, begin, strlen(begin));
    memcpy(text + size - 3, "\"}]", 4);
    return text;
}

static void c_37_what_is_too_large_is_answered(void **state)
{
    static const char data[] = "[2,\"1\",\"DataTransfer\",{\"vendorId\":\"V\",\"data\":\"";

    (void)state;
    struct rig_peer *peer = rig_charger("CP1");
    char *text = large(data, CSMS_BYTES_MAX);
    rig_says(peer, text);
    rig_hears(peer, "[3,\"1\",{\"status\":\"UnknownVendorId\"}]");
    free(text);
    text = large(data, CSMS_BYTES_MAX + 1);
    rig_says(peer, text);
    rig_hears_error(peer, "1", "FormationViolation");
    free(text);
    rig_heartbeat_works(peer);
}

static void notes_are_kept(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_charger("CP1");
    rig_says(peer, "[2,\"1\",\"SecurityEventNotification\",{\"type\":\"FirmwareUpdated\","
                   "\"timestamp\":\"2026-12-01T00:00:00Z\",\"techInfo\":\"two\"}]");
    rig_hears(peer, "[3,\"1\",{}]");
    assert_string_equal(rig.book.last_note, "SecurityEventNotification FirmwareUpdated two");
    rig_says(peer, "[2,\"2\",\"FirmwareStatusNotification\",{\"status\":\"Installed\"}]");
    rig_hears(peer, "[3,\"2\",{}]");
    assert_string_equal(rig.book.last_note, "FirmwareStatusNotification Installed ");
}

#define T(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(c_01_boot_statuses_heartbeat),
        T(c_01_in_order_however_fast_it_sends),
        T(c_01_pending_and_rejected_by_registration),
        T(c_01_a_boot_is_answered_as_it_was_stored),
        T(c_04_only_who_was_accepted_is_served_without_a_boot),
        T(stored_before_answered_or_said_again),
        T(c_14_wrong_messages_and_odd_errors),
        T(c_15_tags_with_parent_and_expiry_without_case),
        T(c_33_data_by_vendor_and_message),
        T(c_34_lenient_by_kind_each_counted),
        T(c_37_what_is_no_message_is_counted_and_the_socket_stays),
        T(c_37_what_is_too_large_is_answered),
        T(notes_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
