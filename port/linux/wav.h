/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WAV files: RIFF, PCM, 16 bit, one channel. One is read whole; one is written as it comes, and is
 * a whole file after each append, whenever the program ends. Depends on core/.
 *
 *     err = linux_wav_read(&wav, "question.wav");
 *     err = linux_wav_create(&file, "answer.wav", 16000);
 *     err = linux_wav_append(&file, wav.samples, wav.count);
 */
#ifndef ROOST_PORT_LINUX_WAV_H
#define ROOST_PORT_LINUX_WAV_H

#include <stddef.h>
#include <stdint.h>

struct linux_wav {
    int16_t *samples;
    size_t count;
    uint32_t rate_hz;
};

/* Returns 0, ROOST_ERR_NOT_FOUND, ROOST_ERR_IO, ROOST_ERR_INVALID (not such a file, or an empty
 * one), ROOST_ERR_TOO_LONG (over 64 MiB) or ROOST_ERR_NO_MEMORY; *wav is empty then. A data chunk
 * that is longer than the file (a stream's, all ones) ends with the file. */
int linux_wav_read(struct linux_wav *wav, const char *path);
/* Wipes the samples. Any number of times. */
void linux_wav_free(struct linux_wav *wav);

struct linux_wav_file {
    int fd; /* -1: none */
    uint32_t rate_hz;
    uint32_t bytes; /* of samples */
};

/* Makes or empties the file, for its owner only: what it will hold was said to somebody. Returns 0
 * or ROOST_ERR_IO. */
int linux_wav_create(struct linux_wav_file *file, const char *path, uint32_t rate_hz);
/* Samples first, then the sizes in the header. Returns 0, ROOST_ERR_NO_SPACE (the disk, or 2 GiB)
 * or ROOST_ERR_IO. */
int linux_wav_append(struct linux_wav_file *file, const int16_t *samples, size_t count);
/* Of a file that is open: as it was made, without a sample. Returns 0 or ROOST_ERR_IO. */
int linux_wav_empty(struct linux_wav_file *file);
void linux_wav_close(struct linux_wav_file *file);

#endif
