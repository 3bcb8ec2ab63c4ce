/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "proto/climate/payload.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char control_full[] =
    "{\"device_id\":\"win-1\",\"timestamp\":\"2026-11-21T08:00:00.250Z\",\"position\":42.5,"
    "\"confidence\":0.87,\"features_used\":{\"temperature\":25.5,\"humidity\":60.0,"
    "\"sound_volume\":-31.25},\"model_version\":\"v1.2.0\",\"inference_time_ms\":3.5,"
    "\"trace_id\":\"4bf92f3577b34da6\"}";

static const int64_t timestamp_ms = 1795248000250; /* 2026-11-21T08:00:00.250Z */

static bool near(double a, double b)
{
    return a - b < 1e-9 && b - a < 1e-9;
}

static struct roost_reading reading;
static struct roost_request request;
static struct roost_control control;
static struct roost_window_state window;

static int parse_temperature(const char *text)
{
    memset(&reading, 0xA5, sizeof reading);
    return roost_reading_parse(&reading, CLIMATE_TOPIC_TEMPERATURE, text, strlen(text));
}

static int parse_humidity(const char *text)
{
    memset(&reading, 0xA5, sizeof reading);
    return roost_reading_parse(&reading, CLIMATE_TOPIC_HUMIDITY, text, strlen(text));
}

static int parse_control(const char *text)
{
    memset(&control, 0xA5, sizeof control);
    return roost_control_parse(&control, text, strlen(text));
}

static int parse_request(const char *text)
{
    memset(&request, 0xA5, sizeof request);
    return roost_request_parse(&request, text, strlen(text));
}

static int parse_state(const char *text)
{
    memset(&window, 0xA5, sizeof window);
    return roost_window_state_parse(&window, text, strlen(text));
}

/* ---- readings ---- */

static void plain_readings(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } table[] = {
        {"25.5", 25.5},     {"60", 60.0},      {" 25.5\n", 25.5}, {"\t-3.25\r\n", -3.25},
        {"-0.0", 0.0},      {"0", 0.0},        {"2.55e1", 25.5},  {"-60", -60.0},
        {"100.000", 100.0}, {"2550E-2", 25.5}, {"  1.0  ", 1.0},  {"25.500000000000001", 25.5},
        {"+25.5", 25.5},    {"025.5", 25.5},   {".5", 0.5},       {"25.", 25.0}};
    for (size_t i = 0; i < COUNT(table); i++) {
        assert_int_equal(parse_temperature(table[i].text), 0);
        assert_true(near(reading.value, table[i].value));
        assert_int_equal(reading.unix_ms, 0);
        assert_int_equal(reading.seq, 0);
    }
}

static void bad_plain_readings(void **state)
{
    (void)state;
    static const char *const table[] = {
        "",         " ",       "\n",    "abc",    "NaN",    "nan",    "Infinity", "-Infinity",
        "inf",      "1e308",   "1e999", "-1e308", "25.5.5", "25,5",   "25.5C",    "0x19",
        "--1",      "+-1",     ".",     "+",      "1e",     "null",   "true",     "[25.5]",
        "\"25.5\"", "25.5 26", "25.5}", "-",      "e5",     "-60.01", "100.01",   "1e3"};
    for (size_t i = 0; i < COUNT(table); i++)
        assert_true(parse_temperature(table[i]) < 0);
    assert_int_equal(parse_temperature("-60.01"), ROOST_ERR_RANGE);
    assert_int_equal(parse_temperature("100.01"), ROOST_ERR_RANGE);
    assert_int_equal(parse_temperature("1e308"), ROOST_ERR_RANGE);
    assert_int_equal(parse_temperature("abc"), ROOST_ERR_INVALID);
    assert_int_equal(roost_reading_parse(&reading, CLIMATE_TOPIC_TEMPERATURE, "25.5\0", 5),
                     ROOST_ERR_INVALID);
    assert_int_equal(roost_reading_parse(&reading, CLIMATE_TOPIC_TEMPERATURE, "\xff\xfe", 2),
                     ROOST_ERR_INVALID);
}

