/* SPDX-License-Identifier: Apache-2.0 */
/* Chains judged; the openssl program made them (conformance_pki.sh). */
#include "port/conformance_tests.h"

#include <stdio.h>

#include "port/conformance_pki.h"

static const struct roost_pki *pki_of(void **state)
{
    return &((struct roost_conformance *)*state)->port->pki;
}

struct chain_case {
    const char *chain, *roots;
    int day;
    enum roost_pki_verdict verdict;
    const char *host;
    enum roost_pki_usage usage;
    bool common_name;
};

static void expect_verdicts(const struct roost_pki *pki, const struct chain_case *cases,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct chain_case *c = &cases[i];
        struct roost_pki_text chain = pki_file(c->chain), roots[2] = {pki_file("other.pem")};
        struct roost_pki_check check = {.chain = &chain,
                                        .roots = roots,
                                        .root_count = 2,
                                        .at_ms = pki_at_day(c->day),
                                        .usage = c->usage,
                                        .host = c->host,
                                        .host_in_common_name = c->common_name};
        enum roost_pki_verdict verdict = ROOST_PKI_FAILED;
        roots[1] = pki_file(c->roots);
        int err = pki->ops->verify_chain(pki->ctx, &check, &verdict);
        if (verdict != c->verdict)
            fail_msg("%s by %s on day %d: \"%s\", not \"%s\"", c->chain, c->roots, c->day,
                     roost_pki_verdict_text(verdict), roost_pki_verdict_text(c->verdict));
        if (verdict == ROOST_PKI_GOOD)
            assert_int_equal(err, 0);
        else if (verdict != ROOST_PKI_UNREADABLE)
            assert_int_equal(err, ROOST_ERR_CRYPTO);
        else
            assert_true(err < 0);
    }
}

#define EXPECT_VERDICTS(pki, cases) expect_verdicts(pki, cases, sizeof(cases) / sizeof(cases)[0])

static void test_chain_path(void **state)
{
    static const struct chain_case cases[] = {
        {.chain = "chain.pem", .roots = "root.pem"},
        {.chain = "chain.der", .roots = "root.pem"},
        {.chain = "unordered.pem", .roots = "root.pem"},
        {.chain = "long10000.pem", .roots = "root.pem"},
        {.chain = "outlives.pem", .roots = "root.pem"},
        {.chain = "rsaleaf.pem", .roots = "rsaroot.pem"},
        {.chain = "pss.pem", .roots = "rsaroot.pem"},
        {.chain = "p384.pem", .roots = "root.pem"},
        {.chain = "p521.pem", .roots = "root.pem"},
        {.chain = "self.pem", .roots = "self.pem", .verdict = ROOST_PKI_UNTRUSTED},
        {.chain = "root.pem", .roots = "root.pem"},
        {.chain = "chain.pem", .roots = "other.pem", .verdict = ROOST_PKI_UNTRUSTED},
        {.chain = "chain.pem", .roots = "impostor.pem", .verdict = ROOST_PKI_UNTRUSTED},
        {.chain = "unordered.pem", .roots = "other.pem", .verdict = ROOST_PKI_UNTRUSTED},
        {.chain = "leaf.pem", .roots = "root.pem", .verdict = ROOST_PKI_UNTRUSTED},
        {.chain = "leaf.pem", .roots = "chain.pem", .verdict = ROOST_PKI_UNTRUSTED},
        {.chain = "self.pem", .roots = "root.pem", .verdict = ROOST_PKI_UNTRUSTED},
        {.chain = "nocachain.pem", .roots = "root.pem", .verdict = ROOST_PKI_UNTRUSTED},
        {.chain = "deepchain.pem", .roots = "root.pem", .verdict = ROOST_PKI_UNTRUSTED},
        {.chain = "fakechain.pem", .roots = "root.pem", .verdict = ROOST_PKI_UNTRUSTED},
        {.chain = "toolongchain.pem", .roots = "root.pem", .verdict = ROOST_PKI_UNREADABLE},
        {.chain = "nine.pem", .roots = "root.pem", .verdict = ROOST_PKI_UNREADABLE},
        {.chain = "image", .roots = "root.pem", .verdict = ROOST_PKI_UNREADABLE},
        /* It says something that must be understood, and nobody does. */
        {.chain = "critical.pem", .roots = "root.pem", .verdict = ROOST_PKI_UNREADABLE},
        {.chain = "chain.pem", .roots = "image", .verdict = ROOST_PKI_UNTRUSTED},
    };

    EXPECT_VERDICTS(pki_of(state), cases);
}

