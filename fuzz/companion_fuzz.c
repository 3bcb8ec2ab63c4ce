/* SPDX-License-Identifier: Apache-2.0 */
/* A talk of the companion: each line is a turn of one session; its first byte says of whom. */
#include "fuzz/fuzz.h"
#include "hub/companion/content_rig.h"

static struct companion *content(void)
{
    static struct companion *companion; /* of the whole run */
    char why[200], *text;
    if (companion)
        return companion;
    text = content_rig(CHILD_EN, "");
    FUZZ_CHECK(companion_load_text(&companion, CHILD_EN, "x.txt", text, strlen(text), why,
                                   sizeof why) == 0);
    free(text);
    return companion;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct companion_thread thread;
    char text[COMPANION_TEXT_MAX + 100], name[40], out[COMPANION_REPLY_MAX + 1];
    companion_thread_init(&thread, len);
    for (size_t at = 0; at < len;) {
        const uint8_t *stop = memchr(data + at, '\n', len - at);
        size_t n = stop ? (size_t)(stop - data) - at : len - at;
        size_t used = n < sizeof text - 1 ? n : sizeof text - 1;
        memcpy(text, data + at, used);
        text[used] = 0;
        memcpy(name, text, sizeof name - 1 < used ? sizeof name - 1 : used);
        name[sizeof name - 1 < used ? sizeof name - 1 : used] = 0;
        uint8_t who = used ? (uint8_t)text[0] : 0;
        struct companion_turn turn = {text, CHILD_EN, (enum child_age_group)(who % 4),
                                      who & 4 ? name : NULL, who};
        int written = companion_reply(content(), &thread, &turn, out, sizeof out);
        FUZZ_CHECK(written > 0 && written <= COMPANION_REPLY_MAX);
        FUZZ_CHECK(strlen(out) == (size_t)written);
        at += n + 1;
    }
    return 0;
}
