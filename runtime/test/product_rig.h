/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the runtime's tests have in common: the least product on the fake port, and words for
 * starting it, beside those of runtime/test/rig.h. Included after <cmocka.h>, by one file a
 * program.
 */
#ifndef ROOST_RUNTIME_TEST_PRODUCT_RIG_H
#define ROOST_RUNTIME_TEST_PRODUCT_RIG_H

#include "runtime/test/product.h"
#include "runtime/test/rig.h"

enum {
    FAKE_TUNE = FAKE_OWN + PRODUCT_TOPIC_TUNE,
    FAKE_RING = FAKE_OWN + PRODUCT_TOPIC_RING,
    FAKE_STATE = FAKE_OWN + PRODUCT_TOPIC_STATE,
    ONLINE_MS = 3000 /* it is connected within this */
};

static struct product product;

/* Over WebSocket when the port has it. With a port that has what updates need, the version is the
 * one of the slot that runs. */
static inline void boot(void)
{
    struct product_config config = {
        .id = "bell-1", .version = "1.2.3", .over_ws = fake.port.ws.ops != NULL};

    if (fake.port.firmware.ops) {
        config.version = fake.update.version = fake.running.slot ? "1.3.0" : "1.2.3";
        config.update = &fake.update;
    }
    assert_int_equal(product_init(&product, &fake.port, &config), 0);
    fake.topics = product_topics;
    fake.topic_count = PRODUCT_TOPIC_COUNT;
    fake_attach(&fake, &(struct fake_device){.device = &product,
                                             .step = product_step,
                                             .post = product_post,
                                             .id = product.device.id});
}

static inline void start(void)
{
    fake_init(&fake);
    boot();
}

static inline void start_online(void)
{
    start();
    fake_run(&fake, ONLINE_MS);
    assert_true(fake.open && roost_device_online(&product.device));
}

static inline void reboot_as(enum roost_reset_reason reason)
{
    fake_boot(&fake, reason);
    boot();
}

/* Happening number n since `from`. */
static inline const struct roost_what *happened(int from, int n)
{
    assert_true(from + n < product.happenings);
    return &product.happened[(from + n) % PRODUCT_HAPPENED];
}

static inline void expect_happened(int from, const enum roost_what_kind *kinds, int count)
{
    assert_int_equal(product.happenings - from, count);
    for (int n = 0; n < count; n++)
        assert_int_equal(happened(from, n)->kind, kinds[n]);
}

static inline int post(enum roost_event_type type, uint64_t token, int result)
{
    return product_post(&product,
                        &(struct roost_event){.type = type, .token = token, .status = result});
}

static inline void press(void)
{
    fake_later(&fake, 0, (struct roost_event){.type = ROOST_EV_GPIO, .token = 3, .status = 1});
}

#endif
