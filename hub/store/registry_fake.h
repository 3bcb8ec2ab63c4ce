/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests: the parts of a registry that has devices, which the test gives, and nothing else, and
 * that refuses whatever is asked of it as one whose queue is full.
 *
 *     static const struct registry_ops ops = {.load_devices = load_devices, REGISTRY_FAKE_OPS};
 */
#ifndef ROOST_HUB_STORE_REGISTRY_FAKE_H
#define ROOST_HUB_STORE_REGISTRY_FAKE_H

#include "hub/store/registry.h"

static inline int registry_fake_commands(void *ctx, size_t limit, registry_command_fn fn, void *arg)
{
    (void)ctx, (void)limit, (void)fn, (void)arg;
    return 0;
}

static inline int registry_fake_removals(void *ctx, registry_removal_fn fn, void *arg)
{
    (void)ctx, (void)fn, (void)arg;
    return 0;
}

static inline int registry_fake_ask(void *ctx, const struct registry_request *request,
                                    registry_done_fn done, void *arg)
{
    (void)ctx, (void)request, (void)done, (void)arg;
    return ROOST_ERR_FULL;
}

#define REGISTRY_FAKE_OPS                                                                          \
    .ask = registry_fake_ask, .load_commands = registry_fake_commands,                             \
    .load_removals = registry_fake_removals

#endif
