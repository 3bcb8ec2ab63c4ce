/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/api/test_web.h"

#include "hub/api/events.h"

struct rig {
    struct web *web;
    struct events *events;
    struct hub_feed feed;
    struct http_route route;
    struct http_identity who; /* whom the guard takes the next caller for */
};

static int let_in(void *ctx, const struct http_request *request, struct http_exchange *exchange,
                  struct http_identity *identity)
{
    (void)request;
    (void)exchange;
    *identity = ((const struct rig *)ctx)->who;
    return 0;
}

static int set_up(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    *state = rig;
    struct web *web = rig->web = web_new();
    rig->events = events_new(&web->loop, web->metrics);
    assert_non_null(rig->events);
    rig->feed = events_feed(rig->events);
    rig->route = (struct http_route){
        .method = HTTP_GET, .path = "/events", .handler = events_get, .ctx = rig->events};
    assert_int_equal(http_server_add(web->server, &rig->route, 1), 0);
    http_server_guard(web->server, &(struct http_guard){.check = let_in, .ctx = rig});
    assert_int_equal(http_server_listen(web->server), 0);
    return 0;
}

static int tear_down(void **state)
{
    struct rig *rig = *state;
    if (rig->events)
        events_close(rig->events);
    web_free(rig->web);
    free(rig);
    return 0;
}

static void listen_to(struct rig *rig, struct client *client, const char *query)
{
    char path[160];
    snprintf(path, sizeof path, "/events%s", query);
    client_open(rig->web, client);
    client_send(client, "GET", path, NULL, NULL);
    client_wait(client, "event: hello\ndata: {}\n\n");
}

static bool wanted(struct rig *rig)
{
    return rig->feed.ops->wanted(rig->feed.ctx);
}

static void feed(struct rig *rig, const char *event, const char *json)
{
    rig->feed.ops->send(rig->feed.ctx, event, json, strlen(json));
}

static double dropped(struct rig *rig)
{
    return web_counted(rig->web, "roost_events_dropped_total", NULL);
}

static double sent(struct rig *rig)
{
    return web_counted(rig->web, "roost_events_sent_total", NULL);
}

/* An event that nothing before it can be behind: once it is there, all before it is. */
static void feed_last(struct rig *rig, struct client *client)
{
    feed(rig, "last", "{\"device_id\":\"w1\"}");
    client_wait(client, "event: last\n");
}

static void between_two_flushes_the_newest_counts(void **state)
{
    struct rig *rig = *state;
    struct client client;
    listen_to(rig, &client, "");
    feed(rig, "reading", "{\"device_id\":\"w1\",\"metric\":\"temperature\",\"value\":1}");
    feed(rig, "reading", "{\"device_id\":\"w1\",\"metric\":\"humidity\",\"value\":2}");
    feed(rig, "reading", "{\"device_id\":\"w2\",\"metric\":\"temperature\",\"value\":3}");
    feed(rig, "state", "{\"device_id\":\"w1\",\"value\":4}");
    feed(rig, "command", "{\"device_id\":\"w1\",\"command_id\":\"a\",\"value\":5}");
    feed(rig, "command", "{\"device_id\":\"w1\",\"command_id\":\"b\",\"value\":6}");
    feed(rig, "reading", "{\"device_id\":\"w1\",\"metric\":\"temperature\",\"value\":7}");
    feed_last(rig, &client);
    assert_false(client_got(&client, "\"value\":1}"));
    for (int value = 2; value <= 7; value++) {
        char text[16];
        snprintf(text, sizeof text, "\"value\":%d}", value);
        assert_true(client_got(&client, text));
    }
    assert_true(sent(rig) == 7);
    assert_true(dropped(rig) == 0);
    client_close(&client);
}

static void a_view_of_one_device_gets_that_one(void **state)
{
    struct rig *rig = *state;
    struct client one, all;
    listen_to(rig, &one, "?device_id=w1");
    listen_to(rig, &all, "?device_id=");
    feed(rig, "state", "{\"device_id\":\"w2\"}");
    feed_last(rig, &one);
    client_wait(&all, "event: last\n");
    assert_false(client_got(&one, "w2"));
    assert_true(client_got(&all, "w2"));
    client_close(&one);
    client_close(&all);
}

static void what_is_too_much_for_one_flush_is_counted(void **state)
{
    enum { TOO_MANY = 5 };
    struct rig *rig = *state;
    struct client client;
    char json[64];
    listen_to(rig, &client, "");
    for (int i = 0; i < EVENTS_PENDING_MAX + TOO_MANY; i++) {
        snprintf(json, sizeof json, "{\"device_id\":\"w%d\",\"n\":%d}", i, i);
        feed(rig, "state", json);
    }
    assert_true(dropped(rig) == TOO_MANY);
    feed(rig, "state", "{\"device_id\":\"w0\",\"n\":-1}"); /* newer, of one that has its place */
    assert_true(dropped(rig) == TOO_MANY);
    client_wait(&client, "\"n\":2047}");
    assert_true(client_got(&client, "\"n\":-1}"));
    assert_false(client_got(&client, "\"n\":0}"));
    assert_false(client_got(&client, "\"n\":2048}"));
    feed_last(rig, &client); /* the next flush has room again */
    client_close(&client);
}

