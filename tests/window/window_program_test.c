/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roost-window as a process, seen from the broker and from its control socket. The tests run in
 * order on one state directory, as one device lives through them: it calibrates once.
 */
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/json_read.h"
#include "proto/climate/payload.h"
#include "proto/fleet/status.h"
#include "tests/support/peer.h"
#include "tests/support/support.h"

#define ID "w-1"

enum { START_MS = 20000, ANSWER_MS = 10000, CALIBRATION_MS = 60000, TOKENS = 256, SEQ_MAX = 4096 };

static struct {
    struct support_broker broker;
    struct support_peer peer;
    char dir[SUPPORT_PATH_MAX], state[SUPPORT_PATH_MAX + 16], control[SUPPORT_PATH_MAX + 16];
    char log[SUPPORT_PATH_MAX + 16], url[64];
    pid_t pid;
    int commands;
} test;

/* ---- the program ---- */

static void start(void)
{
    const char *const argv[] = {
        ROOST_WINDOW_PROGRAM, "--id",      ID,           "--broker", test.url, "--state",
        test.state,           "--control", test.control, "--speed",  "10",     NULL};

    test.pid = support_spawn(argv, test.log);
}

static void kill_now(void)
{
    assert_int_equal(support_end(test.pid, SIGKILL, ANSWER_MS), -SIGKILL);
}

/* One answer of the control socket, parsed. The text lives until the next call. */
static const struct roost_json *ask(const char *line)
{
    static struct roost_json_token tokens[TOKENS];
    static struct roost_json doc;
    static char *text;

    free(text);
    text = support_ask(test.control, line, ANSWER_MS);
    if (!text)
        return NULL;
    if (roost_json_parse(&doc, tokens, TOKENS, text, strlen(text)))
        fail_msg("not JSON: %s", text);
    return &doc;
}

static bool ask_ok(const char *line)
{
    const struct roost_json *answer = ask(line);
    bool ok = false;

    if (!answer || roost_json_get_bool(answer, ROOST_JSON_ROOT, "ok", &ok))
        fail_msg("no answer to %s", line);
    return ok;
}

static bool state_bool(const char *name)
{
    const struct roost_json *answer = ask("state");
    bool value = false;

    if (answer)
        (void)roost_json_get_bool(answer, ROOST_JSON_ROOT, name, &value);
    return value;
}

static bool is_online(void *unused)
{
    (void)unused;
    return state_bool("online");
}

static bool is_offline(void *unused)
{
    (void)unused;
    return !state_bool("online");
}

static void start_online(void)
{
    start();
    if (support_wait(is_online, NULL, START_MS))
        return;
    fail_msg("never online: %s", support_read_file(test.log, NULL));
}

/* ---- what the broker has ---- */

static struct roost_status retained_status(void)
{
    struct roost_status status = {0};
    char text[ROOST_STATUS_MAX + 1];
    int len = support_retained("127.0.0.1", test.broker.port, NULL, NULL, "device/" ID "/status",
                               text, sizeof text);

    assert_true(len > 0);
    assert_int_equal(roost_status_parse(&status, text, (size_t)len), 0);
    return status;
}

static bool retained_state(struct roost_window_state *state)
{
    char text[512];
    int len = support_retained("127.0.0.1", test.broker.port, NULL, NULL, "window/" ID "/state",
                               text, sizeof text);

    return len > 0 && roost_window_state_parse(state, text, (size_t)len) == 0;
}

static bool status_offline(void *unused)
{
    (void)unused;
    return !retained_status().online;
}

static struct roost_reading expect_reading(const char *topic, enum climate_topic kind)
{
    const struct support_message *message = support_peer_expect(&test.peer, topic, 30000);
    struct roost_reading reading;

    assert_int_equal(roost_reading_parse(&reading, kind, message->payload, message->len), 0);
    return reading;
}

