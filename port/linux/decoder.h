/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compressed sound to samples: MP3 by libmpg123, Opus by libopus. All memory is allocated with the
 * board; a stream's length, its ID3v2 tag and rubbish before its first frame change nothing about
 * it. Depends on libmpg123, libopus and the board.
 *
 *     options.parts[n] = linux_decoder_part(&decoder);
 */
#ifndef ROOST_PORT_LINUX_DECODER_H
#define ROOST_PORT_LINUX_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct OpusDecoder;
struct mpg123_handle_struct;
struct linux_part;

enum {
    LINUX_DECODER_OPUS_HZ = 16000,
    LINUX_DECODER_PACKET_MAX = 1275,                              /* RFC 6716, 3.2.1 */
    LINUX_DECODER_FRAME_MAX = LINUX_DECODER_OPUS_HZ * 120 / 1000, /* of Opus */
    LINUX_DECODER_RUBBISH_MAX = 16 * 1024                         /* of MP3 without a frame in it */
};

struct linux_decoder {
    struct mpg123_handle_struct *mp3;
    struct OpusDecoder *opus;
    enum { LINUX_DECODER_OFF, LINUX_DECODER_MP3, LINUX_DECODER_OPUS } stream;

    /* MP3 */
    uint8_t tag[10]; /* how the stream begins, until it is known whether that is an ID3v2 tag */
    size_t tag_len;  /* of it */
    bool begun;      /* that is known */
    uint32_t skip;   /* of the tag, still to be thrown away */
    size_t rubbish;  /* bytes since the last samples */
    uint32_t rate_hz;

    /* Opus: a packet with its length before it, and what came of one */
    uint8_t packet[2 + LINUX_DECODER_PACKET_MAX];
    size_t packet_len;
    int16_t frame[LINUX_DECODER_FRAME_MAX];
    size_t frame_at, frame_len;
};

/* The board's decoder. */
struct linux_part linux_decoder_part(struct linux_decoder *decoder);

/* The operations themselves, as port.h has them. */
int linux_decoder_init(struct linux_decoder *decoder);
void linux_decoder_deinit(struct linux_decoder *decoder);

#endif
