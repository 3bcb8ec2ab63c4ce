/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "hub/fleet/id_table.h"
#include "hub/fleet/parts_fake.h"

struct thing {
    char id[16];
    bool there;
};

static void an_empty_table_finds_nothing(void **state)
{
    struct id_table table;
    (void)state;
    id_table_init(&table, 1);
    assert_null(id_table_find(&table, "a"));
    assert_null(id_table_remove(&table, "a"));
    id_table_deinit(&table);
}

/* Against a plain array of flags, with many removals so that runs are closed again and again. */
static void it_does_what_an_array_does(void **state)
{
    enum { THINGS = 300, STEPS = 50000 };
    static struct thing things[THINGS];
    struct parts_fake fake = {.random = 7};
    struct id_table table;
    size_t count = 0;
    (void)state;
    id_table_init(&table, 42);
    for (int i = 0; i < THINGS; i++)
        snprintf(things[i].id, sizeof things[i].id, "device-%d", i);
    for (int step = 0; step < STEPS; step++) {
        struct thing *thing = &things[fake_next_random(&fake) % THINGS];
        assert_ptr_equal(id_table_find(&table, thing->id), thing->there ? thing : NULL);
        if (thing->there) {
            assert_ptr_equal(id_table_remove(&table, thing->id), thing);
            count--;
        } else {
            assert_int_equal(id_table_add(&table, thing), 0);
            count++;
        }
        thing->there = !thing->there;
        assert_int_equal(table.count, count);
    }
    for (int i = 0; i < THINGS; i++)
        assert_ptr_equal(id_table_find(&table, things[i].id), things[i].there ? &things[i] : NULL);
    id_table_deinit(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_table_finds_nothing),
        cmocka_unit_test(it_does_what_an_array_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
