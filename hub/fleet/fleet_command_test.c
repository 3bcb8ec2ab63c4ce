/* SPDX-License-Identifier: Apache-2.0 */
/* Commands, their answers, and their records. */
#include "hub/fleet/fleet_internal.h"
#include "hub/fleet/test_rig.h"

static struct registry_command stored(const char *id)
{
    struct registry_command command;
    assert_int_equal(ask_command_get(&real, id, &command), 0);
    return command;
}

struct sent {
    int err;
    char *id; /* takes the command's */
};

static void note_sent(void *arg, int err, const struct registry_command *command)
{
    struct sent *sent = arg;
    assert_true((err == 0) == (command != NULL));
    sent->err = err;
    if (command)
        memcpy(sent->id, command->id, sizeof command->id);
}

static int send(const char *device_id, const char *name, const char *args_json, int64_t operator_id,
                char id[37])
{
    struct sent sent = {1, id};
    return waited(fleet_command(fleet, device_id, name, args_json, operator_id, note_sent, &sent),
                  &sent.err);
}

static int answer(const char *device_id, const char *id, const char *rest)
{
    char text[512];
    int len = snprintf(text, sizeof text, "{\"id\":\"%s\",%s}", id, rest);
    return fleet_answer(fleet, hear(device_id), text, (size_t)len, NULL);
}

static void a_command_is_sent_recorded_and_answered(void **state)
{
    char id[37];
    char expected[256];
    (void)state;
    hear("a");
    assert_int_equal(send("a", "set", "{\"log_level\":\"debug\"}", 7, id), 0);
    assert_int_equal(strlen(id), 36);
    assert_string_equal(fake_last(&fake)->topic, "device/a/command");
    snprintf(expected, sizeof expected,
             "{\"id\":\"%s\",\"command\":\"set\",\"args\":{\"log_level\":\"debug\"}}", id);
    assert_string_equal(fake_last(&fake)->payload, expected);
    assert_int_equal(fake_last(&fake)->qos, 1);
    assert_false(fake_last(&fake)->retain);
    assert_string_equal(stored(id).state, "sent");
    assert_int_equal(stored(id).operator_id, 7);
    assert_int_equal(answer("a", id, "\"ok\":true,\"data\":{\"x\":1}"), 0);
    assert_string_equal(stored(id).state, "ok");
    assert_non_null(strstr(stored(id).answer_json, "\"x\":1"));
    assert_int_equal(stored(id).finished_ms, fake.unix_ms);
    assert_string_equal(fake.event, "command");
    assert_non_null(strstr(fake.json, "\"state\":\"ok\""));
    assert_int_equal(answer("a", id, "\"ok\":true"), ROOST_ERR_EXISTS);
    assert_true(fake_metric(&fake, "roost_commands_total", "result=\"ok\"") == 1);
    assert_true(fake_metric(&fake, "roost_commands_waiting", NULL) == 0);
}

/* It says until when it holds: the device may get it late. */
static void a_command_says_until_when_it_holds(void **state)
{
    char id[37], until[48];
    (void)state;
    hear("a");
    assert_int_equal(send("a", "reboot", NULL, 7, id), 0);
    assert_null(strstr(fake_last(&fake)->payload, "expires_ms")); /* the config's 0 */
    fleet->config.command_max_age_ms = 600000;
    assert_int_equal(send("a", "reboot", NULL, 7, id), 0);
    snprintf(until, sizeof until, "\"expires_ms\":%lld}", (long long)fake.unix_ms + 600000);
    assert_non_null(strstr(fake_last(&fake)->payload, until));
}

/* ---- a device at a service's own connection ---- */

static int carry_err;
static char carried[512];

static int carry(void *service, struct fleet_device *device, const struct hub_command *command)
{
    (void)service;
    if (strcmp(device->id, "a") != 0)
        return ROOST_ERR_NOT_FOUND;
    snprintf(carried, sizeof carried, "%s %s %.*s", command->name,
             command->args_json ? command->args_json : "-", (int)command->len, command->json);
    return carry_err;
}

