/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/roost-window/program.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/options.h"
#include "apps/device/trust.h"
#include "core/err.h"
#include "core/fnv.h"

enum { EXIT_USAGE = 2 };

static const char *const worlds[] = {"model", "real", NULL};

#define AT(member) offsetof(struct program_settings, member)

static const struct option_spec options[] = {
    {.name = "id",
     .value = "ID",
     .required = 1,
     .min = 1,
     .max = ROOST_DEVICE_ID_MAX,
     .at = AT(id),
     .help = "the device's name, of letters, digits and _.:-"},
    {.name = "broker",
     .value = "URL",
     .required = 1,
     .at = AT(broker_url),
     .help = "mqtt://HOST:PORT, or mqtts://HOST:PORT with chain and host verified"},
    {.name = "user", .value = "NAME", .at = AT(user), .help = "user at the broker"},
    {.name = "password-file",
     .value = "FILE",
     .at = AT(password_file),
     .help = "its first line is the password at the broker"},
    {.name = "ca",
     .value = "FILE",
     .at = AT(ca_file),
     .help = "certificates (PEM) that may sign the broker's; default: the system's"},
    {.name = "state",
     .value = "DIR",
     .min = 1,
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
    {.name = "mic",
     .value = "SOURCE",
     .at = AT(microphone),
     .help = "FILE.wav (PCM, 16 bit, mono, 16 kHz) or alsa:DEVICE instead of the modelled street"},
    {.name = "speed",
     .value = "N",
     .kind = OPTION_NUMBER,
     .initial = "1",
     .min = 1,
     .max = 100000,
     .at = AT(speed),
     .help = "house and weather run N times as fast"},
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
    {.name = "help", .kind = OPTION_FLAG, .at = AT(help), .help = "prints this"},
};

enum { OPTION_COUNT = sizeof options / sizeof options[0] };

static int post(void *ctx, const struct roost_event *event)
{
    return roost_window_post(&((struct program *)ctx)->window, event);
}

static uint64_t step(void *ctx)
{
    struct program *program = ctx;
    uint64_t due_ms = roost_window_step(&program->window);

    if (roost_window_stopped(&program->window))
        uv_stop(program->host.loop);
    return due_ms;
}

/* The first signal publishes offline and closes; a second one does not wait for that. */
static void on_signal(uv_signal_t *handle, int number)
{
    struct program *program = handle->data;

    if (program->stopping)
        _Exit(128 + number);
    program->stopping = true;
    roost_window_stop(&program->window);
    roost_board_wake(&program->board);
}

static void watch_signals(struct program *program)
{
    uv_signal_init(program->host.loop, &program->on_term);
    uv_signal_init(program->host.loop, &program->on_int);
    program->on_term.data = program->on_int.data = program;
    uv_signal_start(&program->on_term, on_signal, SIGTERM);
    uv_signal_start(&program->on_int, on_signal, SIGINT);
}

static int check(struct program *program, char *why, size_t why_size)
{
    struct program_settings *settings = &program->settings;
    int err = device_broker_parse(&program->broker, settings->broker_url, why, why_size);

    if (!err && roost_device_id_check(settings->id, strlen(settings->id))) {
        snprintf(why, why_size, "--id %s: allowed are 1 to %d of A-Z a-z 0-9 _ . : -", settings->id,
                 ROOST_DEVICE_ID_MAX);
        err = ROOST_ERR_INVALID;
    }
    if (!err && settings->password_file && !settings->user) {
        snprintf(why, why_size, "--password-file %s: needs --user too", settings->password_file);
        err = ROOST_ERR_INVALID;
    }
    if (!err && settings->ca_file && !program->broker.tls) {
        snprintf(why, why_size, "--ca %s: needs a broker with mqtts://", settings->ca_file);
        err = ROOST_ERR_INVALID;
    }
    if (!err && settings->ca_file)
        err = device_ca_check("--ca", settings->ca_file, why, why_size);
    if (!err && settings->key_file && !settings->state_dir) {
        snprintf(why, why_size, "--key-file %s: needs --state too", settings->key_file);
        err = ROOST_ERR_INVALID;
    }
    if (!err)
        err = program_check_update(program, why, why_size);
    if (!err && settings->password_file)
        err = device_password_read(program->password, sizeof program->password,
                                   settings->password_file, why, why_size);
    if (!settings->seed)
        /* The same house for the same device, whenever it starts. */
        settings->seed = roost_fnv64(ROOST_FNV64, settings->id, strlen(settings->id));
    return err;
}

/* The fault is the world's, the microphone may be another one. */
static void on_fault(void *ctx)
{
    struct program *program = ctx;

    program->microphone.dead = world_window_has_fault(&program->world, WORLD_WINDOW_MIC_DEAD);
}

/* The modelled parts; a real microphone comes after them. */
static int attach_world(void *ctx, struct roost_board *board, char *why, size_t why_size)
{
    struct program *program = ctx;
    const struct world_time time = roost_board_time(board);
    struct world_window_config config = world_window_plain(
        program->settings.seed, board->port.clock.ops->unix_ms(board->port.clock.ctx));

    (void)why;
    (void)why_size;
    config.speed = (uint32_t)program->settings.speed;
    world_window_init(&program->world, &config);
    program->around = (struct device_world){.controls = &world_window_controls,
                                            .world = &program->world,
                                            .changed = on_fault,
                                            .ctx = program};
    return world_window_attach(&program->world, &time, &board->port);
}

static int make_device(struct program *program, char **argv, char *why, size_t why_size)
{
    const struct program_settings *settings = &program->settings;
    bool real = settings->world == 1;
    const char *microphone = !settings->microphone && real ? "alsa:default" : settings->microphone;
    const struct roost_board_options board = {
        .state_dir = settings->state_dir,
        .key_file = settings->key_file,
        .device_bytes = sizeof program->window + sizeof program->audio,
        .console = true,
        .real_wifi = real,
        .seed = settings->seed,
        .parts = {{"world", attach_world, NULL, program},
                  microphone ? linux_microphone_part(&program->microphone, microphone)
                             : (struct linux_part){0}},
        .argv = argv,
        .post = post,
        .step = step,
        .device = program,
    };
    const struct roost_window_config config = {
        .device_id = settings->id,
        .firmware_version = ROOST_VERSION,
        .broker = {.host = program->broker.host,
                   .port = program->broker.port,
                   .tls = program->broker.tls,
                   .ca_pem = settings->ca_file,
                   .user = settings->user,
                   .password = settings->password_file ? program->password : NULL,
                   .keepalive_s = 30,
                   .clean_session = true},
        .audio_memory = program->audio,
        .audio_bytes = sizeof program->audio,
        .update = program->update.url ? &program->update : NULL,
    };

    int err = roost_board_init(&program->board, &program->host, &board, why, why_size);
    if (err)
        return err;
    if (real)
        linux_board_say(&program->board,
                        "real hardware: Linux has no driver here for the climate sensor and the "
                        "motor, they stay modelled; microphone: %s",
                        microphone);
    device_world_restore_faults(&program->around, "roost-window");
    err = roost_guard_start(&program->board, LINUX_WATCHDOG_S);
    if (!err)
        err = roost_window_init(&program->window, &program->board.port, &config);
    if (err) {
        snprintf(why, why_size, "the device cannot start: %s", roost_err_text(err));
        roost_board_close_now(&program->board);
    }
    return err;
}

static int run(struct program *program, char **argv)
{
    char why[512];

    if (roost_host_init(&program->host, uv_default_loop())) {
        fputs("roost-window: the libraries cannot start\n", stderr);
        return EXIT_FAILURE;
    }
    int err = make_device(program, argv, why, sizeof why);
    if (!err && program->settings.control_path) {
        err = control_open(&program->control, program->host.loop, program->settings.control_path,
                           program_command, program, why, sizeof why);
        if (err)
            roost_board_close_now(&program->board);
    }
    if (err) {
        fprintf(stderr, "roost-window: %s\n", why);
        return EXIT_FAILURE;
    }
    watch_signals(program);
    roost_board_start(&program->board);
    uv_run(program->host.loop, UV_RUN_DEFAULT);

    control_close(&program->control);
    uv_close((uv_handle_t *)&program->on_term, NULL);
    uv_close((uv_handle_t *)&program->on_int, NULL);
    roost_board_close_now(&program->board);
    roost_guard_stop();
    roost_host_deinit(&program->host);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    static struct program program;
    char why[512];

    int err = options_parse(options, OPTION_COUNT, &program.settings, argc, argv, why, sizeof why);
    if (!err && program.settings.help) {
        printf("roost-window %s: the smart window's firmware as a process.\n\n", ROOST_VERSION);
        options_print(stdout, options, OPTION_COUNT);
        return EXIT_SUCCESS;
    }
    if (!err)
        err = check(&program, why, sizeof why);
    if (err) {
        fprintf(stderr, "roost-window: %s\n", why);
        return EXIT_USAGE;
    }
    return run(&program, argv);
}
