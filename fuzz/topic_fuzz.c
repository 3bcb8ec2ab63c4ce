/* SPDX-License-Identifier: Apache-2.0 */
#include "core/err.h"
#include "fuzz/fuzz.h"
#include "proto/climate/topic.h"

static void one_table(const struct roost_topic *topics, size_t count, const uint8_t *data,
                      size_t len)
{
    char id[ROOST_DEVICE_ID_MAX + 1], text[ROOST_TOPIC_MAX + 1];
    int kind = roost_topic_find(topics, count, (const char *)data, len, id);
    FUZZ_CHECK(kind < (int)count);
    if (kind < 0)
        return;
    FUZZ_CHECK(roost_device_id_check(id, strlen(id)) == 0);
    int written = roost_topic_write(text, sizeof text, &topics[kind], id);
    FUZZ_CHECK(written == (int)len && memcmp(text, data, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    one_table(climate_topics, CLIMATE_TOPIC_COUNT, data, len);
    one_table(roost_fleet_topics, ROOST_FLEET_TOPIC_COUNT, data, len);
    return 0;
}
