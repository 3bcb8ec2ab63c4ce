/* SPDX-License-Identifier: Apache-2.0 */
/* Which time a record goes out with, and how long it waits for the clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/test/outbox_rig.h"

static void heads_keep_what_they_were_given(void **state)
{
    (void)state;
    static const struct roost_record_head heads[] = {
        {7, true, 1772409600123},
        {0xFFFFFFFF, false, 0x1122334455667788},
    };
    uint8_t bytes[ROOST_OUTBOX_HEAD_BYTES];
    struct roost_record_head read;
    for (size_t i = 0; i < 2; i++) {
        roost_record_head_write(bytes, &heads[i]);
        assert_int_equal(roost_record_head_parse(&read, bytes, sizeof bytes), 0);
        assert_int_equal(read.boot, heads[i].boot);
        assert_int_equal(read.timed, heads[i].timed);
        assert_true(read.time_ms == heads[i].time_ms);
        for (size_t len = 0; len < sizeof bytes; len++)
            assert_int_equal(roost_record_head_parse(&read, bytes, len), ROOST_ERR_INVALID);
    }
    bytes[0] = 2;
    assert_int_equal(roost_record_head_parse(&read, bytes, sizeof bytes), ROOST_ERR_INVALID);
    bytes[0] = 1;
    bytes[1] = 2;
    assert_int_equal(roost_record_head_parse(&read, bytes, sizeof bytes), ROOST_ERR_INVALID);
}

static void a_record_gets_its_time_once_the_clock_is_known(void **state)
{
    (void)state;
    start();
    fake.unix_at_boot_ms = 0;
    add(2); /* at 11 s and 21 s */
    fake.unix_at_boot_ms = 1772409600000;
    add(1);
    open_();
    assert_true(time_of(0) == 1772409600000 + 11000);
    assert_true(time_of(1) == 1772409600000 + 21000);
    assert_true(time_of(2) == 1772409600000 + 31000);
}

static void an_earlier_boot_without_a_clock_goes_without_time(void **state)
{
    (void)state;
    start();
    fake.unix_at_boot_ms = 0;
    add(1);
    fake_boot(&fake, ROOST_RESET_POWER_ON);
    fake.unix_at_boot_ms = 1772409600000;
    boot(2);
    add(1);
    open_();
    expect_all(messages * 2, 1);
    assert_true(time_of(0) == 0);
    assert_true(time_of(1) != 0);
}

static void a_boot_without_a_number_is_no_other_boot(void **state)
{
    (void)state;
    start();
    boot(0);
    fake.unix_at_boot_ms = 0;
    add(1);
    boot(0);
    fake.unix_at_boot_ms = 1772409600000;
    open_();
    assert_true(time_of(0) == 0);
}

static void old_records_wait_a_while_for_the_clock(void **state)
{
    (void)state;
    start();
    fake.unix_at_boot_ms = 0;
    add(2);
    fake.now_ms += 60000;
    open_();
    assert_int_equal(line.count, 0);
    assert_true(roost_outbox_due(&outbox) == fake.now_ms + 1000);
    fake.now_ms += 4000;
    fake.unix_at_boot_ms = 1772409600000;
    roost_outbox_pump(&outbox, now());
    assert_int_equal(line.count, messages * 2);
    assert_true(time_of(0) == 1772409600000 + 11000);

    start();
    fake.unix_at_boot_ms = 0;
    add(1);
    fake.now_ms += 60000;
    open_();
    fake.now_ms += ROOST_OUTBOX_CLOCK_WAIT_MS;
    roost_outbox_pump(&outbox, now());
    assert_int_equal(line.count, messages); /* nobody knows: the hub stamps it */
    assert_true(time_of(0) == 0);
}

static void a_fresh_record_does_not_wait(void **state)
{
    (void)state;
    start();
    fake.unix_at_boot_ms = 0;
    open_();
    add(1);
    roost_outbox_pump(&outbox, now());
    assert_int_equal(line.count, messages);
    assert_true(time_of(0) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_keep_what_they_were_given),
        TEST(a_record_gets_its_time_once_the_clock_is_known),
        TEST(an_earlier_boot_without_a_clock_goes_without_time),
        TEST(a_boot_without_a_number_is_no_other_boot),
        TEST(old_records_wait_a_while_for_the_clock),
        TEST(a_fresh_record_does_not_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
