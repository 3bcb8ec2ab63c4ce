/* SPDX-License-Identifier: Apache-2.0 */
/* A board's parts: made in order, let go backwards, and a microphone that is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/err.h"
#include "port/linux/linux.h"
#include "port/linux/microphone.h"

enum { RATE_HZ = 8000 };

static struct roost_host host;
static struct roost_board board;
static char order[16], why[128];
static size_t steps; /* in it */
static int ready;

static int post(void *ctx, const struct roost_event *event)
{
    (void)ctx;
    ready += event->type == ROOST_EV_AUDIO_READY;
    return 0;
}

static void note(const char *step)
{
    assert_true(steps + 1 < sizeof order);
    order[steps++] = *step;
    order[steps] = '\0';
}

static int make(void *ctx, struct roost_board *of, char *text, size_t size)
{
    (void)of;
    (void)text;
    (void)size;
    note(ctx);
    return 0;
}

static int break_down(void *ctx, struct roost_board *of, char *text, size_t size)
{
    (void)of;
    if (ctx)
        snprintf(text, size, "no such thing");
    return ROOST_ERR_FAULT;
}

static void let_go(void *ctx, struct roost_board *of)
{
    (void)ctx;
    (void)of;
    note("x");
}

static void pass(uint64_t ms)
{
    uint64_t end_ms = uv_hrtime() / 1000000 + ms;

    while (uv_hrtime() / 1000000 < end_ms) {
        uv_run(host.loop, UV_RUN_NOWAIT);
        usleep(1000);
    }
}

static void parts_are_made_in_order_and_let_go_again(void **state)
{
    const struct roost_board_options options = {
        .post = post, .parts = {{"one", make, let_go, "1"}, {"two", make, NULL, "2"}}};

    (void)state;
    order[steps = 0] = '\0';
    assert_int_equal(roost_board_init(&board, &host, &options, why, sizeof why), 0);
    assert_string_equal(order, "12");
    roost_board_close_now(&board);
    assert_string_equal(order, "12x");
}

static void a_part_that_fails_leaves_nothing_behind(void **state)
{
    const struct roost_board_options options = {.post = post,
                                                .parts = {{"one", make, let_go, "1"},
                                                          {"two", break_down, let_go, NULL},
                                                          {"three", make, NULL, "3"}}};
    struct roost_board_options says = options;

    (void)state;
    order[steps = 0] = '\0';
    assert_int_equal(roost_board_init(&board, &host, &options, why, sizeof why), ROOST_ERR_FAULT);
    assert_string_equal(order, "1x");
    assert_int_equal(board.open_handles, 0);
    assert_non_null(strstr(why, "two: "));
    says.parts[1].ctx = order;
    assert_int_equal(roost_board_init(&board, &host, &says, why, sizeof why), ROOST_ERR_FAULT);
    assert_string_equal(why, "no such thing");
}

/* ---- a file as a microphone ---- */

static char path[] = "/tmp/roost-parts-XXXXXX";

static void write_wav(void)
{
    uint8_t wav[44 + 6] =
        "RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0"
        "data\x06\0\0\0\x01\0\xfe\xff\x00\x80";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, wav, sizeof wav), sizeof wav);
    close(fd);
}

static void a_file_is_heard_in_real_time(void **state)
{
    static const int16_t turn[] = {1, -2, -32768};
    static struct linux_microphone microphone;
    struct roost_board_options options = {.post = post};
    int16_t samples[400];

    (void)state;
    write_wav();
    options.parts[0] = linux_microphone_part(&microphone, path);
    assert_int_equal(roost_board_init(&board, &host, &options, why, sizeof why), 0);
    const struct roost_audio_in *in = &board.port.audio_in;
    assert_int_equal(in->ops->read(in->ctx, samples, 1), ROOST_ERR_STATE);
    assert_int_equal(in->ops->start(in->ctx, 7999), ROOST_ERR_RANGE);
    assert_int_equal(in->ops->start(in->ctx, 16000), ROOST_ERR_UNSUPPORTED);
    assert_int_equal(in->ops->start(in->ctx, RATE_HZ), 0);
    assert_int_equal(in->ops->start(in->ctx, RATE_HZ), ROOST_ERR_STATE);
    pass(250);
    assert_true(ready >= 1);
    assert_int_equal(in->ops->read(in->ctx, samples, 400), 400);
    for (int i = 0; i < 400; i++)
        assert_int_equal(samples[i], turn[i % 3]);
    assert_int_equal(in->ops->overruns(in->ctx), 0);
    pass(1300);
    int heard = 0, got;
    while ((got = in->ops->read(in->ctx, samples, 400)) > 0)
        heard += got;
    assert_in_range(heard, RATE_HZ, RATE_HZ + RATE_HZ / 10);
    assert_true(in->ops->overruns(in->ctx) >= 1);

    microphone.dead = true;
    ready = 0;
    pass(250);
    assert_int_equal(ready, 0);
    assert_int_equal(in->ops->read(in->ctx, samples, 1), ROOST_ERR_FAULT);
    assert_int_equal(in->ops->stop(in->ctx), 0);
    assert_int_equal(in->ops->start(in->ctx, RATE_HZ), ROOST_ERR_FAULT);
    roost_board_close_now(&board);
    unlink(path);
}

static void a_microphone_that_is_not_there_is_named(void **state)
{
    static struct linux_microphone microphone;
    struct roost_board_options options = {.post = post};

    (void)state;
    options.parts[0] = linux_microphone_part(&microphone, "/nowhere/speech.wav");
    assert_int_equal(roost_board_init(&board, &host, &options, why, sizeof why),
                     ROOST_ERR_NOT_FOUND);
    assert_non_null(strstr(why, "microphone /nowhere/speech.wav: "));
    options.parts[0] = linux_microphone_part(&microphone, "alsa:no-such-device");
    assert_int_equal(roost_board_init(&board, &host, &options, why, sizeof why), 0);
    assert_int_equal(board.port.audio_in.ops->start(board.port.audio_in.ctx, RATE_HZ),
                     ROOST_ERR_FAULT);
    roost_board_close_now(&board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_made_in_order_and_let_go_again),
        cmocka_unit_test(a_part_that_fails_leaves_nothing_behind),
        cmocka_unit_test(a_file_is_heard_in_real_time),
        cmocka_unit_test(a_microphone_that_is_not_there_is_named),
    };

    if (roost_host_init(&host, uv_default_loop()))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    roost_host_deinit(&host);
    uv_loop_close(uv_default_loop());
    return failed;
}