static void humidity_has_its_own_range(void **state)
{
    (void)state;
    assert_int_equal(parse_humidity("0"), 0);
    assert_int_equal(parse_humidity("100.0"), 0);
    assert_int_equal(parse_humidity("100.1"), ROOST_ERR_RANGE);
    assert_int_equal(parse_humidity("-0.1"), ROOST_ERR_RANGE);
    assert_int_equal(parse_humidity("{\"value\":100.1}"), ROOST_ERR_RANGE);
    assert_int_equal(parse_humidity("{\"value\":100}"), 0);
}

static void readings_with_time_and_number(void **state)
{
    (void)state;
    assert_int_equal(parse_temperature("{\"value\":25.5,\"ts\":1795248000250,\"seq\":7}"), 0);
    assert_true(near(reading.value, 25.5));
    assert_true(reading.unix_ms == timestamp_ms);
    assert_true(reading.seq == 7);
    assert_int_equal(
        parse_temperature("\n{ \"seq\" : 18446744073709551615, \"unit\":{\"name\":[\"C\"]},\n"
                          "\"value\" : 25 } "),
        0);
    assert_true(near(reading.value, 25.0));
    assert_true(reading.unix_ms == 0);
    assert_true(reading.seq == UINT64_MAX);
    assert_int_equal(parse_temperature("{\"value\":1,\"ts\":0,\"seq\":0}"), 0);
    assert_true(reading.unix_ms == 0 && reading.seq == 0);
    assert_int_equal(parse_temperature("{\"value\":1,\"ts\":7258118399999}"), 0);
}

/* The reading is good whatever its clock says. */
static void a_number_is_kept_whatever_its_time(void **state)
{
    static const struct {
        const char *text;
        int64_t unix_ms;
    } table[] = {
        {"{\"value\":1,\"ts\":null}", 0},
        {"{\"value\":1,\"ts\":-1}", -1},
        {"{\"value\":1,\"ts\":1.5}", 1},
        {"{\"value\":1,\"ts\":1795248000250.75}", timestamp_ms},
        {"{\"value\":1,\"ts\":1.79524800025e12}", timestamp_ms},
        {"{\"value\":1,\"ts\":7258118400000}", 7258118400000},
        {"{\"value\":1,\"ts\":1795248000250000000}", 1795248000250000000},
        {"{\"value\":1,\"ts\":17952480002500000000000}", INT64_MAX},
        {"{\"value\":1,\"ts\":-17952480002500000000000}", INT64_MIN},
        {"{\"value\":1,\"ts\":9223372036854775807}", INT64_MAX},
        {"{\"value\":1,\"ts\":-1e300}", INT64_MIN},
        {"{\"value\":1,\"ts\":\"2026-11-21T08:00:00.250Z\",\"seq\":1}", timestamp_ms},
        {"{\"value\":1,\"ts\":\"1795248000250\",\"seq\":1}", INT64_MIN},
        {"{\"value\":1,\"ts\":\"\",\"seq\":1}", INT64_MIN},
        {"{\"value\":1,\"ts\":true,\"seq\":1}", INT64_MIN},
        {"{\"value\":1,\"ts\":[1795248000250],\"seq\":1}", INT64_MIN},
        {"{\"value\":1,\"ts\":{},\"seq\":1}", INT64_MIN},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        assert_int_equal(parse_temperature(table[i].text), 0);
        assert_true(reading.unix_ms == table[i].unix_ms);
    }
}

