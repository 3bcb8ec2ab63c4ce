/* SPDX-License-Identifier: Apache-2.0 */
#include "host/metrics.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

static const char *const kind_names[] = {
    [METRIC_COUNTER] = "counter",
    [METRIC_GAUGE] = "gauge",
    [METRIC_HISTOGRAM] = "histogram",
};

struct family;

/* One time series. The buckets count only their own range; exposition adds them up. */
struct metric {
    struct metric *next;
    const struct family *family;
    char *labels; /* "" for none */
    double value; /* counter, gauge; histogram: the sum */
    uint64_t count;
    uint64_t *buckets; /* bound_count + 1, the last one is +Inf */
};

struct family {
    struct family *next;
    const char *name, *help;
    enum metric_kind kind;
    const double *bounds;
    size_t bound_count;
    struct metric *first, **last;
};

struct collector {
    struct collector *next;
    void (*fn)(void *ctx);
    void *ctx;
};

struct metrics {
    struct family *first, **last;
    struct collector *collectors;
};

/* Registered once and small: whoever counts needs no case for a metric that could not be made. */
static void *must_alloc(size_t size)
{
    void *memory = calloc(1, size);

    if (!memory) {
        fputs("out of memory while registering a metric\n", stderr);
        abort();
    }
    return memory;
}

struct metrics *metrics_new(void)
{
    struct metrics *m = must_alloc(sizeof *m);

    m->last = &m->first;
    return m;
}

void metrics_free(struct metrics *m)
{
    if (!m)
        return;
    while (m->first) {
        struct family *family = m->first;
        m->first = family->next;
        while (family->first) {
            struct metric *metric = family->first;
            family->first = metric->next;
            free(metric->buckets);
            free(metric->labels);
            free(metric);
        }
        free(family);
    }
    while (m->collectors) {
        struct collector *collector = m->collectors;
        m->collectors = collector->next;
        free(collector);
    }
    free(m);
}

static bool is_name_char(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
           (!first && c >= '0' && c <= '9');
}

static bool name_is_valid(const char *name)
{
    for (const char *c = name; *c; c++)
        if (!is_name_char(*c, c == name))
            return false;
    return name[0] != '\0';
}

/* a="b",c="d": names, and values in which a quote, a backslash and a line feed are escaped. */
static bool labels_are_valid(const char *c)
{
    while (*c) {
        const char *name = c;
        while (is_name_char(*c, c == name) && *c != ':')
            c++;
        if (c == name || c[0] != '=' || c[1] != '"')
            return false;
        for (c += 2; *c != '"'; c++) {
            if (*c == '\\' && (c[1] == '\\' || c[1] == '"' || c[1] == 'n'))
                c++;
            else if (*c == '\0' || *c == '\n' || *c == '\\')
                return false;
        }
        c++;
        if (*c == ',' && c[1] != '\0')
            c++;
        else if (*c != '\0')
            return false;
    }
    return true;
}

static struct family *family_get(struct metrics *m, const char *name, const char *help,
                                 enum metric_kind kind, const double *bounds, size_t bound_count)
{
    for (struct family *family = m->first; family; family = family->next) {
        if (strcmp(family->name, name) == 0) {
            ROOST_ASSERT(family->kind == kind && family->bound_count == bound_count);
            return family;
        }
    }
    ROOST_ASSERT(name_is_valid(name));
    struct family *family = must_alloc(sizeof *family);
    *family = (struct family){
        .name = name, .help = help, .kind = kind, .bounds = bounds, .bound_count = bound_count};
    family->last = &family->first;
    *m->last = family;
    m->last = &family->next;
    return family;
}

static struct metric *metric_get(struct family *family, const char *labels)
{
    if (!labels)
        labels = "";
    for (struct metric *metric = family->first; metric; metric = metric->next)
        if (strcmp(metric->labels, labels) == 0)
            return metric;
    ROOST_ASSERT(labels_are_valid(labels));
    struct metric *metric = must_alloc(sizeof *metric);
    size_t len = strlen(labels);
    metric->labels = must_alloc(len + 1);
    memcpy(metric->labels, labels, len);
    metric->family = family;
    if (family->kind == METRIC_HISTOGRAM)
        metric->buckets = must_alloc((family->bound_count + 1) * sizeof *metric->buckets);
    *family->last = metric;
    family->last = &metric->next;
    return metric;
}

