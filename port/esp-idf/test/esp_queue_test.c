/* SPDX-License-Identifier: Apache-2.0 */
/* The queue on a host, where its locks are counters. What cannot be shown here is two cores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/err.h"
#include "port/esp-idf/esp_queue.h"

unsigned critical_sections;

enum { RESERVED = 36 }; /* records without payload that always find room */

static void drain(void)
{
    struct esp_queue_item item;

    while (esp_queue_take(&item))
        ;
}

static int setup(void **state)
{
    static int begun;

    (void)state;
    if (!begun++)
        esp_queue_init();
    drain();
    return 0;
}

static struct roost_event taken(void)
{
    struct esp_queue_item item;

    assert_true(esp_queue_take(&item));
    assert_int_equal(item.kind, ESP_QUEUE_EVENT);
    return item.event;
}

static void assert_empty(void)
{
    struct esp_queue_item item;

    assert_true(!esp_queue_take(&item));
}

static int post(enum roost_event_type type, int status, uint64_t token)
{
    return esp_queue_post(&(struct roost_event){.type = type, .status = status, .token = token});
}

static int post_message(const char *topic, const void *data, size_t len)
{
    return esp_queue_post(&(struct roost_event){
        .type = ROOST_EV_MQTT_MESSAGE, .topic = topic, .data = data, .len = len});
}

static void test_wifi_tells_the_loss_before_the_return(void **state)
{
    (void)state;
    assert_int_equal(post(ROOST_EV_WIFI_UP, 0, 0), 0);
    assert_int_equal(post(ROOST_EV_WIFI_DOWN, ROOST_ERR_AUTH, 0), 0);
    assert_int_equal(post(ROOST_EV_WIFI_UP, 0, 0), 0);
    struct roost_event event = taken();
    assert_int_equal(event.type, ROOST_EV_WIFI_DOWN);
    assert_int_equal(event.status, ROOST_ERR_AUTH);
    assert_int_equal(taken().type, ROOST_EV_WIFI_UP);
    assert_empty();
    assert_int_equal(post(ROOST_EV_WIFI_UP, 0, 0), 0);
    assert_int_equal(post(ROOST_EV_WIFI_DOWN, 0, 0), 0);
    assert_int_equal(taken().type, ROOST_EV_WIFI_DOWN);
    assert_empty(); /* it is down, whatever was before */
}

static void test_lines_are_merged_into_their_last_level(void **state)
{
    (void)state;
    assert_int_equal(post(ROOST_EV_GPIO, 1, 15), 0);
    assert_int_equal(post(ROOST_EV_GPIO, 1, 3), 0);
    assert_int_equal(post(ROOST_EV_GPIO, 0, 3), 0);
    struct roost_event event = taken();
    assert_int_equal(event.token, 3);
    assert_int_equal(event.status, 0);
    event = taken();
    assert_int_equal(event.token, 15);
    assert_int_equal(event.status, 1);
    assert_empty();
}

static void test_signals_from_interrupts(void **state)
{
    const struct roost_event audio = {.type = ROOST_EV_AUDIO_READY},
                             can = {.type = ROOST_EV_CAN_READY, .token = 1},
                             climate = {.type = ROOST_EV_CLIMATE,
                                        .climate = {.temperature_mdegc = 21500}};

    (void)state;
    esp_queue_wait(0);
    assert_int_equal(esp_queue_post_from_isr(&audio), pdTRUE);
    assert_int_equal(esp_queue_post_from_isr(&audio), pdFALSE);
    (void)esp_queue_post_from_isr(&climate);
    (void)esp_queue_post_from_isr(&can);
    struct roost_event event = taken();
    assert_int_equal(event.type, ROOST_EV_CAN_READY);
    assert_int_equal(event.token, 1);
    event = taken();
    assert_int_equal(event.type, ROOST_EV_CLIMATE);
    assert_int_equal(event.climate.temperature_mdegc, 21500);
    assert_int_equal(taken().type, ROOST_EV_AUDIO_READY);
    assert_empty();
}

static void test_messages_in_order_and_copied(void **state)
{
    char data[] = "one";

    (void)state;
    assert_int_equal(post_message("a/1", data, 3), 0);
    memcpy(data, "two", 3);
    assert_int_equal(post_message("a/22", data, 3), 0);
    assert_int_equal(post_message("a/333", NULL, 0), 0);
    assert_int_equal(esp_queue_post(&(struct roost_event){
                         .type = ROOST_EV_MQTT_MESSAGE, .topic = "kept", .retained = true}),
                     0);
    assert_int_equal(post(ROOST_EV_MQTT_ACKED, 0, 7), 0);
    struct roost_event event = taken();
    assert_string_equal(event.topic, "a/1");
    assert_memory_equal(event.data, "one", 3);
    event = taken();
    assert_string_equal(event.topic, "a/22");
    assert_memory_equal(event.data, "two", 3);
    event = taken();
    assert_string_equal(event.topic, "a/333");
    assert_int_equal(event.len, 0);
    assert_false(event.retained);
    event = taken();
    assert_string_equal(event.topic, "kept");
    assert_true(event.retained);
    assert_int_equal(taken().token, 7);
    assert_empty();
}

