/* SPDX-License-Identifier: Apache-2.0 */
/* Who is refused is told: with the device, with the hub, and in the log. */
#include "hub/ingest/test_meter_rig.h"

#include "host/log.h"
#include "hub/fleet/view.h"

static const char *device_json(const char *id)
{
    static char json[FLEET_VIEW_MAX];
    struct roost_json_writer w;

    roost_json_begin(&w, json, sizeof json);
    fleet_view_device(&w, fleet_find(rig.fleet, id), fleet_services(rig.fleet));
    assert_true(roost_json_finish(&w) > 0);
    return json;
}

static const char *strangers_json(void)
{
    static char json[65536];
    struct roost_json_writer w;

    roost_json_begin(&w, json, sizeof json);
    refusals_write_strangers(rig.services.refusals, &w);
    assert_true(roost_json_finish(&w) > 0);
    return json;
}

static void expect_in(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("%s lacks %s", text, part);
}

static size_t times_in(const char *text, const char *part)
{
    size_t count = 0;

    for (; (text = strstr(text, part)); text++)
        count++;
    return count;
}

static void a_device_shows_what_was_refused(void **state)
{
    (void)state;
    rig_send("meter/w1/in", "20");
    expect_in(device_json("w1"), "\"refused\":[]");
    rig_send("meter/w1/in", "warm");
    rig_send("meter/w1/in", "{\"value\":\"hot\"}");
    expect_in(device_json("w1"),
              "\"refused\":[{\"reason\":\"bad_payload\",\"topic\":\"meter/w1/in\",\"count\":2,"
              "\"first_at_ms\":");
    expect_in(device_json("w1"), "\"excerpt\":\"{\\\"value\\\":\\\"hot\\\"}\"}]");
    rig_send("device/w1/status", "nonsense");
    expect_in(device_json("w1"), "\"refused\":[{\"reason\":\"bad_payload\",\"topic\":"
                                 "\"device/w1/status\",\"count\":1,");
    assert_int_equal(times_in(device_json("w1"), "\"reason\""), 2);
    rig_send("meter/w2/in", "20");
    expect_in(device_json("w2"), "\"refused\":[]");
    assert_string_equal(strangers_json(), "[]");
}

static void a_removed_device_leaves_nothing(void **state)
{
    (void)state;
    rig_send("meter/w1/in", "20");
    rig_send("meter/w1/in", "warm");
    assert_int_equal(fleet_remove(rig.fleet, "w1", true, NULL, NULL), 0);
    rig.registry.ops->wait(rig.registry.ctx);
    rig_settle();
    rig_send("meter/w1/in", "21");
    expect_in(device_json("w1"), "\"refused\":[]");
}

static void who_is_unknown_is_listed(void **state)
{
    char topic[64];
    (void)state;
    rig.settings.device_policy = FLEET_POLICY_CLOSED;
    rig_restart();
    rig_send("meter/w9/in", "20");
    rig_send("meter/w9/in", "21");
    expect_in(strangers_json(), "[{\"device_id\":\"w9\",\"reason\":\"unknown_device\",\"topic\":"
                                "\"meter/w9/in\",\"count\":2,");
    rig_send("meter/../in", "22");
    expect_in(strangers_json(), "[{\"device_id\":\"\",\"reason\":\"bad_topic\",\"topic\":"
                                "\"meter/../in\",\"count\":1,");
    rig_send("meter/\x01\xff/in", "23");
    expect_in(strangers_json(), "\"topic\":\"meter/?"
                                "?/in\"");
    for (int i = 0; i < 1000; i++) {
        snprintf(topic, sizeof topic, "meter/many-%d/in", i);
        rig_send(topic, "20");
    }
    assert_int_equal(times_in(strangers_json(), "\"device_id\""), REFUSALS_STRANGERS);
    expect_in(strangers_json(), "[{\"device_id\":\"many-999\"");
    assert_null(strstr(strangers_json(), "w9"));
}

static void a_device_that_waits_is_told(void **state)
{
    (void)state;
    rig.settings.device_policy = FLEET_POLICY_CLAIM;
    rig_restart();
    rig_send("meter/w1/in", "20");
    expect_in(device_json("w1"), "\"refused\":[{\"reason\":\"unclaimed\"");
}

