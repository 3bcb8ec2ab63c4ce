/* SPDX-License-Identifier: Apache-2.0 */
/* Sound of the hub's into a ring that stands anywhere: what does not fit or is none changes
 * nothing, and what is taken comes out. */
#include "core/err.h"
#include "devices/teddy/play.h"
#include "fuzz/fuzz.h"

static uint8_t ring[2 * VOICE_PIECE_BYTES + 1];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct roost_port port;
    struct teddy_play play;
    struct voice_down down;

    if (len < 4 || voice_down_parse(&down, (const char *)data + 4, len - 4) < 0 || !down.audio)
        return 0;
    FUZZ_CHECK(teddy_play_init(&play, &port, ring, sizeof ring, NULL) == 0);
    play.head = (uint32_t)(data[0] | data[1] << 8) % play.size;
    play.used = (uint32_t)(data[2] | data[3] << 8) % (play.size + 1);
    play.fresh = data[0] & 1;
    play.format = VOICE_PCM;
    play.rate_hz = down.sample_rate_hz;
    uint32_t used = play.used;
    int err = teddy_play_take(&play, &down);
    FUZZ_CHECK(err <= 0 && play.used <= play.size && play.head < play.size);
    if (!(data[0] & 1)) /* else the ring was another reply's */
        FUZZ_CHECK(err < 0 ? play.used == used : play.used >= used);
    teddy_play_hush(&play, play.used);
    FUZZ_CHECK(play.used == 0 && play.head < play.size);
    return 0;
}
