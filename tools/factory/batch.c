/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/factory/batch.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"
#include "core/hex.h"
#include "tools/factory/device.h"
#include "tools/factory/label.h"
#include "tools/factory/nvs.h"
#include "host/file.h"
#include "host/trust.h"

enum {
    SIGNATURE_DIGITS = 2 * SIGNATURE_BYTES,
    ID_DIGITS = 2 * KEY_ID_BYTES,
    SIGNATURE_LINE = SIGNATURE_DIGITS + 1 + ID_DIGITS + 1
};

/* A text that grows; `failed` sticks. */
struct text {
    char *bytes;
    size_t len;
    FILE *stream;
};

/* What a batch is made with. The two texts hold secrets. */
struct batch {
    const struct order *order;
    const struct key *key;
    const char *dir; /* the folder while it is being made */
    uint8_t *image;  /* order->partition_bytes */
    struct text lines, json;
};

static bool text_open(struct text *text)
{
    text->stream = open_memstream(&text->bytes, &text->len);
    return text->stream != NULL;
}

/* Ends writing; the bytes stay. */
static bool text_end(struct text *text)
{
    FILE *stream = text->stream;

    text->stream = NULL;
    return stream && fclose(stream) == 0;
}

static void text_free(struct text *text)
{
    if (text->stream)
        (void)fclose(text->stream);
    if (text->bytes)
        OPENSSL_cleanse(text->bytes, text->len);
    free(text->bytes);
}

/* ---- the files of one device ---- */

static int put(const struct batch *batch, const struct device *device, const char *suffix,
               const void *data, size_t len, struct why *why)
{
    char path[FILE_PATH_MAX];
    int path_len = snprintf(path, sizeof path, "%s/%s%s", batch->dir, device->id, suffix);

    if (path_len < 0 || path_len >= FILE_PATH_MAX)
        return why_not(why, ROOST_ERR_TOO_LONG, "--out: the path is longer than %d bytes",
                       FILE_PATH_MAX - 1);
    return file_create(path, data, len, 0600, why);
}

static int put_image(struct batch *batch, const struct device *device, struct why *why)
{
    const struct order *order = batch->order;
    uint8_t signature[SIGNATURE_BYTES], keys[NVS_PAGE_BYTES];
    char line[SIGNATURE_LINE + 1];
    int err = device_image(batch->image, device, order, why);

    if (!err)
        err = put(batch, device, BATCH_IMAGE_SUFFIX, batch->image, order->partition_bytes, why);
    if (!err)
        err = key_sign(batch->key, batch->image, order->partition_bytes, signature, why);
    if (err)
        return err;
    roost_hex_write(line, signature, sizeof signature);
    line[SIGNATURE_DIGITS] = ' ';
    roost_hex_write(line + SIGNATURE_DIGITS + 1, batch->key->id, KEY_ID_BYTES);
    line[SIGNATURE_LINE - 1] = '\n';
    err = put(batch, device, BATCH_SIGNATURE_SUFFIX, line, SIGNATURE_LINE, why);
    if (err || !order->encrypt)
        return err;
    nvs_key_page(keys, device->nvs_keys);
    err = put(batch, device, ".keys.bin", keys, sizeof keys, why);
    OPENSSL_cleanse(keys, sizeof keys);
    return err;
}

static int put_label(const struct batch *batch, const struct device *device, struct why *why)
{
    char text[LABEL_TEXT_MAX], *svg;
    size_t svg_len;
    int len = label_text(text, device, batch->order);
    int err = put(batch, device, ".label.txt", text, (size_t)len, why);

    OPENSSL_cleanse(text, sizeof text);
    if (err)
        return err;
    err = label_svg(&svg, &svg_len, device, batch->order);
    if (err)
        return why_not(why, err, "the label could not be drawn: %s", roost_err_text(err));
    err = put(batch, device, ".label.svg", svg, svg_len, why);
    OPENSSL_cleanse(svg, svg_len);
    free(svg);
    return err;
}

/* ---- the list ---- */

