/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <uv.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/settings.h"
#include "hub/speech/speech.h"

static void warps_are_read(void **state)
{
    double warp[CHILD_AGE_GROUPS];
    (void)state;
    assert_int_equal(speech_warp_parse(warp, "1.3,1.2,1"), 0);
    assert_true(warp[CHILD_3_5] == 1.3 && warp[CHILD_6_8] == 1.2 && warp[CHILD_9_11] == 1 &&
                warp[CHILD_12_13] == 1);
    assert_int_equal(speech_warp_parse(warp, ""), ROOST_ERR_INVALID);
    assert_int_equal(speech_warp_parse(warp, "1.2,1.1"), ROOST_ERR_INVALID);
    assert_int_equal(speech_warp_parse(warp, "1.2,1.1,1,1"), ROOST_ERR_INVALID);
    assert_int_equal(speech_warp_parse(warp, "1.2,1.1,x"), ROOST_ERR_INVALID);
    assert_int_equal(speech_warp_parse(warp, "1.2,1.7,1"), ROOST_ERR_RANGE);
    assert_int_equal(speech_warp_parse(warp, "0.7,1,1"), ROOST_ERR_RANGE);
    assert_int_equal(speech_warp_parse(warp, "nan,1,1"), ROOST_ERR_RANGE);
}

static int load(char *const *environment, struct settings **settings)
{
    char why[SETTINGS_WHY_MAX];
    return settings_examine(settings, NULL, environment, why, sizeof why);
}

static void settings_become_options(void **state)
{
    char *environment[] = {
        "ROOST_SPEECH_VOICE=kal16",  "ROOST_SPEECH_DECODERS=3",   "ROOST_SPEECH_QUEUE=5",
        "ROOST_SPEECH_ARABIC=none",  "ROOST_SPEECH_THREADS=1",    "ROOST_SPEECH_WARP=1.1,1,1",
        "ROOST_SPEECH_TO_TEXT=none", "ROOST_SPEECH_MODEL_DIR=/m", NULL};
    char *bad[] = {"ROOST_SPEECH_WARP=2,1,1", NULL};
    struct settings *settings;
    struct speech_options o;
    struct why why;
    (void)state;
    assert_int_equal(load(environment, &settings), 0);
    assert_int_equal(speech_options_of(&o, settings, &why), 0);
    assert_int_equal(o.to_text, SPEECH_TO_TEXT_NONE);
    assert_int_equal(o.from_text, TEXT_TO_SPEECH_FLITE);
    assert_int_equal(o.say.voice, SAY_FLITE_KAL16);
    assert_null(o.say.espeak);
    assert_int_equal(o.hear.decoders, 3);
    assert_int_equal(o.hear.queue, 5);
    assert_int_equal(o.hear.lanes, 1);
    assert_true(o.hear.where.warp[CHILD_3_5] == 1.1);
    assert_string_equal(o.hear.where.built, "/m");
    settings_free(settings);
    assert_int_equal(load(bad, &settings), 0);
    assert_int_equal(speech_options_of(&o, settings, &why), ROOST_ERR_RANGE);
    assert_non_null(strstr(why.text, "ROOST_SPEECH_WARP"));
    settings_free(settings);
}

static void what_is_named_and_missing_stops_the_start(void **state)
{
    struct speech_options o;
    struct speech_parts *parts;
    struct why why;
    uv_loop_t loop;
    (void)state;
    uv_loop_init(&loop);
    speech_options_plain(&o);
    o.hear.where.built = "/nowhere";
    assert_int_equal(speech_open(&parts, &loop, &o, &why), ROOST_ERR_NOT_FOUND);
    assert_non_null(strstr(why.text, "ROOST_SPEECH_TO_TEXT=pocketsphinx: /nowhere/en.dict"));
    speech_options_plain(&o);
    o.say.espeak = "espeak-of-nobody";
    assert_int_equal(speech_open(&parts, &loop, &o, &why), ROOST_ERR_NOT_FOUND);
    assert_non_null(strstr(why.text, "ROOST_SPEECH_ARABIC: espeak-of-nobody"));
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void none_is_none_and_all_is_all(void **state)
{
    struct speech_options o;
    struct voice_providers providers;
    struct speech_parts *parts;
    struct why why;
    uv_loop_t loop;
    (void)state;
    uv_loop_init(&loop);
    speech_options_plain(&o);
    assert_int_equal(speech_open(&parts, &loop, &o, &why), 0);
    speech_fill(parts, &providers);
    assert_non_null(providers.hear.ops);
    assert_non_null(providers.speak.ops);
    assert_int_equal(speech_heard(parts).started, 0);
    speech_close(parts);
    o.to_text = SPEECH_TO_TEXT_NONE;
    o.from_text = TEXT_TO_SPEECH_NONE;
    assert_int_equal(speech_open(&parts, &loop, &o, &why), 0);
    speech_fill(parts, &providers);
    assert_null(providers.hear.ops);
    assert_null(providers.speak.ops);
    assert_int_equal(speech_said(parts).sentences, 0);
    speech_close(parts);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(warps_are_read),
        cmocka_unit_test(settings_become_options),
        cmocka_unit_test(what_is_named_and_missing_stops_the_start),
        cmocka_unit_test(none_is_none_and_all_is_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