static void bad_json_readings(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int err;
    } table[] = {
        {"{}", ROOST_ERR_NOT_FOUND},
        {"{\"ts\":1,\"seq\":1}", ROOST_ERR_NOT_FOUND},
        {"{\"value\":null}", ROOST_ERR_INVALID},
        {"{\"value\":\"25.5\"}", ROOST_ERR_INVALID},
        {"{\"value\":[25.5]}", ROOST_ERR_INVALID},
        {"{\"value\":true}", ROOST_ERR_INVALID},
        {"{\"value\":NaN}", ROOST_ERR_INVALID},
        {"{\"value\":1e308}", ROOST_ERR_RANGE},
        {"{\"value\":100.5}", ROOST_ERR_RANGE},
        {"{\"value\":1,\"ts\":\"2026-11-21T08:00:00Z\"}", ROOST_ERR_INVALID},
        {"{\"value\":1,\"seq\":-1}", ROOST_ERR_RANGE},
        {"{\"value\":1,\"seq\":18446744073709551616}", ROOST_ERR_RANGE},
        {"{\"value\":1,\"seq\":\"1\"}", ROOST_ERR_INVALID},
        {"{\"value\":1,}", ROOST_ERR_INVALID},
        {"{value:1}", ROOST_ERR_INVALID},
        {"{\"value\":1}}", ROOST_ERR_INVALID},
        {"{\"value\":1} x", ROOST_ERR_INVALID},
        {"{\"value\":1", ROOST_ERR_TRUNCATED},
    };
    for (size_t i = 0; i < COUNT(table); i++)
        assert_int_equal(parse_temperature(table[i].text), table[i].err);
}

static void a_long_reading_is_refused(void **state)
{
    (void)state;
    static char text[ROOST_PAYLOAD_MAX + 1];
    memset(text, ' ', sizeof text);
    text[0] = '7';
    assert_int_equal(
        roost_reading_parse(&reading, CLIMATE_TOPIC_TEMPERATURE, text, ROOST_PAYLOAD_MAX), 0);
    assert_int_equal(
        roost_reading_parse(&reading, CLIMATE_TOPIC_TEMPERATURE, text, ROOST_PAYLOAD_MAX + 1),
        ROOST_ERR_TOO_LONG);
}

