/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of a control socket that is about the modelled world around the device, for any product:
 * it goes by the tables of world/controls.h. Depends on world/controls.h, core/ and control.h.
 *
 *     set outdoor_temperature 31      device_world_set(&world, argv[1], argv[2], answer)
 *     fault motor_jam on              device_world_fault(&world, argv[1], argv[2], answer)
 *     state                           device_world_write(&world, answer)
 */
#ifndef ROOST_APPS_DEVICE_WORLD_H
#define ROOST_APPS_DEVICE_WORLD_H

#include "core/json_write.h"
#include "world/controls.h"

enum { DEVICE_WORLD_NAMES_MAX = 384 };

struct device_world {
    const struct world_controls *controls;
    void *world;
    /* Called after a fault of the world was switched; NULL: nobody wants to know. */
    void (*changed)(void *ctx);
    void *ctx;
};

/* Holds the quantity of that name at a value, or lets it go; answers with what is allowed if not.
 */
void device_world_set(const struct device_world *world, const char *name, const char *value,
                      struct roost_json_writer *answer);

/* Switches a fault "on" or "off", or sets one that has degrees to a value or "off". */
void device_world_fault(const struct device_world *world, const char *name, const char *value,
                        struct roost_json_writer *answer);

/* Key "world" with an object of everything that can be read, and the present faults. */
void device_world_write(const struct device_world *world, struct roost_json_writer *w);

/* The names that `set` and `fault` take, with ", " between; and the form of their arguments: "NAME
 * VALUE|weather", "NAME on|off, or obstruction VALUE|off". */
void device_world_set_names(const struct world_controls *controls,
                            char out[DEVICE_WORLD_NAMES_MAX]);
void device_world_fault_names(const struct world_controls *controls,
                              char out[DEVICE_WORLD_NAMES_MAX]);
void device_world_set_arguments(const struct world_controls *controls,
                                char out[DEVICE_WORLD_NAMES_MAX]);
void device_world_fault_arguments(const struct world_controls *controls,
                                  char out[DEVICE_WORLD_NAMES_MAX]);

/* Faults of the modelled hardware outlive a restart of the firmware: they are handed on in the
 * environment (ROOST_FAULTS, names with a comma between), where they may also be given at first. A
 * name that is none is said on standard error, after `program` and a colon. */
void device_world_restore_faults(const struct device_world *world, const char *program);

#endif
