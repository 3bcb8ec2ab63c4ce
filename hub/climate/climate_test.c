/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of PROTOCOLS 4 at the hub: storing, numbering, refusing, back-pressure. */
#include "hub/climate/test_bed.h"

#include "hub/climate/spans.h"

static void a_plain_payload_is_stamped_with_its_arrival(void **state)
{
    (void)state;
    uint64_t token = bed_send("sensor/w1/temperature", "25.5");
    bed_send("sensor/w1/humidity", " 60 \n");
    assert_false(bed_acked(token));
    assert_int_equal(climate_waiting(bed.climate), 2);
    bed_check_account();
    assert_true(bed_topic("roost_ingest_waiting", "temperature", NULL) == 1);
    bed_tick();
    assert_false(bed_acked(token));
    bed_pump();
    assert_true(bed_acked(token));
    assert_int_equal(climate_waiting(bed.climate), 0);
    const struct bed_rows *found = bed_rows(SERIES_TEMPERATURE, "w1");
    assert_int_equal(found->count, 1);
    assert_true(found->rows[0].value == 25.5);
    assert_int_equal(found->rows[0].unix_ms, bed.rig.unix_ms);
    assert_true(bed_rows(SERIES_HUMIDITY, "w1")->rows[0].value == 60);
    assert_true(fleet_find(bed.fleet, "w1")->temperature_degc == 25.5);
    assert_true(bed_topic("roost_ingest_stored_total", "temperature", NULL) == 1);
    bed_check_account();
}

static void plain_payloads_are_never_duplicates(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        bed_send("sensor/w1/temperature", "25.5");
    bed_settle();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, "w1")->count, 5);
}

static void a_number_is_stored_once(void **state)
{
    (void)state;
    int64_t now = bed.rig.unix_ms;
    uint64_t first = bed_reading("w1", "temperature", 20, now, 1);
    uint64_t again = bed_reading("w1", "temperature", 20, now, 1);
    bed_reading("w1", "humidity", 50, now, 1);
    assert_false(bed_acked(again)); /* not before the first one is durable */
    bed_settle();
    assert_true(bed_acked(first) && bed_acked(again));
    uint64_t late = bed_reading("w1", "temperature", 20, now, 1);
    assert_true(bed_acked(late));
    bed_restart();
    late = bed_reading("w1", "temperature", 20, now, 1);
    assert_true(bed_acked(late));
    bed_reading("w1", "temperature", 21, now, 2);
    bed_settle();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, "w1")->count, 2);
    assert_int_equal(bed_rows(SERIES_HUMIDITY, "w1")->count, 1);
    assert_true(bed_topic("roost_ingest_duplicate_total", "temperature", NULL) == 1);
    bed_check_account();
}

static void acknowledgements_keep_the_order_of_arrival(void **state)
{
    (void)state;
    bed_send("sensor/w1/temperature", "20");
    bed_send("sensor/w1/temperature", "rubbish");
    bed_send("nonsense", "");
    bed_reading("w1", "temperature", 20, bed.rig.unix_ms, 1);
    bed_reading("w1", "temperature", 20, bed.rig.unix_ms, 1);
    bed_send("window/w1/feedback", "{\"position\":30}");
    assert_int_equal(bed.rig.ack_count, 0);
    bed_tick();
    bed_send("sensor/w1/temperature", "21"); /* the next batch */
    bed_send("nonsense", "");
    bed_pump();
    assert_int_equal(bed.rig.ack_count, 6);
    bed_settle();
    assert_int_equal(bed.rig.ack_count, 8);
    for (uint64_t i = 0; i < 8; i++)
        assert_int_equal(bed.rig.acks[i], i + 1);
    bed_send("nonsense", ""); /* nobody waits before it */
    assert_int_equal(bed.rig.ack_count, 9);
    bed_check_account();
}

static void a_batch_grows_while_one_is_written(void **state)
{
    (void)state;
    bed_send("sensor/w1/temperature", "20");
    bed_tick();
    assert_int_equal(bed.writes, 1);
    for (int i = 0; i < 100; i++) {
        bed_send("sensor/w1/temperature", "21");
        bed_tick();
    }
    assert_int_equal(bed.writes, 1);
    bed_pump();
    bed_tick();
    assert_int_equal(bed.writes, 2);
    bed_pump();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, "w1")->count, 101);
}

