/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/wav.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/bytes.h"
#include "core/err.h"

enum {
    FILE_MAX = 64 * 1024 * 1024,
    HEADER_BYTES = 44,
    RIFF_SIZE_AT = 4,
    DATA_SIZE_AT = 40,
    BLOCK_SAMPLES = 2048
};

/* ---- reading ---- */

static int take_data(struct linux_wav *wav, const uint8_t *body, size_t bytes)
{
    wav->count = bytes / 2;
    if (wav->count == 0)
        return ROOST_ERR_INVALID;
    wav->samples = malloc(wav->count * 2);
    if (!wav->samples)
        return ROOST_ERR_NO_MEMORY;
    for (size_t i = 0; i < wav->count; i++)
        wav->samples[i] = (int16_t)roost_le_get16(body + 2 * i);
    return 0;
}

/* Walks the chunks for "fmt " and "data". */
static int parse(struct linux_wav *wav, const uint8_t *file, size_t len)
{
    bool format = false;

    if (len < 12 || memcmp(file, "RIFF", 4) != 0 || memcmp(file + 8, "WAVE", 4) != 0)
        return ROOST_ERR_INVALID;
    for (size_t at = 12; at + 8 <= len;) {
        const uint8_t *body = file + at + 8;
        size_t size = roost_le_get32(file + at + 4), left = len - at - 8;
        if (memcmp(file + at, "fmt ", 4) == 0 && size >= 16 && left >= 16) {
            /* PCM, one channel, 16 bits */
            if (roost_le_get16(body) != 1 || roost_le_get16(body + 2) != 1 ||
                roost_le_get16(body + 14) != 16)
                return ROOST_ERR_INVALID;
            wav->rate_hz = roost_le_get32(body + 4);
            format = true;
        } else if (memcmp(file + at, "data", 4) == 0 && format) {
            return take_data(wav, body, size < left ? size : left);
        }
        if (size > left)
            break;
        at += 8 + size + (size & 1);
    }
    return ROOST_ERR_INVALID;
}

static int read_whole(FILE *file, struct linux_wav *wav)
{
    if (fseek(file, 0, SEEK_END))
        return ROOST_ERR_IO;
    long size = ftell(file);
    if (size > FILE_MAX)
        return ROOST_ERR_TOO_LONG;
    if (size < 0 || fseek(file, 0, SEEK_SET))
        return ROOST_ERR_IO;
    uint8_t *bytes = malloc((size_t)size + 1);
    if (!bytes)
        return ROOST_ERR_NO_MEMORY;
    int err = ROOST_ERR_IO;
    if (fread(bytes, 1, (size_t)size, file) == (size_t)size)
        err = parse(wav, bytes, (size_t)size);
    explicit_bzero(bytes, (size_t)size);
    free(bytes);
    return err;
}

int linux_wav_read(struct linux_wav *wav, const char *path)
{
    FILE *file = fopen(path, "rbe");

    *wav = (struct linux_wav){0};
    if (!file)
        return errno == ENOENT ? ROOST_ERR_NOT_FOUND : ROOST_ERR_IO;
    /* Not through a buffer of the library's, which nobody wipes. */
    (void)setvbuf(file, NULL, _IONBF, 0);
    int err = read_whole(file, wav);
    fclose(file);
    if (err)
        linux_wav_free(wav);
    return err;
}

void linux_wav_free(struct linux_wav *wav)
{
    if (wav->samples)
        explicit_bzero(wav->samples, wav->count * 2);
    free(wav->samples);
    *wav = (struct linux_wav){0};
}

/* ---- writing ---- */

static int write_at(int fd, const void *data, size_t len, off_t at)
{
    const uint8_t *bytes = data;

    while (len > 0) {
        ssize_t written = pwrite(fd, bytes, len, at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return written < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
                       ? ROOST_ERR_NO_SPACE
                       : ROOST_ERR_IO;
        bytes += written;
        len -= (size_t)written;
        at += written;
    }
    return 0;
}

static void put_header(uint8_t out[HEADER_BYTES], uint32_t rate_hz)
{
    memset(out, 0, HEADER_BYTES);
    memcpy(out, "RIFF", 4);
    roost_le_put(out + RIFF_SIZE_AT, HEADER_BYTES - 8, 4);
    memcpy(out + 8, "WAVEfmt ", 8);
    roost_le_put(out + 16, 16, 4);
    roost_le_put(out + 20, 1, 2); /* PCM */
    roost_le_put(out + 22, 1, 2); /* channel */
    roost_le_put(out + 24, rate_hz, 4);
    roost_le_put(out + 28, rate_hz * 2, 4);
    roost_le_put(out + 32, 2, 2);
    roost_le_put(out + 34, 16, 2);
    memcpy(out + 36, "data", 4);
}

int linux_wav_create(struct linux_wav_file *file, const char *path, uint32_t rate_hz)
{
    uint8_t header[HEADER_BYTES];

    *file = (struct linux_wav_file){.fd = -1, .rate_hz = rate_hz};
    file->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file->fd < 0)
        return ROOST_ERR_IO;
    put_header(header, rate_hz);
    int err = write_at(file->fd, header, sizeof header, 0);
    if (err)
        linux_wav_close(file);
    return err;
}

static int write_sizes(const struct linux_wav_file *file)
{
    uint8_t size[4];

    roost_le_put(size, HEADER_BYTES - 8 + file->bytes, 4);
    int err = write_at(file->fd, size, sizeof size, RIFF_SIZE_AT);
    roost_le_put(size, file->bytes, 4);
    return err ? err : write_at(file->fd, size, sizeof size, DATA_SIZE_AT);
}

int linux_wav_append(struct linux_wav_file *file, const int16_t *samples, size_t count)
{
    uint8_t block[2 * BLOCK_SAMPLES];

    if (file->fd < 0)
        return ROOST_ERR_IO;
    for (size_t done = 0; done < count;) {
        size_t now = count - done < BLOCK_SAMPLES ? count - done : BLOCK_SAMPLES;
        if (file->bytes > INT32_MAX - 2 * now)
            return ROOST_ERR_NO_SPACE;
        for (size_t i = 0; i < now; i++)
            roost_le_put(block + 2 * i, (uint16_t)samples[done + i], 2);
        int err = write_at(file->fd, block, 2 * now, HEADER_BYTES + (off_t)file->bytes);
        if (err)
            return err;
        file->bytes += (uint32_t)(2 * now);
        done += now;
    }
    return count ? write_sizes(file) : 0;
}

int linux_wav_empty(struct linux_wav_file *file)
{
    if (file->fd < 0 || ftruncate(file->fd, HEADER_BYTES))
        return ROOST_ERR_IO;
    file->bytes = 0;
    return write_sizes(file);
}

void linux_wav_close(struct linux_wav_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}
