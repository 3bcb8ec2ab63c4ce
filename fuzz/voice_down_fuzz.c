/* SPDX-License-Identifier: Apache-2.0 */
/* What the hub says, and the parameters of the address that a device comes to. */
#include "core/err.h"
#include "fuzz/fuzz.h"
#include "proto/voice/door.h"
#include "proto/voice/down.h"

static void check_message(const char *text, size_t len)
{
    static struct voice_down down;
    int err = voice_down_parse(&down, text, len);

    FUZZ_CHECK(err <= 0);
    if (err < 0)
        return;
    FUZZ_CHECK(down.type >= VOICE_DOWN_NONE && down.type < VOICE_DOWN_TYPE_COUNT);
    FUZZ_CHECK(!down.audio || (down.audio >= text && down.audio + down.audio_len <= text + len));
    FUZZ_CHECK((down.type == VOICE_DOWN_AUDIO_RESPONSE) == (down.audio != NULL));
    FUZZ_CHECK(strlen(down.session_id) <= VOICE_UUID_CHARS &&
               strlen(down.audio_session_id) <= VOICE_UUID_CHARS);
    FUZZ_CHECK(down.error <= VOICE_ERROR_COUNT && down.format <= VOICE_FORMAT_COUNT);
}

/* The same bytes as a name and an age. */
static void check_door(const uint8_t *data, size_t len)
{
    static char name[4096], url[VOICE_URL_MAX];
    const char *why;
    unsigned age = 0;
    size_t kept = len < sizeof name ? len : sizeof name - 1;
    struct voice_door door = {
        .device_id = "teddy-01",
        .child_id = "c",
        .child_name = name,
        .child_age = "7",
        .token = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"};

    memcpy(name, data, kept);
    name[kept] = '\0';
    int err = voice_door_check(&door, &age, &why);
    FUZZ_CHECK(err <= 0 && (err == 0) == (why == NULL));
    int written = voice_door_url(url, sizeof url, "wss://hub", &door);
    FUZZ_CHECK((err == 0) == (written > 0)); /* what is allowed always fits */
    if (err == 0)
        FUZZ_CHECK(strlen(url) == (size_t)written &&
                   strspn(url + 6, "abcdefghijklmnopqrstuvwxyz"
                                   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789_-.~%/?&=") == (size_t)written - 6);
    door.child_name = "Mia";
    door.child_age = name;
    if (voice_door_check(&door, &age, &why) == 0)
        FUZZ_CHECK(age >= VOICE_CHILD_AGE_MIN && age <= VOICE_CHILD_AGE_MAX && strlen(name) <= 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    check_message((const char *)data, len);
    check_door(data, len);
    return 0;
}
