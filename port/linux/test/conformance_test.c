/* SPDX-License-Identifier: Apache-2.0 */
/* The conformance suite on Linux, with a real Mosquitto and a web server of the test's own. */
#include "port/conformance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/err.h"
#include "port/linux/decoder.h"
#include "port/linux/light.h"
#include "port/linux/linux.h"
#include "port/linux/loudspeaker.h"
#include "port/linux/test/sound.h"
#include "tests/support/image.h"
#include "tests/support/peer.h"
#include "tests/support/server.h"
#include "tests/support/support.h"
#include "world/lines.h"
#include "world/window/window.h"

enum { INPUT = 5, OUTPUT = 12, LINES_TIMER = WORLD_TIMERS - 1, SOUND_MS = 900 };

struct rig {
    struct roost_host host;
    struct roost_board board;
    struct world_window world;
    struct world_lines lines;
    struct linux_loudspeaker loudspeaker;
    struct linux_decoder decoder;
    struct linux_light light;
    struct roost_conformance suite;
    struct support_broker broker;
    struct support_server server;
    char dir[SUPPORT_PATH_MAX], state[SUPPORT_PATH_MAX + 16], heard[SUPPORT_PATH_MAX + 16];
    char ws_url[64], http_url[64], password[33];
    bool rebooting;
};

static void on_rebooting(void *device, enum roost_reset_reason reason)
{
    struct roost_conformance *suite = device;

    (void)reason;
    ((struct rig *)suite->ctx)->rebooting = true;
}

static int attach_world(void *ctx, struct roost_board *board, char *why, size_t why_size)
{
    const struct world_window_config config = world_window_plain(7, 1780315200000);
    struct rig *rig = ctx;
    const struct world_time time = roost_board_time(board);

    (void)why;
    (void)why_size;
    world_window_init(&rig->world, &config);
    int err = world_window_attach(&rig->world, &time, &board->port);
    if (!err)
        err = world_lines_attach(&rig->lines, &time, LINES_TIMER, &board->port, 1u << INPUT,
                                 1u << OUTPUT);
    return err;
}

static void drive(void *ctx, bool active)
{
    world_lines_set(&((struct rig *)ctx)->lines, INPUT, active);
}

static int look(void *ctx)
{
    return world_lines_get(&((struct rig *)ctx)->lines, OUTPUT);
}

static void power_on(struct rig *rig)
{
    const struct roost_board_options options = {
        .state_dir = rig->state,
        .journal_sectors = 4,
        .ledger_sectors = 6,
        .post = roost_conformance_post,
        .device = &rig->suite,
        .rebooting = on_rebooting,
        .parts = {
            {"world", attach_world, NULL, rig},
            linux_loudspeaker_part(&rig->loudspeaker, rig->heard),
            linux_decoder_part(&rig->decoder),
            linux_light_part(&rig->light),
        }};
    char why[256] = "";

    if (roost_board_init(&rig->board, &rig->host, &options, why, sizeof why)) {
        fprintf(stderr, "board: %s\n", why);
        abort();
    }
    rig->suite.port = &rig->board.port;
}

static int restart(void *ctx)
{
    struct rig *rig = ctx;

    roost_board_close_now(&rig->board);
    power_on(rig);
    return 0;
}

static int rebooted(void *ctx)
{
    struct rig *rig = ctx;

    if (!rig->rebooting)
        return ROOST_ERR_STATE;
    rig->rebooting = false;
    return restart(rig);
}

static void cut_after(void *ctx, uint32_t n)
{
    linux_disk_cut_after(&((struct rig *)ctx)->board.disk, n);
}

