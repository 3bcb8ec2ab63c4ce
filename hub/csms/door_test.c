/* SPDX-License-Identifier: Apache-2.0 */
/* Who comes in, who is replaced, and our own CALLs over it: C-02, C-03, C-05, C-06, C-20, C-21. */
#include "hub/csms/test_rig.h"

#include "core/base64.h"

static size_t doors(enum csms_door door)
{
    return (size_t)metric_value(rig.csms->metrics.doors[door]);
}

static void is_refused(const char *id, int status)
{
    const struct rig_peer *peer = rig_ask_in(id, "ocpp1.6", NULL);
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_REFUSED);
    assert_int_equal(peer->fake.status, status);
}

static void c_02_exactly_the_registered_identity(void **state)
{
    (void)state;
    book_fake_charger(&rig.book, "RDAM 123");
    book_fake_charger(&rig.book, "a/b");
    book_fake_charger(&rig.book, "CP1");
    is_refused("nobody", 404);
    is_refused("", 404); /* a bad escape, a control character */
    is_refused("cp1", 404);
    is_refused("CP1 ", 404);
    is_refused("012345678901234567890123456789012345678901234567890123456789", 404);
    is_refused("RDAM%20123", 404); /* it was decoded once, and once only */
    assert_int_equal(doors(CSMS_DOOR_UNKNOWN), 6);
    rig_connect("RDAM 123");
    rig_connect("a/b");
    assert_int_equal(rig.csms->online_count, 2);
}

static int refused_lines;
static char last_refused[512];

static void keep_refused(void *ctx, enum roost_log_level level, const char *line, size_t len)
{
    (void)ctx;
    (void)level;
    if (!memmem(line, len, "charger refused", 15))
        return;
    refused_lines++;
    snprintf(last_refused, sizeof last_refused, "%.*s", (int)len, line);
}

static void who_is_refused_is_named_in_the_log(void **state)
{
    (void)state;
    host_log_init(ROOST_LOG_WARN, keep_refused, NULL);
    refused_lines = 0;
    is_refused("nobody", 404);
    assert_int_equal(refused_lines, 1);
    assert_non_null(strstr(last_refused, "\"reason\":\"unknown_charger\",\"charger\":\"nobody\""));
    for (int i = 0; i < 1000; i++)
        is_refused("", 404);
    assert_in_range(refused_lines, 2, 2 * HOST_LOG_BURST);
    host_log_init(ROOST_LOG_ERROR, NULL, NULL);
}

static void c_02_without_a_book_nobody_is_served(void **state)
{
    (void)state;
    rig.csms->with = NULL;
    is_refused("CP1", 503);
    rig.csms->with = &rig.with;
    rig.book.fail = 1;
    is_refused("CP1", 503);
    rig.book.full = 1;
    is_refused("CP1", 503);
    assert_int_equal(doors(CSMS_DOOR_BOOK), 2);
}

static void c_02_who_leaves_before_the_answer_leaves_nothing(void **state)
{
    const struct hub_field param = {"id", "CP1"};
    struct hub_peer_request request = hub_peer_fake_request(CSMS_PATH, &param);
    struct hub_peer_fake fake;

    (void)state;
    hub_peer_fake_init(&fake);
    book_fake_charger(&rig.book, "CP1");
    csms_service.sockets[0].events->admit(rig.csms, &fake.peer, &request);
    csms_service.sockets[0].events->closed(rig.csms, &fake.peer, HUB_PEER_LOST);
    book_fake_run(&rig.book);
    assert_int_equal(rig.csms->link_count, 0);
    assert_int_equal(rig.csms->online_count, 0);
}

static void c_03_no_common_subprotocol_is_let_in_and_closed(void **state)
{
    (void)state;
    book_fake_charger(&rig.book, "CP1")->booted = true;
    struct rig_peer *good = rig_connect("CP1");
    struct rig_peer *bad = rig_ask_in("CP1", "", NULL);
    assert_int_equal(bad->fake.state, HUB_PEER_FAKE_CLOSING);
    assert_int_equal(bad->fake.code, HUB_PEER_PROTOCOL_ERROR);
    rig_sends(bad, "[2,\"1\",\"Heartbeat\",{}]");
    rig_close(bad, HUB_PEER_PROTOCOL_ERROR);
    assert_int_equal(good->fake.state, HUB_PEER_FAKE_OPEN); /* it replaces nobody */
    rig_heartbeat_works(good);
}

