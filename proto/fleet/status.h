/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every device says about itself on device/{id}/status (retained, also its last will):
 * {"online","seq",...health}, the members named as in struct roost_status. The last will is the
 * offline form: {"online":false}. A device that takes updates over the air says how the last one
 * stands: "update":{"state":"idle","version":"1.4.0","report":"installed 1.4.0","error":false}.
 * Depends on core/.
 */
#ifndef ROOST_PROTO_FLEET_STATUS_H
#define ROOST_PROTO_FLEET_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/json_write.h"

/* What roost_status_write needs at most, and what roost_status_parse takes at most. */
enum { ROOST_STATUS_MAX = 1024, ROOST_STATUS_PAYLOAD_MAX = 4096, ROOST_FIRMWARE_VERSION_MAX = 32 };

#define ROOST_STATUS_OFFLINE "{\"online\":false}"

/* A counter of the product's own, a member of the status like the rest: "audio_dropped". */
enum { ROOST_STATUS_COUNTERS = 4 };
struct roost_status_counter {
    char name[20];
    uint32_t value;
};

/* runtime/ota's state, the version that it installs or that was offered last, and its report; each
 * "" (JSON null) while there is none. */
struct roost_status_update {
    char state[12], version[32], report[96];
    bool error; /* the report is of a failure */
};

struct roost_status {
    bool online;
    bool has_health;     /* the members below were there */
    uint64_t seq;        /* last reading number given out */
    uint32_t journal_id; /* a new one means that numbering started again from 1 */
    char type[16];       /* "window", "teddy", "charger" */
    char firmware[ROOST_FIRMWARE_VERSION_MAX + 1];
    char reset_reason[12];
    char fault[24];        /* worst active fault in lower case, "" (JSON null) for none */
    uint32_t fault_number; /* 0 for none */
    uint64_t uptime_ms;
    uint32_t heap_free_bytes, heap_low_bytes, boots, crashes, brown_outs, reconnects;
    uint32_t journal_waiting, journal_dropped, event_dropped, log_errors;
    int32_t rssi_dbm;
    /* Parsed: the first ROOST_STATUS_COUNTERS members of other names that are numbers of this
     * size. */
    struct roost_status_counter counters[ROOST_STATUS_COUNTERS];
    uint8_t counter_count;
    bool has_update; /* "update" was there */
    struct roost_status_update update;
};

/* "online" is required. With "seq" the message carries health; each of the other members is then 0
 * or "" where it is absent and an error where it has the wrong type. Unknown members are ignored.
 * Returns 0 or the errors of core/json_read.h. For the hub: 2 KB of stack. */
int roost_status_parse(struct roost_status *status, const char *payload, size_t len);

/* The object of "update" alone. */
void roost_status_write_update(struct roost_json_writer *w,
                               const struct roost_status_update *update);

/* Returns the length (at most ROOST_STATUS_MAX - 1) or ROOST_ERR_TOO_LONG. */
int roost_status_write(char *out, size_t size, const struct roost_status *status);

#endif
