/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hub/speech/speech_rig.h"

enum { DECODERS = 2, QUEUE = 2 };

static uv_loop_t loop;
static struct hear_sphinx *sphinx;
static struct hear hear;
static struct rig_sound hello, soft, noise;
static const struct voice_for child = {CHILD_EN, CHILD_12_13, ""};

static int open_it(void **state)
{
    struct speech_options options;
    struct why why;
    (void)state;
    speech_options_plain(&options);
    options.hear.decoders = DECODERS;
    options.hear.queue = QUEUE;
    options.hear.lanes = 2;
    for (int i = 0; i < CHILD_AGE_GROUPS; i++)
        options.hear.where.warp[i] = i == CHILD_3_5 ? 1.25 : 1; /* flite is grown up */
    uv_loop_init(&loop);
    assert_int_equal(hear_sphinx_open(&sphinx, &loop, &options.hear, &why), 0);
    hear = hear_sphinx_provider(sphinx);
    rig_speak(&hello, SAY_FLITE_SLT, "tell me a joke", 1);
    rig_speak(&soft, SAY_FLITE_RMS, "good night teddy", 0.05);
    for (size_t i = 0; i < 5 * 16000; i++)
        noise.pcm[noise.samples++] = (int16_t)(rand() % 1400 - 700);
    return 0;
}

static int close_it(void **state)
{
    (void)state;
    hear_sphinx_close(sphinx);
    uv_run(&loop, UV_RUN_DEFAULT);
    return uv_loop_close(&loop);
}

static struct hear_turn *begin(struct rig_heard *h)
{
    struct hear_turn *turn;
    *h = (struct rig_heard){0};
    assert_int_equal(hear.ops->start(hear.ctx, &child, &rig_events, h, &turn), 0);
    return turn;
}

/* Until nothing is under way. */
static void settle(void)
{
    while (uv_run(&loop, UV_RUN_NOWAIT))
        uv_sleep(1);
    assert_int_equal(hear_sphinx_counts(sphinx).now, 0);
    assert_int_equal(hear_sphinx_counts(sphinx).waiting, 0);
}

static void words_are_heard(void **state)
{
    struct rig_heard h;
    (void)state;
    rig_turn(&loop, hear, CHILD_12_13, &hello, &h);
    assert_int_equal(h.err, 0);
    assert_string_equal(h.text, "tell me a joke");
    assert_false(h.silent || h.unsure);
    settle();
}

/* V1 */
static void without_a_voice_nothing_is_recognised(void **state)
{
    static struct rig_sound press, silence;
    struct hear_sphinx_counts before = hear_sphinx_counts(sphinx);
    const struct rig_sound *sounds[] = {&press, &silence, &noise};
    struct rig_heard h;
    (void)state;
    silence.samples = 5 * 16000;
    for (size_t i = 0; i < 3; i++) {
        rig_turn(&loop, hear, CHILD_6_8, sounds[i], &h);
        assert_int_equal(h.err, 0);
        assert_true(h.silent);
        assert_false(h.unsure);
        assert_string_equal(h.text, "");
    }
    assert_int_equal(hear_sphinx_counts(sphinx).silent, before.silent + 3);
    assert_int_equal(hear_sphinx_counts(sphinx).heard, before.heard);
}

/* V2: 3 s of silence in the middle; and 3 s in front of the first word. */
static void a_pause_does_not_end_a_turn(void **state)
{
    static struct rig_sound both;
    struct rig_heard h;
    (void)state;
    rig_pause(&both, 3000);
    rig_speak(&both, SAY_FLITE_SLT, "tell me a joke", 1);
    rig_pause(&both, 3000);
    rig_speak(&both, SAY_FLITE_SLT, "good night teddy", 1);
    rig_turn(&loop, hear, CHILD_12_13, &both, &h);
    assert_int_equal(h.told, 1);
    assert_string_equal(h.text, "tell me a joke good night teddy");
}

