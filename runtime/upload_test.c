/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "core/timer.h"
#include "runtime/upload.h"

#define TEN     "0123456789"
#define LONGEST TEN TEN TEN TEN TEN TEN TEN TEN TEN "0123.txt" /* of ROOST_UPLOAD_NAME_MAX */

enum { PIECES = 40, NAME = ROOST_UPLOAD_NAME_MAX };

static struct roost_upload upload;
static struct roost_port port;
static uint64_t now_ms;

/* ---- a port's http that does what the test says ---- */

static struct {
    bool runs, ended;
    int start_err;
    size_t room; /* bytes it takes before it is full */
    int starts, cancels;
    enum roost_http_method method;
    char url[700], body[20000];
    size_t len;
} http;

static int http_start(void *ctx, const struct roost_http_request *request)
{
    (void)ctx;
    assert_false(http.runs);
    http.starts++;
    if (http.start_err < 0)
        return http.start_err;
    snprintf(http.url, sizeof http.url, "%s", request->url);
    assert_true(request->len == ROOST_HTTP_LEN_UNKNOWN && request->offset == 0);
    http.method = request->method;
    http.runs = true;
    http.ended = false;
    http.len = 0;
    return 0;
}

static int http_write(void *ctx, const void *data, size_t len)
{
    size_t taken = len < http.room ? len : http.room;

    (void)ctx;
    if (!http.runs || http.ended)
        return ROOST_ERR_STATE;
    http.ended = len == 0;
    assert_true(http.len + taken < sizeof http.body);
    memcpy(http.body + http.len, data, taken);
    http.len += taken;
    http.room -= taken;
    return (int)taken;
}

static int http_cancel(void *ctx)
{
    (void)ctx;
    http.cancels++;
    http.runs = false;
    return 0;
}

static const struct roost_http_ops http_ops = {
    .start = http_start, .write = http_write, .cancel = http_cancel};

static void say_room(size_t room)
{
    http.room = room;
    assert_true(roost_upload_post(
        &upload, &(struct roost_event){.type = ROOST_EV_HTTP_ROOM, .token = http.len}));
}

static void say_done(int status, uint64_t code)
{
    http.runs = false;
    assert_true(roost_upload_post(
        &upload,
        &(struct roost_event){.type = ROOST_EV_HTTP_DONE, .status = status, .token = code}));
}

static uint64_t step(void)
{
    return roost_upload_step(&upload, now_ms, true);
}

/* ---- a file ---- */

static int begins, at;

static void file_begin(void *ctx)
{
    (void)ctx;
    begins++;
    at = 0;
}

static size_t file_next(void *ctx, char out[ROOST_UPLOAD_PIECE_MAX])
{
    (void)ctx;
    if (at == PIECES)
        return 0;
    return (size_t)snprintf(out, ROOST_UPLOAD_PIECE_MAX, "piece %d: %0*d\n", at++, 300, 0);
}

static void expect_file(void)
{
    char piece[ROOST_UPLOAD_PIECE_MAX];
    size_t offset = 0;

    assert_true(http.ended);
    at = 0;
    for (size_t len; (len = file_next(NULL, piece)) > 0; offset += len)
        assert_memory_equal(http.body + offset, piece, len);
    assert_int_equal(http.len, offset);
}

static int set_up(void **state)
{
    (void)state;
    memset(&http, 0, sizeof http);
    begins = 0;
    now_ms = 1000;
    port.http = (struct roost_http){&http_ops, NULL};
    roost_upload_init(&upload, &port,
                      &(struct roost_upload_source){.begin = file_begin, .next = file_next});
    return 0;
}

static void begin(const char *url, uint16_t retries)
{
    assert_int_equal(roost_upload_begin(&upload,
                                        &(struct roost_upload_order){.url = url,
                                                                     .retries = retries,
                                                                     .retry_ms = 5000,
                                                                     .type = "text/plain"},
                                        "a.txt"),
                     0);
}

/* ---- what is tried ---- */

