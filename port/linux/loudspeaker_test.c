/* SPDX-License-Identifier: Apache-2.0 */
/* A loudspeaker that is a file, nowhere or ALSA's, and a microphone that is asked once, on a board.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/err.h"
#include "port/linux/light.h"
#include "port/linux/linux.h"
#include "port/linux/loudspeaker.h"
#include "port/linux/microphone.h"

enum { RATE_HZ = 16000 };

static struct roost_host host;
static struct roost_board board;
static struct linux_loudspeaker loudspeaker;
static const struct roost_audio_out *out;
static char why[256], path[64];
static unsigned steps;

static int post(void *device, const struct roost_event *event)
{
    (void)device;
    (void)event;
    return 0;
}

static uint64_t step(void *device)
{
    (void)device;
    steps++;
    return UINT64_MAX;
}

static void on_limit(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

static void pass(uint64_t ms)
{
    bool over = false;
    uv_timer_t limit;

    uv_timer_init(host.loop, &limit);
    limit.data = &over;
    uv_update_time(host.loop);
    uv_timer_start(&limit, on_limit, ms, 0);
    while (!over)
        uv_run(host.loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&limit, NULL);
    uv_run(host.loop, UV_RUN_NOWAIT);
}

static void make(const char *source, uint32_t speed)
{
    struct roost_board_options options = {.post = post, .step = step};

    options.parts[0] = linux_loudspeaker_part(&loudspeaker, source);
    loudspeaker.speed = speed;
    if (roost_board_init(&board, &host, &options, why, sizeof why))
        fail_msg("%s", why);
    out = &board.port.audio_out;
}

static int start(uint32_t rate_hz)
{
    return out->ops->start(out->ctx, rate_hz);
}

static int write_ramp(int from, int count)
{
    int16_t pcm[2000];

    for (int i = 0; i < count; i++)
        pcm[i] = (int16_t)(from + i);
    return out->ops->write(out->ctx, pcm, (size_t)count);
}

static struct linux_wav heard(void)
{
    struct linux_wav wav;
    int err = linux_wav_read(&wav, path);

    if (err)
        fail_msg("%s: %s", path, roost_err_text(err));
    assert_int_equal(wav.rate_hz, RATE_HZ);
    return wav;
}

static int name_file(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/roost-heard-%ld.wav", (long)getpid());
    return 0;
}

static int drop_file(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

/* ---- tests ---- */

static void a_file_holds_what_was_heard_and_the_gaps_in_it(void **state)
{
    (void)state;
    make(path, 1);
    assert_int_equal(start(22050), ROOST_ERR_UNSUPPORTED); /* the file has one rate */
    assert_int_equal(start(RATE_HZ), 0);
    pass(60); /* before the first sample: not in the file */
    assert_int_equal(write_ramp(1, 800), 800);
    pass(200); /* 50 ms of it are heard, 150 are a gap */
    assert_int_equal(write_ramp(1, 800), 800);
    pass(150);
    assert_int_equal(out->ops->buffered(out->ctx), 0);
    assert_int_equal(out->ops->stop(out->ctx), 0);
    pass(50); /* nor what is between stop and start */
    assert_int_equal(start(RATE_HZ), 0);
    assert_int_equal(write_ramp(1, 800), 800);
    assert_int_equal(out->ops->stop(out->ctx), 0); /* next to nothing was heard */
    struct linux_wav wav = heard();
    int gap = 0;
    for (int i = 800; i < (int)wav.count && wav.samples[i] == 0; i++)
        gap++;
    for (int i = 0; i < 800; i++) {
        assert_int_equal(wav.samples[i], i + 1);
        assert_int_equal(wav.samples[800 + gap + i], i + 1);
    }
    assert_in_range(gap, RATE_HZ * 80 / 1000, RATE_HZ * 230 / 1000);
    assert_in_range(wav.count, 1600 + gap, 1600 + gap + 400);
    assert_int_equal(loudspeaker.heard, wav.count - (size_t)gap);
    assert_int_equal(out->ops->underruns(out->ctx), 2);
    linux_wav_free(&wav);
    roost_board_close_now(&board);
}

