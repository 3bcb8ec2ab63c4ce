/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/roost-load/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "apps/roost-load/device.h"
#include "apps/roost-load/product.h"
#include "core/err.h"

enum { SPARE_FILES = 64, START_TICK_MS = 5, STOP_MS = 10000 };

struct load_device *load_device_at(const struct load *load, size_t index)
{
    return (struct load_device *)((char *)load->devices + index * load->stride);
}

/* ---- the course of a run ---- */

static void on_stop_limit(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

/* Every device publishes that it goes offline and closes. */
static void end(struct load *load)
{
    if (load->ending)
        return;
    load->ending = true;
    load->ended_us = uv_hrtime() / 1000u;
    uv_timer_stop(&load->start_timer);
    uv_timer_stop(&load->warm_timer);
    uv_timer_start(&load->end_timer, on_stop_limit, STOP_MS, 0);
    for (size_t i = 0; i < load->made; i++) {
        struct load_device *device = load_device_at(load, i);

        roost_device_stop(device->device);
        roost_board_wake(&device->board);
    }
    if (load->made == 0)
        uv_stop(load->host.loop);
}

void load_device_complete(struct load *load)
{
    load->complete++;
    if (load->complete == load->settings->devices)
        end(load);
}

void load_device_stopped(struct load *load)
{
    load->stopped++;
    if (load->ending && load->stopped == load->made)
        uv_stop(load->host.loop);
}

/* What comes now is what is to be measured; what is under way is answered in it. */
static void on_warm(uv_timer_t *timer)
{
    struct load *load = timer->data;

    if (load->ending)
        return;
    memset(load->published, 0, sizeof load->published);
    memset(load->acked, 0, sizeof load->acked);
    load->forgotten = load->refused = load->answers = 0;
    load->ack_us = load->answer_us = (struct histogram){0};
    load->counted_us = uv_hrtime() / 1000u;
    load->warm_cpu_us = load_cpu_us();
}

static void on_end(uv_timer_t *timer)
{
    end(timer->data);
}

/* Switches on as many as the ramp says by now, so that they neither connect nor sample in one
 * instant. */
static void on_start(uv_timer_t *timer)
{
    struct load *load = timer->data;
    uint64_t passed_ms = (uv_hrtime() / 1000u - load->begun_us) / 1000u;
    uint64_t due = load->settings->devices;

    if (passed_ms < load->settings->ramp_ms)
        due = due * passed_ms / load->settings->ramp_ms + 1;
    while (load->made < due && load->made < load->settings->devices) {
        struct load_device *device = load_device_at(load, load->made);

        load->err = load_device_init(device, load, load->made, load->why, sizeof load->why);
        if (load->err) {
            end(load);
            return;
        }
        load->made++;
        roost_board_start(&device->board);
    }
    if (load->made == load->settings->devices)
        uv_timer_stop(timer);
}

int load_run(struct load *load)
{
    load->begun_us = load->counted_us = uv_hrtime() / 1000u;
    uv_update_time(load->host.loop);
    uv_timer_start(&load->start_timer, on_start, 0, START_TICK_MS);
    if (load->settings->warm_up)
        uv_timer_start(&load->warm_timer, on_warm, load->settings->warm_up * 1000, 0);
    uv_timer_start(&load->end_timer, on_end, load->settings->seconds * 1000, 0);
    uv_run(load->host.loop, UV_RUN_DEFAULT);
    if (!load->ended_us)
        load->ended_us = uv_hrtime() / 1000u;
    if (!load->err && load->settings->readings && load->complete < load->settings->devices) {
        snprintf(load->why, sizeof load->why,
                 "%zu of %llu %s had all readings acknowledged in time", load->complete,
                 (unsigned long long)load->settings->devices, load->product->plural);
        load->err = ROOST_ERR_TIMEOUT;
    }
    return load->err;
}

/* ---- making and unmaking ---- */

static int allow_files(const struct load_settings *settings, char *why, size_t why_size)
{
    struct rlimit limit;
    rlim_t wanted = settings->devices * LOAD_FILES_A_DEVICE + SPARE_FILES;

    if (getrlimit(RLIMIT_NOFILE, &limit))
        return ROOST_ERR_INTERNAL;
    if (limit.rlim_cur >= wanted)
        return 0;
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < wanted) {
        snprintf(why, why_size,
                 "--devices %llu: needs %llu open files, the limit is %llu (ulimit -Hn)",
                 (unsigned long long)settings->devices, (unsigned long long)wanted,
                 (unsigned long long)limit.rlim_max);
        return ROOST_ERR_NO_SPACE;
    }
    limit.rlim_cur = wanted;
    return setrlimit(RLIMIT_NOFILE, &limit) ? ROOST_ERR_INTERNAL : 0;
}

/* Zeroed by the system as it is touched: memory that a device does not use costs nothing. */
static int make_room(struct load *load, char *why, size_t why_size)
{
    const size_t unit = _Alignof(max_align_t);

    load->stride = (load->product->size(load->settings) + unit - 1) / unit * unit;
    load->devices = calloc(load->settings->devices, load->stride);
    if (load->devices)
        return 0;
    snprintf(why, why_size, "--devices %llu: not enough memory",
             (unsigned long long)load->settings->devices);
    return ROOST_ERR_NO_MEMORY;
}

int load_init(struct load *load, struct load_settings *settings, char *why, size_t why_size)
{
    *load = (struct load){.settings = settings, .product = settings->product};
    int err = load->product->no_broker ? 0 : device_login_check(&settings->login, why, why_size);
    if (!err)
        err = allow_files(settings, why, why_size);
    if (!err)
        err = make_room(load, why, why_size);
    if (err)
        return err;
    err = roost_host_init(&load->host, uv_default_loop());
    if (err) {
        snprintf(why, why_size, "the libraries cannot start: %s", roost_err_text(err));
        free(load->devices);
        return err;
    }
    uv_timer_init(load->host.loop, &load->start_timer);
    uv_timer_init(load->host.loop, &load->warm_timer);
    uv_timer_init(load->host.loop, &load->end_timer);
    load->start_timer.data = load->warm_timer.data = load->end_timer.data = load;
    return 0;
}

void load_deinit(struct load *load)
{
    for (size_t i = 0; i < load->made; i++)
        roost_board_close(&load_device_at(load, i)->board, NULL);
    uv_close((uv_handle_t *)&load->start_timer, NULL);
    uv_close((uv_handle_t *)&load->warm_timer, NULL);
    uv_close((uv_handle_t *)&load->end_timer, NULL);
    roost_host_deinit(&load->host); /* runs the loop until all of the above is closed */
    free(load->devices);
}
