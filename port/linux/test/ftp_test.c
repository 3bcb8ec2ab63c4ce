/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FTP of both ports against a server that is not ours (pyftpdlib) and one that is not kind
 * (nasty_ftp.mjs): the Linux port's as a device sees it, and the chip's over sockets
 * (port/esp-idf/esp_ftp.h), which runs here as it is.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/err.h"
#include "port/esp-idf/esp_ftp.h"
#include "port/linux/linux.h"
#include "tests/support/support.h"

enum { WAIT_MS = 20000, BODY_BYTES = 100000, FILE_BYTES = 10000, CHIP_TIMEOUT_MS = 1500 };

struct move {
    const char *url;
    bool store;
    uint64_t offset;
    size_t bytes; /* moved; of the body to store, at first */
    uint8_t body[BODY_BYTES];
    size_t at;
    int code;
};

static struct {
    struct roost_host host;
    struct roost_board board;
    char dir[SUPPORT_PATH_MAX];
    pid_t server;
    uint16_t port;
    struct move *move; /* the Linux port's */
    bool done;
    struct roost_event event;
} test;

/* ---- the chip's client ---- */

static bool take_part(void *ctx, const void *data, size_t len)
{
    struct move *move = ctx;

    assert_true(move->at + len <= sizeof move->body);
    memcpy(move->body + move->at, data, len);
    move->at += len;
    return true;
}

static int give_part(void *ctx, void *out, size_t size)
{
    struct move *move = ctx;
    size_t left = move->bytes - move->at, len = left < size ? left : size;

    memcpy(out, move->body + move->at, len);
    move->at += len;
    return (int)len;
}

static int chip(struct move *move)
{
    uint8_t part[1024];
    const struct esp_ftp_options options = {.url = move->url,
                                            .store = move->store,
                                            .offset = move->offset,
                                            .part = take_part,
                                            .body = give_part,
                                            .ctx = move,
                                            .buffer = part,
                                            .size = sizeof part,
                                            .timeout_ms = CHIP_TIMEOUT_MS};

    return esp_ftp_run(&options, &move->code);
}

/* ---- the Linux port's ---- */

static void feed(struct move *move)
{
    const struct roost_http *http = &test.board.port.http;

    for (;;) {
        size_t left = move->bytes - move->at, len = left < 700 ? left : 700;
        int taken = http->ops->write(http->ctx, move->body + move->at, len);
        if (taken < 0 || left == 0)
            return;
        move->at += (size_t)taken;
        if ((size_t)taken < len)
            return;
    }
}

static int post(void *ctx, const struct roost_event *event)
{
    (void)ctx;
    if (event->type == ROOST_EV_HTTP_DATA)
        (void)take_part(test.move, event->data, event->len);
    if (event->type == ROOST_EV_HTTP_ROOM)
        feed(test.move);
    if (event->type == ROOST_EV_HTTP_DONE) {
        test.event = *event;
        test.done = true;
    }
    return 0;
}

