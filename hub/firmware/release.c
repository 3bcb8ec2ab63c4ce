/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/firmware/release.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/assert.h"
#include "core/err.h"
#include "core/hex.h"
#include "proto/fleet/image.h"
#include "host/log.h"

enum { IMAGE_FILE, MANIFEST_FILE, FILES, ROUNDS_MAX = 3, PATH_SIZE = 4096 };

static const char *const names[FILES] = {"firmware.bin", "manifest.json"};

/* Which file stands under a name. */
struct identity {
    bool there;
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed, modified;
};

struct waiter {
    release_fn fn;
    void *ctx;
};

struct release {
    uv_loop_t *loop;
    const char *folder;
    uv_work_t work;
    bool working;
    int rounds;                   /* reads since the last answer */
    struct identity found[FILES]; /* by the last look; the pool's while it looks */
    struct identity known[FILES]; /* of `image`, taken before it was read */
    size_t look_waiters;          /* those who asked before that look: it is news to them */
    struct release_image *next;   /* being made on the pool */
    struct release_image *image;  /* NULL: nothing was read yet */
    struct waiter waiters[RELEASE_WAITING_MAX];
    size_t waiter_count;
    struct metric *available;
};

/* ---- what the pool does: of struct release it touches folder, found and *next ---- */

__attribute__((format(printf, 2, 3))) static int bad(struct release_image *image,
                                                     const char *format, ...)
{
    va_list args;

    image->state = RELEASE_BAD;
    va_start(args, format);
    vsnprintf(image->why, sizeof image->why, format, args);
    va_end(args);
    return ROOST_ERR_INVALID;
}

/* The whole file, malloc'ed. */
static int read_all(struct release_image *image, const char *folder, int which, size_t max,
                    uint8_t **out, size_t *len)
{
    char path[PATH_SIZE];
    struct stat info;
    uint8_t *bytes = NULL;
    size_t got = 0;
    ssize_t n = 1;

    snprintf(path, sizeof path, "%s/%s", folder, names[which]);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? bad(image, "%s is missing", names[which])
                               : bad(image, "%s: %s", names[which], strerror(errno));
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > (off_t)max) {
        close(fd);
        return bad(image, "%s: not a file of at most %zu bytes", names[which], max);
    }
    size_t size = (size_t)info.st_size;
    bytes = malloc(size + 1);
    while (bytes && got < size && n > 0) {
        n = read(fd, bytes + got, size - got);
        if (n > 0)
            got += (size_t)n;
        else if (n < 0 && errno == EINTR)
            n = 1;
    }
    close(fd);
    if (!bytes || got < size) {
        free(bytes);
        return bad(image, "%s: %s", names[which], bytes ? "cannot be read" : "out of memory");
    }
    *out = bytes;
    *len = size;
    return 0;
}

/* The rule of the wire, not more: an image of another maker is served as well. */
static int check_header(struct release_image *image)
{
    const uint8_t *bytes = image->bytes;

    if (image->len < RELEASE_IMAGE_MIN)
        return bad(image, "firmware.bin is no ESP32 image: %zu bytes", image->len);
    if (bytes[0] != ROOST_IMAGE_MAGIC)
        return bad(image, "firmware.bin is no ESP32 image: its first byte is 0x%02X, not 0xE9",
                   bytes[0]);
    if (bytes[1] < 1 || bytes[1] > ROOST_IMAGE_SEGMENTS_MAX)
        return bad(image, "firmware.bin is no ESP32 image: %u segments, 1 to %d are possible",
                   bytes[1], ROOST_IMAGE_SEGMENTS_MAX);
    return 0;
}

static int check_match(struct release_image *image)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    char hex[2 * SHA256_DIGEST_LENGTH + 1];

    if (image->len != image->manifest.size_bytes)
        return bad(image, "size: firmware.bin has %zu bytes, manifest.json says %u", image->len,
                   image->manifest.size_bytes);
    SHA256(image->bytes, image->len, digest);
    roost_hex_write(hex, digest, sizeof digest);
    if (strcmp(hex, image->manifest.sha256) != 0)
        return bad(image, "sha256: firmware.bin is not the one of manifest.json");
    return 0;
}

