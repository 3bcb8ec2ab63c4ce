/* SPDX-License-Identifier: Apache-2.0 */
#include "charging.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/timer.h"
#include "host/process.h"
#include "hub/csms/sign.h"
#include "hub/csms/vehicle.h"

static void on_collect(void *ctx)
{
    struct charging *charging = ctx;
    struct csms_book_counts now;

    if (!charging->store)
        return;
    csms_book_count(charging->store, &now);
    /* The book keeps totals; a counter takes what came since. */
    metric_add(charging->commits, (double)(now.commits - charging->counted.commits));
    metric_add(charging->done, (double)(now.done - charging->counted.done));
    metric_set(charging->waiting, (double)now.waiting);
    metric_add(charging->finds_cut, (double)(now.finds_cut - charging->counted.finds_cut));
    metric_add(charging->packs_failed, (double)(now.packs_failed - charging->counted.packs_failed));
    metric_add(charging->damaged, (double)(now.damaged - charging->counted.damaged));
    charging->counted = now;
}

/* Well within the silence after which the fleet takes a device for late, half of that. */
static uint32_t heartbeat_s(const struct settings *settings)
{
    uint32_t seconds = settings->inactive_after_s * 2 / 5;

    return seconds == 0 ? 1 : seconds < CSMS_HEARTBEAT_S ? seconds : CSMS_HEARTBEAT_S;
}

static void fill_vendors(struct charging *charging, const char *list)
{
    size_t count = 0, len;

    snprintf(charging->names, sizeof charging->names, "%s", list);
    for (char *at = charging->names; *at && count < CHARGING_VENDORS_MAX; at += len) {
        at += strspn(at, " ,");
        len = strcspn(at, " ,");
        if (len == 0)
            break;
        charging->vendors[count++] = (struct csms_vendor){.vendor_id = at, .take = vehicle_take};
        if (at[len] != '\0')
            at[len++] = '\0';
    }
    charging->parts.vendors = charging->vendors;
    charging->parts.vendor_count = count;
}

/* Nothing when the settings name no authority. */
static int open_signer(struct csms_signer **signer, const struct settings *s, struct why *why)
{
    if (s->charging_ca_cert[0] == '\0' && s->charging_ca_key[0] == '\0')
        return 0;
    if (s->charging_ca_cert[0] == '\0' || s->charging_ca_key[0] == '\0')
        return why_not(why, ROOST_ERR_INVALID,
                       "ROOST_CHARGING_CA_CERT and ROOST_CHARGING_CA_KEY go together");
    return csms_signer_open(signer, s->charging_ca_cert, s->charging_ca_key,
                            s->charging_organisation, why);
}

int charging_try(const struct settings *settings, struct why *why)
{
    struct csms_signer *signer = NULL;
    int err = open_signer(&signer, settings, why);

    csms_signer_free(signer);
    return err;
}

/* A file beside that of the transactions, which a thread of its own writes. NULL: no memory. */
static char *beside(const char *charging_path, const char *end, char *why, size_t why_size)
{
    size_t size = strlen(charging_path) + strlen(end) + 1;
    char *path = malloc(size);

    if (path)
        snprintf(path, size, "%s%s", charging_path, end);
    else
        snprintf(why, why_size, "%s", roost_err_text(ROOST_ERR_NO_MEMORY));
    return path;
}

static int open_money(struct charging *charging, const char *charging_path, char *why,
                      size_t why_size)
{
    char *path = beside(charging_path, ".money", why, why_size);

    if (!path)
        return ROOST_ERR_NO_MEMORY;
    int err = money_book_open(&charging->money_book, path, why, why_size);
    free(path);
    if (err == 0)
        charging->money = money_book_of(charging->money_book);
    charging->till = (struct csms_till_parts){.store = &charging->money};
    return err;
}

/* The key of links is drawn at the first start: with another one all that are printed are void. */
static int keep_link_key(struct charging *charging, const char *charging_path, char *why,
                         size_t why_size)
{
    char *path = beside(charging_path, ".linkkey", why, why_size);

    if (!path)
        return ROOST_ERR_NO_MEMORY;
    int len = secret_keep(path, charging->link_key, sizeof charging->link_key);
    if (len < 0)
        snprintf(why, why_size, "%s: %s", path, secret_problem(len));
    free(path);
    return len < 0 ? len : 0;
}

static int open_till(struct charging *charging, struct uv_loop_s *loop,
                     const struct settings *settings, char *why, size_t why_size)
{
    size_t len = strlen(settings->public_url);
    struct why reason;
    int err = keep_link_key(charging, settings->charging_path, why, why_size);

    if (err < 0)
        return err;
    while (len > 0 && settings->public_url[len - 1] == '/')
        len--;
    snprintf(charging->origin, sizeof charging->origin, "%.*s%s", (int)len, settings->public_url,
             settings->base_path);
    charging->till.link_key = charging->link_key;
    charging->till.origin = charging->origin;
    charging->till.pay_s = settings->pay_within_s;
    charging->till.start_s = settings->pay_start_s;
    if (settings->pay_url[0] == '\0')
        return 0;
    err = http_provider_open(&charging->http_provider, loop, settings->pay_url,
                             settings->pay_secret, &reason);
    if (err < 0) {
        snprintf(why, why_size, "ROOST_PAY_URL: %s", reason.text);
        return err;
    }
    charging->provider = http_provider_of(charging->http_provider);
    charging->till.provider = &charging->provider;
    return 0;
}

