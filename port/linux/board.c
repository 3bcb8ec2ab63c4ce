/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <mosquitto.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/assert.h"
#include "core/err.h"
#include "port/linux/clock.h"
#include "port/linux/key_file.h"
#include "port/linux/linux.h"

enum { JOURNAL_SECTORS = 64, KV_MEMORY_BYTES = 16 * 1024 };

static void (*const deliver[LINUX_LATER_COUNT])(struct roost_board *) = {
    [LINUX_LATER_WIFI] = linux_wifi_deliver,
    [LINUX_LATER_MQTT] = linux_mqtt_deliver,
    [LINUX_LATER_WS] = linux_ws_deliver,
    [LINUX_LATER_HTTP] = linux_http_deliver,
};

/* ---- what is ready ---- */

static void on_idle(uv_idle_t *idle)
{
    (void)idle; /* being active is its work: the loop does not sleep */
}

static void make_ready(struct roost_board *board)
{
    struct roost_host *host = board->host;

    if (board->ready || board->halted)
        return;
    board->ready = true;
    board->ready_next = NULL;
    if (host->ready_tail)
        host->ready_tail->ready_next = board;
    else
        host->ready_head = board;
    host->ready_tail = board;
    uv_idle_start(&host->idle, on_idle);
}

static void on_step_timer(uv_timer_t *timer)
{
    make_ready(timer->data);
}

static void step(struct roost_board *board)
{
    uint64_t due_ms = board->options.step(board->options.device);

    if (board->halted)
        return;
    uint64_t now_ms = linux_board_now_ms(board);
    uv_update_time(board->host->loop);
    if (due_ms <= now_ms)
        make_ready(board);
    else if (due_ms == UINT64_MAX)
        uv_timer_stop(&board->step_timer);
    else
        uv_timer_start(&board->step_timer, on_step_timer, due_ms - now_ms, 0);
}

/* Delivers what operations left to report, then steps the device once for all of it. */
static void run(struct roost_board *board)
{
    uint32_t deferred = board->deferred;

    board->deferred = 0;
    for (int later = 0; later < LINUX_LATER_COUNT; later++)
        if (deferred & 1u << later)
            deliver[later](board);
    board->ready = false;
    if (board->deferred)
        make_ready(board);
    if (board->started && !board->halted)
        step(board);
}

static void on_check(uv_check_t *check)
{
    struct roost_host *host = check->data;
    const struct roost_board *last = host->ready_tail;

    /* Only those that are ready now: one that keeps itself busy must not starve the sockets. */
    for (struct roost_board *board = host->ready_head; board; board = host->ready_head) {
        bool was_last = board == last;
        host->ready_head = board->ready_next;
        if (!host->ready_head)
            host->ready_tail = NULL;
        run(board);
        if (was_last)
            break;
    }
    if (!host->ready_head)
        uv_idle_stop(&host->idle);
}

static void forget_ready(struct roost_board *board)
{
    struct roost_host *host = board->host;
    struct roost_board *before = NULL;

    for (struct roost_board *at = host->ready_head; at; before = at, at = at->ready_next) {
        if (at != board)
            continue;
        if (before)
            before->ready_next = at->ready_next;
        else
            host->ready_head = at->ready_next;
        if (host->ready_tail == board)
            host->ready_tail = before;
        break;
    }
    board->ready = false;
}

int linux_board_post(struct roost_board *board, const struct roost_event *event)
{
    if (board->halted)
        return ROOST_ERR_STATE;
    int err = board->options.post(board->options.device, event);
    if (err)
        board->posts_refused++;
    if (board->started)
        make_ready(board);
    return err;
}

void linux_board_defer(struct roost_board *board, enum linux_later later)
{
    board->deferred |= 1u << later;
    make_ready(board);
}

/* ---- host ---- */

int roost_host_init(struct roost_host *host, uv_loop_t *loop)
{
    *host = (struct roost_host){.loop = loop};
    signal(SIGPIPE, SIG_IGN); /* a closed socket is an error to return, not the end */
    if (mosquitto_lib_init() != MOSQ_ERR_SUCCESS)
        return ROOST_ERR_NO_MEMORY;
    uv_check_init(loop, &host->check);
    uv_idle_init(loop, &host->idle);
    host->check.data = host;
    uv_check_start(&host->check, on_check);
    /* The loop ends when nothing but this is left. */
    uv_unref((uv_handle_t *)&host->check);
    return linux_http_host_init(host);
}