static int read_manifest(struct release_image *image, const char *folder)
{
    uint8_t *json = NULL;
    size_t len = 0;
    int err = read_all(image, folder, MANIFEST_FILE, sizeof image->manifest.text, &json, &len);

    if (err)
        return err;
    err = firmware_manifest_read(&image->manifest, (const char *)json, len, image->why,
                                 sizeof image->why);
    free(json);
    return err;
}

/* What would be answered is read as a device reads it, with the longest address it can have. */
static int check_answer(struct release_image *image)
{
    char url[ROOST_MANIFEST_URL_MAX + 1], json[ROOST_MANIFEST_MAX];
    struct roost_manifest manifest;
    const char *field;

    memset(url, 'u', sizeof url - 1);
    url[sizeof url - 1] = '\0';
    int len = firmware_manifest_write(json, sizeof json, &image->manifest, url);
    if (len < 0)
        return bad(image,
                   "manifest.json: too long for devices, which take %d bytes with the url, and %d "
                   "keys and values",
                   ROOST_MANIFEST_MAX, ROOST_MANIFEST_VALUES_MAX);
    if (roost_manifest_read(&manifest, json, (size_t)len, &field) != 0)
        return bad(image, "manifest.json: %s is not as devices want it", field);
    return 0;
}

static void read_folder(uv_work_t *work)
{
    struct release *r = work->data;
    struct release_image *image = r->next;

    image->state = RELEASE_BAD;
    if (read_all(image, r->folder, IMAGE_FILE, RELEASE_IMAGE_MAX, &image->bytes, &image->len) ==
            0 &&
        check_header(image) == 0 && read_manifest(image, r->folder) == 0 &&
        check_match(image) == 0 && check_answer(image) == 0)
        image->state = RELEASE_READY;
}

static void look(uv_work_t *work)
{
    struct release *r = work->data;
    char path[PATH_SIZE];
    struct stat info;

    memset(r->found, 0, sizeof r->found);
    for (int i = 0; i < FILES; i++) {
        struct identity *found = &r->found[i];

        snprintf(path, sizeof path, "%s/%s", r->folder, names[i]);
        found->there = true;
        if (stat(path, &info) != 0) {
            /* What cannot be looked at is there: reading it says why not. */
            found->there = errno != ENOENT && errno != ENOTDIR;
            continue;
        }
        found->device = info.st_dev;
        found->inode = info.st_ino;
        found->size = info.st_size;
        found->changed = info.st_ctim;
        found->modified = info.st_mtim;
    }
}

/* ---- on the loop ---- */

static bool same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool same(const struct identity a[FILES], const struct identity b[FILES])
{
    for (int i = 0; i < FILES; i++)
        if (a[i].there != b[i].there || a[i].device != b[i].device || a[i].inode != b[i].inode ||
            a[i].size != b[i].size || !same_time(&a[i].changed, &b[i].changed) ||
            !same_time(&a[i].modified, &b[i].modified))
            return false;
    return true;
}

void release_hold(const struct release_image *image)
{
    ((struct release_image *)image)->users++;
}

void release_drop(void *ctx)
{
    struct release_image *image = ctx;

    if (!image || --image->users > 0)
        return;
    free(image->bytes);
    free(image);
}

static void tell(const struct release_image *image)
{
    switch (image->state) {
    case RELEASE_NONE:
        HOST_LOG(ROOST_LOG_INFO, "firmware", "no image is served");
        break;
    case RELEASE_BAD:
        HOST_LOG(ROOST_LOG_WARN, "firmware", "image is not served", RF_STR("why", image->why));
        break;
    case RELEASE_READY:
        HOST_LOG(ROOST_LOG_INFO, "firmware", "image is served",
                 RF_STR("version", image->manifest.version),
                 RF_STR("sha256", image->manifest.sha256), RF_INT("bytes", (int64_t)image->len));
    }
}