static int open_sites(struct charging *charging, const char *charging_path, char *why,
                      size_t why_size)
{
    char *path = beside(charging_path, ".sites", why, why_size);

    if (!path)
        return ROOST_ERR_NO_MEMORY;
    int err = site_book_open(&charging->site_book, path, why, why_size);
    free(path);
    if (err == 0)
        charging->sites = site_book_of(charging->site_book);
    return err;
}

static void register_metrics(struct charging *charging, struct metrics *metrics)
{
    charging->commits = metrics_counter(metrics, "roost_charging_commits_total",
                                        "Transactions of the charging file", NULL);
    charging->done = metrics_counter(metrics, "roost_charging_answered_total",
                                     "Questions and changes that the charging file answered", NULL);
    charging->waiting =
        metrics_gauge(metrics, "roost_charging_waiting",
                      "Questions and changes that wait for the charging file", NULL);
    charging->finds_cut =
        metrics_counter(metrics, "roost_charging_finds_cut_total",
                        "Times that a charger had more transactions open than are looked at", NULL);
    charging->packs_failed = metrics_counter(
        metrics, "roost_charging_packs_failed_total",
        "Times that what was measured could not be packed, and is tried again", NULL);
    charging->damaged = metrics_counter(metrics, "roost_charging_damaged_total",
                                        "Rows of what was measured that cannot be read", NULL);
    metrics_on_collect(metrics, on_collect, charging);
}

static int open_retention(struct charging *charging, const struct settings *settings,
                          struct metrics *metrics)
{
    const struct retention_config config = {.store = "charging",
                                            .days = settings->charging_retention_days,
                                            .share_pct = settings->retention_share_pct};
    const struct hub_parts parts = {
        .series = &charging->series, .clock = &process_clock, .metrics = metrics};

    charging->series = csms_book_series(charging->store);
    retention_init(&charging->retention, &config, &parts);
    charging->retention.clock_doubted = &charging->clock_doubted;
    return retention_load(&charging->retention);
}

int charging_open(struct charging *charging, struct uv_loop_s *loop,
                  const struct settings *settings, struct metrics *metrics, char *why,
                  size_t why_size)
{
    *charging = (struct charging){.store = NULL};
    int err = csms_book_open(&charging->store, loop, settings->charging_path, why, why_size);
    if (err < 0)
        return err;
    err = csms_desk_open(&charging->desk_store, loop, settings->charging_path, charging->store, why,
                         why_size);
    if (err < 0) {
        charging_close(charging);
        return err;
    }
    err = open_sites(charging, settings->charging_path, why, why_size);
    if (err == 0)
        err = open_money(charging, settings->charging_path, why, why_size);
    if (err == 0)
        err = open_till(charging, loop, settings, why, why_size);
    if (err < 0) {
        charging_close(charging);
        return err;
    }
    charging->book = csms_book_of(charging->store);
    charging->desk = csms_desk_of(charging->desk_store);
    charging->parts = (struct csms_parts){.book = &charging->book,
                                          .desk = &charging->desk,
                                          .sites = &charging->sites,
                                          .till = &charging->till,
                                          .organisation = settings->charging_organisation,
                                          .heartbeat_s = heartbeat_s(settings),
                                          .messages_max = settings->charging_messages};
    struct why reason;
    err = open_signer(&charging->signer, settings, &reason);
    if (err < 0) {
        snprintf(why, why_size, "%s", reason.text);
        charging_close(charging);
        return err;
    }
    charging->parts.signer = charging->signer;
    fill_vendors(charging, settings->charging_vendors);
    register_metrics(charging, metrics);
    err = open_retention(charging, settings, metrics);
    if (err < 0) {
        snprintf(why, why_size, "%s", roost_err_text(err));
        charging_close(charging);
    }
    return err;
}

uint64_t charging_tick(struct charging *charging, uint64_t now_ms, bool clock_doubted)
{
    struct csms_book_counts now;

    if (!charging->store)
        return ROOST_NEVER;
    charging->clock_doubted = clock_doubted;
    csms_book_count(charging->store, &now);
    retention_saw(&charging->retention, now.newest_ms);
    return retention_tick(&charging->retention, now_ms);
}

void charging_close(struct charging *charging)
{
    http_provider_close(charging->http_provider); /* its last answers are still stored */
    charging->http_provider = NULL;
    charging->till.provider = NULL;
    csms_desk_close(charging->desk_store);
    charging->parts.desk = NULL;
    charging->parts.sites = NULL;
    site_book_close(charging->site_book);
    charging->site_book = NULL;
    charging->parts.till = NULL;
    money_book_close(charging->money_book);
    charging->money_book = NULL;
    OPENSSL_cleanse(charging->link_key, sizeof charging->link_key);
    csms_book_close(charging->store);
    csms_signer_free(charging->signer);
    charging->signer = NULL;
    charging->parts.signer = NULL;
    charging->desk_store = NULL;
    charging->store = NULL;
}

struct hub_extra charging_extra(const struct charging *charging)
{
    return (struct hub_extra){CSMS_EXTRA, &charging->parts};
}
