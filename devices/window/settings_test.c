/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/window/settings.h"
#include "port/port.h"

/* "s." goes before a key in flash. */
enum { KEY_IN_FLASH = ROOST_KV_KEY_MAX - 2 };

static void keys_differ_where_flash_keeps_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < WINDOW_SET_COUNT; i++) {
        assert_true(window_settings[i].key != NULL && strlen(window_settings[i].key) <= 24);
        for (size_t j = 0; j < i; j++)
            assert_true(strncmp(window_settings[i].key, window_settings[j].key, KEY_IN_FLASH));
    }
}

static void defaults_are_allowed_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < WINDOW_SET_COUNT; i++) {
        const struct roost_setting *setting = &window_settings[i];
        int64_t value = setting->type == ROOST_SETTING_STRING
                            ? (int64_t)strlen(setting->initial_text)
                            : setting->initial;
        assert_true(value >= setting->min && value <= setting->max);
        assert_true(setting->min < setting->max);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_differ_where_flash_keeps_them),
        cmocka_unit_test(defaults_are_allowed_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