static void test_what_must_not_be_lost_finds_room(void **state)
{
    static uint8_t data[ESP_QUEUE_DATA_MAX];
    uint32_t before = esp_queue_dropped_all();
    unsigned messages = 0;

    (void)state;
    while (post_message("full", data, 100) == 0)
        messages++;
    while (esp_queue_post_line(ROOST_LOG_WARN, "line", 4) == 0)
        ;
    assert_true(messages > 20);
    assert_int_equal(esp_queue_dropped_all() - before, 2);
    assert_int_equal(post_message("full", data, 100), ROOST_ERR_FULL);
    for (unsigned i = 0; i < RESERVED; i++)
        assert_int_equal(post(ROOST_EV_MQTT_ACKED, 0, i), 0);
    for (unsigned i = 0; i < messages; i++)
        assert_int_equal(taken().type, ROOST_EV_MQTT_MESSAGE);
    struct esp_queue_item item;
    for (unsigned acked = 0; acked < RESERVED;) {
        assert_true(esp_queue_take(&item));
        if (item.kind == ESP_QUEUE_EVENT)
            assert_int_equal(item.event.token, acked++);
    }
    assert_empty();
    assert_int_equal(post_message("full", data, 100), 0);
}

static void test_too_long(void **state)
{
    static uint8_t data[ESP_QUEUE_DATA_MAX + 1];
    char topic[ESP_QUEUE_TOPIC_MAX + 2];
    uint32_t before = esp_queue_dropped(ROOST_EV_MQTT_MESSAGE);

    (void)state;
    memset(topic, 't', sizeof topic);
    topic[sizeof topic - 1] = '\0';
    assert_int_equal(post_message("x", data, sizeof data), ROOST_ERR_TOO_LONG);
    assert_int_equal(post_message(topic, data, 1), ROOST_ERR_TOO_LONG);
    assert_int_equal(esp_queue_dropped(ROOST_EV_MQTT_MESSAGE) - before, 2);
    assert_int_equal(post_message(topic + 1, data, ESP_QUEUE_DATA_MAX), 0);
    assert_int_equal(taken().len, ESP_QUEUE_DATA_MAX);
}

static void test_a_message_in_pieces(void **state)
{
    const struct roost_event head = {.type = ROOST_EV_MQTT_MESSAGE};
    uint32_t before = esp_queue_dropped_all();

    (void)state;
    struct esp_queue_message *message = esp_queue_begin(&head, "topic", 5, 6);
    assert_non_null(message);
    esp_queue_fill(message, 0, "abc", 3);
    assert_int_equal(post(ROOST_EV_MQTT_ACKED, 0, 1), 0);
    assert_empty(); /* what is behind it waits */
    esp_queue_fill(message, 3, "def", 3);
    esp_queue_end(message, true);
    struct roost_event event = taken();
    assert_string_equal(event.topic, "topic");
    assert_memory_equal(event.data, "abcdef", 6);
    assert_int_equal(taken().token, 1);
    message = esp_queue_begin(&head, "topic", 5, 6);
    assert_int_equal(post(ROOST_EV_MQTT_ACKED, 0, 2), 0);
    esp_queue_end(message, false);
    assert_int_equal(taken().token, 2);
    assert_int_equal(esp_queue_dropped_all() - before, 1);
}

static void test_lines(void **state)
{
    char text[ESP_QUEUE_LOG_MAX + 20];
    struct esp_queue_item item;

    (void)state;
    memset(text, 'x', sizeof text);
    assert_int_equal(esp_queue_post_line(ROOST_LOG_ERROR, "nvs: damaged", 12), 0);
    assert_int_equal(esp_queue_post_line(ROOST_LOG_WARN, text, sizeof text), 0);
    assert_true(esp_queue_take(&item));
    assert_int_equal(item.kind, ESP_QUEUE_LINE);
    assert_int_equal(item.level, ROOST_LOG_ERROR);
    assert_string_equal(item.text, "nvs: damaged");
    assert_true(esp_queue_take(&item));
    assert_int_equal(strlen(item.text), ESP_QUEUE_LOG_MAX);
}

