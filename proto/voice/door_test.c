/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "proto/voice/door.h"

#define TOKEN     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TEN       "0123456789"
#define ARABIC_10 "ابتثجحخدذر"

static struct voice_door good(void)
{
    return (struct voice_door){.device_id = "teddy-01",
                               .child_id = "child_1",
                               .child_name = "Mia",
                               .child_age = "7",
                               .token = TOKEN};
}

static int check(const struct voice_door *door)
{
    const char *why = "unset";
    unsigned age = 99;
    int err = voice_door_check(door, &age, &why);

    assert_true((err == 0) == (why == NULL));
    assert_true(err < 0 || (age >= VOICE_CHILD_AGE_MIN && age <= VOICE_CHILD_AGE_MAX));
    return err;
}

/* Which member of good() is changed, to what; what it is answered. */
#define ROW(member, value, err)                                                                    \
    {                                                                                              \
        offsetof(struct voice_door, member), value, err                                            \
    }
static const struct {
    size_t offset;
    const char *value;
    int err;
} rows[] = {
    ROW(device_id, NULL, ROOST_ERR_NOT_FOUND),
    ROW(device_id, "", ROOST_ERR_INVALID),
    ROW(device_id, "teddy-1", ROOST_ERR_INVALID),
    ROW(device_id, TEN TEN TEN "01", 0),
    ROW(device_id, TEN TEN TEN "012", ROOST_ERR_TOO_LONG),
    ROW(device_id, "teddy.0001", ROOST_ERR_INVALID),
    ROW(device_id, "teddy 0001", ROOST_ERR_INVALID),
    ROW(device_id,
        "t\xC3\xA9"
        "ddy0001",
        ROOST_ERR_INVALID),
    ROW(child_id, NULL, ROOST_ERR_NOT_FOUND),
    ROW(child_id, "", ROOST_ERR_INVALID),
    ROW(child_id, "c", 0),
    ROW(child_id, TEN TEN TEN TEN TEN, 0),
    ROW(child_id, TEN TEN TEN TEN TEN "0", ROOST_ERR_TOO_LONG),
    ROW(child_id, "../../x", ROOST_ERR_INVALID),
    ROW(child_name, NULL, ROOST_ERR_NOT_FOUND),
    ROW(child_name, "", ROOST_ERR_INVALID),
    ROW(child_name, ARABIC_10 ARABIC_10 ARABIC_10, 0),
    ROW(child_name, ARABIC_10 ARABIC_10 ARABIC_10 "ز", ROOST_ERR_TOO_LONG),
    ROW(child_name, "\xF0\x9F\x90\xBB bear", 0),
    ROW(child_name, "a\xFF", ROOST_ERR_INVALID),
    ROW(child_name, "a\xC0\xAF", ROOST_ERR_INVALID),
    ROW(child_name, "a\nb", ROOST_ERR_INVALID),
    ROW(child_name, "a\x7F", ROOST_ERR_INVALID),
    ROW(child_name, "a\xC2\x85", ROOST_ERR_INVALID),
    ROW(child_name,
        "a\xE2\x80\xAE"
        "b",
        ROOST_ERR_INVALID),
    ROW(child_name,
        "a\xE2\x81\xA6"
        "b",
        ROOST_ERR_INVALID),
    ROW(child_name, "\"><script>", 0),
    ROW(child_name, "../../x", 0),
    ROW(child_age, NULL, ROOST_ERR_NOT_FOUND),
    ROW(child_age, "", ROOST_ERR_INVALID),
    ROW(child_age, "2", ROOST_ERR_RANGE),
    ROW(child_age, "3", 0),
    ROW(child_age, "13", 0),
    ROW(child_age, "14", ROOST_ERR_RANGE),
    ROW(child_age, "18446744073709551619", ROOST_ERR_RANGE),
    ROW(child_age, "7.0", ROOST_ERR_INVALID),
    ROW(child_age, "07", ROOST_ERR_INVALID),
    ROW(child_age, "+7", ROOST_ERR_INVALID),
    ROW(child_age, "-7", ROOST_ERR_INVALID),
    ROW(child_age, " 7", ROOST_ERR_INVALID),
    ROW(child_age, "7e0", ROOST_ERR_INVALID),
    ROW(child_age, "\xEF\xBC\x97", ROOST_ERR_INVALID),
    ROW(token, NULL, ROOST_ERR_NOT_FOUND),
    ROW(token, "", ROOST_ERR_INVALID),
    ROW(token, "0123", ROOST_ERR_INVALID),
    ROW(token, TOKEN "0", ROOST_ERR_INVALID),
    ROW(token, "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
        ROOST_ERR_INVALID),
};

