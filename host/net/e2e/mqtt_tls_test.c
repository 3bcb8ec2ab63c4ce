/* SPDX-License-Identifier: Apache-2.0 */
/* The hub's MQTT client under TLS, and at a broker that asks for a password. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "core/err.h"
#include "mqtt_rig.h"
#include "tests/support/certs.h"

static char folder[SUPPORT_PATH_MAX];

static int setup(void **state)
{
    (void)state;
    support_make_dir(folder);
    support_make_certificates(folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    support_remove_dir(folder);
    return 0;
}

static const char *in_folder(char *out, size_t size, const char *name)
{
    snprintf(out, size, "%s/%s", folder, name);
    return out;
}

/* A broker with the named certificate; the client trusts the named authority, and asks for the
 * host. Returns why it is not connected, "" when it is. */
static const char *try_tls(const char *certificate, const char *authority, const char *host,
                           bool large)
{
    static char why[256];
    char ca[600], cert[600], key[600], trusted[600], name[64];
    struct support_broker broker;
    struct test_bus bus;

    snprintf(name, sizeof name, "%s.pem", certificate);
    in_folder(cert, sizeof cert, name);
    snprintf(name, sizeof name, "%s.key", certificate);
    in_folder(key, sizeof key, name);
    support_broker_start(&broker, &(struct support_broker_options){
                                      .ca = in_folder(ca, sizeof ca, "ca.pem"),
                                      .certificate = cert,
                                      .key = key,
                                      .more = "max_inflight_messages 0\nmax_queued_messages 0"});
    bus_init(&bus, &broker);
    bus.config.host = host;
    bus.config.tls = true;
    bus.config.ca_file = in_folder(trusted, sizeof trusted, authority);
    bus_start(&bus);
    why[0] = '\0';
    uint64_t until = support_now_ms() + BUS_WAIT_MS;
    while (mqtt_client_why(bus.client) && support_now_ms() < until) {
        snprintf(why, sizeof why, "%s", mqtt_client_why(bus.client));
        if (strstr(why, "cannot connect"))
            break;
        bus_turn(&bus);
    }
    if (!mqtt_client_why(bus.client)) {
        why[0] = '\0';
        /* Both directions at once, through one loop-back: what goes out comes in. */
        for (int i = 0; i < 500; i++) {
            char text[4000] = "";
            snprintf(text, sizeof text, "%d %*s", i, large ? 3900 : 1, "");
            assert_int_equal(bus_publish(&bus, "test/n", text, 1), 0);
        }
        bus.hub.ops->pause(bus.hub.ctx, true);
        for (int i = 0; i < 20; i++)
            bus_turn(&bus);
        bus.hub.ops->pause(bus.hub.ctx, false);
        bus_wait_messages(&bus, 500);
        for (int i = 0; i < 500; i++) {
            assert_int_equal(strtol(bus.messages[i].text, NULL, 10), i);
            bus_ack(&bus, (size_t)i);
        }
        bus_wait_metric(&bus, "roost_mqtt_publish_acked_total ", 500);
    }
    bus_stop(&bus);
    support_broker_deinit(&broker);
    return why;
}

static void test_verified_connection(void **state)
{
    (void)state;
    assert_string_equal(try_tls("server", "ca.pem", "localhost", false), "");
    assert_string_equal(try_tls("server", "ca.pem", "127.0.0.1", true), "");
}

static void test_refused_certificates(void **state)
{
    (void)state;
    assert_non_null(
        strstr(try_tls("server", "other-ca.pem", "localhost", false), "cannot connect"));
    assert_non_null(
        strstr(try_tls("elsewhere", "ca.pem", "localhost", false), "hostname mismatch"));
    assert_non_null(
        strstr(try_tls("elsewhere", "ca.pem", "127.0.0.1", false), "IP address mismatch"));
    assert_non_null(strstr(try_tls("expired", "ca.pem", "localhost", false), "expired"));
}