/* Every length at every place of the ring. */
static void test_the_ring_wraps(void **state)
{
    static uint8_t data[ESP_QUEUE_DATA_MAX];
    uint32_t random = 1;
    unsigned waiting = 0;
    size_t lengths[64] = {0};
    unsigned first = 0;

    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        random = random * 1664525 + 1013904223;
        size_t len = (random >> 16) % (random & 0x8000 ? 200 : ESP_QUEUE_DATA_MAX + 1);
        memset(data, (int)(len & 0xFF), len);
        if (waiting < 64 && post_message("t", data, len) == 0) {
            lengths[(first + waiting++) % 64] = len;
            continue;
        }
        assert_true(waiting > 0); /* one message, whatever its length, fits where there is none */
        struct roost_event event = taken();
        size_t wanted = lengths[first++ % 64];
        waiting--;
        assert_int_equal(event.len, wanted);
        for (size_t i = 0; i < wanted; i++)
            assert_int_equal(((const uint8_t *)event.data)[i], wanted & 0xFF);
    }
}

/* However many messages were given up: the lock, and with it the interrupts, comes back between two
 * of them. */
static void test_given_up_messages_are_skipped_one_at_a_time(void **state)
{
    const struct roost_event head = {.type = ROOST_EV_MQTT_MESSAGE};
    unsigned given_up = 0;
    struct esp_queue_message *message;

    (void)state;
    while ((message = esp_queue_begin(&head, "t", 1, 1))) {
        esp_queue_end(message, false);
        given_up++;
    }
    assert_true(given_up > 100);
    assert_int_equal(post(ROOST_EV_MQTT_ACKED, 0, 7), 0);
    critical_sections = 0;
    assert_int_equal(taken().token, 7);
    assert_true(critical_sections > given_up);
    assert_empty();
}

/* A signal that comes while they are skipped is not held up by them. */
static void test_a_signal_overtakes_what_was_given_up(void **state)
{
    const struct roost_event head = {.type = ROOST_EV_MQTT_MESSAGE};

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct esp_queue_message *message = esp_queue_begin(&head, "t", 1, 1);
        assert_non_null(message);
        esp_queue_end(message, false);
    }
    assert_int_equal(post_message("t", "kept", 4), 0);
    assert_int_equal(post(ROOST_EV_AUDIO_READY, 0, 0), 0);
    assert_int_equal(taken().type, ROOST_EV_AUDIO_READY);
    assert_memory_equal(taken().data, "kept", 4);
    assert_empty();
}

static int calls;

static void count_call(void *arg)
{
    calls += *(int *)arg;
}

static void test_calls_come_once_behind_the_signals(void **state)
{
    struct esp_queue_item item;
    int one = 1, ten = 10;

    (void)state;
    assert_int_equal(post_message("t", "x", 1), 0);
    esp_queue_call(2, count_call, &one);
    esp_queue_call(2, count_call, &ten); /* the last one counts */
    esp_queue_call(0, count_call, &one);
    assert_int_equal(post(ROOST_EV_AUDIO_READY, 0, 0), 0);
    assert_int_equal(taken().type, ROOST_EV_AUDIO_READY);
    for (int i = 0; i < 2; i++) {
        assert_true(esp_queue_take(&item));
        assert_int_equal(item.kind, ESP_QUEUE_CALL);
        item.call(item.arg);
    }
    assert_int_equal(calls, 11);
    assert_int_equal(taken().type, ROOST_EV_MQTT_MESSAGE);
    assert_empty();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_wifi_tells_the_loss_before_the_return, setup),
        cmocka_unit_test_setup(test_lines_are_merged_into_their_last_level, setup),
        cmocka_unit_test_setup(test_signals_from_interrupts, setup),
        cmocka_unit_test_setup(test_messages_in_order_and_copied, setup),
        cmocka_unit_test_setup(test_what_must_not_be_lost_finds_room, setup),
        cmocka_unit_test_setup(test_too_long, setup),
        cmocka_unit_test_setup(test_a_message_in_pieces, setup),
        cmocka_unit_test_setup(test_lines, setup),
        cmocka_unit_test_setup(test_the_ring_wraps, setup),
        cmocka_unit_test_setup(test_given_up_messages_are_skipped_one_at_a_time, setup),
        cmocka_unit_test_setup(test_a_signal_overtakes_what_was_given_up, setup),
        cmocka_unit_test_setup(test_calls_come_once_behind_the_signals, setup),
    };

    return cmocka_run_group_tests_name("ESP-IDF queue", tests, NULL, NULL);
}