/* Sends a command and expects it to be answered well. */
static void command(const char *name, const char *args)
{
    char text[256], id[16], wanted[32];

    snprintf(id, sizeof id, "c%d", ++test.commands);
    int len = snprintf(text, sizeof text, "{\"id\":\"%s\",\"command\":\"%s\"%s%s}", id, name,
                       args ? ",\"args\":" : "", args ? args : "");
    support_peer_publish(&test.peer, "device/" ID "/command", text, (size_t)len, false);
    const struct support_message *answer =
        support_peer_expect(&test.peer, "device/" ID "/answer", ANSWER_MS);
    snprintf(wanted, sizeof wanted, "\"id\":\"%s\"", id);
    if (!strstr(answer->payload, wanted) || !strstr(answer->payload, "\"ok\":true"))
        fail_msg("%s was answered %s", name, answer->payload);
}

/* ---- tests ---- */

static void test_readings(void **state)
{
    (void)state;
    start_online();
    struct roost_reading first =
        expect_reading("sensor/" ID "/temperature", CLIMATE_TOPIC_TEMPERATURE);
    struct roost_reading humidity =
        expect_reading("sensor/" ID "/humidity", CLIMATE_TOPIC_HUMIDITY);
    assert_int_equal(first.seq, 1);
    assert_int_equal(humidity.seq, 1);
    assert_true(first.value > -20 && first.value < 50);
    assert_true(first.unix_ms > 1700000000000);
    command("set", "{\"sample_interval_ms\":500}");
    for (uint64_t seq = 2; seq <= 5; seq++)
        assert_int_equal(expect_reading("sensor/" ID "/temperature", CLIMATE_TOPIC_TEMPERATURE).seq,
                         seq);
    struct roost_status status = retained_status();
    assert_true(status.online);
    assert_string_equal(status.type, "window");
    assert_string_equal(status.reset_reason, "power-on");
    assert_int_equal(status.boots, 1);
}

static bool is_calibrated(void *unused)
{
    (void)unused;
    return state_bool("calibrated");
}

struct wanted_position {
    double pct;
};

static bool is_there(void *arg)
{
    const struct wanted_position *wanted = arg;
    struct roost_window_state state;

    return retained_state(&state) && !state.moving && state.position_pct > wanted->pct - 2 &&
           state.position_pct < wanted->pct + 2 && state.target_pct == wanted->pct;
}

static void control_to(double pct)
{
    struct roost_control control = {.device_id = ID, .position_pct = pct, .confidence = 0.9};
    struct timeval now;
    char text[512];

    gettimeofday(&now, NULL);
    control.unix_ms = (int64_t)now.tv_sec * 1000 + now.tv_usec / 1000;
    control.inference_time_ms = -1;
    int len = roost_control_write(text, sizeof text, &control);
    assert_true(len > 0);
    support_peer_publish(&test.peer, "window/" ID "/control", text, (size_t)len, false);
    if (!support_wait(is_there, &(struct wanted_position){pct}, 30000))
        fail_msg("the window did not go to %g %%: %s", pct,
                 support_ask(test.control, "state", ANSWER_MS));
}

static void test_control_moves_the_sash(void **state)
{
    const struct roost_json *answer;
    double opening = -1;

    (void)state;
    assert_true(support_wait(is_calibrated, NULL, CALIBRATION_MS));
    control_to(70);
    assert_non_null(answer = ask("state"));
    int world = roost_json_find(answer, ROOST_JSON_ROOT, "world");
    assert_true(world > 0);
    assert_int_equal(roost_json_get_double(answer, world, "opening", &opening), 0);
    assert_true(opening > 60 && opening < 80);
    control_to(20);
}

static bool fault_is(void *arg)
{
    const struct roost_json *answer = ask("state");
    const char *text;
    size_t len;

    return answer && roost_json_get_raw(answer, ROOST_JSON_ROOT, "faults", &text, &len) == 0 &&
           (memmem(text, len, "SENSOR_SILENT", 13) != NULL) == *(bool *)arg;
}

