/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in slots, and signatures: the openssl program is the peer that makes and checks them. */
#include "port/conformance_tests.h"

#include <stdio.h>

#include "port/conformance_pki.h"

enum { CUT_LIMIT = 200, TIDYING_STEPS = 40 };

static const struct roost_pki *pki_of(void **state)
{
    return &((struct roost_conformance *)*state)->port->pki;
}

static void digest_of_image(const struct roost_crypto *crypto, uint8_t digest[32])
{
    struct roost_pki_text image = pki_file("image");

    assert_int_equal(crypto->ops->sha256_begin(crypto->ctx), 0);
    for (uint32_t at = 0; at < image.len; at += 1000) {
        size_t len = image.len - at < 1000 ? image.len - at : 1000;
        assert_int_equal(crypto->ops->sha256_add(crypto->ctx, (const char *)image.bytes + at, len),
                         0);
    }
    assert_int_equal(crypto->ops->sha256_end(crypto->ctx, digest), 0);
}

/* ---- signatures of others ---- */

static void test_verify_signature(void **state)
{
    struct roost_conformance *suite = *state;
    const struct roost_pki *pki = &suite->port->pki;
    static const struct {
        const char *signer, *signature;
        enum roost_pki_signature kind; /* ANY: it is none of them */
    } cases[] = {
        {"leaf.pem", "ecdsa.sig", ROOST_PKI_ECDSA},
        {"rsaleaf.pem", "pkcs1.sig", ROOST_PKI_RSA_PKCS1},
        {"rsaleaf.pem", "pss0.sig", ROOST_PKI_RSA_PSS},
        {"rsaleaf.pem", "pss32.sig", ROOST_PKI_RSA_PSS},
        {"rsaleaf.pem", "pssmax.sig", ROOST_PKI_RSA_PSS},
        {"rsaleaf.pem", "pssmgf.sig", ROOST_PKI_ANY_SIGNATURE},
        {"rsaleaf.pem", "sha1.sig", ROOST_PKI_ANY_SIGNATURE},
        {"root.pem", "ecdsa.sig", ROOST_PKI_ANY_SIGNATURE},
        {"rsaroot.pem", "pkcs1.sig", ROOST_PKI_ANY_SIGNATURE},
        {"rsaleaf.pem", "ecdsa.sig", ROOST_PKI_ANY_SIGNATURE},
        {"leaf.pem", "pss32.sig", ROOST_PKI_ANY_SIGNATURE},
    };
    uint8_t digest[32], broken[32];

    digest_of_image(&suite->port->crypto, digest);
    memcpy(broken, digest, sizeof broken);
    broken[31] ^= 1;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct roost_pki_text signer = pki_file(cases[i].signer);
        struct roost_pki_text signature = pki_file(cases[i].signature);
        for (int kind = ROOST_PKI_ANY_SIGNATURE; kind <= ROOST_PKI_ECDSA; kind++) {
            bool good = cases[i].kind != ROOST_PKI_ANY_SIGNATURE &&
                        (kind == ROOST_PKI_ANY_SIGNATURE || kind == (int)cases[i].kind);
            enum roost_pki_signature as = (enum roost_pki_signature)kind;
            int err = pki->ops->verify_signature(pki->ctx, &signer, as, digest, signature.bytes,
                                                 signature.len);
            if (err != (good ? 0 : ROOST_ERR_CRYPTO))
                fail_msg("%s of %s as %d: %d", cases[i].signature, cases[i].signer, kind, err);
            assert_int_equal(pki->ops->verify_signature(pki->ctx, &signer, as, broken,
                                                        signature.bytes, signature.len),
                             ROOST_ERR_CRYPTO);
            for (uint32_t len = 0; len < signature.len; len += 7)
                assert_int_equal(
                    pki->ops->verify_signature(pki->ctx, &signer, as, digest, signature.bytes, len),
                    ROOST_ERR_CRYPTO);
        }
    }
    struct roost_pki_text rubbish = pki_file("image"), none = roost_pki_text("", 0);
    assert_true(pki->ops->verify_signature(pki->ctx, &rubbish, ROOST_PKI_ECDSA, digest, "", 0) < 0);
    assert_int_equal(pki->ops->verify_signature(pki->ctx, &none, ROOST_PKI_ECDSA, digest, "", 0),
                     ROOST_ERR_INVALID);
}

