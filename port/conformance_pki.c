/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates read and chains judged; the openssl program made them (conformance_pki.sh). */
#include "port/conformance_tests.h"

#include <stdio.h>

#include "core/datetime.h"
#include "port/conformance_pki.h"

static const struct roost_pki *pki_of(void **state)
{
    return &((struct roost_conformance *)*state)->port->pki;
}

static int inspect(const struct roost_pki *pki, const char *name, unsigned index,
                   struct roost_certificate *out)
{
    struct roost_pki_text text = pki_file(name);

    return pki->ops->inspect(pki->ctx, &text, index, out);
}

/* ---- reading ---- */

static int64_t date_in(const char *words, const char *which)
{
    const char *at = strstr(words, which);
    int64_t ms = 0;

    assert_non_null(at);
    at += strlen(which);
    assert_int_equal(roost_datetime_parse(at, strcspn(at, "\n"), &ms), 0);
    return ms;
}

static void test_inspect(void **state)
{
    const struct roost_pki *pki = pki_of(state);
    struct roost_certificate leaf, inter, other;

    assert_int_equal(inspect(pki, "chain.pem", 0, &leaf), 0);
    assert_string_equal(leaf.common_name, "CP-0001");
    assert_string_equal(leaf.organization, "Roost Betrieb K\xC3\xB6ln");
    assert_string_equal(leaf.serial, "f");
    assert_int_equal(leaf.key, ROOST_PKI_P256);
    assert_int_equal(leaf.key_bits, 256);
    assert_false(leaf.authority || leaf.self_issued);
    assert_true(leaf.not_before_ms == date_in(pki_words("leaf.dates"), "notBefore="));
    assert_true(leaf.not_after_ms == date_in(pki_words("leaf.dates"), "notAfter="));

    assert_int_equal(inspect(pki, "chain.pem", 1, &inter), 0);
    assert_string_equal(inter.common_name, "Roost Intermediate");
    assert_string_equal(inter.serial, "a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2");
    assert_true(inter.authority);
    assert_false(inter.self_issued);
    assert_int_equal(inspect(pki, "chain.pem", 2, &other), ROOST_ERR_NOT_FOUND);

    /* In whatever form, it says the same. */
    static const char *const forms[] = {"chain.der", "crlf.pem", "described.pem"};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        assert_int_equal(inspect(pki, forms[i], 0, &other), 0);
        assert_memory_equal(&other, &leaf, sizeof leaf);
    }
    assert_int_equal(inspect(pki, "chain.der", 1, &other), 0);
    assert_memory_equal(&other, &inter, sizeof inter);
}

static void test_inspect_kinds(void **state)
{
    const struct roost_pki *pki = pki_of(state);
    static const struct {
        const char *file;
        enum roost_pki_key key;
        unsigned bits;
        bool authority, self_issued;
    } wanted[] = {
        {"root.pem", ROOST_PKI_P256, 256, true, true},
        {"rsaroot.pem", ROOST_PKI_RSA, 2048, true, true},
        {"rsaleaf.pem", ROOST_PKI_RSA, 2048, false, false},
        {"short.pem", ROOST_PKI_RSA, 1024, false, false},
        {"p384.pem", ROOST_PKI_P384, 384, false, false},
        {"p521.pem", ROOST_PKI_P521, 521, false, false},
        {"koblitz.pem", ROOST_PKI_KEY_OTHER, 256, false, false},
        {"noca.pem", ROOST_PKI_P256, 256, false, false},
        {"self.pem", ROOST_PKI_P256, 256, false, true},
    };
    struct roost_certificate got;

    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (inspect(pki, wanted[i].file, 0, &got) != 0)
            fail_msg("%s cannot be read", wanted[i].file);
        assert_int_equal(got.key, wanted[i].key);
        assert_int_equal(got.key_bits, wanted[i].bits);
        assert_int_equal(got.authority, wanted[i].authority);
        assert_int_equal(got.self_issued, wanted[i].self_issued);
    }
    assert_int_equal(inspect(pki, "twins.pem", 0, &got), 0);
    assert_string_equal(got.common_name, "first.example");
    assert_string_equal(got.organization, "One");
    int err = inspect(pki, "ed.pem", 0, &got);
    assert_true(err == ROOST_ERR_UNSUPPORTED || (err == 0 && got.key == ROOST_PKI_KEY_OTHER));
}

