/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/speech/voice_gate.h"

#include <math.h>
#include <string.h>

/* A short "no" has about 100 ms of voice. A click is over after one frame, and even a drum has
 * rarely a pitch. */
enum { VOICED_HOPS = 6, AMONG_HOPS = 20 };

static const double loud_enough = 3.2e-6; /* mean square of full scale: -55 dBFS */
static const float pitched_enough = 0.5F; /* noise has 0.3 at most */

void voice_gate_init(struct voice_gate *g)
{
    memset(g, 0, sizeof *g);
}

/* The largest normalised correlation of the frame's beginning with itself, later. */
static bool is_pitched(const float *frame)
{
    float energy = 1e-9F;
    for (int i = 0; i < VOICE_GATE_WINDOW; i++)
        energy += frame[i] * frame[i];
    for (int lag = VOICE_GATE_LAG_MIN; lag <= VOICE_GATE_LAG_MAX; lag++) {
        float with = 0, other = 1e-9F;
        for (int i = 0; i < VOICE_GATE_WINDOW; i++) {
            with += frame[i] * frame[i + lag];
            other += frame[i + lag] * frame[i + lag];
        }
        if (with > 0 && with * with > pitched_enough * pitched_enough * energy * other)
            return true;
    }
    return false;
}

static void end_hop(struct voice_gate *g)
{
    double mean = g->energy / VOICE_GATE_HOP;
    unsigned voiced = 0;
    g->voiced = g->voiced << 1 | (mean > loud_enough && is_pitched(g->frame) ? 1 : 0);
    for (unsigned i = 0; i < AMONG_HOPS; i++)
        voiced += g->voiced >> i & 1;
    g->heard |= voiced >= VOICED_HOPS;
    memmove(g->frame, g->frame + VOICE_GATE_HOP,
            (VOICE_GATE_FRAME - VOICE_GATE_HOP) * sizeof *g->frame);
    g->filled = VOICE_GATE_FRAME - VOICE_GATE_HOP;
    g->energy = 0;
}

bool voice_gate_feed(struct voice_gate *g, const int16_t *pcm, size_t samples)
{
    for (size_t i = 0; i < samples && !g->heard; i++) {
        float sample, white;
        g->samples++;
        g->odd = !g->odd;
        if (g->odd) {
            g->half = pcm[i];
            continue;
        }
        sample = (float)(g->half + pcm[i]) / 65536;
        white = sample - 0.95F * g->before; /* the voice's own tilt, and that of most noise */
        g->before = sample;
        g->rumble += 0.08F * (white - g->rumble); /* wind and mains, below 100 Hz */
        white -= g->rumble;
        if (g->filled >= VOICE_GATE_FRAME - VOICE_GATE_HOP)
            g->energy += (double)sample * sample;
        g->frame[g->filled++] = white;
        if (g->filled == VOICE_GATE_FRAME)
            end_hop(g);
    }
    return g->heard;
}
