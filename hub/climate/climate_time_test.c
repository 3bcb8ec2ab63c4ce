/* SPDX-License-Identifier: Apache-2.0 */
/* Wrong clocks and replays: what is shown of a window, and what the model is asked about. */
#include "hub/climate/test_rig.h"

#include "hub/fleet/view.h"

#define HOUR_MS INT64_C(3600000)
#define YEAR_MS (365 * 24 * HOUR_MS)

static uint64_t numbers;

static size_t questions(void)
{
    size_t count = 0;
    for (size_t i = 0; i < rig.fake.published_count && i < FAKE_PUBLISHED; i++)
        count += strncmp(rig.fake.published[i].topic, "ml/inference/request/", 21) == 0;
    return count;
}

/* Samples of ten seconds apart, by a clock that is off by so much. */
static void sample(int64_t off_ms, int count)
{
    for (int i = 0; i < count; i++) {
        fake_pass(&rig.fake, 10000);
        numbers++;
        rig_reading("w1", "temperature", 20 + (double)(numbers % 7), rig.fake.unix_ms + off_ms,
                    numbers);
        rig_reading("w1", "humidity", 50, rig.fake.unix_ms + off_ms, numbers);
        rig_settle();
    }
}

static const char *view_of(const char *device_id)
{
    static char json[FLEET_VIEW_MAX];
    struct roost_json_writer w;
    roost_json_begin(&w, json, sizeof json);
    fleet_view_device(&w, fleet_find(rig.fleet, device_id), fleet_services(rig.fleet));
    assert_true(roost_json_finish(&w) > 0);
    return json;
}

static const char *view(void)
{
    return view_of("w1");
}

static void a_wrong_clock_goes_on_asking(void **state)
{
    static const int64_t off[] = {-120000, -2 * HOUR_MS, -YEAR_MS, 90000, 10 * YEAR_MS};
    for (size_t i = 0; i < sizeof off / sizeof off[0]; i++) {
        if (i > 0) {
            rig_tear_down(state);
            assert_int_equal(rig_set_up(state), 0);
        }
        rig_sound("w1", 1000); /* without a time */
        sample(off[i], 4);
        assert_true(rig_window("w1")->latest_ms[FEATURE_TEMPERATURE] >= rig.fake.unix_ms + off[i] ||
                    off[i] > 0);
        assert_true(questions() >= 3);
        assert_int_equal(rig_rows(SERIES_HUMIDITY, "w1")->count, 4);
        assert_non_null(strstr(view(), off[i] > 0 ? "\"kind\":\"ahead\"" : "\"kind\":\"behind\""));
        assert_non_null(strstr(view(), "\"condition\":\"warning\""));
    }
}

static void the_view_says_how_far_it_is_off(void **state)
{
    char expected[128];
    (void)state;
    sample(0, 2);
    assert_null(strstr(view(), "\"clock\""));
    sample(-120000, 4); /* it was set back */
    int64_t since_ms = fleet_find(rig.fleet, "w1")->clock.since_ms;
    assert_in_range(rig.fake.unix_ms - since_ms, 0, 30000);
    snprintf(expected, sizeof expected,
             "\"clock\":{\"skew_ms\":-120000,\"since\":%lld,\"kind\":\"behind\"},",
             (long long)since_ms);
    assert_non_null(strstr(view(), expected));
    sample(0, 1);
    assert_null(strstr(view(), "\"clock\""));
    assert_string_equal(rig.fake.event, "reading");
}

/* Started anew, the hub gets what the window kept while there was none. */
static void a_replay_is_shown_and_asks_nothing(void **state)
{
    (void)state;
    rig_sound("w1", 1000);
    int64_t first_ms = rig.fake.unix_ms - HOUR_MS;
    for (int i = 0; i < 100; i++) {
        numbers++;
        rig_reading("w1", "temperature", 20 + i % 7, first_ms + i * 10000, numbers);
        rig_reading("w1", "humidity", 50, first_ms + i * 10000, numbers);
    }
    assert_int_equal(questions(), 0);
    assert_int_equal(rig_window("w1")->latest_ms[FEATURE_TEMPERATURE], first_ms + 99 * 10000);
    sample(0, 1);
    assert_int_equal(questions(), 1);
    assert_int_equal(rig_window("w1")->latest_ms[FEATURE_TEMPERATURE], rig.fake.unix_ms);
    rig_reading("w1", "temperature", 33, first_ms + 1005000, ++numbers); /* older, and later */
    assert_int_equal(rig_window("w1")->latest_ms[FEATURE_TEMPERATURE], rig.fake.unix_ms);
    assert_true(rig_window("w1")->latest[FEATURE_TEMPERATURE] != 33);
}