/* ---- slots ---- */

static int look(const struct roost_pki *pki, const char *slot, struct roost_pki_slot *out)
{
    return pki->ops->look(pki->ctx, slot, out);
}

/* Has the authority answer the slot's request; returns the chain, good until the next call. */
static struct roost_pki_text certify(const struct roost_pki *pki, const char *slot)
{
    static char chain[8192];
    static const struct roost_pki_subject subject = {
        .common_name = "CP-0001", .organization = "Roost", .country = "DE"};
    char pem[ROOST_PKI_REQUEST_MAX];
    int len = pki->ops->request(pki->ctx, slot, &subject, pem, sizeof pem);

    assert_true(len > 0 && strlen(pem) == (size_t)len && !strchr(pem, '\r'));
    pki_write("request.pem", pem, (size_t)len);
    assert_int_equal(pki_run("openssl req -in request.pem -verify -noout"), 0);
    assert_int_equal(pki_run("openssl x509 -req -in request.pem -CA inter.pem -CAkey inter.key "
                             "-days 50 -out answer.pem && cat answer.pem inter.pem >bound.pem"),
                     0);
    return roost_pki_text(chain, pki_load("bound.pem", chain, sizeof chain));
}

/* The slot signs with the key of the chain's first certificate. */
static void expect_signs(struct roost_conformance *suite, const char *slot,
                         const struct roost_pki_text *chain)
{
    const struct roost_pki *pki = &suite->port->pki;
    uint8_t digest[32], signature[ROOST_PKI_SIGNATURE_MAX];

    digest_of_image(&suite->port->crypto, digest);
    int len = pki->ops->sign(pki->ctx, slot, digest, signature);
    assert_true(len > 0 && len <= ROOST_PKI_SIGNATURE_MAX);
    assert_int_equal(pki->ops->verify_signature(pki->ctx, chain, ROOST_PKI_ECDSA, digest, signature,
                                                (size_t)len),
                     0);
    pki_write("ours.sig", signature, (size_t)len);
    pki_write("signer.pem", chain->bytes, chain->len);
    assert_int_equal(pki_run("openssl x509 -in signer.pem -noout -pubkey >signer.pub && "
                             "openssl dgst -sha256 -verify signer.pub -signature ours.sig image"),
                     0);
}