static void test_chain_weak(void **state)
{
    static const struct chain_case cases[] = {
        {.chain = "md5.pem", .roots = "rsaroot.pem", .verdict = ROOST_PKI_WEAK},
        {.chain = "sha1.pem", .roots = "root.pem", .verdict = ROOST_PKI_WEAK},
        {.chain = "short.pem", .roots = "rsaroot.pem", .verdict = ROOST_PKI_WEAK},
        {.chain = "koblitz.pem", .roots = "root.pem", .verdict = ROOST_PKI_WEAK},
        {.chain = "md5.pem", .roots = "root.pem", .verdict = ROOST_PKI_UNTRUSTED},
        {.chain = "sha1.pem", .roots = "root.pem", .day = 60, .verdict = ROOST_PKI_WEAK},
        /* Nothing rests on a root's own signature, but a leaf's is that of what it is shown for. */
        {.chain = "bysha1.pem", .roots = "sha1root.pem"},
        {.chain = "sha1root.pem", .roots = "sha1root.pem", .verdict = ROOST_PKI_WEAK},
    };

    EXPECT_VERDICTS(pki_of(state), cases);
}

static void test_chain_time(void **state)
{
    static const struct chain_case cases[] = {
        {.chain = "chain.pem", .roots = "root.pem", .day = 49},
        {.chain = "chain.pem", .roots = "root.pem", .day = 50, .verdict = ROOST_PKI_EXPIRED},
        {.chain = "chain.pem", .roots = "root.pem", .day = 150, .verdict = ROOST_PKI_EXPIRED},
        {.chain = "chain.pem", .roots = "root.pem", .day = -1, .verdict = ROOST_PKI_NOT_YET_VALID},
        {.chain = "chain.pem",
         .roots = "root.pem",
         .day = -20000,
         .verdict = ROOST_PKI_NOT_YET_VALID},
        /* The root is over before the certificate is. */
        {.chain = "outlives.pem", .roots = "root.pem", .day = 199},
        {.chain = "outlives.pem", .roots = "root.pem", .day = 250, .verdict = ROOST_PKI_EXPIRED},
        {.chain = "chain.pem", .roots = "other.pem", .day = 60, .verdict = ROOST_PKI_UNTRUSTED},
    };

    EXPECT_VERDICTS(pki_of(state), cases);

    /* To the second, both ends included. */
    const struct roost_pki *pki = pki_of(state);
    struct roost_pki_text chain = pki_file("chain.pem"), root = pki_file("root.pem");
    int64_t first = pki_date("leaf.dates", "notBefore=");
    int64_t last = pki_date("leaf.dates", "notAfter=");
    const struct {
        int64_t at_ms;
        enum roost_pki_verdict verdict;
    } edges[] = {{first - 1, ROOST_PKI_NOT_YET_VALID},
                 {last, ROOST_PKI_GOOD},
                 {last + 1000, ROOST_PKI_EXPIRED}};
    for (size_t i = 0; i < 3; i++) {
        struct roost_pki_check check = {
            .chain = &chain, .roots = &root, .root_count = 1, .at_ms = edges[i].at_ms};
        enum roost_pki_verdict verdict;
        (void)pki->ops->verify_chain(pki->ctx, &check, &verdict);
        assert_int_equal(verdict, edges[i].verdict);
    }
}