static void what_an_operator_changes_counts_at_once(void **state)
{
    static int which = 1;
    struct csms_view view;

    (void)state;
    csms_changed(rig.csms, "CP1", NULL); /* it was not here */
    struct rig_peer *peer = rig_charger("CP1");
    rig_heartbeat_works(peer);
    rig.book.chargers[0].registration = CSMS_REJECTED;
    csms_changed(rig.csms, "CP1", &rig.book.chargers[0]);
    rig_says(peer, "[2,\"1\",\"Heartbeat\",{}]");
    rig_hears_error(peer, "1", "SecurityError");
    rig.book.chargers[0].registration = CSMS_ACCEPTED;
    csms_changed(rig.csms, "CP1", &rig.book.chargers[0]);
    rig_heartbeat_works(peer);
    assert_int_equal(rig_reset("CP1", &which), 0);
    rig.book.charger_count = 0; /* removed */
    csms_changed(rig.csms, "CP1", NULL);
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_CLOSING);
    assert_int_equal(peer->fake.code, HUB_PEER_POLICY);
    assert_int_equal(rig.done[0].outcome, CSMS_LOST);
    rig_close(peer, HUB_PEER_POLICY);
    assert_true(csms_look(rig.csms, "CP1", &view) && !view.online && !view.accepted);
    assert_int_equal(rig.csms->online_count, 0);
    is_refused("CP1", 404);
}

/* `Basic` of identity and password; a static buffer. */
static const char *basic(const char *id, const void *password, size_t len)
{
    static char text[160];
    uint8_t bytes[80];
    size_t id_len = strlen(id);

    memcpy(bytes, id, id_len);
    bytes[id_len] = ':';
    memcpy(bytes + id_len + 1, password, len);
    memcpy(text, "Basic ", 6);
    text[6 + roost_base64_encode(text + 6, bytes, id_len + 1 + len)] = '\0';
    return text;
}

/* It is told so, and not at once. */
static void is_wrong(const char *identity, const char *authorization)
{
    struct rig_peer *peer = rig_ask_in(identity, "ocpp1.6", authorization);

    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_ASKING);
    rig_pass(CSMS_DELAY_MOST_MS);
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_REFUSED);
    assert_int_equal(peer->fake.status, 401);
    peer->there = false;
}

static void c_21_a_password_is_bytes_and_stored_as_a_salted_hash(void **state)
{
    static const uint8_t password[16] = {0, ':', 0xFF, 'a', 0, 1, 2, 3, 4, 5, 6, 7, ':', 9, 0, 0};
    struct csms_charger_row *row = book_fake_charger(&rig.book, "C:1");
    struct rig_peer *peer;

    (void)state;
    row->basic = true;
    memset(row->salt, 7, sizeof row->salt);
    csms_password_hash(row->salt, password, sizeof password, row->hash);
    peer = rig_ask_in("C:1", "ocpp1.6", basic("C:1", password, sizeof password));
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_OPEN);
    const char *const wrong[] = {NULL, "", "Basic", "Basic !", "Basic QzoxOg==", "Bearer QzoxOg=="};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        is_wrong("C:1", wrong[i]);
    is_wrong("C:1", basic("C:1", password, 15));
    is_wrong("C:1", basic("C:2", password, 16));
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_OPEN); /* wrong ones never touch it */
    assert_int_equal(doors(CSMS_DOOR_PASSWORD), 8);
}

