/* SPDX-License-Identifier: Apache-2.0 */
/* The window's firmware as a Linux process: what only a window has. */
#include "apps/device/program.h"
#include "devices/window/window.h"
#include "port/linux/microphone.h"
#include "world/window/window.h"

enum { AUDIO_RATE_HZ = 16000, KEEPALIVE_S = 30 };

struct window_program {
    struct device_program program;
    const char *source; /* --mic */
    struct world_window world;
    struct linux_microphone microphone; /* in the place of the world's, with --mic */
    struct roost_window window;
    uint8_t audio[ROOST_WINDOW_AUDIO_BYTES(AUDIO_RATE_HZ)];
};

static struct window_program *window_of(struct device_program *program)
{
    return (struct window_program *)program;
}

static const struct option_spec options[] = {
    {.name = "mic",
     .value = "SOURCE",
     .at = offsetof(struct window_program, source),
     .help = "FILE.wav (PCM, 16 bit, mono, 16 kHz) or alsa:DEVICE instead of the modelled street"},
};

/* ---- making one ---- */

static int attach(struct device_program *program, const struct world_time *time)
{
    struct world_window *world = &window_of(program)->world;
    struct world_window_config config =
        world_window_plain(program->options.seed, device_program_unix_ms(program));

    config.speed = (uint32_t)program->options.speed;
    world_window_init(world, &config);
    return world_window_attach(world, time, &program->board.port);
}

static size_t parts(struct device_program *program, struct linux_part *out)
{
    struct window_program *self = window_of(program);

    if (!self->source && program->real)
        self->source = "alsa:default";
    if (!self->source)
        return 0;
    *out = linux_microphone_part(&self->microphone, self->source);
    return 1;
}

/* The fault is the world's, the microphone may be another one. */
static void fault_changed(struct device_program *program)
{
    struct window_program *self = window_of(program);

    self->microphone.dead = world_window_has_fault(&self->world, WORLD_WINDOW_MIC_DEAD);
}

static int init(struct device_program *program)
{
    struct window_program *self = window_of(program);
    const struct roost_window_config config = {
        .device_id = program->options.id,
        .firmware_version = program->product->version,
        .broker = device_login_mqtt(&program->login, KEEPALIVE_S),
        .audio_memory = self->audio,
        .audio_bytes = sizeof self->audio,
        .update = device_program_update(program),
    };

    if (program->real)
        linux_board_say(&program->board,
                        "real hardware: Linux has no driver here for the climate sensor and the "
                        "motor, they stay modelled; microphone: %s",
                        self->source);
    return roost_window_init(&self->window, &program->board.port, &config);
}

static uint64_t step(struct device_program *program)
{
    return roost_window_step(&window_of(program)->window);
}

/* ---- state ---- */

static void write_reading(const struct roost_window *window, struct roost_json_writer *w)
{
    const struct window_sampler *sampler = &window->sampler;

    if (sampler->count[WINDOW_SAMPLE_GOOD] == 0) {
        roost_json_put_null(w, "reading");
        return;
    }
    roost_json_put_object(w, "reading");
    roost_json_put_milli(w, "temperature", sampler->last.temperature_mdegc);
    roost_json_put_milli(w, "humidity", sampler->last.humidity_mpct);
    roost_json_put_uint(w, "seq", roost_outbox_last_seq(&window->outbox));
    roost_json_end(w);
}

static void write_state(struct device_program *program, struct roost_json_writer *w)
{
    const struct roost_window *window = &window_of(program)->window;
    const struct window_motor *motor = &window->motor;
    const struct window_control *control = &window->control;

    write_reading(window, w);
    roost_json_put_milli(w, "position", window_motor_position_mpct(motor));
    roost_json_put_milli(w, "target", motor->target_mpct);
    roost_json_put_bool(w, "moving", window_motor_moving(motor));
    roost_json_put_bool(w, "calibrated", motor->calibrated);
    roost_json_put_str(w, "motor", window_motor_state_name(motor->state));
    roost_json_put_str(w, "reason", window_reason_name(control->reason));
    roost_json_put_object(w, "control");
    roost_json_put_uint(w, "taken", control->taken);
    roost_json_put_object(w, "refused");
    for (int i = 0; i < WINDOW_REFUSAL_COUNT; i++)
        roost_json_put_uint(w, window_refusal_name((enum window_refusal)i), control->refused[i]);
    roost_json_end(w);
    roost_json_end(w);
}

static void write_queues(struct device_program *program, struct roost_json_writer *w)
{
    const struct window_sound *sound = &window_of(program)->window.sound;

    roost_json_put_object(w, "sound");
    roost_json_put_uint(w, "sent", sound->sent);
    roost_json_put_uint(w, "dropped", sound->dropped);
    roost_json_put_uint(w, "overruns", sound->overruns);
    roost_json_end(w);
}

static const struct device_product product = {
    .name = "roost-window",
    .summary = "the smart window's firmware as a process.",
    .version = ROOST_VERSION,
    .type = "window",
    .size = sizeof(struct window_program),
    .device = offsetof(struct window_program, window),
    .world = offsetof(struct window_program, world),
    .device_bytes = sizeof(struct roost_window) + ROOST_WINDOW_AUDIO_BYTES(AUDIO_RATE_HZ),
    .controls = &world_window_controls,
    .login = true,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .attach = attach,
    .parts = parts,
    .init = init,
    .step = step,
    .fault_changed = fault_changed,
    .write_state = write_state,
    .write_queues = write_queues,
};

int main(int argc, char **argv)
{
    return device_program(&product, argc, argv);
}
