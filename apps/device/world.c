/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/device/world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/device/control.h"
#include "core/number.h"

#define FAULTS "ROOST_FAULTS"

/* ---- names ---- */

static void append(char out[DEVICE_WORLD_NAMES_MAX], const char *between, const char *name)
{
    size_t len = strlen(out);

    snprintf(out + len, DEVICE_WORLD_NAMES_MAX - len, "%s%s", len ? between : "", name);
}

static void append_quantities(const struct world_controls *controls,
                              char out[DEVICE_WORLD_NAMES_MAX], bool faults)
{
    for (size_t i = 0; i < controls->quantity_count; i++)
        if (controls->quantities[i].hold && controls->quantities[i].is_fault == faults)
            append(out, ", ", controls->quantities[i].name);
}

void device_world_set_names(const struct world_controls *controls, char out[DEVICE_WORLD_NAMES_MAX])
{
    out[0] = '\0';
    append_quantities(controls, out, false);
}

void device_world_fault_names(const struct world_controls *controls,
                              char out[DEVICE_WORLD_NAMES_MAX])
{
    out[0] = '\0';
    for (unsigned i = 0; i < controls->fault_count; i++)
        append(out, ", ", controls->fault_names[i]);
    append_quantities(controls, out, true);
}

/* Whether an earlier quantity is let go of by the same word. */
static bool is_repeated(const struct world_controls *controls, size_t at)
{
    const struct world_quantity *quantities = controls->quantities;

    for (size_t i = 0; i < at; i++)
        if (quantities[i].hold && !quantities[i].is_fault &&
            strcmp(quantities[i].free, quantities[at].free) == 0)
            return true;
    return false;
}

void device_world_set_arguments(const struct world_controls *controls,
                                char out[DEVICE_WORLD_NAMES_MAX])
{
    snprintf(out, DEVICE_WORLD_NAMES_MAX, "NAME VALUE");
    for (size_t i = 0; i < controls->quantity_count; i++)
        if (controls->quantities[i].hold && !controls->quantities[i].is_fault &&
            !is_repeated(controls, i))
            append(out, "|", controls->quantities[i].free);
}

void device_world_fault_arguments(const struct world_controls *controls,
                                  char out[DEVICE_WORLD_NAMES_MAX])
{
    snprintf(out, DEVICE_WORLD_NAMES_MAX, "NAME on|off");
    for (size_t i = 0; i < controls->quantity_count; i++) {
        if (!controls->quantities[i].hold || !controls->quantities[i].is_fault)
            continue;
        append(out, ", or ", controls->quantities[i].name);
        append(out, " VALUE|", controls->quantities[i].free);
    }
}

/* ---- commands ---- */

static void update(const struct device_world *world)
{
    if (world->controls->update)
        world->controls->update(world->world);
}

static void hold(const struct device_world *world, const struct world_quantity *quantity,
                 const char *value, struct roost_json_writer *answer)
{
    double number = NAN;

    if (strcmp(value, quantity->free) != 0 && (roost_parse_double(value, strlen(value), &number) ||
                                               number < quantity->min || number > quantity->max)) {
        control_error(answer, "%s %s: allowed is %g to %g %s, or %s", quantity->name, value,
                      quantity->min, quantity->max, quantity->unit, quantity->free);
        return;
    }
    update(world);
    quantity->hold(world->world, number);
    control_ok(answer);
}

void device_world_set(const struct device_world *world, const char *name, const char *value,
                      struct roost_json_writer *answer)
{
    const struct world_quantity *quantity = world_quantity_find(world->controls, name);
    char names[DEVICE_WORLD_NAMES_MAX];

    if (quantity && quantity->hold && !quantity->is_fault) {
        hold(world, quantity, value, answer);
        return;
    }
    device_world_set_names(world->controls, names);
    control_error(answer, "set %s: allowed is %s", name, names);
}

static void keep_faults(const struct device_world *world)
{
    char names[DEVICE_WORLD_NAMES_MAX] = "";

    for (unsigned i = 0; i < world->controls->fault_count; i++)
        if (world->controls->has_fault(world->world, i))
            append(names, ",", world->controls->fault_names[i]);
    (void)setenv(FAULTS, names, 1);
}

static void switch_fault(const struct device_world *world, unsigned fault, bool on)
{
    world->controls->set_fault(world->world, fault, on);
    if (world->changed)
        world->changed(world->ctx);
}

void device_world_fault(const struct device_world *world, const char *name, const char *value,
                        struct roost_json_writer *answer)
{
    const struct world_quantity *quantity = world_quantity_find(world->controls, name);
    int fault = world_fault_find(world->controls, name, strlen(name));
    char names[DEVICE_WORLD_NAMES_MAX];
    bool on = strcmp(value, "on") == 0;

    if (quantity && quantity->hold && quantity->is_fault) {
        hold(world, quantity, value, answer);
    } else if (fault < 0) {
        device_world_fault_names(world->controls, names);
        control_error(answer, "fault %s: allowed is %s", name, names);
    } else if (!on && strcmp(value, "off") != 0) {
        control_error(answer, "fault %s %s: allowed is on, off", name, value);
    } else {
        switch_fault(world, (unsigned)fault, on);
        keep_faults(world);
        control_ok(answer);
    }
}

void device_world_restore_faults(const struct device_world *world, const char *program)
{
    const char *names = getenv(FAULTS);

    while (names && *names) {
        size_t len = strcspn(names, ",");
        int fault = world_fault_find(world->controls, names, len);
        if (fault < 0)
            fprintf(stderr, "%s: " FAULTS ": %.*s: no such fault\n", program, (int)len, names);
        else
            switch_fault(world, (unsigned)fault, true);
        names += len + (names[len] == ',');
    }
}

/* ---- state ---- */

void device_world_write(const struct device_world *world, struct roost_json_writer *w)
{
    const struct world_controls *controls = world->controls;

    update(world);
    roost_json_put_object(w, "world");
    if (controls->unix_ms)
        roost_json_put_int(w, "unix_ms", controls->unix_ms(world->world));
    if (controls->speed)
        roost_json_put_uint(w, "speed", controls->speed(world->world));
    for (size_t i = 0; i < controls->quantity_count; i++) {
        const struct world_quantity *quantity = &controls->quantities[i];
        if (!quantity->get)
            continue;
        double value = quantity->get(world->world);
        if (isnan(value))
            roost_json_put_null(w, quantity->name);
        else
            roost_json_put_double(w, quantity->name, value, quantity->decimals);
    }
    roost_json_put_array(w, "faults");
    for (unsigned i = 0; i < controls->fault_count; i++)
        if (controls->has_fault(world->world, i))
            roost_json_str(w, controls->fault_names[i]);
    roost_json_end(w);
    roost_json_end(w);
}