/* The model's clock. */
static void a_decision_of_the_future_is_stamped(void **state)
{
    static const char text[] = "{\"device_id\":\"w1\",\"timestamp\":\"2036-09-21T14:13:20Z\","
                               "\"position\":42.5,\"confidence\":0.8}";
    (void)state;
    rig_send("window/w1/control", text);
    rig_settle();
    const struct rig_rows *found = rig_rows(SERIES_ACTION, "w1");
    assert_int_equal(found->count, 1);
    assert_int_equal(found->rows[0].unix_ms, rig.fake.unix_ms);
    assert_int_equal(found->rows[0].mark, SERIES_TIME_AHEAD);
    assert_int_equal(rig_window("w1")->control->unix_ms, rig.fake.unix_ms);
    assert_null(strstr(view(), "\"clock\""));
    rig_check_account();
}

static void bare(const char *device_id, const char *value)
{
    char topic[64];
    snprintf(topic, sizeof topic, "sensor/%s/temperature", device_id);
    rig_send(topic, value);
    rig_settle();
}

/* The hub was days ahead, which a device without a clock cannot tell. */
static void what_a_clock_ahead_stamped_is_not_the_latest(void **state)
{
    (void)state;
    rig.fake.unix_ms += 72 * HOUR_MS;
    bare("w1", "21");
    bare("mute", "11");
    fake_pass(&rig.fake, 1000); /* the registry has both */
    rig_settle();
    rig.fake.unix_ms -= 72 * HOUR_MS;
    rig_restart();
    assert_non_null(strstr(view(), "\"temperature\":{\"value\":21.0,"));
    fake_pass(&rig.fake, 10000);
    bare("w1", "22");
    fake_pass(&rig.fake, 10000);
    rig_restart();
    assert_non_null(strstr(view(), "\"temperature\":{\"value\":22.0,"));
    assert_true(rig_window("w1")->latest_ms[FEATURE_TEMPERATURE] == rig.fake.unix_ms - 10000);
    assert_true(rig_window("mute")->latest_ms[FEATURE_TEMPERATURE] > rig.fake.unix_ms);
    /* One that has the time agrees with the hub's clock. */
    rig_reading("wise", "temperature", 5, rig.fake.unix_ms, 1);
    fake_pass(&rig.fake, 11000);
    rig_reading("wise", "temperature", 5, rig.fake.unix_ms, 2);
    rig_settle();
    assert_false(ingest_clock_doubted(rig.services.ingest));
    assert_true(rig_window("mute")->latest_ms[FEATURE_TEMPERATURE] == 0);
    assert_non_null(strstr(view_of("mute"), "\"temperature\":{\"value\":11.0,\"at_ms\":null}"));
}

/* So far ahead that the hub doubted itself, and believes itself from the start on now. */
static void a_time_of_doubt_is_not_known(void **state)
{
    (void)state;
    rig_reading("wise", "temperature", 5, rig.fake.unix_ms, 1);
    rig_settle();
    rig.fake.unix_ms += 30 * 24 * HOUR_MS;
    rig_restart();
    assert_true(ingest_clock_doubted(rig.services.ingest));
    bare("mute", "11");
    fake_pass(&rig.fake, 1000);
    rig_settle();
    rig.fake.unix_ms -= 30 * 24 * HOUR_MS;
    rig_restart();
    assert_false(ingest_clock_doubted(rig.services.ingest));
    assert_non_null(strstr(view_of("mute"), "\"temperature\":{\"value\":11.0,\"at_ms\":null}"));
    bare("mute", "12");
    assert_true(rig_window("mute")->latest_ms[FEATURE_TEMPERATURE] == rig.fake.unix_ms);
}

/* The same while the hub runs: how long ago it came is known. */
static void a_clock_set_right_sets_the_latest_right(void **state)
{
    (void)state;
    rig.fake.unix_ms += 72 * HOUR_MS;
    bare("w1", "21");
    fake_pass(&rig.fake, 5000);
    rig.fake.unix_ms -= 72 * HOUR_MS;
    rig_settle();
    rig_reading("wise", "temperature", 5, rig.fake.unix_ms, 1);
    fake_pass(&rig.fake, 11000);
    rig_reading("wise", "temperature", 5, rig.fake.unix_ms, 2);
    rig_settle();
    assert_false(ingest_clock_doubted(rig.services.ingest));
    assert_true(rig_window("w1")->latest_ms[FEATURE_TEMPERATURE] == rig.fake.unix_ms - 16000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_wrong_clock_goes_on_asking),
        RIG_TEST(the_view_says_how_far_it_is_off),
        RIG_TEST(a_replay_is_shown_and_asks_nothing),
        RIG_TEST(a_decision_of_the_future_is_stamped),
        RIG_TEST(what_a_clock_ahead_stamped_is_not_the_latest),
        RIG_TEST(a_time_of_doubt_is_not_known),
        RIG_TEST(a_clock_set_right_sets_the_latest_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