static void where_to(void **state)
{
    static const char *const rows[][2] = {
        {"http://hub/up/file", "http://hub/up/file"},
        {"http://hub/up/", "http://hub/up/a.txt"},
        {"http://hub:80", "http://hub:80/a.txt"},
        {"http://hub/", "http://hub/a.txt"},
        {"https://u:p@hub/x?key=1", "https://u:p@hub/x?key=1"},
        {"ftp://u:p@hub/logs", "ftp://u:p@hub/logs/a.txt"},
        {"ftp://hub.example", "ftp://hub.example/a.txt"},
        {"ftp://hub/v1.2/logs", "ftp://hub/v1.2/logs/a.txt"},
        {"ftp://hub/logs/mine.log", "ftp://hub/logs/mine.log"},
        {"rubbish", "rubbish/a.txt"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        set_up(state);
        begin(rows[i][0], 0);
        (void)step();
        assert_string_equal(http.url, rows[i][1]);
        roost_upload_cancel(&upload);
    }
}

static void a_file_as_there_is_room(void **state)
{
    (void)state;
    begin("http://hub/up/", 0);
    assert_true(roost_upload_runs(&upload));
    assert_int_equal(http.starts, 0);
    assert_true(roost_upload_step(&upload, now_ms, false) == ROOST_NEVER); /* no network */
    assert_int_equal(http.starts, 0);
    assert_true(step() == ROOST_NEVER);
    assert_int_equal(http.method, ROOST_HTTP_PUT);
    assert_int_equal(http.len, 0); /* nothing before it is asked for */
    for (size_t room = 1; !http.ended; room = room * 2 % 1500 + 1) {
        say_room(room);
        while (step() == now_ms) {
        }
    }
    expect_file();
    say_done(0, 201);
    (void)step();
    assert_int_equal(upload.state, ROOST_UPLOAD_OVER);
    assert_int_equal(upload.err, 0);
    assert_int_equal(upload.code, 201);
    assert_int_equal(upload.sent_bytes, http.len);
    for (size_t i = 0; i < sizeof upload.url; i++)
        assert_int_equal(upload.url[i], 0);
}

static void no_more_than_so_much_a_step(void **state)
{
    (void)state;
    begin("http://hub/up/", 0);
    (void)step();
    say_room(sizeof http.body);
    assert_int_equal(step(), now_ms); /* again at once */
    assert_true(http.len < ROOST_UPLOAD_PIECES_A_STEP * ROOST_UPLOAD_PIECE_MAX);
    assert_false(http.ended);
    while (step() == now_ms) {
    }
    expect_file();
}

static void post_where_put_is_not_wanted(void **state)
{
    static const int codes[] = {404, 405, 501};

    for (unsigned i = 0; i < 3; i++) {
        set_up(state);
        begin("http://hub/up", 0);
        (void)step();
        say_room(700);
        (void)step();
        say_done(codes[i] == 404 ? ROOST_ERR_NOT_FOUND : ROOST_ERR_REFUSED, (uint64_t)codes[i]);
        (void)step();
        assert_int_equal(http.method, ROOST_HTTP_POST);
        assert_int_equal(http.starts, 2);
        say_room(sizeof http.body);
        while (step() == now_ms) {
        }
        expect_file(); /* from its first byte */
        assert_int_equal(begins, 2);
        say_done(0, 200);
        (void)step();
        assert_int_equal(upload.state, ROOST_UPLOAD_OVER);
        assert_int_equal(upload.err, 0);
    }
    set_up(state); /* nor POST */
    begin("http://hub/up", 0);
    (void)step();
    say_done(ROOST_ERR_REFUSED, 405);
    (void)step();
    say_done(ROOST_ERR_REFUSED, 405);
    (void)step();
    assert_int_equal(upload.state, ROOST_UPLOAD_OVER);
    assert_int_equal(upload.err, ROOST_ERR_REFUSED);
    assert_int_equal(http.starts, 2);
}

static void as_often_as_was_asked_for(void **state)
{
    (void)state;
    begin("http://hub/up", 2);
    for (int i = 1; i <= 3; i++) {
        (void)step();
        assert_int_equal(http.starts, i);
        say_room(500);
        (void)step();
        say_done(i == 2 ? ROOST_ERR_TIMEOUT : ROOST_ERR_CLOSED, 0);
        uint64_t due_ms = step();
        if (i == 3)
            break;
        assert_int_equal(due_ms, now_ms + 5000);
        now_ms += 4999;
        (void)step();
        assert_int_equal(http.starts, i);
        now_ms++;
    }
    assert_int_equal(upload.state, ROOST_UPLOAD_OVER);
    assert_int_equal(upload.err, ROOST_ERR_CLOSED);
    assert_int_equal(upload.attempts, 3);
}

static void not_where_it_would_end_the_same(void **state)
{
    static const int errs[] = {ROOST_ERR_AUTH, ROOST_ERR_UNSUPPORTED, ROOST_ERR_INVALID};

    for (unsigned i = 0; i < 3; i++) {
        set_up(state);
        begin("http://hub/up", 5);
        if (i > 0)
            http.start_err = errs[i];
        (void)step();
        if (i == 0) {
            say_done(errs[i], 401);
            (void)step();
        }
        assert_int_equal(upload.state, ROOST_UPLOAD_OVER);
        assert_int_equal(upload.err, errs[i]);
        assert_int_equal(upload.attempts, 1);
    }
    set_up(state); /* a scheme that is none of ours */
    http.start_err = ROOST_ERR_INVALID;
    begin("sftp://hub/up", 5);
    (void)step();
    assert_int_equal(upload.err, ROOST_ERR_UNSUPPORTED);
    set_up(state); /* a port without uploads */
    port.http.ops = NULL;
    begin("http://hub/up", 5);
    (void)step();
    assert_int_equal(upload.err, ROOST_ERR_UNSUPPORTED);
}

static void while_another_has_http(void **state)
{
    (void)state;
    begin("http://hub/up", 0);
    http.start_err = ROOST_ERR_BUSY;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(step(), now_ms + ROOST_UPLOAD_BUSY_MS);
        now_ms += ROOST_UPLOAD_BUSY_MS;
    }
    http.start_err = 0;
    (void)step();
    assert_int_equal(upload.state, ROOST_UPLOAD_SENDING);
    assert_int_equal(upload.attempts, 1);
}