/* Of two roots of one name the right one is found, whichever comes first and whichever is over. */
static void test_chain_twin_roots(void **state)
{
    const struct roost_pki *pki = pki_of(state);
    static const char *const names[] = {"impostor.pem", "root.pem", "renewed.pem"};
    static const struct {
        int order[3];
        int day;
        enum roost_pki_verdict verdict;
    } cases[] = {{{0, 1, 2}, 0, ROOST_PKI_GOOD},     {{2, 0, 1}, 30, ROOST_PKI_GOOD},
                 {{1, 2, 0}, 30, ROOST_PKI_GOOD},    {{0, 2, 2}, 30, ROOST_PKI_EXPIRED},
                 {{2, 2, 0}, 30, ROOST_PKI_EXPIRED}, {{0, 0, 0}, 0, ROOST_PKI_UNTRUSTED}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct roost_pki_text chain = pki_file("chain.pem"), roots[3];
        struct roost_pki_check check = {
            .chain = &chain, .roots = roots, .root_count = 3, .at_ms = pki_at_day(cases[i].day)};
        enum roost_pki_verdict verdict;
        for (int r = 0; r < 3; r++)
            roots[r] = pki_file(names[cases[i].order[r]]);
        (void)pki->ops->verify_chain(pki->ctx, &check, &verdict);
        assert_int_equal(verdict, cases[i].verdict);
        check.root_count = 0;
        assert_int_equal(pki->ops->verify_chain(pki->ctx, &check, &verdict), ROOST_ERR_CRYPTO);
        assert_int_equal(verdict, ROOST_PKI_UNTRUSTED);
    }
}

#define HOSTED(file, name, wanted)                                                                 \
    {                                                                                              \
        .chain = (file), .roots = "root.pem", .host = (name), .verdict = ROOST_PKI_##wanted        \
    }
#define HOSTED_CN(file, name, wanted)                                                              \
    {                                                                                              \
        .chain = (file), .roots = "root.pem", .host = (name), .common_name = true,                 \
        .verdict = ROOST_PKI_##wanted                                                              \
    }

static void test_chain_host(void **state)
{
    static const struct chain_case cases[] = {
        HOSTED("chain.pem", "csms.example", GOOD),
        HOSTED("chain.pem", "CSMS.Example.", GOOD),
        HOSTED("chain.pem", "a.charge.example", GOOD),
        HOSTED("chain.pem", "192.0.2.7", GOOD),
        HOSTED("chain.pem", "2001:db8::7", GOOD),
        HOSTED("chain.pem", "[2001:DB8:0:0::7]", GOOD),
        HOSTED("chain.pem", "example", NAME),
        HOSTED("chain.pem", "charge.example", NAME),
        HOSTED("chain.pem", "a.b.charge.example", NAME),
        HOSTED("chain.pem", "192.0.2.8", NAME),
        HOSTED("chain.pem", "2001:db8::8", NAME),
        HOSTED("chain.pem", "CP-0001", NAME),
        HOSTED("chain.pem", "", NAME),
        /* With names of hosts in it, the subject's is none. */
        HOSTED_CN("chain.pem", "CP-0001", NAME),
        HOSTED_CN("odd.pem", "a.odd.example", NAME),
        HOSTED("odd.pem", "any.example", NAME),
        HOSTED("odd.pem", "www.example", NAME),
        HOSTED("odd.pem", "csms.example", NAME),
        HOSTED("twins.pem", "first.example", NAME),
        HOSTED_CN("twins.pem", "first.example", GOOD),
        HOSTED_CN("twins.pem", "second.example", NAME),
    };

    EXPECT_VERDICTS(pki_of(state), cases);
}

/* Which certificates may be used for it; each letter: (s)erver, (c)lient, code (f)or firmware. */
static void expect_usage(const struct roost_pki *pki, enum roost_pki_usage usage)
{
    static const struct {
        const char *chain, *good;
    } cases[] = {{"plain.pem", "scf"},  {"signs.pem", "scf"},    {"enciphers.pem", "s"},
                 {"crlsigns.pem", ""},  {"serves.pem", "s"},     {"asks.pem", "c"},
                 {"signer.pem", "f"},   {"anything.pem", "scf"}, {"stamps.pem", ""},
                 {"byserver.pem", "s"}, {"bycoder.pem", "f"},    {"bynosign.pem", "-"},
                 {"byeither.pem", "sc"}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool good = strchr(cases[i].good, " scf"[usage]);
        enum roost_pki_verdict verdict = good                      ? ROOST_PKI_GOOD
                                         : cases[i].good[0] == '-' ? ROOST_PKI_UNTRUSTED
                                                                   : ROOST_PKI_USAGE;
        const struct chain_case wanted = {
            .chain = cases[i].chain, .roots = "root.pem", .usage = usage, .verdict = verdict};
        const struct chain_case any = {
            .chain = cases[i].chain,
            .roots = "root.pem",
            .verdict = verdict == ROOST_PKI_UNTRUSTED ? ROOST_PKI_UNTRUSTED : ROOST_PKI_GOOD};
        expect_verdicts(pki, &wanted, 1);
        expect_verdicts(pki, &any, 1);
    }
}

