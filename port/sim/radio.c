/* SPDX-License-Identifier: Apache-2.0 */
/* Wi-Fi, the time server behind it, and the MQTT client of the port. */
#include "port/sim/board.h"

#include <string.h>

#include "core/err.h"

enum {
    SCAN_MS = 1500,
    ASSOCIATE_LOW_MS = 600,
    ASSOCIATE_HIGH_MS = 2500,
    NO_AP_MS = 3000,
    SYNC_LOW_MS = 300,
    SYNC_HIGH_MS = 3000,
    SYNC_RETRY_MS = 15000
};

static void post(struct sim_board *board, enum roost_event_type type, int status, uint64_t token)
{
    struct roost_event event = {.type = type, .status = status, .token = token};

    sim_board_post(board, &event);
}

/* ---- wall clock ---- */

static void time_sync(void *ctx, uint64_t number, void *data)
{
    struct sim_board *board = ctx;

    (void)number;
    (void)data;
    if (board->unix_known)
        return;
    if (board->wifi_up && !board->host.partitioned && !board->time_server_away) {
        board->unix_known = true;
        board->unix_offset_ms = (int32_t)sim_random_between(&board->noise, 0, 200) - 100;
        return;
    }
    sim_at_guarded(board->clock, board->clock->now_ms + SYNC_RETRY_MS, time_sync, board, 0, NULL,
                   &board->wifi_life);
}

/* ---- Wi-Fi ---- */

static void wifi_down(struct sim_board *board)
{
    board->wifi_up = false;
    board->wifi_life++;
    sim_host_set_powered(board->net, &board->host, false);
}

static void scan_done(void *ctx, uint64_t number, void *data)
{
    static const struct roost_wifi_network others[] = {
        {.ssid = "cafe", .rssi_dbm = -70, .encryption = 0},
        {.ssid = "neighbour", .rssi_dbm = -81, .encryption = 6},
    };
    struct sim_board *board = ctx;
    struct roost_wifi_network found[3] = {{.ssid = SIM_SSID, .encryption = 3}};
    size_t count = 0;
    struct roost_event event = {.type = ROOST_EV_WIFI_SCANNED, .data = found};

    (void)number;
    (void)data;
    board->scanning = false;
    found[0].rssi_dbm = board->rssi_dbm;
    if (board->wifi_available)
        count = 1;
    memcpy(&found[count], others, sizeof others);
    event.len = (count + 2) * sizeof found[0];
    sim_board_post(board, &event);
}

static int wifi_scan(void *ctx)
{
    struct sim_board *board = ctx;

    if (!sim_board_alive(board))
        return ROOST_ERR_IO;
    if (board->scanning)
        return ROOST_ERR_BUSY;
    board->scanning = true;
    sim_at_guarded(board->clock, board->clock->now_ms + SCAN_MS, scan_done, board, 0, NULL,
                   &board->life);
    return 0;
}

static void associate_done(void *ctx, uint64_t status, void *data)
{
    struct sim_board *board = ctx;

    (void)data;
    if (status != 0 || !board->wifi_available) {
        post(board, ROOST_EV_WIFI_DOWN, status != 0 ? ROOST_ERR_REFUSED : ROOST_ERR_NOT_FOUND, 0);
        return;
    }
    board->wifi_up = true;
    sim_host_set_powered(board->net, &board->host, true);
    sim_at_guarded(board->clock,
                   board->clock->now_ms +
                       sim_random_between(&board->noise, SYNC_LOW_MS, SYNC_HIGH_MS),
                   time_sync, board, 0, NULL, &board->wifi_life);
    post(board, ROOST_EV_WIFI_UP, 0, 0);
}

static int wifi_connect(void *ctx, const char *ssid, const char *psk)
{
    struct sim_board *board = ctx;
    bool known = !ssid || strcmp(ssid, SIM_SSID) == 0;
    uint64_t after = board->wifi_available
                         ? sim_random_between(&board->noise, ASSOCIATE_LOW_MS, ASSOCIATE_HIGH_MS)
                         : NO_AP_MS;

    if (!sim_board_alive(board))
        return ROOST_ERR_IO;
    if (ssid && (strlen(ssid) > ROOST_WIFI_SSID_MAX || (psk && strlen(psk) > ROOST_WIFI_PSK_MAX)))
        return ROOST_ERR_TOO_LONG;
    wifi_down(board); /* leaves the old network; a connect on its way is given up */
    sim_at_guarded(board->clock, board->clock->now_ms + after, associate_done, board, !known, NULL,
                   &board->wifi_life);
    return 0;
}

static void disconnect_done(void *ctx, uint64_t number, void *data)
{
    (void)number;
    (void)data;
    post(ctx, ROOST_EV_WIFI_DOWN, 0, 0);
}

static int wifi_disconnect(void *ctx)
{
    struct sim_board *board = ctx;
    bool was_up = board->wifi_up;

    if (!sim_board_alive(board))
        return ROOST_ERR_IO;
    wifi_down(board);
    if (was_up)
        sim_at_guarded(board->clock, board->clock->now_ms, disconnect_done, board, 0, NULL,
                       &board->wifi_life);
    return 0;
}

