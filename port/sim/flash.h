/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Modelled flash with a power switch: a raw NOR region and a key-value store whose operations are
 * counted together, and a cut that can be set for any of them. What a cut leaves behind follows
 * port.h: of a program a prefix and at most one torn unit, of an erase an undefined sector, of a kv
 * operation the old or the new value. After the cut nothing works or changes until power returns.
 * Depends on port/port.h and port/sim/clock.h.
 *
 *     sim_power_init(&power, seed, 0);
 *     sim_flash_init(&flash, &power, 4096, 16, 4);
 *     sim_power_cut_at(&power, 17, SIM_CUT_TORN);
 */
#ifndef ROOST_PORT_SIM_FLASH_H
#define ROOST_PORT_SIM_FLASH_H

#include "port/port.h"
#include "port/sim/clock.h"

/* How much of the operation at the cut was done. */
enum sim_cut { SIM_CUT_BEFORE, SIM_CUT_TORN, SIM_CUT_AFTER, SIM_CUT_COUNT };

struct sim_power {
    struct sim_random random;
    uint64_t operations; /* program, erase, kv set and erase since init */
    uint64_t cut_at;     /* the operation (counted from 1) that does not return; 0: none */
    enum sim_cut cut;
    bool off;
    /* Called once, inside the operation that was cut; may only note it. */
    void (*on_cut)(void *ctx);
    void *ctx;
};

void sim_power_init(struct sim_power *power, uint64_t seed, uint64_t index);
/* Cuts at operation `count` from now, 1 being the next one. */
void sim_power_cut_at(struct sim_power *power, uint64_t count, enum sim_cut cut);
/* Cuts now, between operations; and gives power again, with no cut set. */
void sim_power_off(struct sim_power *power);
void sim_power_on(struct sim_power *power);
/* Counts an operation that is done whole or not at all, as a key's write is. True: its effect is to
 * be applied. *result is what the caller is told, 0 or ROOST_ERR_IO. */
bool sim_power_atomic(struct sim_power *power, int *result);

enum { SIM_FLASH_SECTORS_MAX = 256 };

struct sim_flash {
    struct roost_flash port; /* what the firmware is given */
    struct sim_power *power;
    uint8_t *bytes;
    uint32_t erases[SIM_FLASH_SECTORS_MAX]; /* wear */
    uint64_t programs;
    bool broken;      /* program and erase answer ROOST_ERR_IO */
    uint32_t misuses; /* programs that would have set a bit, calls outside the region */
};

/* Sectors start undefined, as from the factory test: `random` bytes. Returns 0 or NO_MEMORY. */
int sim_flash_init(struct sim_flash *flash, struct sim_power *power, uint32_t sector_bytes,
                   uint32_t sector_count, uint32_t program_bytes);
void sim_flash_deinit(struct sim_flash *flash);
/* All 0xFF, wear kept. */
void sim_flash_blank(struct sim_flash *flash);

enum { SIM_KV_KEYS_MAX = 96 };

struct sim_kv_entry {
    bool used;
    char key[ROOST_KV_KEY_MAX + 1];
    uint16_t len;
    uint8_t value[ROOST_KV_VALUE_MAX];
};

struct sim_kv {
    struct roost_kv port;
    struct sim_power *power;
    struct sim_kv_entry *entries;
    bool broken; /* set and erase answer ROOST_ERR_IO */
    uint64_t sets;
};

int sim_kv_init(struct sim_kv *kv, struct sim_power *power);
void sim_kv_deinit(struct sim_kv *kv);

#endif
