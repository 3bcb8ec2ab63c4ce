/* SPDX-License-Identifier: Apache-2.0 */
/* A manifest that is read has nine signed lines, whatever its members hold. */
#include "core/err.h"
#include "proto/fleet/manifest.h"
#include "fuzz/fuzz.h"

static void check_word(const char *word, size_t size)
{
    size_t len = strlen(word);
    FUZZ_CHECK(len > 0 && len < size);
    for (size_t i = 0; i < len; i++)
        FUZZ_CHECK(word[i] > ' ' && word[i] <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct roost_manifest manifest;
    const char *field = NULL;
    int err = roost_manifest_read(&manifest, (const char *)data, len, &field);
    FUZZ_CHECK(err <= 0 && field && field[0]);
    if (err || !manifest.available)
        return 0;
    check_word(manifest.product, sizeof manifest.product);
    check_word(manifest.target, sizeof manifest.target);
    check_word(manifest.version, sizeof manifest.version);
    check_word(manifest.url, sizeof manifest.url);

    char text[ROOST_MANIFEST_TEXT_MAX];
    int text_len = roost_manifest_text(&manifest, text, sizeof text);
    FUZZ_CHECK(text_len > 0 && text_len == (int)strlen(text) && text[text_len - 1] == '\n');
    int lines = 0;
    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    FUZZ_CHECK(lines == 9);
    return 0;
}
