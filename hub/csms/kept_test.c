/* SPDX-License-Identifier: Apache-2.0 */
/* The central system on its file: a day of a charger over starts of the hub. C-08, C-10, C-16, C-38
 * once more, where the rows are SQLite's. */
#include "hub/csms/test_says.h"

#include "hub/store/csms_book.h"
#include "hub/store/csms_desk.h"
#include "hub/store/test_file.h"

static struct test_file file;
static struct csms_book_store *store;
static struct csms_book book;
static struct csms_desk_store *desk_store; /* NULL: there is none */
static struct csms_desk desk;

static void open_book(void)
{
    assert_int_equal(csms_book_open(&store, NULL, file.path, NULL, 0), 0);
    book = csms_book_of(store);
    rig.with.book = &book;
}

static void open_desk(void)
{
    char why[200];

    assert_int_equal(csms_desk_open(&desk_store, NULL, file.path, store, why, sizeof why), 0);
    desk = csms_desk_of(desk_store);
    rig.with.desk = &desk;
}

static int setup(void **state)
{
    const struct csms_charger_row one = {.identity = "CP1"}, two = {.identity = "CP2"};
    const struct csms_tag tag = {.id_tag = "ABC", .limit = 1};

    rig_setup(state);
    if (test_file_make(&file, "charging.db") < 0)
        return -1;
    open_book();
    assert_int_equal(csms_book_set_charger(store, &one, NULL, NULL), 0);
    assert_int_equal(csms_book_set_charger(store, &two, NULL, NULL), 0);
    assert_int_equal(csms_book_set_tag(store, &tag, NULL, NULL), 0);
    csms_book_wait(store);
    return 0;
}

static int teardown(void **state)
{
    csms_desk_close(desk_store);
    desk_store = NULL;
    csms_book_close(store);
    test_file_remove(&file);
    return rig_teardown(state);
}

static struct rig_peer *connect_kept(const char *id)
{
    struct rig_peer *peer = rig_ask_in(id, "ocpp1.6", NULL);

    csms_book_wait(store);
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_OPEN);
    return peer;
}

static void says(struct rig_peer *peer, const char *text)
{
    rig_sends(peer, text);
    csms_book_wait(store);
}

static void start_anew(void)
{
    rig_close_all();
    csms_book_close(store);
    csms_service.close(rig.csms);
    rig_open();
    open_book();
}

static void says_boot(struct rig_peer *peer)
{
    says(peer, "[2,\"b\",\"BootNotification\",{\"chargePointVendor\":\"V\",\"chargePointModel\":"
               "\"M\"}]");
    assert_non_null(strstr(rig_next(peer), "\"Accepted\""));
}

static void a_transaction_over_two_starts_of_the_hub(void **state)
{
    static const char meter[] = "[2,\"m\",\"MeterValues\",{\"connectorId\":1,\"transactionId\":1,"
                                "\"meterValue\":[{\"timestamp\":\"2026-11-30T09:30:00Z\","
                                "\"sampledValue\":[{\"value\":\"300\"}]}]}]";
    struct csms_view view;

    (void)state;
    struct rig_peer *peer = connect_kept("CP1");
    says_boot(peer);
    says(peer, start_at("1", 1, "abc", 100, NINE));
    assert_int_equal(started(peer, "Accepted"), 1);
    start_anew();
    peer = connect_kept("CP1"); /* no Boot */
    assert_true(csms_look(rig.csms, "CP1", &view) && view.accepted);
    assert_int_equal(view.connectors[1].tx->id, 1);
    says(peer, start_at("1", 1, "abc", 100, NINE)); /* retried */
    assert_int_equal(started(peer, "Accepted"), 1);
    says(peer, meter);
    rig_hears(peer, "[3,\"m\",{}]");
    struct rig_peer *other = connect_kept("CP2");
    says_boot(other);
    says(other, start_at("1", 1, "ABC", 100, NINE));
    assert_int_equal(started(other, "ConcurrentTx"), 2);
    says(peer, stop_at("2", 1, 600, TEN, ",\"reason\":\"Remote\""));
    rig_hears(peer, "[3,\"2\",{}]");
    start_anew();
    peer = connect_kept("CP1");
    says(peer, stop_at("2", 1, 600, TEN, ",\"reason\":\"Remote\"")); /* retried */
    rig_hears(peer, "[3,\"2\",{}]");
    assert_int_equal(metric_value(rig.csms->metrics.repeated), 2);
}