static void test_chain_usage(void **state)
{
    static const struct chain_case cases[] = {
        {.chain = "chain.pem", .roots = "root.pem", .usage = ROOST_PKI_TLS_SERVER},
        {.chain = "chain.pem",
         .roots = "root.pem",
         .usage = ROOST_PKI_TLS_CLIENT,
         .verdict = ROOST_PKI_USAGE},
        {.chain = "outlives.pem", .roots = "root.pem", .usage = ROOST_PKI_TLS_CLIENT},
        {.chain = "outlives.pem", .roots = "root.pem", .usage = ROOST_PKI_TLS_SERVER},
    };

    EXPECT_VERDICTS(pki_of(state), cases);
    for (int usage = ROOST_PKI_TLS_SERVER; usage <= ROOST_PKI_CODE_SIGNING; usage++)
        expect_usage(pki_of(state), (enum roost_pki_usage)usage);
    assert_int_equal(roost_tls_failure_of(ROOST_PKI_GOOD), ROOST_TLS_NONE);
    assert_int_equal(roost_tls_failure_of(ROOST_PKI_UNTRUSTED), ROOST_TLS_AUTHORITY);
    assert_int_equal(roost_tls_failure_of(ROOST_PKI_EXPIRED), ROOST_TLS_EXPIRED);
    assert_int_equal(roost_tls_failure_of(ROOST_PKI_NOT_YET_VALID), ROOST_TLS_NOT_YET_VALID);
    assert_int_equal(roost_tls_failure_of(ROOST_PKI_NAME), ROOST_TLS_NAME);
    assert_int_equal(roost_tls_failure_of((enum roost_pki_verdict)99), ROOST_TLS_OTHER);
}

/* Of two issuers of one name the right one is found, whichever comes first: one of them has another
 * key, or is over, or both. */
static void test_chain_twin_issuers(void **state)
{
    static const struct chain_case cases[] = {
        {.chain = "twinkey1.pem", .roots = "root.pem"},
        {.chain = "twinkey2.pem", .roots = "root.pem"},
        {.chain = "twinold1.pem", .roots = "root.pem", .day = 30},
        {.chain = "twinold2.pem", .roots = "root.pem", .day = 30},
        {.chain = "twinold1.pem", .roots = "root.pem", .day = 60, .verdict = ROOST_PKI_EXPIRED},
        {.chain = "twinall1.pem", .roots = "root.pem", .day = 30},
        {.chain = "twinall2.pem", .roots = "root.pem", .day = 30},
        {.chain = "twinold1.pem", .roots = "other.pem", .verdict = ROOST_PKI_UNTRUSTED},
    };

    EXPECT_VERDICTS(pki_of(state), cases);
}

static void test_chain_roots(void **state)
{
    static const struct chain_case cases[] = {
        {.chain = "byv1.pem", .roots = "v1root.pem"},
        {.chain = "bybare.pem", .roots = "bareroot.pem", .verdict = ROOST_PKI_UNTRUSTED},
        {.chain = "bycrl.pem", .roots = "crlroot.pem", .verdict = ROOST_PKI_UNTRUSTED},
        {.chain = "bareroot.pem", .roots = "bareroot.pem", .verdict = ROOST_PKI_UNTRUSTED},
        /* Not only as a root: one of version 1 is no authority on the way. */
        {.chain = "v1chain.pem", .roots = "root.pem", .verdict = ROOST_PKI_UNTRUSTED},
        {.chain = "chain.pem", .roots = "0root.pem"},
        {.chain = "0chain.pem", .roots = "0root.pem"},
    };

    EXPECT_VERDICTS(pki_of(state), cases);
}

static enum roost_pki_verdict by_bytes(const struct roost_pki *pki, const void *roots, size_t len,
                                       unsigned *damaged)
{
    struct roost_pki_text chain = pki_file("chain.pem"), text = roost_pki_text(roots, len);
    struct roost_pki_check check = {.chain = &chain,
                                    .roots = &text,
                                    .root_count = 1,
                                    .damaged_roots = damaged,
                                    .at_ms = pki_at_day(0)};
    enum roost_pki_verdict verdict;

    *damaged = 0;
    (void)pki->ops->verify_chain(pki->ctx, &check, &verdict);
    return verdict;
}