static void test_faults_by_hand(void **state)
{
    bool on = true;

    (void)state;
    assert_true(ask_ok("help"));
    assert_true(ask_ok("set outdoor_temperature 31"));
    assert_true(ask_ok("set outdoor_temperature weather"));
    assert_false(ask_ok("set outdoor_temperature 99"));
    assert_false(ask_ok("set moon full"));
    assert_false(ask_ok("fault sensor_silent maybe"));
    assert_false(ask_ok("fault everything on"));
    assert_false(ask_ok("fault obstruction 101"));
    assert_false(ask_ok("dance"));
    assert_true(ask_ok("log"));
    assert_true(ask_ok("fault sensor_silent on"));
    assert_true(support_wait(fault_is, &on, ANSWER_MS));
    on = false;
    assert_true(ask_ok("fault sensor_silent off"));
    assert_true(support_wait(fault_is, &on, ANSWER_MS));
}

static void test_wifi(void **state)
{
    (void)state;
    assert_true(ask_ok("wifi down"));
    assert_true(support_wait(is_offline, NULL, ANSWER_MS));
    assert_true(support_wait(status_offline, NULL, ANSWER_MS)); /* the last will */
    assert_true(ask_ok("wifi up"));
    assert_true(support_wait(is_online, NULL, START_MS));
    assert_true(retained_status().online);
}

/* How many files below the folder hold these bytes. */
static const char *sought;
static int holding;

static int look_into(const char *path, const struct stat *info, int type, struct FTW *where)
{
    size_t len;

    (void)info;
    (void)where;
    if (type != FTW_F)
        return 0;
    char *content = support_read_file(path, &len);
    holding += memmem(content, len, sought, strlen(sought)) != NULL;
    free(content);
    return 0;
}

static int files_with(const char *text)
{
    sought = text;
    holding = 0;
    assert_int_equal(nftw(test.state, look_into, 8, FTW_PHYS), 0);
    return holding;
}

/* What stands for the flash does not tell what the device was told. */
static void test_no_secret_in_flash(void **state)
{
    char args[128], passphrase[17];
    struct timeval now;

    (void)state;
    gettimeofday(&now, NULL);
    snprintf(passphrase, sizeof passphrase, "%016llx",
             (unsigned long long)now.tv_usec * 0x9E3779B97F4A7C15u);
    snprintf(args, sizeof args, "{\"ssid\":\"garden house\",\"psk\":\"%s\"}", passphrase);
    command("wifi_add", args);
    assert_int_equal(files_with(passphrase), 0);
    assert_int_equal(files_with("garden"), 0);
    assert_true(files_with("RKV2") > 0); /* this is how it would have been found */
    command("wifi_remove", "{\"ssid\":\"garden house\"}");
}

static bool has_rebooted(void *unused)
{
    struct roost_status status = retained_status();

    (void)unused;
    return status.online && strcmp(status.reset_reason, "command") == 0;
}

/* A reboot executes the program anew: the same process, the same options, the next boot. */
static void test_reboot(void **state)
{
    (void)state;
    uint32_t boots = retained_status().boots;
    command("reboot", NULL);
    assert_true(support_wait(has_rebooted, NULL, START_MS));
    assert_int_equal(retained_status().boots, boots + 1);
    assert_true(support_wait(is_online, NULL, START_MS));
    assert_true(state_bool("calibrated")); /* kept in flash */
}

static void test_sigterm(void **state)
{
    (void)state;
    assert_int_equal(support_end(test.pid, SIGTERM, ANSWER_MS), 0);
    assert_false(retained_status().online);
    assert_int_equal(access(test.control, F_OK), -1);
    char *log = support_read_file(test.log, NULL);
    assert_non_null(strstr(log, "stopping"));
    free(log);
}

static void test_last_will(void **state)
{
    (void)state;
    start_online();
    assert_true(retained_status().online);
    kill_now();
    assert_true(support_wait(status_offline, NULL, ANSWER_MS));
}

/* Numbers seen on the humidity topic, which is published second. */
static bool seen[SEQ_MAX];

