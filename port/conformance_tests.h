/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the files of the conformance suite: how a test waits for an event and calls an operation,
 * and the groups of tests. Includes cmocka.
 */
#ifndef ROOST_PORT_CONFORMANCE_TESTS_H
#define ROOST_PORT_CONFORMANCE_TESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/err.h"
#include "port/conformance.h"

/* Calls an operation of the port; a post during it breaks the contract. */
#define CALL(suite, result, call)                                                                  \
    do {                                                                                           \
        (suite)->operations++;                                                                     \
        (result) = (call);                                                                         \
        (suite)->operations--;                                                                     \
    } while (0)

/* Calls part.operation(...) of the port under test. */
#define OP(suite, result, part, operation, ...)                                                    \
    CALL(suite, result, (suite)->port->part.ops->operation((suite)->port->part.ctx, __VA_ARGS__))
#define OP0(suite, result, part, operation)                                                        \
    CALL(suite, result, (suite)->port->part.ops->operation((suite)->port->part.ctx))

/* Forgets what was posted so far. */
void conformance_forget(struct roost_conformance *suite);

/* Waits for the next event of this type and takes it, or fails the test. Valid until forget. */
const struct roost_conformance_event *
conformance_expect(struct roost_conformance *suite, enum roost_event_type type, uint32_t limit_ms);

/* Takes such an event when it is there. */
const struct roost_conformance_event *conformance_take(struct roost_conformance *suite,
                                                       enum roost_event_type type);

/* Lets time pass. */
void conformance_pass(struct roost_conformance *suite, uint32_t ms);

/* Events of this type that were posted and not taken. */
size_t conformance_count(const struct roost_conformance *suite, enum roost_event_type type);

uint32_t conformance_hash(const void *data, size_t len);

/* The network is there: connects unless it is. */
void conformance_network(struct roost_conformance *suite);

struct conformance_group {
    const char *name;
    const struct CMUnitTest *tests;
    size_t count;
};

struct conformance_group conformance_kv_group(void);
struct conformance_group conformance_journal_group(void);
struct conformance_group conformance_ledger_group(void);
struct conformance_group conformance_slot_group(void);
struct conformance_group conformance_firmware_group(void);
struct conformance_group conformance_gpio_group(void);
struct conformance_group conformance_can_group(void);
struct conformance_group conformance_basic_group(void);
struct conformance_group conformance_hardware_group(void);
struct conformance_group conformance_sound_group(void);
struct conformance_group conformance_crypto_group(void);
struct conformance_group conformance_pki_group(void);
struct conformance_group conformance_chains_group(void);
struct conformance_group conformance_slots_group(void);
struct conformance_group conformance_mqtt_group(void);
struct conformance_group conformance_ws_group(void);
struct conformance_group conformance_http_group(void);
struct conformance_group conformance_upload_group(void);

#endif
