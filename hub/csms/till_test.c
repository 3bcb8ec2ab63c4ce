/* SPDX-License-Identifier: Apache-2.0 */
/* The payment desk in virtual time: a charger played frame by frame, a provider that the test is,
 * and a store that fails. The hub is killed and started again between any two things that happen;
 * whatever fails, what was paid is used or given back, once. Over sockets: money.test.mjs. */
#include "hub/csms/test_rig.h"

#include "hub/csms/desk_fake.h"
#include "hub/csms/till.h"
#include "hub/money/store_fake.h"

/* ---- the provider ---- */

static struct {
    bool is_refund;
    char id[MONEY_ID_BYTES];
    int64_t amount;
    money_begun_fn begun;
    money_refunded_fn refunded;
    void *arg;
} asked[16];
static size_t asked_count;
static int64_t given_back; /* by the last key: the same refund is one */

static int provider_begin(void *ctx, const struct money_order *order, money_begun_fn done,
                          void *arg)
{
    (void)ctx;
    assert_true(asked_count < 16);
    asked[asked_count].is_refund = false;
    snprintf(asked[asked_count].id, MONEY_ID_BYTES, "%s", order->payment_id);
    asked[asked_count].amount = order->amount;
    asked[asked_count].begun = done;
    asked[asked_count++].arg = arg;
    return 0;
}

static int provider_refund(void *ctx, const struct money_refund *refund, money_refunded_fn done,
                           void *arg)
{
    (void)ctx;
    assert_true(asked_count < 16);
    asked[asked_count].is_refund = true;
    asked[asked_count].amount = refund->amount;
    asked[asked_count].refunded = done;
    asked[asked_count++].arg = arg;
    return 0;
}

static int provider_notice(void *ctx, const char *body, size_t len, const char *signature,
                           struct money_notice *out)
{
    (void)ctx;
    (void)body;
    (void)len;
    (void)signature;
    (void)out;
    return ROOST_ERR_AUTH;
}

static const struct money_provider_ops provider_ops = {provider_begin, provider_refund,
                                                       provider_notice};
static const struct money_provider provider = {.ops = &provider_ops};

/* The oldest question; its answer. */
static void provider_answers(int err)
{
    assert_true(asked_count > 0);
    bool is_refund = asked[0].is_refund;
    int64_t amount = asked[0].amount;
    money_begun_fn begun = asked[0].begun;
    money_refunded_fn refunded = asked[0].refunded;
    void *arg = asked[0].arg;

    memmove(asked, asked + 1, --asked_count * sizeof asked[0]);
    if (is_refund && err >= 0)
        given_back = amount;
    if (is_refund)
        refunded(arg, err);
    else
        begun(arg, err, "ref", "https://pay.example/1");
}

/* ---- the hub ---- */

static struct store_fake store;
static struct desk_fake desk;
static struct csms_till_parts till;
static struct rig_peer *peer;
static char id[MONEY_ID_BYTES];

static int set_up(void **state)
{
    static struct csms_tariff_row row;

    rig_setup(state);
    store_fake_init(&store);
    desk_fake_init(&desk, &rig.book);
    asked_count = 0;
    given_back = -1;
    till = (struct csms_till_parts){.store = &store.store,
                                    .provider = &provider,
                                    .link_key = "0123456789abcdef0123456789abcdef",
                                    .origin = "https://hub.example"};
    rig.with.till = &till;
    rig.with.desk = &desk.desk;
    csms_service.close(rig.csms);
    rig_open();
    assert_int_equal(csms_tariff_parse("{\"tariff_id\":\"t\",\"name\":\"Day\",\"currency\":\"EUR\","
                                       "\"parts\":[{\"kwh_milli\":40000}],"
                                       "\"places\":[{\"everywhere\":true}]}",
                                       &row),
                     0);
    assert_int_equal(csms_tariff_keep(rig.csms, &row), 0);
    peer = rig_charger("CP1");
    desk_fake_run(&desk);
    return 0;
}

static int tear_down(void **state)
{
    rig_close_all();
    desk_fake_run(&desk);
    while (asked_count > 0)
        provider_answers(ROOST_ERR_CLOSED);
    return rig_teardown(state);
}

