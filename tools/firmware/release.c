/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/firmware/release.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/err.h"
#include "core/hex.h"
#include "core/json_write.h"
#include "proto/fleet/image.h"
#include "host/file.h"
#include "tools/firmware/pack.h"
#include "tools/firmware/secure_boot.h"

/* A device would fetch it all and its boot loader refuse it. */
static int check_secure_boot(const struct release *release, const uint8_t *image, size_t len,
                             struct why *why)
{
    enum secure_boot is = secure_boot_of(image, len);

    if (is == SECURE_BOOT_FOREIGN && !release->secure_boot && !secure_boot_padded(image))
        return 0; /* no boot loader will look at it */
    if (is == SECURE_BOOT_FOREIGN)
        return why_not(why, ROOST_ERR_CRYPTO,
                       "--image: its secure boot signature is damaged or of another image");
    if (is == SECURE_BOOT_UNSIGNED || (is == SECURE_BOOT_NONE && release->secure_boot))
        return why_not(why, ROOST_ERR_CRYPTO,
                       "--image: is %s and not signed for it; sign it first: espsecure.py "
                       "sign_data --version 2 --keyfile KEY --output SIGNED IMAGE",
                       is == SECURE_BOOT_UNSIGNED ? "built for secure boot"
                                                  : "for devices with secure boot");
    return 0;
}

/* Whether the image is what the release says it is. */
static int check_image(struct roost_image *head, const struct release *release,
                       const uint8_t *image, size_t len, struct why *why)
{
    struct why reason;
    int err = pack_check(image, len, &reason);

    if (err)
        return why_not(why, err, "--image: %s", reason.text);
    err = roost_image_read(head, image, len);
    if (err)
        return why_not(why, err, "--image: %s", roost_err_text(err));
    if (head->chip != roost_chip_find(release->target))
        return why_not(why, ROOST_ERR_INVALID, "--target %s: the image is for chip %u",
                       release->target, head->chip);
    char project[sizeof head->project];
    snprintf(project, sizeof project, "roost-%s", release->product);
    if (strcmp(head->project, project) != 0)
        return why_not(why, ROOST_ERR_INVALID, "--product %s: the image is of project %s, not %s",
                       release->product, head->project, project);
    if (release->hardware_min > release->hardware_max)
        return why_not(why, ROOST_ERR_RANGE, "--hardware-min %u: is above --hardware-max %u",
                       release->hardware_min, release->hardware_max);
    return check_secure_boot(release, image, len, why);
}

static int fill(struct roost_manifest *manifest, const struct release *release,
                const struct roost_image *head, const uint8_t *image, size_t len, struct why *why)
{
    *manifest = (struct roost_manifest){.available = true,
                                        .mandatory = release->mandatory,
                                        .security_version = head->security_version,
                                        .size_bytes = (uint32_t)len,
                                        .min_hardware = release->hardware_min,
                                        .max_hardware = release->hardware_max};
    snprintf(manifest->product, sizeof manifest->product, "%s", release->product);
    snprintf(manifest->target, sizeof manifest->target, "%s", release->target);
    snprintf(manifest->version, sizeof manifest->version, "%s", head->version);
    if (EVP_Digest(image, len, manifest->sha256, NULL, EVP_sha256(), NULL) != 1)
        return why_not(why, ROOST_ERR_CRYPTO, "the SHA-256 could not be made");
    return 0;
}

static int sign(struct roost_manifest *manifest, const struct key *key, struct why *why)
{
    char text[ROOST_MANIFEST_TEXT_MAX + 1];
    int len = roost_manifest_text(manifest, text, sizeof text);

    if (len < 0)
        return why_not(why, len, "the manifest cannot be signed: %s", roost_err_text(len));
    memcpy(manifest->key_id, key->id, sizeof manifest->key_id);
    return key_sign(key, text, (size_t)len, manifest->signature, why);
}

static void write_hex(struct roost_json_writer *w, const char *name, const uint8_t *bytes,
                      size_t len)
{
    char digits[2 * SIGNATURE_BYTES + 1];

    roost_hex_write(digits, bytes, len);
    roost_json_put_str(w, name, digits);
}

static int write_json(char *json, size_t size, const struct roost_manifest *manifest,
                      const struct release *release)
{
    struct roost_json_writer w;
    char build[9];

    roost_hex_write(build, manifest->sha256, 4);
    roost_json_begin(&w, json, size);
    roost_json_object(&w);
    roost_json_put_str(&w, "version", manifest->version);
    roost_json_put_str(&w, "build", release->build ? release->build : build);
    roost_json_put_bool(&w, "available", manifest->available);
    roost_json_put_bool(&w, "mandatory", manifest->mandatory);
    write_hex(&w, "sha256", manifest->sha256, sizeof manifest->sha256);
    roost_json_put_uint(&w, "size", manifest->size_bytes);
    roost_json_put_str(&w, "notes", release->notes ? release->notes : "");
    roost_json_put_object(&w, "compatibility");
    roost_json_put_uint(&w, "min_hardware_version", manifest->min_hardware);
    roost_json_put_uint(&w, "max_hardware_version", manifest->max_hardware);
    roost_json_put_null(&w, "required_bootloader"); /* any */
    roost_json_end(&w);
    roost_json_put_object(&w, "meta");
    roost_json_put_str(&w, "product", manifest->product);
    roost_json_put_str(&w, "target", manifest->target);
    roost_json_end(&w);
    roost_json_put_uint(&w, "security_version", manifest->security_version);
    write_hex(&w, "key_id", manifest->key_id, sizeof manifest->key_id);
    write_hex(&w, "signature", manifest->signature, sizeof manifest->signature);
    roost_json_end(&w);
    return roost_json_finish(&w);
}

int release_manifest(char *json, size_t size, const struct release *release, const struct key *key,
                     const uint8_t *image, size_t len, struct why *why)
{
    struct roost_image head;
    struct roost_manifest manifest;
    int err = check_image(&head, release, image, len, why);

    if (!err)
        err = fill(&manifest, release, &head, image, len, why);
    if (!err)
        err = sign(&manifest, key, why);
    if (err)
        return err;
    int json_len = write_json(json, size, &manifest, release);
    if (json_len < 0)
        return why_not(why, json_len, "--notes, --build: make the manifest longer than %zu bytes",
                       size - 1);
    return json_len;
}

int release_write(const char *dir, const struct release *release, const struct key *key,
                  const uint8_t *image, size_t len, struct why *why)
{
    char json[RELEASE_JSON_MAX + 2];
    int json_len = release_manifest(json, sizeof json - 1, release, key, image, len, why);

    if (json_len < 0)
        return json_len;
    json[json_len++] = '\n';
    if (mkdir(dir, 0755) != 0 && errno != EEXIST)
        return why_not(why, ROOST_ERR_IO, "--out %s: %s", dir, strerror(errno));
    int err = file_prepare(dir, RELEASE_IMAGE, image, len, 0644, why);
    if (!err)
        err = file_prepare(dir, RELEASE_MANIFEST, json, (size_t)json_len, 0644, why);
    /* A reader between the two names finds a new image with the old manifest, whose SHA-256 does
     * not match it: it asks again. */
    if (!err)
        err = file_publish(dir, (const char *const[]){RELEASE_IMAGE, RELEASE_MANIFEST}, 2, why);
    return err;
}