static int wifi_rssi_dbm(void *ctx)
{
    struct sim_board *board = ctx;

    return board->wifi_up ? board->rssi_dbm : 0;
}

static const struct roost_wifi_ops wifi_ops = {
    .scan = wifi_scan,
    .connect = wifi_connect,
    .disconnect = wifi_disconnect,
    .rssi_dbm = wifi_rssi_dbm,
};

void sim_board_set_wifi(struct sim_board *board, bool available)
{
    board->wifi_available = available;
    if (available || !board->wifi_up)
        return;
    wifi_down(board);
    post(board, ROOST_EV_WIFI_DOWN, ROOST_ERR_NOT_FOUND, 0);
}

/* ---- MQTT ---- */

static void mqtt_opened(void *ctx, bool session_present)
{
    (void)session_present;
    post(ctx, ROOST_EV_MQTT_OPENED, 0, 0);
}

static void mqtt_closed(void *ctx, int why)
{
    post(ctx, ROOST_EV_MQTT_CLOSED, why, 0);
}

static void mqtt_acked(void *ctx, uint64_t token)
{
    post(ctx, ROOST_EV_MQTT_ACKED, 0, token);
}

static void mqtt_message(void *ctx, const struct sim_message *message, uint64_t token, bool retain,
                         bool dup)
{
    struct roost_event event = {.type = ROOST_EV_MQTT_MESSAGE,
                                .topic = message->topic,
                                .data = message->bytes,
                                .len = message->len,
                                .retained = retain};

    (void)token;
    (void)dup;
    sim_board_post(ctx, &event);
}

static const struct sim_client_ops client_ops = {
    .opened = mqtt_opened, .closed = mqtt_closed, .acked = mqtt_acked, .message = mqtt_message};

static void open_failed(void *ctx, uint64_t number, void *data)
{
    struct sim_board *board = ctx;

    (void)data;
    board->open_failing = false;
    post(board, ROOST_EV_MQTT_CLOSED, number ? ROOST_ERR_REFUSED : ROOST_ERR_IO, 0);
}

static int mqtt_open(void *ctx, const struct roost_mqtt_options *options)
{
    struct sim_board *board = ctx;
    struct sim_client_options client = {
        .client_id = options->client_id,
        .will_topic = options->will_topic,
        .will_payload = options->will_payload,
        .keepalive_s = options->keepalive_s,
        .clean_session = options->clean_session,
    };
    bool refused = options->port != SIM_BROKER_PORT;

    if (!sim_board_alive(board))
        return ROOST_ERR_IO;
    if (board->open_failing)
        return ROOST_ERR_BUSY;
    if (board->wifi_up && !refused)
        return sim_client_open(&board->mqtt, &client);
    board->open_failing = true;
    sim_at_guarded(board->clock, board->clock->now_ms + 20, open_failed, board, refused, NULL,
                   &board->life);
    return 0;
}

static int mqtt_publish(void *ctx, const char *topic, const void *payload, size_t len, int qos,
                        bool retain)
{
    struct sim_board *board = ctx;

    if (!sim_board_alive(board))
        return ROOST_ERR_CLOSED;
    if (len > SIM_PUBLISH_MAX)
        return ROOST_ERR_TOO_LONG;
    return sim_client_publish(&board->mqtt, topic, payload, len, qos, retain);
}

static int mqtt_subscribe(void *ctx, const char *topic)
{
    struct sim_board *board = ctx;

    return sim_board_alive(board) ? sim_client_subscribe(&board->mqtt, topic) : ROOST_ERR_CLOSED;
}

static int mqtt_close(void *ctx)
{
    struct sim_board *board = ctx;

    return sim_board_alive(board) ? sim_client_close(&board->mqtt) : 0;
}

static const struct roost_mqtt_ops mqtt_ops = {
    .open = mqtt_open, .publish = mqtt_publish, .subscribe = mqtt_subscribe, .close = mqtt_close};

/* ---- lifecycle ---- */

void sim_radio_init(struct sim_board *board)
{
    sim_host_init(&board->host, board->clock->seed, board->options.index);
    board->host.powered = false;
    board->wifi_available = true;
    board->rssi_dbm = (int8_t)(-40 - (int)sim_random_below(&board->noise, 35));
    sim_client_init(&board->mqtt, board->net, &board->host, &client_ops, board);
    board->mqtt.outgoing_max = SIM_DEVICE_OUTGOING_MAX;
    board->port.wifi = (struct roost_wifi){.ops = &wifi_ops, .ctx = board};
    board->port.mqtt = (struct roost_mqtt){.ops = &mqtt_ops, .ctx = board};
}

/* The chip says good-bye to nobody, neither on a reset nor without power. */
void sim_radio_off(struct sim_board *board)
{
    sim_client_die(&board->mqtt, true);
    wifi_down(board);
    board->scanning = board->open_failing = false;
}
