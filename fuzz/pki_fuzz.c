/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates from outside, on both bodies of port/pki.h. The first byte says what the rest is: 0,
 * a text as it comes; 1, changes of three bytes each (place, place, value) to a certificate that is
 * made at the start. What both bodies read, they read alike; and none trusts what was changed.
 */
#include "port/pki.h"

#include "core/err.h"
#include "fuzz/fuzz.h"
#include "mbedtls/ecp.h"
#include "mbedtls/oid.h"
#include "port/esp-idf/esp_pki.h"
#include "port/linux/pki.h"

enum { DER_MAX = 1024 };

int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct {
    uint8_t der[DER_MAX];
    size_t len;
    struct linux_pki on_openssl;
    struct esp_pki on_mbedtls;
    struct roost_pki bodies[2];
} rig;

/* ---- a certificate ---- */

static int draw(void *ctx, unsigned char *out, size_t len)
{
    static uint32_t x = 2463534242u;

    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        out[i] = (unsigned char)x;
    }
    return 0;
}

static void fill(void *ctx, void *out, size_t len)
{
    (void)draw(ctx, out, len);
}

static void make_certificate(void)
{
    static const unsigned char names[] = {0x30, 0x16, 0x82, 0x0c, 'c', 's', 'm',  's',
                                          '.',  'e',  'x',  'a',  'm', 'p', 'l',  'e',
                                          0x87, 0x04, 192,  0,    2,   7,   0x86, 0x00};
    mbedtls_x509write_cert writer;
    mbedtls_pk_context key;
    mbedtls_mpi serial;

    mbedtls_pk_init(&key);
    mbedtls_mpi_init(&serial);
    mbedtls_x509write_crt_init(&writer);
    FUZZ_CHECK(mbedtls_pk_setup(&key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)) == 0);
    FUZZ_CHECK(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(key), draw, NULL) == 0);
    mbedtls_mpi_lset(&serial, 0x1234);
    mbedtls_x509write_crt_set_version(&writer, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&writer, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(&writer, &key);
    mbedtls_x509write_crt_set_issuer_key(&writer, &key);
    FUZZ_CHECK(mbedtls_x509write_crt_set_serial(&writer, &serial) == 0);
    FUZZ_CHECK(mbedtls_x509write_crt_set_subject_name(&writer, "C=DE,O=Roost,CN=Root") == 0);
    FUZZ_CHECK(mbedtls_x509write_crt_set_issuer_name(&writer, "C=DE,O=Roost,CN=Root") == 0);
    FUZZ_CHECK(mbedtls_x509write_crt_set_validity(&writer, "20200101000000", "20491231235959") ==
               0);
    FUZZ_CHECK(mbedtls_x509write_crt_set_basic_constraints(&writer, 1, 2) == 0);
    FUZZ_CHECK(mbedtls_x509write_crt_set_extension(&writer, MBEDTLS_OID_SUBJECT_ALT_NAME,
                                                   MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME),
                                                   0, names, sizeof names) == 0);
    int len = mbedtls_x509write_crt_der(&writer, rig.der, sizeof rig.der, draw, NULL);
    FUZZ_CHECK(len > 0);
    rig.len = (size_t)len;
    memmove(rig.der, rig.der + sizeof rig.der - rig.len, rig.len);
    mbedtls_x509write_crt_free(&writer);
    mbedtls_mpi_free(&serial);
    mbedtls_pk_free(&key);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const struct roost_random_ops random_ops = {.fill = fill};
    const struct roost_random random = {&random_ops, NULL};
    const struct roost_kv none = {0};

    (void)argc;
    (void)argv;
    make_certificate();
    linux_pki_init(&rig.on_openssl, &none, &rig.bodies[0]);
    esp_pki_init(&rig.on_mbedtls, &none, &random, false, &rig.bodies[1]);
    return 0;
}

/* ---- the calls ---- */

static void check_fields(const struct roost_certificate *certificate)
{
    FUZZ_CHECK(strlen(certificate->common_name) <= ROOST_PKI_NAME_MAX);
    FUZZ_CHECK(strlen(certificate->organization) <= ROOST_PKI_NAME_MAX);
    FUZZ_CHECK(strlen(certificate->serial) <= 2 * ROOST_PKI_SERIAL_MAX);
    FUZZ_CHECK(certificate->serial[0] != '0' || certificate->serial[1] == '\0');
}

static void check_alike(const struct roost_certificate *a, const struct roost_certificate *b)
{
    FUZZ_CHECK(strcmp(a->common_name, b->common_name) == 0);
    FUZZ_CHECK(strcmp(a->organization, b->organization) == 0);
    FUZZ_CHECK(strcmp(a->serial, b->serial) == 0);
    FUZZ_CHECK(a->not_before_ms == b->not_before_ms && a->not_after_ms == b->not_after_ms);
    FUZZ_CHECK(a->key == b->key);
}

static bool inspect(const struct roost_pki_text *text, unsigned index)
{
    struct roost_certificate read[2];
    struct roost_certificate_id id;
    int err[2];

    for (int i = 0; i < 2; i++) {
        const struct roost_pki *pki = &rig.bodies[i];
        err[i] = pki->ops->inspect(pki->ctx, text, index, &read[i]);
        FUZZ_CHECK(err[i] <= 0);
        if (err[i])
            continue;
        check_fields(&read[i]);
        FUZZ_CHECK(pki->ops->identify(pki->ctx, text, index, NULL, ROOST_PKI_SHA256, &id) <= 0);
    }
    if (err[0] == 0 && err[1] == 0)
        check_alike(&read[0], &read[1]);
    return err[0] == 0 || err[1] == 0;
}

static void verify(const struct roost_pki_text *text, const uint8_t *data, size_t len)
{
    const struct roost_pki_text roots[] = {roost_pki_text(rig.der, rig.len), *text};
    struct roost_pki_check check = {.chain = text,
                                    .roots = roots,
                                    .root_count = 2,
                                    .at_ms = 1800000000000,
                                    .host = "csms.example",
                                    .host_in_common_name = true};
    bool changed = text->len != rig.len || memcmp(text->bytes, rig.der, rig.len) != 0;
    enum roost_pki_verdict verdict;
    uint8_t digest[32] = {1};

    for (int i = 0; i < 2; i++) {
        const struct roost_pki *pki = &rig.bodies[i];
        int err = pki->ops->verify_chain(pki->ctx, &check, &verdict);
        FUZZ_CHECK((err == 0) == (verdict == ROOST_PKI_GOOD));
        FUZZ_CHECK(pki->ops->verify_signature(pki->ctx, text, ROOST_PKI_ANY_SIGNATURE, digest, data,
                                              len) < 0);
        check.root_count = 1;
        err = pki->ops->verify_chain(pki->ctx, &check, &verdict);
        FUZZ_CHECK(err != 0 || !changed || text->len > rig.len);
        check.root_count = 2;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint8_t changed[DER_MAX];

    if (len == 0)
        return 0;
    struct roost_pki_text text = roost_pki_text(data + 1, len - 1);
    if (data[0] & 1) {
        memcpy(changed, rig.der, rig.len);
        for (size_t i = 1; i + 3 <= len; i += 3)
            changed[(data[i] | (size_t)data[i + 1] << 8) % rig.len] = data[i + 2];
        text = roost_pki_text(changed, rig.len);
    }
    bool readable = inspect(&text, 0);
    (void)inspect(&text, 1);
    if (readable)
        verify(&text, data, len);
    return 0;
}
