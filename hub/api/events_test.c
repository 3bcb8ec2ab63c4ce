/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/api/test_rig.h"

#include "hub/api/events.h"

struct bed {
    struct rig *rig;
    struct events *events;
    struct hub_feed feed;
    struct http_route route;
};

static int set_up(void **state)
{
    struct bed *bed = calloc(1, sizeof *bed);
    assert_non_null(bed);
    *state = bed;
    struct rig *rig = bed->rig = rig_new();
    bed->events = events_new(&rig->loop, rig->metrics);
    assert_non_null(bed->events);
    bed->feed = events_feed(bed->events);
    bed->route = (struct http_route){
        .method = HTTP_GET, .path = "/events", .handler = events_get, .ctx = bed->events};
    assert_int_equal(http_server_add(rig->server, &bed->route, 1), 0);
    assert_int_equal(http_server_listen(rig->server), 0);
    return 0;
}

static int tear_down(void **state)
{
    struct bed *bed = *state;
    if (bed->events != NULL)
        events_close(bed->events);
    rig_free(bed->rig);
    free(bed);
    return 0;
}

static void listen_to(struct bed *bed, struct client *client, const char *query)
{
    char path[160];
    snprintf(path, sizeof path, "/events%s", query);
    client_open(bed->rig, client);
    client_send(client, "GET", path, NULL, NULL);
    client_wait(client, "event: hello\ndata: {}\n\n");
}

static bool wanted(struct bed *bed)
{
    return bed->feed.ops->wanted(bed->feed.ctx);
}

static void feed(struct bed *bed, const char *event, const char *json)
{
    bed->feed.ops->send(bed->feed.ctx, event, json, strlen(json));
}

static double dropped(struct bed *bed)
{
    return rig_counted(bed->rig, "roost_events_dropped_total", NULL);
}

static double sent(struct bed *bed)
{
    return rig_counted(bed->rig, "roost_events_sent_total", NULL);
}

/* An event that nothing before it can be behind: once it is there, all before it is. */
static void feed_last(struct bed *bed, struct client *client)
{
    feed(bed, "last", "{\"device_id\":\"w1\"}");
    client_wait(client, "event: last\n");
}

static void between_two_flushes_the_newest_counts(void **state)
{
    struct bed *bed = *state;
    struct client client;
    listen_to(bed, &client, "");
    feed(bed, "reading", "{\"device_id\":\"w1\",\"metric\":\"temperature\",\"value\":1}");
    feed(bed, "reading", "{\"device_id\":\"w1\",\"metric\":\"humidity\",\"value\":2}");
    feed(bed, "reading", "{\"device_id\":\"w2\",\"metric\":\"temperature\",\"value\":3}");
    feed(bed, "state", "{\"device_id\":\"w1\",\"value\":4}");
    feed(bed, "command", "{\"device_id\":\"w1\",\"command_id\":\"a\",\"value\":5}");
    feed(bed, "command", "{\"device_id\":\"w1\",\"command_id\":\"b\",\"value\":6}");
    feed(bed, "reading", "{\"device_id\":\"w1\",\"metric\":\"temperature\",\"value\":7}");
    feed_last(bed, &client);
    assert_false(client_got(&client, "\"value\":1}"));
    for (int value = 2; value <= 7; value++) {
        char text[16];
        snprintf(text, sizeof text, "\"value\":%d}", value);
        assert_true(client_got(&client, text));
    }
    assert_true(sent(bed) == 7);
    assert_true(dropped(bed) == 0);
    client_close(&client);
}

static void a_view_of_one_device_gets_that_one(void **state)
{
    struct bed *bed = *state;
    struct client one, all;
    listen_to(bed, &one, "?device_id=w1");
    listen_to(bed, &all, "?device_id=");
    feed(bed, "state", "{\"device_id\":\"w2\"}");
    feed_last(bed, &one);
    client_wait(&all, "event: last\n");
    assert_false(client_got(&one, "w2"));
    assert_true(client_got(&all, "w2"));
    client_close(&one);
    client_close(&all);
}

static void what_is_too_much_for_one_flush_is_counted(void **state)
{
    enum { TOO_MANY = 5 };
    struct bed *bed = *state;
    struct client client;
    char json[64];
    listen_to(bed, &client, "");
    for (int i = 0; i < EVENTS_PENDING_MAX + TOO_MANY; i++) {
        snprintf(json, sizeof json, "{\"device_id\":\"w%d\",\"n\":%d}", i, i);
        feed(bed, "state", json);
    }
    assert_true(dropped(bed) == TOO_MANY);
    feed(bed, "state", "{\"device_id\":\"w0\",\"n\":-1}"); /* newer, of one that has its place */
    assert_true(dropped(bed) == TOO_MANY);
    client_wait(&client, "\"n\":2047}");
    assert_true(client_got(&client, "\"n\":-1}"));
    assert_false(client_got(&client, "\"n\":0}"));
    assert_false(client_got(&client, "\"n\":2048}"));
    feed_last(bed, &client); /* the next flush has room again */
    client_close(&client);
}