static void quality_of_service_0_is_stored_and_not_acknowledged(void **state)
{
    struct hub_message message = {.topic = "sensor/w1/temperature", .payload = "20", .len = 2};
    (void)state;
    climate_message(bed.climate, &message);
    bed_settle();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, "w1")->count, 1);
    assert_int_equal(bed.rig.ack_count, 0);
    assert_int_equal(climate_waiting(bed.climate), 0);
}

/* Failures of the store. */

static void a_failed_write_is_tried_again(void **state)
{
    (void)state;
    bed.write_err = ROOST_ERR_NO_SPACE;
    uint64_t token = bed_reading("w1", "temperature", 20, bed.rig.unix_ms, 1);
    bed_settle();
    assert_int_equal(bed.writes, 1); /* with a pause between */
    uint64_t later = bed_reading("w1", "temperature", 21, bed.rig.unix_ms, 2);
    for (int i = 0; i < 200; i++) {
        rig_pass(&bed.rig, 1000);
        bed_settle();
    }
    assert_true(bed.writes > 5 && bed.writes < 40);
    assert_true(bed_count("roost_ingest_oldest_waiting_seconds", NULL) == 200);
    assert_int_equal(bed.rig.ack_count, 0);
    bed_check_account();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, "w1")->count, 0);
    bed.write_err = 0;
    uint64_t due = bed_tick();
    assert_true(due <= bed.rig.now_ms + 30000);
    rig_pass(&bed.rig, 30000);
    bed_settle();
    assert_true(bed_acked(token) && bed_acked(later));
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, "w1")->count, 2);
    bed_check_account();
    assert_true(bed_count("roost_ingest_batches_total", "result=\"failed\"") > 5);
}

static void a_store_that_does_not_even_start_is_tried_again(void **state)
{
    (void)state;
    bed.start_err = ROOST_ERR_CLOSED;
    uint64_t token = bed_send("sensor/w1/temperature", "20");
    bed_settle();
    assert_false(bed_acked(token));
    bed.start_err = 0;
    rig_pass(&bed.rig, 30000);
    bed_settle();
    assert_true(bed_acked(token));
}

static void a_full_disk_is_survived(void **state)
{
    (void)state;
    series_sqlite_limit(&bed.real, 1);
    for (int i = 0; i < 900; i++)
        bed_reading("w1", "temperature", 20, bed.rig.unix_ms + i, (uint64_t)i + 1);
    bed_settle();
    size_t acked = bed.rig.ack_count;
    assert_true(acked < 900);
    series_sqlite_limit(&bed.real, 0);
    rig_pass(&bed.rig, 30000);
    bed_settle();
    assert_int_equal(bed.rig.ack_count, 900);
    bed_check_account();
}

static void the_bus_is_paused_while_too_much_waits(void **state)
{
    (void)state;
    bed.write_err = ROOST_ERR_IO;
    for (int i = 0; i < 999; i++)
        bed_send("sensor/w1/temperature", "20");
    assert_false(bed.rig.paused);
    bed_send("sensor/w1/temperature", "20");
    assert_true(bed.rig.paused);
    bed_settle();
    for (int i = 0; i < 500; i++)
        bed_send("sensor/w1/temperature", "20"); /* what the bus still had */
    assert_true(bed.rig.paused);
    bed.write_err = 0;
    rig_pass(&bed.rig, 30000);
    bed_tick();
    bed_pump();
    assert_false(bed.rig.paused);
    bed_settle();
    assert_int_equal(bed.rig.ack_count, 1500);
}