/* The image takes the place of the one before. */
static void put(struct release *r, struct release_image *image)
{
    bool news = !r->image || r->image->state != image->state ||
                strcmp(r->image->why, image->why) != 0 || image->state == RELEASE_READY;

    if (image->state != RELEASE_READY) {
        free(image->bytes);
        image->bytes = NULL;
        image->len = 0;
    }
    if (news)
        tell(image);
    metric_set(r->available, image->state == RELEASE_READY);
    memcpy(r->known, r->found, sizeof r->known);
    release_drop(r->image);
    r->image = image;
}

static struct release_image *image_new(void)
{
    struct release_image *image = calloc(1, sizeof *image);

    if (image)
        image->users = 1;
    return image;
}

/* Neither file is there. NULL when out of memory. */
static const struct release_image *put_none(struct release *r)
{
    struct release_image *image = image_new();

    if (image)
        put(r, image); /* RELEASE_NONE */
    return image;
}

static void work(struct release *r, uv_work_cb run, uv_after_work_cb over)
{
    r->work.data = r;
    r->working = true;
    ROOST_ASSERT(uv_queue_work(r->loop, &r->work, run, over) == 0);
}

/*
 *     asked --look--> as known: answered
 *             ^  '--> changed --read--.        not for ever while somebody writes
 *             '-----------------------'
 */
static void looked(uv_work_t *work, int status);

static void start_look(struct release *r)
{
    r->look_waiters = r->waiter_count;
    work(r, look, looked);
}

/* Those who asked before the look; whoever came after it gets a look of their own. */
static void answer_waiters(struct release *r, const struct release_image *image)
{
    struct waiter waiters[RELEASE_WAITING_MAX];
    size_t count = r->look_waiters;

    memcpy(waiters, r->waiters, count * sizeof *waiters);
    r->waiter_count -= count;
    memmove(r->waiters, r->waiters + count, r->waiter_count * sizeof *waiters);
    r->rounds = 0;
    if (image)
        release_hold(image);
    for (size_t i = 0; i < count; i++)
        waiters[i].fn(waiters[i].ctx, image);
    release_drop((void *)image);
    if (r->waiter_count > 0 && !r->working)
        start_look(r);
}

static void was_read(uv_work_t *done, int status)
{
    struct release *r = done->data;

    ROOST_ASSERT(status == 0);
    r->working = false;
    put(r, r->next);
    r->next = NULL;
    start_look(r);
}

static void looked(uv_work_t *done, int status)
{
    struct release *r = done->data;

    ROOST_ASSERT(status == 0);
    r->working = false;
    if (r->image && (same(r->found, r->known) || r->rounds >= ROUNDS_MAX)) {
        answer_waiters(r, r->image);
        return;
    }
    if (!r->found[IMAGE_FILE].there && !r->found[MANIFEST_FILE].there) {
        answer_waiters(r, put_none(r));
        return;
    }
    r->next = image_new();
    if (!r->next) {
        answer_waiters(r, NULL);
        return;
    }
    r->rounds++;
    work(r, read_folder, was_read);
}

void release_get(struct release *r, release_fn fn, void *ctx)
{
    if (!r->folder[0]) { /* nothing to look at */
        fn(ctx, r->image ? r->image : put_none(r));
        return;
    }
    if (r->waiter_count == RELEASE_WAITING_MAX) {
        fn(ctx, NULL);
        return;
    }
    r->waiters[r->waiter_count++] = (struct waiter){fn, ctx};
    if (!r->working)
        start_look(r);
}

bool release_has_folder(const struct release *r)
{
    return r->folder[0] != '\0';
}

struct release *release_new(uv_loop_t *loop, const char *folder, struct metrics *metrics)
{
    struct release *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    r->loop = loop;
    r->folder = folder;
    r->available = metrics_gauge(metrics, "roost_firmware_available",
                                 "1 while a firmware image is served to devices", NULL);
    return r;
}

void release_free(struct release *r)
{
    if (!r)
        return;
    while (r->working)
        uv_run(r->loop, UV_RUN_ONCE);
    release_drop(r->image);
    free(r);
}