static void writing_readings(void **state)
{
    (void)state;
    static const struct {
        int64_t milli, unix_ms;
        uint64_t seq;
        const char *text;
    } table[] = {
        {25500, 0, 0, "25.5"},
        {60000, 0, 0, "60.0"},
        {-1250, 0, 0, "-1.25"},
        {-7, 0, 0, "-0.007"},
        {25500, 1795248000250, 7, "{\"value\":25.5,\"ts\":1795248000250,\"seq\":7}"},
        {60001, 0, 9, "{\"value\":60.001,\"seq\":9}"},
        {0, 1, 0, "{\"value\":0.0,\"ts\":1}"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        char out[64];
        size_t len = strlen(table[i].text);
        assert_int_equal(
            roost_reading_write(out, sizeof out, table[i].milli, table[i].unix_ms, table[i].seq),
            len);
        assert_string_equal(out, table[i].text);
        assert_int_equal(parse_temperature(out), 0);
        assert_true(near(reading.value, (double)table[i].milli / 1000.0));
        assert_true(reading.unix_ms == table[i].unix_ms && reading.seq == table[i].seq);
        for (size_t size = 0; size <= len; size++)
            assert_int_equal(
                roost_reading_write(out, size, table[i].milli, table[i].unix_ms, table[i].seq),
                ROOST_ERR_TOO_LONG);
    }
}

/* ---- request ---- */

static void requests(void **state)
{
    (void)state;
    static const char text[] =
        "{\"device_id\":\"win-1\",\"timestamp\":\"2026-11-21T08:00:00.250Z\","
        "\"temperature\":25.5,\"humidity\":60.0,\"sound_volume\":-31.25}";
    assert_int_equal(parse_request(text), 0);
    assert_string_equal(request.device_id, "win-1");
    assert_true(request.unix_ms == timestamp_ms);
    assert_true(near(request.features.temperature_degc, 25.5));
    assert_true(near(request.features.humidity_pct, 60.0));
    assert_true(near(request.features.sound_volume_dbfs, -31.25));
    assert_string_equal(request.trace_id, "");
    char out[256];
    assert_int_equal(roost_request_write(out, sizeof out, &request), strlen(text));
    assert_string_equal(out, text);
    for (size_t size = 0; size <= strlen(text); size++)
        assert_int_equal(roost_request_write(out, size, &request), ROOST_ERR_TOO_LONG);

    memcpy(request.trace_id, "0123456789abcdef0123456789abcdef", 33);
    assert_true(roost_request_write(out, sizeof out, &request) > 0);
    assert_int_equal(parse_request(out), 0);
    assert_string_equal(request.trace_id, "0123456789abcdef0123456789abcdef");
    for (size_t cut = 0; cut < strlen(out); cut++)
        assert_true(roost_request_parse(&request, out, cut) < 0);

    request.features.humidity_pct = 101;
    assert_int_equal(roost_request_write(out, sizeof out, &request), ROOST_ERR_RANGE);
}

static void bad_requests(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int err;
    } table[] = {
        {"{\"timestamp\":\"2026-11-21T08:00:00Z\",\"temperature\":1,\"humidity\":1,"
         "\"sound_volume\":-1}",
         ROOST_ERR_NOT_FOUND},
        {"{\"device_id\":\"a\",\"temperature\":1,\"humidity\":1,\"sound_volume\":-1}",
         ROOST_ERR_NOT_FOUND},
        {"{\"device_id\":\"a\",\"timestamp\":\"2026-11-21T08:00:00Z\",\"humidity\":1,"
         "\"sound_volume\":-1}",
         ROOST_ERR_NOT_FOUND},
        {"{\"device_id\":\"a\",\"timestamp\":\"2026-11-21T08:00:00Z\",\"temperature\":1,"
         "\"sound_volume\":-1}",
         ROOST_ERR_NOT_FOUND},
        {"{\"device_id\":\"a\",\"timestamp\":\"2026-11-21T08:00:00Z\",\"temperature\":1,"
         "\"humidity\":1}",
         ROOST_ERR_NOT_FOUND},
        {"{\"device_id\":\"a\",\"timestamp\":\"2026-11-21T08:00:00Z\",\"temperature\":null,"
         "\"humidity\":1,\"sound_volume\":-1}",
         ROOST_ERR_INVALID},
        {"{\"device_id\":\"a\",\"timestamp\":\"2026-11-21T08:00:00Z\",\"temperature\":101,"
         "\"humidity\":1,\"sound_volume\":-1}",
         ROOST_ERR_RANGE},
        {"{\"device_id\":\"a\",\"timestamp\":\"2026-11-21T08:00:00Z\",\"temperature\":1,"
         "\"humidity\":100.1,\"sound_volume\":-1}",
         ROOST_ERR_RANGE},
        {"{\"device_id\":\"a\",\"timestamp\":\"2026-11-21T08:00:00Z\",\"temperature\":1,"
         "\"humidity\":1,\"sound_volume\":0.1}",
         ROOST_ERR_RANGE},
        {"{\"device_id\":\"a\",\"timestamp\":\"2026-11-21T08:00:00Z\",\"temperature\":1,"
         "\"humidity\":1,\"sound_volume\":-96.1}",
         ROOST_ERR_RANGE},
        {"{\"device_id\":\"a\",\"timestamp\":\"2026-13-21T08:00:00Z\",\"temperature\":1,"
         "\"humidity\":1,\"sound_volume\":-1}",
         ROOST_ERR_RANGE},
        {"{\"device_id\":\"a\",\"timestamp\":1795248000250,\"temperature\":1,\"humidity\":1,"
         "\"sound_volume\":-1}",
         ROOST_ERR_INVALID},
        {"{\"device_id\":\"a/b\",\"timestamp\":\"2026-11-21T08:00:00Z\",\"temperature\":1,"
         "\"humidity\":1,\"sound_volume\":-1}",
         ROOST_ERR_INVALID},
        {"[]", ROOST_ERR_INVALID},
        {"25.5", ROOST_ERR_INVALID},
        {"", ROOST_ERR_TRUNCATED},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        int err = parse_request(table[i].text);
        if (table[i].text[0])
            assert_int_equal(err, table[i].err);
        assert_true(err < 0);
    }
}

/* ---- control ---- */

