/* SPDX-License-Identifier: Apache-2.0 */
#include "certificate.h"

#include <stdio.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

enum { VALID_S = 3600 };

static X509 *make(EVP_PKEY *key, const char *name, X509 *issuer, EVP_PKEY *issuer_key,
                  const char *alt_name, long serial)
{
    X509 *cert = X509_new();
    X509V3_CTX context;

    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), serial);
    X509_gmtime_adj(X509_getm_notBefore(cert), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert), VALID_S);
    X509_set_pubkey(cert, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(issuer ? issuer : cert));
    X509V3_set_ctx(&context, issuer ? issuer : cert, cert, NULL, NULL, 0);
    X509_EXTENSION *extension =
        issuer ? X509V3_EXT_conf_nid(NULL, &context, NID_subject_alt_name, alt_name)
               : X509V3_EXT_conf_nid(NULL, &context, NID_basic_constraints, "critical,CA:TRUE");
    X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
    X509_sign(cert, issuer_key, EVP_sha256());
    return cert;
}

static int write_pem(const char *folder, const char *name, X509 *cert, EVP_PKEY *key)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (!file)
        return -1;
    int ok = cert ? PEM_write_X509(file, cert)
                  : PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    return fclose(file) == 0 && ok == 1 ? 0 : -1;
}

int certificate_make(const char *folder, const char *subject_alt_name)
{
    EVP_PKEY *ca_key = EVP_EC_gen("P-256");
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *ca = make(ca_key, "test authority", NULL, ca_key, NULL, 1);
    X509 *cert = make(key, "test server", ca, ca_key, subject_alt_name, 2);
    int err = write_pem(folder, "ca.pem", ca, NULL) | write_pem(folder, "cert.pem", cert, NULL) |
              write_pem(folder, "key.pem", NULL, key);

    X509_free(cert);
    X509_free(ca);
    EVP_PKEY_free(key);
    EVP_PKEY_free(ca_key);
    return err;
}
