/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/roost-load/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "apps/roost-load/device.h"
#include "core/err.h"
#include "core/json_write.h"

enum { SPARE_FILES = 64, START_TICK_MS = 5, STOP_MS = 10000 };

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
    uv_timer_start(&load->end_timer, on_stop_limit, STOP_MS, 0);
    for (size_t i = 0; i < load->made; i++) {
        roost_window_stop(&load->devices[i].window);
        roost_board_wake(&load->devices[i].board);
    }
    if (load->made == 0)
        uv_stop(load->host.loop);
}

void load_device_complete(struct load *load)
{
    load->complete++;
    if (load->complete == load->settings.devices)
        end(load);
}

void load_device_stopped(struct load *load)
{
    load->stopped++;
    if (load->ending && load->stopped == load->made)
        uv_stop(load->host.loop);
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
    uint64_t due = load->settings.devices;

    if (passed_ms < load->settings.ramp_ms)
        due = due * passed_ms / load->settings.ramp_ms + 1;
    while (load->made < due && load->made < load->settings.devices) {
        load->err = load_device_init(&load->devices[load->made], load, load->made, load->why,
                                     sizeof load->why);
        if (load->err) {
            end(load);
            return;
        }
        roost_board_start(&load->devices[load->made++].board);
    }
    if (load->made == load->settings.devices)
        uv_timer_stop(timer);
}