static void a_full_control(void **state)
{
    (void)state;
    assert_int_equal(parse_control(control_full), 0);
    assert_string_equal(control.device_id, "win-1");
    assert_true(control.unix_ms == timestamp_ms);
    assert_true(near(control.position_pct, 42.5));
    assert_true(near(control.confidence, 0.87));
    assert_true(control.has_features);
    assert_true(near(control.features.temperature_degc, 25.5));
    assert_true(near(control.features.humidity_pct, 60.0));
    assert_true(near(control.features.sound_volume_dbfs, -31.25));
    assert_string_equal(control.model_version, "v1.2.0");
    assert_true(near(control.inference_time_ms, 3.5));
    assert_string_equal(control.trace_id, "4bf92f3577b34da6");

    char out[512];
    assert_int_equal(roost_control_write(out, sizeof out, &control), strlen(control_full));
    assert_string_equal(out, control_full);
    for (size_t size = 0; size <= strlen(control_full); size++)
        assert_int_equal(roost_control_write(out, size, &control), ROOST_ERR_TOO_LONG);
    for (size_t cut = 0; cut < strlen(control_full); cut++)
        assert_true(roost_control_parse(&control, control_full, cut) < 0);
}

static void a_foreign_control(void **state)
{
    (void)state;
    assert_int_equal(
        parse_control(
            "{\"confidence\":1,\"position\":42,"
            "\"timestamp\":\"2026-11-21T09:00:00.250123+01:00\",\"device_id\":\"win-1\"}"),
        0);
    assert_true(near(control.position_pct, 42.0));
    assert_true(near(control.confidence, 1.0));
    assert_true(control.unix_ms == timestamp_ms);
    assert_false(control.has_features);
    assert_string_equal(control.model_version, "");
    assert_true(near(control.inference_time_ms, -1.0));
    assert_string_equal(control.trace_id, "");

    assert_int_equal(
        parse_control("{\"device_id\":\"win-1\",\"timestamp\":\"2026-11-21T08:00:00\\u002B00:00\","
                      "\"position\":0,\"confidence\":0,\"features_used\":null,"
                      "\"model_version\":null,\"inference_time_ms\":null,\"trace_id\":null,"
                      "\"alternatives\":[{\"position\":900}],\"position_label\":\"shut\"}"),
        0);
    assert_true(near(control.position_pct, 0.0));
    assert_false(control.has_features);

    /* A model may have scaled what it says it used. */
    assert_int_equal(
        parse_control("{\"device_id\":\"win-1\",\"timestamp\":\"2026-11-21T08:00:00Z\","
                      "\"position\":100,\"confidence\":0.5,\"features_used\":{"
                      "\"sound_volume\":0.4,\"humidity\":0.5,\"temperature\":1,\"co2\":700}}"),
        0);
    assert_true(control.has_features);
    assert_true(near(control.features.sound_volume_dbfs, 0.4));
}

/* control_full with one part of it replaced. */
static void replace(char *out, size_t size, const char *part, const char *with)
{
    const char *found = strstr(control_full, part);
    assert_non_null(found);
    const char *rest = found + strlen(part);
    size_t before = (size_t)(found - control_full);
    size_t with_len = strlen(with);
    size_t rest_len = strlen(rest);
    assert_true(before + with_len + rest_len < size);
    memcpy(out, control_full, before);
    memcpy(out + before, with, with_len);
    memcpy(out + before + with_len, rest, rest_len);
    out[before + with_len + rest_len] = '\0';
}