static void a_bus_that_does_not_pause_loses_nothing(void **state)
{
    enum { SENT = 20000 };
    (void)state;
    bed.write_err = ROOST_ERR_IO;
    for (int i = 0; i < SENT; i++)
        bed_send("nonsense", "");
    double overrun = bed_count("roost_ingest_overrun_total", NULL);
    bed_send("sensor/w1/temperature", "20");
    (void)overrun;
    bed.write_err = 0;
    bed_settle();
    bed.write_err = ROOST_ERR_IO;
    for (int i = 0; i < SENT; i++)
        bed_send("sensor/w1/temperature", "20");
    overrun = bed_count("roost_ingest_overrun_total", NULL);
    assert_true(overrun > 0);
    bed_check_account();
    bed.write_err = 0;
    rig_pass(&bed.rig, 30000);
    bed_settle();
    assert_int_equal(climate_waiting(bed.climate), 0);
    assert_true(bed_topic("roost_ingest_stored_total", "temperature", NULL) == SENT + 1 - overrun);
}

/* Numbering. */

static void status(const char *id, uint32_t journal_id)
{
    struct roost_status text = {
        .online = true, .has_health = true, .seq = 1, .type = "window", .journal_id = journal_id};
    char topic[128];
    char payload[ROOST_STATUS_MAX + 1];
    snprintf(topic, sizeof topic, "device/%s/status", id);
    int len = roost_status_write(payload, sizeof payload, &text);
    assert_true(len > 0);
    bed_send_bytes(topic, payload, (size_t)len);
}

static void a_new_journal_starts_the_numbering_over(void **state)
{
    (void)state;
    int64_t now = bed.rig.unix_ms;
    status("w1", 5);
    for (uint64_t i = 1; i <= 10; i++)
        bed_reading("w1", "temperature", 20, now, i);
    bed_settle();
    status("w1", 6);
    bed_settle();
    bed_restart(); /* the new journal and its emptiness are known still */
    status("w1", 6);
    for (uint64_t i = 1; i <= 5; i++)
        bed_reading("w1", "temperature", 21, now, i);
    bed_settle();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, "w1")->count, 15);
    bed_restart();
    status("w1", 6);
    bed_reading("w1", "temperature", 21, now, 3);
    bed_settle();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, "w1")->count, 15);
}

static void a_journal_formatted_while_the_hub_was_away(void **state)
{
    (void)state;
    status("w1", 5);
    for (uint64_t i = 1; i <= 10; i++)
        bed_reading("w1", "temperature", 20, bed.rig.unix_ms, i);
    bed_settle();
    bed_restart();
    status("w1", 6);
    bed_reading("w1", "temperature", 21, bed.rig.unix_ms, 1);
    bed_settle();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, "w1")->count, 11);
}

static void numbering_over_without_a_status_loses_nothing(void **state)
{
    (void)state;
    int64_t now = bed.rig.unix_ms;
    for (uint64_t i = 1; i <= 10; i++)
        bed_reading("w1", "temperature", 20, now, i);
    bed_settle();
    bed_restart();
    rig_pass(&bed.rig, 120000);
    for (uint64_t i = 1; i <= 10; i++)
        bed_reading("w1", "temperature", 20, bed.rig.unix_ms, i);
    bed_settle();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, "w1")->count, 20);
    assert_true(bed_count("roost_ingest_renumbered_total", NULL) == 1);
    for (uint64_t i = 1; i <= 10; i++)
        bed_reading("w1", "temperature", 20, bed.rig.unix_ms, i);
    bed_settle();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, "w1")->count, 20);
}

static void gaps_given_up_are_counted(void **state)
{
    (void)state;
    for (uint64_t i = 0; i <= SPANS_MAX; i++)
        bed_reading("w1", "temperature", 20, bed.rig.unix_ms, 1 + 4 * i);
    bed_settle();
    assert_true(bed_count("roost_ingest_gap_readings_total", NULL) == 3);
    bed_restart();
    bed_reading("w1", "temperature", 20, bed.rig.unix_ms, 2);
    bed_settle();
    assert_true(bed_topic("roost_ingest_duplicate_total", "temperature", NULL) == 1);
}

static void a_retained_reading_is_the_brokers_repetition(void **state)
{
    struct hub_message message = {
        .topic = "sensor/w1/temperature", .payload = "20", .len = 2, .retain = true, .token = 7};
    (void)state;
    climate_message(bed.climate, &message);
    bed_settle();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, "w1")->count, 0);
    assert_true(bed_acked(7));
    assert_false(fleet_find(bed.fleet, "w1")->active);
}