/* What is shown of one device has a bound, whatever it sends. */
static void the_longest_fits(void **state)
{
    char id[ROOST_DEVICE_ID_MAX + 1], payload[256], topic[128];
    struct refusal refusal = {.payload = payload, .topic = topic, .device_id = id};
    (void)state;
    memset(id, 'w', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    memset(payload, '"', sizeof payload);
    refusal.len = sizeof payload;
    snprintf(topic, sizeof topic, "meter/%s/in", id);
    rig_send(topic, "20");
    refusal.device = fleet_find(rig.fleet, id);
    for (int i = 0; i < 2 * REFUSALS_A_DEVICE; i++) {
        char reason[24];
        snprintf(reason, sizeof reason, "reason_that_is_long_%d", i);
        refusal.reason = reason;
        refusals_note(rig.services.refusals, &refusal);
    }
    const char *json = device_json(id);
    assert_true(strlen(json) < FLEET_VIEW_MAX);
    assert_in_range(times_in(json, "\"reason\""), 4, REFUSALS_A_DEVICE);
    expect_in(json, "\"refused\":[{\"reason\":\"reason_that_is_long_15\"");
}

/* ---- the log ---- */

static size_t log_lines;
static char last_line[1024];

static void keep_line(void *ctx, enum roost_log_level level, const char *line, size_t len)
{
    (void)ctx;
    (void)level;
    if (!memmem(line, len, "message refused", 15))
        return;
    log_lines++;
    snprintf(last_line, sizeof last_line, "%.*s", (int)len, line);
}

static void the_log_tells_once_and_at_a_bounded_rate(void **state)
{
    char topic[64];
    (void)state;
    log_lines = 0;
    host_log_init(ROOST_LOG_INFO, keep_line, NULL);
    for (int i = 0; i < 5000; i++)
        rig_send("meter/w1/in", "warm");
    assert_int_equal(log_lines, 1);
    expect_in(last_line, "\"level\":\"warn\"");
    expect_in(last_line,
              "\"device_id\":\"w1\",\"topic\":\"meter/w1/in\",\"reason\":\"bad_payload\","
              "\"messages\":1,\"bytes\":4,\"excerpt\":\"warm\"");
    assert_null(strstr(last_line, "left_out")); /* nothing was */
    fake_pass(&rig.fake, REFUSALS_AGAIN_MS + 1);
    rig_send("meter/w1/in", "warm");
    assert_int_equal(log_lines, 2);
    expect_in(last_line, "\"messages\":5000,");
    /* A thousand of them: no more lines than the hub allows for all. */
    log_lines = 0;
    fake_pass(&rig.fake, 60000);
    for (int i = 0; i < 1000; i++) {
        snprintf(topic, sizeof topic, "meter/../%d", i);
        rig_send(topic, "x");
    }
    assert_int_equal(log_lines, REFUSALS_LOG_BURST);
    fake_pass(&rig.fake, 60000);
    rig_send("meter/../one more", "x");
    assert_int_equal(log_lines, REFUSALS_LOG_BURST + 1);
    expect_in(last_line, "\"left_out\":980");
    host_log_init(ROOST_LOG_ERROR, NULL, NULL);
}

/* ---- excerpts ---- */

static void excerpts_hold_no_bulk_and_no_secret(void **state)
{
    static const char sound[] = "{\"data\":\"UklGRiQAAABXQVZFZm10IBAAAAABAAEAgD4AAAB9AAACABAAZGF0YQ"
                                "AAAAA=\",\"sample_rate\":16000}";
    static const char *const cases[][2] = {
        {"25.5", "25.5"},
        {"", ""},
        {"{\"value\":25.5,\"ts\":1760000000123}", "{\"value\":25.5,\"ts\":1760000000123}"},
        {sound, "{\"data\":\"...\",\"sample_rate\":16000}"},
        {"{\"psk\":\"hunter2\",\"ssid\":\"home\"}", "{\"psk\":***,\"ssid\":\"home\"}"},
        {"{ \"wifi_password\" : \"a\\\"b\" , \"x\":1}", "{ \"wifi_password\":*** , \"x\":1}"},
        {"{\"token\":12345,\"x\":1}", "{\"token\":***,\"x\":1}"},
        {"{\"password\":\"never closed", "{\"password\":***"},
        {"a\nb\t\x7f\xc3\xa9", "a\\x0Ab\\x09\\x7F\\xC3\\xA9"},
        {"0123456789abcdef0123456789abcdef", "..."},
    };
    char out[REFUSALS_EXCERPT_MAX + 1];
    char bytes[3000];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        refusals_excerpt(out, cases[i][0], strlen(cases[i][0]));
        assert_string_equal(out, cases[i][1]);
    }
    refusals_excerpt(out, NULL, 100);
    assert_string_equal(out, "");
    for (unsigned byte = 0; byte < 256; byte++) {
        memset(bytes, (int)byte, sizeof bytes);
        refusals_excerpt(out, bytes, sizeof bytes);
        assert_in_range(strlen(out), 3, REFUSALS_EXCERPT_MAX);
        for (const char *c = out; *c; c++)
            assert_true(*c >= ' ' && *c < 0x7F);
    }
}