static int inspect_bytes(const struct roost_pki *pki, const void *bytes, size_t len)
{
    struct roost_pki_text text = roost_pki_text(bytes, len);
    struct roost_certificate out;

    return pki->ops->inspect(pki->ctx, &text, 0, &out);
}

/* Cut anywhere, in both forms, it is refused. */
static void test_inspect_cut(void **state)
{
    const struct roost_pki *pki = pki_of(state);
    struct roost_pki_text pem = pki_file("leaf.pem"), der = pki_file("chain.der");
    struct roost_pki_text leaf = der;

    assert_int_equal(inspect_bytes(pki, pem.bytes, pem.len), 0);
    for (uint32_t len = 0; len + 1 < pem.len; len++) {
        int err = inspect_bytes(pki, pem.bytes, len);
        assert_true(err == ROOST_ERR_TRUNCATED || err == ROOST_ERR_INVALID);
    }
    leaf.len =
        4u + ((uint32_t)((const uint8_t *)der.bytes)[2] << 8) + ((const uint8_t *)der.bytes)[3];
    assert_int_equal(inspect_bytes(pki, leaf.bytes, leaf.len), 0);
    for (uint32_t len = 0; len < leaf.len; len++)
        assert_true(inspect_bytes(pki, leaf.bytes, len) < 0);
}

static void test_inspect_rubbish(void **state)
{
    const struct roost_pki *pki = pki_of(state);
    static const char *const rubbish[] = {
        "",
        "no certificate",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nM!AA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMAA=AAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMAAA\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nMAAA\n-----END PRIVATE KEY-----\n",
    };
    static const uint8_t der[][8] = {{0x30},
                                     {0x30, 0x00},
                                     {0x30, 0x80, 0, 0},
                                     {0x30, 0x84, 0, 0, 0, 1, 0},
                                     {0x30, 0x83, 0xff, 0xff, 0xff},
                                     {0x31, 0x02, 0, 0}};

    for (size_t i = 0; i < sizeof rubbish / sizeof rubbish[0]; i++) {
        int err = inspect_bytes(pki, rubbish[i], strlen(rubbish[i]));
        assert_true(err == ROOST_ERR_INVALID || err == ROOST_ERR_TRUNCATED);
    }
    for (size_t i = 0; i < sizeof der / sizeof der[0]; i++)
        assert_true(inspect_bytes(pki, der[i], sizeof der[i]) < 0);
    assert_int_equal(inspect_bytes(pki, pki_file("toolong.pem").bytes, pki_file("toolong.pem").len),
                     ROOST_ERR_TOO_LONG);
}

/* A text that is not in memory, read in whatever pieces; and one that cannot be read. */
struct elsewhere {
    struct roost_pki_text in;
    uint32_t fail_at;
    uint32_t reads;
};

static int read_elsewhere(void *ctx, uint32_t offset, void *out, size_t len)
{
    struct elsewhere *elsewhere = ctx;

    assert_true(len > 0 && offset + len <= elsewhere->in.len && len <= 64);
    if (offset + len > elsewhere->fail_at)
        return ROOST_ERR_IO;
    memcpy(out, (const char *)elsewhere->in.bytes + offset, len);
    elsewhere->reads++;
    return 0;
}

static void test_text_elsewhere(void **state)
{
    const struct roost_pki *pki = pki_of(state);
    struct elsewhere elsewhere = {.in = pki_file("chain.pem"), .fail_at = UINT32_MAX};
    struct roost_pki_text text = {
        .len = elsewhere.in.len, .read = read_elsewhere, .ctx = &elsewhere};
    struct roost_certificate here, there;

    assert_int_equal(inspect(pki, "chain.pem", 1, &here), 0);
    assert_int_equal(pki->ops->inspect(pki->ctx, &text, 1, &there), 0);
    assert_memory_equal(&here, &there, sizeof here);
    for (elsewhere.fail_at = 0; elsewhere.fail_at < elsewhere.in.len; elsewhere.fail_at += 97) {
        assert_int_equal(pki->ops->inspect(pki->ctx, &text, 1, &there), ROOST_ERR_IO);
    }
}

/* ---- identifiers ---- */

