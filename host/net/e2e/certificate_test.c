/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate that is renewed on disk: what is good is handed over, what is not is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"
#include "host/log.h"
#include "host/net/certificate.h"
#include "tests/support/certs.h"
#include "tests/support/support.h"

enum { PATH = SUPPORT_PATH_MAX + 16, POLL_MS = 20, DAY_S = 24 * 3600 };

static struct {
    uv_loop_t loop;
    char folder[SUPPORT_PATH_MAX];
    char cert[PATH], key[PATH];
    struct metrics *metrics;
    struct host_clock clock;
    int64_t unix_ms; /* as long as it is not 0 */
    struct certificate *certificate;
    int renewed;
    int64_t until_s;
    char log[8192];
} rig;

static int64_t unix_ms(void *ctx)
{
    (void)ctx;
    return rig.unix_ms ? rig.unix_ms : (int64_t)time(NULL) * 1000;
}

static const struct host_clock_ops clock_ops = {.unix_ms = unix_ms};

static void keep_line(void *ctx, enum roost_log_level level, const char *line, size_t len)
{
    size_t used = strlen(rig.log);

    (void)ctx;
    (void)level;
    snprintf(rig.log + used, sizeof rig.log - used, "%.*s\n", (int)len, line);
}

static void on_renewed(void *ctx, struct tls_context *tls)
{
    int64_t from_s;

    (void)ctx;
    rig.renewed++;
    tls_server_validity(tls, &from_s, &rig.until_s);
    assert_true(from_s < rig.until_s);
    tls_context_free(tls);
}

/* The named pair becomes the server's. */
static void put(const char *cert, const char *key)
{
    char command[4 * PATH];

    snprintf(command, sizeof command,
             "cd '%s' && cp %s new.pem && mv new.pem cert.pem && "
             "cp %s new.key && mv new.key cert.key",
             rig.folder, cert, key);
    assert_int_equal(system(command), 0);
}

static int setup(void **state)
{
    (void)state;
    memset(&rig, 0, sizeof rig);
    assert_int_equal(uv_loop_init(&rig.loop), 0);
    support_make_dir(rig.folder);
    support_make_certificates(rig.folder);
    snprintf(rig.cert, sizeof rig.cert, "%s/cert.pem", rig.folder);
    snprintf(rig.key, sizeof rig.key, "%s/cert.key", rig.folder);
    put("server.pem", "server.key");
    rig.metrics = metrics_new();
    rig.clock = (struct host_clock){.ops = &clock_ops};
    host_log_init(ROOST_LOG_INFO, keep_line, NULL);
    return 0;
}

static void start(uint32_t poll_ms)
{
    const struct certificate_config config = {.files = {.cert = rig.cert, .key = rig.key},
                                              .poll_ms = poll_ms};

    assert_int_equal(certificate_new(&rig.certificate, &rig.loop, &config, &rig.clock, rig.metrics,
                                     on_renewed, NULL),
                     0);
}

static int teardown(void **state)
{
    (void)state;
    certificate_close(rig.certificate);
    uv_run(&rig.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&rig.loop), 0);
    metrics_free(rig.metrics);
    host_log_init(ROOST_LOG_WARN, NULL, NULL);
    support_remove_dir(rig.folder);
    return 0;
}

static double counted(const char *labels)
{
    return metric_value(
        metrics_counter(rig.metrics, "roost_tls_certificate_reads_total", "", labels));
}

static void wait_renewed(int count)
{
    while (rig.renewed < count)
        uv_run(&rig.loop, UV_RUN_ONCE);
}

static void wait_refused(int count)
{
    while (counted("result=\"refused\"") < count)
        uv_run(&rig.loop, UV_RUN_ONCE);
}

static bool said(const char *text)
{
    return strstr(rig.log, text) != NULL;
}

/* A few looks at files that stay as they are. */
static void poll_on(void)
{
    uint64_t until_ms = uv_now(&rig.loop) + 10 * POLL_MS;

    while (uv_now(&rig.loop) < until_ms)
        uv_run(&rig.loop, UV_RUN_ONCE);
}

static void test_files_that_change_are_read(void **state)
{
    (void)state;
    start(POLL_MS);
    wait_renewed(1);
    poll_on();
    assert_int_equal(rig.renewed, 1);
    assert_false(said("taken anew"));
    put("elsewhere.pem", "elsewhere.key");
    wait_renewed(2);
    /* Between the two moves it may have been seen without its key. */
    assert_true(said("taken anew"));
    poll_on();
    assert_int_equal(rig.renewed, 2);
}

static void test_a_look_reads_them_at_once(void **state)
{
    (void)state;
    start(3600 * 1000);
    wait_renewed(1);
    put("elsewhere.pem", "elsewhere.key");
    certificate_look(rig.certificate);
    certificate_look(rig.certificate); /* and once more when that is done */
    wait_renewed(3);
    assert_true(counted("result=\"taken\"") == 2);
}

