/* SPDX-License-Identifier: Apache-2.0 */
/* What a load has to tell, as one JSON object. */
#include "apps/roost-load/load.h"

#include <sys/resource.h>

#include "apps/roost-load/product.h"
#include "core/json_write.h"

static void put_ms(struct roost_json_writer *w, const char *key, const struct histogram *histogram)
{
    roost_json_put_object(w, key);
    roost_json_put_uint(w, "count", histogram->count);
    roost_json_put_milli(w, "p50", (int64_t)histogram_at(histogram, 500));
    roost_json_put_milli(w, "p95", (int64_t)histogram_at(histogram, 950));
    roost_json_put_milli(w, "p99", (int64_t)histogram_at(histogram, 990));
    roost_json_put_milli(w, "max", (int64_t)histogram->max_us);
    roost_json_end(w);
}

static uint64_t total(const struct load *load, const uint64_t values[LOAD_KINDS_MAX])
{
    uint64_t sum = 0;

    for (unsigned kind = 0; kind < load->product->kind_count; kind++)
        sum += values[kind];
    return sum;
}

static void put_kinds(struct roost_json_writer *w, const struct load *load, const char *key,
                      const uint64_t values[LOAD_KINDS_MAX])
{
    roost_json_put_object(w, key);
    roost_json_put_uint(w, "total", total(load, values));
    for (unsigned kind = 0; kind < load->product->kind_count; kind++)
        roost_json_put_uint(w, load->product->kinds[kind], values[kind]);
    roost_json_end(w);
}

static void put_devices(struct roost_json_writer *w, const struct load *load)
{
    uint64_t connects = 0, losses = 0, failures = 0, samples = 0, numbered = 0, waiting = 0;
    uint64_t dropped = 0, refused = 0;

    for (size_t i = 0; i < load->made; i++) {
        const struct load_device *device = load_device_at(load, i);
        const struct roost_link *link = &device->device->link;
        const struct roost_outbox *outbox = device->device->outbox;

        connects += link->connects;
        losses += link->losses;
        failures += link->failures;
        samples += device->measured;
        refused += device->board.posts_refused;
        /* A product without readings has none. */
        if (!outbox)
            continue;
        numbered += roost_outbox_last_seq(outbox);
        waiting += roost_outbox_waiting(outbox);
        dropped += outbox->journal.dropped;
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

uint64_t load_cpu_us(void)
{
    struct rusage usage = {0};

    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000u +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

int load_report(struct load *load, char *out, size_t size)
{
    struct roost_json_writer w;
    struct rusage usage = {0};
    uint64_t took_us = load->ended_us > load->counted_us ? load->ended_us - load->counted_us : 0;
    uint64_t acked = total(load, load->acked);

    getrusage(RUSAGE_SELF, &usage);
    roost_json_begin(&w, out, size);
    roost_json_object(&w);
    roost_json_put_milli(&w, "seconds", (int64_t)(took_us / 1000));
    put_devices(&w, load);
    put_kinds(&w, load, "published", load->published);
    put_kinds(&w, load, "acked", load->acked);
    roost_json_put_uint(&w, "unanswered", load->forgotten);
    roost_json_put_uint(&w, "publishes_refused", load->refused);
    /* In thousandths: 10^6 us a second, times 1000. */
    roost_json_put_milli(&w, "acked_per_s", took_us ? (int64_t)(acked * 1000000000u / took_us) : 0);
    put_ms(&w, "ack_ms", &load->ack_us);
    if (load->product->is_answer) {
        roost_json_put_uint(&w, load->product->answers, load->answers);
        put_ms(&w, load->product->answer_ms, &load->answer_us);
    }
    roost_json_put_milli(&w, "cpu_s", (int64_t)((load_cpu_us() - load->warm_cpu_us) / 1000));
    roost_json_put_uint(&w, "max_rss_kb", (uint64_t)usage.ru_maxrss);
    roost_json_end(&w);
    return roost_json_finish(&w);
}