static void pass(uint64_t ms)
{
    rig_pass(ms);
    desk_fake_run(&desk);
    rig_pass(0);
    desk_fake_run(&desk);
}

/* kill -9: nobody is answered, and whoever is asked again is asked by a new process. */
static void killed(void)
{
    rig_close_all();
    desk.count = 0;
    asked_count = 0;
    rig_kill(true);
    peer = rig_charger("CP1");
    desk_fake_run(&desk);
    pass(0);
}

static enum money_state state_is(void)
{
    return store_fake_find(&store, id)->state;
}

static void ignore(void *ctx, const struct money_difference *difference)
{
    (void)ctx;
    fail_msg("%s: %d in place of %d", difference->payment_id, (int)difference->found,
             (int)difference->expected);
}

static void adds_up(void)
{
    struct money_sums sums;

    assert_int_equal(store.store.ops->check(store.store.ctx, &sums, ignore, NULL), 0);
}

static void order(int64_t amount, int32_t limit_wh)
{
    const struct till_order what = {
        .identity = "CP1", .connector = 1, .amount = amount, .limit_wh = limit_wh};
    const char *why;

    assert_int_equal(till_order(rig.csms, &what, id, &why), 0);
    pass(0);
}

static int notice(enum money_event_kind kind, int64_t amount)
{
    struct money_notice what = {.event = {.kind = kind, .amount = amount}};

    snprintf(what.payment_id, sizeof what.payment_id, "%s", id);
    int err = till_notice(rig.csms, &what);
    pass(0);
    return err;
}

static void begin_and_pay(int64_t amount, int32_t limit_wh)
{
    order(amount, limit_wh);
    provider_answers(0);
    assert_int_equal(state_is(), MONEY_BEGUN);
    assert_int_equal(notice(MONEY_IS_PAID, amount), 0);
    assert_int_equal(state_is(), MONEY_PAID);
}

/* ---- the charger ---- */

static const char *tag(void)
{
    return store_fake_find(&store, id)->id_tag;
}

static void obeys(const char *action, const char *status)
{
    char call[40], payload[64];

    rig_hears_call(peer, action, call);
    snprintf(payload, sizeof payload, "{\"status\":\"%s\"}", status);
    rig_answers(peer, call, payload);
    pass(0);
}

static void is_asked_to_start(void)
{
    obeys("DataTransfer", "Accepted");
    obeys("RemoteStartTransaction", "Accepted");
}

static void starts(int at_s)
{
    char text[256];

    snprintf(
        text, sizeof text,
        "[2,\"s\",\"StartTransaction\",{\"connectorId\":1,\"idTag\":\"%s\",\"meterStart\":1000,"
        "\"timestamp\":\"2026-12-01T00:%02d:%02dZ\"}]",
        tag(), at_s / 60, at_s % 60);
    rig_says(peer, text);
    rig_next(peer);
    pass(0);
}

static void measures(int at_s, int wh)
{
    char text[300];

    snprintf(text, sizeof text,
             "[2,\"m\",\"MeterValues\",{\"connectorId\":1,\"transactionId\":101,\"meterValue\":[{"
             "\"timestamp\":\"2026-12-01T00:%02d:%02dZ\",\"sampledValue\":[{\"value\":\"%d\"}]}]}]",
             at_s / 60, at_s % 60, 1000 + wh);
    rig_says(peer, text);
    rig_hears(peer, "[3,\"m\",{}]");
    pass(0);
}

static void stops(int at_s, int wh)
{
    char text[256];

    snprintf(text, sizeof text,
             "[2,\"e\",\"StopTransaction\",{\"transactionId\":101,\"meterStop\":%d,"
             "\"timestamp\":\"2026-12-01T00:%02d:%02dZ\"}]",
             1000 + wh, at_s / 60, at_s % 60);
    rig_says(peer, text);
    rig_hears(peer, "[3,\"e\",{}]");
    pass(0);
}

/* ---- cases ---- */

