/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one firmware image a hub serves: firmware.bin and manifest.json in a folder. The thread pool
 * looks whether a file has changed (inode, size or time) since they were last asked for, and then
 * reads and checks both, so that renaming new files into the folder needs no restart. What is
 * served is the memory that was checked, never a file that is being replaced. Everything else on
 * the loop's thread, which waits for no disk. Depends on libuv, OpenSSL, hub/firmware/manifest.h,
 * host/metrics.h.
 *
 *     static void with_image(void *ctx, const struct release_image *image);
 *
 *     release_get(release, with_image, ctx);
 */
#ifndef ROOST_HUB_FIRMWARE_RELEASE_H
#define ROOST_HUB_FIRMWARE_RELEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "hub/firmware/manifest.h"
#include "host/metrics.h"

enum {
    RELEASE_IMAGE_MAX = 64 << 20, /* bytes of firmware.bin */
    RELEASE_IMAGE_MIN = 24,       /* an image's header */
    RELEASE_WAITING_MAX = 256,    /* that wait for a look at the files */
    RELEASE_WHY_MAX = 192
};

/* NONE: neither file is there. BAD: something is wrong with them, `why` says what; maybe they are
 * being replaced. */
enum release_state { RELEASE_NONE, RELEASE_BAD, RELEASE_READY };

/* What the folder held at one moment. The bytes are an image by the wire's rule (magic byte 0xE9, 1
 * to 16 segments), and of the size and SHA-256 that the manifest says. */
struct release_image {
    enum release_state state;
    char why[RELEASE_WHY_MAX];
    struct firmware_manifest manifest; /* READY */
    uint8_t *bytes;
    size_t len;
    uint32_t users;
};

struct release;

/* folder is borrowed; "": there is none. NULL when out of memory. */
struct release *release_new(uv_loop_t *loop, const char *folder, struct metrics *metrics);
/* Waits for a read that is under way. */
void release_free(struct release *release);

bool release_has_folder(const struct release *release);

/* Borrowed for the call; release_hold keeps it. NULL: too many wait already, or out of memory. */
typedef void (*release_fn)(void *ctx, const struct release_image *image);

/* Calls fn once with what is in the folder now: from the loop; at once with NULL, and where there
 * is no folder. */
void release_get(struct release *release, release_fn fn, void *ctx);

/* Keeps an image that fn was given beyond the call; each needs its release_drop. */
void release_hold(const struct release_image *image);
void release_drop(void *image);

#endif
