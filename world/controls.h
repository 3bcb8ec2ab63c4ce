/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a hand outside can look at and change in a world, as tables: quantities with their unit and
 * range, and faults of the modelled parts by name. A program loops over them and knows nothing of
 * the product whose world it is. Each product's world defines one.
 *
 *     const struct world_quantity *quantity = world_quantity_find(controls, "street_level");
 *     quantity->hold(world, -30);
 *     controls->set_fault(world, (unsigned)world_fault_find(controls, "motor_jam", 9), true);
 */
#ifndef ROOST_WORLD_CONTROLS_H
#define ROOST_WORLD_CONTROLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct world_quantity {
    const char *name, *unit;
    unsigned decimals; /* worth showing */
    double min, max;   /* that it can be held at */
    const char *free;  /* the word for letting go of it; NULL: it cannot be held */
    bool is_fault;     /* holding it is one: what breaks by degrees */
    /* Now; NAN: there is none. NULL: it can be set and not read. */
    double (*get)(void *world);
    /* `value` in min..max, or NAN for free. */
    void (*hold)(void *world, double value);
};

struct world_controls {
    const struct world_quantity *quantities;
    size_t quantity_count;
    const char *const *fault_names; /* by number */
    unsigned fault_count;           /* at most 64 */
    bool (*has_fault)(const void *world, unsigned fault);
    void (*set_fault)(void *world, unsigned fault, bool on);
    /* Brings everything up to now; before get. NULL: it stands still. */
    void (*update)(void *world);
    /* The wall clock its weather goes by, ms since 1970, and how many times too fast that is. NULL:
     * it has no weather. */
    int64_t (*unix_ms)(const void *world);
    uint32_t (*speed)(const void *world);
};

/* NULL: none of that name. */
const struct world_quantity *world_quantity_find(const struct world_controls *controls,
                                                 const char *name);

/* By the first len characters. Returns its number, or ROOST_ERR_NOT_FOUND. */
int world_fault_find(const struct world_controls *controls, const char *name, size_t len);

#endif
