/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "proto/climate/topic.h"

/* A topic of the window, or one that every device has. */
struct found {
    const struct roost_topic *topic;
    char device_id[ROOST_DEVICE_ID_MAX + 1];
};

static int parse_len(struct found *found, const char *text, size_t len)
{
    int kind = roost_topic_find(climate_topics, CLIMATE_TOPIC_COUNT, text, len, found->device_id);
    found->topic = kind < 0 ? NULL : &climate_topics[kind];
    if (kind != ROOST_ERR_NOT_FOUND)
        return kind < 0 ? kind : 0;
    kind =
        roost_topic_find(roost_fleet_topics, ROOST_FLEET_TOPIC_COUNT, text, len, found->device_id);
    found->topic = kind < 0 ? NULL : &roost_fleet_topics[kind];
    return kind < 0 ? kind : 0;
}

static int parse(struct found *found, const char *text)
{
    return parse_len(found, text, strlen(text));
}

static void every_topic_of_the_table(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name;
        const struct roost_topic *topic;
    } table[] = {
        {"sensor/win-1/temperature", "temperature", &climate_topics[CLIMATE_TOPIC_TEMPERATURE]},
        {"sensor/win-1/humidity", "humidity", &climate_topics[CLIMATE_TOPIC_HUMIDITY]},
        {"sensor/win-1/audio", "audio", &climate_topics[CLIMATE_TOPIC_AUDIO]},
        {"ml/inference/request/win-1", "request", &climate_topics[CLIMATE_TOPIC_REQUEST]},
        {"window/win-1/control", "control", &climate_topics[CLIMATE_TOPIC_CONTROL]},
        {"window/win-1/state", "state", &climate_topics[CLIMATE_TOPIC_STATE]},
        {"window/win-1/feedback", "feedback", &climate_topics[CLIMATE_TOPIC_FEEDBACK]},
        {"device/win-1/status", "status", &roost_fleet_topics[ROOST_TOPIC_STATUS]},
        {"device/win-1/command", "command", &roost_fleet_topics[ROOST_TOPIC_COMMAND]},
        {"device/win-1/answer", "answer", &roost_fleet_topics[ROOST_TOPIC_ANSWER]},
    };
    assert_int_equal(sizeof table / sizeof table[0],
                     CLIMATE_TOPIC_COUNT + (int)ROOST_FLEET_TOPIC_COUNT);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct found found;
        char text[ROOST_TOPIC_MAX + 1];
        assert_int_equal(parse(&found, table[i].text), 0);
        assert_ptr_equal(found.topic, table[i].topic);
        assert_string_equal(found.device_id, "win-1");
        assert_string_equal(found.topic->name, table[i].name);
        assert_int_equal(roost_topic_write(text, sizeof text, found.topic, "win-1"),
                         strlen(table[i].text));
        assert_string_equal(text, table[i].text);
        for (size_t cut = 0; cut < strlen(table[i].text); cut++) {
            int err = parse_len(&found, table[i].text, cut);
            /* The request topic ends in the id, so a shorter id is another device's topic. */
            if (table[i].topic != &climate_topics[CLIMATE_TOPIC_REQUEST] ||
                cut <= strlen("ml/inference/request/"))
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
        struct found found;
        assert_int_equal(parse(&found, table[i]), ROOST_ERR_NOT_FOUND);
    }
}