static void test_slot(void **state)
{
    struct roost_conformance *suite = *state;
    const struct roost_pki *pki = pki_of(state);
    uint8_t digest[32] = {1}, signature[ROOST_PKI_SIGNATURE_MAX];
    struct roost_pki_slot slot;

    assert_int_equal(pki->ops->erase(pki->ctx, "csms"), 0);
    assert_int_equal(look(pki, "csms", &slot), 0);
    assert_false(slot.bound || slot.waiting);
    assert_int_equal(pki->ops->sign(pki->ctx, "csms", digest, signature), ROOST_ERR_NOT_FOUND);
    assert_int_equal(pki->ops->generate(pki->ctx, "csms", ROOST_PKI_P256), 0);
    assert_int_equal(look(pki, "csms", &slot), 0);
    assert_true(!slot.bound && slot.waiting && slot.waiting_key == ROOST_PKI_P256);
    assert_int_equal(pki->ops->sign(pki->ctx, "csms", digest, signature), ROOST_ERR_NOT_FOUND);

    struct roost_pki_text chain = certify(pki, "csms"), foreign = pki_file("chain.pem");
    assert_int_equal(pki->ops->bind(pki->ctx, "csms", &foreign), ROOST_ERR_CRYPTO);
    assert_int_equal(pki->ops->bind(pki->ctx, "none", &chain), ROOST_ERR_NOT_FOUND);
    assert_int_equal(pki->ops->bind(pki->ctx, "csms", &chain), 0);
    expect_signs(suite, "csms", &chain);
    assert_int_equal(look(pki, "csms", &slot), 0);
    assert_true(slot.bound && !slot.waiting && slot.key == ROOST_PKI_P256);

    /* The bound chain is a text like any other. */
    struct roost_certificate certificate;
    struct roost_pki_text root = pki_file("root.pem");
    struct roost_pki_check check = {
        .chain = &slot.chain, .roots = &root, .root_count = 1, .at_ms = pki_at_day(0)};
    enum roost_pki_verdict verdict;
    assert_int_equal(pki->ops->inspect(pki->ctx, &slot.chain, 0, &certificate), 0);
    assert_string_equal(certificate.common_name, "CP-0001");
    assert_string_equal(certificate.organization, "Roost");
    assert_int_equal(pki->ops->inspect(pki->ctx, &slot.chain, 2, &certificate),
                     ROOST_ERR_NOT_FOUND);
    assert_int_equal(pki->ops->verify_chain(pki->ctx, &check, &verdict), 0);

    /* Over a restart, too; a certificate may be renewed without a new key. */
    assert_int_equal(suite->restart(suite->ctx), 0);
    pki = &suite->port->pki;
    expect_signs(suite, "csms", &chain);
    chain = certify(pki, "csms");
    assert_int_equal(pki->ops->bind(pki->ctx, "csms", &chain), 0);
    expect_signs(suite, "csms", &chain);
    assert_int_equal(pki->ops->erase(pki->ctx, "csms"), 0);
    assert_int_equal(look(pki, "csms", &slot), 0);
    assert_false(slot.bound || slot.waiting);
}

/* While a new key waits, the old pair goes on; slots do not know each other. */
static void test_rotation(void **state)
{
    struct roost_conformance *suite = *state;
    const struct roost_pki *pki = pki_of(state);
    char old_bytes[4096];

    assert_int_equal(pki->ops->generate(pki->ctx, "a", ROOST_PKI_P256), 0);
    assert_int_equal(pki->ops->generate(pki->ctx, "aa", ROOST_PKI_P256), 0);
    struct roost_pki_text old = certify(pki, "a"), fresh;
    assert_int_equal(pki->ops->bind(pki->ctx, "aa", &old), ROOST_ERR_CRYPTO);
    assert_int_equal(pki->ops->bind(pki->ctx, "a", &old), 0);
    assert_true(old.len <= sizeof old_bytes);
    memcpy(old_bytes, old.bytes, old.len);
    old.bytes = old_bytes;

    assert_int_equal(pki->ops->generate(pki->ctx, "a", ROOST_PKI_P256), 0);
    expect_signs(suite, "a", &old);
    assert_int_equal(pki->ops->generate(pki->ctx, "a", ROOST_PKI_P256), 0);
    fresh = certify(pki, "a");
    expect_signs(suite, "a", &old);
    assert_int_equal(pki->ops->bind(pki->ctx, "a", &fresh), 0);
    expect_signs(suite, "a", &fresh);
    /* The old key is gone with its chain. */
    assert_int_equal(pki->ops->bind(pki->ctx, "a", &old), ROOST_ERR_CRYPTO);
    expect_signs(suite, "a", &fresh);
    assert_int_equal(pki->ops->erase(pki->ctx, "a"), 0);
    struct roost_pki_slot slot;
    assert_int_equal(look(pki, "aa", &slot), 0);
    assert_true(slot.waiting);
    assert_int_equal(pki->ops->erase(pki->ctx, "aa"), 0);
}

