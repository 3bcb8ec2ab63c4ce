/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the central system of chargers is given by this program: its book, on the file that the
 * settings name, and what of the book is counted. Depends on hub/csms, hub/store.
 *
 *     err = charging_open(&charging, &loop, settings, metrics, why, sizeof why);
 *     extras[n] = charging_extra(&charging);
 *     ...                                                the sockets are gone
 *     charging_close(&charging);                         the loop needs to turn once more
 */
#ifndef ROOSTD_CHARGING_H
#define ROOSTD_CHARGING_H

#include "host/metrics.h"
#include "host/secret.h"
#include "host/why.h"
#include "hub/csms/csms.h"
#include "hub/ingest/retention.h"
#include "hub/service.h"
#include "hub/settings.h"
#include "hub/store/csms_desk.h"
#include "hub/csms/till.h"
#include "hub/provider/http_provider.h"
#include "hub/store/money_book.h"
#include "hub/store/site_book.h"

struct uv_loop_s;

enum { CHARGING_VENDORS_MAX = 16 };

struct charging {
    struct csms_book_store *store;
    struct csms_desk_store *desk_store;
    struct csms_book book;
    struct csms_desk desk;
    struct site_book *site_book; /* beside the charging file */
    struct csms_site_store sites;
    struct money_book *money_book; /* likewise */
    struct money_store money;
    struct csms_till_parts till;
    struct http_provider *http_provider; /* NULL: nobody can pay */
    struct money_provider provider;
    char link_key[SECRET_FILE_MAX + 1], origin[MONEY_URL_BYTES];
    struct csms_signer *signer;
    struct csms_parts parts;
    struct csms_vendor vendors[CHARGING_VENDORS_MAX];
    char names[1024];                /* of the vendors */
    struct csms_book_counts counted; /* what the counters show */
    struct metric *commits, *done, *waiting, *finds_cut, *packs_failed, *damaged;
    struct series series; /* what was measured, for its retention */
    struct retention retention;
    bool clock_doubted;
};

/* Must not be moved afterwards. Errors as csms_book_open has them, `why` in one line. */
int charging_open(struct charging *charging, struct uv_loop_s *loop,
                  const struct settings *settings, struct metrics *metrics, char *why,
                  size_t why_size);
/* Whoever has asked the book is answered before it returns. Safe when it was not opened. */
void charging_close(struct charging *charging);

/* For --check: whether the authority that the settings name could be used. */
int charging_try(const struct settings *settings, struct why *why);

/* Deletes what was measured and is past its time; returns when it is to be called again. */
uint64_t charging_tick(struct charging *charging, uint64_t now_ms, bool clock_doubted);

struct hub_extra charging_extra(const struct charging *charging);

#endif
