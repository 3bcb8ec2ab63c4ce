/* SPDX-License-Identifier: Apache-2.0 */
/* How a device program ends badly, and what the next boot knows of it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/assert.h"
#include "core/err.h"
#include "port/linux/linux.h"
#include "tests/support/support.h"

enum { LIMIT_MS = 20000 };

static char dir[SUPPORT_PATH_MAX], state_dir[SUPPORT_PATH_MAX + 16];

static int post(void *ctx, const struct roost_event *event)
{
    (void)ctx;
    (void)event;
    return 0;
}

static void power_on(struct roost_host *host, struct roost_board *board)
{
    const struct roost_board_options options = {
        .state_dir = state_dir, .post = post, .device = board};
    char why[256];

    if (roost_host_init(host, uv_default_loop()) ||
        roost_board_init(board, host, &options, why, sizeof why))
        abort();
}

static enum roost_reset_reason next_boot(void)
{
    static struct roost_host host;
    static struct roost_board board;

    power_on(&host, &board);
    enum roost_reset_reason reason = board.port.system.ops->reset_reason(board.port.system.ctx);
    roost_board_close_now(&board);
    roost_host_deinit(&host);
    return reason;
}

/* Boots a device in a child process and lets it go the way of `end`. Returns as support_end. */
static int live(void (*end)(struct roost_board *board), unsigned watchdog_s)
{
    static struct roost_host host;
    static struct roost_board board;
    pid_t pid = fork();

    if (pid == 0) {
        const struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        if (!freopen("/dev/null", "w", stderr))
            abort();
        power_on(&host, &board);
        if (roost_guard_start(&board, watchdog_s))
            abort();
        end(&board);
        _exit(0);
    }
    return support_end(pid, 0, LIMIT_MS);
}

static void hang(struct roost_board *board)
{
    (void)board;
    for (;;)
        pause();
}

static void feed_for_a_while(struct roost_board *board)
{
    for (int i = 0; i < 25; i++) {
        board->port.system.ops->feed_watchdog(board->port.system.ctx);
        usleep(100000);
    }
}

static void fall(struct roost_board *board)
{
    (void)board;
    raise(SIGSEGV);
}

static void assert_wrong(struct roost_board *board)
{
    ROOST_ASSERT(!board);
}

static void pull_the_plug(struct roost_board *board)
{
    (void)board;
    raise(SIGKILL);
}

static void reboot_without_argv(struct roost_board *board)
{
    board->port.system.ops->reboot(board->port.system.ctx, ROOST_RESET_COMMAND);
}

static void test_watchdog_bites(void **state)
{
    (void)state;
    assert_int_equal(live(hang, 1), -SIGABRT);
    assert_int_equal(next_boot(), ROOST_RESET_WATCHDOG);
    assert_int_equal(next_boot(), ROOST_RESET_POWER_ON);
}

static void test_watchdog_is_fed(void **state)
{
    (void)state;
    assert_int_equal(live(feed_for_a_while, 2), 0);
    assert_int_equal(next_boot(), ROOST_RESET_POWER_ON);
}

static void test_crash(void **state)
{
    (void)state;
    assert_int_equal(live(fall, 15), -SIGSEGV);
    assert_int_equal(next_boot(), ROOST_RESET_CRASH);
    assert_int_equal(live(assert_wrong, 15), -SIGABRT);
    assert_int_equal(next_boot(), ROOST_RESET_CRASH);
}

static void test_plug(void **state)
{
    (void)state;
    assert_int_equal(live(pull_the_plug, 15), -SIGKILL);
    assert_int_equal(next_boot(), ROOST_RESET_POWER_ON);
}

static void test_reboot(void **state)
{
    (void)state;
    assert_int_equal(live(reboot_without_argv, 15), 0);
    assert_int_equal(next_boot(), ROOST_RESET_COMMAND);
}

static void test_unreadable_reason(void **state)
{
    char path[SUPPORT_PATH_MAX + 32];

    (void)state;
    snprintf(path, sizeof path, "%s/reset", state_dir);
    support_write_file(path, "full moon", 9);
    assert_int_equal(next_boot(), ROOST_RESET_UNKNOWN);
    support_write_file(path, "", 0);
    assert_int_equal(next_boot(), ROOST_RESET_UNKNOWN);
}

static int set_up(void **state)
{
    (void)state;
    support_make_dir(dir);
    snprintf(state_dir, sizeof state_dir, "%s/state", dir);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    support_remove_dir(dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_watchdog_bites), cmocka_unit_test(test_watchdog_is_fed),
        cmocka_unit_test(test_crash),          cmocka_unit_test(test_plug),
        cmocka_unit_test(test_reboot),         cmocka_unit_test(test_unreadable_reason),
    };

    return cmocka_run_group_tests_name("guard", tests, set_up, tear_down);
}