static void c_21_wrong_ones_wait_longer_and_longer_and_the_right_one_never(void **state)
{
    static const uint64_t waits_ms[] = {250, 500, 1000, 2000, 4000, 8000, 8000};
    static const uint8_t password[16] = {1};
    struct csms_charger_row *row = book_fake_charger(&rig.book, "CP1");
    struct csms_charger_row *other = book_fake_charger(&rig.book, "CP2");

    (void)state;
    row->basic = other->basic = true;
    csms_password_hash(row->salt, password, sizeof password, row->hash);
    for (size_t i = 0; i < sizeof waits_ms / sizeof waits_ms[0]; i++) {
        struct rig_peer *peer = rig_ask_in("CP1", "ocpp1.6", NULL);
        assert_int_equal(csms_service.tick(rig.csms, rig.now_ms), rig.now_ms + waits_ms[i]);
        rig_pass(waits_ms[i] - 1);
        assert_int_equal(peer->fake.state, HUB_PEER_FAKE_ASKING);
        struct rig_peer *right =
            rig_ask_in("CP1", "ocpp1.6", basic("CP1", password, sizeof password));
        assert_int_equal(right->fake.state, HUB_PEER_FAKE_OPEN);
        rig_close(right, HUB_PEER_NORMAL);
        rig_pass(1);
        assert_int_equal(peer->fake.status, 401);
        peer->there = false;
    }
    /* Another identity, and after a while the same, begin anew; who leaves is forgotten. */
    struct rig_peer *peer = rig_ask_in("CP2", "ocpp1.6", NULL);
    assert_int_equal(csms_service.tick(rig.csms, rig.now_ms), rig.now_ms + CSMS_DELAY_MS);
    rig_close(peer, HUB_PEER_LOST);
    assert_int_equal(csms_service.tick(rig.csms, rig.now_ms), ROOST_NEVER);
    assert_int_equal(rig.csms->delays.count, 0);
    rig_pass(CSMS_DELAY_FORGET_MS);
    peer = rig_ask_in("CP1", "ocpp1.6", NULL);
    rig_pass(CSMS_DELAY_MS);
    assert_int_equal(peer->fake.status, 401);
    peer->there = false;
    /* No more than so many wait. */
    rig.csms->delays.count = CSMS_DELAYS_MAX;
    assert_int_equal(rig_ask_in("CP1", "ocpp1.6", NULL)->fake.status, 401);
    rig.csms->delays.count = 0;
    /* Of more identities than are remembered the one of longest ago gives way. */
    for (int i = 0; i < CSMS_FAILED_MAX; i++) {
        snprintf(other->identity, sizeof other->identity, "N%d", i);
        peer = rig_ask_in(other->identity, "ocpp1.6", NULL);
        rig_pass(CSMS_DELAY_MS);
        assert_int_equal(peer->fake.status, 401);
        peer->there = false;
    }
}

static void c_05_the_second_socket_replaces_the_first(void **state)
{
    static int one = 1, two = 2, three = 3;
    struct csms_view view;
    char id[40];

    (void)state;
    struct rig_peer *a = rig_charger("CP1");
    assert_int_equal(rig_reset("CP1", &one), 0);
    assert_int_equal(rig_reset("CP1", &two), 0);
    rig_hears_call(a, "Reset", id);
    struct rig_peer *b = rig_connect("CP1");
    assert_int_equal(a->fake.state, HUB_PEER_FAKE_CLOSING);
    assert_int_equal(rig.done_count, 2);
    assert_int_equal(rig.done[0].which, 1);
    assert_int_equal(rig.done[0].outcome, CSMS_REPLACED);
    assert_int_equal(rig.done[1].outcome, CSMS_REPLACED);
    rig_hears_nothing(b); /* it is not sent twice */
    rig_close(a, HUB_PEER_LOST);
    assert_true(csms_look(rig.csms, "CP1", &view) && view.online);
    assert_int_equal(rig_reset("CP1", &three), 0);
    rig_hears_call(b, "Reset", id);
    rig_answers(b, id, "{\"status\":\"Accepted\"}");
    assert_int_equal(rig.done[2].which, 3);
    assert_int_equal(rig.done[2].outcome, CSMS_ANSWERED);
    assert_int_equal(rig.csms->online_count, 1);
}