static void an_orphan_is_joined_after_a_start_of_the_hub(void **state)
{
    (void)state;
    struct rig_peer *peer = connect_kept("CP1");
    says_boot(peer);
    says(peer, stop_at("1", -1, 600, TEN, ",\"idTag\":\"abc\""));
    rig_hears(peer, "[3,\"1\",{\"idTagInfo\":{\"status\":\"Accepted\"}}]");
    start_anew();
    peer = connect_kept("CP1");
    says(peer, start_at("2", 1, "ABC", 100, NINE));
    assert_int_equal(started(peer, "Accepted"), 1);
    assert_int_equal(metric_value(rig.csms->metrics.joined), 1);
    says(peer, start_at("3", 1, "ABC", 700, TEN));
    assert_int_equal(started(peer, "Accepted"), 2); /* the first is over */
}

/* ---- what is known, and templates ---- */

static void start_anew_with_desk(void)
{
    rig_close_all();
    rig.csms->stopping = true;
    csms_desk_close(desk_store);
    csms_book_close(store);
    csms_service.close(rig.csms);
    open_book();
    open_desk();
    rig_open();
    csms_desk_wait(desk_store);
}

static struct rig_peer *connect_recalled(const char *id)
{
    struct rig_peer *peer = connect_kept(id);

    csms_desk_wait(desk_store);
    assert_true(csms_charger_find(rig.csms, id)->recalled);
    return peer;
}

static void what_is_known_of_a_charger_outlives_the_hub(void **state)
{
    (void)state;
    start_anew_with_desk();
    (void)connect_recalled("CP1");
    struct csms_charger *charger = csms_charger_find(rig.csms, "CP1");
    known_key_set(&charger->known, "HeartbeatInterval", false, "300");
    charger->known.list_version = 7;
    csms_known_changed(charger);
    known_key_set(&charger->known, "Second", false, "while the first is being put");
    csms_known_changed(charger);
    csms_book_wait(store);
    start_anew_with_desk();
    (void)connect_recalled("CP1");
    charger = csms_charger_find(rig.csms, "CP1");
    assert_string_equal(known_key_find(&charger->known, "HeartbeatInterval")->value, "300");
    assert_non_null(known_key_find(&charger->known, "Second"));
    assert_int_equal(charger->known.list_version, 7);
    (void)connect_recalled("CP2");
    assert_int_equal(csms_charger_find(rig.csms, "CP2")->known.key_count, 0);
    /* It is gone with its charger. */
    assert_int_equal(csms_book_remove_charger(store, "CP1", NULL, NULL), 0);
    csms_book_wait(store);
    const struct csms_charger_row one = {.identity = "CP1"};
    assert_int_equal(csms_book_set_charger(store, &one, NULL, NULL), 0);
    csms_book_wait(store);
    start_anew_with_desk();
    (void)connect_recalled("CP1");
    assert_int_equal(csms_charger_find(rig.csms, "CP1")->known.key_count, 0);
}

/* What is not read yet is not overwritten by what is learnt meanwhile. */
static void what_is_learnt_before_the_file_answers_joins_what_was_kept(void **state)
{
    (void)state;
    start_anew_with_desk();
    (void)connect_recalled("CP1");
    struct csms_charger *charger = csms_charger_find(rig.csms, "CP1");
    known_key_set(&charger->known, "Old", false, "1");
    csms_known_changed(charger);
    csms_book_wait(store);
    start_anew_with_desk();
    (void)connect_kept("CP1"); /* the desk has not answered */
    charger = csms_charger_find(rig.csms, "CP1");
    assert_false(charger->recalled);
    known_key_set(&charger->known, "New", false, "2");
    csms_known_changed(charger);
    csms_book_wait(store);
    csms_desk_wait(desk_store);
    assert_non_null(known_key_find(&charger->known, "Old"));
    csms_book_wait(store);
    start_anew_with_desk();
    (void)connect_recalled("CP1");
    charger = csms_charger_find(rig.csms, "CP1");
    assert_non_null(known_key_find(&charger->known, "Old"));
    assert_non_null(known_key_find(&charger->known, "New"));
}

