/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody does who stands before the charger. */
#include <stdlib.h>
#include <string.h>

#include "core/hex.h"
#include "apps/roost-charger/parts.h"

/* The connector that a word names; 0 where none is meant, -1: there is no such. */
static int connector_of(struct charger_program *self, const char *text, bool zero)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    if (*end || end == text || number > self->given.connectors || (number == 0 && !zero))
        return -1;
    return (int)number;
}

static int refuse(struct charger_program *self, char **argv, bool zero,
                  struct roost_json_writer *answer)
{
    control_error(answer, "%s %s: allowed is %s1 to %u", argv[0], argv[1], zero ? "0, or " : "",
                  (unsigned)self->given.connectors);
    return -1;
}

static int named(struct charger_program *self, char **argv, bool zero,
                 struct roost_json_writer *answer)
{
    int connector = connector_of(self, argv[1], zero);

    return connector < 0 ? refuse(self, argv, zero, answer) : connector;
}

static void done(struct charger_program *self, struct roost_json_writer *answer)
{
    roost_board_wake(&self->program.board);
    control_ok(answer);
}

static void run_plug(struct device_program *program, char **argv, struct roost_json_writer *answer)
{
    struct charger_program *self = charger_of(program);
    int connector = named(self, argv, false, answer);

    if (connector < 0)
        return;
    self->charger.woken = true;
    world_charger_plug(&self->guns[connector - 1].world, strcmp(argv[0], "plug") == 0);
    done(self, answer);
}

static void run_card(struct device_program *program, char **argv, struct roost_json_writer *answer)
{
    struct charger_program *self = charger_of(program);
    int connector = named(self, argv, true, answer);

    if (connector < 0)
        return;
    if (!argv[2][0] || strlen(argv[2]) > CHARGER_TAG_MAX) {
        control_error(answer, "card %s: allowed is 1 to %d characters", argv[2], CHARGER_TAG_MAX);
        return;
    }
    roost_charger_card(&self->charger, (uint8_t)connector, argv[2]);
    done(self, answer);
}

/* As a card lies there, until it is another one, or "none". */
static void run_uid(struct device_program *program, char **argv, struct roost_json_writer *answer)
{
    struct charger_program *self = charger_of(program);
    uint8_t uid[WORLD_READER_UID_MAX];
    bool none = strcmp(argv[1], "none") == 0;
    size_t len = none ? 0 : strlen(argv[1]) / 2;

    if (!self->given.reader) {
        control_error(answer, "uid: it has no reader; --reader gives it one");
    } else if (!none && ((len != 4 && len != 7 && len != 10) || argv[1][2 * len] ||
                         !roost_hex_read(uid, argv[1], len))) {
        control_error(answer, "uid %s: allowed is none, or 8, 14 or 20 hexadecimal digits",
                      argv[1]);
    } else {
        world_reader_lay(&self->reader, uid, len);
        done(self, answer);
    }
}

static void run_button(struct device_program *program, char **argv,
                       struct roost_json_writer *answer)
{
    struct charger_program *self = charger_of(program);
    int connector = named(self, argv, false, answer);

    if (connector < 0)
        return;
    roost_charger_button(&self->charger, (uint8_t)connector);
    done(self, answer);
}

static void run_estop(struct device_program *program, char **argv, struct roost_json_writer *answer)
{
    struct charger_program *self = charger_of(program);
    bool press = strcmp(argv[1], "press") == 0;

    if (!press && strcmp(argv[1], "release") != 0) {
        control_error(answer, "estop %s: allowed is press, release", argv[1]);
        return;
    }
    for (unsigned i = 0; i < self->given.connectors; i++)
        world_charger_stop(&self->guns[i].world, press);
    self->charger.woken = true;
    done(self, answer);
}

static void run_reset(struct device_program *program, char **argv, struct roost_json_writer *answer)
{
    struct charger_program *self = charger_of(program);

    (void)argv;
    if (roost_charger_reset_faults(&self->charger) != 0) {
        control_error(answer, "reset: what has to be mended is still there");
        return;
    }
    done(self, answer);
}

static void run_battery(struct device_program *program, char **argv,
                        struct roost_json_writer *answer)
{
    struct charger_program *self = charger_of(program);
    int connector = named(self, argv, false, answer);
    char *end;

    if (connector < 0)
        return;
    unsigned long percent = strtoul(argv[2], &end, 10);
    struct world_charger *world = &self->guns[connector - 1].world;
    if (*end || end == argv[2] || percent > 100) {
        control_error(answer, "battery %s: allowed is 0 to 100 %%", argv[2]);
    } else if (world->plugged) {
        control_error(answer, "battery: unplug %s first", argv[1]);
    } else {
        world_charger_battery(world, world->config.capacity_mah, (uint16_t)(10 * percent));
        done(self, answer);
    }
}

static void run_breaks(struct device_program *program, char **argv,
                       struct roost_json_writer *answer)
{
    struct charger_program *self = charger_of(program);
    int connector = named(self, argv, false, answer);
    int fault = world_fault_find(&world_charger_controls, argv[2], strlen(argv[2]));
    char names[DEVICE_WORLD_NAMES_MAX];

    if (connector < 0)
        return;
    if (fault < 0) {
        device_world_fault_names(&world_charger_controls, names);
        control_error(answer, "breaks %s: allowed is %s", argv[2], names);
        return;
    }
    struct world_charger *world = &self->guns[connector - 1].world;
    world_charger_set_fault(world, (enum world_charger_fault)fault,
                            !world_charger_has_fault(world, (enum world_charger_fault)fault));
    done(self, answer);
}

const struct device_word charger_words[CHARGER_WORDS] = {
    {"plug", "N", "the gun of connector N goes into a vehicle", 2, run_plug},
    {"unplug", "N", "and out", 2, run_plug},
    {"card", "N TAG", "a card at the reader of connector N, or of all of them (0)", 3, run_card},
    {"uid", "HEX|none", "a card lies before the reader (--reader), or none", 2, run_uid},
    {"button", "N", "start or stop at connector N", 2, run_button},
    {"estop", "press|release", "the emergency stop", 2, run_estop},
    {"reset", "", "somebody says that what had to be mended is", 1, run_reset},
    {"battery", "N PERCENT", "another vehicle comes to connector N, charged so far", 3,
     run_battery},
    {"breaks", "N FAULT", "as `fault`, at connector N: on, and off again", 3, run_breaks},
};
