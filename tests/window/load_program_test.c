/* SPDX-License-Identifier: Apache-2.0 */
/* roost-load against a real Mosquitto: its account adds up with what another client received. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/json_read.h"
#include "tests/support/peer.h"
#include "tests/support/support.h"

enum { DEVICES = 40, READINGS = 4, TOKENS = 128, RUN_MS = 60000 };

static struct support_broker broker;

static char *run(const char *const argv[], int wanted_status)
{
    static char path[SUPPORT_PATH_MAX + 16];

    snprintf(path, sizeof path, "%s/load.log", broker.dir);
    remove(path);
    int status = support_end(support_spawn(argv, path), 0, RUN_MS);
    char *output = support_read_file(path, NULL);
    if (status != wanted_status)
        fail_msg("exit status %d: %s", status, output);
    return output;
}

static uint64_t number(const struct roost_json *report, const char *object, const char *key)
{
    int at = object ? roost_json_find(report, ROOST_JSON_ROOT, object) : ROOST_JSON_ROOT;
    uint64_t value = UINT64_MAX;

    assert_true(at >= 0);
    assert_int_equal(roost_json_get_uint64(report, at, key, &value), 0);
    return value;
}

static bool received_all(void *arg)
{
    return ((struct support_peer *)arg)->count >= 2 * DEVICES * READINGS;
}

static void test_readings_add_up(void **state)
{
    struct support_peer peer;
    struct roost_json_token tokens[TOKENS];
    struct roost_json report;
    char url[64];

    (void)state;
    snprintf(url, sizeof url, "mqtt://127.0.0.1:%u", broker.port);
    support_peer_open(&peer, "127.0.0.1", broker.port, NULL, NULL);
    support_peer_subscribe(&peer, "sensor/+/temperature");
    support_peer_subscribe(&peer, "sensor/+/humidity");
    char *output = run((const char *const[]){ROOST_LOAD_PROGRAM, "--broker", url, "--devices", "40",
                                             "--readings", "4", "--interval-ms", "500", "--prefix",
                                             "unit-", NULL},
                       0);
    size_t len = strcspn(output, "\n");
    assert_int_equal(roost_json_parse(&report, tokens, TOKENS, output, len), 0);
    assert_int_equal(number(&report, NULL, "complete"), DEVICES);
    assert_int_equal(number(&report, NULL, "connects"), DEVICES);
    assert_int_equal(number(&report, NULL, "readings"), DEVICES * READINGS);
    assert_int_equal(number(&report, NULL, "readings_waiting"), 0);
    assert_int_equal(number(&report, NULL, "readings_dropped"), 0);
    assert_int_equal(number(&report, NULL, "events_refused"), 0);
    assert_int_equal(number(&report, "acked", "readings"), 2 * DEVICES * READINGS);
    assert_int_equal(number(&report, "published", "total"),
                     number(&report, "acked", "total") + number(&report, NULL, "unanswered"));
    assert_int_equal(number(&report, "ack_ms", "count"), number(&report, "acked", "total"));
    assert_true(support_peer_wait(&peer, received_all, &peer, 10000));
    assert_int_equal(peer.count, 2 * DEVICES * READINGS);
    free(output);
    support_peer_close(&peer);
}

static void test_no_broker(void **state)
{
    char url[64];

    (void)state;
    snprintf(url, sizeof url, "mqtt://127.0.0.1:%u", support_free_port());
    char *output = run((const char *const[]){ROOST_LOAD_PROGRAM, "--broker", url, "--devices", "2",
                                             "--readings", "1", "--seconds", "2", NULL},
                       1);
    assert_non_null(strstr(output, "0 of 2 windows had all readings acknowledged in time"));
    free(output);
    output = run((const char *const[]){ROOST_LOAD_PROGRAM, "--broker", "tcp://x", NULL}, 1);
    assert_non_null(strstr(output, "--broker tcp://x: allowed is"));
    free(output);
}

/* The options are those of the product; the first one is meant when none is named. */
static void test_products(void **state)
{
    (void)state;
    char *output = run((const char *const[]){ROOST_LOAD_PROGRAM, "--help", NULL}, 0);
    assert_non_null(strstr(output, "--audio-interval-ms MS"));
    char *named =
        run((const char *const[]){ROOST_LOAD_PROGRAM, "--product=window", "--help", NULL}, 0);
    assert_string_equal(named, output);
    free(named);
    free(output);
    output = run((const char *const[]){ROOST_LOAD_PROGRAM, "--broker", "mqtt://127.0.0.1",
                                       "--product", "door", NULL},
                 2);
    assert_string_equal(output, "roost-load: --product door: allowed is window, teddy, charger\n");
    free(output);
}

static int set_up(void **state)
{
    (void)state;
    support_broker_start(&broker, &(struct support_broker_options){0});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    support_broker_deinit(&broker);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_readings_add_up),
        cmocka_unit_test(test_no_broker),
        cmocka_unit_test(test_products),
    };

    return cmocka_run_group_tests_name("roost-load", tests, set_up, tear_down);
}
