/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of any device have in common: the fake port, and words for asking the device on it
 * and reading what it says. The product, and how it is started, is added by whoever includes it:
 * runtime/test/product_rig.h, devices/window/test/rig.h. Included after <cmocka.h>, by one file a
 * program.
 */
#ifndef ROOST_RUNTIME_TEST_RIG_H
#define ROOST_RUNTIME_TEST_RIG_H

#include <string.h>

#include "core/err.h"
#include "proto/fleet/command.h"
#include "proto/fleet/status.h"
#include "runtime/test/fake_port.h"

enum { MINUTE = 60000 };

static struct fake_port fake;
static struct roost_answer answer;
static struct roost_status status;

static inline bool contains(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

/* ---- what it says ---- */

static inline void read_status(void)
{
    const char *payload = fake.last[ROOST_TOPIC_STATUS];
    assert_int_equal(roost_status_parse(&status, payload, strlen(payload)), 0);
    assert_true(fake.retained[ROOST_TOPIC_STATUS]);
}

static inline void read_answer(void)
{
    const char *said = fake.last[ROOST_TOPIC_ANSWER];
    assert_int_equal(roost_answer_parse(&answer, said, strlen(said)), 0);
    assert_true(!fake.retained[ROOST_TOPIC_ANSWER]);
}

/* ---- commands ---- */

/* Its answer comes when it comes. */
static inline void send_command(const char *payload)
{
    assert_int_equal(fake_deliver(&fake, ROOST_TOPIC_COMMAND, payload), 0);
}

/* Sends a command and reads its answer. */
static inline void ask(const char *payload)
{
    int before = fake.count[ROOST_TOPIC_ANSWER];
    send_command(payload);
    fake_run(&fake, 10);
    assert_int_equal(fake.count[ROOST_TOPIC_ANSWER], before + 1);
    read_answer();
}

#endif
