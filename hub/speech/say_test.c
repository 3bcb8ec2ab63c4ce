/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>
#include <cmocka.h>

#include <malloc.h>

#include "core/err.h"
#include "core/fnv.h"
#include "hub/speech/helper.h"
#include "hub/speech/say.h"

static uv_loop_t loop;
static struct say *say;
static struct speak speak;

struct reply {
    struct speech *speech;
    size_t bytes, pieces, said, ended;
    uint32_t ms, first_ms;
    int err;
    size_t cancel_at; /* pieces; 0: never */
    int loud;
};

static void on_sound(void *arg, const void *bytes, size_t len, uint32_t duration_ms)
{
    struct reply *r = arg;
    const int16_t *pcm = bytes;
    assert_true(len > 0 && len <= 6 * 1024);
    assert_int_equal(r->ended, 0);
    r->bytes += len;
    r->ms += duration_ms;
    if (r->pieces++ == 0)
        r->first_ms = duration_ms;
    for (size_t i = 0; i < len / 2; i++)
        r->loud = abs(pcm[i]) > r->loud ? abs(pcm[i]) : r->loud;
    if (r->pieces == r->cancel_at)
        speak.ops->cancel(r->speech);
}

static void on_said(void *arg, int err)
{
    struct reply *r = arg;
    r->said++;
    r->err = err;
}

static void on_ended(void *arg, int err)
{
    struct reply *r = arg;
    r->ended++;
    r->err = err;
}

static const struct speech_events events = {on_sound, on_said, on_ended};

static int open_it(void **state)
{
    struct say_options options = {
        .voice = SAY_FLITE_SLT, .espeak = "espeak-ng", .threads = 2, .queue = 1};
    struct why why;
    (void)state;
    uv_loop_init(&loop);
    assert_int_equal(say_open(&say, &loop, &options, &why), 0);
    speak = say_provider(say);
    return 0;
}

static void settle(void)
{
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(say_counts(say).replies, 0);
}

static int close_it(void **state)
{
    (void)state;
    say_close(say);
    uv_run(&loop, UV_RUN_DEFAULT);
    return uv_loop_close(&loop);
}

static void start(struct reply *r, enum child_language language, enum speech_format format)
{
    struct voice_for child = {language, CHILD_6_8, ""};
    *r = (struct reply){0};
    assert_int_equal(speak.ops->start(speak.ctx, &child, format, &events, r, &r->speech), 0);
}

static void say_it(struct reply *r, const char *text)
{
    size_t said = r->said;
    assert_int_equal(speak.ops->say(r->speech, text, strlen(text)), 0);
    assert_int_equal(r->said, said); /* never from inside a call */
    while (r->said == said)
        uv_run(&loop, UV_RUN_ONCE);
}

static void finish(struct reply *r)
{
    assert_int_equal(speak.ops->end(r->speech), 0);
    assert_int_equal(r->ended, 0);
    settle();
    assert_int_equal(r->ended, 1);
    assert_int_equal(r->err, 0);
}

static void a_reply_in_every_format(void **state)
{
    static const enum speech_format formats[] = {SPEECH_PCM_16K, SPEECH_MP3_22K, SPEECH_OPUS};
    static const uint32_t bits_per_s[] = {256000, 48000, 18000};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct reply r;
        uint32_t ms;
        start(&r, CHILD_EN, formats[i]);
        say_it(&r, "Hello, shall we play?");
        assert_int_equal(r.err, 0);
        ms = r.ms;
        assert_in_range(ms, 800, 2500);
        assert_in_range(r.first_ms, 50, 200);
        say_it(&r, "I know a game!");
        assert_true(r.ms > ms + 400);
        finish(&r);
        assert_true(r.bytes * 8 < (uint64_t)bits_per_s[i] * r.ms / 1000 * 14 / 10);
        assert_true(r.bytes * 8 > (uint64_t)bits_per_s[i] * r.ms / 1000 * 5 / 10);
    }
}

static void arabic(void **state)
{
    struct reply r;
    (void)state;
    start(&r, CHILD_AR, SPEECH_PCM_16K);
    for (int i = 0; i < 4; i++)
        say_it(&r, "مَرْحَبًا يَا صَدِيقِي، كَيْفَ حَالُكَ؟");
    assert_int_equal(r.err, 0);
    assert_in_range(r.ms, 3000, 16000);
    assert_true(r.loud > 3000);
    finish(&r);
}

