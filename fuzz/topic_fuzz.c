/* SPDX-License-Identifier: Apache-2.0 */
#include "core/err.h"
#include "fuzz/fuzz.h"
#include "proto/climate/any_topic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct roost_any_topic topic;
    int err = roost_any_topic_parse(&topic, (const char *)data, len);
    FUZZ_CHECK(err <= 0);
    if (err)
        return 0;
    char text[ROOST_TOPIC_MAX + 1];
    FUZZ_CHECK(roost_device_id_check(topic.device_id, strlen(topic.device_id)) == 0);
    int written = roost_any_topic_write(text, sizeof text, topic.kind, topic.device_id);
    FUZZ_CHECK(written == (int)len && memcmp(text, data, len) == 0);
    return 0;
}
