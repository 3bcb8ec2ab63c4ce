/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two bodies of port/pki.h against each other, OpenSSL's and mbedTLS's: on every certificate
 * the suite has and on broken ones, and a slot that one made in the hands of the other. (The suite
 * itself runs on the one in port/linux/test and on the other in port/sim.)
 */
#include "port/esp-idf/esp_pki.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/err.h"
#include "port/conformance_pki.h"
#include "port/linux/pki.h"
#include "port/sim/flash.h"

enum { CUT = 7, FLIPS = 4000, BYTES_MAX = 16384 };

static struct {
    struct sim_power power;
    struct sim_kv kv;
    struct sim_random draws;
    struct linux_pki on_openssl;
    struct esp_pki on_mbedtls;
    struct roost_pki openssl, mbedtls;
} rig;

static void draw(void *ctx, void *out, size_t len)
{
    sim_random_fill(ctx, out, len);
}

static const struct roost_random_ops draw_ops = {.fill = draw};

static int set_up(void **state)
{
    const struct roost_random random = {&draw_ops, &rig.draws};

    (void)state;
    sim_random_init(&rig.draws, 5, "pki", 0);
    sim_power_init(&rig.power, 5, 0);
    assert_int_equal(sim_kv_init(&rig.kv, &rig.power), 0);
    linux_pki_init(&rig.on_openssl, &rig.kv.port, &rig.openssl);
    esp_pki_init(&rig.on_mbedtls, &rig.kv.port, &random, true, &rig.mbedtls);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sim_kv_deinit(&rig.kv);
    return 0;
}

static const char *const files[] = {
    "root.pem",      "other.pem",    "impostor.pem",  "rsaroot.pem",   "inter.pem",
    "leaf.pem",      "chain.pem",    "chain.der",     "unordered.pem", "crlf.pem",
    "client.pem",    "named.pem",    "outlives.pem",  "sha1.pem",      "md5.pem",
    "twins.pem",     "odd.pem",      "self.pem",      "noca.pem",      "deepchain.pem",
    "fakechain.pem", "rsaleaf.pem",  "pss.pem",       "short.pem",     "p384.pem",
    "p521.pem",      "koblitz.pem",  "long10000.pem", "nine.pem",      "twinkey1.pem",
    "twinold1.pem",  "twinold2.pem", "twinall1.pem",  "twinall2.pem",  "bareroot.pem",
    "crlroot.pem",   "sha1root.pem", "v1root.pem",    "v1chain.pem",   "bybare.pem",
    "byv1.pem",      "byserver.pem", "bynosign.pem",  "enciphers.pem", "crlsigns.pem",
    "signer.pem",    "0root.pem",    "0chain.pem"};

/* Both read it, and the same in it, or neither does. Returns whether they did. */
static bool same_contents(const struct roost_pki_text *text, unsigned index)
{
    struct roost_certificate a, b;
    struct roost_certificate_id id_a, id_b;
    int err_a = rig.openssl.ops->inspect(rig.openssl.ctx, text, index, &a);
    int err_b = rig.mbedtls.ops->inspect(rig.mbedtls.ctx, text, index, &b);

    if (err_a || err_b)
        return false;
    assert_string_equal(a.common_name, b.common_name);
    assert_string_equal(a.organization, b.organization);
    assert_string_equal(a.serial, b.serial);
    assert_true(a.not_before_ms == b.not_before_ms && a.not_after_ms == b.not_after_ms);
    assert_int_equal(a.key, b.key);
    assert_int_equal(a.key_bits, b.key_bits);
    assert_int_equal(a.authority, b.authority);
    assert_int_equal(a.root, b.root);
    for (int hash = ROOST_PKI_SHA256; hash <= ROOST_PKI_SHA512; hash++) {
        enum roost_pki_hash kind = (enum roost_pki_hash)hash;
        err_a = rig.openssl.ops->identify(rig.openssl.ctx, text, index, NULL, kind, &id_a);
        err_b = rig.mbedtls.ops->identify(rig.mbedtls.ctx, text, index, NULL, kind, &id_b);
        if (!err_a && !err_b)
            assert_memory_equal(&id_a, &id_b, sizeof id_a);
    }
    return true;
}

