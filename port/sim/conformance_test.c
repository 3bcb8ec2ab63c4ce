/* SPDX-License-Identifier: Apache-2.0 */
/* The conformance suite in virtual time. */
#include "port/conformance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/fnv.h"
#include "port/sim/sim.h"
#include "world/window/window.h"

enum { FILE_BYTES = 10000, INPUT = 3, OUTPUT = 11, CAN_BIT_RATE = 250000 };

/* The server of port/conformance_ws.c: one connection at a time. */
struct ws_server {
    struct sim_clock *clock;
    struct sim_ws_end end;
};

struct rig {
    struct sim sim;
    struct sim_can_bus wires;
    struct sim_board board;
    struct world_window world;
    struct sim_can_node peer;
    struct ws_server ws;
    uint64_t images; /* made: none is like another */
    struct roost_conformance suite;
};

static bool run_until(void *ctx, bool (*done)(void *arg), void *arg, uint32_t limit_ms)
{
    struct rig *rig = ctx;
    struct sim_clock *clock = &rig->sim.clock;
    uint64_t until_ms = clock->now_ms + limit_ms;

    while (!done(arg) && sim_run_one(clock, until_ms)) {
    }
    if (!done(arg))
        sim_run_until(clock, until_ms);
    return done(arg);
}

static bool booted(void *arg)
{
    struct rig *rig = arg;

    return sim_board_alive(&rig->board);
}

static int restart(void *ctx)
{
    struct rig *rig = ctx;

    /* The power may have gone in an operation: what that set going is over at once. */
    sim_board_power_cut(&rig->board, 100);
    return run_until(ctx, booted, ctx, 10000) ? 0 : ROOST_ERR_TIMEOUT;
}

static int rebooted(void *ctx)
{
    struct rig *rig = ctx;

    if (!rig->board.resetting)
        return ROOST_ERR_STATE;
    return run_until(ctx, booted, ctx, 10000) ? 0 : ROOST_ERR_TIMEOUT;
}

static void cut_after(void *ctx, uint32_t n)
{
    struct rig *rig = ctx;

    if (n > 0)
        sim_power_cut_at(&rig->board.power, n, SIM_CUT_TORN);
    else
        rig->board.power.cut_at = 0;
}

static int broker_stop(void *ctx)
{
    sim_broker_stop(&((struct rig *)ctx)->sim.broker);
    return 0;
}

static int broker_start(void *ctx)
{
    sim_broker_start(&((struct rig *)ctx)->sim.broker);
    return 0;
}

static int retained(void *ctx, const char *topic, char *out, size_t size)
{
    struct rig *rig = ctx;
    const struct sim_message *message = sim_broker_retained(&rig->sim.broker, topic);

    if (!message)
        return ROOST_ERR_NOT_FOUND;
    if (message->len > size)
        return ROOST_ERR_TOO_LONG;
    memcpy(out, message->bytes, message->len);
    return (int)message->len;
}

/* ---- firmware ---- */

static int make_image(void *ctx, uint32_t security_version, uint8_t *out, size_t size)
{
    struct rig *rig = ctx;
    const struct sim_image_options options = {.version = "1.2.3",
                                              .project = "suite",
                                              .security_version = security_version,
                                              .body_bytes = 5000,
                                              .seed = ++rig->images};
    size_t len;
    uint8_t *image = sim_image_make(&options, &len);
    bool fits = len <= size;

    if (fits)
        memcpy(out, image, len);
    free(image);
    return fits ? (int)len : ROOST_ERR_TOO_LONG;
}

/* ---- lines ---- */

static void drive(void *ctx, bool active)
{
    sim_board_set_gpio(&((struct rig *)ctx)->board, INPUT, active);
}

static int look(void *ctx)
{
    return ((struct rig *)ctx)->board.gpio.levels >> OUTPUT & 1;
}

/* ---- CAN: the peer is a controller of its own on the same wires ---- */

static int peer_start(void *ctx, unsigned bus, uint32_t bit_rate)
{
    (void)bus;
    return sim_can_start(ctx, bit_rate);
}

static int peer_send(void *ctx, unsigned bus, const struct roost_can_frame *frame)
{
    (void)bus;
    return sim_can_send(ctx, frame);
}

static int peer_receive(void *ctx, unsigned bus, struct roost_can_frame *out)
{
    (void)bus;
    return sim_can_receive(ctx, out);
}