/* 0.40 a kWh. Killed at any step or at none, it ends the same. */
enum { STEPS = 9 };
static void go_through(int killed_at)
{
    int step = 0;
#define STEP()                                                                                     \
    do {                                                                                           \
        if (step++ == killed_at)                                                                   \
            killed();                                                                              \
    } while (0)
    order(2000, 10000);
    STEP();
    provider_answers(0);
    STEP();
    assert_int_equal(notice(MONEY_IS_PAID, 2000), 0);
    STEP();
    obeys("DataTransfer", "Accepted");
    if (step++ == killed_at) {
        killed();
        obeys("DataTransfer", "Accepted");
    }
    obeys("RemoteStartTransaction", "Accepted");
    if (step++ == killed_at) {
        killed();
        is_asked_to_start();
    }
    starts(1);
    assert_int_equal(state_is(), MONEY_CHARGING);
    STEP();
    measures(60, 4000);
    STEP();
    measures(120, 10000);
    obeys("RemoteStopTransaction", "Accepted");
    STEP();
    if (killed_at == step - 1 && peer->read != peer->fake.sent_count)
        obeys("RemoteStopTransaction", "Accepted");
    stops(125, 10100);
    assert_int_equal(state_is(), MONEY_REFUNDING);
    STEP();
    assert_int_equal(asked[0].amount, 2000 - 404);
    provider_answers(0);
    pass(0);
#undef STEP
    assert_int_equal(step, STEPS);
    assert_int_equal(state_is(), MONEY_DONE);
    assert_int_equal(store_fake_find(&store, id)->used_amount, 404);
    assert_int_equal(given_back, 2000 - 404);
    adds_up();
}

static void paid_used_and_given_back(void **state)
{
    (void)state;
    go_through(-1);
}

static void killed_at_each_step(void **state)
{
    for (int at = 0; at < STEPS; at++) {
        tear_down(state);
        set_up(state);
        go_through(at);
    }
}

/* The Start was stored, and the desk was not told before the end. */
static void a_start_that_the_desk_did_not_hear_of(void **state)
{
    char text[256];

    (void)state;
    begin_and_pay(2000, 0);
    is_asked_to_start();
    snprintf(
        text, sizeof text,
        "[2,\"s\",\"StartTransaction\",{\"connectorId\":1,\"idTag\":\"%s\",\"meterStart\":1000,"
        "\"timestamp\":\"2026-12-01T00:00:05Z\"}]",
        tag());
    store.fail = 1;
    rig_says(peer, text);
    assert_int_equal(state_is(), MONEY_PAID);
    killed();
    assert_int_equal(state_is(), MONEY_CHARGING);
    stops(100, 500);
    provider_answers(0);
    assert_int_equal(store_fake_find(&store, id)->used_amount, 20);
    adds_up();
}

static void not_started_in_time(void **state)
{
    (void)state;
    begin_and_pay(2000, 0);
    obeys("DataTransfer", "UnknownVendorId"); /* it is asked to start all the same */
    obeys("RemoteStartTransaction", "Rejected");
    pass(TILL_RETRY_MS);
    is_asked_to_start(); /* once more: the car may come yet */
    for (int s = 0; s < TILL_START_S; s += 5) {
        pass(5000);
        while (rig_next(peer)[0])
            ;
    }
    pass(60000);
    assert_int_equal(state_is(), MONEY_REFUNDING);
    assert_int_equal(asked[0].amount, 2000);
    provider_answers(0);
    assert_int_equal(state_is(), MONEY_DONE);
    starts(400); /* too late: its tag is nobody's */
    assert_int_not_equal(rig.book.txs[0].verdict, OCPP_Accepted);
    adds_up();
}

static void not_paid_and_paid_too_late(void **state)
{
    (void)state;
    order(2000, 0);
    provider_answers(0);
    pass(TILL_PAY_S * 1000 + 1000);
    assert_int_equal(state_is(), MONEY_UNPAID);
    assert_int_equal(notice(MONEY_IS_PAID, 2000), 0);
    assert_int_equal(state_is(), MONEY_REFUNDING);
    assert_int_equal(asked[0].amount, 2000);
    provider_answers(0);
    assert_int_equal(state_is(), MONEY_DONE);
    assert_int_equal(notice(MONEY_IS_PAID, 2000), 1); /* and again */
    rig_hears_nothing(peer);
    adds_up();
}

