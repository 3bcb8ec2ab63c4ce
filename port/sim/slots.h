/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two modelled firmware slots and the boot loader that chooses between them, with the states of
 * ESP-IDF's otadata:
 *
 *     EMPTY --activate--> NEW --first boot--> PENDING --confirm--> VALID
 *                                                |--any reset---> ABORTED
 *                                                `--roll back---> INVALID
 *
 * The slots are NOR flash (flash.h); what the boot loader remembers is replaced as a whole by one
 * operation that is counted, and may be cut, like those of the flash: the boot loader's own writes
 * too. As it leaves the factory a board runs slot 0, whose image need not be there: what it runs is
 * then the firmware its user gave. Depends on flash.h and image.h.
 *
 *     sim_slots_init(&slots, &power, &options);
 *     err = sim_slots_boot(&slots);                // after each reset
 *     port.slot = slots.region[!slots.running].port;
 *     port.firmware = slots.port;
 *     image = sim_slots_image(&slots, &len);       // names what runs now
 */
#ifndef ROOST_PORT_SIM_SLOTS_H
#define ROOST_PORT_SIM_SLOTS_H

#include "port/sim/flash.h"
#include "port/sim/image.h"

enum { SIM_SLOT_PROGRAM_BYTES = 16 /* flash encryption writes no less */ };

enum sim_slot_state {
    SIM_SLOT_EMPTY,
    SIM_SLOT_NEW,
    SIM_SLOT_PENDING,
    SIM_SLOT_VALID,
    SIM_SLOT_INVALID,
    SIM_SLOT_ABORTED
};

struct sim_slot {
    enum sim_slot_state state;
    uint32_t image_bytes; /* 0: the firmware of the factory */
    uint32_t security_version;
};

struct sim_boot_record {
    uint8_t next;
    uint32_t lowest; /* security version that may run */
    struct sim_slot slot[2];
};

struct sim_slots_options {
    uint32_t sectors;          /* of each slot */
    uint16_t chip;             /* whose images may run; 0 is ROOST_CHIP_ESP32 */
    uint32_t security_version; /* of the factory's firmware */
};

struct sim_slots {
    struct roost_firmware port;
    struct sim_flash region[2];
    struct sim_power *power;
    uint16_t chip;
    struct sim_boot_record record; /* on flash */
    uint8_t running;
    bool broken; /* the record cannot be written: ROOST_ERR_IO */
    /* What roll_back restarts with. */
    void (*reboot)(void *ctx, enum roost_reset_reason reason);
    void *ctx;
    uint32_t trials, confirmed, aborted, rolled_back; /* since init */
};

/* Returns 0 or ROOST_ERR_NO_MEMORY. */
int sim_slots_init(struct sim_slots *slots, struct sim_power *power,
                   const struct sim_slots_options *options);
void sim_slots_deinit(struct sim_slots *slots);

/* What the boot loader does at a reset. Returns 0 with `running` set, ROOST_ERR_NOT_FOUND when
 * neither slot may run, ROOST_ERR_IO when the power went or the record could not be written. */
int sim_slots_boot(struct sim_slots *slots);

/* The image that runs, NULL: the factory's firmware. */
const uint8_t *sim_slots_image(const struct sim_slots *slots, size_t *len);

/* Puts an image into a slot as a programmer at the bench does: valid at once, nothing counted.
 * Returns 0 or ROOST_ERR_CORRUPT. */
int sim_slots_put(struct sim_slots *slots, unsigned slot, const uint8_t *image, size_t len);

#endif
