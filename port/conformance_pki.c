/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates read and chains judged; the openssl program made them (conformance_pki.sh). */
#include "port/conformance_tests.h"

#include <stdio.h>

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
    assert_true(leaf.not_before_ms == pki_date("leaf.dates", "notBefore="));
    assert_true(leaf.not_after_ms == pki_date("leaf.dates", "notAfter="));

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

/* A time that cannot be read is no time: the certificate cannot either. */
static void test_inspect_times(void **state)
{
    const struct roost_pki *pki = pki_of(state);
    struct roost_pki_text whole = pki_file("root.der");
    uint8_t bytes[2048];

    assert_true(whole.len <= sizeof bytes);
    assert_int_equal(inspect_bytes(pki, whole.bytes, whole.len), 0);
    for (int which = 0; which < 2; which++) {
        memcpy(bytes, whole.bytes, whole.len);
        pki_spoil_time(bytes, whole.len, which);
        assert_true(inspect_bytes(pki, bytes, whole.len) < 0);
    }
}

static void test_inspect_roots(void **state)
{
    static const struct {
        const char *file;
        bool root;
    } cases[] = {{"root.pem", true},   {"rsaroot.pem", true},   {"sha1root.pem", true},
                 {"v1root.pem", true}, {"inter.pem", false},    {"leaf.pem", false},
                 {"self.pem", false},  {"bareroot.pem", false}, {"crlroot.pem", false},
                 {"0root.pem", true}};
    struct roost_certificate got;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(inspect(pki_of(state), cases[i].file, 0, &got), 0);
        if (got.root != cases[i].root)
            fail_msg("%s is %sa root", cases[i].file, got.root ? "" : "not ");
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

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_inspect),        cmocka_unit_test(test_inspect_kinds),
    cmocka_unit_test(test_inspect_cut),    cmocka_unit_test(test_inspect_rubbish),
    cmocka_unit_test(test_text_elsewhere), cmocka_unit_test(test_identify),
    cmocka_unit_test(test_inspect_times),  cmocka_unit_test(test_inspect_roots),
};

struct conformance_group conformance_pki_group(void)
{
    return (struct conformance_group){"certificates", tests, sizeof tests / sizeof tests[0]};
}