static void a_provider_that_will_not_or_is_away(void **state)
{
    (void)state;
    order(2000, 0);
    provider_answers(ROOST_ERR_REFUSED);
    assert_int_equal(state_is(), MONEY_UNPAID);
    pass(1);
    order(2000, 0);
    provider_answers(ROOST_ERR_IO);
    assert_int_equal(state_is(), MONEY_NEW);
    pass(TILL_RETRY_MS);
    provider_answers(ROOST_ERR_IO);
    pass(TILL_RETRY_MS);
    assert_int_equal(asked_count, 0); /* later each time */
    pass(TILL_RETRY_MS);
    provider_answers(0);
    assert_int_equal(state_is(), MONEY_BEGUN);
}

static void a_notice_that_comes_before_the_answer(void **state)
{
    (void)state;
    order(2000, 0);
    assert_int_equal(notice(MONEY_IS_PAID, 2000), 0);
    provider_answers(0);
    pass(0);
    assert_int_equal(state_is(), MONEY_PAID);
    is_asked_to_start();
    adds_up();
}

/* A store that fails is said to whoever has to say it again; what is ours is tried again. */
static void a_store_that_fails(void **state)
{
    const struct till_order what = {.identity = "CP1", .connector = 1, .amount = 2000};
    const char *why;

    (void)state;
    for (int i = 1; i <= 2; i++) {
        store.fail = 1;
        if (i == 2)
            store.fail = 0;
        int err = till_order(rig.csms, &what, id, &why);
        assert_int_equal(err, i == 1 ? ROOST_ERR_NO_SPACE : 0);
    }
    pass(0);
    store.fail = 1;
    provider_answers(0);
    assert_int_equal(state_is(), MONEY_NEW);
    pass(TILL_RETRY_MS);
    provider_answers(0);
    assert_int_equal(state_is(), MONEY_BEGUN);
    store.fail = 1;
    assert_int_equal(notice(MONEY_IS_PAID, 2000), ROOST_ERR_NO_SPACE);
    assert_int_equal(state_is(), MONEY_BEGUN);
    assert_int_equal(notice(MONEY_IS_PAID, 2000), 0);
    is_asked_to_start();
    starts(1);
    desk.fail = 1; /* its cost cannot be read, then not be stored */
    stops(60, 1000);
    assert_int_equal(state_is(), MONEY_CHARGING);
    store.fail = 1;
    pass(TILL_RETRY_MS);
    assert_int_equal(state_is(), MONEY_CHARGING);
    pass(2 * TILL_RETRY_MS);
    assert_int_equal(state_is(), MONEY_REFUNDING);
    store.fail = 1;
    provider_answers(0);
    assert_int_equal(state_is(), MONEY_REFUNDING);
    pass(4 * TILL_RETRY_MS);
    provider_answers(0);
    assert_int_equal(state_is(), MONEY_DONE);
    adds_up();
}

static void what_is_refused(void **state)
{
    struct till_order what = {.identity = "CP1", .connector = 1, .amount = 99};
    const char *why;

    (void)state;
    assert_int_equal(till_order(rig.csms, &what, id, &why), ROOST_ERR_RANGE);
    assert_string_equal(why, "amount: 1.00 to 1000.00");
    what.amount = TILL_AMOUNT_MAX + 1;
    assert_int_equal(till_order(rig.csms, &what, id, &why), ROOST_ERR_RANGE);
    what = (struct till_order){"CP1", 1, 500, TILL_LIMIT_WH_MAX + 1, 0};
    assert_int_equal(till_order(rig.csms, &what, id, &why), ROOST_ERR_RANGE);
    what = (struct till_order){"CP1", 1, 500, 0, TILL_LIMIT_S_MAX + 1};
    assert_int_equal(till_order(rig.csms, &what, id, &why), ROOST_ERR_RANGE);
    what.limit_s = 0;
    for (int i = 0; i < TILL_PLACE_MAX; i++)
        assert_int_equal(till_order(rig.csms, &what, id, &why), 0);
    assert_int_equal(till_order(rig.csms, &what, id, &why), ROOST_ERR_BUSY);
    what.connector = 2;
    assert_int_equal(till_order(rig.csms, &what, id, &why), 0);
    assert_int_equal(csms_tariff_forget(rig.csms, "t"), 0);
    what.connector = 3;
    assert_int_equal(till_order(rig.csms, &what, id, &why), ROOST_ERR_NOT_FOUND);
    till.provider = NULL;
    assert_int_equal(till_order(rig.csms, &what, id, &why), ROOST_ERR_CLOSED);
    till.provider = &provider;
    pass(0);
}

