/* SPDX-License-Identifier: Apache-2.0 */
/* Paths through certificates that are numbers here. */
#include "port/pki/trust.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/err.h"

/* The paths as "0 01 012", in the order they come. */
static const char *paths_of(const struct roost_trust_names *names)
{
    static char out[256];
    struct roost_trust_path path = {0};
    size_t len = 0;

    while (roost_trust_next(&path, names) && len + path.len + 2 < sizeof out) {
        for (unsigned i = 0; i < path.len; i++)
            out[len++] = (char)('0' + path.at[i]);
        out[len++] = ' ';
    }
    out[len ? len - 1 : 0] = '\0';
    return out;
}

static void test_paths(void **state)
{
    struct roost_trust_names names = {.count = 1, .issuers = {0}, .by_root = 1};

    (void)state;
    assert_string_equal(paths_of(&names), "0");
    names.by_root = 0;
    assert_string_equal(paths_of(&names), "");
    /* 1 and 2 issue 0; 3 and 4 issue them; the root issues 3 and 4. */
    names = (struct roost_trust_names){.count = 5, .issuers = {0x6, 0x18, 0x18}, .by_root = 0x18};
    assert_string_equal(paths_of(&names), "013 014 023 024");
    /* The root itself is among them, and issues itself. */
    names = (struct roost_trust_names){.count = 3, .issuers = {0x2, 0x4, 0x4}, .by_root = 0x6};
    assert_string_equal(paths_of(&names), "01 012");
    /* Two that issue each other. */
    names = (struct roost_trust_names){.count = 3, .issuers = {0x6, 0x4, 0x2}, .by_root = 0x2};
    assert_string_equal(paths_of(&names), "01 021");
}

/* ---- roots ---- */

struct body {
    unsigned roots, judged;
    int error;
    enum roost_pki_verdict verdicts[32];
};

static int open_root(void *ctx, struct roost_pem *pem, uint8_t *by_root)
{
    struct body *body = ctx;

    (void)pem;
    body->roots++;
    *by_root = 0xff;
    return body->error;
}

static enum roost_pki_verdict judge(void *ctx, const struct roost_trust_path *path)
{
    struct body *body = ctx;

    assert_true(path->len > 0);
    return body->verdicts[body->judged++];
}

static int run(struct body *body, enum roost_pki_verdict *verdict)
{
    static const struct roost_trust_ops ops = {.root = open_root, .judge = judge};
    static const char pem[] = "-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n";
    struct roost_pki_text roots[2] = {roost_pki_text(pem, sizeof pem - 1),
                                      roost_pki_text(pem, sizeof pem - 1)};
    struct roost_pki_check check = {.roots = roots, .root_count = 2};
    /* All of one name: more paths than anybody tries. */
    struct roost_trust_names names = {.count = 8};

    memset(names.issuers, 0xff, sizeof names.issuers);
    return roost_trust(&ops, body, &check, &names, verdict);
}

static void test_verdicts(void **state)
{
    struct body body = {.verdicts = {ROOST_PKI_UNTRUSTED, ROOST_PKI_NAME, ROOST_PKI_EXPIRED}};
    enum roost_pki_verdict verdict;

    (void)state;
    for (int i = 3; i < 32; i++)
        body.verdicts[i] = ROOST_PKI_UNTRUSTED;
    assert_int_equal(run(&body, &verdict), ROOST_ERR_CRYPTO);
    assert_int_equal(verdict, ROOST_PKI_NAME);
    assert_int_equal(body.judged, 2 * ROOST_TRUST_PATHS_MAX);
    body.judged = body.roots = 0;
    body.verdicts[4] = ROOST_PKI_GOOD;
    assert_int_equal(run(&body, &verdict), 0);
    assert_int_equal(verdict, ROOST_PKI_GOOD);
    assert_int_equal(body.judged, 5);
    assert_int_equal(body.roots, 1);
    body = (struct body){.error = ROOST_ERR_NO_MEMORY};
    assert_int_equal(run(&body, &verdict), ROOST_ERR_NO_MEMORY);
    assert_int_equal(verdict, ROOST_PKI_FAILED);
    body = (struct body){.error = ROOST_ERR_INVALID};
    assert_int_equal(run(&body, &verdict), ROOST_ERR_CRYPTO);
    assert_int_equal(verdict, ROOST_PKI_UNTRUSTED);
    assert_int_equal(body.roots, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_paths),
                                       cmocka_unit_test(test_verdicts)};

    return cmocka_run_group_tests_name("trust", tests, NULL, NULL);
}