/* Refusals. */

static void refused(const char *topic_label, const char *reason)
{
    if (bed_topic("roost_ingest_rejected_total", topic_label, reason) != 1)
        fail_msg("%s not refused once as %s", topic_label, reason);
    bed_check_account();
}

static void policies_are_kept(void **state)
{
    bool yes = true;
    (void)state;
    bed.fleet_config.policy = FLEET_POLICY_CLOSED;
    bed_restart();
    bed_send("sensor/w1/temperature", "20");
    refused("temperature", "unknown_device");
    bed.fleet_config.policy = FLEET_POLICY_CLAIM;
    bed_restart();
    bed_send("sensor/w1/temperature", "20");
    refused("temperature", "unclaimed");
    bed_send("device/w1/status", "{\"online\":true}");
    refused("status", "unclaimed");
    bed_send("window/w1/feedback", "{\"position\":30}");
    refused("feedback", "unclaimed");
    assert_int_equal(fleet_update(bed.fleet, "w1", &yes, NULL, NULL, NULL), 0);
    bed_send("sensor/w1/temperature", "20");
    bed_settle();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, NULL)->count, 1);
}

static void too_many_devices_are_refused(void **state)
{
    char topic[64];
    (void)state;
    for (int i = 0; i <= 100; i++) {
        snprintf(topic, sizeof topic, "sensor/w%d/temperature", i);
        bed_send(topic, "20");
    }
    refused("temperature", "device_limit");
}

static void what_others_say_of_a_device_is_not_its_voice(void **state)
{
    (void)state;
    bed_send("window/w9/feedback", "{\"position\":30}");
    refused("feedback", "unknown_device");
    bed_send("device/w9/status", "{\"online\":false}");
    assert_int_equal(fleet_count(bed.fleet), 1);
    assert_false(fleet_find(bed.fleet, "w9")->active);
    assert_int_equal(fleet_find(bed.fleet, "w9")->last_seen_ms, 0);
}

static void one_device_cannot_take_everything(void **state)
{
    int sent = 0;
    (void)state;
    bed.config.device_rate_per_s = 10; /* a burst of 600 */
    bed_restart();
    for (; sent < 700; sent++)
        bed_send("sensor/w1/temperature", "20");
    double limited = bed_topic("roost_ingest_rejected_total", "temperature", "rate_limited");
    assert_true(limited >= 98 && limited <= 100);
    bed_send("sensor/w2/temperature", "20");
    assert_true(bed_topic("roost_ingest_rejected_total", "temperature", "rate_limited") == limited);
    rig_pass(&bed.rig, 1000);
    for (int i = 0; i < 10; i++)
        bed_send("sensor/w1/temperature", "20");
    assert_true(bed_topic("roost_ingest_rejected_total", "temperature", "rate_limited") == limited);
    bed_settle();
    bed_check_account();
}

static void malformed_readings_are_refused_by_reason(void **state)
{
    static const struct {
        const char *payload, *reason;
    } cases[] = {
        {"", "bad_payload"},
        {" ", "bad_payload"},
        {"abc", "bad_payload"},
        {"NaN", "bad_payload"},
        {"nan", "bad_payload"},
        {"Infinity", "bad_payload"},
        {"0x10", "bad_payload"},
        {"1e308", "range"},
        {"1e999", "range"},
        {"100.1", "range"},
        {"-60.1", "range"},
        {"20,5", "bad_payload"},
        {"20.5 21", "bad_payload"},
        {"\xff\xfe", "bad_payload"},
        {"{", "bad_payload"},
        {"{}", "bad_payload"},
        {"[20]", "bad_payload"},
        {"{\"value\":\"20\"}", "bad_payload"},
        {"{\"value\":null}", "bad_payload"},
        {"{\"value\":20,\"ts\":1}x", "bad_payload"},
        {"{\"value\":20,\"ts\":\"1\"}", "bad_payload"},
        {"{\"value\":20,\"seq\":-1}", "range"},
        {"{\"value\":20,\"seq\":1.5}", "range"},
        {"{\"value\":1e308}", "range"},
        {"{\"value\":20,\"ts\":1990000000000}", "bad_clock"},
    };
    char labels[128];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(labels, sizeof labels, "topic=\"temperature\",reason=\"%s\"", cases[i].reason);
        double before = bed_count("roost_ingest_rejected_total", labels);
        uint64_t token = bed_send("sensor/w1/temperature", cases[i].payload);
        if (bed_count("roost_ingest_rejected_total", labels) != before + 1)
            fail_msg("'%s' was not refused as %s", cases[i].payload, cases[i].reason);
        assert_true(bed_acked(token));
    }
    bed_check_account();
    bed_settle();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, NULL)->count, 0);
}

