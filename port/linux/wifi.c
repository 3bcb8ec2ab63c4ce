/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/wifi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "port/linux/linux.h"

static int wifi_scan(void *ctx)
{
    struct roost_board *board = ctx;

    if (board->wifi.scanning)
        return ROOST_ERR_BUSY;
    board->wifi.scanning = true;
    linux_board_defer(board, LINUX_LATER_WIFI);
    return 0;
}

static int wifi_connect(void *ctx, const char *ssid, const char *psk)
{
    struct roost_board *board = ctx;

    (void)ssid;
    (void)psk;
    board->wifi.wanted = true;
    board->wifi.answer_due = true;
    linux_board_defer(board, LINUX_LATER_WIFI);
    return 0;
}

static int wifi_disconnect(void *ctx)
{
    struct roost_board *board = ctx;

    board->wifi.wanted = false;
    linux_mqtt_drop(board);
    linux_ws_drop(board);
    linux_board_defer(board, LINUX_LATER_WIFI);
    return 0;
}

/* A line of /proc/net/wireless: "wlan0: 0000   54.  -56.  -256 ..." (status, link, level). */
static bool level_of(const char *line, double *level)
{
    const char *at = strchr(line, ':');
    char *end;

    if (!at)
        return false;
    (void)strtoul(at + 1, &end, 16);
    at = end;
    (void)strtod(at, &end);
    if (end == at)
        return false;
    at = end;
    *level = strtod(at, &end);
    return end != at;
}

/* Of the first interface. */
static int real_rssi_dbm(void)
{
    FILE *file = fopen("/proc/net/wireless", "re");
    char line[256];
    double level = 0;

    if (!file)
        return 0;
    while (fgets(line, sizeof line, file))
        if (level_of(line, &level))
            break;
    fclose(file);
    return (int)level;
}

static int wifi_rssi_dbm(void *ctx)
{
    struct roost_board *board = ctx;

    if (!board->wifi.announced)
        return 0;
    if (board->options.real_wifi)
        return real_rssi_dbm();
    /* Between -48 and -63 dBm by the board's place, a little by the second. */
    int place = (int)(board->options.seed % 12);
    return -48 - place - (int)(linux_board_now_ms(board) / 7000 % 4);
}

static const struct roost_wifi_ops wifi_ops = {.scan = wifi_scan,
                                               .connect = wifi_connect,
                                               .disconnect = wifi_disconnect,
                                               .rssi_dbm = wifi_rssi_dbm};

void linux_wifi_init(struct roost_board *board)
{
    board->wifi = (struct linux_wifi){0};
    board->port.wifi = (struct roost_wifi){&wifi_ops, board};
}

static void deliver_scan(struct roost_board *board)
{
    struct roost_wifi_network found[2] = {
        {.ssid = "roost-home", .rssi_dbm = -55, .encryption = 3},
        {.ssid = "neighbour", .rssi_dbm = -78, .encryption = 4},
    };
    struct roost_event event = {.type = ROOST_EV_WIFI_SCANNED, .data = found};

    board->wifi.scanning = false;
    if (board->options.real_wifi)
        event.status = ROOST_ERR_UNSUPPORTED;
    else if (board->wifi.gone)
        event = (struct roost_event){
            .type = ROOST_EV_WIFI_SCANNED, .data = &found[1], .len = sizeof found[1]};
    else
        event.len = sizeof found;
    (void)linux_board_post(board, &event);
}

void linux_wifi_deliver(struct roost_board *board)
{
    struct linux_wifi *wifi = &board->wifi;
    bool up = wifi->wanted && !wifi->gone;

    if (wifi->scanning)
        deliver_scan(board);
    if (up == wifi->announced && !wifi->answer_due)
        return;
    wifi->announced = up;
    wifi->answer_due = false;
    const struct roost_event event = {.type = up ? ROOST_EV_WIFI_UP : ROOST_EV_WIFI_DOWN};
    (void)linux_board_post(board, &event);
}

void roost_board_wifi(struct roost_board *board, bool up)
{
    board->wifi.gone = !up;
    if (!up) {
        linux_mqtt_drop(board);
        linux_ws_drop(board);
        linux_http_drop(board);
    }
    linux_board_defer(board, LINUX_LATER_WIFI);
}