static void c_06_a_lost_charger_is_offline_at_once(void **state)
{
    static int one = 1;
    struct csms_view view;

    (void)state;
    assert_int_equal(csms_service.sockets[0].ping_interval_ms, CSMS_PING_MS);
    assert_int_equal(rig_reset("CP1", &one), ROOST_ERR_NOT_FOUND);
    struct rig_peer *peer = rig_charger("CP1");
    assert_int_equal(rig_reset("CP1", &one), 0);
    rig_close(peer, HUB_PEER_LOST); /* no answer to pings */
    assert_int_equal(rig.done[0].outcome, CSMS_LOST);
    assert_true(csms_look(rig.csms, "CP1", &view) && !view.online);
    assert_int_equal(rig_reset("CP1", &one), ROOST_ERR_CLOSED);
    rig_heartbeat_works(rig_connect("CP1"));
}

static void c_20_ours_go_one_at_a_time_each_with_its_own_end(void **state)
{
    static int which[3] = {0, 1, 2};
    char first[40], second[40], third[40];

    (void)state;
    book_fake_tag(&rig.book, "ABC");
    struct rig_peer *peer = rig_charger("CP1");
    for (int i = 0; i < 3; i++)
        assert_int_equal(rig_reset("CP1", &which[i]), 0);
    rig_hears_call(peer, "Reset", first);
    rig_hears_nothing(peer);
    rig_says(peer, "[2,\"a\",\"Authorize\",{\"idTag\":\"ABC\"}]");
    rig_hears(peer, "[3,\"a\",{\"idTagInfo\":{\"status\":\"Accepted\"}}]");
    rig_says(peer, "[2,\"b\",\"StatusNotification\",{\"connectorId\":1,\"errorCode\":\"NoError\","
                   "\"status\":\"Preparing\"}]");
    rig_hears(peer, "[3,\"b\",{}]");
    rig_pass(CSMS_ANSWER_MS - 1);
    assert_int_equal(rig.done_count, 0);
    rig_pass(1);
    assert_int_equal(rig.done[0].outcome, CSMS_TIMED_OUT);
    rig_hears_call(peer, "Reset", second);
    rig_answers(peer, first, "{\"status\":\"Accepted\"}"); /* late: nobody's */
    assert_int_equal(metric_value(rig.csms->metrics.drops[OCPP_DROP_UNASKED]), 1);
    assert_int_equal(rig.done_count, 1);
    rig_answers(peer, second, "{\"status\":\"Rejected\"}");
    assert_int_equal(rig.done[1].which, 1);
    assert_int_equal(rig.done[1].outcome, CSMS_ANSWERED);
    rig_hears_call(peer, "Reset", third);
    rig_answers(peer, third, "{\"status\":\"Perhaps\"}");
    assert_int_equal(rig.done[2].outcome, CSMS_BAD_ANSWER);
    rig_hears_nothing(peer);
}

static void c_20_the_queue_is_bounded_and_checked(void **state)
{
    static int which;
    const struct csms_ask wrong = {.message = OCPP_MSG_Reset, .done = rig_on_done};
    const struct csms_ask remote = {.message = OCPP_MSG_RemoteStopTransaction};

    (void)state;
    book_fake_charger(&rig.book, "CP2")->registration = CSMS_PENDING;
    rig_connect("CP2");
    assert_int_equal(csms_ask(rig.csms, "CP2", &remote), ROOST_ERR_STATE);
    struct rig_peer *peer = rig_charger("CP1");
    assert_int_equal(csms_ask(rig.csms, "CP1", &wrong), ROOST_ERR_INVALID); /* without its type */
    for (int i = 0; i < CSMS_ASKS_MAX; i++)
        assert_int_equal(rig_reset("CP1", &which), 0);
    assert_int_equal(rig_reset("CP1", &which), ROOST_ERR_FULL);
    rig_close(peer, HUB_PEER_LOST);
    assert_int_equal(rig.done_count, CSMS_ASKS_MAX);
}