static void topics_that_are_none_are_refused(void **state)
{
    static const char *const topics[] = {"",
                                         "sensor",
                                         "sensor/",
                                         "sensor/w1",
                                         "sensor//temperature",
                                         "sensor/w1/pressure",
                                         "sensor/w 1/temperature",
                                         "sensor/w1/temperature/x",
                                         "ml/inference/request/w1",
                                         "device/w1/command",
                                         "\xff/\xfe/\xfd"};
    (void)state;
    enum { TOPICS = sizeof topics / sizeof topics[0] };
    for (int i = 0; i < TOPICS; i++)
        assert_true(bed_acked(bed_send(topics[i], "20")));
    assert_true(bed_topic("roost_ingest_rejected_total", "other", "bad_topic") +
                    bed_topic("roost_ingest_rejected_total", "request", "bad_topic") +
                    bed_topic("roost_ingest_rejected_total", "command", "bad_topic") ==
                TOPICS);
}

static void ten_megabytes_are_refused(void **state)
{
    enum { LEN = 10 << 20 };
    static char payload[LEN];
    static const char *const labels[] = {"temperature", "audio",  "control", "state",
                                         "status",      "answer", "feedback"};
    static const char *const topics[] = {
        "sensor/w1/temperature", "sensor/w1/audio",  "window/w1/control", "window/w1/state",
        "device/w1/status",      "device/w1/answer", "window/w1/feedback"};
    (void)state;
    memset(payload, '9', LEN);
    for (int i = 0; i < 7; i++) {
        bed_send_bytes(topics[i], payload, LEN);
        refused(labels[i], "too_long");
    }
    struct hub_message message = {
        .topic = "sensor/w1/humidity", .len = 100 << 20, .oversize = true, .token = 99};
    climate_message(bed.climate, &message);
    refused("humidity", "too_long");
    assert_true(bed_acked(99));
}

static void malformed_reports_are_refused(void **state)
{
    static const char *const topics[] = {"window/w1/control", "window/w1/state", "device/w1/status",
                                         "device/w1/answer", "window/w1/feedback"};
    static const char *const labels[] = {"control", "state", "status", "answer", "feedback"};
    static const char *const payloads[] = {
        "",           "{",   "[]", "null", "{}", "{\"position\":\"x\"}", "{\"online\":7}",
        "{\"id\":1}", "\xff"};
    enum { PAYLOADS = sizeof payloads / sizeof payloads[0] };
    (void)state;
    bed_send("sensor/w1/temperature", "20");
    bed_settle();
    for (int t = 0; t < 5; t++) {
        for (int p = 0; p < PAYLOADS; p++) {
            bed_send(topics[t], payloads[p]);
            if (bed_topic("roost_ingest_rejected_total", labels[t], "bad_payload") != p + 1)
                fail_msg("%s '%s' was not refused", topics[t], payloads[p]);
        }
    }
    bed_check_account();
}

/* Sound. */

