/* SPDX-License-Identifier: Apache-2.0 */
/* The teddy's firmware as a Linux process: what only a teddy has. */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "apps/device/options.h"
#include "apps/roost-teddy/parts.h"
#include "core/err.h"

#define AT(member) .at = offsetof(struct teddy_program, member)

static const struct option_spec options[] = {
    {.name = "hub",
     .value = "URL",
     .min = 1,
     .max = IDENTITY_HUB_MAX,
     AT(given.hub),
     .help = "ws://HOST:PORT, or wss://HOST:PORT with chain and host verified; default: that of "
             "`make run`, as all it leaves in ROOST_RUN_DIR"},
    {.name = "ca",
     .value = "FILE",
     AT(given.ca_file),
     .help = "certificates (PEM) that may sign the hub's; default: the system's"},
    {.name = "secret-file",
     .value = "FILE",
     AT(given.secret_file),
     .help =
         "its first line is the hub's ESP32_SHARED_SECRET; default: .run/" IDENTITY_SECRET_FILE},
    {.name = "own-secret-file",
     .value = "FILE",
     AT(given.own_secret_file),
     .help = "of a device that was claimed: its own secret in hexadecimal digits, instead"},
    {.name = "child-file",
     .value = "FILE",
     AT(given.child_file),
     .help = "lines id=ID, name=NAME, age=AGE; default: .run/" IDENTITY_CHILD_FILE},
    {.name = "child-id", .value = "ID", AT(given.child_id), .help = "the same as options"},
    {.name = "child-name",
     .value = "NAME",
     AT(given.child_name),
     .help = "taken out of the list of processes once it is read; - or none: from the "
             "environment, " IDENTITY_NAME_KEPT},
    {.name = "child-age", .value = "AGE", AT(given.child_age), .help = "3 to 13"},
    {.name = "mic",
     .value = "SOURCE",
     AT(mic),
     .help = "FILE.wav (PCM, 16 bit, mono, 16 kHz), spoken while the button is held, or "
             "alsa:DEVICE; default: nobody speaks"},
    {.name = "speaker",
     .value = "TARGET",
     AT(speaker),
     .help = "FILE.wav, which is emptied first, or alsa:DEVICE; default: nobody hears. Two files "
             "and no --control: asks by itself, and ends with the answer"},
};

static bool is_file(const char *source)
{
    return source && strncmp(source, "alsa:", 5) != 0;
}

/* ---- making one ---- */

static int check(struct device_program *program, char *why, size_t why_size)
{
    struct teddy_program *self = teddy_of(program);

    /* What is said and whose name it is stays out of core dumps. */
    (void)prctl(PR_SET_DUMPABLE, 0);
    int err = identity_read(&self->identity, &self->given, program->options.id, why, why_size);
    if (err)
        return err;
    program->ca_file = self->given.ca_file;
    if (program->real) {
        self->mic = self->mic ? self->mic : "alsa:default";
        self->speaker = self->speaker ? self->speaker : "alsa:default";
    }
    bool asks = is_file(self->mic) && is_file(self->speaker) && !program->options.control_path;
    self->ask.stage = asks ? TEDDY_ASK_CONNECTING : TEDDY_ASK_OFF;
    program->quiet = asks;
    return 0;
}

static int attach(struct device_program *program, const struct world_time *time)
{
    struct world_teddy *world = &teddy_of(program)->world;
    const struct world_teddy_config config = {.seed = program->options.seed,
                                              .one_rate_hz = LINUX_LOUDSPEAKER_FILE_HZ};

    world_teddy_init(world, &config);
    return world_teddy_attach(world, time, &program->board.port);
}