static void on_limit(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

static int linux_port(struct move *move)
{
    const struct roost_http *http = &test.board.port.http;
    const struct roost_http_request request = {.url = move->url,
                                               .method =
                                                   move->store ? ROOST_HTTP_PUT : ROOST_HTTP_GET,
                                               .offset = move->offset,
                                               .len = ROOST_HTTP_LEN_UNKNOWN};
    uv_timer_t limit;
    bool over = false;

    test.move = move;
    test.done = false;
    int err = http->ops->start(http->ctx, &request);
    if (err)
        return err;
    uv_timer_init(test.host.loop, &limit);
    limit.data = &over;
    uv_update_time(test.host.loop);
    uv_timer_start(&limit, on_limit, WAIT_MS, 0);
    while (!test.done && !over)
        uv_run(test.host.loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&limit, NULL);
    uv_run(test.host.loop, UV_RUN_NOWAIT);
    assert_true(test.done);
    move->code = (int)test.event.token;
    return test.event.status;
}

static int (*const clients[])(struct move *) = {chip, linux_port};
enum { CLIENTS = sizeof clients / sizeof clients[0] };

/* ---- servers ---- */

static const char *in_dir(const char *name)
{
    static char paths[4][SUPPORT_PATH_MAX + 32];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", test.dir, name);
    return path;
}

static void real_server(void)
{
    static const char program[] =
        "import sys\n"
        "from pyftpdlib.authorizers import DummyAuthorizer\n"
        "from pyftpdlib.handlers import FTPHandler\n"
        "from pyftpdlib.servers import FTPServer\n"
        "a = DummyAuthorizer()\n"
        "a.add_user('unit', 'p@ss:word', sys.argv[2], perm='elradfmwMT')\n"
        "a.add_anonymous(sys.argv[2])\n"
        "FTPHandler.authorizer = a\n"
        "FTPHandler.auth_failed_timeout = 0\n"
        "FTPServer(('127.0.0.1', int(sys.argv[1])), FTPHandler).serve_forever()\n";
    char port[16];
    const char *const argv[] = {"/usr/bin/python3", "-c", program, port, test.dir, NULL};

    test.port = support_free_port();
    snprintf(port, sizeof port, "%u", test.port);
    test.server = support_spawn(argv, "/dev/null");
    assert_true(support_wait_port(test.port, WAIT_MS));
}

static void nasty_server(const char *how)
{
    char port[16];
    const char *const argv[] = {"node", ROOST_NASTY_FTP, how, port, NULL};

    test.port = support_free_port();
    snprintf(port, sizeof port, "%u", test.port);
    test.server = support_spawn(argv, "/dev/null");
    assert_true(support_wait_port(test.port, WAIT_MS));
}

static void stop_server(void)
{
    (void)support_end(test.server, SIGKILL, WAIT_MS);
}

static void expect(unsigned client, struct move *move, const char *login, const char *path,
                   int status, int code)
{
    char url[256];

    snprintf(url, sizeof url, "ftp://%s127.0.0.1:%u/%s", login, test.port, path);
    move->url = url;
    move->at = 0;
    move->code = 0;
    assert_int_equal(clients[client](move), status);
    assert_int_equal(move->code, code);
}

static void fill(struct move *move, size_t bytes)
{
    *move = (struct move){.store = true, .bytes = bytes};
    for (size_t i = 0; i < bytes; i++)
        move->body[i] = (uint8_t)(11 * i + (i >> 8));
}

static void expect_file(const struct move *move, size_t from, size_t end)
{
    assert_int_equal(move->at, end - from);
    for (size_t i = from; i < end; i++)
        assert_int_equal(move->body[i - from], (uint8_t)(7 * i + 3));
}

/* ---- a server as they are ---- */

static void test_store(void **state)
{
    static const size_t lengths[] = {0, 1, 4096, BODY_BYTES};
    static struct move move;

    (void)state;
    real_server();
    for (unsigned client = 0; client < CLIENTS; client++) {
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
            size_t len;
            fill(&move, lengths[i]);
            expect(client, &move, "unit:p%40ss%3Aword@", "a%20log.txt", 0, 226);
            char *kept = support_read_file(in_dir("a log.txt"), &len);
            assert_int_equal(len, lengths[i]);
            assert_memory_equal(kept, move.body, len);
            free(kept);
        }
        expect(client, &move, "unit:p%40ss%3Aword@", "deeper/log.txt", 0, 226);
        expect(client, &move, "unit:wrong@", "log.txt", ROOST_ERR_AUTH, 530);
        expect(client, &move, "", "log.txt", ROOST_ERR_REFUSED, 550); /* anonymous only reads */
        expect(client, &move, "unit:p%40ss%3Aword@", "no/such/dir", ROOST_ERR_REFUSED, 550);
    }
    stop_server();
}

