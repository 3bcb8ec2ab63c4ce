/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request off the wire: its head, found the same way whole and in pieces, what it says of its
 * body and of its target, and a chunked body, which holds the same bytes however it is cut.
 */
#include "core/err.h"
#include "fuzz/fuzz.h"
#include "host/net/http_parse.h"

static void check_inside(const char *text, const char *bytes, size_t len)
{
    FUZZ_CHECK(text >= bytes && text + strlen(text) < bytes + len);
}

static void check_target(char *text)
{
    struct http_target target;
    size_t len = strlen(text) + 1;
    if (http_target_parse(&target, text) != 0)
        return;
    check_inside(target.path, text, len);
    FUZZ_CHECK(target.path[0] == '/');
    if (target.authority[0]) {
        check_inside(target.authority, text, len);
        FUZZ_CHECK(http_host_name(target.authority) <= strlen(target.authority));
    }
    FUZZ_CHECK(!strstr(target.path, "/../") && !strchr(target.path, '\\'));
    FUZZ_CHECK(target.query_count <= HTTP_QUERY_MAX);
    for (size_t i = 0; i < target.query_count; i++) {
        check_inside(target.query[i].name, text, len);
        if (target.query[i].value[0])
            check_inside(target.query[i].value, text, len);
    }
}

static void check_head(const uint8_t *data, size_t len)
{
    char *whole = malloc(len + 1), *pieces = malloc(len + 1);
    struct http_head head, again;
    size_t scanned = 0;
    FUZZ_CHECK(whole && pieces);
    memcpy(whole, data, len);
    memcpy(pieces, data, len);
    int taken = http_head_parse(&head, whole, len, &scanned);
    FUZZ_CHECK(taken <= (int)len);
    scanned = 0;
    int taken_again = 0;
    for (size_t have = 1; have <= len && taken_again == 0; have++)
        taken_again = http_head_parse(&again, pieces, have, &scanned);
    if (taken > 0) {
        enum http_framing framing;
        uint64_t length;
        FUZZ_CHECK(taken_again == taken && again.field_count == head.field_count);
        FUZZ_CHECK(strcmp(again.target, head.target) == 0);
        check_inside(head.method, whole, len);
        for (size_t i = 0; i < head.field_count; i++) {
            check_inside(head.fields[i].name, whole, len);
            check_inside(head.fields[i].value, whole, len);
        }
        (void)http_head_framing(&head, &framing, &length);
        (void)http_head_count(&head, "host");
        check_target(head.target);
    }
    free(pieces);
    free(whole);
}

/* Reads a chunked body `step` bytes at a time; returns how it ended, its bytes in `out`. */
static int read_chunks(const uint8_t *data, size_t len, size_t step, char *out, size_t *out_len)
{
    struct http_chunks chunks = {0};
    size_t at = 0;
    int result = 0;
    *out_len = 0;
    while (result == 0 && at < len) {
        size_t part = len - at < step ? len - at : step;
        size_t used, body_len;
        const char *body, *in = (const char *)data + at;
        result = http_chunks_read(&chunks, in, part, &used, &body, &body_len);
        if (result < 0)
            break;
        FUZZ_CHECK(used <= part && (used > 0 || result == 1));
        if (body_len > 0) {
            FUZZ_CHECK(body >= in && body + body_len <= in + used);
            memcpy(out + *out_len, body, body_len);
            *out_len += body_len;
        }
        at += used;
    }
    return result;
}

static void check_chunks(const uint8_t *data, size_t len)
{
    char *whole = malloc(len + 1), *pieces = malloc(len + 1);
    size_t whole_len, pieces_len;
    FUZZ_CHECK(whole && pieces);
    int result = read_chunks(data, len, len + 1, whole, &whole_len);
    FUZZ_CHECK(read_chunks(data, len, 1, pieces, &pieces_len) == result);
    FUZZ_CHECK(pieces_len == whole_len && memcmp(pieces, whole, whole_len) == 0);
    free(pieces);
    free(whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    check_head(data, len);
    check_chunks(data, len);
    return 0;
}
