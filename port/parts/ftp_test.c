/* SPDX-License-Identifier: Apache-2.0 */
#include "port/parts/ftp.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/err.h"

static struct ftp ftp;

static const struct ftp_job fetch = {.user = "u", .password = "p w", .path = "dir/file"},
                            store = {.user = "", .password = "", .path = "log.txt", .store = true};

static void hear(const char *text)
{
    assert_int_equal(ftp_take(&ftp, text, strlen(text)), strlen(text));
}

static void expect_said(const char *command)
{
    assert_int_equal(ftp.next, FTP_SEND);
    assert_string_equal(ftp.command, command);
    ftp_sent(&ftp);
}

static void expect_over(int status, int code)
{
    if (ftp.next == FTP_SEND)
        expect_said("QUIT\r\n");
    assert_int_equal(ftp.next, FTP_OVER);
    assert_int_equal(ftp.status, status);
    assert_int_equal(ftp.code, code);
}

static void begin(const struct ftp_job *job)
{
    assert_int_equal(ftp_init(&ftp, job), 0);
    assert_int_equal(ftp.next, FTP_READ);
}

/* Up to where the data connection is to be made. */
static void log_in(const struct ftp_job *job)
{
    begin(job);
    hear("220 ready\r\n");
    expect_said(job->user[0] ? "USER u\r\n" : "USER anonymous\r\n");
    hear("331 and the password\r\n");
    expect_said(job->user[0] ? "PASS p w\r\n" : "PASS roost@\r\n");
    hear("230 in\r\n");
    expect_said("TYPE I\r\n");
    hear("200 binary\r\n");
    expect_said("EPSV\r\n");
    hear("229 Entering Extended Passive Mode (|||40001|)\r\n");
    assert_int_equal(ftp.next, FTP_CONNECT);
    assert_int_equal(ftp.data_port, 40001);
}

static void test_fetch(void **state)
{
    (void)state;
    log_in(&fetch);
    ftp_connected(&ftp, true);
    expect_said("RETR dir/file\r\n");
    hear("150 here it comes\r\n");
    assert_int_equal(ftp.next, FTP_TRANSFER);
    ftp_moved(&ftp, true);
    assert_int_equal(ftp.next, FTP_READ);
    hear("226 done\r\n");
    expect_over(0, 226);
}

static void test_store(void **state)
{
    (void)state;
    log_in(&store);
    ftp_connected(&ftp, true);
    expect_said("STOR log.txt\r\n");
    hear("125 go\r\n");
    ftp_moved(&ftp, true);
    hear("250 kept\r\n");
    expect_over(0, 250);
}

/* The last reply overtakes the bytes; or there is no first one. */
static void test_replies_early(void **state)
{
    (void)state;
    log_in(&fetch);
    ftp_connected(&ftp, true);
    expect_said("RETR dir/file\r\n");
    hear("150 here\r\n226 and that was it\r\n");
    assert_int_equal(ftp.next, FTP_TRANSFER);
    ftp_moved(&ftp, true);
    expect_over(0, 226);
    log_in(&fetch);
    ftp_connected(&ftp, true);
    expect_said("RETR dir/file\r\n");
    hear("226 an empty one\r\n");
    assert_int_equal(ftp.next, FTP_TRANSFER);
    ftp_moved(&ftp, true);
    expect_over(0, 226);
}

static void test_resume(void **state)
{
    struct ftp_job rest = fetch;

    (void)state;
    rest.offset = 18446744073709551615u;
    log_in(&rest);
    ftp_connected(&ftp, true);
    expect_said("REST 18446744073709551615\r\n");
    hear("350 from there\r\n");
    expect_said("RETR dir/file\r\n");
    log_in(&rest);
    ftp_connected(&ftp, true);
    expect_said("REST 18446744073709551615\r\n");
    hear("502 what?\r\n");
    expect_over(ROOST_ERR_UNSUPPORTED, 502);
}

static void test_logins(void **state)
{
    (void)state;
    begin(&fetch);
    hear("120 in a minute\r\n");
    assert_int_equal(ftp.next, FTP_READ);
    hear("220 now\r\n");
    expect_said("USER u\r\n");
    hear("230 no password here\r\n");
    expect_said("TYPE I\r\n");
    begin(&fetch);
    hear("220 ready\r\n");
    expect_said("USER u\r\n");
    hear("331 password\r\n");
    expect_said("PASS p w\r\n");
    hear("530 no\r\n");
    expect_over(ROOST_ERR_AUTH, 530);
    begin(&fetch);
    hear("220 ready\r\n");
    expect_said("USER u\r\n");
    hear("332 account?\r\n");
    expect_over(ROOST_ERR_AUTH, 332);
    begin(&fetch);
    hear("421 too many\r\n");
    expect_over(ROOST_ERR_CLOSED, 421);
}