static void sound_becomes_level_and_hash(void **state)
{
    (void)state;
    bed_sound("w1", 16384); /* half of full scale, square: -6.02 dBFS */
    bed_settle();
    const struct bed_rows *found = bed_rows(SERIES_AUDIO, "w1");
    assert_int_equal(found->count, 1);
    assert_true(fabs(found->rows[0].audio.level_dbfs - -6.0206) < 0.01);
    assert_string_equal(found->rows[0].audio.format, "pcm");
    assert_int_equal(strlen(found->rows[0].audio.hash_hex), 64);
    assert_int_equal(found->rows[0].audio.sample_rate_hz, 16000);
    assert_true(found->rows[0].audio.duration_s == 0.1);
    assert_true(fabs(fleet_find(bed.fleet, "w1")->sound_dbfs - -6.0206) < 0.01);
}

static void send_audio(const void *bytes, size_t len, double duration_s)
{
    static char payload[65536];
    size_t at = (size_t)snprintf(payload, sizeof payload,
                                 "{\"sample_rate\":8000,\"duration\":%g,\"data\":\"", duration_s);
    at += roost_base64_encode(payload + at, bytes, len);
    memcpy(payload + at, "\"}", sizeof "\"}");
    bed_send("sensor/w1/audio", payload);
}

/* {"data":"...\\/..."}: JSON of an encoder that escapes slashes. */
static void escaped_slashes_are_the_same_sound(void **state)
{
    static const char head[] = "{\"sample_rate\":8000,\"duration\":0.1,\"data\":\"";
    static char payload[8192];
    uint8_t pcm[1600];
    char hash_hex[65];
    (void)state;
    memset(pcm, 0xFF, sizeof pcm); /* nothing but slashes in base64 */
    send_audio(pcm, sizeof pcm, 0.1);
    bed_settle();
    assert_int_equal(bed_rows(SERIES_AUDIO, "w1")->count, 1);
    memcpy(hash_hex, bed_rows(SERIES_AUDIO, "w1")->rows[0].audio.hash_hex, sizeof hash_hex);

    size_t at = (size_t)snprintf(payload, sizeof payload, "%s", head);
    for (size_t i = 0; i < ROOST_BASE64_LEN(sizeof pcm) - 2; i++, at += 2)
        memcpy(payload + at, "\\/", 2);
    memcpy(payload + at - 2, "w==\"}", sizeof "w==\"}");
    bed_send("sensor/w1/audio", payload);
    bed_settle();
    assert_int_equal(bed_rows(SERIES_AUDIO, "w1")->count, 2);
    assert_string_equal(bed_rows(SERIES_AUDIO, "w1")->rows[0].audio.hash_hex, hash_hex);
    assert_string_equal(bed_rows(SERIES_AUDIO, "w1")->rows[1].audio.hash_hex, hash_hex);
}

static void malformed_sound_is_refused_by_reason(void **state)
{
    uint8_t wav[44 + 1600] =
        "RIFF\x64\x06\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0"
        "\x02\0\x10\0data\x40\x06\0";
    (void)state;
    bed_send("sensor/w1/audio", "{\"sample_rate\":8000,\"duration\":1,\"data\":\"AAA\"}");
    refused("audio", "bad_base64");
    send_audio(wav, sizeof wav, 0.1);
    bed_settle();
    assert_int_equal(bed_rows(SERIES_AUDIO, "w1")->count, 1);
    assert_string_equal(bed_rows(SERIES_AUDIO, "w1")->rows[0].audio.format, "wav");
    wav[22] = 2; /* stereo */
    send_audio(wav, sizeof wav, 0.1);
    refused("audio", "bad_wav");
    wav[22] = 1;
    send_audio(wav, sizeof wav, 5);
    refused("audio", "bad_duration");
    bed_send("sensor/w1/audio", "{\"sample_rate\":1,\"duration\":1,\"data\":\"AAAA\"}");
    refused("audio", "range");
    bed_send("sensor/w1/audio", "{\"sample_rate\":8000,\"duration\":1}");
    refused("audio", "bad_payload");
}

/* Decisions and reports. */

static const char control_text[] =
    "{\"device_id\":\"w1\",\"timestamp\":\"2026-09-21T14:13:20.500Z\",\"position\":42.5,"
    "\"confidence\":0.8,\"features_used\":{\"temperature\":25.5,\"humidity\":60,"
    "\"sound_volume\":-30}}";

