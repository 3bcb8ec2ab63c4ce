/* SPDX-License-Identifier: Apache-2.0 */
/* Content is loaded while memory ends at each allocation in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hub/companion/companion.h"
#include "hub/companion/content_rig.h"

static long left = -1; /* allocations that still succeed; below 0: all */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool ends(void)
{
    if (left > 0)
        left--;
    return left == 0;
}

void *__wrap_malloc(size_t size)
{
    return ends() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return ends() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return ends() ? NULL : __real_realloc(old, size);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    char why[200];
    char *text = content_rig(CHILD_EN, "");
    long tried = 0;
    for (;; tried++) {
        struct companion *companion = NULL;
        left = tried + 1;
        why[0] = 0;
        int err =
            companion_load_text(&companion, CHILD_EN, "x.txt", text, strlen(text), why, sizeof why);
        left = -1;
        if (err == 0) {
            companion_free(companion);
            break;
        }
        assert_int_equal(err, ROOST_ERR_NO_MEMORY);
        assert_null(companion);
        assert_non_null(strstr(why, "out of memory"));
    }
    print_message("%ld allocations\n", tried);
    assert_true(tried > 20);
    free(text);
}

static void a_folder_without_memory(void **state)
{
    (void)state;
    char why[200];
    for (long allowed = 1; allowed < 12; allowed++) {
        struct companion *companion = NULL;
        left = allowed;
        int err = companion_load(&companion, ROOST_CONTENT, why, sizeof why);
        left = -1;
        assert_int_equal(err, ROOST_ERR_NO_MEMORY);
        assert_null(companion);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(a_folder_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
