/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes a client sends. What they mean must not depend on how they are cut into reads. */
#include "fuzz/fuzz.h"
#include "host/net/websocket.h"
#include "host/net/websocket_codec.h"

enum { MESSAGE_MAX = 300 };

static uint64_t mix(uint64_t hash, const void *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ ((const uint8_t *)data)[i]) * 0x100000001B3u;
    return hash;
}

static void check(const struct websocket_part *part)
{
    FUZZ_CHECK(part->data[part->len] == '\0');
    switch (part->type) {
    case WEBSOCKET_PART_TEXT:
        FUZZ_CHECK(websocket_text_is_valid(part->data, part->len));
        FUZZ_CHECK(part->len <= MESSAGE_MAX);
        break;
    case WEBSOCKET_PART_BINARY:
        FUZZ_CHECK(part->len <= MESSAGE_MAX);
        break;
    case WEBSOCKET_PART_CLOSE:
        FUZZ_CHECK(part->code == WEBSOCKET_NO_CODE || websocket_code_is_sendable(part->code));
        FUZZ_CHECK(websocket_text_is_valid(part->data, part->len));
        FUZZ_CHECK(part->len <= WEBSOCKET_REASON_MAX);
        break;
    case WEBSOCKET_PART_PING:
    case WEBSOCKET_PART_PONG:
        FUZZ_CHECK(part->len <= WEBSOCKET_CONTROL_MAX);
        break;
    case WEBSOCKET_PART_VIOLATION:
        FUZZ_CHECK(websocket_code_is_sendable(part->code) && part->len <= WEBSOCKET_REASON_MAX);
        break;
    }
}

/* Hashes every part of it. Each read is a copy of its own, so that one past its end is found. */
static uint64_t run(const uint8_t *data, size_t len, size_t step)
{
    struct websocket_codec *codec = websocket_codec_new(MESSAGE_MAX);
    struct websocket_part part;
    uint64_t hash = 0xCBF29CE484222325u;

    FUZZ_CHECK(codec);
    for (size_t at = 0; at < len; at += step) {
        size_t n = step < len - at ? step : len - at;
        uint8_t *read = malloc(n);
        FUZZ_CHECK(read);
        memcpy(read, data + at, n);
        websocket_codec_feed(codec, read, n);
        while (websocket_codec_next(codec, &part)) {
            check(&part);
            hash = mix(mix(mix(hash, &part.type, sizeof part.type), &part.code, sizeof part.code),
                       part.data, part.len);
        }
        free(read);
    }
    websocket_codec_free(codec);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint64_t whole = run(data, len, len > 0 ? len : 1);

    FUZZ_CHECK(run(data, len, 1) == whole);
    FUZZ_CHECK(run(data, len, 7) == whole);
    return 0;
}
