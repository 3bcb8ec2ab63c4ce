/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device, its flash and a hub for the tests of runtime/ota: two slots with a boot loader as the
 * chip's, two kv keys, and a web server, all in memory, where the power can go at every operation
 * that changes something. Time is virtual. The digest is a simple one, and what "verifies" as
 * signed is a digest over key and text: the real ones have their own tests. What breaks the
 * contract of port.h, and the activation of an image that nobody signed, fails the test at once.
 * Works on the bare machine too. rig_chip.c has the chip, rig_hub.c the hub, rig.c the device's
 * life.
 *
 *     rig_start(&rig);                          // 1.3.0 runs, the hub has nothing
 *     rig_offer(&rig, "1.4.0", 3);
 *     rig_run(&rig, RIG_DAY_MS);
 *     assert_string_equal(rig.version, "1.4.0");
 */
#ifndef ROOST_RUNTIME_OTA_TEST_RIG_H
#define ROOST_RUNTIME_OTA_TEST_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/log.h"
#include "runtime/ota/ota.h"

enum {
    RIG_SECTOR = 256,
    RIG_SECTORS = 40,
    RIG_SLOT = RIG_SECTOR * RIG_SECTORS,
    RIG_NOTED = RIG_SECTOR * ROOST_OTA_NOTE_SECTORS, /* bytes between two notes */
    RIG_IMAGE = 2 * RIG_NOTED + 3 * RIG_SECTOR + 77,
    RIG_VALUE = 112,
    RIG_SIGNED = 4,
    RIG_DAY_MS = 24 * 3600 * 1000, /* one check falls into it */
    RIG_NO_CUT = -1
};

enum rig_cut { RIG_CUT_BEFORE, RIG_CUT_TORN, RIG_CUT_AFTER, RIG_CUTS };
enum rig_slot_state { RIG_EMPTY, RIG_NEW, RIG_PENDING, RIG_VALID, RIG_FAILED };

struct rig_transfer {
    bool open, of_image;
    uint64_t at;
    size_t sent;
};

struct rig {
    struct roost_port port;
    struct roost_ota ota;
    struct roost_ota_config config;
    struct roost_log log;
    char ring[2048];
    uint64_t now_ms, random, sum;
    bool network_up;

    /* chip */
    uint8_t slot[2][RIG_SLOT];
    enum rig_slot_state slot_state[2];
    uint8_t running;
    uint32_t lowest; /* security version */
    char version[ROOST_MANIFEST_VERSION_MAX + 1];
    struct {
        uint8_t value[RIG_VALUE];
        int len; /* -1: none */
    } key[2];
    enum roost_reset_reason reason, asked_reason;
    bool rebooting;
    int boots;

    /* what goes wrong */
    bool power;
    int operations, cut_at; /* the operation in which the power goes */
    enum rig_cut cut;
    int kv_error, erase_error, program_error, read_error, activate_error, confirm_error,
        roll_back_error, get_error, running_error;
    uint8_t *rot; /* a byte that program leaves as it is */

    /* owner */
    const char *missing; /* of the self-test */
    bool hold;           /* does not restart when it could */

    /* hub */
    char manifest[3000];
    size_t manifest_len;
    uint8_t image[RIG_SLOT + 64];
    size_t image_len, part_bytes;
    int manifest_status, image_status;
    size_t drop_after; /* image bytes after which a transfer breaks; 0: it does not */
    int drops;         /* times it does */
    bool no_range;
    struct rig_transfer transfer;
    int gets, cancels, fulls;
    uint64_t image_offset; /* of the last get of the image */
    char url[ROOST_MANIFEST_URL_MAX + 1];

    /* digests of the images that somebody trusted has signed */
    uint8_t signed_images[RIG_SIGNED][32];
    int signed_count;
};

/* Copies with the final NUL. */
void rig_text(char *out, const char *text);

/* ---- the device ---- */

/* Version 1.3.0 with security version 2 runs; the hub has nothing; nothing goes wrong. */
void rig_start(struct rig *rig);

/* What the boot loader does, then the device's own start. */
void rig_boot(struct rig *rig, enum roost_reset_reason reason);

/* One turn of the owner's loop. False: the power went. */
bool rig_work(struct rig *rig);

/* Time goes on when nothing is left to do. False: it is until_ms. */
bool rig_wait(struct rig *rig, uint64_t until_ms);

void rig_run(struct rig *rig, uint64_t ms);

/* Until this state; fails when it does not come within two days. */
void rig_until(struct rig *rig, enum roost_ota_state state);

/* The slot that does not run. */
uint8_t *rig_other(struct rig *rig);

/* ---- the hub ---- */

/* The hub has a good image of this version. */
void rig_offer(struct rig *rig, const char *version, uint32_t security_version);

/* An image as the chip takes it: a head that says the version, then bytes that follow from it. */
void rig_make_image(uint8_t *out, size_t len, const char *version, uint32_t security_version);

/* The manifest of rig->image as a hub would give it, before it is signed. */
struct roost_manifest rig_manifest(const struct rig *rig, const char *version,
                                   uint32_t security_version);

/* Signs with one of the device's keys and serves it. */
void rig_serve(struct rig *rig, struct roost_manifest *manifest, unsigned key);

/* Serves it as it is. */
void rig_write_manifest(struct rig *rig, const struct roost_manifest *manifest);

#endif