static void a_service_may_carry_a_command(void **state)
{
    static const struct hub_service silent = {.name = "silent"};
    static const struct hub_service carrier = {.name = "carrier", .carry = carry};
    const struct hub_set set = {.at = {{&silent, NULL}, {&carrier, NULL}}, .count = 2};
    char id[37], expected[512];
    (void)state;
    fleet_join(fleet, &set);
    hear("a");
    hear("b");
    carry_err = 0;
    assert_int_equal(send("a", "set", "{\"x\":1}", 7, id), 0);
    snprintf(expected, sizeof expected,
             "set {\"x\":1} {\"id\":\"%s\",\"command\":\"set\",\"args\":{\"x\":1}}", id);
    assert_string_equal(carried, expected);
    assert_int_equal(fake.published_count, 0);
    assert_int_equal(answer("a", id, "\"ok\":true"), 0);
    assert_string_equal(stored(id).state, "ok");
    assert_int_equal(send("b", "reboot", NULL, 7, id), 0); /* it has none of b */
    assert_string_equal(fake_last(&fake)->topic, "device/b/command");
    carry_err = ROOST_ERR_CLOSED;
    assert_int_equal(send("a", "reboot", NULL, 7, id), ROOST_ERR_CLOSED);
    assert_int_equal(fake.published_count, 1); /* and not by the bus instead */
    static const struct hub_set nobody;
    fleet_join(fleet, &nobody);
}

static void a_device_may_refuse(void **state)
{
    char id[37];
    (void)state;
    hear("a");
    assert_int_equal(send("a", "move", NULL, 7, id), 0);
    assert_int_equal(answer("a", id, "\"ok\":false,\"error\":\"RANGE\",\"message\":\"0..100\""), 0);
    assert_string_equal(stored(id).state, "failed");
    assert_true(fake_metric(&fake, "roost_commands_total", "result=\"failed\"") == 1);
}

static void an_answer_counts_only_from_the_device_asked(void **state)
{
    char id[37];
    (void)state;
    hear("a");
    hear("b");
    assert_int_equal(send("a", "reboot", NULL, 7, id), 0);
    assert_int_equal(answer("b", id, "\"ok\":true"), ROOST_ERR_NOT_FOUND);
    assert_string_equal(stored(id).state, "sent");
    assert_int_equal(answer("a", "00000000", "\"ok\":true"), ROOST_ERR_NOT_FOUND);
    tick_after(10000);
    assert_int_equal(answer("b", id, "\"ok\":true"), ROOST_ERR_NOT_FOUND);
}

static void a_command_times_out_and_a_late_answer_still_counts(void **state)
{
    char id[37];
    (void)state;
    hear("a");
    assert_int_equal(send("a", "reboot", NULL, 7, id), 0);
    tick_after(9999);
    assert_string_equal(stored(id).state, "sent");
    tick_after(1);
    assert_string_equal(stored(id).state, "timeout");
    assert_string_equal(fake.event, "command");
    assert_true(fake_metric(&fake, "roost_commands_total", "result=\"timeout\"") == 1);
    assert_int_equal(answer("a", id, "\"ok\":true"), 0);
    assert_string_equal(stored(id).state, "ok");
    assert_int_equal(answer("a", id, "\"ok\":true"), ROOST_ERR_EXISTS);
}

static void commands_sent_before_a_restart_time_out(void **state)
{
    char id[37];
    (void)state;
    hear("a");
    assert_int_equal(send("a", "reboot", NULL, 7, id), 0);
    fake_pass(&fake, 1);
    restart();
    assert_string_equal(stored(id).state, "timeout");
    assert_int_equal(answer("a", id, "\"ok\":true"), 0);
    assert_string_equal(stored(id).state, "ok");
}