static void test_refusals(void **state)
{
    static const struct {
        const struct ftp_job *job;
        const char *reply;
        int status, code;
    } cases[] = {
        {&fetch, "550 no such file\r\n", ROOST_ERR_NOT_FOUND, 550},
        {&store, "550 not here\r\n", ROOST_ERR_REFUSED, 550},
        {&store, "552 full\r\n", ROOST_ERR_NO_SPACE, 552},
        {&store, "452 full\r\n", ROOST_ERR_NO_SPACE, 452},
        {&store, "553 no such name\r\n", ROOST_ERR_REFUSED, 553},
        {&store, "532 account\r\n", ROOST_ERR_AUTH, 532},
        {&store, "350 what\r\n", ROOST_ERR_REFUSED, 350},
        {&fetch, "425 no data connection\r\n", ROOST_ERR_CLOSED, 425},
        {&fetch, "150 ok\r\n426 broken\r\n", ROOST_ERR_CLOSED, 426},
        {&store, "150 ok\r\n552 full\r\n", ROOST_ERR_NO_SPACE, 552},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        log_in(cases[i].job);
        ftp_connected(&ftp, true);
        ftp_sent(&ftp);
        hear(cases[i].reply);
        expect_over(cases[i].status, cases[i].code);
    }
    log_in(&fetch);
    ftp_connected(&ftp, false);
    expect_over(ROOST_ERR_CLOSED, 229);
}

/* Lost data is an error, whatever the server says; its own reason comes first. */
static void test_data_lost(void **state)
{
    (void)state;
    log_in(&fetch);
    ftp_connected(&ftp, true);
    expect_said("RETR dir/file\r\n");
    hear("150 ok\r\n");
    ftp_moved(&ftp, false);
    hear("226 done\r\n");
    expect_over(ROOST_ERR_CLOSED, 226);
    log_in(&store);
    ftp_connected(&ftp, true);
    expect_said("STOR log.txt\r\n");
    hear("150 ok\r\n");
    ftp_moved(&ftp, false);
    hear("552 full\r\n");
    expect_over(ROOST_ERR_NO_SPACE, 552);
    begin(&fetch);
    ftp_failed(&ftp, ROOST_ERR_TIMEOUT);
    expect_over(ROOST_ERR_TIMEOUT, 0);
}

static void passive(const char *epsv, const char *pasv)
{
    begin(&store);
    hear("220 ready\r\n");
    ftp_sent(&ftp);
    hear("230 in\r\n");
    ftp_sent(&ftp);
    hear("200 binary\r\n");
    expect_said("EPSV\r\n");
    hear(epsv);
    if (!pasv)
        return;
    expect_said("PASV\r\n");
    hear(pasv);
}

