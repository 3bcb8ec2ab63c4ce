/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wi-Fi of a board. Linux manages its own network, so the modelled board is in one modelled access
 * point's range: connect answers UP unless the access point was taken away (roost_board_wifi), a
 * scan finds it and a neighbour's. With real hardware the signal is the one /proc/net/wireless
 * reports, 0 without a wireless interface, and a scan answers ROOST_ERR_UNSUPPORTED.
 */
#ifndef ROOST_PORT_LINUX_WIFI_H
#define ROOST_PORT_LINUX_WIFI_H

#include <stdbool.h>

#include "port/port.h"

struct roost_board;

struct linux_wifi {
    bool gone;      /* the access point was taken away */
    bool wanted;    /* connect was called, disconnect was not */
    bool announced; /* the device was told UP */
    bool scanning;
    bool answer_due; /* connect owes an event */
};

void linux_wifi_init(struct roost_board *board);
void linux_wifi_deliver(struct roost_board *board);

#endif
