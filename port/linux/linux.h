/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port/port.h on Linux: a board is the hardware of one device as a process sees it, a host is what
 * all boards of one process share (the libuv loop, libcurl's multi handle, the libwebsockets
 * context, the list of devices that are due). One board with a state directory makes a device
 * program; thousands of boards without one make a load generator. No threads but the watchdog's
 * (and libuv's own resolver pool).
 *
 *     roost_host_init(&host, uv_default_loop());
 *     roost_board_init(&board, &host, &options, why, sizeof why);  // options: parts, post, step
 *     product_init(&device, &board.port, &config);
 *     roost_board_start(&board);                                   // steps when due, after posts
 *     uv_run(host.loop, UV_RUN_DEFAULT);
 *
 * Sensors and actuators are parts that the program lists: the modelled ones of a product's world
 * (port/linux/time.h is the time they run by), or those that Linux has (port/linux/microphone.h).
 * Depends on libuv, libmosquitto, libwebsockets, libcurl, OpenSSL and world/time.h.
 */
#ifndef ROOST_PORT_LINUX_LINUX_H
#define ROOST_PORT_LINUX_LINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "port/linux/crypto.h"
#include "port/linux/disk.h"
#include "port/linux/flash.h"
#include "port/linux/http.h"
#include "port/linux/kv.h"
#include "port/linux/mqtt.h"
#include "port/linux/pki.h"
#include "port/linux/slots.h"
#include "port/linux/system.h"
#include "port/linux/time.h"
#include "port/linux/tls.h"
#include "port/linux/wifi.h"
#include "port/linux/ws.h"
#include "port/port.h"

struct roost_board;

/* What answers later: its events are delivered by the loop in this order. */
enum linux_later {
    LINUX_LATER_WIFI,
    LINUX_LATER_MQTT,
    LINUX_LATER_WS,
    LINUX_LATER_HTTP,
    LINUX_LATER_COUNT
};

struct roost_host {
    uv_loop_t *loop;
    uv_check_t check; /* runs the ready boards once a turn of the loop */
    uv_idle_t idle;   /* keeps the loop from sleeping while a board is ready */
    struct roost_board *ready_head, *ready_tail;
    struct linux_tls_cache tls;
    struct linux_http_host http;
    struct linux_ws_host ws;
    int closing;
};

/* The loop is the caller's and must outlive the host. Returns 0 or an error. */
int roost_host_init(struct roost_host *host, uv_loop_t *loop);

/* After all boards were closed; runs the loop until the host's own handles are gone. */
void roost_host_deinit(struct roost_host *host);

/* What a program hangs on a board. */
struct linux_part {
    const char *name; /* of the part, for what is said when it fails */
    /* Puts its operations into board->port. Returns 0, or an error with one sentence in `why`
     * (untouched: the error's own text). Handles it opens are counted in board->open_handles. */
    int (*init)(void *ctx, struct roost_board *board, char *why, size_t why_size);
    /* Lets go of it, closing handles with linux_board_closed_handle. NULL: nothing to do. */
    void (*deinit)(void *ctx, struct roost_board *board);
    void *ctx;
};

enum { LINUX_PARTS_MAX = 8, LINUX_LEDGER_SECTORS = 112 };

struct roost_board_options {
    const char *state_dir;    /* flash as files, made when missing; NULL: in memory, lost at exit */
    const char *key_file;     /* seals the kv; made when missing; NULL: state_dir + ".key" */
    uint32_t journal_sectors; /* of 4096 bytes; 0: 64 */
    uint32_t ledger_sectors;  /* of 4096 bytes; 0: no ledger, LINUX_LEDGER_SECTORS is a chip's */
    uint32_t slot_sectors;    /* of 4096 bytes, a firmware slot's size; 0: 4096 */
    size_t kv_memory_bytes;   /* without state_dir; 0: 16 KiB */
    uint32_t device_bytes;    /* what the device object holds, for the modelled heap */
    bool console;             /* console lines go to standard error */
    bool real_wifi;           /* signal and scans of this machine's, not modelled ones */
    uint64_t seed;            /* of what is modelled of the network */
    struct linux_part parts[LINUX_PARTS_MAX]; /* made in this order; init NULL: no more of them */

    /* main's: what a restart executes again, and what a slot's program is started with. NULL:
     * nothing is executed; firmware slots are played. */
    char **argv;
    uint32_t security_version; /* of this program as firmware */

    /* The device. step returns when it wants to be called again (monotonic ms). */
    roost_post_fn post;
    uint64_t (*step)(void *device); /* NULL: events are posted, nothing is stepped */
    void *device;

    /* Called for reboot instead of restarting the program; the device is not stepped after it.
     * NULL: with argv the program of the slot that is to run is executed, without it exits. */
    void (*rebooting)(void *device, enum roost_reset_reason reason);
};

struct roost_board {
    struct roost_port port;
    struct roost_host *host;
    struct roost_board_options options;
    struct linux_disk disk;
    struct linux_crypto crypto;
    struct linux_kv kv;
    struct linux_pki pki;
    struct linux_flash journal, ledger;
    struct linux_wifi wifi;
    struct linux_mqtt mqtt;
    struct linux_ws ws;
    struct linux_http http;
    struct linux_time time;
    struct linux_system system;
    struct linux_slots slots;
    uint64_t boot_ms;
    uv_timer_t step_timer;
    struct roost_board *ready_next;
    uint32_t deferred; /* bit set of enum linux_later */
    bool ready, started, halted;
    uint32_t posts_refused;
    int open_handles;  /* of this board on the loop, counted down while it closes */
    size_t part_count; /* of its parts that were made */
    void (*closed)(void *device);
};

/* `why` receives one sentence when it fails (state directory in use, no such microphone, ...).
 * Strings in options are borrowed for the board's life. */
int roost_board_init(struct roost_board *board, struct roost_host *host,
                     const struct roost_board_options *options, char *why, size_t why_size);

/* From now on the device is stepped, first in the next turn of the loop. */
void roost_board_start(struct roost_board *board);

/* Ends like a pulled plug, without a word to anyone: sockets close, files stay as they are.
 * `closed` (may be NULL) is called when the memory may be reused. */
void roost_board_close(struct roost_board *board, void (*closed)(void *device));

/* The same, running the loop until it is done. */
void roost_board_close_now(struct roost_board *board);

/* The device has something to do that no event of the port announced (a command by hand). */
void roost_board_wake(struct roost_board *board);

/* Pretends that the access point went away or came back. */
void roost_board_wifi(struct roost_board *board, bool up);

/* ---- between the files of this folder ---- */

/* Hands an event to the device. Only from the loop. Returns what the sink returned. */
int linux_board_post(struct roost_board *board, const struct roost_event *event);

/* Has the deliver function called by the loop. From anywhere on the loop's thread. */
void linux_board_defer(struct roost_board *board, enum linux_later later);

/* A line of the port itself on the console. */
void linux_board_say(struct roost_board *board, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Counts a handle of the board that was opened on the loop, and closes one. */
void linux_board_closed_handle(uv_handle_t *handle); /* a uv_close_cb; handle->data is the board */

uint64_t linux_board_now_ms(const struct roost_board *board);

#endif
