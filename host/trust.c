/* SPDX-License-Identifier: Apache-2.0 */
#include "host/trust.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "core/hex.h"
#include "host/file.h"

enum { KEY_FILE_MAX = 4096 };

static int refuse(const char *option, const char *path, const char *reason, char *why,
                  size_t why_size)
{
    snprintf(why, why_size, "%s %s: %s", option, path, reason);
    return ROOST_ERR_INVALID;
}

/* NULL after the reason, which names the file, went to why. */
static FILE *open_file(const char *option, const char *path, char *why, size_t why_size)
{
    struct why reason = {.text = "out of memory"};
    int fd = file_open(path, &reason);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

    if (file)
        return file;
    if (fd >= 0)
        close(fd);
    snprintf(why, why_size, "%s %s", option, reason.text);
    return NULL;
}

int trust_ca_check(const char *option, const char *path, char *why, size_t why_size)
{
    FILE *file = open_file(option, path, why, why_size);

    if (!file)
        return ROOST_ERR_INVALID;
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    if (!certificate)
        return refuse(option, path, "holds no certificate (PEM)", why, why_size);
    X509_free(certificate);
    return 0;
}

/* ---- keys ---- */

static bool read_hex(uint8_t key[SIGNATURE_KEY_BYTES], const char *text)
{
    return roost_hex_read(key, text, SIGNATURE_KEY_BYTES) &&
           text[2 * SIGNATURE_KEY_BYTES + strspn(text + 2 * SIGNATURE_KEY_BYTES, " \t\r\n")] ==
               '\0';
}

static bool read_pem(uint8_t key[SIGNATURE_KEY_BYTES], const char *text)
{
    BIO *memory = BIO_new_mem_buf(text, -1);
    EVP_PKEY *pair = memory ? PEM_read_bio_PUBKEY(memory, NULL, NULL, NULL) : NULL;
    char group[32] = "";
    size_t len = 0;

    bool good = pair && EVP_PKEY_get_group_name(pair, group, sizeof group, NULL) == 1 &&
                strcmp(group, "prime256v1") == 0 &&
                EVP_PKEY_get_octet_string_param(pair, OSSL_PKEY_PARAM_PUB_KEY, key,
                                                SIGNATURE_KEY_BYTES, &len) == 1 &&
                len == SIGNATURE_KEY_BYTES;
    EVP_PKEY_free(pair);
    BIO_free(memory);
    return good;
}

/* A point that is not on the curve would be found out with the first update only. */
static bool is_key(const uint8_t key[SIGNATURE_KEY_BYTES])
{
    char group[] = "prime256v1";
    uint8_t point[SIGNATURE_KEY_BYTES];
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *pair = NULL;

    memcpy(point, key, sizeof point);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
        OSSL_PARAM_construct_end(),
    };
    bool good = key[0] == 4 && context && EVP_PKEY_fromdata_init(context) == 1 &&
                EVP_PKEY_fromdata(context, &pair, EVP_PKEY_PUBLIC_KEY, params) == 1;
    EVP_PKEY_free(pair);
    EVP_PKEY_CTX_free(context);
    return good;
}

int trust_key_read(uint8_t key[SIGNATURE_KEY_BYTES], const char *option, const char *path,
                   char *why, size_t why_size)
{
    char text[KEY_FILE_MAX + 1];
    FILE *file = open_file(option, path, why, why_size);

    if (!file)
        return ROOST_ERR_INVALID;
    size_t len = fread(text, 1, KEY_FILE_MAX, file);
    fclose(file);
    text[len] = '\0';
    bool pem = strstr(text, "-----BEGIN PUBLIC KEY-----") != NULL;
    if ((pem ? read_pem(key, text) : read_hex(key, text)) && is_key(key))
        return 0;
    return refuse(option, path,
                  "is not a public key on P-256; allowed are 130 hexadecimal digits, or PEM", why,
                  why_size);
}
