/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the teddy's tests have in common: a teddy in its modelled surroundings, and a hub. Included
 * after <cmocka.h>, by one file a program.
 */
#ifndef ROOST_DEVICES_TEDDY_TEST_RIG_H
#define ROOST_DEVICES_TEDDY_TEST_RIG_H

#include <string.h>

#include "core/err.h"
#include "devices/teddy/faults.h"
#include "devices/teddy/test/fake_hub.h"

enum { ONLINE_MS = 2000, CHUNKS = 17, CHUNK_MS = 128 };

static struct fake_port fake;
static struct fake_hub hub;
static struct roost_teddy teddy;
static uint8_t said_memory[ROOST_TEDDY_SAID_BYTES(CHUNKS)];
static uint8_t heard_memory[ROOST_TEDDY_HEARD_BYTES];
static struct roost_teddy_config config;

static inline void begin(void)
{
    fake_init(&fake);
    fake_hub_init(&hub, &fake);
    config = (struct roost_teddy_config){.device_id = "teddy-01",
                                         .firmware_version = "1.2.3",
                                         .hub = "wss://hub.example:8443",
                                         .child_id = "child-7",
                                         .child_name = "Zarquonia",
                                         .child_age = "7",
                                         .key = FAKE_KEY,
                                         .key_len = FAKE_KEY_BYTES,
                                         .said_memory = said_memory,
                                         .said_bytes = sizeof said_memory,
                                         .heard_memory = heard_memory,
                                         .heard_bytes = sizeof heard_memory};
}

static inline void boot(void)
{
    assert_int_equal(roost_teddy_init(&teddy, &fake.port, &config), 0);
    fake_hub_attach(&hub, &teddy);
}

static inline void run(uint64_t ms)
{
    fake_run(&fake, ms);
}

static inline void start_ready(void)
{
    begin();
    boot();
    run(ONLINE_MS);
    assert_int_equal(teddy.state, TEDDY_READY);
}

static inline void press(void)
{
    world_teddy_press(&hub.world, true);
    run(1);
}

static inline void release(void)
{
    world_teddy_press(&hub.world, false);
    run(1);
}

/* Something is said, and the reply begins. */
static inline void talk(uint64_t ms)
{
    press();
    run(ms - 1);
    release();
}

static inline void talk_until_it_speaks(uint64_t ms)
{
    talk(ms);
    run(hub.think_ms + 400);
    assert_int_equal(teddy.state, TEDDY_SPEAKING);
}

/* Runs until it is in that state, at most so long. */
static inline void run_until(enum teddy_state state, uint64_t most_ms)
{
    uint64_t end_ms = fake.now_ms + most_ms;

    while (teddy.state != state && fake.now_ms < end_ms)
        run(5);
    assert_int_equal(teddy.state, state);
}

static inline bool has_fault(enum teddy_fault fault)
{
    return roost_faults_active(&teddy.device.faults, fault);
}

#endif