struct metric *metrics_counter(struct metrics *m, const char *name, const char *help,
                               const char *labels)
{
    return metric_get(family_get(m, name, help, METRIC_COUNTER, NULL, 0), labels);
}

struct metric *metrics_counter_of(struct metrics *m, const char *name, const char *help,
                                  const char *label, const char *value)
{
    char labels[64];
    snprintf(labels, sizeof labels, "%s=\"%s\"", label, value);
    return metrics_counter(m, name, help, labels);
}

struct metric *metrics_gauge(struct metrics *m, const char *name, const char *help,
                             const char *labels)
{
    return metric_get(family_get(m, name, help, METRIC_GAUGE, NULL, 0), labels);
}

struct metric *metrics_histogram(struct metrics *m, const char *name, const char *help,
                                 const char *labels, const double *bounds, size_t bound_count)
{
    for (size_t i = 1; i < bound_count; i++)
        ROOST_ASSERT(bounds[i - 1] < bounds[i]);
    return metric_get(family_get(m, name, help, METRIC_HISTOGRAM, bounds, bound_count), labels);
}

void metric_add(struct metric *metric, double amount)
{
    ROOST_ASSERT(metric->family->kind == METRIC_GAUGE || amount >= 0);
    metric->value += amount;
}

void metric_set(struct metric *metric, double value)
{
    ROOST_ASSERT(metric->family->kind == METRIC_GAUGE);
    metric->value = value;
}

void metric_observe(struct metric *metric, double value)
{
    const struct family *family = metric->family;
    size_t i = 0;

    ROOST_ASSERT(family->kind == METRIC_HISTOGRAM);
    while (i < family->bound_count && value > family->bounds[i])
        i++;
    metric->buckets[i]++;
    metric->count++;
    metric->value += value;
}

double metric_value(const struct metric *metric)
{
    return metric->family->kind == METRIC_HISTOGRAM ? (double)metric->count : metric->value;
}

void metrics_on_collect(struct metrics *m, void (*fn)(void *ctx), void *ctx)
{
    struct collector *collector = must_alloc(sizeof *collector);

    *collector = (struct collector){.next = m->collectors, .fn = fn, .ctx = ctx};
    m->collectors = collector;
}

/* The shortest decimal that reads back as the same double. */
static void write_number(FILE *out, double value)
{
    char text[32];

    if (isnan(value)) {
        fputs("NaN", out);
        return;
    }
    if (isinf(value)) {
        fputs(value > 0 ? "+Inf" : "-Inf", out);
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    fputs(text, out);
}

static void write_help(FILE *out, const char *help)
{
    for (; *help; help++) {
        if (*help == '\\')
            fputs("\\\\", out);
        else if (*help == '\n')
            fputs("\\n", out);
        else
            fputc(*help, out);
    }
}

static void write_sample(FILE *out, const struct metric *metric, const char *suffix, double value)
{
    fprintf(out, "%s%s", metric->family->name, suffix);
    if (metric->labels[0])
        fprintf(out, "{%s}", metric->labels);
    fputc(' ', out);
    write_number(out, value);
    fputc('\n', out);
}

static void write_histogram(FILE *out, const struct metric *metric)
{
    const struct family *family = metric->family;
    uint64_t total = 0;

    for (size_t i = 0; i <= family->bound_count; i++) {
        total += metric->buckets[i];
        fprintf(out, "%s_bucket{%s%sle=\"", family->name, metric->labels,
                metric->labels[0] ? "," : "");
        write_number(out, i < family->bound_count ? family->bounds[i] : INFINITY);
        fprintf(out, "\"} %llu\n", (unsigned long long)total);
    }
    write_sample(out, metric, "_sum", metric->value);
    write_sample(out, metric, "_count", (double)metric->count);
}

char *metrics_expose(struct metrics *m, size_t *len)
{
    char *text = NULL;

    for (struct collector *collector = m->collectors; collector; collector = collector->next)
        collector->fn(collector->ctx);

    FILE *out = open_memstream(&text, len);
    if (!out)
        return NULL;
    for (struct family *family = m->first; family; family = family->next) {
        fprintf(out, "# HELP %s ", family->name);
        write_help(out, family->help);
        fprintf(out, "\n# TYPE %s %s\n", family->name, kind_names[family->kind]);
        for (struct metric *metric = family->first; metric; metric = metric->next) {
            if (family->kind == METRIC_HISTOGRAM)
                write_histogram(out, metric);
            else
                write_sample(out, metric, "", metric->value);
        }
    }
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