static void expect_word(const char *words, const char *before, const char *word)
{
    const char *at = strstr(words, before);

    assert_non_null(at);
    at += strlen(before);
    at += strspn(at, "0"); /* the program writes whole bytes */
    word += strspn(word, "0");
    assert_int_equal(strcspn(at, "\n"), strlen(word));
    assert_memory_equal(at, word, strlen(word));
}

/* As the openssl program asks an OCSP responder about them. */
static void test_identify(void **state)
{
    const struct roost_pki *pki = pki_of(state);
    static const char *const hashes[] = {"sha256", "sha384", "sha512"};
    static const struct {
        const char *name, *text, *issuer;
        unsigned index;
    } cases[] = {{"leaf", "chain.pem", NULL, 0},
                 {"inter", "inter.pem", "root.pem", 0},
                 {"inter", "chain.pem", "root.pem", 1},
                 {"root", "root.pem", NULL, 0},
                 {"root", "root.pem", "root.pem", 0}};
    struct roost_certificate_id id;
    char words[64];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t h = 0; h < 3; h++) {
            struct roost_pki_text text = pki_file(cases[i].text), issuer;
            if (cases[i].issuer)
                issuer = pki_file(cases[i].issuer);
            assert_int_equal(pki->ops->identify(pki->ctx, &text, cases[i].index,
                                                cases[i].issuer ? &issuer : NULL,
                                                (enum roost_pki_hash)h, &id),
                             0);
            snprintf(words, sizeof words, "%s.%s", cases[i].name, hashes[h]);
            expect_word(pki_words(words), "IssuerNameHash:", id.issuer_name_hash);
            expect_word(pki_words(words), "IssuerKeyHash:", id.issuer_key_hash);
            expect_word(pki_words(words), "SerialNumber:", id.serial);
        }
    struct roost_pki_text leaf = pki_file("leaf.pem"), other = pki_file("other.pem");
    struct roost_pki_text inter = pki_file("inter.pem");
    assert_int_equal(pki->ops->identify(pki->ctx, &leaf, 0, &inter, ROOST_PKI_SHA256, &id), 0);
    assert_string_equal(id.serial, "f");
    assert_int_equal(pki->ops->identify(pki->ctx, &leaf, 0, NULL, ROOST_PKI_SHA256, &id),
                     ROOST_ERR_NOT_FOUND);
    assert_int_equal(pki->ops->identify(pki->ctx, &leaf, 0, &other, ROOST_PKI_SHA256, &id),
                     ROOST_ERR_NOT_FOUND);
    assert_string_equal(id.serial, "");
    assert_int_equal(pki->ops->identify(pki->ctx, &leaf, 1, &other, ROOST_PKI_SHA256, &id),
                     ROOST_ERR_NOT_FOUND);
}

/* ---- chains ---- */

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
        {.chain = "self.pem", .roots = "self.pem"},
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
    int64_t first = date_in(pki_words("leaf.dates"), "notBefore=");
    int64_t last = date_in(pki_words("leaf.dates"), "notAfter=");
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
    assert_int_equal(roost_tls_failure_of(ROOST_PKI_GOOD), ROOST_TLS_NONE);
    assert_int_equal(roost_tls_failure_of(ROOST_PKI_UNTRUSTED), ROOST_TLS_AUTHORITY);
    assert_int_equal(roost_tls_failure_of(ROOST_PKI_EXPIRED), ROOST_TLS_EXPIRED);
    assert_int_equal(roost_tls_failure_of(ROOST_PKI_NOT_YET_VALID), ROOST_TLS_NOT_YET_VALID);
    assert_int_equal(roost_tls_failure_of(ROOST_PKI_NAME), ROOST_TLS_NAME);
    assert_int_equal(roost_tls_failure_of((enum roost_pki_verdict)99), ROOST_TLS_OTHER);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_inspect),        cmocka_unit_test(test_inspect_kinds),
    cmocka_unit_test(test_inspect_cut),    cmocka_unit_test(test_inspect_rubbish),
    cmocka_unit_test(test_text_elsewhere), cmocka_unit_test(test_identify),
    cmocka_unit_test(test_chain_path),     cmocka_unit_test(test_chain_weak),
    cmocka_unit_test(test_chain_time),     cmocka_unit_test(test_chain_twin_roots),
    cmocka_unit_test(test_chain_host),     cmocka_unit_test(test_chain_usage),
};

struct conformance_group conformance_pki_group(void)
{
    return (struct conformance_group){"certificates", tests, sizeof tests / sizeof tests[0]};
}