/* Whoever made the device wrote the payload: names and forms are as people write them. */
static void excerpts_hide_secrets_in_any_form(void **state)
{
    static const char *const cases[][2] = {
        {"{\"wifiPassword\":\"hunter2\",\"x\":1}", "{\"wifiPassword\":***,\"x\":1}"},
        {"{\"passphrase\":\"hunter2\"}", "{\"passphrase\":***}"},
        {"{\"PWD\":\"hunter2\"}", "{\"PWD\":***}"},
        {"{\"x-api-key\":\"hunter2\"}", "{\"x-api-key\":***}"},
        {"{\"pass\\u0077ord\":\"hunter2\"}", "{\"pass\\u0077ord\":***}"},
        {"{\"p\\u0073k\":\"hunter2\"}", "{\"p\\u0073k\":***}"},
        {"{'psk':'hunter2', 'x':1}", "{'psk':***, 'x':1}"},
        {"{psk:hunter2}", "{psk:***}"},
        {"{\"token\":[\"a\",\"hunter2\"]}", "{\"token\":***"},
        {"{\"auth\":{\"user\":\"a\",\"b\":\"hunter2\"}}", "{\"auth\":***"},
        {"{\"psk\":\n\"hunter2\"}", "{\"psk\":***}"},
        {"\"{\\\"psk\\\":\\\"hunter2\\\"}\"", "\"{\\\"psk\\\":***}\""},
        {"password=hunter2", "password=***"},
        {"a=1&password=hunter2&b=2", "a=1&password=***&b=2"},
        {"x/password=hunter2", "x/password=***"},
        {"psk: hunter2", "psk:***"},
        {"Authorization: Bearer hunter2", "Authorization:***"},
        {"mqtt://u:hunter2@broker/x", "mqtt://***@broker/x"},
        {"{\"url\":\"http://u:hunt/er2@h\",\"x\":1}", "{\"url\":\"http://***@h\",\"x\":1}"},
        {"{\"url\":\"http://h/a\"}", "{\"url\":\"http://h/a\"}"},
        {"{\"error\":\"no token\"}", "{\"error\":\"no token\"}"},
        {"token", "token"},
        {"{\"psk\":", "{\"psk\":***"},
        {"psk: |\n  hunter2\n", "psk:***"},
        /* No sign between the two: what is behind the name is not shown. */
        {"password hunter2", "password***"},
        {"login bob, the Password is hunter2", "login bob, the Password***"},
        {"password -> hunter2", "password***"},
        {"password\thunter2", "password***"},
        {"password|hunter2", "password***"},
        {"<psk>hunter2</psk>", "<psk***"},
        {"<p k=\"a\" password hunter2", "<p k=\"a\" password***"},
        {"password,user\nhunter2,bob", "password***"},
        {"{\"error\":\"no token in hunter2\"}", "{\"error\":\"no token***"},
        /* The name is a value itself: the secret may stand on either side. */
        {"[\"password\",\"hunter2\"]", "***"},
        {"[\"hunter2\",\"password\"]", "***"},
        {"[[\"user\",\"password\"],[\"bob\",\"hunter2\"]]", "***"},
        {"[\"p\\u0073k\",\"hunter2\"]", "***"},
        {"{\"name\":\"password\",\"value\":\"hunter2\"}", "***"},
        {"{\"value\":\"hunter2\",\"name\":\"password\"}", "***"},
        {"{\"value\":\"hunter2\",\"name\": \"wifi-psk\" }", "***"},
        {"name=password&value=hunter2", "***"},
        {"value=hunter2&name=password", "***"},
        {"user, password\nbob, hunter2", "user, password***"},
        {"<n>password</n><v>hunter2</v>", "***"},
        {"[\"wifi_station_configured_password\",\"hunter2\"]", "***"},
        /* And what is no secret stays. */
        {"[\"temperature\",21.5]", "[\"temperature\",21.5]"},
        {"invalid token.", "invalid token."},
    };
    char out[REFUSALS_EXCERPT_MAX + 1];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        refusals_excerpt(out, cases[i][0], strlen(cases[i][0]));
        assert_string_equal(out, cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_device_shows_what_was_refused),
        RIG_TEST(a_removed_device_leaves_nothing),
        RIG_TEST(who_is_unknown_is_listed),
        RIG_TEST(a_device_that_waits_is_told),
        RIG_TEST(the_longest_fits),
        RIG_TEST(the_log_tells_once_and_at_a_bounded_rate),
        cmocka_unit_test(excerpts_hold_no_bulk_and_no_secret),
        cmocka_unit_test(excerpts_hide_secrets_in_any_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