static void on_host_handle_closed(uv_handle_t *handle)
{
    (void)handle;
}

void roost_host_deinit(struct roost_host *host)
{
    linux_http_host_deinit(host);
    linux_ws_host_deinit(host);
    linux_tls_clear(&host->tls);
    uv_close((uv_handle_t *)&host->check, on_host_handle_closed);
    uv_close((uv_handle_t *)&host->idle, on_host_handle_closed);
    uv_close((uv_handle_t *)&host->http.timer, on_host_handle_closed);
    uv_run(host->loop, UV_RUN_DEFAULT);
    linux_ws_host_free(host);
    mosquitto_lib_cleanup();
}

/* ---- board ---- */

static int init_kv(struct roost_board *board, const char *dir, size_t memory_bytes, char *why,
                   size_t why_size)
{
    const struct roost_board_options *options = &board->options;
    uint8_t key[LINUX_KEY_BYTES] = {0};
    unsigned values, corrupt;

    if (dir) {
        int err = linux_key_file(options->key_file, options->state_dir, !linux_kv_sealed(dir),
                                 &board->disk, key, why, why_size);
        if (err)
            return err;
    }
    const struct linux_kv_options kv = {
        .dir = dir, .memory_bytes = memory_bytes, .secret = key, .crypto = &board->port.crypto};
    int err = linux_kv_init(&board->kv, &board->disk, &kv, &board->port.kv);
    OPENSSL_cleanse(key, sizeof key);
    if (err) {
        snprintf(why, why_size, "%s: %s", dir ? dir : "memory", roost_err_text(err));
        return err;
    }
    if (!dir)
        return 0;
    linux_kv_count(&board->kv, &values, &corrupt);
    if (corrupt)
        linux_board_say(board, "%s: %u of %u values do not open: damaged, or another key file's",
                        dir, corrupt, values);
    return 0;
}

static int init_region(struct roost_board *board, struct linux_flash *flash, const char *name,
                       uint32_t sectors, struct roost_flash *out, char *why, size_t why_size)
{
    const char *dir = board->options.state_dir;
    char path[LINUX_PATH_MAX] = "memory";

    if (dir) /* it fits: the state directory's length was looked at */
        snprintf(path, sizeof path, "%s/%s", dir, name);
    int err = linux_flash_init(flash, &board->disk, dir, dir ? path : NULL, sectors, out);
    if (err == ROOST_ERR_INVALID)
        snprintf(why, why_size, "%s: not a %s of %u sectors", path, name, sectors);
    else if (err)
        snprintf(why, why_size, "%s: %s", path, roost_err_text(err));
    return err;
}

static int init_state(struct roost_board *board, char *why, size_t why_size)
{
    const struct roost_board_options *options = &board->options;
    const char *dir = options->state_dir;
    char kv_dir[LINUX_PATH_MAX];

    if (dir && mkdir(dir, 0700) && errno != EEXIST) {
        snprintf(why, why_size, "state directory %s: %s", dir, strerror(errno));
        return linux_disk_error(errno);
    }
    int err = linux_system_init(board);
    if (err) {
        snprintf(why, why_size, "state directory %s: %s", dir,
                 err == ROOST_ERR_BUSY ? "another process uses it" : roost_err_text(err));
        return err;
    }
    /* Before anything of this boot is looked at: it may be another program's. */
    if (dir && (err = linux_slots_init(board, why, why_size)))
        return err;
    linux_system_boot(board);
    if (dir && snprintf(kv_dir, sizeof kv_dir, "%s/kv", dir) >= LINUX_PATH_MAX - 16) {
        snprintf(why, why_size, "state directory: path longer than %d bytes", LINUX_PATH_MAX - 16);
        return ROOST_ERR_TOO_LONG;
    }
    size_t kv_bytes = options->kv_memory_bytes ? options->kv_memory_bytes : KV_MEMORY_BYTES;
    err = init_kv(board, dir ? kv_dir : NULL, kv_bytes, why, why_size);
    if (err)
        return err;
    err = init_region(board, &board->journal, "journal",
                      options->journal_sectors ? options->journal_sectors : JOURNAL_SECTORS,
                      &board->port.journal, why, why_size);
    if (!err && options->ledger_sectors)
        err = init_region(board, &board->ledger, "ledger", options->ledger_sectors,
                          &board->port.ledger, why, why_size);
    return err;
}