/* A hub whose disk is full starts none the less; what is owed to the registry waits. */
static void a_full_disk_does_not_stop_the_start(void **state)
{
    char id[37], later[37];
    (void)state;
    hear("a");
    tick_after(0);
    assert_int_equal(send("a", "reboot", NULL, 7, id), 0);
    fake_pass(&fake, 1);
    write_err = ROOST_ERR_NO_SPACE;
    restart();
    fake.random = 2; /* another run draws other ids */
    assert_non_null(fleet_find(fleet, "a"));
    assert_string_equal(stored(id).state, "sent");
    settle();
    uint64_t due_ms = fleet_tick(fleet, fake.now_ms);
    assert_true(due_ms > fake.now_ms && due_ms <= fake.now_ms + 1000);
    tick_after(1000);
    assert_string_equal(stored(id).state, "sent");
    write_err = 0;
    fake_pass(&fake, 5000);
    assert_int_equal(send("a", "reboot", NULL, 7, later), 0);
    fleet_tick(fleet, fake.now_ms);
    assert_string_equal(stored(id).state, "timeout");
    assert_string_equal(stored(later).state, "sent"); /* not of the time before */
    assert_int_equal(answer("a", id, "\"ok\":true"), 0);
}

static void secrets_in_arguments_are_for_the_device_alone(void **state)
{
    static const struct {
        const char *sent, *kept;
    } rows[] = {
        {"{\"ssid\":\"home\",\"psk\":\"12345678\"}", "{\"ssid\":\"home\",\"psk\":\"***\"     }"},
        {"{\"psk\":\"a\\\"b\",\"x\":1}", "{\"psk\":\"***\" ,\"x\":1}"},
        {"{\"psk\":\"abc\"}", "{\"psk\":\"***\"}"},
        {"{\"psk\":\"\"}", "{\"psk\":\"\"}"},
        {"{\"psk\":12345678}", "{\"psk\":0       }"},
        {"{\"psk\":{\"psk\":\"1\"},\"token\":\"abcd\"}",
         "{\"psk\":0          ,\"token\":\"***\" }"},
        {"{\"position\":40}", "{\"position\":40}"},
    };
    char id[37];
    (void)state;
    hear("a");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(send("a", "wifi_add", rows[i].sent, 7, id), 0);
        assert_string_equal(stored(id).args_json, rows[i].kept);
        const struct fake_message *last = fake_last(&fake);
        if (!last || !strstr(last->payload, rows[i].sent))
            fail_msg("not sent: %s", rows[i].sent);
        assert_null(strstr(fake.json, "12345678"));
    }
}

static void commands_that_cannot_be_sent_say_why(void **state)
{
    char id[37];
    char args[1100];
    (void)state;
    assert_int_equal(send("a", "reboot", NULL, 7, id), ROOST_ERR_NOT_FOUND);
    hear("a");
    assert_int_equal(send("a", "a-name-of-twenty-five-chars", NULL, 7, id), ROOST_ERR_TOO_LONG);
    assert_int_equal(send("a", "set", "[1]", 7, id), ROOST_ERR_INVALID);
    assert_true(send("a", "set", "{\"a\":", 7, id) < 0);
    memset(args, ' ', sizeof args);
    memcpy(args, "{}", 2);
    args[sizeof args - 1] = '\0';
    assert_int_equal(send("a", "set", args, 7, id), ROOST_ERR_TOO_LONG);
    write_err = ROOST_ERR_NO_SPACE;
    assert_int_equal(send("a", "reboot", NULL, 7, id), ROOST_ERR_NO_SPACE);
    write_err = 0;
    assert_int_equal(fake.published_count, 0);
    fake.publish_err = ROOST_ERR_CLOSED;
    assert_int_equal(send("a", "reboot", NULL, 7, id), ROOST_ERR_CLOSED);
    tick_after(1);
    struct registry_command unsent;
    assert_int_equal(ask_command_list(&real, "a", 1, &unsent), 1);
    assert_string_equal(unsent.state, "failed");
    assert_non_null(strstr(unsent.answer_json, "CLOSED"));
    assert_int_equal(answer("a", unsent.id, "\"ok\":true"), ROOST_ERR_EXISTS);
    assert_true(fake_metric(&fake, "roost_commands_waiting", NULL) == 0);
}