static void a_decision_is_stored_once_in_both_tables(void **state)
{
    (void)state;
    bed_send("sensor/w1/temperature", "20");
    bed_send("window/w1/control", control_text);
    bed_repeat("window/w1/control", control_text);
    bed_settle();
    const struct bed_rows *found = bed_rows(SERIES_ACTION, "w1");
    assert_int_equal(found->count, 1);
    assert_int_equal(found->rows[0].unix_ms % 1000, 500);
    assert_true(found->rows[0].action.position_pct == 42.5);
    assert_true(found->rows[0].action.temperature_degc == 25.5);
    assert_true(found->rows[0].action.sound_volume_dbfs == -30);
    found = bed_rows(SERIES_PREDICTION, "w1");
    assert_int_equal(found->count, 1);
    assert_true(found->rows[0].prediction.prediction_pct == 42.5);
    assert_true(found->rows[0].prediction.inference_time_ms == 0);
    assert_string_equal(found->rows[0].prediction.model_version, "");
    assert_true(fleet_find(bed.fleet, "w1")->control->position_pct == 42.5);
    bed_restart();
    bed_repeat("window/w1/control", control_text);
    bed_settle();
    assert_int_equal(bed_rows(SERIES_ACTION, "w1")->count, 1);
    assert_true(bed_topic("roost_ingest_duplicate_total", "control", NULL) == 1);
    bed_send("window/w2/control", control_text); /* names another device */
    bed_check_account();
    assert_int_equal(bed_rows(SERIES_ACTION, NULL)->count, 1);
}

static void decisions_of_one_second_are_all_stored(void **state)
{
    (void)state;
    bed_send("window/w1/control", control_text); /* of a device that has not spoken yet */
    bed_send("window/w1/control", control_text);
    bed_settle();
    assert_int_equal(bed_rows(SERIES_ACTION, "w1")->count, 2);
    assert_int_equal(fleet_find(bed.fleet, "w1")->last_seen_ms, 0);
    bed_check_account();
}

static void reports_reach_the_fleet(void **state)
{
    char id[37];
    char text[128];
    (void)state;
    status("w1", 5);
    bed_send("window/w1/state",
             "{\"position\":10,\"target\":20,\"moving\":true,\"calibrated\":true,"
             "\"fault\":null}");
    assert_true(fleet_find(bed.fleet, "w1")->state->target_pct == 20);
    assert_true(fleet_find(bed.fleet, "w1")->online);
    assert_int_equal(fleet_command(bed.fleet, "w1", "reboot", NULL, 1, id), 0);
    snprintf(text, sizeof text, "{\"id\":\"%s\",\"ok\":true}", id);
    bed_send("device/w1/answer", text);
    bed_send("device/w1/answer", text);
    bed_send("device/w1/answer", "{\"id\":\"another\",\"ok\":true}");
    refused("answer", "unknown_command");
    assert_true(bed_topic("roost_ingest_stored_total", "answer", NULL) == 1);
    assert_true(bed_topic("roost_ingest_duplicate_total", "answer", NULL) == 1);
    bed_send("window/w1/feedback", "{\"position\":30}");
    assert_true(bed_topic("roost_ingest_stored_total", "feedback", NULL) == 1);
    bed_settle();
    bed_check_account();
}

static void a_hand_labels_and_moves(void **state)
{
    char id[37];
    (void)state;
    assert_int_equal(climate_hand(bed.climate, "w1", 30, 1, id), ROOST_ERR_NOT_FOUND);
    bed_send("sensor/w1/temperature", "20");
    assert_int_equal(climate_hand(bed.climate, "w1", -1, 1, id), ROOST_ERR_RANGE);
    assert_int_equal(climate_hand(bed.climate, "w1", 100.5, 1, id), ROOST_ERR_RANGE);
    assert_int_equal(climate_hand(bed.climate, "w1", (double)NAN, 1, id), ROOST_ERR_RANGE);
    assert_int_equal(bed.rig.published_count, 0);
    assert_int_equal(climate_hand(bed.climate, "w1", 30, 1, id), 0);
    assert_int_equal(bed.rig.published_count, 2);
    assert_string_equal(bed.rig.published[0].topic, "device/w1/command");
    assert_non_null(strstr(bed.rig.published[0].payload, "\"command\":\"move\""));
    assert_non_null(strstr(bed.rig.published[0].payload, "\"args\":{\"position\":30"));
    assert_string_equal(bed.rig.published[1].topic, "window/w1/feedback");
    assert_non_null(strstr(bed.rig.published[1].payload, "{\"position\":30"));
    bed.rig.publish_err = ROOST_ERR_CLOSED;
    assert_int_equal(climate_hand(bed.climate, "w1", 40, 1, id), ROOST_ERR_CLOSED);
}

