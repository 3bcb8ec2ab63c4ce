/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/device/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/err.h"

static struct control control;
static char path[64], why[256];

static void echo(void *ctx, int argc, char **argv, struct roost_json_writer *answer)
{
    (void)ctx;
    roost_json_array(answer);
    for (int i = 0; i < argc; i++)
        roost_json_str(answer, argv[i]);
    if (strcmp(argv[0], "flood") == 0)
        for (int i = 0; i < CONTROL_ANSWER; i++)
            roost_json_int(answer, 1);
    roost_json_end(answer);
}

static int dial(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* Sends text and runs the loop until an answer line is there. */
static const char *ask(int fd, const char *text)
{
    static char line[CONTROL_ANSWER + 2];
    size_t len = 0;

    assert_int_equal(send(fd, text, strlen(text), 0), strlen(text));
    while (len == 0 || line[len - 1] != '\n') {
        uv_run(control.loop, UV_RUN_NOWAIT);
        ssize_t got = recv(fd, line + len, 1, MSG_DONTWAIT);
        if (got > 0)
            len++;
    }
    line[len - 1] = '\0';
    return line;
}

static int set_up(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/roost-control-test-%d", (int)getpid());
    return control_open(&control, uv_default_loop(), path, echo, NULL, why, sizeof why);
}

static int tear_down(void **state)
{
    (void)state;
    control_close(&control);
    uv_run(control.loop, UV_RUN_DEFAULT);
    return access(path, F_OK) == 0 ? -1 : 0;
}

static void test_lines(void **state)
{
    int fd = dial();
    char longer[2 * CONTROL_LINE];

    (void)state;
    assert_string_equal(ask(fd, "set outdoor_temperature  31\r\n"),
                        "[\"set\",\"outdoor_temperature\",\"31\"]");
    assert_string_equal(ask(fd, "\n"),
                        "{\"ok\":false,\"error\":\"an empty line; help lists the commands\"}");
    assert_string_equal(ask(fd, "flood\n"),
                        "{\"ok\":false,\"error\":\"the answer is longer than 16384 bytes\"}");
    memset(longer, 'x', sizeof longer);
    memcpy(longer + sizeof longer - 2, "\n", 2);
    assert_string_equal(ask(fd, longer),
                        "{\"ok\":false,\"error\":\"a line has at most 511 bytes\"}");
    assert_string_equal(ask(fd, "again\n"), "[\"again\"]");
    close(fd);
}

static void test_clients_are_bounded(void **state)
{
    int fds[CONTROL_CLIENTS + 1];
    char byte;

    (void)state;
    for (int i = 0; i < CONTROL_CLIENTS; i++) {
        fds[i] = dial();
        assert_string_equal(ask(fds[i], "a\n"), "[\"a\"]");
    }
    fds[CONTROL_CLIENTS] = dial();
    ssize_t got;
    do {
        uv_run(control.loop, UV_RUN_NOWAIT);
        got = recv(fds[CONTROL_CLIENTS], &byte, 1, MSG_DONTWAIT);
    } while (got < 0);
    assert_int_equal(got, 0);
    assert_string_equal(ask(fds[0], "b\n"), "[\"b\"]");
    for (int i = 0; i <= CONTROL_CLIENTS; i++)
        close(fds[i]);
}

static void test_path_in_use(void **state)
{
    static struct control second;

    (void)state;
    assert_true(control_open(&second, uv_default_loop(), path, echo, NULL, why, sizeof why) < 0);
    assert_non_null(strstr(why, path));
    uv_run(control.loop, UV_RUN_NOWAIT);
    char longer[200];
    memset(longer, 'p', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    assert_true(control_open(&second, uv_default_loop(), "/nowhere/at/all", echo, NULL, why,
                             sizeof why) < 0);
    assert_string_equal(why, "--control /nowhere/at/all: its folder is missing");
    assert_true(
        control_open(&second, uv_default_loop(), "/dev/null/x", echo, NULL, why, sizeof why) < 0);
    assert_string_equal(why, "--control /dev/null/x: Not a directory");
    assert_int_equal(control_open(&second, uv_default_loop(), longer, echo, NULL, why, sizeof why),
                     ROOST_ERR_TOO_LONG);
}

static void test_socket_left_behind(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(set_up(NULL), 0);
    fd = dial();
    assert_string_equal(ask(fd, "here\n"), "[\"here\"]");
    close(fd);
    assert_int_equal(tear_down(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_clients_are_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_path_in_use, set_up, tear_down),
        cmocka_unit_test(test_socket_left_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