static void test_a_broken_pair_is_refused_and_mended(void **state)
{
    static const struct {
        const char *cert, *key, *why;
    } cases[] = {
        {"elsewhere.pem", "server.key", "the key is not the certificate's"},
        {"server.key", "server.key", "holds no certificate"},
        {"elsewhere.pem", "/dev/null", "holds no private key"},
        {"/dev/null", "server.key", "holds no certificate"},
        {"expired.pem", "expired.key", "it has expired"},
    };
    const int count = sizeof cases / sizeof cases[0];

    (void)state;
    start(POLL_MS);
    wait_renewed(1);
    for (int i = 0; i < count; i++) {
        char command[4 * PATH];
        rig.log[0] = '\0';
        /* Both at once: a link to a folder, as tools that renew certificates do it. */
        snprintf(command, sizeof command,
                 "cd '%s' && mkdir d%d && cp %s d%d/cert.pem && cp %s d%d/cert.key && "
                 "ln -sfn d%d/cert.pem l.pem && ln -sfn d%d/cert.key l.key && "
                 "mv -T l.key cert.key && mv -T l.pem cert.pem",
                 rig.folder, i, cases[i].cert, i, cases[i].key, i, i, i);
        assert_int_equal(system(command), 0);
        while (!said(cases[i].why))
            uv_run(&rig.loop, UV_RUN_ONCE);
        assert_true(said("the old one goes on"));
    }
    assert_int_equal(rig.renewed, 1);
    rig.log[0] = '\0';
    poll_on();
    assert_string_equal(rig.log, ""); /* said once */
    put("elsewhere.pem", "elsewhere.key");
    wait_renewed(2);
}

static void test_missing_files_are_waited_for(void **state)
{
    char away[PATH + 8];

    (void)state;
    start(POLL_MS);
    wait_renewed(1);
    snprintf(away, sizeof away, "%s.away", rig.key);
    assert_int_equal(rename(rig.key, away), 0);
    wait_refused(1);
    assert_true(said("the key's file cannot be read"));
    assert_int_equal(rename(away, rig.key), 0);
    wait_renewed(2);
}

/* One of tomorrow is taken when its day has come, without a change of the files. */
static void test_a_certificate_of_tomorrow_waits(void **state)
{
    (void)state;
    rig.unix_ms = ((int64_t)time(NULL) - 3 * DAY_S) * 1000;
    put("expired.pem", "expired.key");
    start(POLL_MS);
    wait_renewed(1);
    put("server.pem", "server.key");
    wait_refused(1);
    while (!said("it is not valid yet"))
        uv_run(&rig.loop, UV_RUN_ONCE);
    assert_int_equal(rig.renewed, 1);
    rig.unix_ms = 0;
    wait_renewed(2);
}

static double days_left(void)
{
    return metric_value(metrics_gauge(rig.metrics, "roost_tls_certificate_days_left", "", NULL));
}

static void test_its_end_is_announced(void **state)
{
    static const struct {
        int64_t days_left;
        const char *says;
    } steps[] = {
        {31, ""},
        {29, "\"days_left\":29"},
        {20, ""},
        {13, "\"days_left\":13"},
        {6, "\"days_left\":6"},
        {0, "\"days_left\":0"},
        {-1, "the certificate has expired"},
        {-2, ""},
    };

    (void)state;
    start(3600 * 1000);
    wait_renewed(1);
    int64_t until_s = rig.until_s;
    certificate_close(rig.certificate);
    uv_run(&rig.loop, UV_RUN_DEFAULT);
    rig.unix_ms = (until_s - steps[0].days_left * DAY_S - DAY_S / 2) * 1000;
    start(POLL_MS);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        rig.log[0] = '\0';
        rig.unix_ms = (until_s - steps[i].days_left * DAY_S - DAY_S / 2) * 1000;
        poll_on();
        if (steps[i].says[0])
            assert_true(said(steps[i].says));
        else
            assert_false(said("expire"));
        double left = days_left();
        assert_true(left > (double)steps[i].days_left - 0.6 &&
                    left <= (double)steps[i].days_left + 1);
    }
}

/* A pipe that nobody writes to must not hold the thread, nor the program's end. */
static void test_a_pipe_is_no_certificate(void **state)
{
    (void)state;
    start(POLL_MS);
    wait_renewed(1);
    assert_int_equal(unlink(rig.cert), 0);
    assert_int_equal(mkfifo(rig.cert, 0600), 0);
    wait_refused(1);
    assert_true(said("the certificate's file is no regular file"));
    put("server.pem", "server.key");
    wait_renewed(2);
    assert_int_equal(unlink(rig.key), 0);
    assert_int_equal(symlink("/dev/zero", rig.key), 0);
    wait_refused(2);
    assert_true(said("the key's file is no regular file"));
}

static void test_closing_while_it_reads(void **state)
{
    (void)state;
    start(POLL_MS);
    certificate_close(rig.certificate);
    uv_run(&rig.loop, UV_RUN_DEFAULT);
    assert_int_equal(rig.renewed, 0);
    rig.certificate = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_files_that_change_are_read, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_look_reads_them_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_broken_pair_is_refused_and_mended, setup, teardown),
        cmocka_unit_test_setup_teardown(test_missing_files_are_waited_for, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_certificate_of_tomorrow_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_its_end_is_announced, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_pipe_is_no_certificate, setup, teardown),
        cmocka_unit_test_setup_teardown(test_closing_while_it_reads, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
