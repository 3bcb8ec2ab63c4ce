/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "core/timer.h"
#include "devices/window/readings.h"
#include "devices/window/test/fake_world.h"
#include "devices/window/window.h"

static struct fake_port fake;
static struct fake_world world;
static struct roost_log log_;
static char log_memory[1024];
static struct roost_window window; /* its uplink alone: where the readings go */
static struct roost_outbox outbox;

static uint64_t log_now(void *ctx)
{
    return ((struct fake_port *)ctx)->now_ms;
}

static struct roost_time now(void)
{
    return (struct roost_time){.now_ms = fake.now_ms, .unix_ms = fake_unix_ms(&fake)};
}

static void boot(uint32_t number)
{
    roost_log_init(&log_, log_memory, sizeof log_memory, log_now, NULL, &fake);
    assert_int_equal(roost_uplink_mqtt_init(&window.mqtt, &fake.port,
                                            &(struct roost_mqtt_options){.host = NULL}, "win-1",
                                            NULL, 0),
                     0);
    assert_int_equal(
        roost_outbox_init(&outbox, &window_readings, &window, &fake.port, number, &log_), 0);
}

static void start(void)
{
    fake_init(&fake);
    fake_world_init(&world, &fake);
    fake.acks = false;
    fake.now_ms = 1000;
    boot(1);
}

static void add_reading(const struct roost_climate_sample *sample)
{
    uint8_t bytes[WINDOW_READING_BYTES];
    window_reading_write(bytes, sample);
    roost_outbox_add(&outbox, bytes, now());
}

static void add(int count)
{
    for (int i = 0; i < count; i++) {
        fake.now_ms += 10000;
        world.climate.temperature_mdegc++;
        add_reading(&world.climate);
    }
}

static void open_(void)
{
    fake.open = true;
    fake.unacked = 0;
    roost_outbox_opened(&outbox, now());
    roost_outbox_pump(&outbox, now());
}

static void close_(void)
{
    fake.open = false;
    roost_outbox_closed(&outbox);
}

static bool ack(int token)
{
    fake.unacked--;
    bool ours = roost_outbox_acked(&outbox, (uint64_t)token, now());
    roost_outbox_pump(&outbox, now());
    return ours;
}

/* Message i of all that were published: temperature and humidity of the readings in turn. */
static void expect(int i, uint64_t seq)
{
    assert_true(i < world.reading_count);
    assert_int_equal(world.readings[i].seq, seq);
    assert_int_equal(world.readings[i].kind,
                     i % 2 ? CLIMATE_TOPIC_HUMIDITY : CLIMATE_TOPIC_TEMPERATURE);
}

static void records_keep_what_they_were_given(void **state)
{
    (void)state;
    static const struct {
        struct roost_climate_sample sample;
        struct roost_record_head head;
    } records[] = {
        {{25500, 60000}, {7, true, 1772409600123}},
        {{-40000, 0}, {0xFFFFFFFF, false, 0x1122334455667788}},
    };
    uint8_t bytes[ROOST_OUTBOX_HEAD_BYTES], sample[WINDOW_READING_BYTES];
    struct roost_record_head read;
    for (size_t i = 0; i < 2; i++) {
        window_reading_write(sample, &records[i].sample);
        struct roost_climate_sample again = window_reading_read(sample);
        assert_int_equal(again.temperature_mdegc, records[i].sample.temperature_mdegc);
        assert_int_equal(again.humidity_mpct, records[i].sample.humidity_mpct);
        roost_record_head_write(bytes, &records[i].head);
        assert_int_equal(roost_record_head_parse(&read, bytes, sizeof bytes), 0);
        assert_int_equal(read.boot, records[i].head.boot);
        assert_int_equal(read.timed, records[i].head.timed);
        assert_true(read.time_ms == records[i].head.time_ms);
        for (size_t len = 0; len < sizeof bytes; len++)
            assert_int_equal(roost_record_head_parse(&read, bytes, len), ROOST_ERR_INVALID);
    }
    bytes[0] = 2;
    assert_int_equal(roost_record_head_parse(&read, bytes, sizeof bytes), ROOST_ERR_INVALID);
    bytes[0] = 1;
    bytes[1] = 2;
    assert_int_equal(roost_record_head_parse(&read, bytes, sizeof bytes), ROOST_ERR_INVALID);
}

static void a_reading_is_two_messages_with_its_number_and_time(void **state)
{
    (void)state;
    start();
    open_();
    add(1);
    roost_outbox_pump(&outbox, now());
    assert_int_equal(world.reading_count, 2);
    expect(0, 1);
    expect(1, 1);
    assert_int_equal(world.readings[0].value_milli, world.climate.temperature_mdegc);
    assert_int_equal(world.readings[1].value_milli, world.climate.humidity_mpct);
    assert_true(world.readings[0].unix_ms == fake_unix_ms(&fake));
    assert_int_equal(roost_outbox_last_seq(&outbox), 1);
}