/* A damaged root costs itself and is counted. */
static void test_chain_damaged_roots(void **state)
{
    static const char *const bad[] = {
        "-----BEGIN CERTIFICATE-----\nAA*A\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAAA=AAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n",
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"};
    const struct roost_pki *pki = pki_of(state);
    struct roost_pki_text root = pki_file("root.pem"), der = pki_file("root.der");
    char text[8192];
    unsigned damaged;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int len = snprintf(text, sizeof text, "%s%s%s", bad[i], bad[i], (const char *)root.bytes);
        assert_int_equal(by_bytes(pki, text, (size_t)len, &damaged), ROOST_PKI_GOOD);
        assert_int_equal(damaged, 2);
        len =
            snprintf(text, sizeof text, "%s%s", (const char *)pki_file("other.pem").bytes, bad[i]);
        assert_int_equal(by_bytes(pki, text, (size_t)len, &damaged), ROOST_PKI_UNTRUSTED);
        assert_int_equal(damaged, 1);
    }
    /* In DER too; a time that cannot be read is such a damage, and not 1970. */
    assert_true(2 * der.len <= sizeof text);
    memcpy(text, der.bytes, der.len);
    memcpy(text + der.len, der.bytes, der.len);
    pki_spoil_time((uint8_t *)text, der.len, 0);
    assert_int_equal(by_bytes(pki, text, der.len, &damaged), ROOST_PKI_UNTRUSTED);
    assert_int_equal(damaged, 1);
    assert_int_equal(by_bytes(pki, text, 2 * der.len, &damaged), ROOST_PKI_GOOD);
    assert_int_equal(damaged, 1);
    assert_int_equal(by_bytes(pki, text, 2 * der.len - 1, &damaged), ROOST_PKI_UNTRUSTED);
    assert_int_equal(damaged, 2);
}

struct source {
    struct roost_pki_text in;
    uint32_t fail_at;
    int error;
};

static int read_source(void *ctx, uint32_t offset, void *out, size_t len)
{
    const struct source *source = ctx;

    if (offset + len > source->fail_at)
        return source->error;
    memcpy(out, (const char *)source->in.bytes + offset, len);
    return 0;
}

/* A root that the flash does not give is told as that, wherever it stops, and is no damaged one. */
static void test_chain_roots_fail(void **state)
{
    const struct roost_pki *pki = pki_of(state);
    struct source source = {.in = pki_file("root.pem")};
    struct roost_pki_text chain = pki_file("chain.pem");
    struct roost_pki_text root = {.len = source.in.len, .read = read_source, .ctx = &source};
    unsigned damaged = 0;
    struct roost_pki_check check = {.chain = &chain,
                                    .roots = &root,
                                    .root_count = 1,
                                    .damaged_roots = &damaged,
                                    .at_ms = pki_at_day(0)};
    enum roost_pki_verdict verdict;

    for (source.fail_at = 0; source.fail_at < root.len; source.fail_at += 61) {
        source.error = source.fail_at % 2 ? ROOST_ERR_IO : ROOST_ERR_CORRUPT;
        assert_int_equal(pki->ops->verify_chain(pki->ctx, &check, &verdict), source.error);
        assert_int_equal(verdict, ROOST_PKI_FAILED);
    }
    source.fail_at = UINT32_MAX;
    assert_int_equal(pki->ops->verify_chain(pki->ctx, &check, &verdict), 0);
    assert_int_equal(damaged, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_chain_path),          cmocka_unit_test(test_chain_weak),
    cmocka_unit_test(test_chain_time),          cmocka_unit_test(test_chain_twin_roots),
    cmocka_unit_test(test_chain_host),          cmocka_unit_test(test_chain_usage),
    cmocka_unit_test(test_chain_twin_issuers),  cmocka_unit_test(test_chain_roots),
    cmocka_unit_test(test_chain_damaged_roots), cmocka_unit_test(test_chain_roots_fail),
};

struct conformance_group conformance_chains_group(void)
{
    return (struct conformance_group){"chains", tests, sizeof tests / sizeof tests[0]};
}
