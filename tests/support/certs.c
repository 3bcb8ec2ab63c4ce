/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/certs.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/support.h"

enum { DAY_S = 24 * 3600 };

struct pair {
    EVP_PKEY *key;
    X509 *certificate;
};

static void add_extension(X509 *certificate, X509 *issuer, int kind, const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

/* A certificate signed by `issuer`, or by itself. `names` NULL: an authority. */
static struct pair make(const char *common_name, const struct pair *issuer, const char *names,
                        long until_s)
{
    struct pair made = {EVP_EC_gen("P-256"), X509_new()};
    X509 *certificate = made.certificate;
    static long serial;

    assert_non_null(made.key);
    assert_non_null(certificate);
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -2L * DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(certificate), until_s);
    X509_set_pubkey(certificate, made.key);
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common_name, -1,
                               -1, 0);
    X509 *issued_by = issuer ? issuer->certificate : certificate;
    X509_set_issuer_name(certificate, X509_get_subject_name(issued_by));
    add_extension(certificate, issued_by, NID_basic_constraints,
                  names ? "critical,CA:FALSE" : "critical,CA:TRUE");
    if (names)
        add_extension(certificate, issued_by, NID_subject_alt_name, names);
    assert_true(X509_sign(certificate, issuer ? issuer->key : made.key, EVP_sha256()) > 0);
    return made;
}

static void write_pem(const char *dir, const char *name, const struct pair *pair, int with_key)
{
    char path[SUPPORT_PATH_MAX + 64];

    snprintf(path, sizeof path, "%s/%s.pem", dir, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(PEM_write_X509(file, pair->certificate), 1);
    fclose(file);
    if (!with_key)
        return;
    snprintf(path, sizeof path, "%s/%s.key", dir, name);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(PEM_write_PrivateKey(file, pair->key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(file);
}

static void drop(struct pair *pair)
{
    EVP_PKEY_free(pair->key);
    X509_free(pair->certificate);
}

void support_make_certificates(const char *dir)
{
    static const char here[] = "DNS:localhost,IP:127.0.0.1";
    static const struct {
        const char *file, *names;
        long until_s;
    } servers[] = {
        {"server", here, DAY_S},
        {"elsewhere", "DNS:elsewhere.example", DAY_S},
        {"expired", here, -DAY_S},
    };
    struct pair authority = make("Test authority", NULL, NULL, DAY_S);
    struct pair other = make("Other authority", NULL, NULL, DAY_S);

    write_pem(dir, "ca", &authority, 1);
    write_pem(dir, "other-ca", &other, 0);
    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
        struct pair server =
            make(servers[i].file, &authority, servers[i].names, servers[i].until_s);
        write_pem(dir, servers[i].file, &server, 1);
        drop(&server);
    }
    drop(&authority);
    drop(&other);
}