static void c_20_a_full_socket_ends_it(void **state)
{
    static int which = 1;

    (void)state;
    struct rig_peer *peer = rig_charger("CP1");
    peer->fake.send_err = ROOST_ERR_FULL;
    assert_int_equal(rig_reset("CP1", &which), 0);
    assert_int_equal(rig.done_count, 0); /* never from inside */
    rig_pass(0);
    assert_int_equal(rig.done[0].outcome, CSMS_TIMED_OUT);
    peer->fake.send_err = 0;
    rig_heartbeat_works(peer);
}

static void on_done_ask_again(void *ctx, enum csms_outcome outcome, enum ocpp_error error,
                              const char *text)
{
    const struct csms_ask ask = {
        .message = OCPP_MSG_Reset, .write = rig_write_reset, .done = on_done_ask_again, .ctx = ctx};

    rig_on_done(ctx, outcome, error, text);
    if (outcome == CSMS_TIMED_OUT && rig.done_count < 10)
        assert_int_equal(csms_ask(rig.csms, "CP1", &ask), 0);
}

static void c_20_one_that_asks_again_on_a_full_socket_waits_for_the_next_tick(void **state)
{
    static int which = 1;
    const struct csms_ask ask = {.message = OCPP_MSG_Reset,
                                 .write = rig_write_reset,
                                 .done = on_done_ask_again,
                                 .ctx = &which};
    char id[40];

    (void)state;
    struct rig_peer *peer = rig_charger("CP1");
    peer->fake.send_err = ROOST_ERR_FULL;
    assert_int_equal(csms_ask(rig.csms, "CP1", &ask), 0);
    for (size_t i = 1; i <= 3; i++) {
        rig_pass(0);
        assert_int_equal(rig.done_count, i);
    }
    peer->fake.send_err = 0;
    rig_pass(0);
    assert_int_equal(rig.done_count, 4);
    rig_hears_call(peer, "Reset", id);
    rig_answers(peer, id, "{\"status\":\"Accepted\"}");
    assert_int_equal(rig.done[4].outcome, CSMS_ANSWERED);
}

/* Who asks again in its `done` is refused, and finds every charger there. */
static void ask_again(void *ctx, enum csms_outcome outcome, enum ocpp_error error, const char *text)
{
    static int which = 9;
    struct csms_view view;

    rig_on_done(ctx, outcome, error, text);
    assert_true(csms_look(rig.csms, "CP1", &view));
    assert_true(csms_look(rig.csms, "CP2", &view));
    assert_int_equal(rig_reset("CP1", &which), ROOST_ERR_CLOSED);
    assert_int_equal(rig_reset("CP2", &which), ROOST_ERR_CLOSED);
}

