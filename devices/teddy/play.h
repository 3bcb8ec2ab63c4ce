/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the hub says, from the message to the loudspeaker. The ring keeps the sound as it came (PCM,
 * MP3, Opus); samples are made of it as the loudspeaker has room, so that compressed sound fills no
 * more memory than its own. A local sound (tone.h) goes the same way and before the hub's.
 *
 *     piece --base64--> ring --decoder--> stage --rate, volume, fade--> block --> loudspeaker
 *
 * A reply begins softly, waits for a little more when it runs dry (counted: `dry`) and goes on as
 * softly, and is over when ring, block and the loudspeaker's own buffer are empty. A piece that
 * finds no room is refused and counted (`full`): a hub that keeps to playback_status and to
 * buffer_bytes never sends one. The last reply stays in the ring until the next one takes its
 * place, so that it can be heard again if it is there as a whole. Depends on core/, proto/voice,
 * port/port.h, tone.h.
 *
 *     err = teddy_play_take(&play, &down);             // in the port's sink
 *     if (teddy_play_waits(&play)) ...                 // there is something to play
 *     teddy_play_run(&play, &tone, volume_pct, now);   // every step while it may sound
 *     if (teddy_play_over(&play)) ...                  // all of it was heard
 */
#ifndef ROOST_DEVICES_TEDDY_PLAY_H
#define ROOST_DEVICES_TEDDY_PLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/log.h"
#include "devices/teddy/tone.h"
#include "port/port.h"
#include "proto/voice/down.h"

enum {
    TEDDY_RATE_MIN_HZ = 8000,
    TEDDY_RATE_MAX_HZ = 48000,
    TEDDY_START_MS = 60,           /* of sound before it begins, ... */
    TEDDY_AGAIN_MS = 300,          /* ... and before it goes on after it ran dry */
    TEDDY_LOW_MS = 45,             /* left in the loudspeaker when it is called dry */
    TEDDY_FADE_MS = 8,             /* of a soft start or end */
    TEDDY_PLAY_POLL_MS = 15,       /* between two looks while it sounds */
    TEDDY_SPEAKER_STUCK_MS = 2000, /* it plays nothing for so long: it is gone */
    TEDDY_STAGE_SAMPLES = 256,
    TEDDY_BLOCK_SAMPLES = 160
};

struct teddy_play {
    const struct roost_port *port;
    struct roost_log *log;

    /* the reply */
    uint8_t *ring;
    uint32_t size;
    uint32_t head, used,
        past; /* the next byte to play; bytes from there on; of this reply before */
    enum voice_format format;
    uint32_t rate_hz;
    bool fresh;                   /* the next piece begins another reply */
    bool final;                   /* no piece follows */
    bool holey;                   /* a piece of it was refused, or its sound was none */
    uint64_t last_seq, known_seq; /* of its pieces; up to here they come a second time */

    /* what sounds */
    bool playing; /* samples are made of the reply; else it waits for more, or nothing plays */
    bool begun;   /* the decoder has its beginning */
    bool drained; /* the decoder has no more */
    bool local;   /* what is in stage and block is the teddy's own */
    uint16_t stage_at, stage_len;
    uint32_t stage_rate_hz;
    int16_t now, next; /* the two samples between which the loudspeaker's next one lies */
    uint32_t between;  /* how far, in 65536ths */
    uint16_t fade;     /* samples of a soft start that are still to come */
    uint16_t block_at, block_len;
    uint32_t dry_ms; /* when it ran dry */
    bool soft_end;   /* the block ends in silence already */

    /* the loudspeaker */
    bool on, fault;
    uint32_t out_rate_hz;
    int32_t left;           /* in its buffer, as last seen */
    uint32_t moved_ms;      /* when it last played or took something */
    uint32_t reply_samples; /* given to it of this reply, at out_rate_hz */

    uint32_t pieces, repeated, dry, full, bad; /* since init; bad: no sound, or none of ours */
    uint32_t underruns;                        /* of the loudspeaker, as it says */

    int16_t stage[TEDDY_STAGE_SAMPLES], block[TEDDY_BLOCK_SAMPLES]; /* last: the rest is near */
};

/* Less than ROOST_TEDDY_HEARD_MIN: ROOST_ERR_NO_SPACE. */
int teddy_play_init(struct teddy_play *play, const struct roost_port *port, void *memory,
                    size_t bytes, struct roost_log *log);

/* Takes the sound of an audio_response; one whose number was heard before is skipped. Returns 0,
 * ROOST_ERR_FULL, ROOST_ERR_INVALID (no base64, another format in the middle of a reply, a rate
 * outside TEDDY_RATE_, a file where bare samples should be), ROOST_ERR_UNSUPPORTED (no decoder). */
int teddy_play_take(struct teddy_play *play, const struct voice_down *piece);

/* There is enough to begin with, or to end with. */
bool teddy_play_waits(const struct teddy_play *play);

/* The reply is over: nothing of it is left to be heard, and nothing more comes. */
bool teddy_play_over(const struct teddy_play *play);

/* Something can be heard, or will be without a further piece: the microphone has to wait. */
bool teddy_play_sounds(const struct teddy_play *play, const struct teddy_tone *tone);

/* Silence at once; of what is not heard yet the next `bytes` are dropped. */
void teddy_play_hush(struct teddy_play *play, uint32_t bytes);

/* Whatever comes next is of another reply, whose numbers may begin anew. */
void teddy_play_fresh(struct teddy_play *play);

/* What is there is all there is. */
void teddy_play_last(struct teddy_play *play);

/* The connection is another one: pieces up to the last one may come again. */
void teddy_play_resumed(struct teddy_play *play);

/* The last reply from its beginning: false, it is not there as a whole. */
bool teddy_play_again(struct teddy_play *play);
bool teddy_play_can_again(const struct teddy_play *play);

/* Gives the loudspeaker what it has room for. `reply`: the hub's sound may be heard. Of the time
 * the lower half is enough here. */
void teddy_play_run(struct teddy_play *play, struct teddy_tone *tone, bool reply,
                    uint32_t volume_pct, uint32_t now_ms);

/* When to run next, or ROOST_NEVER. */
uint64_t teddy_play_due(const struct teddy_play *play, uint64_t now_ms);

/* Of the reply that plays: ms heard, and ms that are here and not heard yet (of compressed sound an
 * estimate). */
void teddy_play_times(const struct teddy_play *play, uint32_t *played_ms, uint32_t *buffered_ms);

/* Wipes what was heard. */
void teddy_play_forget(struct teddy_play *play);

#endif