static void offline_readings_are_replayed_in_order(void **state)
{
    (void)state;
    start();
    add(30);
    assert_int_equal(roost_outbox_waiting(&outbox), 30);
    assert_int_equal(fake.publishes, 0);
    open_();
    assert_int_equal(world.reading_count, 2 * ROOST_OUTBOX_FLIGHTS);
    for (int token = 1; token <= 60; token++)
        assert_true(ack(token));
    assert_int_equal(world.reading_count, 60);
    for (int i = 0; i < 60; i++)
        expect(i, 1 + (uint64_t)i / 2);
    assert_int_equal(roost_outbox_waiting(&outbox), 0);
    assert_true(roost_outbox_due(&outbox) == ROOST_NEVER);
}

static void trims_only_when_all_before_is_acknowledged(void **state)
{
    (void)state;
    start();
    add(3);
    open_();
    for (int token = 2; token <= 6; token++) /* all but the first temperature */
        assert_true(ack(token));
    assert_int_equal(roost_outbox_waiting(&outbox), 3);
    assert_true(!ack(2));   /* twice */
    assert_true(!ack(0));   /* nobody's */
    assert_true(!ack(999)); /* of another topic */
    assert_int_equal(roost_outbox_waiting(&outbox), 3);
    assert_true(ack(1));
    assert_int_equal(roost_outbox_waiting(&outbox), 0);
}

static void a_new_connection_begins_at_the_first_one_not_trimmed(void **state)
{
    (void)state;
    start();
    add(5);
    open_();
    ack(1);
    ack(2); /* reading 1 is done */
    ack(4); /* of reading 2 only the humidity */
    close_();
    add(1);
    world.reading_count = 0;
    open_();
    assert_int_equal(world.reading_count, 10);
    for (int i = 0; i < 10; i++)
        expect(i, 2 + (uint64_t)i / 2);
    assert_true(!ack(3)); /* a token of the old connection means nothing */
}

static void a_full_port_is_tried_again_where_it_stopped(void **state)
{
    (void)state;
    start();
    add(20);
    fake.room = 3; /* one and a half readings */
    open_();
    int acked = 0;
    while (acked < 40) {
        assert_true(fake.unacked <= 3);
        assert_true(ack(++acked));
    }
    for (int i = 0; i < 40; i++)
        expect(i, 1 + (uint64_t)i / 2);
    assert_int_equal(world.reading_count, 40);
    assert_int_equal(roost_outbox_waiting(&outbox), 0);
}

static void numbers_go_on_after_a_reboot(void **state)
{
    (void)state;
    start();
    add(5);
    fake_boot(&fake, ROOST_RESET_POWER_ON);
    fake.acks = false;
    boot(2);
    add(2);
    assert_int_equal(roost_outbox_waiting(&outbox), 7);
    open_();
    for (int i = 0; i < 14; i++)
        expect(i, 1 + (uint64_t)i / 2);
}

static void a_reading_gets_its_time_once_the_clock_is_known(void **state)
{
    (void)state;
    start();
    fake.unix_at_boot_ms = 0;
    add(2); /* at 11 s and 21 s */
    fake.unix_at_boot_ms = 1772409600000;
    add(1);
    open_();
    assert_true(world.readings[0].unix_ms == 1772409600000 + 11000);
    assert_true(world.readings[2].unix_ms == 1772409600000 + 21000);
    assert_true(world.readings[4].unix_ms == 1772409600000 + 31000);
}

static void an_earlier_boot_without_a_clock_goes_without_time(void **state)
{
    (void)state;
    start();
    fake.unix_at_boot_ms = 0;
    add(1);
    fake_boot(&fake, ROOST_RESET_POWER_ON);
    fake.acks = false;
    fake.unix_at_boot_ms = 1772409600000;
    boot(2);
    add(1);
    open_();
    assert_int_equal(world.reading_count, 4);
    assert_true(world.readings[0].unix_ms == 0);
    expect(0, 1);
    assert_true(world.readings[2].unix_ms != 0);
}

static void old_readings_wait_a_while_for_the_clock(void **state)
{
    (void)state;
    start();
    fake.unix_at_boot_ms = 0;
    add(2);
    fake.now_ms += 60000;
    open_();
    assert_int_equal(world.reading_count, 0);
    assert_true(roost_outbox_due(&outbox) == fake.now_ms + 1000);
    fake.now_ms += 4000;
    fake.unix_at_boot_ms = 1772409600000;
    roost_outbox_pump(&outbox, now());
    assert_int_equal(world.reading_count, 4);
    assert_true(world.readings[0].unix_ms == 1772409600000 + 11000);

    start();
    fake.unix_at_boot_ms = 0;
    add(1);
    fake.now_ms += 60000;
    open_();
    fake.now_ms += ROOST_OUTBOX_CLOCK_WAIT_MS;
    roost_outbox_pump(&outbox, now());
    assert_int_equal(world.reading_count, 2); /* nobody knows: the hub stamps it */
    assert_true(world.readings[0].unix_ms == 0);
}

static void a_fresh_reading_does_not_wait(void **state)
{
    (void)state;
    start();
    fake.unix_at_boot_ms = 0;
    open_();
    add(1);
    roost_outbox_pump(&outbox, now());
    assert_int_equal(world.reading_count, 2);
    assert_true(world.readings[0].unix_ms == 0);
}