static uint64_t note_readings(void)
{
    uint64_t highest = 0;

    for (size_t i = 0; i < test.peer.count; i++) {
        const struct support_message *message = &test.peer.messages[i];
        struct roost_reading reading;
        if (strcmp(message->topic, "sensor/" ID "/humidity") != 0)
            continue;
        assert_int_equal(
            roost_reading_parse(&reading, CLIMATE_TOPIC_HUMIDITY, message->payload, message->len),
            0);
        assert_true(reading.seq < SEQ_MAX);
        seen[reading.seq] = true;
        if (reading.seq > highest)
            highest = reading.seq;
    }
    return highest;
}

static uint64_t journal_waiting(void)
{
    const struct roost_json *answer = ask("state");
    uint64_t waiting = 0;

    if (answer)
        (void)roost_json_get_uint64(answer, roost_json_find(answer, ROOST_JSON_ROOT, "journal"),
                                    "waiting", &waiting);
    return waiting;
}

static bool several_wait(void *unused)
{
    (void)unused;
    return journal_waiting() >= 5;
}

static bool none_waits(void *unused)
{
    (void)unused;
    return is_online(NULL) && journal_waiting() == 0;
}

static bool seen_all(void *arg)
{
    const uint64_t *last = arg;

    if (note_readings() < *last)
        return false;
    for (uint64_t seq = 1; seq <= *last; seq++)
        if (!seen[seq])
            return false;
    return true;
}

static uint64_t last_seq(void)
{
    const struct roost_json *answer = ask("state");
    uint64_t seq = 0;

    assert_non_null(answer);
    assert_int_equal(roost_json_get_uint64(
                         answer, roost_json_find(answer, ROOST_JSON_ROOT, "reading"), "seq", &seq),
                     0);
    return seq;
}

/* What was not acknowledged when the process was killed is published by the next one. */
static void test_nothing_is_lost(void **state)
{
    (void)state;
    for (int round = 0; round < 3; round++) {
        start_online();
        support_broker_freeze(&test.broker, true);
        assert_true(support_wait(several_wait, NULL, 30000));
        uint64_t last = last_seq();
        kill_now();
        support_broker_freeze(&test.broker, false);
        start_online();
        assert_true(support_wait(none_waits, NULL, 30000));
        if (!support_peer_wait(&test.peer, seen_all, &last, 10000))
            fail_msg("round %d: not all of 1 to %d arrived", round, (int)last);
        kill_now();
    }
}

static void test_cut_power(void **state)
{
    int status;

    (void)state;
    start_online();
    uint32_t boots = retained_status().boots;
    char *answer = support_ask(test.control, "cut-power", ANSWER_MS);
    assert_null(answer);
    assert_true(support_ended(test.pid, &status, ANSWER_MS));
    assert_int_equal(status, 137);
    start_online();
    assert_int_equal(retained_status().boots, boots + 1);
    assert_string_equal(retained_status().reset_reason, "power-on");
}

static void expect_refusal(const char *const argv[], int wanted, const char *text)
{
    char path[SUPPORT_PATH_MAX + 16];

    snprintf(path, sizeof path, "%s/refusal.log", test.dir);
    unlink(path);
    int status = support_end(support_spawn(argv, path), 0, ANSWER_MS);
    char *output = support_read_file(path, NULL);
    if (status != wanted || !strstr(output, text))
        fail_msg("exit status %d, output %s", status, output);
    free(output);
}

static void expect_update_refusal(const char *url, const char *const more[4], const char *text)
{
    const char *argv[16] = {ROOST_WINDOW_PROGRAM, "--id", ID, "--broker", test.url};
    int argc = 5;

    if (url) {
        argv[argc++] = "--update-url";
        argv[argc++] = url;
    }
    for (int i = 0; i < 4 && more[i]; i++)
        argv[argc++] = more[i];
    expect_refusal(argv, 2, text);
}

