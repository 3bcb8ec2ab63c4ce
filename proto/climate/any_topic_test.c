/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "proto/climate/any_topic.h"

static int parse(struct roost_any_topic *topic, const char *text)
{
    return roost_any_topic_parse(topic, text, strlen(text));
}

static void every_topic_of_the_table(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name;
        enum roost_any_topic_kind kind;
    } table[] = {
        {"sensor/win-1/temperature", "temperature", ANY_TOPIC_TEMPERATURE},
        {"sensor/win-1/humidity", "humidity", ANY_TOPIC_HUMIDITY},
        {"sensor/win-1/audio", "audio", ANY_TOPIC_AUDIO},
        {"ml/inference/request/win-1", "request", ANY_TOPIC_REQUEST},
        {"window/win-1/control", "control", ANY_TOPIC_CONTROL},
        {"window/win-1/state", "state", ANY_TOPIC_STATE},
        {"window/win-1/feedback", "feedback", ANY_TOPIC_FEEDBACK},
        {"device/win-1/status", "status", ANY_TOPIC_STATUS},
        {"device/win-1/command", "command", ANY_TOPIC_COMMAND},
        {"device/win-1/answer", "answer", ANY_TOPIC_ANSWER},
    };
    assert_int_equal(sizeof table / sizeof table[0], ROOST_ANY_TOPIC_COUNT);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct roost_any_topic topic;
        char text[ROOST_TOPIC_MAX + 1];
        assert_int_equal(parse(&topic, table[i].text), 0);
        assert_int_equal(topic.kind, table[i].kind);
        assert_string_equal(topic.device_id, "win-1");
        assert_string_equal(roost_any_topic_name(topic.kind), table[i].name);
        assert_int_equal(roost_any_topic_write(text, sizeof text, topic.kind, "win-1"),
                         strlen(table[i].text));
        assert_string_equal(text, table[i].text);
        for (size_t cut = 0; cut < strlen(table[i].text); cut++) {
            int err = roost_any_topic_parse(&topic, table[i].text, cut);
            /* The request topic ends in the id, so a shorter id is another device's topic. */
            if (table[i].kind != ANY_TOPIC_REQUEST || cut <= strlen("ml/inference/request/"))
                assert_true(err < 0);
        }
    }
}

static void foreign_topics_are_not_found(void **state)
{
    (void)state;
    static const char *const table[] = {
        "",
        "sensor",
        "sensor/win-1",
        "sensor/win-1/pressure",
        "sensor/win-1/temperature/raw",
        "sensor/house/win-1/temperature",
        "/sensor/win-1/temperature",
        "sensor/win-1/temperature/",
        "Sensor/win-1/temperature",
        "ml/inference/request/win-1/extra",
        "ml/inference/response/win-1",
        "window/win-1/status",
        "device/win-1/state",
        "homeassistant/status",
        "$SYS/broker/uptime",
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct roost_any_topic topic;
        assert_int_equal(parse(&topic, table[i]), ROOST_ERR_NOT_FOUND);
    }
}

static void bad_ids_are_refused(void **state)
{
    (void)state;
    struct roost_any_topic topic;
    static const char *const table[] = {
        "sensor//temperature",         "sensor/+/temperature",   "sensor/#/temperature",
        "sensor/win 1/temperature",    "sensor/win\t/audio",     "window/caf\xc3\xa9/control",
        "ml/inference/request/",       "ml/inference/request/+", "device/a$b/status",
        "device/'; drop table/status",
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_int_equal(parse(&topic, table[i]), ROOST_ERR_INVALID);
    assert_int_equal(roost_any_topic_parse(&topic, "device/a\0b/status", 17), ROOST_ERR_INVALID);
}

static void ids_may_be_64_long(void **state)
{
    (void)state;
    char id[ROOST_DEVICE_ID_MAX + 2];
    char text[ROOST_TOPIC_MAX + 1];
    struct roost_any_topic topic;
    memset(id, 'x', sizeof id);
    id[ROOST_DEVICE_ID_MAX] = '\0';
    for (int kind = 0; kind < ROOST_ANY_TOPIC_COUNT; kind++) {
        int len = roost_any_topic_write(text, sizeof text, (enum roost_any_topic_kind)kind, id);
        assert_true(len > 0);
        assert_int_equal(roost_any_topic_parse(&topic, text, (size_t)len), 0);
        assert_string_equal(topic.device_id, id);
    }
    id[ROOST_DEVICE_ID_MAX] = 'x';
    id[ROOST_DEVICE_ID_MAX + 1] = '\0';
    assert_int_equal(roost_device_id_check(id, strlen(id)), ROOST_ERR_TOO_LONG);
    assert_int_equal(roost_any_topic_write(text, sizeof text, ANY_TOPIC_STATE, id),
                     ROOST_ERR_TOO_LONG);
    char longer[] =
        "sensor/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx/humidity";
    assert_int_equal(parse(&topic, longer), ROOST_ERR_TOO_LONG);
}

static void every_allowed_character(void **state)
{
    (void)state;
    assert_int_equal(roost_device_id_check("AZaz09_.:-", 10), 0);
    assert_int_equal(roost_device_id_check("", 0), ROOST_ERR_INVALID);
    for (int c = 0; c < 256; c++) {
        char byte = (char)c;
        const char *allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-";
        int err = roost_device_id_check(&byte, 1);
        assert_int_equal(err, c && strchr(allowed, c) ? 0 : ROOST_ERR_INVALID);
    }
}

static void writing(void **state)
{
    (void)state;
    char out[32];
    assert_int_equal(roost_any_topic_write(out, sizeof out, ANY_TOPIC_HUMIDITY, "+"), 17);
    assert_string_equal(out, "sensor/+/humidity");
    assert_int_equal(roost_any_topic_write(out, 18, ANY_TOPIC_HUMIDITY, "+"), 17);
    assert_int_equal(roost_any_topic_write(out, 17, ANY_TOPIC_HUMIDITY, "+"), ROOST_ERR_TOO_LONG);
    assert_int_equal(roost_any_topic_write(out, sizeof out, ANY_TOPIC_HUMIDITY, "#"),
                     ROOST_ERR_INVALID);
    assert_int_equal(roost_any_topic_write(out, sizeof out, ANY_TOPIC_HUMIDITY, "a/b"),
                     ROOST_ERR_INVALID);
    assert_string_equal(roost_any_topic_name(ROOST_ANY_TOPIC_COUNT), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_topic_of_the_table), cmocka_unit_test(foreign_topics_are_not_found),
        cmocka_unit_test(bad_ids_are_refused),      cmocka_unit_test(ids_may_be_64_long),
        cmocka_unit_test(every_allowed_character),  cmocka_unit_test(writing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