static int peer_stop(void *ctx, unsigned bus)
{
    (void)bus;
    return sim_can_stop(ctx);
}

static const struct roost_can_ops peer_ops = {
    .start = peer_start, .send = peer_send, .receive = peer_receive, .stop = peer_stop};

static void disturb(void *ctx, uint32_t frames)
{
    ((struct rig *)ctx)->wires.disturbed = frames;
}

/* ---- web ---- */

static void serve(struct sim_web *web)
{
    static uint8_t file[FILE_BYTES];

    for (size_t i = 0; i < sizeof file; i++)
        file[i] = (uint8_t)(7 * i + 3);
    (void)sim_web_put(web, "/file", file, sizeof file);
    sim_web_put(web, "/whole", file, sizeof file)->ignores_range = true;
    sim_web_put(web, "/cut", file, sizeof file)->cut_after = 4000;

    (void)sim_web_box(web, "/upload");
    struct sim_web_box *box = sim_web_box(web, "/upload/auth");
    box->user = "unit";
    box->password = "p@ss:word";
    sim_web_box(web, "/upload/full")->code = 507;
    sim_web_box(web, "/upload/moved")->code = 302;
    sim_web_box(web, "/upload/cut")->cut_after = 4000;

    struct sim_web_file *redirect = sim_web_put(web, "/redirect", "", 0);
    redirect->code = 302;
    strcpy(redirect->location, "/file");
}

static bool uploaded(void *ctx, struct roost_conformance_upload *out)
{
    struct sim_web *web = &((struct rig *)ctx)->sim.web;

    for (size_t i = 0; i < SIM_WEB_BOXES_MAX; i++) {
        struct sim_web_box *box = &web->boxes[i];
        if (box->uploads == 0)
            continue;
        *out = (struct roost_conformance_upload){.bytes = box->len,
                                                 .hash =
                                                     roost_fnv32(ROOST_FNV32, box->bytes, box->len),
                                                 .method = (enum roost_http_method)box->method};
        snprintf(out->type, sizeof out->type, "%s", box->type);
        box->uploads = 0;
        return true;
    }
    return false;
}

/* ---- sensors and actuators ---- */

static void world_off(void *ctx)
{
    world_window_off(&((struct rig *)ctx)->world);
}

static int attach_world(struct rig *rig)
{
    const struct world_time time = sim_board_time(&rig->board);
    const struct world_window_config config = {.seed = 7,
                                               .weather_seed = 7,
                                               .unix_ms = sim_unix_ms(&rig->sim.clock),
                                               .sensor = WORLD_SENSOR_BME280,
                                               .measure_ms = 20,
                                               .silent_ms = 2000,
                                               .block_ms = 250};

    rig->board.off = world_off;
    rig->board.off_ctx = rig;
    world_window_init(&rig->world, &config);
    return world_window_attach(&rig->world, &time, &rig->board.port);
}

/* ---- WebSocket ---- */

static void ws_message(void *ctx, bool binary, const char *data, size_t len)
{
    struct ws_server *server = ctx;

    if (sim_ws_end_send(&server->end, binary, data, len) < 0)
        abort(); /* it has room for all that a client may send at once */
}

static void ws_closed(void *ctx, uint16_t code, int why)
{
    (void)ctx;
    (void)code;
    (void)why;
}

static const struct sim_ws_end_ops ws_end_ops = {.message = ws_message, .closed = ws_closed};

static void ws_opened(struct ws_server *server, const char *path)
{
    static char big[5000];
    struct sim_ws_end *end = &server->end;

    memset(big, 'b', sizeof big);
    if (strcmp(path, "/close") == 0) {
        sim_ws_end_close(end, 4001, NULL);
    } else if (strcmp(path, "/big") == 0) {
        (void)sim_ws_end_send(end, false, big, sizeof big);
    } else if (strcmp(path, "/fragments") == 0) {
        (void)sim_ws_end_send_part(end, SIM_WS_TEXT, false, "hello", 5);
        sim_ws_end_ping(end);
        (void)sim_ws_end_send_part(end, SIM_WS_MORE, false, " wo", 3);
        (void)sim_ws_end_send_part(end, SIM_WS_MORE, true, "rld", 3);
    }
}