/* Beside the readings. */

static void devices_are_mirrored_into_the_series(void **state)
{
    (void)state;
    bed_send("sensor/w1/temperature", "20");
    bed_settle();
    int writes = bed.writes;
    bed_settle();
    assert_int_equal(bed.writes, writes);
    fleet_update(bed.fleet, "w1", NULL, "Bedroom", NULL, NULL);
    bed_settle();
    assert_int_equal(bed.writes, writes + 1); /* without any reading */
    rig_pass(&bed.rig, 300000);
    bed_settle();
    assert_true(bed.writes >= writes + 2); /* inactive now */
}

static void old_rows_are_deleted_every_hour(void **state)
{
    (void)state;
    bed.config.retention_days = 30;
    bed_restart();
    int64_t now = bed.rig.unix_ms;
    int64_t aging_ms = now - 30 * INT64_C(86400000) + 60000;
    bed_reading("w1", "temperature", 20, aging_ms, 1);
    bed_reading("w1", "temperature", 20, now - 29 * INT64_C(86400000), 2);
    bed_settle();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, "w1")->count, 2);
    rig_pass(&bed.rig, 3600000);
    bed_settle();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, "w1")->count, 1);
    assert_true(bed_count("roost_retention_runs_total", NULL) == 2);
    bed_reading("w1", "temperature", 20, aging_ms, 1);
    bed_settle();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, "w1")->count, 1); /* still known */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(a_plain_payload_is_stamped_with_its_arrival),
        BED_TEST(plain_payloads_are_never_duplicates),
        BED_TEST(a_number_is_stored_once),
        BED_TEST(acknowledgements_keep_the_order_of_arrival),
        BED_TEST(a_batch_grows_while_one_is_written),
        BED_TEST(quality_of_service_0_is_stored_and_not_acknowledged),
        BED_TEST(a_failed_write_is_tried_again),
        BED_TEST(a_store_that_does_not_even_start_is_tried_again),
        BED_TEST(a_full_disk_is_survived),
        BED_TEST(the_bus_is_paused_while_too_much_waits),
        BED_TEST(a_bus_that_does_not_pause_loses_nothing),
        BED_TEST(a_new_journal_starts_the_numbering_over),
        BED_TEST(a_journal_formatted_while_the_hub_was_away),
        BED_TEST(numbering_over_without_a_status_loses_nothing),
        BED_TEST(gaps_given_up_are_counted),
        BED_TEST(a_retained_reading_is_the_brokers_repetition),
        BED_TEST(policies_are_kept),
        BED_TEST(too_many_devices_are_refused),
        BED_TEST(what_others_say_of_a_device_is_not_its_voice),
        BED_TEST(one_device_cannot_take_everything),
        BED_TEST(malformed_readings_are_refused_by_reason),
        BED_TEST(topics_that_are_none_are_refused),
        BED_TEST(ten_megabytes_are_refused),
        BED_TEST(malformed_reports_are_refused),
        BED_TEST(sound_becomes_level_and_hash),
        BED_TEST(malformed_sound_is_refused_by_reason),
        BED_TEST(escaped_slashes_are_the_same_sound),
        BED_TEST(a_decision_is_stored_once_in_both_tables),
        BED_TEST(decisions_of_one_second_are_all_stored),
        BED_TEST(reports_reach_the_fleet),
        BED_TEST(a_hand_labels_and_moves),
        BED_TEST(devices_are_mirrored_into_the_series),
        BED_TEST(old_rows_are_deleted_every_hour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