static void templates_are_there_after_a_start_of_the_hub(void **state)
{
    const struct csms_document good = {.kind = CSMS_DOCUMENT_TEMPLATE,
                                       .key = "quiet",
                                       .text = "{\"for\":{\"all\":true},\"keys\":{\"A\":\"1\"}}"};
    const struct csms_document bad = {
        .kind = CSMS_DOCUMENT_TEMPLATE, .key = "bad", .text = "{\"for\":{}}"};
    struct csms_change change = {.identity = "", .document = &good};

    (void)state;
    assert_int_equal(book.ops->put(book.ctx, &change, NULL, NULL), 0);
    change.document = &bad;
    assert_int_equal(book.ops->put(book.ctx, &change, NULL, NULL), 0);
    csms_book_wait(store);
    start_anew_with_desk();
    assert_true(rig.csms->templates_known);
    assert_non_null(csms_template_find(rig.csms, "quiet"));
    assert_null(csms_template_find(rig.csms, "bad"));
}

/* ---- the calendar ---- */

static void certify(const char *serial, enum csms_certificate_state state, int days)
{
    struct csms_certificate certificate = {.identity = "CP1",
                                           .until_ms =
                                               csms_unix_ms(rig.csms) + days * INT64_C(86400000),
                                           .state = state};

    snprintf(certificate.serial, sizeof certificate.serial, "%s", serial);
    csms_calendar_put(rig.csms, &certificate);
    csms_book_wait(store);
}

static void pass(uint64_t ms)
{
    rig.now_ms += ms;
    (void)csms_service.tick(rig.csms, rig.now_ms);
    csms_desk_wait(desk_store);
    csms_book_wait(store);
}

static int64_t within(int days)
{
    for (int i = 0; i < CSMS_EXPIRING_STEPS; i++)
        if (csms_expiring_days[i] == days)
            return (int64_t)rig.csms->calendar.within[i];
    return -1;
}

static size_t asked_for_a_new_one(struct rig_peer *peer)
{
    char id[40];
    size_t count = 0;

    for (const char *text; (text = rig_next(peer))[0] != '\0';) {
        count += strstr(text, "\"SignChargePointCertificate\"") != NULL;
        if (sscanf(text, "[2,\"%39[^\"]\"", id) == 1)
            rig_answers(peer, id, "{\"status\":\"Accepted\"}");
    }
    return count;
}

static void who_has_a_certificate_that_ends_soon_is_counted_and_asked_once_a_day(void **state)
{
    (void)state;
    rig.with.signer = (const struct csms_signer *)&file; /* only whether there is one */
    start_anew_with_desk();
    struct rig_peer *peer = connect_recalled("CP1");
    says_boot(peer);
    certify("A", CSMS_CERTIFICATE_SIGNED, 31);
    pass(3000);
    assert_int_equal(within(30), 0); /* nobody said that it has it */
    certify("A", CSMS_CERTIFICATE_TAKEN, 31);
    pass(3000);
    assert_int_equal(within(30), 0);
    assert_int_equal(asked_for_a_new_one(peer), 0);
    pass(86400000);
    assert_int_equal(within(30), 1);
    assert_int_equal(within(7), 0);
    assert_int_equal(asked_for_a_new_one(peer), 1);
    for (int i = 0; i < 23; i++)
        pass(3600000);
    assert_int_equal(asked_for_a_new_one(peer), 0);
    pass(2 * 3600000);
    assert_int_equal(asked_for_a_new_one(peer), 1);
    assert_int_equal(metric_value(rig.csms->metrics.renewals[CSMS_RENEWAL_ACCEPTED]), 2);
    certify("B", CSMS_CERTIFICATE_REFUSED, 398); /* one that it would not have helps nobody */
    pass(27 * INT64_C(86400000));
    assert_int_equal(within(7), 1);
    assert_int_equal(within(0), 0);
    pass(4 * INT64_C(86400000));
    assert_int_equal(within(0), 1);
    certify("C", CSMS_CERTIFICATE_SHOWN, 398);
    certify("C", CSMS_CERTIFICATE_TAKEN, 398); /* stays shown */
    pass(3000);
    assert_int_equal(within(30), 0);
    rig.with.signer = NULL;
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_transaction_over_two_starts_of_the_hub),
        T(an_orphan_is_joined_after_a_start_of_the_hub),
        T(what_is_known_of_a_charger_outlives_the_hub),
        T(what_is_learnt_before_the_file_answers_joins_what_was_kept),
        T(templates_are_there_after_a_start_of_the_hub),
        T(who_has_a_certificate_that_ends_soon_is_counted_and_asked_once_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