static int init_parts(struct roost_board *board, char *why, size_t why_size)
{
    const struct linux_part *parts = board->options.parts;

    for (size_t i = 0; i < LINUX_PARTS_MAX && parts[i].init; i++) {
        why[0] = '\0';
        int err = parts[i].init(parts[i].ctx, board, why, why_size);
        if (err && !why[0])
            snprintf(why, why_size, "%s: %s", parts[i].name, roost_err_text(err));
        if (err)
            return err;
        board->part_count++;
    }
    return 0;
}

static void deinit_parts(struct roost_board *board)
{
    const struct linux_part *parts = board->options.parts;

    while (board->part_count > 0) {
        const struct linux_part *part = &parts[--board->part_count];
        if (part->deinit)
            part->deinit(part->ctx, board);
    }
}

int roost_board_init(struct roost_board *board, struct roost_host *host,
                     const struct roost_board_options *options, char *why, size_t why_size)
{
    ROOST_ASSERT(options->post);
    memset(board, 0, sizeof *board);
    board->host = host;
    board->options = *options;
    board->journal.fd = -1;
    board->ledger.fd = -1;
    board->slots.fd = -1;
    board->system.lock_fd = -1;
    linux_clock_init(board);
    int err = linux_crypto_init(&board->crypto, &board->port.crypto);
    if (err)
        snprintf(why, why_size, "crypto: %s", roost_err_text(err));
    else
        err = init_state(board, why, why_size);
    if (err) {
        linux_flash_deinit(&board->journal);
        linux_flash_deinit(&board->ledger);
        linux_kv_deinit(&board->kv);
        linux_slots_deinit(&board->slots);
        linux_system_deinit(board);
        linux_crypto_deinit(&board->crypto);
        return err;
    }
    linux_pki_init(&board->pki, &board->port.kv, &board->port.pki);
    uv_timer_init(host->loop, &board->step_timer);
    board->step_timer.data = board;
    board->open_handles++;
    linux_wifi_init(board);
    linux_mqtt_init(board);
    linux_ws_init(board);
    linux_http_init(board);
    linux_time_init(board);
    err = init_parts(board, why, why_size);
    if (err)
        roost_board_close_now(board);
    return err;
}

void roost_board_start(struct roost_board *board)
{
    ROOST_ASSERT(board->options.step);
    board->started = true;
    make_ready(board);
}

void roost_board_wake(struct roost_board *board)
{
    make_ready(board);
}

void linux_board_closed_handle(uv_handle_t *handle)
{
    struct roost_board *board = handle->data;

    if (--board->open_handles == 0 && board->closed)
        board->closed(board->options.device);
}

static void nobody_asked(void *device)
{
    (void)device;
}

void roost_board_close(struct roost_board *board, void (*closed)(void *device))
{
    board->halted = true;
    board->closed = closed ? closed : nobody_asked;
    linux_http_deinit(board);
    linux_ws_deinit(board);
    linux_mqtt_deinit(board);
    deinit_parts(board);
    linux_time_deinit(board);
    linux_flash_deinit(&board->journal);
    linux_flash_deinit(&board->ledger);
    linux_kv_deinit(&board->kv);
    linux_slots_deinit(&board->slots);
    linux_system_deinit(board);
    linux_crypto_deinit(&board->crypto);
    uv_close((uv_handle_t *)&board->step_timer, linux_board_closed_handle);
    forget_ready(board);
}

void roost_board_close_now(struct roost_board *board)
{
    roost_board_close(board, NULL);
    while (board->open_handles > 0)
        uv_run(board->host->loop, UV_RUN_ONCE);
}