static void bad_controls(void **state)
{
    (void)state;
    /* Each replaces one part of a good message. */
    static const struct {
        const char *part, *with;
        int err;
    } table[] = {
        {"\"position\":42.5", "\"position\":101", ROOST_ERR_RANGE},
        {"\"position\":42.5", "\"position\":-0.1", ROOST_ERR_RANGE},
        {"\"position\":42.5", "\"position\":1e308", ROOST_ERR_RANGE},
        {"\"position\":42.5", "\"position\":NaN", ROOST_ERR_INVALID},
        {"\"position\":42.5", "\"position\":\"42\"", ROOST_ERR_INVALID},
        {"\"position\":42.5", "\"position\":null", ROOST_ERR_INVALID},
        {"\"position\":42.5", "\"place\":42.5", ROOST_ERR_NOT_FOUND},
        {"\"confidence\":0.87", "\"confidence\":-0.1", ROOST_ERR_RANGE},
        {"\"confidence\":0.87", "\"confidence\":1.01", ROOST_ERR_RANGE},
        {"\"confidence\":0.87", "\"confidence\":true", ROOST_ERR_INVALID},
        {"\"confidence\":0.87", "\"c\":0.87", ROOST_ERR_NOT_FOUND},
        {"\"device_id\":\"win-1\"", "\"device_id\":\"\"", ROOST_ERR_INVALID},
        {"\"device_id\":\"win-1\"", "\"device_id\":5", ROOST_ERR_INVALID},
        {"\"device_id\":\"win-1\"", "\"device_id\":\"a b\"", ROOST_ERR_INVALID},
        {"\"device_id\":\"win-1\"", "\"id\":\"win-1\"", ROOST_ERR_NOT_FOUND},
        {"2026-11-21T08:00:00.250Z", "2026-11-21 at 8", ROOST_ERR_INVALID},
        {"2026-11-21T08:00:00.250Z", "2026-11-21T08:00:00.250", ROOST_ERR_INVALID},
        {"2026-11-21T08:00:00.250Z", "2026-02-30T08:00:00Z", ROOST_ERR_RANGE},
        {"2026-11-21T08:00:00.250Z", "", ROOST_ERR_INVALID},
        {"\"timestamp\"", "\"time\"", ROOST_ERR_NOT_FOUND},
        {"\"humidity\":60.0", "\"humidity\":\"60\"", ROOST_ERR_INVALID},
        {"\"humidity\":60.0", "\"humidity\":1e308", ROOST_ERR_RANGE},
        {"\"humidity\":60.0", "\"h\":60.0", ROOST_ERR_NOT_FOUND},
        {"\"model_version\":\"v1.2.0\"", "\"model_version\":12", ROOST_ERR_INVALID},
        {"v1.2.0", "v1.2.0-0123456789012345678901234567", ROOST_ERR_TOO_LONG},
        {"\"inference_time_ms\":3.5", "\"inference_time_ms\":-1", ROOST_ERR_RANGE},
        {"\"inference_time_ms\":3.5", "\"inference_time_ms\":\"3\"", ROOST_ERR_INVALID},
        {"4bf92f3577b34da6", "0123456789012345678901234567890123456", ROOST_ERR_TOO_LONG},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        char text[512];
        replace(text, sizeof text, table[i].part, table[i].with);
        assert_int_equal(parse_control(text), table[i].err);
    }
    assert_int_equal(parse_control("{\"device_id\":\"a\",\"timestamp\":\"2026-11-21T08:00:00Z\","
                                   "\"position\":1,\"confidence\":1,\"features_used\":[1,2,3]}"),
                     ROOST_ERR_INVALID);
}

static void controls_that_no_device_would_take(void **state)
{
    (void)state;
    char out[512];
    assert_int_equal(parse_control(control_full), 0);
    struct roost_control good = control;
    control.position_pct = 100.5;
    assert_int_equal(roost_control_write(out, sizeof out, &control), ROOST_ERR_RANGE);
    control = good;
    control.confidence = (double)NAN;
    assert_int_equal(roost_control_write(out, sizeof out, &control), ROOST_ERR_RANGE);
    control = good;
    control.features.humidity_pct = 1e300;
    assert_int_equal(roost_control_write(out, sizeof out, &control), ROOST_ERR_RANGE);
    control.has_features = false;
    control.inference_time_ms = -1;
    control.model_version[0] = '\0';
    control.trace_id[0] = '\0';
    assert_true(roost_control_write(out, sizeof out, &control) > 0);
    assert_string_equal(out, "{\"device_id\":\"win-1\",\"timestamp\":\"2026-11-21T08:00:00.250Z\","
                             "\"position\":42.5,\"confidence\":0.87}");
}

/* ---- state and feedback ---- */

