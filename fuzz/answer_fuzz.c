/* SPDX-License-Identifier: Apache-2.0 */
#include "core/err.h"
#include "fuzz/fuzz.h"
#include "proto/fleet/command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct roost_answer answer, again;
    const char *text = (const char *)data;
    if (roost_answer_parse(&answer, text, len) != 0)
        return 0;
    if (!answer.data_json)
        return 0;
    FUZZ_CHECK(answer.data_json > text && answer.data_len > 0);
    FUZZ_CHECK(answer.data_json + answer.data_len < text + len);
    static char out[2 * ROOST_ANSWER_MAX];
    struct roost_json_writer writer;
    roost_answer_begin(&writer, out, sizeof out, answer.id);
    roost_json_raw(&writer, answer.data_json, answer.data_len);
    int written = roost_answer_end(&writer);
    FUZZ_CHECK(written > 0);
    if (written > ROOST_ANSWER_MAX)
        return 0;
    FUZZ_CHECK(roost_answer_parse(&again, out, (size_t)written) == 0);
    FUZZ_CHECK(again.ok && again.data_len == answer.data_len);
    FUZZ_CHECK(memcmp(again.data_json, answer.data_json, answer.data_len) == 0);
    return 0;
}
