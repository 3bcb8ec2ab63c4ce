/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests: a file of a test's own, there from its set-up to its tear-down. */
#ifndef ROOST_MOSQUITTO_TEST_FILE_H
#define ROOST_MOSQUITTO_TEST_FILE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/roost-mosquitto-XXXXXX";

static int setup(void **state)
{
    (void)state;
    strcpy(path + sizeof path - 7, "XXXXXX");
    return close(mkstemp(path));
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

#endif