static void what_is_no_event_is_counted(void **state)
{
    static char long_one[EVENTS_DATA_MAX + 2];
    struct bed *bed = *state;
    struct client client;
    memset(long_one, ' ', sizeof long_one - 1);
    memcpy(long_one, "{}", 2);
    listen_to(bed, &client, "");
    feed(bed, "state", long_one);
    feed(bed, "state", "{\"device_id\":");
    assert_true(dropped(bed) == 2);
    long_one[EVENTS_DATA_MAX] = '\0';
    feed(bed, "state", long_one);
    assert_true(dropped(bed) == 2);
    feed_last(bed, &client);
    client_close(&client);
}

static void nothing_is_done_for_nobody(void **state)
{
    struct bed *bed = *state;
    struct client first, second;
    assert_false(wanted(bed));
    feed(bed, "state", "{\"device_id\":\"w1\"}");
    listen_to(bed, &first, "");
    listen_to(bed, &second, "");
    assert_true(wanted(bed));
    assert_true(rig_gauge(bed->rig, "roost_event_streams") == 2);
    client_close(&first); /* while something is on its way to it */
    feed(bed, "state", "{\"device_id\":\"w1\"}");
    feed_last(bed, &second);
    while (rig_gauge(bed->rig, "roost_event_streams") > 1)
        rig_turn(bed->rig);
    assert_true(wanted(bed));
    feed(bed, "state", "{\"device_id\":\"w1\",\"n\":1}");
    client_close(&second);
    while (rig_gauge(bed->rig, "roost_event_streams") > 0)
        rig_turn(bed->rig);
    assert_false(wanted(bed));
    listen_to(bed, &first, ""); /* and finds nothing of before */
    feed_last(bed, &first);
    assert_false(client_got(&first, "\"n\":1"));
    client_close(&first);
}

/* A view that does not read is cut off; it costs the others nothing. */
static void a_view_that_does_not_read_is_cut_off(void **state)
{
    struct bed *bed = *state;
    struct client slow, quick;
    static char json[EVENTS_DATA_MAX];
    int room = 4096;
    listen_to(bed, &slow, "");
    listen_to(bed, &quick, "?device_id=w1");
    uv_read_stop((uv_stream_t *)&slow.tcp);
    uv_recv_buffer_size((uv_handle_t *)&slow.tcp, &room);
    for (int round = 0; rig_gauge(bed->rig, "roost_event_streams") > 1; round++) {
        assert_in_range(round, 0, 10000);
        for (int i = 0; i < 100; i++) {
            int len = snprintf(json, sizeof json, "{\"device_id\":\"x%d\",\"pad\":\"", i);
            memset(json + len, 'x', sizeof json - (size_t)len);
            snprintf(json + sizeof json - 3, 3, "\"}");
            feed(bed, "state", json);
        }
        feed_last(bed, &quick);
        quick.len = 0;
        quick.in[0] = '\0';
    }
    feed_last(bed, &quick);
    client_close(&slow);
    client_close(&quick);
}

static void a_bad_device_id_is_refused(void **state)
{
    struct bed *bed = *state;
    struct client client;
    client_open(bed->rig, &client);
    assert_int_equal(client_ask(&client, "GET", "/events?device_id=a/b", NULL, NULL), 400);
    assert_true(client_got(&client, "device_id: 1 to 64 characters"));
    assert_false(wanted(bed));
    client_close(&client);
}

static void closing_ends_every_view(void **state)
{
    struct bed *bed = *state;
    struct client client;
    listen_to(bed, &client, "");
    feed(bed, "state", "{\"device_id\":\"w1\"}");
    events_close(bed->events);
    bed->events = NULL;
    while (!client.ended)
        rig_turn(bed->rig);
    client_close(&client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(between_two_flushes_the_newest_counts),
        TEST(a_view_of_one_device_gets_that_one),
        TEST(what_is_too_much_for_one_flush_is_counted),
        TEST(what_is_no_event_is_counted),
        TEST(nothing_is_done_for_nobody),
        TEST(a_view_that_does_not_read_is_cut_off),
        TEST(a_bad_device_id_is_refused),
        TEST(closing_ends_every_view),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
