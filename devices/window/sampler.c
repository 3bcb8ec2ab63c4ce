/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/window/sampler.h"

static bool in_range(const struct roost_climate_sample *sample)
{
    return sample->temperature_mdegc >= WINDOW_TEMPERATURE_MIN_MDEGC &&
           sample->temperature_mdegc <= WINDOW_TEMPERATURE_MAX_MDEGC &&
           sample->humidity_mpct >= WINDOW_HUMIDITY_MIN_MPCT &&
           sample->humidity_mpct <= WINDOW_HUMIDITY_MAX_MPCT;
}

void window_sampler_init(struct window_sampler *sampler)
{
    *sampler = (struct window_sampler){0};
}

static enum window_verdict judge(struct window_sampler *sampler, int status,
                                 const struct roost_climate_sample *sample, uint32_t stuck_samples)
{
    if (status != 0) {
        if (sampler->misses < UINT32_MAX)
            sampler->misses++;
        return WINDOW_SAMPLE_MISSED;
    }
    sampler->misses = 0;
    if (!in_range(sample))
        return WINDOW_SAMPLE_RANGE;

    bool same = sampler->equal > 0 &&
                sample->temperature_mdegc == sampler->last.temperature_mdegc &&
                sample->humidity_mpct == sampler->last.humidity_mpct;
    if (!same)
        sampler->equal = 0;
    if (sampler->equal < UINT32_MAX)
        sampler->equal++;
    sampler->last = *sample;
    return stuck_samples > 0 && sampler->equal >= stuck_samples ? WINDOW_SAMPLE_STUCK
                                                                : WINDOW_SAMPLE_GOOD;
}

enum window_verdict window_sampler_judge(struct window_sampler *sampler,
                                         struct roost_faults *faults, int status,
                                         const struct roost_climate_sample *sample,
                                         uint32_t stuck_samples)
{
    enum window_verdict verdict = judge(sampler, status, sample, stuck_samples);

    sampler->count[verdict]++;
    roost_faults_set(faults, WINDOW_FAULT_SENSOR_SILENT, sampler->misses >= WINDOW_SILENT_MISSES);
    if (verdict != WINDOW_SAMPLE_MISSED) {
        roost_faults_set(faults, WINDOW_FAULT_SENSOR_RANGE, verdict == WINDOW_SAMPLE_RANGE);
        if (verdict != WINDOW_SAMPLE_RANGE)
            roost_faults_set(faults, WINDOW_FAULT_SENSOR_STUCK, verdict == WINDOW_SAMPLE_STUCK);
    }
    return verdict;
}

const char *window_verdict_name(enum window_verdict verdict)
{
    static const char *const names[WINDOW_VERDICT_COUNT] = {
        [WINDOW_SAMPLE_GOOD] = "good",
        [WINDOW_SAMPLE_MISSED] = "missed",
        [WINDOW_SAMPLE_RANGE] = "range",
        [WINDOW_SAMPLE_STUCK] = "stuck",
    };
    return (unsigned)verdict < WINDOW_VERDICT_COUNT ? names[verdict] : "unknown";
}
