/* SPDX-License-Identifier: Apache-2.0 */
#include "port/sim/slots.h"

#include <string.h>

#include "core/assert.h"
#include "core/err.h"

static uint32_t region_bytes(const struct sim_slots *slots)
{
    return slots->region[0].port.sector_bytes * slots->region[0].port.sector_count;
}

static int replace_record(struct sim_slots *slots, const struct sim_boot_record *wanted)
{
    int result = ROOST_ERR_IO;

    if (!slots->broken && sim_power_atomic(slots->power, &result))
        slots->record = *wanted;
    return result;
}

/* ---- the boot loader ---- */

static bool is_whole(const struct sim_slots *slots, unsigned slot, const struct sim_slot *it)
{
    struct roost_image image;

    return it->image_bytes == 0 ||
           sim_image_check(&image, slots->region[slot].bytes, it->image_bytes, slots->chip) == 0;
}

static bool may_run(const struct sim_boot_record *record, unsigned slot)
{
    const struct sim_slot *it = &record->slot[slot];

    return (it->state == SIM_SLOT_NEW || it->state == SIM_SLOT_VALID) &&
           it->security_version >= record->lowest;
}

/* A trial that was not confirmed before the reset is over. */
static unsigned end_trials(struct sim_boot_record *record)
{
    unsigned ended = 0;

    for (unsigned i = 0; i < 2; i++)
        if (record->slot[i].state == SIM_SLOT_PENDING) {
            record->slot[i].state = SIM_SLOT_ABORTED;
            ended++;
        }
    return ended;
}

/* Returns the slot to run, or -1. What looks like an image and is none is struck off. */
static int choose(const struct sim_slots *slots, struct sim_boot_record *record, bool *changed)
{
    for (unsigned i = 0; i < 2; i++) {
        unsigned slot = record->next ^ i;
        struct sim_slot *it = &record->slot[slot];

        if (!may_run(record, slot))
            continue;
        if (is_whole(slots, slot, it))
            return (int)slot;
        it->state = it->state == SIM_SLOT_NEW ? SIM_SLOT_INVALID : SIM_SLOT_EMPTY;
        *changed = true;
    }
    return -1;
}

int sim_slots_boot(struct sim_slots *slots)
{
    struct sim_boot_record wanted = slots->record;
    unsigned ended = end_trials(&wanted);
    bool changed = ended > 0, starts_trial;
    int slot = choose(slots, &wanted, &changed);
    int err = 0;

    if (slot < 0)
        return ROOST_ERR_NOT_FOUND;
    starts_trial = wanted.slot[slot].state == SIM_SLOT_NEW;
    if (starts_trial)
        wanted.slot[slot].state = SIM_SLOT_PENDING;
    if (changed || starts_trial || wanted.next != slot) {
        wanted.next = (uint8_t)slot;
        err = replace_record(slots, &wanted);
    }
    if (err < 0)
        return err;
    slots->running = (uint8_t)slot;
    slots->trials += starts_trial;
    slots->aborted += ended;
    return 0;
}

const uint8_t *sim_slots_image(const struct sim_slots *slots, size_t *len)
{
    *len = slots->record.slot[slots->running].image_bytes;
    return *len > 0 ? slots->region[slots->running].bytes : NULL;
}

/* ---- the operations ---- */

static int firmware_running(void *ctx, struct roost_running *out)
{
    const struct sim_slots *slots = ctx;
    enum sim_slot_state other = slots->record.slot[!slots->running].state;

    if (slots->power->off)
        return ROOST_ERR_IO;
    *out = (struct roost_running){
        .slot = slots->running,
        .on_trial = slots->record.slot[slots->running].state == SIM_SLOT_PENDING,
        .other_failed = other == SIM_SLOT_INVALID || other == SIM_SLOT_ABORTED,
        .security_version = slots->record.lowest,
    };
    return 0;
}

