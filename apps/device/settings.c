/* SPDX-License-Identifier: Apache-2.0 */
/* The options of every device program. */
#include <stdio.h>
#include <string.h>

#include "apps/device/program_parts.h"
#include "core/err.h"
#include "core/fnv.h"

#define AT(member)  offsetof(struct device_program, options.member)
#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static const char *const worlds[] = {"model", "real", NULL};

static const struct option_spec id_option = {
    .name = "id",
    .value = "ID",
    .required = 1,
    .min = 1,
    .max = ROOST_DEVICE_ID_MAX,
    .at = AT(id),
    .help = "the device's name, of letters, digits and _.:-",
};

static const struct option_spec firmware_options[] = {
    {.name = "state",
     .value = "DIR",
     .min = 1,
     /* Room for the names of the files in it. */
     .max = LINUX_PATH_MAX - 64,
     .at = AT(state_dir),
     .help = "the device's flash; without it, it is in memory and gone at the end"},
    {.name = "key-file",
     .value = "FILE",
     .min = 1,
     .max = LINUX_PATH_MAX - 64,
     .at = AT(key_file),
     .help = "32 bytes that seal what is secret in --state, made when missing; default: DIR.key"},
    {.name = "update-url",
     .value = "URL",
     .at = AT(update_url),
     .help = "of the firmware manifest, http[s]://HOST/api/v1/esp32/firmware; default: no updates"},
    {.name = "update-ca",
     .value = "FILE",
     .at = AT(update_ca),
     .help = "certificates (PEM) that may sign that host's; default: those of --ca"},
    {.name = "firmware-key",
     .value = "FILE",
     .kind = OPTION_LIST,
     .max = 2,
     .at = AT(firmware_keys),
     .help = "public key that may sign firmware (130 hexadecimal digits, or PEM); may be given "
             "twice"},
    {.name = "hardware-version",
     .value = "N",
     .kind = OPTION_NUMBER,
     .initial = "1",
     .max = UINT32_MAX,
     .at = AT(hardware_version),
     .help = "of the board: firmware for others is not taken"},
    {.name = "update-interval",
     .value = "S",
     .kind = OPTION_NUMBER,
     .initial = "86400",
     .min = 1,
     .max = 4000000,
     .at = AT(update_interval_s),
     .help = "seconds between two looks for an update"},
    {.name = "trial",
     .value = "S",
     .kind = OPTION_NUMBER,
     .initial = "300",
     .min = 1,
     .max = 86400,
     .at = AT(trial_s),
     .help = "seconds a new firmware has to prove itself before the old one runs again"},
    {.name = "world",
     .value = "KIND",
     .kind = OPTION_CHOICE,
     .initial = "model",
     .choices = worlds,
     .at = AT(world),
     .help = "modelled hardware, or real where Linux has it"},
};

static const struct option_spec world_options[] = {
    {.name = "speed", /* the first: not of every product */
     .value = "N",
     .kind = OPTION_NUMBER,
     .initial = "1",
     .min = 1,
     .max = 100000,
     .at = AT(speed),
     .help = "modelled time runs N times as fast"},
    {.name = "seed",
     .value = "N",
     .kind = OPTION_NUMBER,
     .max = UINT64_MAX,
     .at = AT(seed),
     .help = "of the modelled world; default: made from the id"},
    {.name = "control",
     .value = "PATH",
     .at = AT(control_path),
     .help = "UNIX socket for hands, weather and faults: one command a line, help lists them"},
};

void program_options(struct device_program *program, struct option_set sets[PROGRAM_OPTION_SETS])
{
    const struct device_product *product = program->product;

    program->id_option = id_option;
    program->id_option.initial = product->id;
    program->id_option.required = product->id == NULL;
    sets[0] = (struct option_set){&program->id_option, 1, program};
    sets[1] = (struct option_set){device_login_options, product->login ? DEVICE_LOGIN_OPTIONS : 0,
                                  &program->login};
    sets[2] = (struct option_set){firmware_options, COUNT(firmware_options), program};
    sets[3] = (struct option_set){product->options, product->option_count, program};
    size_t first = product->real_time ? 1 : 0;
    sets[4] = (struct option_set){world_options + first, COUNT(world_options) - first, program};
}

int program_check(struct device_program *program, char *why, size_t why_size)
{
    const char *id = program->options.id;
    int err = 0;

    program->real = program->options.world == 1;
    if (roost_device_id_check(id, strlen(id))) {
        snprintf(why, why_size,
                 "--id %s: allowed are 1 to %d of A-Z a-z 0-9 _ . : -, but for . and ..", id,
                 ROOST_DEVICE_ID_MAX);
        return ROOST_ERR_INVALID;
    }
    if (program->options.key_file && !program->options.state_dir)
        return device_option_refuse(why, why_size, "key-file", program->options.key_file,
                                    "needs --state too");
    if (program->product->login) {
        err = device_login_check(&program->login, why, why_size);
        program->ca_file = program->login.ca_file;
    }
    if (!program->options.seed)
        /* The same world for the same device, whenever it starts. */
        program->options.seed = roost_fnv64(ROOST_FNV64, id, strlen(id));
    if (!err && program->product->check)
        err = program->product->check(program, why, why_size);
    return err ? err : program_check_update(program, why, why_size);
}
