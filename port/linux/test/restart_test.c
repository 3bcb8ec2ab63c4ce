/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Updates that are executed in earnest. The device is this program itself, started again with the
 * arguments "device DIR"; it says what it is and does what it is told by a line on its input.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/err.h"
#include "core/reset.h"
#include "port/linux/linux.h"
#include "tests/support/image.h"
#include "tests/support/support.h"

enum { LINE_MAX_HERE = 256, LIMIT_MS = 20000 };

/* ---- the device ---- */

static int post(void *ctx, const struct roost_event *event)
{
    (void)ctx;
    (void)event;
    return 0;
}

/* Reads a line byte by byte: what follows is for the program that may take this one's place. */
static bool read_line(int fd, char *line)
{
    for (size_t len = 0; len < LINE_MAX_HERE - 1; len++) {
        if (read(fd, line + len, 1) != 1)
            return false;
        if (line[len] == '\n') {
            line[len] = '\0';
            return true;
        }
    }
    return false;
}

static int load(struct roost_port *port, const char *path, size_t *len)
{
    uint8_t sector[LINUX_SLOT_SECTOR_BYTES];
    FILE *file = fopen(path, "rb");
    int err = file ? 0 : ROOST_ERR_NOT_FOUND;

    *len = 0;
    for (uint32_t i = 0; !err; i++) {
        memset(sector, 0xFF, sizeof sector);
        size_t got = fread(sector, 1, sizeof sector, file);
        if (got == 0)
            break;
        err = port->slot.ops->erase(port->slot.ctx, i);
        if (!err)
            err = port->slot.ops->program(port->slot.ctx, i * LINUX_SLOT_SECTOR_BYTES, sector,
                                          (got + 15) / 16 * 16);
        *len += got;
    }
    if (file)
        fclose(file);
    return err;
}

static int obey(struct roost_port *port, const char *line)
{
    static size_t len;

    if (strncmp(line, "load ", 5) == 0)
        return load(port, line + 5, &len);
    if (strcmp(line, "activate") == 0)
        return port->firmware.ops->activate(port->firmware.ctx, (uint32_t)len);
    if (strcmp(line, "confirm") == 0)
        return port->firmware.ops->confirm(port->firmware.ctx);
    if (strcmp(line, "roll back") == 0)
        return port->firmware.ops->roll_back(port->firmware.ctx);
    if (strcmp(line, "reboot") == 0)
        port->system.ops->reboot(port->system.ctx, ROOST_RESET_COMMAND);
    if (strcmp(line, "crash") == 0)
        raise(SIGSEGV);
    return ROOST_ERR_INVALID;
}

static int be_device(char **argv)
{
    static struct roost_host host;
    static struct roost_board board;
    const struct roost_board_options options = {
        .state_dir = argv[2], .argv = argv, .post = post, .device = &board};
    char why[256], line[LINE_MAX_HERE];
    struct roost_running running;

    setbuf(stdout, NULL);
    if (roost_host_init(&host, uv_default_loop()) ||
        roost_board_init(&board, &host, &options, why, sizeof why)) {
        printf("%s\n", why);
        return 3;
    }
    if (roost_guard_start(&board, LINUX_WATCHDOG_S))
        return 4;
    struct roost_port *port = &board.port;
    (void)port->firmware.ops->running(port->firmware.ctx, &running);
    printf("slot %d%s%s lowest %u reason %s program %d%s\n", running.slot,
           running.on_trial ? " on trial" : "", running.other_failed ? " other failed" : "",
           running.security_version,
           roost_reset_text(port->system.ops->reset_reason(port->system.ctx)), board.slots.self,
           getenv("ROOST_HANDED_OVER") ? " mark left" : "");
    while (read_line(STDIN_FILENO, line))
        printf("%d\n", obey(port, line));
    return 0;
}

/* ---- its user ---- */

static struct {
    char dir[SUPPORT_PATH_MAX], state[SUPPORT_PATH_MAX + 16], image[SUPPORT_PATH_MAX + 16];
    char self[SUPPORT_PATH_MAX];
    pid_t pid;
    int in, out;
} user;