/* The longest chain goes through a slot whole; what is longer changes nothing. */
static void test_slot_long_chain(void **state)
{
    struct roost_conformance *suite = *state;
    const struct roost_pki *pki = pki_of(state);
    static char long_chain[ROOST_PKI_CHAIN_MAX + 1];
    struct roost_pki_slot slot;
    struct roost_certificate last;

    assert_int_equal(pki->ops->generate(pki->ctx, "long", ROOST_PKI_P256), 0);
    struct roost_pki_text chain = certify(pki, "long"), extra = pki_file("longchain.pem");
    memcpy(long_chain, chain.bytes, chain.len);
    uint32_t len = chain.len;
    /* Certificates behind the ones that are needed, as long as there is room. */
    assert_true(len + pki_file("long.pem").len <= ROOST_PKI_CHAIN_MAX);
    memcpy(long_chain + len, extra.bytes, pki_file("long.pem").len);
    len += pki_file("long.pem").len;
    chain = roost_pki_text(long_chain, len);
    assert_int_equal(pki->ops->bind(pki->ctx, "long", &chain), 0);
    assert_int_equal(look(pki, "long", &slot), 0);
    assert_int_equal(pki->ops->inspect(pki->ctx, &slot.chain, 2, &last), 0);
    assert_string_equal(last.common_name, "fat");
    expect_signs(suite, "long", &chain);

    struct roost_pki_text nine = pki_file("nine.pem"), cut = chain;
    cut.len -= 100;
    assert_int_equal(pki->ops->bind(pki->ctx, "long", &nine), ROOST_ERR_TOO_LONG);
    assert_int_equal(pki->ops->bind(pki->ctx, "long", &cut), ROOST_ERR_TRUNCATED);
    assert_int_equal(look(pki, "long", &slot), 0);
    expect_signs(suite, "long", &chain);
    assert_int_equal(pki->ops->erase(pki->ctx, "long"), 0);
}