static void an_answer_waits_for_the_registry(void **state)
{
    char id[37];
    (void)state;
    hear("a");
    assert_int_equal(send("a", "reboot", NULL, 7, id), 0);
    write_err = ROOST_ERR_NO_SPACE;
    assert_int_equal(answer("a", id, "\"ok\":true"), 0);
    assert_int_equal(answer("a", id, "\"ok\":true"), ROOST_ERR_EXISTS);
    tick_after(20000);
    assert_string_equal(stored(id).state, "sent");
    write_err = 0;
    tick_after(20000);
    assert_string_equal(stored(id).state, "ok");
    assert_true(fake_metric(&fake, "roost_commands_total", "result=\"timeout\"") == 0);
}

static void unanswered_commands_are_bounded(void **state)
{
    char id[37];
    (void)state;
    hear("a");
    for (int i = 0; i < FLEET_PENDING_MAX; i++)
        assert_int_equal(send("a", "reboot", NULL, 7, id), 0);
    assert_int_equal(send("a", "reboot", NULL, 7, id), ROOST_ERR_FULL);
    tick_after(10000);
    assert_true(fake_metric(&fake, "roost_commands_total", "result=\"timeout\"") ==
                FLEET_PENDING_MAX);
    assert_int_equal(send("a", "reboot", NULL, 7, id), 0);
}

/* Its row is durable before the command is out. */
static void nothing_is_sent_before_it_is_recorded(void **state)
{
    char id[37];
    struct sent sent = {1, id};
    (void)state;
    hear("a");
    assert_int_equal(fleet_command(fleet, "a", "set", "{\"psk\":\"abcd\"}", 7, note_sent, &sent),
                     0);
    assert_int_equal(fake.published_count, 0);
    assert_int_equal(fleet_tick(fleet, fake.now_ms), fake.now_ms + 150000);
    fake_pass(&fake, 8000); /* a slow disk is not the device's fault */
    settle();
    assert_int_equal(sent.err, 0);
    assert_int_equal(fake.published_count, 1);
    assert_non_null(strstr(fake_last(&fake)->payload, "abcd"));
    tick_after(9999);
    assert_string_equal(stored(id).state, "sent");
    tick_after(1);
    assert_string_equal(stored(id).state, "timeout");
}

static void a_registry_that_cannot_be_written_sends_nothing(void **state)
{
    char id[37];
    struct registry_command none;
    (void)state;
    hear("a");
    write_err = ROOST_ERR_BUSY;
    assert_int_equal(send("a", "reboot", NULL, 7, id), ROOST_ERR_BUSY);
    write_err = 0;
    ask_err = ROOST_ERR_FULL;
    assert_int_equal(send("a", "reboot", NULL, 7, id), ROOST_ERR_BUSY);
    ask_err = 0;
    assert_int_equal(fake.published_count, 0);
    assert_int_equal(ask_command_list(&real, "a", 1, &none), 0);
    assert_true(fake_metric(&fake, "roost_commands_waiting", NULL) == 0);
}

static void a_device_that_left_gets_no_command(void **state)
{
    char id[37];
    struct sent sent = {1, id};
    int gone = 1;
    (void)state;
    hear("a");
    assert_int_equal(fleet_command(fleet, "a", "reboot", NULL, 7, note_sent, &sent), 0);
    assert_int_equal(fleet_remove(fleet, "a", true, note_removed, &gone), 0);
    assert_int_equal(fleet_command(fleet, "a", "reboot", NULL, 7, note_sent, &sent),
                     ROOST_ERR_NOT_FOUND);
    settle();
    assert_int_equal(gone, 0);
    settle();
    struct registry_command unsent;
    assert_int_equal(ask_command_list(&real, "a", 1, &unsent), 0); /* it went with the device */
    tick_after(60000);
    settle();
    assert_true(fake_metric(&fake, "roost_commands_waiting", NULL) == 0);
}