/* Every value is of a set of characters that JSON takes as they are. */
static void list(struct batch *batch, const struct device *device, bool first)
{
    unsigned hardware = batch->order->hardware_version;
    char secret[2 * ROOST_FACTORY_SECRET_BYTES + 1];

    roost_hex_write(secret, device->secret, sizeof device->secret);
    fprintf(batch->lines.stream, "device=%s %u %s %s %s\n", device->id, hardware, device->id,
            device->password_hash, secret);
    fprintf(batch->json.stream,
            "%s\n{\"device_id\":\"%s\",\"hardware_version\":%u,\"broker_user\":\"%s\","
            "\"broker_password_hash\":\"%s\",\"secret_hex\":\"%s\"}",
            first ? "" : ",", device->id, hardware, device->id, device->password_hash, secret);
    OPENSSL_cleanse(secret, sizeof secret);
}

static int put_devices(struct batch *batch, struct why *why)
{
    int err = 0;

    for (size_t i = 0; i < batch->order->count && !err; i++) {
        struct device device;
        err = device_init(&device, batch->order, why);
        if (err)
            break;
        err = put_image(batch, &device, why); /* a name that is there already is refused here */
        if (!err)
            err = put_label(batch, &device, why);
        if (!err)
            list(batch, &device, i == 0);
        device_deinit(&device);
    }
    return err;
}

static int put_list(struct batch *batch, struct why *why)
{
    uint8_t signature[SIGNATURE_BYTES];
    char digits[SIGNATURE_DIGITS + 1], path[FILE_PATH_MAX];

    if (!text_end(&batch->lines))
        return why_not(why, ROOST_ERR_NO_MEMORY, "out of memory");
    int err = key_sign(batch->key, batch->lines.bytes, batch->lines.len, signature, why);
    if (err)
        return err;
    roost_hex_write(digits, signature, sizeof signature);
    fprintf(batch->json.stream, "\n],\"signature\":\"%s\"", digits);
    roost_hex_write(digits, batch->key->id, KEY_ID_BYTES);
    fprintf(batch->json.stream, ",\"key_id\":\"%s\"}\n", digits);
    if (!text_end(&batch->json))
        return why_not(why, ROOST_ERR_NO_MEMORY, "out of memory");
    snprintf(path, sizeof path, "%s/batch.json", batch->dir);
    return file_create(path, batch->json.bytes, batch->json.len, 0600, why);
}

/* ---- the folder ---- */

static int fill(struct batch *batch, struct why *why)
{
    const struct order *order = batch->order;

    batch->image = malloc(order->partition_bytes);
    if (!batch->image || !text_open(&batch->lines) || !text_open(&batch->json))
        return why_not(why, ROOST_ERR_NO_MEMORY, "out of memory");
    fprintf(batch->lines.stream, "roost-batch-1\nbatch=%s\nmade_at=%s\nproduct=%s\n", order->batch,
            order->made_at, order->product);
    fprintf(batch->json.stream,
            "{\"batch\":\"%s\",\"made_at\":\"%s\",\"product\":\"%s\",\"devices\":[", order->batch,
            order->made_at, order->product);
    int err = put_devices(batch, why);
    return err ? err : put_list(batch, why);
}

static void remove_folder(const char *dir)
{
    DIR *open = opendir(dir);
    const struct dirent *entry;

    while (open && (entry = readdir(open)))
        (void)unlinkat(dirfd(open), entry->d_name, 0); /* "." and ".." refuse */
    if (open)
        (void)closedir(open);
    (void)rmdir(dir);
}