static void what_cannot_be_said_is_silent(void **state)
{
    struct reply r;
    (void)state;
    start(&r, CHILD_EN, SPEECH_MP3_22K);
    say_it(&r, "🧸");
    assert_int_equal(r.err, 0);
    say_it(&r, "...");
    finish(&r);
    assert_int_equal(r.bytes, 0);
    start(&r, CHILD_EN, SPEECH_PCM_16K);
    finish(&r); /* not a word */
}

static void one_sentence_at_a_time(void **state)
{
    static char text[SAY_TEXT_MAX + 1];
    struct reply r[4];
    struct voice_for child = {CHILD_EN, CHILD_6_8, ""};
    struct speech *none;
    (void)state;
    for (size_t i = 0; i < 4; i++)
        start(&r[i], CHILD_EN, SPEECH_PCM_16K);
    memset(text, 'a', sizeof text);
    assert_int_equal(speak.ops->say(r[0].speech, text, sizeof text), ROOST_ERR_TOO_LONG);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(speak.ops->say(r[i].speech, "Hello there.", 12), 0);
    assert_int_equal(speak.ops->say(r[0].speech, "Hello.", 6), ROOST_ERR_BUSY);
    assert_int_equal(speak.ops->end(r[0].speech), ROOST_ERR_BUSY);
    assert_int_equal(speak.ops->say(r[3].speech, "Hello.", 6), ROOST_ERR_FULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(r[i].said, 1);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(speak.ops->end(r[i].speech), 0);
    settle();
    assert_int_equal(speak.ops->start(speak.ctx, &child, (enum speech_format)7, &events, r, &none),
                     ROOST_ERR_UNSUPPORTED);
}

/* A long sentence, cancelled before, after, and at its first sounds: nothing follows, and its
 * thread is free long before it would have been spoken. */
static void a_cancelled_reply_is_gone(void **state)
{
    static const char *const texts[] = {
        [CHILD_EN] =
            "Once upon a time there was a little bear who lived in a big forest, and every "
            "morning he went to the river, and to the hill, and to the old tree.",
        [CHILD_AR] = "كَانَ يَا مَا كَانَ دُبٌّ صَغِيرٌ يَعِيشُ فِي غَابَةٍ كَبِيرَةٍ، وَكَانَ يَذْهَبُ إِلَى النَّهْرِ كُلَّ صَبَاحٍ."};
    (void)state;
    for (size_t i = 0; i < 12; i++) {
        enum child_language language = i % 2 ? CHILD_AR : CHILD_EN;
        struct reply r;
        start(&r, language, i % 3 ? SPEECH_PCM_16K : SPEECH_MP3_22K);
        if (i < 2) { /* before any sentence */
            speak.ops->cancel(r.speech);
            settle();
            continue;
        }
        assert_int_equal(speak.ops->say(r.speech, texts[language], strlen(texts[language])), 0);
        if (i < 6) {
            r.cancel_at = i / 2;
        } else {
            uv_sleep((unsigned)i);
            speak.ops->cancel(r.speech);
        }
        settle();
        assert_int_equal(r.said, 0);
        assert_int_equal(r.pieces, r.cancel_at);
    }
    assert_true(say_counts(say).cancelled >= 12);
}

static void an_end_can_be_cancelled(void **state)
{
    struct reply r;
    (void)state;
    start(&r, CHILD_EN, SPEECH_MP3_22K);
    say_it(&r, "Hi.");
    assert_int_equal(speak.ops->end(r.speech), 0);
    assert_int_equal(speak.ops->say(r.speech, "Hi.", 3), ROOST_ERR_STATE);
    speak.ops->cancel(r.speech);
    settle();
    assert_int_equal(r.ended, 0);
}

static void what_is_missing_is_named(void **state)
{
    struct say_options options = {.espeak = "espeak-of-nobody", .threads = 1};
    struct voice_for child = {CHILD_AR, CHILD_6_8, ""};
    struct say *other;
    struct speak use;
    struct speech *speech;
    struct why why;
    (void)state;
    assert_int_equal(say_open(&other, &loop, &options, &why), ROOST_ERR_NOT_FOUND);
    assert_non_null(strstr(why.text, "espeak-of-nobody"));
    options.espeak = "/bin/true"; /* there, and no voice */
    assert_int_equal(say_open(&other, &loop, &options, &why), ROOST_ERR_FAULT);
    assert_non_null(strstr(why.text, "does not speak Arabic"));
    options.espeak = NULL;
    assert_int_equal(say_open(&other, &loop, &options, &why), 0);
    use = say_provider(other);
    assert_int_equal(use.ops->start(use.ctx, &child, SPEECH_PCM_16K, &events, NULL, &speech),
                     ROOST_ERR_UNSUPPORTED);
    say_close(other);
}

static int status_of(char *const argv[], char *out, size_t size)
{
    struct helper h;
    size_t len = 0;
    int n;
    assert_int_equal(helper_start(&h, argv), 0);
    assert_int_equal(helper_say(&h, "words", 5), 0);
    while ((n = helper_read(&h, out + len, size - 1 - len, 5000)) > 0)
        len += (size_t)n;
    assert_int_equal(n, 0);
    out[len] = '\0';
    usleep(20000); /* it has closed its output and is about to end */
    return helper_stop(&h);
}

static void a_helper_is_confined(void **state)
{
    char out[4096];
    (void)state;
    setenv("ROOST_TEST_SECRET", "secret", 1);
    assert_int_equal(status_of((char *[]){"/bin/cat", NULL}, out, sizeof out), 0);
    assert_string_equal(out, "words");
    status_of((char *[]){"/usr/bin/env", NULL}, out, sizeof out);
    assert_null(strstr(out, "secret"));
    status_of((char *[]){"/bin/bash", "-c",
                         "ls /proc/self/fd | wc -l; ulimit -t; ulimit -c; "
                         "echo x 2>/dev/null >/dev/tcp/127.0.0.1/9 || echo no socket; "
                         "grep -E 'NoNewPrivs|Seccomp:' /proc/self/status",
                         NULL},
              out, sizeof out);
    assert_non_null(strstr(out, "4\n10\n0\nno socket\nNoNewPrivs:\t1\nSeccomp:\t2\n"));
    status_of(
        (char *[]){"/bin/bash", "-c", "exec 3<>/dev/udp/127.0.0.1/9 && echo reached; true", NULL},
        out, sizeof out);
    assert_string_equal(out, "");
}

static void add_to_hash(void *arg, const void *bytes, size_t len, uint32_t duration_ms)
{
    uint32_t *hash = arg;
    (void)duration_ms;
    *hash = roost_fnv32(*hash, bytes, len);
}

static void note_end(void *arg, int err)
{
    (void)arg;
    assert_int_equal(err, 0);
}

/* V12: a sentence with a child's name in it is made anew each time: nothing of it is kept for
 * another child, and nothing that is kept can be damaged. */
static void nothing_is_kept_of_what_was_said(void **state)
{
    enum { TIMES = 1000, WARM = 20, KEPT_MAX = 64 << 10 };
    static const struct speech_events hashed = {add_to_hash, note_end, note_end};
    static const char text[] = "Good night, Mia.";
    struct say_options options = {.voice = SAY_FLITE_KAL16, .threads = 1, .queue = 1};
    struct voice_for child = {CHILD_EN, CHILD_6_8, ""};
    struct why why;
    uint32_t first = 0;
    size_t held = 0;
    struct say *robot;
    (void)state;
    assert_int_equal(say_open(&robot, &loop, &options, &why), 0);
    struct speak its = say_provider(robot);
    for (size_t i = 0; i < TIMES; i++) {
        uint32_t hash = ROOST_FNV32;
        struct speech *speech;
        assert_int_equal(its.ops->start(its.ctx, &child, SPEECH_PCM_16K, &hashed, &hash, &speech), 0);
        assert_int_equal(its.ops->say(speech, text, sizeof text - 1), 0);
        uv_run(&loop, UV_RUN_DEFAULT);
        assert_int_equal(its.ops->end(speech), 0);
        uv_run(&loop, UV_RUN_DEFAULT);
        first = i == 0 ? hash : first;
        assert_int_equal(hash, first);
        if (i == WARM)
            held = mallinfo2().uordblks;
    }
    assert_true(mallinfo2().uordblks <= held + KEPT_MAX);
    say_close(robot);
    settle();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_in_every_format),
        cmocka_unit_test(arabic),
        cmocka_unit_test(what_cannot_be_said_is_silent),
        cmocka_unit_test(one_sentence_at_a_time),
        cmocka_unit_test(a_cancelled_reply_is_gone),
        cmocka_unit_test(an_end_can_be_cancelled),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(a_helper_is_confined),
        cmocka_unit_test(nothing_is_kept_of_what_was_said),
    };
    return cmocka_run_group_tests(tests, open_it, close_it);
}