static void test_passive(void **state)
{
    static const struct {
        const char *epsv, *pasv;
        uint16_t port; /* 0: refused */
    } cases[] = {
        {"229 ok (|||1|)\r\n", NULL, 1},
        {"229 ok (!!!65535!)\r\n", NULL, 65535},
        {"229 ok (|||65536|)\r\n", NULL, 0},
        {"229 ok (|||0|)\r\n", NULL, 0},
        {"229 ok (||40|)\r\n", NULL, 0},
        {"229 ok (|||40|\r\n", NULL, 0},
        {"229 ok (|||\r\n", NULL, 0},
        {"229 ok (\r\n", NULL, 0},
        {"229 ok\r\n", NULL, 0},
        {"500 what\r\n", "227 Entering Passive Mode (10,0,0,7,156,65).\r\n", 40001},
        {"522 what\r\n", "227 Entering Passive Mode 10,0,0,7,156,65\r\n", 40001},
        {"500 what\r\n", "227 (10,0,0,7,156,256)\r\n", 0},
        {"500 what\r\n", "227 (10,0,0,256,156,1)\r\n", 0},
        {"500 what\r\n", "227 (10,0,0,7,0,0)\r\n", 0},
        {"500 what\r\n", "227 (10,0,0,7,156)\r\n", 0},
        {"500 what\r\n", "227\r\n", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        passive(cases[i].epsv, cases[i].pasv);
        if (cases[i].port) {
            assert_int_equal(ftp.next, FTP_CONNECT);
            assert_int_equal(ftp.data_port, cases[i].port);
        } else {
            expect_over(ROOST_ERR_REFUSED, cases[i].pasv ? 227 : 229);
        }
    }
    passive("500 what\r\n", "502 neither\r\n");
    expect_over(ROOST_ERR_REFUSED, 502);
}

/* Whatever pieces they come in. */
static void test_lines(void **state)
{
    static const char greeting[] = "220-welcome\r\n 220 not yet\r\n230 neither\r\n220-nor this\r\n"
                                   "\r\n22\r\n220 now\r\n";
    char big[1000];

    (void)state;
    for (size_t piece = 1; piece < sizeof greeting; piece++) {
        size_t at = 0;
        begin(&fetch);
        while (at < sizeof greeting - 1) {
            assert_int_equal(ftp.next, FTP_READ);
            size_t left = sizeof greeting - 1 - at;
            at += ftp_take(&ftp, greeting + at, piece < left ? piece : left);
        }
        expect_said("USER u\r\n");
    }
    begin(&fetch);
    memset(big, 'x', sizeof big);
    memcpy(big, "220 ", 4);
    big[sizeof big - 1] = '\n';
    assert_int_equal(ftp_take(&ftp, big, sizeof big), sizeof big);
    expect_said("USER u\r\n");
    /* What comes behind a reply waits until the next command went out. */
    begin(&fetch);
    assert_int_equal(ftp_take(&ftp, "220 a\r\n331 b\r\n", 14), 7);
}

static void test_no_ftp(void **state)
{
    static const char *const replies[] = {
        "HTTP/1.1 400 Bad\r\n", "\r\n",         "22\r\n",     "220x\r\n",
        "099 low\r\n",          "600 high\r\n", "SSH-2.0\r\n"};

    (void)state;
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        begin(&fetch);
        hear(replies[i]);
        assert_int_equal(ftp.next, FTP_OVER);
        assert_int_equal(ftp.status, ROOST_ERR_REFUSED);
    }
    begin(&fetch);
    hear("220-for ever\r\n");
    for (int i = 0; i < FTP_LINES_MAX && ftp.next == FTP_READ; i++)
        hear("and ever\r\n");
    expect_over(ROOST_ERR_REFUSED, 0);
}

static void test_texts(void **state)
{
    static char at_limit[FTP_TEXT_MAX + 1], beyond[FTP_TEXT_MAX + 2];
    static const char *const bad[] = {"a\rDELE b", "a\nDELE b", "\xff", ""};
    struct ftp_job job = fetch;

    (void)state;
    memset(at_limit, 'f', FTP_TEXT_MAX);
    memset(beyond, 'f', FTP_TEXT_MAX + 1);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        job = fetch;
        job.path = bad[i];
        assert_int_equal(ftp_init(&ftp, &job), ROOST_ERR_INVALID);
        job = fetch;
        job.user = bad[i];
        assert_int_equal(ftp_init(&ftp, &job), bad[i][0] ? ROOST_ERR_INVALID : 0);
        job = fetch;
        job.password = bad[i];
        assert_int_equal(ftp_init(&ftp, &job), bad[i][0] ? ROOST_ERR_INVALID : 0);
    }
    job = fetch;
    job.path = beyond;
    assert_int_equal(ftp_init(&ftp, &job), ROOST_ERR_TOO_LONG);
    job.path = at_limit;
    log_in(&job);
    ftp_connected(&ftp, true);
    assert_int_equal(strlen(ftp.command), FTP_TEXT_MAX + 7);
    ftp_sent(&ftp);
    assert_int_equal(ftp.command[0], '\0'); /* the password, too, is not kept */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fetch),         cmocka_unit_test(test_store),
        cmocka_unit_test(test_replies_early), cmocka_unit_test(test_resume),
        cmocka_unit_test(test_logins),        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_data_lost),     cmocka_unit_test(test_passive),
        cmocka_unit_test(test_lines),         cmocka_unit_test(test_no_ftp),
        cmocka_unit_test(test_texts),
    };

    return cmocka_run_group_tests_name("FTP", tests, NULL, NULL);
}
