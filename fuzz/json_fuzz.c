/* SPDX-License-Identifier: Apache-2.0 */
/* Reads every value of a document in every way, and writes every string again. */
#include "core/err.h"
#include "core/json_read.h"
#include "core/json_write.h"
#include "fuzz/fuzz.h"

enum { TOKENS = 128 };

static void rewrite(const struct roost_json *doc, int index)
{
    static char text[1 << 16], out[7 << 16];
    char back[sizeof text];
    if (roost_json_string(doc, index, text, sizeof text) != 0)
        return;
    struct roost_json_writer writer;
    struct roost_json again;
    struct roost_json_token token[1];
    roost_json_begin(&writer, out, sizeof out);
    roost_json_str(&writer, text);
    int len = roost_json_finish(&writer);
    FUZZ_CHECK(len >= 2);
    FUZZ_CHECK(roost_json_parse(&again, token, 1, out, (size_t)len) == 0);
    FUZZ_CHECK(roost_json_string(&again, ROOST_JSON_ROOT, back, sizeof back) == 0);
    FUZZ_CHECK(strcmp(back, text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct roost_json_token tokens[TOKENS];
    struct roost_json doc;
    const char *text = (const char *)data;
    int err = roost_json_parse(&doc, tokens, TOKENS, text, len);
    FUZZ_CHECK(err <= 0);
    if (err)
        return 0;
    FUZZ_CHECK(doc.count > 0 && doc.count <= TOKENS);
    for (int i = -1; i <= (int)doc.count; i++) {
        const char *raw;
        size_t raw_len;
        double number;
        int64_t integer;
        uint64_t natural;
        bool flag;
        char string[32];
        raw = roost_json_text(&doc, i, &raw_len);
        FUZZ_CHECK(!raw || (raw >= text && raw + raw_len <= text + len));
        rewrite(&doc, i);
        (void)roost_json_at(&doc, i, 1);
        FUZZ_CHECK(roost_json_find(&doc, i, "position") < (int)doc.count);
        (void)roost_json_get_double(&doc, i, "value", &number);
        (void)roost_json_get_int64(&doc, i, "ts", &integer);
        (void)roost_json_get_uint64(&doc, i, "seq", &natural);
        (void)roost_json_get_bool(&doc, i, "ok", &flag);
        (void)roost_json_get_string(&doc, i, "id", string, sizeof string);
        (void)roost_json_get_raw(&doc, i, "data", &raw, &raw_len);
    }
    return 0;
}
