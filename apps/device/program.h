/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device's firmware as a Linux process, for any product: its options, the state folder and the
 * key beside it, whom it trusts, updates, signals, the control socket and the world behind it. One
 * device on one board on one loop. A product says what it adds, in one table, and its program is
 * one file:
 *
 *     struct lamp_program {
 *         struct device_program program;       // first
 *         struct world_lamp world;
 *         struct roost_lamp lamp;              // begins with its struct roost_device
 *     };
 *
 *     static const struct device_product product = {
 *         .name = "roost-lamp", .type = "lamp", .version = ROOST_VERSION, .login = true,
 *         .size = sizeof(struct lamp_program), .device_bytes = sizeof(struct roost_lamp),
 *         .device = offsetof(struct lamp_program, lamp),
 *         .world = offsetof(struct lamp_program, world), .controls = &world_lamp_controls,
 *         .attach = attach, .init = init, .step = step, .write_state = write_state};
 *
 *     int main(int argc, char **argv) { return device_program(&product, argc, argv); }
 *
 * Depends on runtime/device.h, port/linux, world/controls.h, host/options.h. Knows no product.
 */
#ifndef ROOST_APPS_DEVICE_PROGRAM_H
#define ROOST_APPS_DEVICE_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "apps/device/control.h"
#include "apps/device/login.h"
#include "apps/device/options.h"
#include "apps/device/world.h"
#include "core/json_write.h"
#include "port/linux/linux.h"
#include "runtime/device.h"

struct device_program;

/* A word of the control socket: "press", "plug 1". */
struct device_word {
    const char *name, *arguments, *help; /* arguments "": none */
    int argc;                            /* words with the name */
    /* Writes one JSON value: control_ok, control_error, or an object with "ok". */
    void (*run)(struct device_program *program, char **argv, struct roost_json_writer *answer);
};

/* What a product adds. NULL and 0: nothing. */
struct device_product {
    const char *name;    /* of the program: "roost-lamp" */
    const char *summary; /* behind it in the help: "the lamp's firmware as a process." */
    const char *version; /* ROOST_VERSION */
    const char *type;    /* what its updates are for: "lamp" */
    const char *id;      /* where no --id is given; NULL: one has to be */

    /* Its object: one, zeroed, with a struct device_program first. In it by offset the product's
     * device, which begins with a struct roost_device, and its world. */
    size_t size, device, world;
    size_t device_bytes;     /* of the object, what a chip would hold: for the modelled heap */
    size_t kv_bytes;         /* of its small named values, where they are in memory; 0: 16 KiB */
    uint32_t ledger_sectors; /* of the flash for what must not be lost; 0: it has none */
    const struct world_controls *controls; /* its world's tables: `set`, `fault` */
    bool real_time; /* its world goes by the device's own clock, and has no --speed */

    bool login;                        /* it goes to a broker: takes the options of login.h */
    const struct option_spec *options; /* its own; offsets in its object */
    size_t option_count;
    const struct device_word *words; /* its own; those of every device come first */
    size_t word_count;

    /* The options were read; may refuse them: an error with `why` set. */
    int (*check)(struct device_program *program, char *why, size_t why_size);
    /* Makes its world and puts the modelled parts into program->board.port. */
    int (*attach)(struct device_program *program, const struct world_time *time);
    /* Parts of the board after the modelled ones, LINUX_PARTS_MAX - 1 at most. Returns how many. */
    size_t (*parts)(struct device_program *program, struct linux_part *parts);
    /* Its device's init on program->board.port. */
    int (*init)(struct device_program *program);
    uint64_t (*step)(struct device_program *program);
    /* Its device's sink, where it has one of its own. */
    int (*post)(struct device_program *program, const struct roost_event *event);
    /* Its device's way to stop, where it has one of its own, and whether it has. */
    void (*stop)(struct device_program *program);
    bool (*over)(struct device_program *program);
    /* A fault of the world was switched. */
    void (*fault_changed)(struct device_program *program);

    /* Members of its own in the answer to `state`: what it is, and then its queues. */
    void (*write_state)(struct device_program *program, struct roost_json_writer *w);
    void (*write_queues)(struct device_program *program, struct roost_json_writer *w);
};

/* As given. */
struct device_program_options {
    const char *id, *state_dir, *key_file, *control_path, *update_url, *update_ca;
    struct option_list firmware_keys;
    uint64_t hardware_version, update_interval_s, trial_s, speed, seed;
    int world;
};

struct device_program {
    const struct device_product *product;
    struct roost_device *device;
    struct device_program_options options;
    struct device_login login;
    const char *ca_file; /* whom it trusts at the other end; --update-ca is this by default */
    bool real;           /* --world real */
    bool quiet;          /* nothing on the console */
    bool failed;         /* it ran, and what it was started for came to nothing: exit status 1 */

    struct option_spec id_option;
    struct roost_ota_config update;
    struct roost_host host;
    struct roost_board board;
    struct device_world around;
    struct control control;
    uv_signal_t on_term, on_int;
    bool stopping;
};

/* main: runs until a signal or until the device is over. Returns the exit status: 0, 1 when it
 * cannot start, 2 on a bad option; each with a sentence on standard error. */
int device_program(const struct device_product *product, int argc, char **argv);

/* The device stops as on a signal, and with it the program. */
void device_program_stop(struct device_program *program);

/* For the device's configuration; NULL: no updates. */
static inline const struct roost_ota_config *device_program_update(struct device_program *program)
{
    return program->update.url ? &program->update : NULL;
}

/* The time at which a modelled world begins, ms since 1970. */
int64_t device_program_unix_ms(const struct device_program *program);

#endif
