/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/bytes.h"
#include "core/err.h"
#include "proto/fleet/image.h"

enum {
    HEADER_BYTES = 24,
    SEGMENT_HEADER_BYTES = 8,
    ELF_SEGMENT = 1,
    CHECK_SEED = 0xEF,
    CHECK_ALIGN = 16, /* the check byte is the last of a block of 16 */
    HASH_FLAG_AT = 23,
    HASH_BYTES = 32,
    PIECE = 16384
};

static int read_at(int fd, void *out, size_t len, uint32_t offset)
{
    for (size_t done = 0; done < len;) {
        ssize_t got = pread(fd, (uint8_t *)out + done, len - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? ROOST_ERR_IO : ROOST_ERR_CORRUPT;
        done += (size_t)got;
    }
    return 0;
}

/* The sum of a part of the file and, where it is wanted, its bytes folded into *check. */
static int sum_part(int fd, uint32_t offset, uint32_t len, const struct roost_crypto *crypto,
                    uint8_t *check, uint8_t out[32])
{
    uint8_t piece[PIECE];
    int err = crypto->ops->sha256_begin(crypto->ctx);

    while (!err && len > 0) {
        size_t part = len < sizeof piece ? len : sizeof piece;
        err = read_at(fd, piece, part, offset);
        if (!err)
            err = crypto->ops->sha256_add(crypto->ctx, piece, part);
        for (size_t i = 0; check && i < part; i++)
            *check ^= piece[i];
        offset += (uint32_t)part;
        len -= (uint32_t)part;
    }
    return err ? err : crypto->ops->sha256_end(crypto->ctx, out);
}

/* Walks the segments up to *end, the offset behind the last. The check byte covers their data. */
static int walk(struct linux_image *image, int fd, uint32_t len, unsigned segments,
                const struct roost_crypto *crypto, uint8_t *check, uint32_t *end)
{
    uint32_t at = HEADER_BYTES;

    for (unsigned i = 0; i < segments; i++) {
        uint8_t header[SEGMENT_HEADER_BYTES], sum[32];
        if (len - at < sizeof header)
            return ROOST_ERR_CORRUPT;
        int err = read_at(fd, header, sizeof header, at);
        if (err)
            return err;
        at += (uint32_t)sizeof header;
        uint32_t bytes = roost_le_get32(header + 4);
        if (bytes > len - at)
            return ROOST_ERR_CORRUPT;
        err = sum_part(fd, at, bytes, crypto, check, sum);
        if (err)
            return err;
        if (i == ELF_SEGMENT) {
            image->elf_offset = at;
            image->elf_bytes = bytes;
            memcpy(image->elf_sha256, sum, sizeof sum);
        }
        at += bytes;
    }
    *end = at;
    return 0;
}

int linux_image_check(struct linux_image *image, int fd, uint32_t len,
                      const struct roost_crypto *crypto)
{
    uint8_t head[ROOST_IMAGE_HEAD_BYTES], check = CHECK_SEED, stored[1 + HASH_BYTES], sum[32];
    struct roost_image read;
    uint32_t end;

    if (len < sizeof head)
        return ROOST_ERR_CORRUPT;
    int err = read_at(fd, head, sizeof head, 0);
    if (err)
        return err;
    if (roost_image_read(&read, head, sizeof head) || read.chip != ROOST_CHIP_LINUX ||
        read.segments <= ELF_SEGMENT || head[HASH_FLAG_AT] != 1)
        return ROOST_ERR_CORRUPT;
    image->security_version = read.security_version;
    err = walk(image, fd, len, read.segments, crypto, &check, &end);
    if (err)
        return err;
    uint32_t check_at = end | (CHECK_ALIGN - 1);
    if (check_at < end || check_at > len || len - check_at != sizeof stored)
        return ROOST_ERR_CORRUPT;
    err = read_at(fd, stored, sizeof stored, check_at);
    if (!err)
        err = sum_part(fd, 0, check_at + 1, crypto, NULL, sum);
    if (err)
        return err;
    return check == stored[0] && memcmp(sum, stored + 1, HASH_BYTES) == 0 ? 0 : ROOST_ERR_CORRUPT;
}

/* Sums again what it copies: the image was read once to be checked, and flash may read otherwise
 * the second time. */
static int copy(const struct linux_image *image, int from, int to, struct linux_disk *disk,
                const struct roost_crypto *crypto)
{
    uint8_t piece[PIECE], sum[32];
    int err = crypto->ops->sha256_begin(crypto->ctx);

    for (uint32_t at = 0; !err && at < image->elf_bytes; at += PIECE) {
        size_t part = image->elf_bytes - at < PIECE ? image->elf_bytes - at : PIECE;
        err = read_at(from, piece, part, image->elf_offset + at);
        if (!err)
            err = crypto->ops->sha256_add(crypto->ctx, piece, part);
        if (!err)
            err = linux_disk_write(disk, to, piece, part, at);
    }
    if (!err)
        err = crypto->ops->sha256_end(crypto->ctx, sum);
    if (!err && memcmp(sum, image->elf_sha256, sizeof sum) != 0)
        err = ROOST_ERR_CORRUPT;
    return err ? err : linux_disk_sync(disk, to);
}

int linux_image_unpack(const struct linux_image *image, int fd, const struct roost_crypto *crypto,
                       struct linux_disk *disk, const char *dir, const char *path)
{
    char temporary[LINUX_PATH_MAX + 8];

    if (snprintf(temporary, sizeof temporary, "%s.new", path) >= (int)sizeof temporary)
        return ROOST_ERR_TOO_LONG;
    int to = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    if (to < 0)
        return linux_disk_error(errno);
    int err = copy(image, fd, to, disk, crypto);
    close(to);
    if (!err)
        err = linux_disk_rename(disk, temporary, path);
    else if (!disk->cut) /* without power nothing is tidied up */
        (void)unlink(temporary);
    return err ? err : linux_disk_sync_dir(disk, dir);
}

bool linux_image_unpacked(const char *path, const uint8_t sum[32],
                          const struct roost_crypto *crypto)
{
    uint8_t got[32];
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return false;
    bool same = fstat(fd, &info) == 0 && info.st_mode & S_IXUSR && info.st_size <= UINT32_MAX &&
                sum_part(fd, 0, (uint32_t)info.st_size, crypto, NULL, got) == 0 &&
                memcmp(got, sum, sizeof got) == 0;
    close(fd);
    return same;
}