static void given_up(void **state)
{
    static const char long_name[] =
        "a name that is longer than the ninety-eight characters that it "
        "may have, however long the device's id is";
    struct roost_upload_order order = {.url = "http://hub/other/"};
    char url[ROOST_UPLOAD_URL_MAX + 2];

    (void)state;
    roost_upload_cancel(&upload); /* there is none */
    assert_int_equal(http.cancels, 0);
    begin("http://hub/up", 0);
    (void)step();
    say_room(1000);
    assert_int_equal(roost_upload_begin(&upload, &order, long_name), ROOST_ERR_TOO_LONG);
    assert_int_equal(upload.state, ROOST_UPLOAD_SENDING); /* nothing has changed */
    assert_int_equal(roost_upload_begin(&upload, &order, "b.txt"), 0);
    assert_int_equal(http.cancels, 1);
    (void)step();
    assert_string_equal(http.url, "http://hub/other/b.txt");
    assert_int_equal(http.len, 0); /* the room was the first one's */
    roost_upload_cancel(&upload);
    assert_int_equal(upload.state, ROOST_UPLOAD_IDLE);
    assert_false(roost_upload_post(&upload, &(struct roost_event){.type = ROOST_EV_HTTP_ROOM}));
    memset(url, 'x', sizeof url);
    memcpy(url, "http://hub/", 11);
    url[sizeof url - 1] = '\0';
    order.url = url;
    assert_int_equal(roost_upload_begin(&upload, &order, "b.txt"), ROOST_ERR_TOO_LONG);
    url[sizeof url - 2] = '/';
    url[sizeof url - 2] = '\0';
    url[sizeof url - 3] = '/'; /* the longest, with the longest name behind it */
    assert_int_equal(roost_upload_begin(&upload, &order, LONGEST), 0);
    (void)step();
    assert_int_equal(strlen(http.url), ROOST_UPLOAD_URL_MAX + NAME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(where_to, set_up),
        cmocka_unit_test_setup(a_file_as_there_is_room, set_up),
        cmocka_unit_test_setup(no_more_than_so_much_a_step, set_up),
        cmocka_unit_test_setup(post_where_put_is_not_wanted, set_up),
        cmocka_unit_test_setup(as_often_as_was_asked_for, set_up),
        cmocka_unit_test_setup(not_where_it_would_end_the_same, set_up),
        cmocka_unit_test_setup(while_another_has_http, set_up),
        cmocka_unit_test_setup(given_up, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
