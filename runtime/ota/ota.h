/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Updates a device over the air: asks a hub for the manifest, decides, downloads into the slot that
 * does not run, verifies, restarts into it, and keeps it only when it proves itself. Pure: it lives
 * on events and steps like the device that owns it, and what must outlive a power cut is in two
 * keys of the kv ("ota", "ota.why"). Depends on port/port.h (kv, http, slot, firmware, crypto,
 * random, system), core/.
 *
 *      IDLE --due, check--> ASKING --wanted--> LOADING --all there--> VERIFYING --> READY
 *        ^                    |  nothing, error   | cut, error           | bad        | owner
 *        +--------------------+-------------------+----------------------+            v restarts
 *                                                                          boots on TRIAL
 *      TRIAL --self-test passed--> confirmed, IDLE
 *      TRIAL --time-out, or any reset--> the old image runs and reports why
 *
 *     roost_ota_init(&ota, &port, &config, &log, now_ms);
 *     post:  HTTP_DATA, HTTP_DONE:  return roost_ota_post(&ota, event);
 *     step:  roost_ota_step(&ota, now_ms, network_up);
 *            if (ota.state == ROOST_OTA_TRIAL)
 *                roost_ota_self_test(&ota, now_ms, missing);   // what is not proven yet
 *            if (ota.state == ROOST_OTA_READY)
 *                ... stop what must not be interrupted, then
 *                roost_ota_restart(&ota);                      // does not return on the chip
 *            due = min(due, roost_ota_due(&ota));
 *
 * Installed is what the hub offers when it is another version than the one that runs, newer or
 * older, signed by a trusted key, for this product, target and hardware, of no lower security
 * version than may run, and of a size the slot holds. A url that is a path alone is meant on the
 * hub that was asked.
 *
 * A download goes on where it stopped, after a lost connection by Range and after a power cut from
 * the last sector group noted in flash (ROOST_OTA_NOTE_SECTORS; each note is one kv write). The
 * manifest is asked for again first: the hub may offer another image by then. What is activated is
 * what was read back from flash and hashed, not what came over the network.
 *
 * An image whose trial failed is not tried again until the hub offers another one. A trial that the
 * power supply ended proves nothing: it is reported too, and tried again, three times in all. One
 * transfer runs at a time; errors wait with back-off, so that a fleet does not knock at once.
 */
#ifndef ROOST_RUNTIME_OTA_OTA_H
#define ROOST_RUNTIME_OTA_OTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/backoff.h"
#include "core/log.h"
#include "proto/fleet/manifest.h"
#include "port/port.h"

enum {
    ROOST_OTA_NOTE_SECTORS = 16,  /* 64 KiB between two notes of the progress */
    ROOST_OTA_VERIFY_STEP = 4096, /* bytes read back and hashed a step */
    ROOST_OTA_REPORT_MAX = 95
};

struct roost_ota_config {
    const char *url;                        /* of the manifest; NULL: no updates */
    const char *ca_pem;                     /* as in roost_http_ops.get */
    const char *product, *target, *version; /* of what runs now */
    uint32_t hardware_version;
    uint8_t keys[2][ROOST_PUBLIC_KEY_BYTES]; /* trusted to sign; two, so that one can be replaced */
    size_t key_count;
    bool https_only;      /* refuse manifest and image over plain http */
    uint32_t interval_ms; /* between two checks; 0: 24 h. The first is drawn within two minutes */
    uint32_t trial_ms;    /* the self-test's limit; 0: 300 s */
};

#define ROOST_OTA_STATE_LIST(X)                                                                    \
    X(IDLE, "idle")                                                                                \
    X(ASKING, "asking")                                                                            \
    X(LOADING, "loading")                                                                          \
    X(VERIFYING, "verifying")                                                                      \
    X(READY, "ready")                                                                              \
    X(TRIAL, "trial")

enum roost_ota_state {
#define X(name, text) ROOST_OTA_##name,
    ROOST_OTA_STATE_LIST(X)
#undef X
        ROOST_OTA_STATE_COUNT
};

/* What must outlive a power cut, as it lies on flash. A member of zeros: none. */
struct roost_ota_record {
    uint8_t format, phase, slot; /* slot: where the image lies */
    uint8_t tries;               /* restarts into it */
    uint32_t loaded_bytes;       /* of it, safe in the slot */
    uint8_t image[32];           /* its SHA-256 */
    uint8_t failed[32];          /* SHA-256 of the image whose trial failed */
    char version[ROOST_MANIFEST_VERSION_MAX + 1];
};