static void test_fetch(void **state)
{
    static uint8_t file[FILE_BYTES];
    static struct move move;

    (void)state;
    for (size_t i = 0; i < sizeof file; i++)
        file[i] = (uint8_t)(7 * i + 3);
    support_write_file(in_dir("file"), file, sizeof file);
    real_server();
    for (unsigned client = 0; client < CLIENTS; client++) {
        move = (struct move){.store = false};
        expect(client, &move, "", "file", 0, 226);
        expect_file(&move, 0, FILE_BYTES);
        expect(client, &move, "", "file;type=i", 0, 226);
        move.offset = 4000;
        expect(client, &move, "unit:p%40ss%3Aword@", "file", 0, 226);
        expect_file(&move, 4000, FILE_BYTES);
        move.offset = 0;
        expect(client, &move, "", "missing", ROOST_ERR_NOT_FOUND, 550);
    }
    stop_server();
}

/* ---- one as they may be ---- */

static void test_unkind(void **state)
{
    static struct move move;

    (void)state;
    nasty_server("works");
    for (unsigned client = 0; client < CLIENTS; client++) {
        move = (struct move){.store = false};
        expect(client, &move, "u:p@", "file", 0, 226);
        expect_file(&move, 0, FILE_BYTES);
        fill(&move, BODY_BYTES);
        expect(client, &move, "u:p@", "file", 0, 250);
        assert_int_equal(move.at, BODY_BYTES);
        move = (struct move){.offset = 10};
        expect(client, &move, "", "file", ROOST_ERR_UNSUPPORTED, 502); /* REST */
    }
    stop_server();
}

static void test_breaks(void **state)
{
    static const char *const ways[] = {"reset", "gives-up", "vanishes"};
    static struct move move;

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        nasty_server(ways[i]);
        for (unsigned client = 0; client < CLIENTS; client++) {
            char url[64];
            snprintf(url, sizeof url, "ftp://127.0.0.1:%u/file", test.port);
            move = (struct move){.url = url};
            assert_int_equal(clients[client](&move), ROOST_ERR_CLOSED);
            assert_true(move.at <= 4000);
        }
        stop_server();
    }
}

static void test_full(void **state)
{
    static struct move move;

    (void)state;
    for (unsigned client = 0; client < CLIENTS; client++) {
        nasty_server("full");
        fill(&move, BODY_BYTES);
        expect(client, &move, "", "log", ROOST_ERR_NO_SPACE, 552);
        stop_server();
    }
}

static void test_no_server(void **state)
{
    static struct move move;

    (void)state;
    nasty_server("no-ftp");
    for (unsigned client = 0; client < CLIENTS; client++) {
        char url[64];
        snprintf(url, sizeof url, "ftp://127.0.0.1:%u/file", test.port);
        move = (struct move){.url = url};
        assert_true(clients[client](&move) < 0);
    }
    stop_server();
    for (unsigned client = 0; client < CLIENTS; client++) {
        char url[64];
        snprintf(url, sizeof url, "ftp://127.0.0.1:%u/file", support_free_port());
        move = (struct move){.url = url};
        assert_int_equal(clients[client](&move), ROOST_ERR_CLOSED);
    }
}

/* The Linux port waits for half a minute, which no test here does. */
static void test_silence(void **state)
{
    static const char *const ways[] = {"hang-greeting", "hang-transfer"};
    static struct move move;

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        char url[64];
        nasty_server(ways[i]);
        snprintf(url, sizeof url, "ftp://127.0.0.1:%u/file", test.port);
        move = (struct move){.url = url};
        uint64_t begun_ms = support_now_ms();
        assert_int_equal(chip(&move), ROOST_ERR_TIMEOUT);
        assert_in_range(support_now_ms() - begun_ms, CHIP_TIMEOUT_MS / 2, 4 * CHIP_TIMEOUT_MS);
        stop_server();
    }
}

