/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/firmware/show.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "core/hex.h"
#include "proto/fleet/image.h"
#include "proto/fleet/manifest.h"
#include "port/linux/crypto.h"
#include "host/file.h"
#include "host/trust.h"
#include "tools/firmware/pack.h"
#include "tools/firmware/release.h"
#include "tools/firmware/secure_boot.h"

static const char *chip_name(uint16_t chip, char *other, size_t size)
{
    static const char *const names[] = {"esp32", "esp32c3", "esp32s3", "linux"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (roost_chip_find(names[i]) == chip)
            return names[i];
    snprintf(other, size, "chip %u", chip);
    return other;
}

static void print_hex(FILE *out, const char *name, const uint8_t *bytes, size_t len)
{
    char digits[2 * SIGNATURE_BYTES + 1];

    roost_hex_write(digits, bytes, len);
    fprintf(out, "%-18s%s\n", name, digits);
}

static const char *const secure_boot_words[] = {
    [SECURE_BOOT_NONE] = "no",
    [SECURE_BOOT_UNSIGNED] = "built for it, not signed",
    [SECURE_BOOT_FOREIGN] = "the signature is damaged or of another image",
    [SECURE_BOOT_SIGNED] = "signed",
};

static int show_image(FILE *out, const char *path, const uint8_t *image, size_t len,
                      struct why *why)
{
    struct roost_image head;
    struct why reason = {""};
    char other[16];
    uint8_t hash[32];
    int err = pack_check(image, len, &reason);

    if (!err)
        err = roost_image_read(&head, image, len);
    if (err)
        return why_not(why, err, "%s: %s", path, reason.text);
    if (EVP_Digest(image, len, hash, NULL, EVP_sha256(), NULL) != 1)
        return why_not(why, ROOST_ERR_CRYPTO, "%s: the SHA-256 could not be made", path);
    fprintf(out, "%-18s%s\n%-18s%s\n%-18s%s\n", "project", head.project, "version", head.version,
            "target", chip_name(head.chip, other, sizeof other));
    fprintf(out, "%-18s%" PRIu32 "\n%-18s%u\n%-18s%zu\n", "security_version", head.security_version,
            "segments", head.segments, "size", len);
    print_hex(out, "sha256", hash, sizeof hash);
    fprintf(out, "%-18s%s\n", "secure_boot", secure_boot_words[secure_boot_of(image, len)]);
    return 0;
}

static int verify(const struct roost_manifest *manifest, const char *path, const char *key_path,
                  struct why *why)
{
    uint8_t keys[1][ROOST_PUBLIC_KEY_BYTES];
    struct linux_crypto linux_crypto;
    struct roost_crypto crypto;
    int err = trust_key_read(keys[0], "--key", key_path, why->text, sizeof why->text);

    if (err)
        return err;
    err = linux_crypto_init(&linux_crypto, &crypto);
    if (err)
        return why_not(why, err, "%s", roost_err_text(err));
    err =
        roost_manifest_verify(manifest, &crypto, (const uint8_t(*)[ROOST_PUBLIC_KEY_BYTES])keys, 1);
    linux_crypto_deinit(&linux_crypto);
    if (err == ROOST_ERR_AUTH)
        return why_not(why, err, "%s: was signed with another key than %s", path, key_path);
    if (err)
        return why_not(why, err, "%s: the signature does not verify", path);
    return 0;
}

/* Whether the image beside a manifest, if there is one, is the manifest's. */
static int check_beside(FILE *out, const struct roost_manifest *manifest, const char *path,
                        struct why *why)
{
    const char *slash = strrchr(path, '/');
    char beside[FILE_PATH_MAX], *image;
    uint8_t hash[32];
    size_t len;

    snprintf(beside, sizeof beside, "%.*s" RELEASE_IMAGE, slash ? (int)(slash - path + 1) : 0,
             path);
    if (access(beside, F_OK) != 0)
        return 0;
    int err = file_read(&image, &len, beside, PACK_IMAGE_MAX, why);
    if (err)
        return err;
    bool good = len == manifest->size_bytes &&
                EVP_Digest(image, len, hash, NULL, EVP_sha256(), NULL) == 1 &&
                memcmp(hash, manifest->sha256, sizeof hash) == 0;
    free(image);
    if (!good)
        return why_not(why, ROOST_ERR_CORRUPT, "%s: is not the image of %s", beside, path);
    fprintf(out, "%-18s%s matches\n", "image", beside);
    return 0;
}

/* Reads a manifest as a hub serves it or as it lies in a folder, without a url. */
static int read_manifest(struct roost_manifest *manifest, const char *json, size_t len,
                         const char **field)
{
    static const char url[] = "{\"url\":\"" RELEASE_IMAGE "\",";
    char served[sizeof url + ROOST_MANIFEST_MAX];
    int err = roost_manifest_read(manifest, json, len, field);

    if (err != ROOST_ERR_NOT_FOUND || strcmp(*field, "url") != 0 || len > ROOST_MANIFEST_MAX)
        return err;
    const char *members = memchr(json, '{', len); /* it is an object: it was read as one */
    int served_len = snprintf(served, sizeof served, "%s%.*s", url,
                              (int)(len - (size_t)(members + 1 - json)), members + 1);
    return roost_manifest_read(manifest, served, (size_t)served_len, field);
}

static int show_manifest(FILE *out, const char *path, const char *json, size_t len,
                         const char *key_path, struct why *why)
{
    struct roost_manifest manifest;
    const char *field = "";
    int err = read_manifest(&manifest, json, len, &field);

    if (err)
        return why_not(why, err, "%s: %s: %s", path, field, roost_err_text(err));
    if (!manifest.available) {
        fprintf(out, "%-18s%s\n", "available", "no");
        return 0;
    }
    fprintf(out, "%-18s%s\n%-18s%s\n%-18s%s\n", "product", manifest.product, "target",
            manifest.target, "version", manifest.version);
    fprintf(out, "%-18s%" PRIu32 "\n%-18s%" PRIu32 "\n%-18s%" PRIu32 " to %" PRIu32 "\n",
            "security_version", manifest.security_version, "size", manifest.size_bytes, "hardware",
            manifest.min_hardware, manifest.max_hardware);
    print_hex(out, "sha256", manifest.sha256, sizeof manifest.sha256);
    print_hex(out, "key_id", manifest.key_id, sizeof manifest.key_id);
    err = check_beside(out, &manifest, path, why);
    if (err || !key_path)
        return err;
    err = verify(&manifest, path, key_path, why);
    if (!err)
        fprintf(out, "%-18sby the key in %s\n", "signed", key_path);
    return err;
}

int show_file(FILE *out, const char *path, const char *key_path, struct why *why)
{
    char *bytes;
    size_t len;
    int err = file_read(&bytes, &len, path, PACK_IMAGE_MAX, why);

    if (err)
        return err;
    if ((uint8_t)bytes[0] != ROOST_IMAGE_MAGIC)
        err = show_manifest(out, path, bytes, len, key_path, why);
    else if (key_path)
        err = why_not(why, ROOST_ERR_INVALID,
                      "--key %s: verifies a manifest; the signature of %s is in its manifest",
                      key_path, path);
    else
        err = show_image(out, path, (const uint8_t *)bytes, len, why);
    free(bytes);
    return err;
}