/* V10: two decoders, many turns; whoever spoke before, a turn is heard as by a fresh decoder. */
static void nothing_is_kept_from_turn_to_turn(void **state)
{
    static struct rig_sound loud;
    struct rig_heard first, h;
    char words[DECODER_TEXT_MAX];
    (void)state;
    rig_speak(&loud, SAY_FLITE_RMS, "what does the lion eat in the dark forest", 3);
    {
        struct hear_sphinx *other;
        struct speech_options options;
        struct why why;
        speech_options_plain(&options);
        options.hear.where.warp[CHILD_12_13] = 1;
        options.hear.decoders = 1;
        assert_int_equal(hear_sphinx_open(&other, &loop, &options.hear, &why), 0);
        rig_turn(&loop, hear_sphinx_provider(other), CHILD_12_13, &soft, &first);
        snprintf(words, sizeof words, "%s", first.text);
        hear_sphinx_close(other);
    }
    for (int i = 0; i < 2; i++) {
        rig_turn(&loop, hear, i % 2 ? CHILD_3_5 : CHILD_12_13, i % 2 ? &noise : &loud, &h);
        rig_turn(&loop, hear, CHILD_3_5, &loud, &h);
        rig_turn(&loop, hear, CHILD_12_13, &soft, &h);
        assert_string_equal(h.text, words);
    }
    assert_int_not_equal(strlen(words), 0);
}

/* V9: who finds neither a decoder nor room to wait hears so at once; nobody else is dropped. */
static void who_finds_it_full_is_told_at_once(void **state)
{
    enum { ALL = DECODERS + QUEUE };
    static struct rig_heard h[ALL];
    struct hear_turn *turns[ALL], *more;
    struct rig_heard none;
    (void)state;
    for (size_t i = 0; i < ALL; i++) {
        turns[i] = begin(&h[i]);
        assert_int_equal(rig_feed(hear, turns[i], &hello), 0);
        assert_int_equal(hear.ops->finish(turns[i]), 0);
        assert_int_equal(hear.ops->finish(turns[i]), ROOST_ERR_STATE);
    }
    assert_int_equal(hear_sphinx_counts(sphinx).waiting, QUEUE);
    assert_int_equal(hear.ops->start(hear.ctx, &child, &rig_events, &none, &more), ROOST_ERR_FULL);
    for (size_t i = 0; i < ALL; i++) {
        rig_run(&loop, &h[i]);
        assert_string_equal(h[i].text, "tell me a joke");
        assert_int_equal(h[i].told, 1);
    }
    settle();
    hear.ops->cancel(begin(&none)); /* there is room again */
    settle();
}

/* At any moment: waiting, before sound, in the middle, at the end. The call returns at once and
 * nothing follows; the next turn finds its decoder free and fresh. */
static void a_cancelled_turn_is_gone(void **state)
{
    enum { TURNS = 24 };
    static struct rig_heard h[TURNS], again;
    (void)state;
    for (size_t i = 0; i < TURNS; i++) {
        struct hear_turn *turn = begin(&h[i]);
        uint64_t before;
        if (i % 4 > 0)
            rig_feed(hear, turn, &hello);
        if (i % 4 > 1)
            hear.ops->finish(turn);
        for (size_t k = 0; k < i % 7 && !h[i].told; k++) {
            uv_sleep((unsigned)i % 5 * 4);
            uv_run(&loop, UV_RUN_NOWAIT);
        }
        before = uv_hrtime();
        if (!h[i].told) {
            hear.ops->cancel(turn);
            h[i].told = 100;
        }
        assert_true(uv_hrtime() - before < 100000000);
        if (i % 3 == 0)
            settle();
    }
    settle();
    for (size_t i = 0; i < TURNS; i++)
        assert_true(h[i].told == 1 || h[i].told == 100);
    rig_turn(&loop, hear, CHILD_12_13, &hello, &again);
    assert_string_equal(again.text, "tell me a joke");
}