static void with_broken_flash_readings_go_out_live(void **state)
{
    (void)state;
    start();
    add(1);
    open_();
    ack(1);
    ack(2);
    fake.flash_fails = true;
    add(1);
    assert_true(outbox.flash_err < 0);
    assert_int_equal(world.reading_count, 4);
    assert_true(world.readings[2].seq == 0 && world.readings[2].unix_ms == fake_unix_ms(&fake));
    assert_int_equal(outbox.live, 1);
    close_();
    add(1);
    assert_int_equal(outbox.live_lost, 1);
    fake.flash_fails = false;
    add(1);
    assert_true(outbox.flash_err == 0);
    open_();
    /* A number that the failed flash may hold is not given out again. */
    assert_true(world.readings[4].seq == 2 || world.readings[4].seq == 3);
}

static void unreadable_flash_at_boot_is_no_end(void **state)
{
    (void)state;
    start();
    fake.flash_fails = true;
    boot(2);
    assert_true(outbox.flash_err < 0);
    open_();
    add(1);
    roost_outbox_pump(&outbox, now());
    assert_int_equal(world.reading_count, 2);
    assert_int_equal(roost_outbox_waiting(&outbox), 0);
    assert_int_equal(roost_outbox_last_seq(&outbox), 0);
}

static void a_full_journal_gives_up_the_oldest(void **state)
{
    (void)state;
    start();
    add(FAKE_READINGS / 2 - 20);
    assert_true(outbox.journal_full && outbox.journal.dropped > 0);
    uint64_t oldest = outbox.journal.oldest_seq;
    assert_true(oldest > 1);
    open_();
    for (int token = 1; token <= fake.next_token; token++)
        ack(token);
    expect(0, oldest);
    expect(world.reading_count - 1, FAKE_READINGS / 2 - 20);
    assert_int_equal(roost_outbox_waiting(&outbox), 0);
    assert_true(!outbox.journal_full);
}

static void giving_up_what_is_in_flight_does_not_confuse_it(void **state)
{
    (void)state;
    start();
    add(10);
    fake.room = 3;
    open_();
    add(FAKE_READINGS / 2 - 30);
    int acked = 0;
    while (acked < fake.next_token)
        ack(++acked);
    assert_int_equal(roost_outbox_waiting(&outbox), 0);
    for (int i = 4; i < world.reading_count; i++)
        assert_true(world.readings[i].seq >= world.readings[i - 1].seq);
}

static void a_record_that_is_no_reading_does_not_block(void **state)
{
    (void)state;
    static const uint8_t foreign[100] = {9, 9, 9};
    uint64_t seq;
    start();
    add(1);
    assert_int_equal(roost_journal_append(&outbox.journal, foreign, 5, &seq), 0);
    assert_int_equal(roost_journal_append(&outbox.journal, foreign, sizeof foreign, &seq), 0);
    add(1);
    open_();
    assert_int_equal(world.reading_count, 4);
    expect(2, 4);
    for (int token = 1; token <= 4; token++)
        ack(token);
    assert_int_equal(outbox.unreadable, 2);
    assert_int_equal(roost_outbox_waiting(&outbox), 0);
}

static void a_silent_broker_is_noticed(void **state)
{
    (void)state;
    start();
    open_();
    assert_true(!roost_outbox_unanswered(&outbox, now()));
    add(2);
    roost_outbox_pump(&outbox, now());
    uint64_t due = roost_outbox_due(&outbox);
    assert_true(due == fake.now_ms + ROOST_OUTBOX_ACK_TIMEOUT_MS);
    fake.now_ms = due - 1;
    assert_true(!roost_outbox_unanswered(&outbox, now()));
    fake.now_ms = due;
    assert_true(roost_outbox_unanswered(&outbox, now()));
    ack(1);
    assert_true(!roost_outbox_unanswered(&outbox, now()));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_keep_what_they_were_given),
        cmocka_unit_test(a_reading_is_two_messages_with_its_number_and_time),
        cmocka_unit_test(offline_readings_are_replayed_in_order),
        cmocka_unit_test(trims_only_when_all_before_is_acknowledged),
        cmocka_unit_test(a_new_connection_begins_at_the_first_one_not_trimmed),
        cmocka_unit_test(a_full_port_is_tried_again_where_it_stopped),
        cmocka_unit_test(numbers_go_on_after_a_reboot),
        cmocka_unit_test(a_reading_gets_its_time_once_the_clock_is_known),
        cmocka_unit_test(an_earlier_boot_without_a_clock_goes_without_time),
        cmocka_unit_test(old_readings_wait_a_while_for_the_clock),
        cmocka_unit_test(a_fresh_reading_does_not_wait),
        cmocka_unit_test(with_broken_flash_readings_go_out_live),
        cmocka_unit_test(unreadable_flash_at_boot_is_no_end),
        cmocka_unit_test(a_full_journal_gives_up_the_oldest),
        cmocka_unit_test(giving_up_what_is_in_flight_does_not_confuse_it),
        cmocka_unit_test(a_record_that_is_no_reading_does_not_block),
        cmocka_unit_test(a_silent_broker_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