struct roost_ota {
    const struct roost_port *port;
    const struct roost_ota_config *config; /* borrowed for the object's life */
    const char *url;                       /* of the manifest, by roost_ota_fetch; NULL: none */
    struct roost_log *log;
    enum roost_ota_state state;
    struct roost_manifest manifest;
    struct roost_backoff backoff;
    struct roost_running running;

    uint64_t due_ms;       /* of the next check, retry or deadline; ROOST_NEVER: none */
    bool transfer;         /* an HTTP transfer runs */
    uint32_t loaded_bytes; /* of record.image in the slot, programmed */
    uint32_t verified_bytes;
    uint32_t checks, installs, failures; /* since boot; failures: refused, rolled back, lost */

    /* What an operator is told: "installed 1.4.0", "1.4.0 refused: sha256 differs",
     * "1.4.0 rolled back: no broker within 300 s". "" until there is something. Stays until the
     * next one, over restarts too. */
    char report[ROOST_OTA_REPORT_MAX + 1];
    bool report_is_error; /* false again when the hub has nothing more to install */
    bool report_changed;  /* set with each new report and at boot; the owner clears it when it has
                           * told. The same refusal again is no new report. */

    size_t buffer_len; /* bytes of the buffer not programmed or read yet */

    /* Its own: */
    struct roost_ota_record record;
    uint64_t now_ms;     /* of the last step */
    uint64_t confirm_ms; /* no attempt to confirm before this */
    bool network_up;     /* told by the last step */
    bool erased;         /* the sector that begins at loaded_bytes */
    bool done;           /* the transfer came to its end, ... */
    int done_status;     /* ... this one */

    uint8_t
        buffer[ROOST_MANIFEST_MAX]; /* manifest, or the part that waits for flash; the largest */
};

/* Finds out how this boot came about (trial, rolled back, ordinary) and goes on with a download
 * that a power cut interrupted. With url NULL nothing is asked for; a trial is brought to its end
 * all the same. Returns 0; ROOST_ERR_UNSUPPORTED when a part of the port is missing or fails (0
 * with url NULL), ROOST_ERR_INVALID for a url over ROOST_MANIFEST_URL_MAX or keys outside 1..2;
 * then the object is inert and stays IDLE. */
int roost_ota_init(struct roost_ota *ota, const struct roost_port *port,
                   const struct roost_ota_config *config, struct roost_log *log, uint64_t now_ms);

/* Takes HTTP_DATA and HTTP_DONE straight from the sink. Returns 0 or ROOST_ERR_FULL (offered again
 * after the next step, which makes room). */
int roost_ota_post(struct roost_ota *ota, const struct roost_event *event);

/* Does at most one bounded piece of work: one sector's erase, one buffer's program or one
 * ROOST_OTA_VERIFY_STEP of verification. No transfer starts while network_up is false. */
void roost_ota_step(struct roost_ota *ota, uint64_t now_ms, bool network_up);

/* When step wants to be called next (at once while there is work: a time that is past), or
 * ROOST_NEVER: after the next event, or when the network is back. */
uint64_t roost_ota_due(const struct roost_ota *ota);

/* Asks now. 0, ROOST_ERR_BUSY while an update runs, ROOST_ERR_UNSUPPORTED without updates. */
int roost_ota_check(struct roost_ota *ota, uint64_t now_ms);

/* As check, but for the manifest at this url: until an image is ready or nothing comes of it, a
 * lost transfer being tried again; borrowed until then, when ota->url is NULL again. Works without
 * an url in the configuration, too. */
int roost_ota_fetch(struct roost_ota *ota, const char *url, uint64_t now_ms);

/* Gives up what is under way, waits for another try, or is ready. Not on TRIAL. */
void roost_ota_drop(struct roost_ota *ota);

/* TRIAL only, in each step. `missing` names what is not proven yet ("broker", "sensor"); NULL: all
 * passed, the image is confirmed. Past the limit it rolls back with that name in the report; where
 * no other image could run it stays, and the report says so. */
void roost_ota_self_test(struct roost_ota *ota, uint64_t now_ms, const char *missing);

/* READY only: activates the slot and restarts into it. Returns only where reboot does, or when the
 * slot was refused (the state is IDLE then and the report says why). */
void roost_ota_restart(struct roost_ota *ota);

const char *roost_ota_state_name(enum roost_ota_state state);

#endif