static void a_stop_answers_who_asked_and_begins_nothing(void **state)
{
    static int numbers[] = {0, 1, 2};
    struct csms_ask ask = {
        .message = OCPP_MSG_Reset, .write = rig_write_reset, .done = ask_again, .ctx = &numbers[0]};
    struct rig_peer *one = rig_charger("CP1"), *two = rig_charger("CP2");

    (void)state;
    assert_int_equal(csms_ask(rig.csms, "CP1", &ask), 0);
    ask.ctx = &numbers[1];
    assert_int_equal(csms_ask(rig.csms, "CP1", &ask), 0);
    ask.ctx = &numbers[2];
    assert_int_equal(csms_ask(rig.csms, "CP2", &ask), 0);
    csms_service.stop(rig.csms);
    assert_int_equal(rig.done_count, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(rig.done[i].outcome, CSMS_STOPPED);
    one->read = one->fake.sent_count;
    rig_heartbeat_works(one); /* what chargers say is served to the end */
    two->read = two->fake.sent_count;
    rig_heartbeat_works(two);
}

static int door_of(const char *identity, const char *name, const char *organisation)
{
    const struct hub_field param = {"id", identity};
    const struct hub_peer_certificate more = {
        .organisation = organisation, .serial = "7F", .until_ms = RIG_TIME + 60000};
    struct hub_peer_request request = hub_peer_fake_request(CSMS_PATH, &param);
    struct rig_peer *peer = &rig.peers[0];

    hub_peer_fake_init(&peer->fake);
    request.subprotocol = "ocpp1.6";
    request.certificate_name = name;
    request.certificate = organisation ? &more : NULL;
    csms_service.sockets[0].events->admit(rig.csms, &peer->fake.peer, &request);
    book_fake_run(&rig.book);
    if (peer->fake.state == HUB_PEER_FAKE_OPEN) {
        peer->there = true;
        rig_close(peer, HUB_PEER_LOST);
        return 101;
    }
    return peer->fake.status;
}

static void c_23_who_shows_a_certificate_is_the_one_it_names(void **state)
{
    struct csms_charger_row *row = book_fake_charger(&rig.book, "CP1");
    static const char too_long[] = "CP1CP1CP1CP1CP1CP1CP1CP1CP1CP1CP1CP1CP1CP1CP1CP1CP1";

    (void)state;
    rig.with.organisation = "Example";
    assert_int_equal(door_of("CP1", "", NULL), 101);
    row->certificate = row->basic = true; /* no password is asked for then */
    assert_int_equal(door_of("CP1", "", NULL), 403);
    assert_int_equal(door_of("CP1", "", ""), 403); /* one without a name */
    assert_int_equal(door_of("CP1", "cp1", "Example"), 403);
    assert_int_equal(door_of("CP1", too_long, "Example"), 403);
    assert_int_equal(door_of("CP1", "CP1", "example"), 403);
    assert_int_equal(door_of("CP1", "CP1", ""), 403);
    assert_int_equal(door_of("CP1", "CP1", NULL), 403); /* no more is known of it */
    assert_int_equal(door_of("CP1", "CP1", "Example"), 101);
    snprintf(row->certificate_name, sizeof row->certificate_name, "SN");
    assert_int_equal(door_of("CP1", "CP1", "Example"), 403);
    assert_int_equal(door_of("CP1", "SN", "Example"), 101);
    rig.now_ms += 60000; /* in a session that TLS verified before */
    assert_int_equal(door_of("CP1", "SN", "Example"), 403);
    assert_int_equal(metric_value(rig.csms->metrics.doors[CSMS_DOOR_CERTIFICATE_EXPIRED]), 1);
    rig.with.organisation = "";
    assert_int_equal(door_of("CP1", "SN", NULL), 101);
    assert_int_equal(metric_value(rig.csms->metrics.doors[CSMS_DOOR_NO_CERTIFICATE]), 1);
    assert_int_equal(metric_value(rig.csms->metrics.doors[CSMS_DOOR_CERTIFICATE_NAME]), 4);
    assert_int_equal(metric_value(rig.csms->metrics.doors[CSMS_DOOR_CERTIFICATE_ORGANISATION]), 3);
    row->certificate = false; /* the password counts again, whatever is shown */
    rig_pass(1);
    (void)door_of("CP1", "SN", NULL);
    assert_int_equal(rig.peers[0].fake.state, HUB_PEER_FAKE_ASKING);
    rig_pass(CSMS_DELAY_MS);
    assert_int_equal(rig.peers[0].fake.status, 401);
}

#define T(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(c_02_exactly_the_registered_identity),
        T(who_is_refused_is_named_in_the_log),
        T(c_02_without_a_book_nobody_is_served),
        T(c_02_who_leaves_before_the_answer_leaves_nothing),
        T(c_03_no_common_subprotocol_is_let_in_and_closed),
        T(what_an_operator_changes_counts_at_once),
        T(c_21_a_password_is_bytes_and_stored_as_a_salted_hash),
        T(c_21_wrong_ones_wait_longer_and_longer_and_the_right_one_never),
        T(c_23_who_shows_a_certificate_is_the_one_it_names),
        T(c_05_the_second_socket_replaces_the_first),
        T(c_06_a_lost_charger_is_offline_at_once),
        T(c_20_ours_go_one_at_a_time_each_with_its_own_end),
        T(c_20_the_queue_is_bounded_and_checked),
        T(c_20_a_full_socket_ends_it),
        T(a_stop_answers_who_asked_and_begins_nothing),
        T(c_20_one_that_asks_again_on_a_full_socket_waits_for_the_next_tick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