/* Of the world the button stays; the rest is heard and seen outside. */
static size_t parts(struct device_program *program, struct linux_part *out)
{
    struct teddy_program *self = teddy_of(program);
    uint32_t speed = (uint32_t)program->options.speed;
    size_t count = 0;

    out[count++] = linux_microphone_part(&self->microphone, self->mic);
    out[count++] = linux_loudspeaker_part(&self->loudspeaker, self->speaker);
    out[count++] = linux_decoder_part(&self->decoder);
    out[count++] = linux_light_part(&self->light);
    out[count++] = teddy_hand_part(&self->hand, &self->world, &self->microphone);
    out[count++] = teddy_ask_part(self);
    self->microphone.once = true;
    self->microphone.speed = self->loudspeaker.speed = speed;
    self->light.aloud = program->real;
    return count;
}

static void fault_changed(struct device_program *program)
{
    struct teddy_program *self = teddy_of(program);
    const struct world_teddy *world = &self->world;

    self->microphone.dead = world_teddy_has_fault(world, WORLD_TEDDY_MIC_DEAD);
    self->microphone.flat = world_teddy_has_fault(world, WORLD_TEDDY_MIC_FLAT);
    self->loudspeaker.dead = world_teddy_has_fault(world, WORLD_TEDDY_SPEAKER_DEAD);
    self->loudspeaker.slow = world_teddy_has_fault(world, WORLD_TEDDY_SPEAKER_SLOW);
    self->light.dead = world_teddy_has_fault(world, WORLD_TEDDY_LIGHT_DEAD);
}

static int init(struct device_program *program)
{
    struct teddy_program *self = teddy_of(program);
    const struct roost_teddy_config config = {
        .device_id = program->options.id,
        .firmware_version = program->product->version,
        .hub = self->identity.hub,
        .child_id = self->identity.child_id,
        .child_name = self->identity.child_name,
        .child_age = self->identity.child_age,
        .key = self->identity.key,
        .key_len = self->identity.key_len,
        .ca_pem = self->given.ca_file,
        .said_memory = self->said,
        .said_bytes = sizeof self->said,
        .heard_memory = self->heard,
        .heard_bytes = sizeof self->heard,
        .update = device_program_update(program),
    };

    if (program->real)
        linux_board_say(&program->board,
                        "real hardware: Linux has no driver here for the button, it stays with the "
                        "control socket; microphone: %s, loudspeaker: %s",
                        self->mic, self->speaker);
    return roost_teddy_init(&self->teddy, &program->board.port, &config);
}

static uint64_t step(struct device_program *program)
{
    return roost_teddy_step(&teddy_of(program)->teddy);
}

static int post(struct device_program *program, const struct roost_event *event)
{
    return roost_teddy_post(&teddy_of(program)->teddy, event);
}

static void stop(struct device_program *program)
{
    roost_teddy_stop(&teddy_of(program)->teddy);
}

static bool over(struct device_program *program)
{
    struct teddy_program *self = teddy_of(program);

    if (!roost_teddy_stopped(&self->teddy))
        return false;
    identity_forget(&self->identity);
    return true;
}

static const struct device_product product = {
    .name = "roost-teddy",
    .summary = "the teddy's firmware as a process.",
    .version = ROOST_VERSION,
    .type = "teddy",
    .id = "teddy-guest",
    .size = sizeof(struct teddy_program),
    .device = offsetof(struct teddy_program, teddy),
    .world = offsetof(struct teddy_program, world),
    .device_bytes = sizeof(struct roost_teddy) + ROOST_TEDDY_SAID_BYTES(TEDDY_CHUNKS_MAX) +
                    ROOST_TEDDY_HEARD_BYTES,
    .controls = &world_teddy_controls,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .words = teddy_words,
    .word_count = TEDDY_WORDS,
    .check = check,
    .attach = attach,
    .parts = parts,
    .init = init,
    .step = step,
    .post = post,
    .stop = stop,
    .over = over,
    .fault_changed = fault_changed,
    .write_state = teddy_write_state,
};

int main(int argc, char **argv)
{
    return device_program(&product, argc, argv);
}