static void test_slot_limits(void **state)
{
    const struct roost_pki *pki = pki_of(state);
    static const char long_name[] =
        "0123456789012345678901234567890123456789012345678901234567890123x";
    static const struct roost_pki_subject bad[] = {
        {NULL, NULL, NULL},   {"", NULL, NULL},       {"a\nb", NULL, NULL},
        {"a\\b", NULL, NULL}, {"#05", NULL, NULL},    {long_name, NULL, NULL},
        {"a", "", NULL},      {"a", long_name, NULL}, {"a", NULL, "Germany"},
        {"a", NULL, "de"},    {"a\xff", NULL, NULL},  {"a", "\xC3", NULL}};
    static const struct roost_pki_subject odd = {"a, b = c+d \"e\" <f>; K\xC3\xB6ln", "Roost, Inc.",
                                                 "DE"};
    char pem[ROOST_PKI_REQUEST_MAX];
    struct roost_pki_slot slot;

    assert_int_equal(pki->ops->generate(pki->ctx, "", ROOST_PKI_P256), ROOST_ERR_INVALID);
    assert_int_equal(pki->ops->generate(pki->ctx, "A", ROOST_PKI_P256), ROOST_ERR_INVALID);
    assert_int_equal(pki->ops->generate(pki->ctx, "../x", ROOST_PKI_P256), ROOST_ERR_INVALID);
    assert_int_equal(pki->ops->generate(pki->ctx, "nineletters", ROOST_PKI_P256),
                     ROOST_ERR_TOO_LONG);
    assert_int_equal(look(pki, "A", &slot), ROOST_ERR_INVALID);
    assert_int_equal(pki->ops->generate(pki->ctx, "eightlet", ROOST_PKI_P384),
                     ROOST_ERR_UNSUPPORTED);
    assert_int_equal(pki->ops->request(pki->ctx, "eightlet", &odd, pem, sizeof pem),
                     ROOST_ERR_NOT_FOUND);
    assert_int_equal(pki->ops->generate(pki->ctx, "eightlet", ROOST_PKI_P256), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(pki->ops->request(pki->ctx, "eightlet", &bad[i], pem, sizeof pem),
                         ROOST_ERR_INVALID);
    assert_int_equal(pki->ops->request(pki->ctx, "eightlet", &odd, pem, 100), ROOST_ERR_TOO_LONG);
    int len = pki->ops->request(pki->ctx, "eightlet", &odd, pem, sizeof pem);
    assert_true(len > 0);
    pki_write("odd.csr", pem, (size_t)len);
    assert_int_equal(
        pki_run("openssl req -in odd.csr -noout -subject -nameopt utf8,sep_multiline,lname | "
                "grep -qx '    commonName=a, b = c+d \"e\" <f>; K\xC3\xB6ln'"),
        0);
    assert_int_equal(
        pki_run("openssl req -in odd.csr -noout -subject -nameopt utf8,sep_multiline,lname | "
                "grep -qx '    organizationName=Roost, Inc.'"),
        0);
    assert_int_equal(pki->ops->erase(pki->ctx, "eightlet"), 0);
}

static void test_slot_rsa(void **state)
{
    struct roost_conformance *suite = *state;
    const struct roost_pki *pki = pki_of(state);
    uint8_t digest[32] = {1}, signature[ROOST_PKI_SIGNATURE_MAX];
    struct roost_pki_slot slot;
    int err = pki->ops->generate(pki->ctx, "rsa", ROOST_PKI_RSA);

    if (err == ROOST_ERR_UNSUPPORTED)
        return;
    assert_int_equal(err, 0);
    struct roost_pki_text chain = certify(pki, "rsa");
    assert_int_equal(pki->ops->bind(pki->ctx, "rsa", &chain), 0);
    assert_int_equal(suite->restart(suite->ctx), 0);
    pki = &suite->port->pki;
    assert_int_equal(look(pki, "rsa", &slot), 0);
    assert_true(slot.bound && slot.key == ROOST_PKI_RSA);
    assert_int_equal(pki->ops->sign(pki->ctx, "rsa", digest, signature), ROOST_ERR_UNSUPPORTED);
    assert_int_equal(pki->ops->erase(pki->ctx, "rsa"), 0);
}

/* An answer that comes late, for the key in use, renews its chain and leaves the key that waits. */
static void test_late_answer(void **state)
{
    struct roost_conformance *suite = *state;
    const struct roost_pki *pki = pki_of(state);
    char late_bytes[8192];
    struct roost_pki_slot slot;

    assert_int_equal(pki->ops->generate(pki->ctx, "late", ROOST_PKI_P256), 0);
    struct roost_pki_text late = certify(pki, "late"), fresh;
    memcpy(late_bytes, late.bytes, late.len);
    late.bytes = late_bytes;
    assert_int_equal(pki->ops->bind(pki->ctx, "late", &late), 0);
    assert_int_equal(pki->ops->generate(pki->ctx, "late", ROOST_PKI_P256), 0);
    assert_int_equal(pki->ops->bind(pki->ctx, "late", &late), 0);
    assert_int_equal(look(pki, "late", &slot), 0);
    assert_true(slot.bound && slot.waiting);
    expect_signs(suite, "late", &late);
    fresh = certify(pki, "late");
    assert_int_equal(pki->ops->bind(pki->ctx, "late", &fresh), 0);
    expect_signs(suite, "late", &fresh);
    assert_int_equal(pki->ops->bind(pki->ctx, "late", &late), ROOST_ERR_CRYPTO);
    assert_int_equal(pki->ops->erase(pki->ctx, "late"), 0);
}

/* ---- power cuts ---- */

/* The serial number of what is bound, which tells the one pair from the other. */
static bool is_bound(const struct roost_pki *pki, const char *slot,
                     const struct roost_pki_text *chain)
{
    struct roost_certificate bound, wanted;
    struct roost_pki_slot what;
    uint8_t digest[32] = {7}, signature[ROOST_PKI_SIGNATURE_MAX];

    assert_int_equal(look(pki, slot, &what), 0);
    assert_true(what.bound);
    assert_int_equal(pki->ops->inspect(pki->ctx, &what.chain, 0, &bound), 0);
    assert_int_equal(pki->ops->inspect(pki->ctx, chain, 0, &wanted), 0);
    int len = pki->ops->sign(pki->ctx, slot, digest, signature);
    assert_true(len > 0);
    return strcmp(bound.serial, wanted.serial) == 0 &&
           pki->ops->verify_signature(pki->ctx, chain, ROOST_PKI_ECDSA, digest, signature,
                                      (size_t)len) == 0;
}

/* A rotation cut at write n, n+1, ... until it runs clean: the old pair or the new one, whole; and
 * what was cut can be done again. */
static void test_slot_cut(void **state)
{
    struct roost_conformance *suite = *state;
    const struct roost_pki *pki = pki_of(state);
    char old_bytes[8192];
    bool clean = false;

    if (!suite->cut_after)
        return;
    assert_int_equal(pki->ops->generate(pki->ctx, "cut", ROOST_PKI_P256), 0);
    struct roost_pki_text old = certify(pki, "cut"), fresh;
    assert_int_equal(pki->ops->bind(pki->ctx, "cut", &old), 0);
    for (uint32_t n = 1; n < CUT_LIMIT && !clean; n++) {
        memcpy(old_bytes, old.bytes, old.len);
        old.bytes = old_bytes;
        assert_int_equal(pki->ops->generate(pki->ctx, "cut", ROOST_PKI_P256), 0);
        fresh = certify(pki, "cut");
        suite->cut_after(suite->ctx, n);
        int result = pki->ops->bind(pki->ctx, "cut", &fresh);
        suite->cut_after(suite->ctx, 0);
        assert_int_equal(suite->restart(suite->ctx), 0);
        pki = &suite->port->pki;
        bool is_new = is_bound(pki, "cut", &fresh);
        if (!is_new && (result == 0 || !is_bound(pki, "cut", &old)))
            fail_msg("cut at step %u: neither pair, result %d", (unsigned)n, result);
        assert_int_equal(pki->ops->bind(pki->ctx, "cut", &fresh), 0);
        assert_true(is_bound(pki, "cut", &fresh));
        /* bind is over with the change: a cut in the tidying behind it shows in nothing but n. */
        clean = result == 0 && n > TIDYING_STEPS;
        old = fresh;
    }
    assert_true(clean);
    assert_int_equal(pki->ops->erase(pki->ctx, "cut"), 0);
}

/* The same of a key that is made: the one that waited, the new one, or none; the pair stays. */
static void test_generate_cut(void **state)
{
    struct roost_conformance *suite = *state;
    const struct roost_pki *pki = pki_of(state);
    int result = -1;

    if (!suite->cut_after)
        return;
    assert_int_equal(pki->ops->generate(pki->ctx, "cut", ROOST_PKI_P256), 0);
    struct roost_pki_text chain = certify(pki, "cut");
    assert_int_equal(pki->ops->bind(pki->ctx, "cut", &chain), 0);
    for (uint32_t n = 1; n < CUT_LIMIT && result; n++) {
        suite->cut_after(suite->ctx, n);
        result = pki->ops->generate(pki->ctx, "cut", ROOST_PKI_P256);
        suite->cut_after(suite->ctx, 0);
        assert_int_equal(suite->restart(suite->ctx), 0);
        pki = &suite->port->pki;
        assert_true(is_bound(pki, "cut", &chain));
    }
    assert_int_equal(result, 0);
    assert_int_equal(pki->ops->erase(pki->ctx, "cut"), 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_verify_signature), cmocka_unit_test(test_slot),
    cmocka_unit_test(test_rotation),         cmocka_unit_test(test_slot_long_chain),
    cmocka_unit_test(test_slot_limits),      cmocka_unit_test(test_slot_rsa),
    cmocka_unit_test(test_slot_cut),         cmocka_unit_test(test_generate_cut),
    cmocka_unit_test(test_late_answer),
};

struct conformance_group conformance_slots_group(void)
{
    return (struct conformance_group){"keys", tests, sizeof tests / sizeof tests[0]};
}