static void ws_handshake(void *ctx, struct sim_conn *conn, const struct sim_packet *packet)
{
    static const struct sim_ws_options options = {.message_max = 65536, .send_max = 1 << 20};
    struct ws_server *server = ctx;
    struct sim_ws_request request;
    struct sim_ws_answer answer = {.status = 101};
    const char *payload, *path = request.target;
    size_t len;
    const struct sim_ws_head *head = sim_ws_head(packet, &payload, &len);

    if (!head || head->kind != SIM_WS_REQUEST || len != sizeof request)
        abort();
    memcpy(&request, payload, sizeof request);
    if (strcmp(path, "/other") == 0)
        strcpy(answer.subprotocol, "other");
    else if (strcmp(request.subprotocol, "echo") == 0)
        strcpy(answer.subprotocol, "echo");
    if (strcmp(path, "/auth") == 0 && strcmp(request.authorization, "Basic dW5pdDoBOv96") != 0)
        answer.status = 401;
    else if (strcmp(path, "/gone") == 0)
        answer.status = 404;
    else if (strcmp(path, "/moved") == 0)
        answer.status = 302;
    const struct sim_packet out = {.type = SIM_BYTES,
                                   .message = sim_ws_frame(SIM_WS_ANSWER, &answer, sizeof answer)};
    sim_conn_send(conn, SIM_SERVER, &out);
    if (answer.status != 101) {
        sim_conn_close(conn, SIM_SERVER);
        return;
    }
    sim_ws_end_drop(&server->end, true);
    server->end.mute = strcmp(path, "/mute") == 0;
    sim_ws_end_open(&server->end, server->clock, conn, SIM_SERVER, &options, &ws_end_ops, server);
    ws_opened(server, path);
}

static void ws_gone(void *ctx, struct sim_conn *conn, int why)
{
    (void)ctx;
    (void)conn;
    (void)why;
}

static const struct sim_end_ops ws_door = {.packet = ws_handshake, .closed = ws_gone};

int main(void)
{
    static struct rig rig;
    static const struct sim_board_options options = {.index = 0,
                                                     .flash_sectors = 4,
                                                     .ledger_sectors = 6,
                                                     .slots = {.sectors = 8, .security_version = 3},
                                                     .gpio_inputs = 1u << INPUT,
                                                     .gpio_outputs = 1u << OUTPUT};
    struct sim_firmware by_hand = {.post = roost_conformance_post, .ctx = &rig.suite};
    int failed;

    if (sim_init(&rig.sim, 7) < 0 ||
        sim_board_init(&rig.board, &rig.sim.clock, &rig.sim.net, &options) < 0 ||
        attach_world(&rig) < 0)
        return EXIT_FAILURE;
    serve(&rig.sim.web);
    rig.ws.clock = &rig.sim.clock;
    sim_net_listen(&rig.sim.net, SIM_WS_PORT, &ws_door, &rig.ws);
    sim_can_bus_init(&rig.wires, &rig.sim.clock, 0);
    sim_board_wire_can(&rig.board, 1, &rig.wires);
    sim_can_node_init(&rig.peer, &rig.wires);
    rig.suite = (struct roost_conformance){
        .name = "sim",
        .port = &rig.board.port,
        .ctx = &rig,
        .run_until = run_until,
        .restart = restart,
        .cut_after = cut_after,
        .rebooted = rebooted,
        .broker = {.options = {.host = "broker",
                               .port = SIM_BROKER_PORT,
                               .client_id = "unit",
                               .keepalive_s = 30,
                               .clean_session = true},
                   .closed_port = SIM_BROKER_PORT + 1,
                   .stop = broker_stop,
                   .start = broker_start,
                   .retained = retained},
        .ws = {.url = "ws://hub"},
        .http = {.url = "http://hub", .uploaded = uploaded},
        .firmware = {.make_image = make_image},
        .gpio = {.input = INPUT, .output = OUTPUT, .drive = drive, .look = look},
        .can = {.bus = 1,
                .peer = {.ops = &peer_ops, .ctx = &rig.peer},
                .bit_rate = CAN_BIT_RATE,
                .disturb = disturb},
    };
    sim_board_power_on(&rig.board, &by_hand);
    sim_run_until(&rig.sim.clock, 1);
    failed = roost_conformance_run(&rig.suite);
    sim_board_deinit(&rig.board);
    sim_ws_end_deinit(&rig.ws.end);
    sim_deinit(&rig.sim);
    return failed;
}
