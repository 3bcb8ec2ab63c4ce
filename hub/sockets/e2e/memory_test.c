/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each allocation of ours while a peer comes in, talks and goes fails once, in turn: the peer may
 * be lost by it, the service is told all that it must know and the next peer is served. Linked with
 * --wrap for malloc and calloc.
 */
#include "rig.h"

#include <sys/socket.h>
#include <unistd.h>

enum { ROUNDS_MAX = 100 };

static struct rig f;
static int countdown; /* the allocation that brings it to 0 fails */
static bool failed;

static bool fails(void)
{
    if (countdown == 0 || --countdown > 0)
        return false;
    failed = true;
    return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

static bool is_gone(void *arg)
{
    const struct echo *echo = arg;

    return echo->asked == echo->refused + echo->left + echo->closed;
}

/* Comes in, says a word, hears it, goes. Whatever fails on the way, the connection ends. */
static void visit(const char *path)
{
    char out[2048];
    size_t len = 0;
    int fd = bare_ask(&f, path, "");

    while (len + 1 < sizeof out && bare_receive(&f, fd, out, len)) {
        out[++len] = '\0';
        if (strstr(out, "bye"))
            break; /* of the close frame */
        if (len < 4 || strcmp(out + len - 4, "\r\n\r\n") != 0)
            continue;
        if (!strstr(out, " 101 "))
            break;
        bare_send(fd, "close 1000 bye");
    }
    close(fd);
    rig_wait(&f, is_gone, &f.echo);
}

static void each_fails_once(const char *path)
{
    int nth = 1;

    visit(path); /* what is made once is made */
    do {
        countdown = nth;
        failed = false;
        visit(path);
        countdown = 0;
    } while (failed && nth++ < ROUNDS_MAX);
    print_message("%d allocations\n", nth - 1);
    assert_in_range(nth, 5, ROUNDS_MAX);
    uint64_t opened = f.echo.opened;
    visit(path);
    assert_int_equal(f.echo.opened, opened + 1);
    assert_true(echo_adds_up(&f.echo));
}

static void test_at_once(void **state)
{
    (void)state;
    each_fails_once("/echo/a");
}

static void test_later(void **state)
{
    (void)state;
    each_fails_once("/echo/late-1");
}

static int setup(void **state)
{
    if (rig_host(state) < 0)
        return -1;
    rig_init(&f);
    rig_start(&f);
    return 0;
}

static int teardown(void **state)
{
    rig_deinit(&f);
    return rig_host_end(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_at_once),
        cmocka_unit_test(test_later),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
