/* SPDX-License-Identifier: Apache-2.0 */
/* What is acknowledged on the prompt lane, and when: a command's answer not before its result is in
 * the registry, whatever happens to that write. */
#include "hub/ingest/receipts.h"

#include "hub/ingest/test_meter_rig.h"

/* ---- the ring ---- */

static struct receipts receipts;

static void ring_ack(void *ctx, uint64_t token)
{
    assert_int_equal(token, ++*(uint64_t *)ctx);
}

static void receipts_go_out_in_order(void **state)
{
    static const struct bus_ops ops = {.ack = ring_ack};
    uint64_t last = 0;
    const struct bus bus = {&ops, &last};
    (void)state;
    assert_int_equal(receipts_init(&receipts, &bus, RECEIPTS_MAX), 0);
    for (uint64_t token = 1; token <= 3; token++)
        assert_int_equal(receipts_add(&receipts, token), token - 1);
    receipts_done(&receipts, 1);
    assert_int_equal(last, 0);
    receipts_done(&receipts, 0);
    assert_int_equal(last, 2);
    uint64_t unacknowledged = receipts_add(&receipts, 0); /* QoS 0 */
    uint64_t fourth = receipts_add(&receipts, 4);
    receipts_done(&receipts, fourth);
    receipts_done(&receipts, unacknowledged);
    assert_int_equal(last, 2);
    receipts_done(&receipts, 2);
    assert_int_equal(last, 4);
    receipts_deinit(&receipts);
}

static void a_full_ring_says_so(void **state)
{
    static const struct bus_ops ops = {.ack = ring_ack};
    uint64_t last = 0;
    const struct bus bus = {&ops, &last};
    (void)state;
    assert_int_equal(receipts_init(&receipts, &bus, RECEIPTS_MAX), 0);
    for (uint64_t round = 0; round < 3; round++) {
        uint64_t first = receipts.next;
        for (uint64_t i = 0; i < RECEIPTS_MAX; i++) {
            assert_false(receipts_full(&receipts));
            receipts_add(&receipts, first + i + 1);
        }
        assert_true(receipts_full(&receipts));
        for (uint64_t i = RECEIPTS_MAX; i-- > 0;)
            receipts_done(&receipts, first + i);
        assert_int_equal(last, (round + 1) * RECEIPTS_MAX);
    }
    receipts_deinit(&receipts);
}

/* ---- answers ---- */

static struct registry_ops real_ops, ops;

/* What the disk says, before anything is written. */
static int ask_broken(void *ctx, const struct registry_request *request, registry_done_fn done,
                      void *arg)
{
    (void)ctx, (void)request, (void)done, (void)arg;
    return ROOST_ERR_IO;
}

/* The process ends before the commit: this is never answered. */
static int ask_never_done(void *ctx, const struct registry_request *request, registry_done_fn done,
                          void *arg)
{
    (void)ctx, (void)request, (void)done, (void)arg;
    return 0;
}

static void registry_does(int (*ask)(void *ctx, const struct registry_request *request,
                                     registry_done_fn done, void *arg))
{
    if (!real_ops.ask)
        real_ops = *rig.registry.ops;
    ops = real_ops;
    ops.ask = ask ? ask : real_ops.ask;
    rig.registry.ops = &ops;
}

static void registry_answers(void)
{
    rig.registry.ops->wait(rig.registry.ctx);
}

static void note_state(void *arg, int err, const struct registry_answer *answer)
{
    assert_int_equal(err, 0);
    memcpy(arg, answer->commands[0].state, sizeof answer->commands[0].state);
}

static const char *stored_state(const char *id)
{
    static char text[sizeof((struct registry_command *)0)->state];
    const struct registry_request request = {.op = REGISTRY_COMMAND_GET, .key = id};
    assert_int_equal(registry_ask(&rig.registry, &request, note_state, text), 0);
    registry_answers();
    return text;
}

static char id[37], answer[128];

static void command_out(void)
{
    rig_status("m1", 3);
    rig_settle();
    assert_int_equal(rig_command("m1", "turn", NULL, id), 0);
    snprintf(answer, sizeof answer, "{\"id\":\"%s\",\"ok\":true}", id);
}