/* The broker's authority is renewed while the hub runs: it is let in with the next try. */
static void test_a_renewed_authority_is_trusted(void **state)
{
    char ca[600], cert[600], key[600], trusted[600], command[1400];
    struct support_broker broker;
    struct test_bus bus;

    (void)state;
    snprintf(command, sizeof command, "cp '%s/other-ca.pem' '%s/trusted.pem'", folder, folder);
    assert_int_equal(system(command), 0);
    support_broker_start(&broker, &(struct support_broker_options){
                                      .ca = in_folder(ca, sizeof ca, "ca.pem"),
                                      .certificate = in_folder(cert, sizeof cert, "server.pem"),
                                      .key = in_folder(key, sizeof key, "server.key")});
    bus_init(&bus, &broker);
    bus.config.host = "localhost";
    bus.config.tls = true;
    bus.config.ca_file = in_folder(trusted, sizeof trusted, "trusted.pem");
    bus_start(&bus);
    while (!strstr(mqtt_client_why(bus.client), "cannot connect"))
        bus_turn(&bus);
    snprintf(command, sizeof command, "echo nothing >'%s'", trusted); /* half written: it stays */
    assert_int_equal(system(command), 0);
    for (int i = 0; i < 20; i++)
        bus_turn(&bus);
    assert_non_null(mqtt_client_why(bus.client));
    snprintf(command, sizeof command, "cp '%s/ca.pem' '%s'", folder, trusted);
    assert_int_equal(system(command), 0);
    uint64_t until = support_now_ms() + BUS_WAIT_MS;
    while (mqtt_client_why(bus.client) && support_now_ms() < until)
        bus_turn(&bus);
    assert_null(mqtt_client_why(bus.client));
    bus_stop(&bus);
    support_broker_deinit(&broker);
}

static void test_authority_file(void **state)
{
    struct mqtt_config config;
    struct mqtt_client *client;
    struct metrics *metrics = metrics_new();
    uv_loop_t loop;
    char path[600];

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    mqtt_config_init(&config);
    config.tls = true;
    config.ca_file = in_folder(path, sizeof path, "nowhere.pem");
    assert_int_equal(mqtt_client_new(&client, &loop, &config, metrics, NULL, NULL),
                     ROOST_ERR_NOT_FOUND);
    config.ca_file = in_folder(path, sizeof path, "server.key");
    assert_int_equal(mqtt_client_new(&client, &loop, &config, metrics, NULL, NULL),
                     ROOST_ERR_CRYPTO);
    metrics_free(metrics);
    assert_int_equal(uv_loop_close(&loop), 0);
}

/* A broker in the clear where TLS is expected, and the other way round: refused, not hung. */
static void test_wrong_protocol(void **state)
{
    char ca[600], cert[600], key[600];
    struct support_broker broker;
    struct test_bus bus;

    (void)state;
    support_broker_start(&broker, &(struct support_broker_options){0});
    bus_init(&bus, &broker);
    bus.config.tls = true;
    bus.config.link.connect_timeout_ms = 2000;
    bus.config.ca_file = in_folder(ca, sizeof ca, "ca.pem");
    bus_start(&bus);
    bus_wait_why(&bus, "cannot connect");
    bus_stop(&bus);
    support_broker_deinit(&broker);
    support_broker_start(&broker, &(struct support_broker_options){
                                      .ca = ca,
                                      .certificate = in_folder(cert, sizeof cert, "server.pem"),
                                      .key = in_folder(key, sizeof key, "server.key")});
    bus_init(&bus, &broker);
    bus.config.link.connect_timeout_ms = 2000;
    bus_start(&bus);
    bus_wait_why(&bus, "cannot connect");
    bus_stop(&bus);
    support_broker_deinit(&broker);
}

static void test_password(void **state)
{
    struct support_broker broker;
    struct test_bus bus;

    (void)state;
    support_broker_start(&broker,
                         &(struct support_broker_options){.user = "hub", .password = "right"});
    bus_init(&bus, &broker);
    bus.config.user = "hub";
    bus.config.password = "wrong";
    bus_start(&bus);
    bus_wait_why(&bus, "the broker");
    assert_int_equal(bus_metric(&bus, "roost_mqtt_connects_total "), 0);
    bus_stop(&bus);
    bus_init(&bus, &broker);
    bus.config.user = "hub";
    bus.config.password = "right";
    bus_start(&bus);
    bus_wait_ready(&bus);
    bus_stop(&bus);
    support_broker_deinit(&broker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verified_connection),
        cmocka_unit_test(test_refused_certificates),
        cmocka_unit_test(test_a_renewed_authority_is_trusted),
        cmocka_unit_test(test_authority_file),
        cmocka_unit_test(test_wrong_protocol),
        cmocka_unit_test(test_password),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