static void test_same_contents(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct roost_pki_text text = pki_file(files[i]);
        if (!same_contents(&text, 0))
            fail_msg("%s is not read by both", files[i]);
        (void)same_contents(&text, 1);
        (void)same_contents(&text, 2);
    }
}

/* Each file as a chain, each as the root, on each kind of day: one verdict. */
static void test_same_verdicts(void **state)
{
    static const int days[] = {0, -1, 60, 150, 250};
    enum { FILES = sizeof files / sizeof files[0] };

    (void)state;
    for (size_t c = 0; c < FILES; c++)
        for (size_t r = 0; r < FILES; r++) {
            struct roost_pki_text chain = pki_file(files[c]), root = pki_file(files[r]);
            struct roost_pki_check check = {.chain = &chain,
                                            .roots = &root,
                                            .root_count = 1,
                                            .at_ms = pki_at_day(days[(c + r) % 5]),
                                            .usage = (enum roost_pki_usage)((c + r) % 4),
                                            .host = r % 4 ? "csms.example" : NULL,
                                            .host_in_common_name = true};
            enum roost_pki_verdict a, b;
            (void)rig.openssl.ops->verify_chain(rig.openssl.ctx, &check, &a);
            (void)rig.mbedtls.ops->verify_chain(rig.mbedtls.ctx, &check, &b);
            if (a != b)
                fail_msg("%s by %s: OpenSSL %d, mbedTLS %d", files[c], files[r], (int)a, (int)b);
        }
}

/* Bits flipped anywhere: what both still read, they read alike, and none says good of it. */
static void test_flipped(void **state)
{
    static uint8_t bytes[BYTES_MAX];
    struct roost_pki_text whole = pki_file("chain.der"), root = pki_file("root.pem");
    unsigned both = 0;

    (void)state;
    assert_true(whole.len <= sizeof bytes);
    for (unsigned i = 0; i < FLIPS; i++) {
        struct roost_pki_text text = roost_pki_text(bytes, whole.len);
        struct roost_pki_check check = {
            .chain = &text, .roots = &root, .root_count = 1, .at_ms = pki_at_day(0)};
        enum roost_pki_verdict verdict;
        uint64_t drawn = sim_random_next(&rig.draws);
        memcpy(bytes, whole.bytes, whole.len);
        bytes[drawn % whole.len] ^= (uint8_t)(1u << (drawn >> 40 & 7));
        both += same_contents(&text, 0);
        if (i % CUT)
            continue;
        assert_true(rig.openssl.ops->verify_chain(rig.openssl.ctx, &check, &verdict) < 0);
        assert_true(verdict != ROOST_PKI_GOOD);
        assert_true(rig.mbedtls.ops->verify_chain(rig.mbedtls.ctx, &check, &verdict) < 0);
        assert_true(verdict != ROOST_PKI_GOOD);
    }
    assert_true(both > FLIPS / 4);
}

/* ---- slots ---- */

static void hand_over(const struct roost_pki *from, const struct roost_pki *to,
                      enum roost_pki_key kind)
{
    static const struct roost_pki_subject subject = {"CP-0001", "Roost", NULL};
    char pem[ROOST_PKI_REQUEST_MAX];
    uint8_t digest[32] = {3}, signature[ROOST_PKI_SIGNATURE_MAX];

    assert_int_equal(from->ops->generate(from->ctx, "s", kind), 0);
    int len = to->ops->request(to->ctx, "s", &subject, pem, sizeof pem);
    assert_true(len > 0);
    pki_write("over.csr", pem, (size_t)len);
    assert_int_equal(pki_run("openssl x509 -req -in over.csr -CA inter.pem -CAkey inter.key "
                             "-days 50 -out over.pem"),
                     0);
    struct roost_pki_text chain = roost_pki_text(pem, pki_load("over.pem", pem, sizeof pem));
    assert_int_equal(from->ops->bind(from->ctx, "s", &chain), 0);
    if (kind == ROOST_PKI_P256) {
        len = to->ops->sign(to->ctx, "s", digest, signature);
        assert_true(len > 0);
        assert_int_equal(from->ops->verify_signature(from->ctx, &chain, ROOST_PKI_ECDSA, digest,
                                                     signature, (size_t)len),
                         0);
    }
    assert_int_equal(from->ops->erase(from->ctx, "s"), 0);
}

