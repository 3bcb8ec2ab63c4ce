/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests with certificates stand on: the kv that loses power, port/pki.h on OpenSSL over
 * it, the certificates of port/conformance_pki.sh, and the security part, booted at will. For tests
 * only.
 */
#ifndef ROOST_DEVICES_CHARGER_SECURITY_TEST_SECURITY_RIG_H
#define ROOST_DEVICES_CHARGER_SECURITY_TEST_SECURITY_RIG_H

#define KV_CUT_VALUE_BYTES 1984

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/err.h"
#include "devices/charger/security/request.h"
#include "devices/charger/security/signed.h"
#include "devices/charger/test/kv_cut.h"
#include "port/conformance_pki.h"
#include "port/linux/pki.h"

enum { RIG_ROOTS = 3 };

static struct {
    struct kv_cut store;
    struct linux_pki on_openssl;
    struct roost_pki pki;
    struct charger_roots roots;
    struct charger_events events;
    uint32_t boots;
} rig;

static inline void rig_boot(void)
{
    kv_cut_boot(&rig.store);
    linux_pki_init(&rig.on_openssl, &rig.store.kv, &rig.pki);
    assert_int_equal(charger_roots_init(&rig.roots, &rig.store.kv, &rig.pki, RIG_ROOTS), 0);
    assert_int_equal(charger_events_init(&rig.events, &rig.store.kv, ++rig.boots), 0);
}

static inline int rig_set_up(void **state)
{
    (void)state;
    kv_cut_init(&rig.store);
    rig_boot();
    return 0;
}

static inline enum charger_install_answer rig_install(enum charger_root_use use, const char *file)
{
    struct roost_pki_text text = pki_file(file);

    return charger_roots_install(&rig.roots, use, &text, pki_at_day(0));
}

/* How many events of this kind the log has. */
static inline unsigned rig_events(enum charger_event_kind kind)
{
    struct charger_event event;
    unsigned count = 0;

    for (uint32_t after = 0; charger_events_read(&rig.events, after, 0, 0, &event) == 0;) {
        count += event.kind == kind;
        after = event.number;
    }
    return count;
}

#endif