static void an_answer_waits_for_its_row(void **state)
{
    (void)state;
    command_out();
    uint64_t token = rig_send_prompt("device/m1/answer", answer);
    assert_int_equal(meter.obeyed, 1); /* whoever watches does not wait */
    assert_false(rig_acked_prompt(token));
    assert_int_equal(services_waiting(&rig.services), 1);
    assert_true(rig_topic("roost_ingest_waiting", "answer", NULL) == 1);
    rig_check_account();
    registry_answers();
    assert_true(rig_acked_prompt(token));
    assert_int_equal(rig.prompt_ack_count, 1);
    assert_int_equal(services_waiting(&rig.services), 0);
    assert_true(rig_topic("roost_ingest_stored_total", "answer", NULL) == 1);
    rig_check_account();
    assert_string_equal(stored_state(id), "ok");
}

static void an_answer_whose_row_fails_stays_with_the_broker(void **state)
{
    (void)state;
    command_out();
    registry_does(ask_broken);
    uint64_t token = rig_send_prompt("device/m1/answer", answer);
    uint64_t again = rig_send_prompt("device/m1/answer", answer); /* after a lost connection */
    uint64_t wrong = rig_send_prompt("device/m1/answer", "{}");
    for (int i = 0; i < 5; i++) {
        fake_pass(&rig.fake, 1000);
        rig_settle();
    }
    assert_int_equal(rig.prompt_ack_count, 0); /* in order */
    assert_int_equal(services_waiting(&rig.services), 3);
    rig_check_account();
    registry_does(NULL);
    fake_pass(&rig.fake, 1000);
    rig_settle();
    assert_int_equal(rig.prompt_ack_count, 3);
    assert_int_equal(rig.prompt_acks[0], token);
    assert_int_equal(rig.prompt_acks[1], again);
    assert_int_equal(rig.prompt_acks[2], wrong);
    assert_string_equal(stored_state(id), "ok");
    assert_true(rig_topic("roost_ingest_duplicate_total", "answer", NULL) == 1);
    rig_check_account();
}

static void an_answer_outlives_a_crash_before_the_commit(void **state)
{
    (void)state;
    command_out();
    registry_does(ask_never_done);
    uint64_t token = rig_send_prompt("device/m1/answer", answer);
    rig_settle();
    assert_false(rig_acked_prompt(token));
    registry_does(NULL);
    fake_pass(&rig.fake, 1000);
    rig_restart();
    registry_answers();
    assert_int_equal(rig.prompt_ack_count, 0);
    assert_string_equal(stored_state(id), "timeout");
    token = rig_send_prompt("device/m1/answer", answer); /* the broker still has it */
    assert_false(rig_acked_prompt(token));
    registry_answers();
    assert_true(rig_acked_prompt(token));
    assert_string_equal(stored_state(id), "ok");
}

/* Its time-out is on its way to the registry as it comes: the row that counts is the second. */
static void an_answer_amid_its_time_out_waits_for_both(void **state)
{
    (void)state;
    command_out();
    fake_pass(&rig.fake, SERVICES_COMMAND_TIMEOUT_MS);
    rig_tick();
    uint64_t token = rig_send_prompt("device/m1/answer", answer);
    assert_false(rig_acked_prompt(token));
    registry_answers();
    registry_answers();
    assert_true(rig_acked_prompt(token));
    assert_string_equal(stored_state(id), "ok");
}

static void what_finds_no_room_stays_with_the_broker(void **state)
{
    (void)state;
    command_out();
    registry_does(ask_never_done);
    rig_send_prompt("device/m1/answer", answer);
    for (int i = 1; i < RECEIPTS_MAX; i++)
        rig_send_prompt("device/m1/answer", "{}");
    assert_true(rig_count("roost_ingest_overrun_total", NULL) == 0);
    rig_send_prompt("device/m1/answer", "{}");
    assert_true(rig_count("roost_ingest_overrun_total", NULL) == 1);
    assert_int_equal(services_waiting(&rig.services), RECEIPTS_MAX);
    assert_int_equal(rig.prompt_ack_count, 0);
    rig_check_account();
}

static int set_up(void **state)
{
    int err = rig_set_up(state);
    registry_does(NULL);
    return err;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(receipts_go_out_in_order),
        cmocka_unit_test(a_full_ring_says_so),
        TEST(an_answer_waits_for_its_row),
        TEST(an_answer_whose_row_fails_stays_with_the_broker),
        TEST(an_answer_outlives_a_crash_before_the_commit),
        TEST(an_answer_amid_its_time_out_waits_for_both),
        TEST(what_finds_no_room_stays_with_the_broker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