static void what_waits_can_be_cancelled(void **state)
{
    struct rig_heard h[4];
    struct hear_turn *turns[4];
    (void)state;
    for (size_t i = 0; i < 4; i++)
        turns[i] = begin(&h[i]);
    hear.ops->cancel(turns[2]);
    hear.ops->cancel(turns[0]);
    assert_int_equal(hear_sphinx_counts(sphinx).waiting, 0); /* the other has its seat */
    hear.ops->cancel(turns[3]);
    hear.ops->cancel(turns[1]);
    settle();
}

static void a_long_turn_is_heard_whole_and_a_too_long_one_refused(void **state)
{
    static struct rig_sound story;
    static const int16_t more[16000];
    struct rig_heard h;
    struct hear_turn *turn;
    size_t count = 0;
    (void)state;
    for (int i = 0; i < 8; i++) {
        rig_speak(&story, SAY_FLITE_SLT, "tell me a joke", 1);
        rig_pause(&story, 300);
    }
    rig_turn(&loop, hear, CHILD_12_13, &story, &h);
    for (const char *p = h.text; (p = strstr(p, "joke")); p++)
        count++;
    assert_in_range(count, 7, 8);
    turn = begin(&h);
    for (int i = 0; i < 31; i++)
        assert_int_equal(hear.ops->feed(turn, more, 16000), 0);
    assert_int_equal(hear.ops->feed(turn, more, 1), ROOST_ERR_TOO_LONG);
    hear.ops->cancel(turn);
    settle();
}

static void arabic_is_not_recognised_here(void **state)
{
    struct voice_for other = {CHILD_AR, CHILD_6_8, ""};
    struct hear_turn *turn;
    (void)state;
    assert_int_equal(hear.ops->start(hear.ctx, &other, &rig_events, NULL, &turn),
                     ROOST_ERR_UNSUPPORTED);
}

static void closing_ends_what_is_under_way(void **state)
{
    struct hear_sphinx *other;
    struct speech_options options;
    struct rig_heard h[3] = {0};
    struct why why;
    struct hear use;
    (void)state;
    speech_options_plain(&options);
    options.hear.decoders = 2;
    assert_int_equal(hear_sphinx_open(&other, &loop, &options.hear, &why), 0);
    use = hear_sphinx_provider(other);
    for (size_t i = 0; i < 3; i++) {
        struct hear_turn *turn;
        assert_int_equal(use.ops->start(use.ctx, &child, &rig_events, &h[i], &turn), 0);
        rig_feed(use, turn, &hello);
        use.ops->finish(turn);
    }
    hear_sphinx_close(other);
    settle();
    assert_int_equal(h[0].told + h[1].told + h[2].told, 0);
}

static void a_missing_model_is_named(void **state)
{
    struct speech_options options;
    struct hear_sphinx *other;
    struct why why;
    (void)state;
    speech_options_plain(&options);
    options.hear.where.built = "/nowhere";
    assert_int_equal(hear_sphinx_open(&other, &loop, &options.hear, &why), ROOST_ERR_NOT_FOUND);
    assert_non_null(strstr(why.text, "/nowhere/en.dict"));
    speech_options_plain(&options);
    options.hear.where.package = "/nowhere";
    assert_int_equal(hear_sphinx_open(&other, &loop, &options.hear, &why), ROOST_ERR_NOT_FOUND);
    assert_non_null(strstr(why.text, "/nowhere/en-us/en-us/mdef"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_heard),
        cmocka_unit_test(without_a_voice_nothing_is_recognised),
        cmocka_unit_test(a_pause_does_not_end_a_turn),
        cmocka_unit_test(nothing_is_kept_from_turn_to_turn),
        cmocka_unit_test(who_finds_it_full_is_told_at_once),
        cmocka_unit_test(a_cancelled_turn_is_gone),
        cmocka_unit_test(what_waits_can_be_cancelled),
        cmocka_unit_test(a_long_turn_is_heard_whole_and_a_too_long_one_refused),
        cmocka_unit_test(arabic_is_not_recognised_here),
        cmocka_unit_test(closing_ends_what_is_under_way),
        cmocka_unit_test(a_missing_model_is_named),
    };
    return cmocka_run_group_tests(tests, open_it, close_it);
}