static void test_slots_are_shared(void **state)
{
    (void)state;
    hand_over(&rig.openssl, &rig.mbedtls, ROOST_PKI_P256);
    hand_over(&rig.mbedtls, &rig.openssl, ROOST_PKI_P256);
    hand_over(&rig.openssl, &rig.mbedtls, ROOST_PKI_RSA);
    hand_over(&rig.mbedtls, &rig.openssl, ROOST_PKI_RSA);
}

/* Of the same draws the same key, request and signature: the simulator replays. */
static void test_draws_decide(void **state)
{
    static const struct roost_pki_subject subject = {"CP-0001", NULL, NULL};
    char pem[2][ROOST_PKI_REQUEST_MAX];

    (void)state;
    for (int i = 0; i < 2; i++) {
        sim_random_init(&rig.draws, 77, "pki", 0);
        assert_int_equal(rig.mbedtls.ops->generate(rig.mbedtls.ctx, "d", ROOST_PKI_P256), 0);
        assert_true(
            rig.mbedtls.ops->request(rig.mbedtls.ctx, "d", &subject, pem[i], sizeof pem[i]) > 0);
    }
    assert_string_equal(pem[0], pem[1]);
    assert_int_equal(rig.mbedtls.ops->erase(rig.mbedtls.ctx, "d"), 0);
}

/* What is stored and damaged is told, and erasing it is the way out. */
static void test_damaged(void **state)
{
    struct roost_pki_text chain = pki_file("chain.pem");
    struct roost_pki_slot slot;
    const struct roost_kv *kv = &rig.kv.port;
    uint8_t bytes[2048], digest[32] = {3}, signature[ROOST_PKI_SIGNATURE_MAX];

    (void)state;
    assert_int_equal(rig.openssl.ops->generate(rig.openssl.ctx, "x", ROOST_PKI_P256), 0);
    struct roost_slot_key key;
    assert_int_equal(roost_slot_key(&rig.on_openssl.slots, "x", ROOST_SLOT_WAITING, &key), 0);
    assert_int_equal(roost_slot_bind(&rig.on_openssl.slots, "x", ROOST_SLOT_WAITING, &key, &chain),
                     0);
    assert_int_equal(rig.openssl.ops->look(rig.openssl.ctx, "x", &slot), 0);
    int len = kv->ops->get(kv->ctx, "p0xa", bytes, sizeof bytes);
    assert_true(len > 0);
    bytes[100] ^= 1;
    assert_int_equal(kv->ops->set(kv->ctx, "p0xa", bytes, (size_t)len), 0);
    assert_int_equal(rig.openssl.ops->look(rig.openssl.ctx, "x", &slot), ROOST_ERR_CORRUPT);
    assert_int_equal(kv->ops->erase(kv->ctx, "p0xa"), 0);
    assert_int_equal(rig.openssl.ops->look(rig.openssl.ctx, "x", &slot), ROOST_ERR_CORRUPT);
    len = kv->ops->get(kv->ctx, "psx", bytes, sizeof bytes);
    assert_true(len > 13);
    for (int cut = 0; cut < len; cut++) {
        assert_int_equal(kv->ops->set(kv->ctx, "psx", bytes, (size_t)cut), 0);
        assert_int_equal(rig.openssl.ops->sign(rig.openssl.ctx, "x", digest, signature),
                         ROOST_ERR_CORRUPT);
        assert_int_equal(rig.mbedtls.ops->sign(rig.mbedtls.ctx, "x", digest, signature),
                         ROOST_ERR_CORRUPT);
    }
    assert_int_equal(rig.openssl.ops->erase(rig.openssl.ctx, "x"), 0);
    assert_int_equal(rig.openssl.ops->look(rig.openssl.ctx, "x", &slot), 0);
    assert_false(slot.bound || slot.waiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_contents), cmocka_unit_test(test_same_verdicts),
        cmocka_unit_test(test_flipped),       cmocka_unit_test(test_slots_are_shared),
        cmocka_unit_test(test_draws_decide),  cmocka_unit_test(test_damaged),
    };

    return cmocka_run_group_tests_name("pki bodies", tests, set_up, tear_down);
}