static void what_is_no_event_is_counted(void **state)
{
    static char long_one[EVENTS_DATA_MAX + 2];
    struct rig *rig = *state;
    struct client client;
    memset(long_one, ' ', sizeof long_one - 1);
    memcpy(long_one, "{}", 2);
    listen_to(rig, &client, "");
    feed(rig, "state", long_one);
    feed(rig, "state", "{\"device_id\":");
    assert_true(dropped(rig) == 2);
    long_one[EVENTS_DATA_MAX] = '\0';
    feed(rig, "state", long_one);
    assert_true(dropped(rig) == 2);
    feed_last(rig, &client);
    client_close(&client);
}

static void nothing_is_done_for_nobody(void **state)
{
    struct rig *rig = *state;
    struct client first, second;
    assert_false(wanted(rig));
    feed(rig, "state", "{\"device_id\":\"w1\"}");
    listen_to(rig, &first, "");
    listen_to(rig, &second, "");
    assert_true(wanted(rig));
    assert_true(web_gauge(rig->web, "roost_event_streams") == 2);
    client_close(&first); /* while something is on its way to it */
    feed(rig, "state", "{\"device_id\":\"w1\"}");
    feed_last(rig, &second);
    while (web_gauge(rig->web, "roost_event_streams") > 1)
        web_turn(rig->web);
    assert_true(wanted(rig));
    feed(rig, "state", "{\"device_id\":\"w1\",\"n\":1}");
    client_close(&second);
    while (web_gauge(rig->web, "roost_event_streams") > 0)
        web_turn(rig->web);
    assert_false(wanted(rig));
    listen_to(rig, &first, ""); /* and finds nothing of before */
    feed_last(rig, &first);
    assert_false(client_got(&first, "\"n\":1"));
    client_close(&first);
}

/* A view that does not read is cut off; it costs the others nothing. */
static void a_view_that_does_not_read_is_cut_off(void **state)
{
    struct rig *rig = *state;
    struct client slow, quick;
    static char json[EVENTS_DATA_MAX];
    int room = 4096;
    listen_to(rig, &slow, "");
    listen_to(rig, &quick, "?device_id=w1");
    uv_read_stop((uv_stream_t *)&slow.tcp);
    uv_recv_buffer_size((uv_handle_t *)&slow.tcp, &room);
    for (int round = 0; web_gauge(rig->web, "roost_event_streams") > 1; round++) {
        assert_in_range(round, 0, 10000);
        for (int i = 0; i < 100; i++) {
            int len = snprintf(json, sizeof json, "{\"device_id\":\"x%d\",\"pad\":\"", i);
            memset(json + len, 'x', sizeof json - (size_t)len);
            snprintf(json + sizeof json - 3, 3, "\"}");
            feed(rig, "state", json);
        }
        feed_last(rig, &quick);
        quick.len = 0;
        quick.in[0] = '\0';
    }
    feed_last(rig, &quick);
    client_close(&slow);
    client_close(&quick);
}

static void a_bad_device_id_is_refused(void **state)
{
    struct rig *rig = *state;
    struct client client;
    client_open(rig->web, &client);
    assert_int_equal(client_ask(&client, "GET", "/events?device_id=a/b", NULL, NULL), 400);
    assert_true(client_got(&client, "device_id: 1 to 64 characters"));
    assert_false(wanted(rig));
    client_close(&client);
}

static void listen_as(struct rig *rig, struct client *client, const char *session, uint32_t valid_s)
{
    rig->who = (struct http_identity){.id = 1, .role = HTTP_ROLE_OPERATOR, .valid_s = valid_s};
    snprintf(rig->who.session, sizeof rig->who.session, "%s", session);
    listen_to(rig, client, "");
}

static void wait_for_end(struct rig *rig, struct client *client)
{
    while (!client->ended)
        web_turn(rig->web);
}

/* A sign-out ends its own views, at once: nothing more is sent there. */
static void a_view_ends_with_its_sign_in(void **state)
{
    struct rig *rig = *state;
    struct client gone, second, other, nobody;
    listen_as(rig, &gone, "a", 1800);
    listen_as(rig, &second, "a", 1800);
    listen_as(rig, &other, "b", 1800);
    listen_as(rig, &nobody, "", 0);
    events_end(rig->events, "a");
    feed_last(rig, &other);
    wait_for_end(rig, &gone);
    wait_for_end(rig, &second);
    assert_false(client_got(&gone, "last"));
    events_end(rig->events, "");
    events_end(rig->events, "c");
    other.len = 0;
    other.in[0] = '\0';
    feed_last(rig, &other);
    client_wait(&nobody, "event: last\n");
    client_close(&gone);
    client_close(&second);
    client_close(&other);
    client_close(&nobody);
}

/* What opened it has expired: whoever wants more opens another with a new token. */
static void a_view_ends_with_its_token(void **state)
{
    struct rig *rig = *state;
    struct client brief, longer;
    listen_as(rig, &brief, "a", 1);
    listen_as(rig, &longer, "a", 1800);
    uint64_t before = uv_hrtime();
    wait_for_end(rig, &brief);
    assert_true(uv_hrtime() - before >= UINT64_C(900) * 1000 * 1000);
    feed_last(rig, &longer);
    client_close(&brief);
    client_close(&longer);
}

static void closing_ends_every_view(void **state)
{
    struct rig *rig = *state;
    struct client client;
    listen_to(rig, &client, "");
    feed(rig, "state", "{\"device_id\":\"w1\"}");
    events_close(rig->events);
    rig->events = NULL;
    while (!client.ended)
        web_turn(rig->web);
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
        TEST(a_view_ends_with_its_sign_in),
        TEST(a_view_ends_with_its_token),
        TEST(closing_ends_every_view),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