static void on_limit(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

static void on_look(uv_timer_t *timer)
{
    (void)timer; /* wakes the loop, so that `done` is asked again */
}

static bool run_until(void *ctx, bool (*done)(void *arg), void *arg, uint32_t limit_ms)
{
    struct rig *rig = ctx;
    bool over = false;
    uv_timer_t limit, look;

    uv_timer_init(rig->host.loop, &limit);
    uv_timer_init(rig->host.loop, &look);
    limit.data = &over;
    uv_update_time(rig->host.loop);
    uv_timer_start(&limit, on_limit, limit_ms, 0);
    uv_timer_start(&look, on_look, 10, 10);
    bool is_done;
    while (!(is_done = done(arg)) && !over)
        uv_run(rig->host.loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&limit, NULL);
    uv_close((uv_handle_t *)&look, NULL);
    uv_run(rig->host.loop, UV_RUN_NOWAIT);
    return is_done;
}

static int broker_stop(void *ctx)
{
    support_broker_kill(&((struct rig *)ctx)->broker);
    return 0;
}

static int broker_start(void *ctx)
{
    support_broker_again(&((struct rig *)ctx)->broker);
    return 0;
}

static int retained(void *ctx, const char *topic, char *out, size_t size)
{
    struct rig *rig = ctx;
    int len =
        support_retained("127.0.0.1", rig->broker.port, "unit", rig->password, topic, out, size);

    return len < 0 ? ROOST_ERR_NOT_FOUND : len;
}

static int make_image(void *ctx, uint32_t security_version, uint8_t *out, size_t size)
{
    static uint8_t program[5000];
    size_t len;

    (void)ctx;
    uv_random(NULL, NULL, program, sizeof program, 0, NULL);
    uint8_t *image = support_make_image(program, sizeof program, security_version, "1.2.3", &len);
    if (len <= size)
        memcpy(out, image, len);
    free(image);
    return len <= size ? (int)len : ROOST_ERR_TOO_LONG;
}

static bool uploaded(void *ctx, struct roost_conformance_upload *out)
{
    struct support_server *server = &((struct rig *)ctx)->server;
    bool any = server->uploaded.whole;

    *out = (struct roost_conformance_upload){
        .bytes = server->uploaded.bytes,
        .hash = server->uploaded.hash,
        .method = strcmp(server->uploaded_method, "PUT") == 0    ? ROOST_HTTP_PUT
                  : strcmp(server->uploaded_method, "POST") == 0 ? ROOST_HTTP_POST
                                                                 : ROOST_HTTP_GET};
    snprintf(out->type, sizeof out->type, "%s", server->uploaded_type);
    server->uploaded.whole = false;
    return any;
}

static void make_password(char password[33])
{
    uint8_t bytes[16];

    uv_random(NULL, NULL, bytes, sizeof bytes, 0, NULL);
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(password + 2 * i, 3, "%02x", bytes[i]);
}

int main(void)
{
    static struct rig rig;
    struct roost_conformance *suite = &rig.suite;

    if (roost_host_init(&rig.host, uv_default_loop()))
        return 1;
    support_make_dir(rig.dir);
    snprintf(rig.state, sizeof rig.state, "%s/state", rig.dir);
    snprintf(rig.heard, sizeof rig.heard, "%s/heard.wav", rig.dir);
    make_password(rig.password);
    support_broker_start(
        &rig.broker, &(struct support_broker_options){.user = "unit", .password = rig.password});
    support_server_start(&rig.server, rig.host.loop);
    snprintf(rig.ws_url, sizeof rig.ws_url, "ws://localhost:%u", rig.server.port);
    snprintf(rig.http_url, sizeof rig.http_url, "http://127.0.0.1:%u", rig.server.port);
    suite->name = "linux";
    suite->ctx = &rig;
    suite->run_until = run_until;
    suite->restart = restart;
    suite->rebooted = rebooted;
    suite->cut_after = cut_after;
    suite->broker.options = (struct roost_mqtt_options){.host = "localhost",
                                                        .port = rig.broker.port,
                                                        .client_id = "conformance",
                                                        .user = "unit",
                                                        .password = rig.password,
                                                        .keepalive_s = 30,
                                                        .clean_session = true};
    suite->broker.closed_port = support_free_port();
    suite->broker.checks_password = true;
    suite->broker.stop = broker_stop;
    suite->broker.start = broker_start;
    suite->broker.retained = retained;
    suite->firmware.make_image = make_image;
    suite->gpio.input = INPUT;
    suite->gpio.output = OUTPUT;
    suite->gpio.drive = drive;
    suite->gpio.look = look;
    static struct test_sound mp3, opus;
    test_mp3(&mp3, 22050, SOUND_MS);
    test_opus(&opus, SOUND_MS);
    suite->sound.mp3 = mp3.bytes;
    suite->sound.mp3_len = mp3.len;
    suite->sound.opus = opus.bytes;
    suite->sound.opus_len = opus.len;
    suite->sound.ms = SOUND_MS;
    suite->ws.url = rig.ws_url;
    suite->http.url = rig.http_url;
    suite->http.uploaded = uploaded;
    power_on(&rig);

    int failed = roost_conformance_run(suite);

    roost_board_close_now(&rig.board);
    support_server_stop(&rig.server);
    roost_host_deinit(&rig.host);
    uv_loop_close(uv_default_loop());
    support_broker_deinit(&rig.broker);
    support_remove_dir(rig.dir);
    return failed;
}