static void bad_ids_are_refused(void **state)
{
    (void)state;
    struct found found;
    static const char *const table[] = {
        "sensor//temperature",   "sensor/+/temperature",
        "sensor/#/temperature",  "sensor/win 1/temperature",
        "sensor/win\t/audio",    "window/caf\xc3\xa9/control",
        "ml/inference/request/", "ml/inference/request/+",
        "device/a$b/status",     "device/'; drop table/status",
        "sensor/./temperature",  "window/../control",
        "device/../status",      "ml/inference/request/..",
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_int_equal(parse(&found, table[i]), ROOST_ERR_INVALID);
    assert_int_equal(parse_len(&found, "device/a\0b/status", 17), ROOST_ERR_INVALID);
}

static void ids_may_be_64_long(void **state)
{
    (void)state;
    char id[ROOST_DEVICE_ID_MAX + 2];
    char text[ROOST_TOPIC_MAX + 1];
    struct found found;
    memset(id, 'x', sizeof id);
    id[ROOST_DEVICE_ID_MAX] = '\0';
    for (int kind = 0; kind < CLIMATE_TOPIC_COUNT + (int)ROOST_FLEET_TOPIC_COUNT; kind++) {
        const struct roost_topic *topic = kind < CLIMATE_TOPIC_COUNT
                                              ? &climate_topics[kind]
                                              : &roost_fleet_topics[kind - CLIMATE_TOPIC_COUNT];
        int len = roost_topic_write(text, sizeof text, topic, id);
        assert_true(len > 0);
        assert_int_equal(parse_len(&found, text, (size_t)len), 0);
        assert_ptr_equal(found.topic, topic);
        assert_string_equal(found.device_id, id);
    }
    id[ROOST_DEVICE_ID_MAX] = 'x';
    id[ROOST_DEVICE_ID_MAX + 1] = '\0';
    assert_int_equal(roost_device_id_check(id, strlen(id)), ROOST_ERR_TOO_LONG);
    assert_int_equal(roost_topic_write(text, sizeof text, &climate_topics[CLIMATE_TOPIC_STATE], id),
                     ROOST_ERR_TOO_LONG);
    char longer[] =
        "sensor/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx/humidity";
    assert_int_equal(parse(&found, longer), ROOST_ERR_TOO_LONG);
}

static void every_allowed_character(void **state)
{
    (void)state;
    assert_int_equal(roost_device_id_check("AZaz09_.:-", 10), 0);
    assert_int_equal(roost_device_id_check("", 0), ROOST_ERR_INVALID);
    for (int c = 0; c < 256; c++) {
        char byte = (char)c;
        const char text[] = {'.', '.', byte}; /* a dot alone is none, see below */
        const char *allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-";
        int err = roost_device_id_check(text, sizeof text);
        assert_int_equal(err, c && strchr(allowed, c) ? 0 : ROOST_ERR_INVALID);
    }
}

/* A path or a URL that ends in one of them leads elsewhere. */
static void names_of_folders_are_no_ids(void **state)
{
    char out[ROOST_TOPIC_MAX + 1];
    const struct roost_topic *state_topic = &climate_topics[CLIMATE_TOPIC_STATE];

    (void)state;
    assert_int_equal(roost_device_id_check(".", 1), ROOST_ERR_INVALID);
    assert_int_equal(roost_device_id_check("..", 2), ROOST_ERR_INVALID);
    assert_int_equal(roost_device_id_check("..x", 2), ROOST_ERR_INVALID);
    assert_int_equal(roost_device_id_check("...", 3), 0);
    assert_int_equal(roost_device_id_check(".a", 2), 0);
    assert_int_equal(roost_device_id_check("a.", 2), 0);
    assert_int_equal(roost_topic_write(out, sizeof out, state_topic, "."), ROOST_ERR_INVALID);
    assert_int_equal(roost_topic_write(out, sizeof out, state_topic, ".."), ROOST_ERR_INVALID);
}

static void writing(void **state)
{
    const struct roost_topic *humidity = &climate_topics[CLIMATE_TOPIC_HUMIDITY];
    char out[32];
    (void)state;
    assert_int_equal(roost_topic_write(out, sizeof out, humidity, "+"), 17);
    assert_string_equal(out, "sensor/+/humidity");
    assert_int_equal(roost_topic_write(out, 18, humidity, "+"), 17);
    assert_int_equal(roost_topic_write(out, 17, humidity, "+"), ROOST_ERR_TOO_LONG);
    assert_int_equal(roost_topic_write(out, sizeof out, humidity, "#"), ROOST_ERR_INVALID);
    assert_int_equal(roost_topic_write(out, sizeof out, humidity, "a/b"), ROOST_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_topic_of_the_table),
        cmocka_unit_test(foreign_topics_are_not_found),
        cmocka_unit_test(bad_ids_are_refused),
        cmocka_unit_test(ids_may_be_64_long),
        cmocka_unit_test(every_allowed_character),
        cmocka_unit_test(names_of_folders_are_no_ids),
        cmocka_unit_test(writing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