static void states(void **state)
{
    (void)state;
    static const char text[] = "{\"position\":12.5,\"target\":80.0,\"moving\":true,"
                               "\"calibrated\":false,\"fault\":\"motor_stall\"}";
    assert_int_equal(parse_state(text), 0);
    assert_true(near(window.position_pct, 12.5));
    assert_true(near(window.target_pct, 80.0));
    assert_true(window.moving);
    assert_false(window.calibrated);
    assert_string_equal(window.fault, "motor_stall");
    char out[128];
    assert_int_equal(roost_window_state_write(out, sizeof out, &window), strlen(text));
    assert_string_equal(out, text);
    for (size_t size = 0; size <= strlen(text); size++)
        assert_int_equal(roost_window_state_write(out, size, &window), ROOST_ERR_TOO_LONG);
    for (size_t cut = 0; cut < strlen(text); cut++)
        assert_true(roost_window_state_parse(&window, text, cut) < 0);

    window.fault[0] = '\0';
    assert_true(roost_window_state_write(out, sizeof out, &window) > 0);
    assert_non_null(strstr(out, "\"fault\":null"));
    assert_int_equal(parse_state(out), 0);
    assert_string_equal(window.fault, "");
    window.target_pct = 100.001;
    assert_int_equal(roost_window_state_write(out, sizeof out, &window), ROOST_ERR_RANGE);
}

static void bad_states(void **state)
{
    (void)state;
    static const char *const table[] = {
        "{\"target\":80.0,\"moving\":true,\"calibrated\":false,\"fault\":null}",
        "{\"position\":1,\"moving\":true,\"calibrated\":false,\"fault\":null}",
        "{\"position\":1,\"target\":80.0,\"calibrated\":false,\"fault\":null}",
        "{\"position\":1,\"target\":80.0,\"moving\":true,\"fault\":null}",
        "{\"position\":101,\"target\":80.0,\"moving\":true,\"calibrated\":false,\"fault\":null}",
        "{\"position\":1,\"target\":80.0,\"moving\":1,\"calibrated\":false,\"fault\":null}",
        "{\"position\":1,\"target\":80.0,\"moving\":true,\"calibrated\":false,\"fault\":3}",
    };
    for (size_t i = 0; i < COUNT(table); i++)
        assert_true(parse_state(table[i]) < 0);
    assert_int_equal(parse_state("{\"position\":1,\"target\":2,\"moving\":true,"
                                 "\"calibrated\":false,\"fault\":\"a_name_over_23_long_here\"}"),
                     ROOST_ERR_TOO_LONG);
}

static void feedback(void **state)
{
    (void)state;
    double position = -1;
    assert_int_equal(roost_feedback_parse(&position, "{\"position\":42}", 15), 0);
    assert_true(near(position, 42.0));
    assert_int_equal(roost_feedback_parse(&position, "{\"position\":100.5}", 18), ROOST_ERR_RANGE);
    assert_int_equal(roost_feedback_parse(&position, "{\"position\":\"4\"}", 16),
                     ROOST_ERR_INVALID);
    assert_int_equal(roost_feedback_parse(&position, "{}", 2), ROOST_ERR_NOT_FOUND);
    assert_int_equal(roost_feedback_parse(&position, "42", 2), ROOST_ERR_INVALID);
    assert_true(near(position, 42.0));
    char out[32];
    assert_int_equal(roost_feedback_write(out, sizeof out, 37.5), 17);
    assert_string_equal(out, "{\"position\":37.5}");
    assert_int_equal(roost_feedback_write(out, 17, 37.5), ROOST_ERR_TOO_LONG);
    assert_int_equal(roost_feedback_write(out, sizeof out, -1), ROOST_ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_readings),
        cmocka_unit_test(bad_plain_readings),
        cmocka_unit_test(humidity_has_its_own_range),
        cmocka_unit_test(a_number_is_kept_whatever_its_time),
        cmocka_unit_test(readings_with_time_and_number),
        cmocka_unit_test(bad_json_readings),
        cmocka_unit_test(a_long_reading_is_refused),
        cmocka_unit_test(writing_readings),
        cmocka_unit_test(requests),
        cmocka_unit_test(bad_requests),
        cmocka_unit_test(a_full_control),
        cmocka_unit_test(a_foreign_control),
        cmocka_unit_test(bad_controls),
        cmocka_unit_test(controls_that_no_device_would_take),
        cmocka_unit_test(states),
        cmocka_unit_test(bad_states),
        cmocka_unit_test(feedback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
