/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of the companion's files: the input alone, and behind content that loads. */
#include "fuzz/fuzz.h"
#include "hub/companion/content_rig.h"

static int look(void *ctx, const struct companion_sentence *sentence)
{
    unsigned *left = ctx;
    FUZZ_CHECK(sentence->text[0] != 0 && sentence->groups > 0 && sentence->groups < 16);
    return --*left == 0;
}

static void load(const char *text, size_t len, enum child_language language)
{
    struct companion *companion = NULL;
    char why[200] = "";
    int err = companion_load_text(&companion, language, "fuzz.txt", text, len, why, sizeof why);
    FUZZ_CHECK(err <= 0);
    if (err < 0) {
        FUZZ_CHECK(companion == NULL && why[0] != 0);
        return;
    }
    unsigned left = 2000;
    companion_each_sentence(companion, look, &left);
    struct companion_thread thread;
    char out[COMPANION_REPLY_MAX + 1];
    companion_thread_init(&thread, len);
    struct companion_turn turn = {"tell me a story", language, CHILD_6_8, "Mia", 12};
    FUZZ_CHECK(companion_reply(companion, &thread, &turn, out, sizeof out) > 0);
    companion_free(companion);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    enum child_language language = len && data[0] & 1 ? CHILD_AR : CHILD_EN;
    load((const char *)data, len, language);
    char *more = calloc(1, len + 1);
    if (!more)
        return 0;
    memcpy(more, data, len);
    char *text = content_rig(language, more);
    load(text, strlen(text), language);
    free(text);
    free(more);
    return 0;
}