/* A program that is killed leaves a whole file. */
static void a_file_is_whole_at_any_time(void **state)
{
    (void)state;
    make(path, 1);
    struct linux_wav wav;
    assert_int_equal(linux_wav_read(&wav, path), ROOST_ERR_INVALID); /* a file of nothing */
    assert_int_equal(start(RATE_HZ), 0);
    assert_int_equal(write_ramp(1, 1600), 1600);
    for (size_t before = 0, i = 0; i < 3; i++) {
        pass(30);
        wav = heard();
        assert_true(wav.count > before);
        before = wav.count;
        linux_wav_free(&wav);
    }
    roost_board_close_now(&board);
}

static void it_plays_faster_than_time_and_loses_nothing(void **state)
{
    (void)state;
    make(path, 20);
    roost_board_start(&board);
    assert_int_equal(start(RATE_HZ), 0);
    int written = 0;
    uint64_t begun_ms = linux_board_now_ms(&board);
    steps = 0;
    while (written < 5 * RATE_HZ) {
        int taken = write_ramp(written % 20000, 1000);
        assert_true(taken >= 0);
        written += taken;
        pass(taken ? 0 : 1);
    }
    uint64_t took_ms = linux_board_now_ms(&board) - begun_ms;
    assert_true(took_ms < 2500);
    assert_true(steps > 20); /* woken when there was room */
    pass(50);
    assert_int_equal(out->ops->buffered(out->ctx), 0);
    struct linux_wav wav = heard();
    assert_int_equal(wav.count, written); /* no gaps: it waited */
    linux_wav_free(&wav);
    roost_board_close_now(&board);
}

static void its_faults(void **state)
{
    (void)state;
    make(NULL, 1);
    assert_int_equal(start(48000), 0); /* nowhere plays any rate */
    assert_int_equal(out->ops->stop(out->ctx), 0);
    loudspeaker.slow = true;
    assert_int_equal(start(RATE_HZ), 0);
    assert_int_equal(write_ramp(0, 1600), 1600);
    pass(80);
    assert_in_range(out->ops->buffered(out->ctx), 600, 1000);
    loudspeaker.dead = true;
    assert_int_equal(out->ops->buffered(out->ctx), ROOST_ERR_FAULT);
    assert_int_equal(write_ramp(0, 1), ROOST_ERR_FAULT);
    assert_int_equal(out->ops->stop(out->ctx), 0);
    assert_int_equal(start(RATE_HZ), ROOST_ERR_FAULT);
    roost_board_close_now(&board);
}

static void a_file_that_cannot_be_written_is_named(void **state)
{
    struct roost_board_options options = {.post = post};

    (void)state;
    options.parts[0] = linux_loudspeaker_part(&loudspeaker, "/nowhere/answer.wav");
    assert_int_equal(roost_board_init(&board, &host, &options, why, sizeof why), ROOST_ERR_IO);
    assert_string_equal(why, "loudspeaker /nowhere/answer.wav: No such file or directory");
}

/* A full disk: the loudspeaker is gone, and says so. */
static void a_full_disk_is_a_fault(void **state)
{
    (void)state;
    make(NULL, 1);
    assert_int_equal(linux_wav_create(&loudspeaker.file, "/dev/full", RATE_HZ), ROOST_ERR_NO_SPACE);
    roost_board_close_now(&board);
}

/* What stands in a file can be taken out again, and the next sound begins it. */
static void a_file_is_emptied(void **state)
{
    const int16_t tone[400] = {7, 7, 7}, word[] = {1, 2, 3};
    struct linux_wav_file file;

    (void)state;
    assert_int_equal(linux_wav_create(&file, path, RATE_HZ), 0);
    assert_int_equal(linux_wav_append(&file, tone, 400), 0);
    assert_int_equal(linux_wav_empty(&file), 0);
    struct linux_wav wav;
    assert_int_equal(linux_wav_read(&wav, path), ROOST_ERR_INVALID); /* a file of nothing */
    assert_int_equal(linux_wav_append(&file, word, 3), 0);
    linux_wav_close(&file);
    assert_int_equal(linux_wav_empty(&file), ROOST_ERR_IO);
    wav = heard();
    assert_int_equal(wav.count, 3);
    assert_memory_equal(wav.samples, word, sizeof word);
    linux_wav_free(&wav);
}