/* The answer comes while the time-out is on its way into the registry: the answer it is. */
static void an_answer_overtakes_its_time_out(void **state)
{
    char id[37];
    (void)state;
    hear("a");
    assert_int_equal(send("a", "reboot", NULL, 7, id), 0);
    fake_pass(&fake, 10000);
    fleet_tick(fleet, fake.now_ms);
    assert_int_equal(answer("a", id, "\"ok\":true"), 0);
    settle();
    assert_string_equal(stored(id).state, "ok");
    assert_int_equal(answer("a", id, "\"ok\":true"), ROOST_ERR_EXISTS);
    assert_true(fake_metric(&fake, "roost_commands_waiting", NULL) == 0);
}

static void a_late_answer_waits_for_the_registry_too(void **state)
{
    char id[37];
    (void)state;
    hear("a");
    assert_int_equal(send("a", "reboot", NULL, 7, id), 0);
    tick_after(10000);
    write_err = ROOST_ERR_NO_SPACE;
    assert_int_equal(answer("a", id, "\"ok\":true"), 0);
    settle();
    assert_string_equal(stored(id).state, "timeout");
    assert_int_equal(answer("a", id, "\"ok\":true"), ROOST_ERR_EXISTS);
    write_err = 0;
    tick_after(1000);
    assert_string_equal(stored(id).state, "ok");
    assert_string_equal(fake.event, "command");
    assert_non_null(strstr(fake.json, "\"reboot\""));
    assert_true(fake_metric(&fake, "roost_commands_total", "result=\"ok\"") == 1);
}

static void the_newest_commands_are_remembered(void **state)
{
    enum { MORE = 10 };
    static char ids[FLEET_REMEMBERED_MAX + MORE][37];
    (void)state;
    hear("a");
    for (int i = 0; i < FLEET_REMEMBERED_MAX + MORE; i++) {
        fake_pass(&fake, 1);
        assert_int_equal(send("a", "reboot", NULL, 7, ids[i]), 0);
        assert_int_equal(answer("a", ids[i], i % 2 ? "\"ok\":true" : "\"ok\":false"), 0);
        settle();
    }
    for (int round = 0; round < 2; round++) {
        assert_int_equal(answer("a", ids[MORE - 1], "\"ok\":true"), ROOST_ERR_NOT_FOUND);
        assert_int_equal(answer("a", ids[MORE], "\"ok\":true"), ROOST_ERR_EXISTS);
        assert_int_equal(answer("a", ids[FLEET_REMEMBERED_MAX + MORE - 1], "\"ok\":true"),
                         ROOST_ERR_EXISTS);
        restart();
    }
    char id[37];
    fake.random = 5; /* another run draws other ids */
    hear("a");
    assert_int_equal(send("a", "reboot", NULL, 7, id), 0);
    assert_int_equal(answer("a", ids[MORE], "\"ok\":true"), ROOST_ERR_NOT_FOUND);
    assert_int_equal(answer("a", ids[MORE + 1], "\"ok\":true"), ROOST_ERR_EXISTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_command_is_sent_recorded_and_answered),
        TEST(a_command_says_until_when_it_holds),
        TEST(a_service_may_carry_a_command),
        TEST(a_device_may_refuse),
        TEST(an_answer_counts_only_from_the_device_asked),
        TEST(a_command_times_out_and_a_late_answer_still_counts),
        TEST(commands_sent_before_a_restart_time_out),
        TEST(a_full_disk_does_not_stop_the_start),
        TEST(secrets_in_arguments_are_for_the_device_alone),
        TEST(commands_that_cannot_be_sent_say_why),
        TEST(an_answer_waits_for_the_registry),
        TEST(unanswered_commands_are_bounded),
        TEST(nothing_is_sent_before_it_is_recorded),
        TEST(a_registry_that_cannot_be_written_sends_nothing),
        TEST(a_device_that_left_gets_no_command),
        TEST(an_answer_overtakes_its_time_out),
        TEST(a_late_answer_waits_for_the_registry_too),
        TEST(the_newest_commands_are_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
