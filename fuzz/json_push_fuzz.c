/* SPDX-License-Identifier: Apache-2.0 */
/* A text in pieces is what it is whole, and good where core/json_read.h finds it good. */
#include "core/err.h"
#include "core/json_push.h"
#include "core/json_read.h"
#include "core/utf8.h"
#include "fuzz/fuzz.h"

enum { TOKENS = 512 };

/* All that is told, strings put together: a sum that depends on the order. */
struct told {
    uint64_t sum;
    int depth;
};

static void add(struct told *told, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        told->sum = (told->sum ^ (uint8_t)text[i]) * UINT64_C(0x100000001B3);
}

static int note(void *ctx, enum roost_json_event event, const char *text, size_t len)
{
    struct told *told = ctx;
    bool string = event >= ROOST_JSON_EV_KEY_PIECE && event <= ROOST_JSON_EV_TEXT;
    char mark = (char)event;
    for (size_t at = 0, n = 0; string && at < len; at += n) {
        n = roost_utf8_len(text + at, text + len);
        FUZZ_CHECK(n > 0);
    }
    add(told, text, len);
    if (event != ROOST_JSON_EV_KEY_PIECE && event != ROOST_JSON_EV_TEXT_PIECE)
        add(told, &mark, 1);
    told->depth += event == ROOST_JSON_EV_OBJECT || event == ROOST_JSON_EV_ARRAY;
    told->depth -= event == ROOST_JSON_EV_END;
    FUZZ_CHECK(told->depth >= 0 && told->depth <= ROOST_JSON_PUSH_DEPTH_MAX);
    return 0;
}

static int read_all(struct told *told, const char *text, size_t len, size_t piece)
{
    struct roost_json_push push;
    *told = (struct told){0};
    roost_json_push_begin(&push, note, told);
    for (size_t at = 0; at < len; at += piece)
        (void)roost_json_push_feed(&push, text + at, len - at < piece ? len - at : piece);
    return roost_json_push_end(&push);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct roost_json_token tokens[TOKENS];
    struct told whole, pieces;
    struct roost_json doc;
    if (len < 1)
        return 0;
    const char *text = (const char *)data + 1;
    len--;
    int err = read_all(&whole, text, len, len ? len : 1);
    FUZZ_CHECK(read_all(&pieces, text, len, data[0] % 17 + 1U) == err);
    if (!err)
        FUZZ_CHECK(whole.sum == pieces.sum && whole.depth == 0 && pieces.depth == 0);
    int read = roost_json_parse(&doc, tokens, TOKENS, text, len);
    FUZZ_CHECK(read != ROOST_OK || err == ROOST_OK);
    FUZZ_CHECK(read != ROOST_ERR_TRUNCATED || err != ROOST_OK);
    return 0;
}
