/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"

static const struct hub_service meter = {.name = "meter", .type = "meter"};
static const struct hub_service valve = {.name = "water", .type = "valve"};
static const struct hub_service lamp = {.name = "lamp", .type = "lamp"};
static const struct hub_service fleet = {.name = "fleet"};

static void expect_types(const struct hub_set *set, size_t size, const char *types)
{
    char text[64];

    memset(text, '#', sizeof text);
    hub_types_write(set, text, size);
    assert_string_equal(text, types);
    assert_int_equal(text[size], '#');
}

static void types_are_those_of_the_rows(void **state)
{
    struct hub_set set = {.at = {{&meter, NULL}, {&fleet, NULL}, {&valve, NULL}, {&lamp, NULL}}};

    (void)state;
    expect_types(&set, 60, "");
    set.count = 2;
    expect_types(&set, 60, "meter");
    assert_false(hub_type_known(&set, "valve"));
    set.count = 3;
    expect_types(&set, 60, "meter or valve");
    set.count = 4;
    expect_types(&set, 60, "meter, valve or lamp");
    assert_true(hub_type_known(&set, "meter"));
    assert_true(hub_type_known(&set, "valve"));
    assert_false(hub_type_known(&set, "water"));
    assert_false(hub_type_known(&set, "fleet"));
    assert_false(hub_type_known(&set, ""));
    assert_false(hub_type_known(&set, "meter2"));
}

static void types_that_do_not_fit_are_cut(void **state)
{
    const struct hub_set set = {.at = {{&meter, NULL}, {&valve, NULL}, {&lamp, NULL}}, .count = 3};
    static const char all[] = "meter, valve or lamp";

    (void)state;
    for (size_t size = 1; size <= sizeof all; size++) {
        char cut[sizeof all];
        memcpy(cut, all, sizeof cut);
        cut[size - 1] = '\0';
        expect_types(&set, size, cut);
    }
}

static void what_a_decoder_says_is_a_refusal(void **state)
{
    (void)state;
    assert_int_equal(hub_refusal(ROOST_ERR_RANGE), HUB_RANGE);
    assert_int_equal(hub_refusal(ROOST_ERR_TOO_LONG), HUB_TOO_LONG);
    assert_int_equal(hub_refusal(ROOST_ERR_NO_MEMORY), HUB_NO_MEMORY);
    assert_int_equal(hub_refusal(ROOST_ERR_INVALID), HUB_BAD_PAYLOAD);
}

static void what_a_program_gives_is_found_by_its_name(void **state)
{
    static const int depth = 3, width = 4;
    const struct hub_extra extras[] = {{"depth", &depth}, {"width", &width}, {NULL, NULL}};
    struct hub_parts parts = {.extras = extras};

    (void)state;
    assert_ptr_equal(hub_extra_find(&parts, "depth"), &depth);
    assert_ptr_equal(hub_extra_find(&parts, "width"), &width);
    assert_null(hub_extra_find(&parts, "height"));
    parts.extras = NULL;
    assert_null(hub_extra_find(&parts, "depth"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_those_of_the_rows),
        cmocka_unit_test(types_that_do_not_fit_are_cut),
        cmocka_unit_test(what_a_program_gives_is_found_by_its_name),
        cmocka_unit_test(what_a_decoder_says_is_a_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