static void parameters(void **state)
{
    static const char *const names[] = {"device_id", "child_id", "child_name", "child_age",
                                        "token"};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct voice_door door = good();
        const char *why;
        unsigned age;

        memcpy((char *)&door + rows[i].offset, &rows[i].value, sizeof rows[i].value);
        assert_int_equal(check(&door), rows[i].err);
        if (rows[i].err == 0)
            continue;
        (void)voice_door_check(&door, &age, &why);
        const char *name = names[rows[i].offset / sizeof rows[i].value];
        assert_memory_equal(why, name, strlen(name));
        /* A reason goes to the other side and into logs: it holds no value. */
        if (rows[i].value && strlen(rows[i].value) > 3)
            assert_null(strstr(why, rows[i].value));
    }
}

static void url(void **state)
{
    static const char whole[] =
        "wss://hub.example:8443/api/v1/esp32/private/chat?device_id=teddy-01&child_id=child_1"
        "&child_name=%D8%B3%20%26%3D%22&child_age=7&token=" TOKEN;
    struct voice_door door = good();
    char out[VOICE_URL_MAX];

    (void)state;
    door.child_name = "س &=\"";
    assert_int_equal(voice_door_url(out, sizeof out, "wss://hub.example:8443", &door),
                     sizeof whole - 1);
    assert_string_equal(out, whole);
    assert_int_equal(voice_door_url(out, sizeof out, "wss://hub.example:8443/", &door),
                     sizeof whole - 1);
    for (size_t size = 0; size < sizeof whole; size++)
        assert_int_equal(voice_door_url(out, size, "wss://hub.example:8443", &door),
                         ROOST_ERR_TOO_LONG);
    assert_string_equal(out, "");
    assert_true(voice_door_url(out, sizeof out, "ws://h/ws/esp32/connect", &door) > 0);
    assert_memory_equal(out, "ws://h/ws/esp32/connect?device_id=", 34);

    static const char *const bases[] = {"",         "http://h", "wss://",        "wss:///p",
                                        "ws://h?x", "ws://h#x", "ws://h\r\nX: y"};
    for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++) {
        out[0] = 'x';
        assert_int_equal(voice_door_url(out, sizeof out, bases[i], &door), ROOST_ERR_INVALID);
        assert_string_equal(out, "");
    }
    door.child_age = "2";
    assert_int_equal(voice_door_url(out, sizeof out, "ws://h", &door), ROOST_ERR_RANGE);
}

/* The longest of everything, in the longest encoding, leaves room for a base. */
static void longest_url(void **state)
{
    char name[VOICE_CHILD_NAME_MAX + 1] = "";
    char out[VOICE_URL_MAX];
    struct voice_door door = {.device_id = TEN TEN TEN "01",
                              .child_id = TEN TEN TEN TEN TEN,
                              .child_name = name,
                              .child_age = "13",
                              .token = TOKEN};

    (void)state;
    for (int i = 0; i < VOICE_CHILD_NAME_CHARS; i++)
        strcat(name, "\xF0\x9F\x90\xBB");
    assert_true(voice_door_url(out, sizeof out, "wss://a-long-name.hub.example.org:8443", &door) >
                0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(parameters), cmocka_unit_test(url),
                                       cmocka_unit_test(longest_url)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