static int firmware_activate(void *ctx, uint32_t len)
{
    struct sim_slots *slots = ctx;
    struct sim_boot_record wanted = slots->record;
    unsigned other = !slots->running;
    struct roost_image image;

    if (slots->power->off)
        return ROOST_ERR_IO;
    if (wanted.slot[slots->running].state == SIM_SLOT_PENDING)
        return ROOST_ERR_STATE; /* there would be nothing to go back to */
    if (len > region_bytes(slots) ||
        sim_image_check(&image, slots->region[other].bytes, len, slots->chip) < 0)
        return ROOST_ERR_CORRUPT;
    if (image.security_version < wanted.lowest)
        return ROOST_ERR_CRYPTO;
    wanted.slot[other] = (struct sim_slot){
        .state = SIM_SLOT_NEW, .image_bytes = len, .security_version = image.security_version};
    wanted.next = (uint8_t)other;
    return replace_record(slots, &wanted);
}

static int firmware_confirm(void *ctx)
{
    struct sim_slots *slots = ctx;
    struct sim_boot_record wanted = slots->record;
    struct sim_slot *it = &wanted.slot[slots->running];
    int err;

    if (slots->power->off)
        return ROOST_ERR_IO;
    if (it->state != SIM_SLOT_PENDING)
        return 0;
    it->state = SIM_SLOT_VALID;
    if (it->security_version > wanted.lowest)
        wanted.lowest = it->security_version;
    err = replace_record(slots, &wanted);
    if (err == 0)
        slots->confirmed++;
    return err;
}

static int firmware_roll_back(void *ctx)
{
    struct sim_slots *slots = ctx;
    struct sim_boot_record wanted = slots->record;
    unsigned other = !slots->running;
    int err;

    if (slots->power->off)
        return ROOST_ERR_IO;
    if (wanted.slot[other].state != SIM_SLOT_VALID || !may_run(&wanted, other) ||
        !is_whole(slots, other, &wanted.slot[other]))
        return ROOST_ERR_STATE;
    wanted.slot[slots->running].state = SIM_SLOT_INVALID;
    wanted.next = (uint8_t)other;
    err = replace_record(slots, &wanted);
    if (err < 0)
        return err;
    slots->rolled_back++;
    if (slots->reboot)
        slots->reboot(slots->ctx, ROOST_RESET_UPDATE);
    return 0;
}

static const struct roost_firmware_ops firmware_ops = {
    .running = firmware_running,
    .activate = firmware_activate,
    .confirm = firmware_confirm,
    .roll_back = firmware_roll_back,
};

/* ---- lifecycle ---- */

int sim_slots_init(struct sim_slots *slots, struct sim_power *power,
                   const struct sim_slots_options *options)
{
    int err = 0;

    *slots = (struct sim_slots){
        .port = {.ops = &firmware_ops, .ctx = slots},
        .power = power,
        .chip = options->chip,
        .record.slot[0] = {.state = SIM_SLOT_VALID, .security_version = options->security_version},
    };
    for (unsigned i = 0; i < 2 && err == 0; i++)
        err = sim_flash_init(&slots->region[i], power, 4096, options->sectors,
                             SIM_SLOT_PROGRAM_BYTES);
    if (err < 0)
        sim_slots_deinit(slots);
    return err;
}

void sim_slots_deinit(struct sim_slots *slots)
{
    for (unsigned i = 0; i < 2; i++)
        sim_flash_deinit(&slots->region[i]);
}

int sim_slots_put(struct sim_slots *slots, unsigned slot, const uint8_t *image, size_t len)
{
    struct roost_image head;

    ROOST_ASSERT(slot < 2);
    if (len > region_bytes(slots) || sim_image_check(&head, image, len, slots->chip) < 0)
        return ROOST_ERR_CORRUPT;
    sim_flash_blank(&slots->region[slot]);
    memcpy(slots->region[slot].bytes, image, len);
    slots->record.slot[slot] = (struct sim_slot){.state = SIM_SLOT_VALID,
                                                 .image_bytes = (uint32_t)len,
                                                 .security_version = head.security_version};
    return 0;
}
