/* SPDX-License-Identifier: Apache-2.0 */
/* roost-firmware: keys, signed releases and images of the firmware. */
#include <stdio.h>
#include <stdlib.h>

#include "host/program.h"
#include "host/file.h"
#include "host/key.h"
#include "tools/firmware/pack.h"
#include "tools/firmware/release.h"
#include "tools/firmware/show.h"

struct settings {
    const char *out, *public_key, *key, *image, *product, *notes, *build, *elf, *version, *project;
    const char *file;
    uint64_t hardware_min, hardware_max, security_version;
    int target, mandatory, secure_boot;
};

#define AT(member) .at = offsetof(struct settings, member)

static const char *const targets[] = {"esp32", "esp32c3", "esp32s3", "linux", NULL};

static const struct option_spec keygen_options[] = {
    {.name = "out", .value = "FILE", .required = 1, .help = "the private key, PEM", AT(out)},
    {.name = "public", .value = "FILE", .help = "the public key, 130 hex digits", AT(public_key)},
};

static const struct option_spec sign_options[] = {
    {.name = "key", .value = "FILE", .required = 1, .help = "private key, PEM", AT(key)},
    {.name = "product",
     .value = "NAME",
     .required = 1,
     .min = 1,
     .max = ROOST_MANIFEST_NAME_MAX,
     .help = "window",
     AT(product)},
    {.name = "target",
     .value = "NAME",
     .required = 1,
     .kind = OPTION_CHOICE,
     .choices = targets,
     .help = "what the image runs on",
     AT(target)},
    {.name = "image", .value = "FILE", .required = 1, .help = "application image", AT(image)},
    {.name = "out",
     .value = "DIR",
     .required = 1,
     .help = "gets " RELEASE_IMAGE " and " RELEASE_MANIFEST,
     AT(out)},
    {.name = "hardware-min",
     .value = "N",
     .kind = OPTION_NUMBER,
     .initial = "0",
     .max = UINT32_MAX,
     .help = "lowest version of the board",
     AT(hardware_min)},
    {.name = "hardware-max",
     .value = "N",
     .kind = OPTION_NUMBER,
     .initial = "4294967295",
     .max = UINT32_MAX,
     .help = "highest version of the board",
     AT(hardware_max)},
    {.name = "notes", .value = "TEXT", .max = RELEASE_NOTES_MAX, .help = "for people", AT(notes)},
    {.name = "build",
     .value = "TEXT",
     .min = 1,
     .max = RELEASE_BUILD_MAX,
     .help = "name of the build; otherwise digits of the image's SHA-256",
     AT(build)},
    {.name = "mandatory",
     .kind = OPTION_FLAG,
     .help = "a device that shows a choice shows none",
     AT(mandatory)},
    {.name = "secure-boot",
     .kind = OPTION_FLAG,
     .help = "for devices with secure boot: refuses an image that is not signed for it, also one "
             "that was not built for it",
     AT(secure_boot)},
};

static const struct option_spec pack_options[] = {
    {.name = "elf", .value = "FILE", .required = 1, .help = "the program", AT(elf)},
    {.name = "version", .value = "TEXT", .required = 1, .help = "its version", AT(version)},
    {.name = "security-version",
     .value = "N",
     .kind = OPTION_NUMBER,
     .required = 1,
     .max = UINT32_MAX,
     .help = "devices refuse a lower one than they ran",
     AT(security_version)},
    {.name = "project", .value = "NAME", .required = 1, .help = "roost-window", AT(project)},
    {.name = "out", .value = "IMAGE", .required = 1, .help = "the image", AT(out)},
};

static const struct option_spec show_options[] = {
    {.name = "FILE", .kind = OPTION_WORD, .required = 1, .help = "image or manifest", AT(file)},
    {.name = "key", .value = "FILE", .help = "public key that must have signed it", AT(key)},
};

static int do_keygen(void *settings, struct why *why)
{
    const struct settings *s = settings;
    return key_generate(s->out, s->public_key, why);
}

static int do_sign(void *settings, struct why *why)
{
    const struct settings *s = settings;
    struct release release = {.product = s->product,
                              .target = targets[s->target],
                              .hardware_min = (uint32_t)s->hardware_min,
                              .hardware_max = (uint32_t)s->hardware_max,
                              .notes = s->notes,
                              .build = s->build,
                              .mandatory = s->mandatory,
                              .secure_boot = s->secure_boot};
    struct key key;
    char *image;
    size_t len;
    int err = key_load(&key, s->key, why);

    if (err)
        return err;
    err = file_read(&image, &len, s->image, PACK_IMAGE_MAX, why);
    if (!err) {
        err = release_write(s->out, &release, &key, (const uint8_t *)image, len, why);
        free(image);
    }
    key_deinit(&key);
    return err;
}

static int do_pack(void *settings, struct why *why)
{
    const struct settings *s = settings;
    struct pack_source source = {.version = s->version,
                                 .project = s->project,
                                 .security_version = (uint32_t)s->security_version};
    char *elf;
    uint8_t *image;
    size_t len;
    int err = file_read(&elf, &source.elf_len, s->elf, PACK_IMAGE_MAX, why);

    if (err)
        return err;
    source.elf = elf;
    err = pack_image(&image, &len, &source, why);
    if (!err) {
        err = file_write(s->out, image, len, 0644, why);
        free(image);
    }
    free(elf);
    return err;
}

static int do_show(void *settings, struct why *why)
{
    const struct settings *s = settings;
    return show_file(stdout, s->file, s->key, why);
}

static const struct program_command commands[] = {
    {"keygen", "makes a key that signs", PROGRAM_OPTIONS(keygen_options), do_keygen},
    {"sign", "makes the folder a hub serves", PROGRAM_OPTIONS(sign_options), do_sign},
    {"pack", "makes an image of a Linux program", PROGRAM_OPTIONS(pack_options), do_pack},
    {"show", "tells what an image or a manifest is", PROGRAM_OPTIONS(show_options), do_show},
};

static const struct program_spec program = {
    .name = "roost-firmware",
    .version = ROOST_VERSION,
    .help = "keys, signed releases and images of the firmware",
    .commands = commands,
    .command_count = sizeof commands / sizeof commands[0],
};

int main(int argc, char **argv)
{
    struct settings settings = {0};

    return program_run(&program, &settings, argc, argv);
}