static void its_minutes_are_kept_without_a_word_of_the_charger(void **state)
{
    (void)state;
    const struct till_order what = {
        .identity = "CP1", .connector = 1, .amount = 500, .limit_s = 600};
    const char *why;

    assert_int_equal(till_order(rig.csms, &what, id, &why), 0);
    pass(0);
    provider_answers(0);
    assert_int_equal(notice(MONEY_IS_PAID, 500), 0);
    is_asked_to_start();
    starts(0);
    pass(599000);
    rig_hears_nothing(peer);
    pass(2000);
    obeys("RemoteStopTransaction", "Accepted");
    pass(TILL_AGAIN_MS); /* it did not */
    obeys("RemoteStopTransaction", "Rejected");
    stops(650, 0); /* and got nothing: all of it goes back */
    assert_int_equal(asked[0].amount, 500);
    provider_answers(0);
    adds_up();
}

/* The second is not asked for while the first has the connector, and gets its money back. */
static void two_pay_for_one_connector(void **state)
{
    char first[MONEY_ID_BYTES];

    (void)state;
    order(2000, 0);
    memcpy(first, id, sizeof first);
    provider_answers(0);
    order(500, 0);
    provider_answers(0);
    char second[MONEY_ID_BYTES];
    memcpy(second, id, sizeof second);
    memcpy(id, first, sizeof id);
    assert_int_equal(notice(MONEY_IS_PAID, 2000), 0);
    is_asked_to_start();
    pass(100);
    memcpy(id, second, sizeof id);
    assert_int_equal(notice(MONEY_IS_PAID, 500), 0);
    rig_hears_nothing(peer);
    memcpy(id, first, sizeof id);
    starts(1);
    memcpy(id, second, sizeof id);
    pass(TILL_START_S * 1000 + 1000);
    rig_hears_nothing(peer);
    assert_int_equal(state_is(), MONEY_REFUNDING);
    assert_int_equal(asked[0].amount, 500);
    provider_answers(0);
    memcpy(id, first, sizeof id);
    assert_int_equal(state_is(), MONEY_CHARGING);
    stops(310, 1000);
    provider_answers(0);
    adds_up();
}

static void a_person_decides_what_is_doubtful(void **state)
{
    (void)state;
    begin_and_pay(2000, 0);
    assert_int_equal(till_decide(rig.csms, id, 5), ROOST_ERR_STATE);
    is_asked_to_start();
    starts(1);
    stops(60, -5);
    assert_int_equal(state_is(), MONEY_HELD);
    killed();
    assert_int_equal(state_is(), MONEY_HELD);
    assert_int_equal(till_decide(rig.csms, id, MONEY_AMOUNT_MAX + 1), ROOST_ERR_RANGE);
    assert_int_equal(till_decide(rig.csms, id, 700), 0);
    pass(0);
    assert_int_equal(asked[0].amount, 1300);
    provider_answers(1); /* under way: a notice says the rest */
    assert_int_equal(state_is(), MONEY_REFUNDING);
    assert_int_equal(notice(MONEY_IS_REFUNDED, 0), 0);
    assert_int_equal(state_is(), MONEY_DONE);
    assert_int_equal(till_decide(rig.csms, id, 5), ROOST_ERR_STATE);
    assert_int_equal(till_decide(rig.csms, "none", 5), ROOST_ERR_NOT_FOUND);
    adds_up();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(paid_used_and_given_back),
        TEST(killed_at_each_step),
        TEST(a_start_that_the_desk_did_not_hear_of),
        TEST(not_started_in_time),
        TEST(not_paid_and_paid_too_late),
        TEST(a_provider_that_will_not_or_is_away),
        TEST(a_notice_that_comes_before_the_answer),
        TEST(a_store_that_fails),
        TEST(what_is_refused),
        TEST(its_minutes_are_kept_without_a_word_of_the_charger),
        TEST(two_pay_for_one_connector),
        TEST(a_person_decides_what_is_doubtful),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