int batch_make(const char *dir, const struct order *order, const struct key *key, struct why *why)
{
    struct batch batch = {.order = order, .key = key};
    struct stat status;
    char made[FILE_PATH_MAX];
    size_t len = strlen(dir);

    while (len > 1 && dir[len - 1] == '/') /* the folder is made beside, not inside */
        len--;
    if (lstat(dir, &status) == 0)
        return why_not(why, ROOST_ERR_EXISTS, "--out %s: exists already", dir);
    if (snprintf(made, sizeof made, "%.*s.XXXXXX", (int)len, dir) >= FILE_PATH_MAX - 128)
        return why_not(why, ROOST_ERR_TOO_LONG, "--out %s: the path is longer than %d bytes", dir,
                       FILE_PATH_MAX - 128);
    if (!mkdtemp(made)) /* mode 0700 */
        return why_not(why, ROOST_ERR_IO, "--out %s: %s", dir, strerror(errno));
    batch.dir = made;
    int err = fill(&batch, why);
    if (!err)
        err = file_sync_all(made, why);
    if (!err && rename(made, dir) != 0)
        err = why_not(why, ROOST_ERR_IO, "--out %s: %s", dir, strerror(errno));
    if (err)
        remove_folder(made);
    text_free(&batch.lines);
    text_free(&batch.json);
    if (batch.image)
        OPENSSL_cleanse(batch.image, order->partition_bytes);
    free(batch.image);
    return err;
}

/* ---- verify ---- */

static bool parse_signature(uint8_t signature[SIGNATURE_BYTES], uint8_t id[KEY_ID_BYTES],
                            const char *line, size_t len)
{
    if (len < SIGNATURE_LINE - 1 || line[SIGNATURE_DIGITS] != ' ' ||
        strspn(line + SIGNATURE_LINE - 1, "\r\n") != len - (SIGNATURE_LINE - 1))
        return false;
    return roost_hex_read(signature, line, SIGNATURE_BYTES) &&
           roost_hex_read(id, line + SIGNATURE_DIGITS + 1, KEY_ID_BYTES);
}

static int check(const char *image_path, const char *signature_path, const char *public_path,
                 const char *image, size_t image_len, struct why *why)
{
    uint8_t public_key[SIGNATURE_KEY_BYTES], signature[SIGNATURE_BYTES];
    uint8_t id[KEY_ID_BYTES], own_id[KEY_ID_BYTES];
    char *line;
    size_t len;
    int err = trust_key_read(public_key, "--key", public_path, why->text, sizeof why->text);

    if (!err)
        err = file_read(&line, &len, signature_path, 4096, why);
    if (err)
        return err;
    bool good = parse_signature(signature, id, line, len);
    free(line);
    if (!good)
        return why_not(why, ROOST_ERR_INVALID,
                       "%s: is not a signature: %d digits, blank, %d digits", signature_path,
                       SIGNATURE_DIGITS, ID_DIGITS);
    if (key_id(own_id, public_key) || memcmp(id, own_id, sizeof id) != 0)
        return why_not(why, ROOST_ERR_AUTH, "%s: was signed with another key than %s", image_path,
                       public_path);
    if (signature_check(public_key, image, image_len, signature))
        return why_not(why, ROOST_ERR_CRYPTO, "%s: the signature does not verify", image_path);
    return 0;
}

int batch_verify(const char *image_path, const char *public_path, struct why *why)
{
    size_t len = strlen(image_path), suffix = strlen(BATCH_IMAGE_SUFFIX), image_len;
    char path[FILE_PATH_MAX], *image;

    if (len <= suffix || strcmp(image_path + len - suffix, BATCH_IMAGE_SUFFIX) != 0)
        return why_not(why, ROOST_ERR_INVALID, "%s: allowed is a name that ends with %s",
                       image_path, BATCH_IMAGE_SUFFIX);
    if (len >= sizeof path)
        return why_not(why, ROOST_ERR_TOO_LONG, "%s: the path is longer than %d bytes", image_path,
                       FILE_PATH_MAX - 1);
    snprintf(path, sizeof path, "%.*s" BATCH_SIGNATURE_SUFFIX, (int)(len - suffix), image_path);
    int err = file_read(&image, &image_len, image_path, ORDER_PARTITION_MAX, why);
    if (err)
        return err;
    err = check(image_path, path, public_path, image, image_len, why);
    OPENSSL_cleanse(image, image_len);
    free(image);
    return err;
}