static void test_update_refusals(void **state)
{
    const char *const state_alone[4] = {"--state", test.state};
    const char *const key[4] = {"--firmware-key", "/nope"};
    const char *const both[4] = {"--state", test.state, "--firmware-key", "/nope"};
    const char *const ca[4] = {"--update-ca", "/nope"};

    (void)state;
    expect_update_refusal("ftp://hub/firmware", both,
                          "--update-url ftp://hub/firmware: allowed is");
    expect_update_refusal("http://hub/firmware", key, "needs --state too");
    expect_update_refusal("http://hub/firmware", state_alone, "needs --firmware-key too");
    expect_update_refusal("http://hub/firmware", both, "--firmware-key /nope: No such file");
    expect_update_refusal(NULL, key, "--firmware-key /nope: needs --update-url too");
    expect_update_refusal(NULL, ca, "--update-ca /nope: needs --update-url too");
}

static void test_refusals(void **state)
{
    (void)state; /* the device of the tests before still runs */
    expect_refusal((const char *const[]){ROOST_WINDOW_PROGRAM, "--id", ID, "--broker", test.url,
                                         "--state", test.state, NULL},
                   1, "another process uses it");
    expect_refusal((const char *const[]){ROOST_WINDOW_PROGRAM, "--id", ID, "--broker", test.url,
                                         "--control", test.control, NULL},
                   1, "address already in use");
    expect_refusal((const char *const[]){ROOST_WINDOW_PROGRAM, "--id", ID, NULL}, 2, "--broker");
    expect_refusal((const char *const[]){ROOST_WINDOW_PROGRAM, "--id", ID, "--broker", test.url,
                                         "--world", "flat", NULL},
                   2, "--world flat: allowed is model, real");
    expect_refusal((const char *const[]){ROOST_WINDOW_PROGRAM, "--id", ID, "--broker", test.url,
                                         "--mic", "/nowhere.wav", NULL},
                   1, "/nowhere.wav");
    expect_refusal((const char *const[]){ROOST_WINDOW_PROGRAM, "--id", ID, "--broker",
                                         "mqtts://127.0.0.1", "--ca", "/nope", NULL},
                   2, "--ca /nope: No such file");
    expect_refusal((const char *const[]){ROOST_WINDOW_PROGRAM, "--id", ID, "--broker", test.url,
                                         "--control", "/nowhere/at/all", NULL},
                   1, "--control /nowhere/at/all: its folder is missing");
    expect_refusal((const char *const[]){ROOST_WINDOW_PROGRAM, "--id", ID, "--broker", test.url,
                                         "--key-file", "/nope", NULL},
                   2, "--key-file /nope: needs --state too");
    expect_refusal((const char *const[]){ROOST_WINDOW_PROGRAM, "--help", NULL}, 0,
                   "--password-file");
    assert_int_equal(support_end(test.pid, SIGINT, ANSWER_MS), 0);
}

/* ---- frame ---- */

static int set_up(void **state)
{
    (void)state;
    support_make_dir(test.dir);
    snprintf(test.state, sizeof test.state, "%s/state", test.dir);
    snprintf(test.control, sizeof test.control, "%s/control", test.dir);
    snprintf(test.log, sizeof test.log, "%s/window.log", test.dir);
    support_broker_start(&test.broker, &(struct support_broker_options){0});
    snprintf(test.url, sizeof test.url, "mqtt://127.0.0.1:%u", test.broker.port);
    support_peer_open(&test.peer, "127.0.0.1", test.broker.port, NULL, NULL);
    support_peer_subscribe(&test.peer, "sensor/#");
    support_peer_subscribe(&test.peer, "device/+/answer");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    support_peer_close(&test.peer);
    support_broker_deinit(&test.broker);
    support_remove_dir(test.dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_readings),
        cmocka_unit_test(test_control_moves_the_sash),
        cmocka_unit_test(test_faults_by_hand),
        cmocka_unit_test(test_wifi),
        cmocka_unit_test(test_no_secret_in_flash),
        cmocka_unit_test(test_reboot),
        cmocka_unit_test(test_sigterm),
        cmocka_unit_test(test_last_will),
        cmocka_unit_test(test_nothing_is_lost),
        cmocka_unit_test(test_cut_power),
        cmocka_unit_test(test_update_refusals),
        cmocka_unit_test(test_refusals),
    };

    return cmocka_run_group_tests_name("roost-window", tests, set_up, tear_down);
}
