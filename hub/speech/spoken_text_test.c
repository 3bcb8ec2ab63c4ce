/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hub/speech/spoken_text.h"

static void becomes(enum child_language language, const char *text, const char *wanted)
{
    char out[256];
    size_t len = spoken_text(out, sizeof out, language, text, strlen(text));
    assert_string_equal(out, wanted);
    assert_int_equal(len, strlen(wanted));
}

static void english(void **state)
{
    (void)state;
    becomes(CHILD_EN, "Hello, Mia! 3.5 metres?", "Hello, Mia! 3.5 metres?");
    becomes(CHILD_EN, "It’s a “cat” – yes…", "It's a cat , yes, ");
    becomes(CHILD_EN, "Café für Zoë", "Cafe fur Zoe");
    becomes(CHILD_EN, "ice-cream *now* 🧸 2 × 3", "ice cream now 2 times 3");
    becomes(CHILD_EN, "50% & 1+1=2", "50 percent and 1 plus 1 is 2");
    becomes(CHILD_EN, "a\nb\tc\x01\x7f", "a b c ");
    becomes(CHILD_EN, "<speak>x</speak>", "speak x speak ");
}

static void nothing_to_say(void **state)
{
    (void)state;
    becomes(CHILD_EN, "", "");
    becomes(CHILD_EN, "...", "");
    becomes(CHILD_EN, "🧸🎈", "");
    becomes(CHILD_EN, "مرحبا", "");
    becomes(CHILD_EN, "\xff\xfe", "");
}

static void arabic(void **state)
{
    (void)state;
    becomes(CHILD_AR, "مَرْحَبًا، كَيْفَ حَالُكَ؟", "مَرْحَبًا، كَيْفَ حَالُكَ؟");
    becomes(CHILD_AR, "[[x]] ١٢ «نعم» 中", "x ١٢ نعم ");
}

static void what_does_not_fit_is_left_out(void **state)
{
    char out[6];
    (void)state;
    assert_int_equal(spoken_text(out, sizeof out, CHILD_EN, "1% of it", 8), 1);
    assert_string_equal(out, "1");
    assert_int_equal(spoken_text(out, sizeof out, CHILD_AR, "نعم", 6), 4); /* no half letter */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(english),
        cmocka_unit_test(nothing_to_say),
        cmocka_unit_test(arabic),
        cmocka_unit_test(what_does_not_fit_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