/* ALSA's own null device is there without any hardware, and takes whatever it is given. */
static void alsa(void **state)
{
    (void)state;
    make("alsa:null", 1);
    assert_int_equal(start(44100), 0);
    assert_true(write_ramp(0, 500) > 0);
    pass(60);
    assert_true(out->ops->buffered(out->ctx) >= 0);
    assert_int_equal(out->ops->stop(out->ctx), 0);
    roost_board_close_now(&board);
    make("alsa:no-such-device", 1);
    assert_int_equal(start(RATE_HZ), ROOST_ERR_FAULT);
    roost_board_close_now(&board);
}

/* ---- the microphone of somebody who is asked once ---- */

static void a_question_is_heard_once_after_each_start(void **state)
{
    static struct linux_microphone microphone;
    struct roost_board_options options = {.post = post};
    struct linux_wav_file file;
    int16_t question[400], pcm[RATE_HZ];

    (void)state;
    for (int i = 0; i < 400; i++)
        question[i] = (int16_t)(1000 + i);
    assert_int_equal(linux_wav_create(&file, path, RATE_HZ), 0);
    assert_int_equal(linux_wav_append(&file, question, 400), 0);
    linux_wav_close(&file);
    options.parts[0] = linux_microphone_part(&microphone, NULL);
    microphone.once = true;
    assert_int_equal(roost_board_init(&board, &host, &options, why, sizeof why), 0);
    const struct roost_audio_in *in = &board.port.audio_in;
    assert_int_equal(in->ops->start(in->ctx, RATE_HZ), 0); /* nobody speaks */
    pass(50);
    int got = in->ops->read(in->ctx, pcm, RATE_HZ);
    assert_true(got > 400);
    bool varied = false;
    for (int i = 0; i < got; i++) {
        assert_in_range(pcm[i] + 10, 0, 20);
        varied |= pcm[i] != pcm[0];
    }
    assert_true(varied);
    assert_int_equal(linux_microphone_load(&microphone, path), ROOST_ERR_STATE);
    assert_int_equal(in->ops->stop(in->ctx), 0);
    assert_int_equal(linux_microphone_load(&microphone, "/nowhere.wav"), ROOST_ERR_NOT_FOUND);
    assert_int_equal(linux_microphone_load(&microphone, path), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(in->ops->start(in->ctx, RATE_HZ), 0);
        assert_false(linux_microphone_said(&microphone));
        pass(60);
        got = in->ops->read(in->ctx, pcm, RATE_HZ);
        assert_true(got > 400);
        assert_memory_equal(pcm, question, sizeof question);
        assert_in_range(pcm[400] + 10, 0, 20);
        assert_true(linux_microphone_said(&microphone));
        assert_int_equal(in->ops->stop(in->ctx), 0);
    }
    roost_board_close_now(&board);
}

static void a_light_in_words(void **state)
{
    static const struct roost_light_pattern patterns[] = {
        {ROOST_LIGHT_OFF, 1, 2, 3, 0},
        {ROOST_LIGHT_STEADY, 255, 1, 0, 0},
        {ROOST_LIGHT_BREATHE, 0, 0, 255, 2000},
    };
    static const char *const texts[] = {"off", "steady #ff0100", "breathe #0000ff 2000 ms"};
    char text[LINUX_LIGHT_TEXT];

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_string_equal(linux_light_text(&patterns[i], text, sizeof text), texts[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_holds_what_was_heard_and_the_gaps_in_it, name_file,
                                        drop_file),
        cmocka_unit_test_setup_teardown(a_file_is_whole_at_any_time, name_file, drop_file),
        cmocka_unit_test_setup_teardown(it_plays_faster_than_time_and_loses_nothing, name_file,
                                        drop_file),
        cmocka_unit_test(its_faults),
        cmocka_unit_test(a_file_that_cannot_be_written_is_named),
        cmocka_unit_test(a_full_disk_is_a_fault),
        cmocka_unit_test_setup_teardown(a_file_is_emptied, name_file, drop_file),
        cmocka_unit_test(alsa),
        cmocka_unit_test_setup_teardown(a_question_is_heard_once_after_each_start, name_file,
                                        drop_file),
        cmocka_unit_test(a_light_in_words),
    };

    if (roost_host_init(&host, uv_default_loop()))
        return 1;
    int failed = cmocka_run_group_tests_name("loudspeaker", tests, NULL, NULL);
    roost_host_deinit(&host);
    uv_loop_close(uv_default_loop());
    return failed;
}