/* A command hidden in the path, the user or the password is none. */
static void test_hidden_commands(void **state)
{
    static const struct {
        const char *login, *path;
    } cases[] = {{"", "a%0D%0ADELE%20b"}, {"u%0AX:p@", "a"}, {"u:p%0DX@", "a"}, {"", "a%00b"}};
    static const char *const none[] = {"ftp://127.0.0.1/a%0", "ftp://127.0.0.1/", "ftp://127.0.0.1",
                                       "ftps://127.0.0.1/a", "http://127.0.0.1/a"};
    static struct move move;

    (void)state;
    nasty_server("works");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (unsigned client = 0; client < CLIENTS; client++) {
            char url[128];
            snprintf(url, sizeof url, "ftp://%s127.0.0.1:%u/%s", cases[i].login, test.port,
                     cases[i].path);
            move = (struct move){.url = url};
            int err = clients[client](&move);
            assert_int_equal(err, clients[client] == chip ? ROOST_ERR_INVALID : ROOST_ERR_REFUSED);
            assert_int_equal(move.at, 0);
        }
    }
    stop_server();
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        move = (struct move){.url = none[i]};
        assert_int_equal(chip(&move), ROOST_ERR_INVALID);
    }
}

/* ---- beside FTP: an HTTP server that is not ours ---- */

static void test_node(void **state)
{
    static const char program[] =
        "require('http').createServer((q, s) => { const parts = [];"
        "q.on('data', part => parts.push(part)).on('end', () => {"
        "require('fs').writeFileSync(process.argv[2], Buffer.concat(parts));"
        "s.statusCode = q.method === 'PUT' && q.headers['transfer-encoding'] === 'chunked' &&"
        " q.headers.authorization === 'Basic dW5pdDpwQHNzOndvcmQ=' ? 201 : 403; s.end('words') })"
        "}).listen(+process.argv[1], '127.0.0.1')";
    char port[16], url[128];
    const char *const argv[] = {"node", "-e", program, port, in_dir("put"), NULL};
    static struct move move;
    size_t len;

    (void)state;
    test.port = support_free_port();
    snprintf(port, sizeof port, "%u", test.port);
    test.server = support_spawn(argv, "/dev/null");
    assert_true(support_wait_port(test.port, WAIT_MS));
    for (int stranger = 0; stranger <= 1; stranger++) {
        fill(&move, BODY_BYTES);
        snprintf(url, sizeof url, "http://%s127.0.0.1:%u/log",
                 stranger ? "" : "unit:p%40ss%3Aword@", test.port);
        move.url = url;
        assert_int_equal(linux_port(&move), stranger ? ROOST_ERR_AUTH : 0);
        assert_int_equal(move.code, stranger ? 403 : 201);
        char *put = support_read_file(in_dir("put"), &len);
        assert_int_equal(len, BODY_BYTES);
        assert_memory_equal(put, move.body, len);
        free(put);
    }
    stop_server();
}

static int set_up(void **state)
{
    const struct roost_board_options options = {.post = post};
    char why[256];

    (void)state;
    support_make_dir(test.dir);
    char deeper[SUPPORT_PATH_MAX + 32];
    snprintf(deeper, sizeof deeper, "mkdir %s/deeper", test.dir);
    if (system(deeper) || roost_host_init(&test.host, uv_default_loop()))
        return -1;
    return roost_board_init(&test.board, &test.host, &options, why, sizeof why);
}

static int tear_down(void **state)
{
    (void)state;
    roost_board_close_now(&test.board);
    roost_host_deinit(&test.host);
    uv_loop_close(uv_default_loop());
    support_remove_dir(test.dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_store),   cmocka_unit_test(test_fetch),
        cmocka_unit_test(test_unkind),  cmocka_unit_test(test_breaks),
        cmocka_unit_test(test_full),    cmocka_unit_test(test_no_server),
        cmocka_unit_test(test_silence), cmocka_unit_test(test_hidden_commands),
        cmocka_unit_test(test_node),
    };

    return cmocka_run_group_tests_name("FTP", tests, set_up, tear_down);
}