int load_run(struct load *load)
{
    load->begun_us = uv_hrtime() / 1000u;
    uv_update_time(load->host.loop);
    uv_timer_start(&load->start_timer, on_start, 0, START_TICK_MS);
    uv_timer_start(&load->end_timer, on_end, load->settings.seconds * 1000, 0);
    uv_run(load->host.loop, UV_RUN_DEFAULT);
    if (!load->ended_us)
        load->ended_us = uv_hrtime() / 1000u;
    if (!load->err && load->settings.readings && load->complete < load->settings.devices) {
        snprintf(load->why, sizeof load->why,
                 "%zu of %llu windows had all readings acknowledged in time", load->complete,
                 (unsigned long long)load->settings.devices);
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

static int read_settings(struct load *load, char *why, size_t why_size)
{
    struct load_settings *settings = &load->settings;
    int err = broker_address_parse(&load->broker, settings->broker_url, why, why_size);

    if (!err && settings->password_file && !settings->user) {
        snprintf(why, why_size, "--password-file %s: needs --user too", settings->password_file);
        err = ROOST_ERR_INVALID;
    }
    if (!err && settings->password_file)
        err = broker_password_read(load->password, sizeof load->password, settings->password_file,
                                   why, why_size);
    return err ? err : allow_files(settings, why, why_size);
}

int load_init(struct load *load, const struct load_settings *settings, char *why, size_t why_size)
{
    *load = (struct load){.settings = *settings};
    int err = read_settings(load, why, why_size);
    if (err)
        return err;
    load->devices = calloc(settings->devices, sizeof *load->devices);
    if (settings->audio)
        load->audio = malloc(settings->devices * ROOST_WINDOW_AUDIO_BYTES(LOAD_AUDIO_RATE_HZ));
    if (!load->devices || (settings->audio && !load->audio)) {
        snprintf(why, why_size, "--devices %llu: not enough memory",
                 (unsigned long long)settings->devices);
        free(load->devices);
        free(load->audio);
        return ROOST_ERR_NO_MEMORY;
    }
    err = roost_host_init(&load->host, uv_default_loop());
    if (err) {
        snprintf(why, why_size, "the libraries cannot start: %s", roost_err_text(err));
        free(load->devices);
        free(load->audio);
        return err;
    }
    uv_timer_init(load->host.loop, &load->start_timer);
    uv_timer_init(load->host.loop, &load->end_timer);
    load->start_timer.data = load->end_timer.data = load;
    return 0;
}

void load_deinit(struct load *load)
{
    for (size_t i = 0; i < load->made; i++)
        roost_board_close(&load->devices[i].board, NULL);
    uv_close((uv_handle_t *)&load->start_timer, NULL);
    uv_close((uv_handle_t *)&load->end_timer, NULL);
    roost_host_deinit(&load->host); /* runs the loop until all of the above is closed */
    free(load->devices);
    free(load->audio);
}

/* ---- the report ---- */

static void put_ms(struct roost_json_writer *w, const char *key, const struct histogram *histogram)
{
    roost_json_put_object(w, key);
    roost_json_put_uint(w, "count", histogram->count);
    roost_json_put_milli(w, "p50", (int64_t)histogram_at(histogram, 500));
    roost_json_put_milli(w, "p99", (int64_t)histogram_at(histogram, 990));
    roost_json_put_milli(w, "max", (int64_t)histogram->max_us);
    roost_json_end(w);
}

static void put_kinds(struct roost_json_writer *w, const char *key,
                      const uint64_t values[LOAD_KIND_COUNT])
{
    roost_json_put_object(w, key);
    roost_json_put_uint(w, "total", values[LOAD_READING] + values[LOAD_AUDIO] + values[LOAD_OTHER]);
    roost_json_put_uint(w, "readings", values[LOAD_READING]);
    roost_json_put_uint(w, "audio", values[LOAD_AUDIO]);
    roost_json_put_uint(w, "other", values[LOAD_OTHER]);
    roost_json_end(w);
}

static void put_devices(struct roost_json_writer *w, const struct load *load)
{
    uint64_t connects = 0, losses = 0, failures = 0, samples = 0, numbered = 0, waiting = 0;
    uint64_t dropped = 0, refused = 0;

    for (size_t i = 0; i < load->made; i++) {
        const struct load_device *device = &load->devices[i];
        connects += device->window.device.link.connects;
        losses += device->window.device.link.losses;
        failures += device->window.device.link.failures;
        samples += device->measured;
        numbered += roost_outbox_last_seq(&device->window.outbox);
        waiting += roost_outbox_waiting(&device->window.outbox);
        dropped += device->window.outbox.journal.dropped;
        refused += device->board.posts_refused;
    }
    roost_json_put_uint(w, "devices", load->made);
    roost_json_put_uint(w, "complete", load->complete);
    roost_json_put_uint(w, "connects", connects);
    roost_json_put_uint(w, "losses", losses);
    roost_json_put_uint(w, "failures", failures);
    roost_json_put_uint(w, "samples", samples);
    roost_json_put_uint(w, "readings", numbered);
    roost_json_put_uint(w, "readings_waiting", waiting);
    roost_json_put_uint(w, "readings_dropped", dropped);
    roost_json_put_uint(w, "events_refused", refused);
}

static uint64_t cpu_us(const struct rusage *usage)
{
    return (uint64_t)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000u +
           (uint64_t)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
}

int load_report(struct load *load, char *out, size_t size)
{
    struct roost_json_writer w;
    struct rusage usage = {0};
    uint64_t took_us = load->ended_us - load->begun_us;
    uint64_t acked = load->acked[LOAD_READING] + load->acked[LOAD_AUDIO] + load->acked[LOAD_OTHER];

    getrusage(RUSAGE_SELF, &usage);
    roost_json_begin(&w, out, size);
    roost_json_object(&w);
    roost_json_put_milli(&w, "seconds", (int64_t)(took_us / 1000));
    put_devices(&w, load);
    put_kinds(&w, "published", load->published);
    put_kinds(&w, "acked", load->acked);
    roost_json_put_uint(&w, "unanswered", load->forgotten);
    roost_json_put_uint(&w, "publishes_refused", load->refused);
    roost_json_put_milli(&w, "acked_per_s", took_us ? (int64_t)(acked * 1000000000u / took_us) : 0);
    put_ms(&w, "ack_ms", &load->ack_us);
    roost_json_put_uint(&w, "controls", load->controls);
    put_ms(&w, "sensor_to_control_ms", &load->control_us);
    roost_json_put_milli(&w, "cpu_s", (int64_t)(cpu_us(&usage) / 1000));
    roost_json_put_uint(&w, "max_rss_kb", (uint64_t)usage.ru_maxrss);
    roost_json_end(&w);
    return roost_json_finish(&w);
}