static void start(const char *program)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1};

    if (pipe(in) || pipe(out))
        fail_msg("no pipe");
    user.pid = fork();
    if (user.pid == 0) {
        const struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        for (int i = 0; i < 2; i++) {
            close(in[i]);
            close(out[i]);
        }
        execl(program, "the-window", "device", user.state, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    user.in = in[1];
    user.out = out[0];
}

static int ended(int signal_number)
{
    int status = support_end(user.pid, signal_number, LIMIT_MS);

    close(user.in);
    close(user.out);
    return status;
}

static void expect(const char *wanted)
{
    char line[LINE_MAX_HERE];

    if (!read_line(user.out, line))
        fail_msg("it ended instead of: %s", wanted);
    if (strcmp(line, wanted) != 0)
        fail_msg("it said \"%s\", not \"%s\"", line, wanted);
}

static void tell(const char *line)
{
    char text[SUPPORT_PATH_MAX + 32];
    int len = snprintf(text, sizeof text, "%s\n", line);

    assert_int_equal(write(user.in, text, (size_t)len), len);
}

static void tell_ok(const char *line)
{
    tell(line);
    expect("0");
}

/* Gives the device an image of this program and restarts it into that. */
static void update_with(const void *program, size_t program_len, uint32_t security_version)
{
    char line[SUPPORT_PATH_MAX + 32];
    size_t len;
    uint8_t *image = support_make_image(program, program_len, security_version, "2", &len);

    support_write_file(user.image, image, len);
    free(image);
    snprintf(line, sizeof line, "load %s", user.image);
    tell_ok(line);
    tell_ok("activate");
    tell("reboot");
}

static void update(uint32_t security_version)
{
    size_t len;
    char *program = support_read_file(user.self, &len);

    update_with(program, len, security_version);
    free(program);
}

static int set_up(void **state)
{
    (void)state;
    support_make_dir(user.dir);
    snprintf(user.state, sizeof user.state, "%s/state", user.dir);
    snprintf(user.image, sizeof user.image, "%s/image", user.dir);
    ssize_t len = readlink("/proc/self/exe", user.self, sizeof user.self - 1);
    if (len < 0)
        return -1;
    user.self[len] = '\0';
    start(user.self);
    expect("slot 0 lowest 0 reason power-on program -1");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ended(SIGKILL);
    support_remove_dir(user.dir);
    return 0;
}

/* The process id and the arguments stay: `start` gave "device DIR" once. */
static void test_new_program_runs(void **state)
{
    (void)state;
    update(3);
    expect("slot 1 on trial lowest 0 reason command program 1");
    tell_ok("confirm");
    tell("reboot");
    expect("slot 1 lowest 3 reason command program 1");
    assert_int_equal(ended(SIGKILL), -SIGKILL);
    start(user.self); /* the old program hands over */
    expect("slot 1 lowest 3 reason power-on program 1");
    update(3); /* and the next update replaces it */
    expect("slot 0 on trial lowest 3 reason command program 0");
    tell_ok("confirm");
    assert_int_equal(ended(SIGKILL), -SIGKILL);
    start(user.self);
    expect("slot 0 lowest 3 reason power-on program 0");
    tell("roll back");
    expect("slot 1 other failed lowest 3 reason update program 1");
}

static void test_trial_ends_with_the_process(void **state)
{
    (void)state;
    update(0);
    expect("slot 1 on trial lowest 0 reason command program 1");
    assert_int_equal(ended(SIGKILL), -SIGKILL);
    start(user.self);
    expect("slot 0 other failed lowest 0 reason power-on program -1");
    update(0);
    expect("slot 1 on trial lowest 0 reason command program 1");
    tell("crash");
    assert_int_equal(ended(0), -SIGSEGV);
    start(user.self);
    expect("slot 0 other failed lowest 0 reason crash program -1");
}

static void test_trial_ends_with_a_restart(void **state)
{
    char path[SUPPORT_PATH_MAX + 32];

    (void)state;
    update(0);
    expect("slot 1 on trial lowest 0 reason command program 1");
    tell("reboot");
    expect("slot 0 other failed lowest 0 reason command program -1");
    update(0);
    expect("slot 1 on trial lowest 0 reason command program 1");
    tell("roll back");
    expect("slot 0 other failed lowest 0 reason update program -1");
    /* Nobody gets past the boot loader by starting the unpacked program. */
    update(0);
    expect("slot 1 on trial lowest 0 reason command program 1");
    assert_int_equal(ended(SIGKILL), -SIGKILL);
    snprintf(path, sizeof path, "%s/slots/1.elf", user.state);
    start(path);
    expect("slot 0 other failed lowest 0 reason power-on program -1");
}

static void test_not_a_program(void **state)
{
    (void)state;
    update_with("neither fish nor fowl", 21, 0);
    expect("slot 0 other failed lowest 0 reason command program -1");
    assert_int_equal(ended(SIGKILL), -SIGKILL);
    start(user.self);
    expect("slot 0 other failed lowest 0 reason power-on program -1");
}

static void test_ends_at_once(void **state)
{
    size_t len;
    char *program = support_read_file("/bin/false", &len);

    (void)state;
    update_with(program, len, 0);
    free(program);
    assert_int_equal(ended(0), 1);
    start(user.self);
    expect("slot 0 other failed lowest 0 reason command program -1");
}

/* What was confirmed cannot be executed any more: the program that was started by hand runs, unless
 * it is too old for that. */
static void test_confirmed_and_lost(void **state)
{
    char path[SUPPORT_PATH_MAX + 32];

    (void)state;
    for (uint32_t security_version = 0; security_version < 2; security_version++) {
        update(security_version);
        expect("slot 1 on trial lowest 0 reason command program 1");
        tell_ok("confirm");
        assert_int_equal(ended(SIGKILL), -SIGKILL);
        snprintf(path, sizeof path, "%s/slots/1.elf", user.state);
        assert_int_equal(unlink(path), 0);
        start(user.self); /* unpacked again */
        expect(security_version ? "slot 1 lowest 1 reason power-on program 1"
                                : "slot 1 lowest 0 reason power-on program 1");
        assert_int_equal(ended(SIGKILL), -SIGKILL);
        assert_int_equal(unlink(path), 0);
        snprintf(path, sizeof path, "%s/slots/1.img", user.state);
        assert_int_equal(truncate(path, 100), 0);
        start(user.self);
        if (security_version == 0)
            expect("slot 0 other failed lowest 0 reason power-on program -1");
    }
    char wanted[SUPPORT_PATH_MAX + 128];
    snprintf(wanted, sizeof wanted,
             "%s/slots: no slot holds a program that may run (lowest security version 1)",
             user.state);
    expect(wanted);
    assert_int_equal(ended(0), 3);
    start(user.self);
    expect(wanted);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_new_program_runs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_trial_ends_with_the_process, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_trial_ends_with_a_restart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_a_program, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ends_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_confirmed_and_lost, set_up, tear_down),
    };

    if (argc == 3 && strcmp(argv[1], "device") == 0)
        return be_device(argv);
    return cmocka_run_group_tests_name("restart", tests, NULL, NULL);
}
