/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/factory/order.h"

#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/err.h"
#include "core/hex.h"
#include "port/port.h"
#include "tools/factory/nvs.h"
#include "host/file.h"
#include "host/trust.h"

enum { CA_FILE_MAX = 256 << 10, PSK_MIN = 8 };

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

static bool is_name(const char *text)
{
    return strspn(text, NAME_CHARACTERS) == strlen(text);
}

/* ---- who ---- */

static int check_ids(const struct order_request *request, struct why *why)
{
    if (request->id && request->id_prefix)
        return why_not(why, ROOST_ERR_INVALID, "--id, --id-prefix: allowed is one of them");
    if (!request->id && !request->id_prefix)
        return why_not(why, ROOST_ERR_INVALID, "--id-prefix TEXT or --id ID: is required");
    if (request->id && request->count != 1)
        return why_not(why, ROOST_ERR_INVALID, "--count %llu: with --id allowed is 1",
                       (unsigned long long)request->count);
    const char *text = request->id ? request->id : request->id_prefix;
    if (roost_device_id_check(text, strlen(text)))
        return why_not(why, ROOST_ERR_INVALID,
                       "--%s %s: allowed are letters, digits and _.:-, but for . and ..",
                       request->id ? "id" : "id-prefix", text);
    return 0;
}

/* A name of its own: the day and something that differs. */
static int name_batch(struct order *order, const struct order_request *request, struct why *why)
{
    time_t now = time(NULL);
    struct tm utc;
    uint8_t bytes[4];
    char digits[2 * sizeof bytes + 1], day[16];

    if (!gmtime_r(&now, &utc) || RAND_bytes(bytes, sizeof bytes) != 1)
        return why_not(why, ROOST_ERR_CRYPTO, "no random numbers");
    strftime(order->made_at, sizeof order->made_at, "%Y-%m-%dT%H:%M:%SZ", &utc);
    strftime(day, sizeof day, "%Y%m%d", &utc);
    roost_hex_write(digits, bytes, sizeof bytes);
    if (request->batch)
        snprintf(order->batch, sizeof order->batch, "%s", request->batch);
    else
        snprintf(order->batch, sizeof order->batch, "%s-%s", day, digits);
    if (!is_name(order->batch))
        return why_not(why, ROOST_ERR_INVALID, "--batch %s: allowed are letters, digits and ._-",
                       order->batch);
    if (!is_name(request->product))
        return why_not(why, ROOST_ERR_INVALID, "--product %s: allowed are letters, digits and ._-",
                       request->product);
    return 0;
}

static int parse_partition(struct order *order, const struct order_request *request,
                           struct why *why)
{
    char *end = NULL;
    unsigned long size = strtoul(request->partition_size, &end, 0);

    if (*end != '\0' || size < ORDER_PARTITION_MIN || size > ORDER_PARTITION_MAX ||
        size % NVS_PAGE_BYTES != 0)
        return why_not(why, ROOST_ERR_RANGE,
                       "--partition-size %s: allowed is 0x%x to 0x%x, a multiple of 0x%x",
                       request->partition_size, ORDER_PARTITION_MIN, ORDER_PARTITION_MAX,
                       NVS_PAGE_BYTES);
    order->partition_bytes = size;
    return 0;
}

/* ---- certificates ---- */

/* The certificates of a file and nothing else of it: comments take room, and a private key that
 * lies in the same file has no business on a device. */
static char *only_certificates(const char *text, size_t len, size_t *out_len)
{
    BIO *in = BIO_new_mem_buf(text, (int)len), *out = BIO_new(BIO_s_mem());
    X509 *certificate;
    char *pem = NULL, *copy = NULL;
    bool good = in && out;

    while (good && (certificate = PEM_read_bio_X509(in, NULL, NULL, NULL))) {
        good = PEM_write_bio_X509(out, certificate) == 1;
        X509_free(certificate);
    }
    long pem_len = good ? BIO_get_mem_data(out, &pem) : 0;
    if (pem_len > 0) {
        copy = strndup(pem, (size_t)pem_len);
        *out_len = (size_t)pem_len;
    }
    BIO_free(in);
    BIO_free(out);
    return copy;
}

static int read_ca(char **out, const char *option, const char *path, struct why *why)
{
    char *text;
    size_t len, pem_len = 0;
    int err = file_read(&text, &len, path, CA_FILE_MAX, why);

    if (err)
        return err;
    char *pem = only_certificates(text, len, &pem_len);
    free(text);
    if (!pem)
        return why_not(why, ROOST_ERR_INVALID, "--%s %s: holds no certificate in PEM", option,
                       path);
    if (pem_len > ROOST_FACTORY_CA_MAX) {
        free(pem);
        return why_not(why, ROOST_ERR_TOO_LONG,
                       "--%s %s: its certificates take %zu bytes; at most %d fit", option, path,
                       pem_len, ROOST_FACTORY_CA_MAX);
    }
    *out = pem;
    return 0;
}

/* ---- broker, updates, networks ---- */

static int take_broker(struct order *order, const struct order_request *request, struct why *why)
{
    if (!request->broker && request->broker_ca)
        return why_not(why, ROOST_ERR_INVALID, "--broker-ca %s: has no --broker to go with",
                       request->broker_ca);
    if (!request->broker)
        return 0;
    int err = broker_address_parse(&order->broker, request->broker, why->text, sizeof why->text);

    if (err)
        return err;
    if (strlen(order->broker.host) > ROOST_FACTORY_HOST_MAX)
        return why_not(why, ROOST_ERR_TOO_LONG, "--broker: a host of %zu characters; at most %d",
                       strlen(order->broker.host), ROOST_FACTORY_HOST_MAX);
    if (!order->broker.tls && !request->development)
        return why_not(why, ROOST_ERR_INVALID,
                       "--broker %s: allowed is mqtts://; mqtt:// only with --development",
                       request->broker);
    if (request->broker_ca)
        return read_ca(&order->broker_ca, "broker-ca", request->broker_ca, why);
    if (!request->development)
        return why_not(why, ROOST_ERR_INVALID,
                       "--broker-ca FILE: is required (who vouches for the broker)");
    return 0;
}

static bool is_printable(const char *text)
{
    for (const char *c = text; *c; c++)
        if (*c <= ' ' || *c > '~')
            return false;
    return true;
}

#define CHILD_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

/* Of a product that goes to its hub by WebSocket. */
static int take_hub(struct order *order, const struct order_request *request, struct why *why)
{
    const char *url = request->hub, *child = request->child;

    order->hub = url;
    order->child = child;
    if (!url && !request->broker)
        return why_not(why, ROOST_ERR_INVALID,
                       "--broker URL or --hub URL: is required (what the product goes to)");
    if (!url && (request->hub_ca || child))
        return why_not(why, ROOST_ERR_INVALID, "--%s %s: has no --hub to go with",
                       child ? "child" : "hub-ca", child ? child : request->hub_ca);
    if (!url)
        return 0;
    bool wss = strncmp(url, "wss://", 6) == 0, ws = strncmp(url, "ws://", 5) == 0;
    if (!wss && !(ws && request->development))
        return why_not(why, ROOST_ERR_INVALID,
                       "--hub %s: allowed is wss://; ws:// only with --development", url);
    if (!is_printable(url))
        return why_not(why, ROOST_ERR_INVALID,
                       "--hub %s: allowed is printable ASCII without blanks", url);
    if (child && !request->id)
        return why_not(why, ROOST_ERR_INVALID, "--child %s: is one device's: needs --id ID", child);
    if (child && strspn(child, CHILD_CHARACTERS) != strlen(child))
        return why_not(why, ROOST_ERR_INVALID, "--child %s: allowed are letters, digits and _-",
                       child);
    if (request->hub_ca)
        return read_ca(&order->hub_ca, "hub-ca", request->hub_ca, why);
    if (!request->broker_ca && !request->development)
        return why_not(why, ROOST_ERR_INVALID,
                       "--hub-ca FILE: is required (who vouches for the hub)");
    return 0;
}

static int take_update(struct order *order, const struct order_request *request, struct why *why)
{
    const char *url = request->update_url;

    order->update_url = url;
    if (!url && request->update_ca)
        return why_not(why, ROOST_ERR_INVALID, "--update-ca %s: has no --update-url to go with",
                       request->update_ca);
    if (!url)
        return 0;
    bool https = strncmp(url, "https://", 8) == 0, http = strncmp(url, "http://", 7) == 0;
    if (!https && !(http && request->development))
        return why_not(why, ROOST_ERR_INVALID,
                       "--update-url %s: allowed is https://; http:// only with --development",
                       url);
    if (!is_printable(url))
        return why_not(why, ROOST_ERR_INVALID,
                       "--update-url %s: allowed is printable ASCII without blanks", url);
    if (request->firmware_keys.count == 0)
        return why_not(why, ROOST_ERR_INVALID,
                       "--firmware-key FILE: is required with --update-url");
    if (request->update_ca)
        return read_ca(&order->update_ca, "update-ca", request->update_ca, why);
    return 0;
}

static int take_keys(struct order *order, const struct order_request *request, struct why *why)
{
    order->key_count = request->firmware_keys.count;
    if (order->key_count == 0 && !request->development)
        return why_not(why, ROOST_ERR_INVALID,
                       "--firmware-key FILE: is required (who may sign firmware)");
    for (size_t i = 0; i < order->key_count; i++) {
        int err = trust_key_read(order->keys[i], "--firmware-key", request->firmware_keys.values[i],
                                 why->text, sizeof why->text);
        if (err)
            return err;
        if (i > 0 && memcmp(order->keys[0], order->keys[i], sizeof order->keys[i]) == 0)
            return why_not(why, ROOST_ERR_INVALID, "--firmware-key %s: is the same key again",
                           request->firmware_keys.values[i]);
    }
    return 0;
}

/* "name LF passphrase" of one network. */
static int read_network(char *out, size_t size, const char *name, const char *path, struct why *why)
{
    char *text;
    size_t text_len, name_len = strlen(name);

    if (name_len == 0 || name_len > ROOST_WIFI_SSID_MAX || strchr(name, '\n'))
        return why_not(why, ROOST_ERR_RANGE, "--wifi %s: allowed is a name of 1 to %d bytes", name,
                       ROOST_WIFI_SSID_MAX);
    int err = file_read(&text, &text_len, path, 4096, why);
    if (err)
        return err;
    size_t len = strcspn(text, "\r\n");
    if (len < PSK_MIN || len > ROOST_WIFI_PSK_MAX)
        err = why_not(why, ROOST_ERR_RANGE,
                      "--wifi-password-file %s: allowed is a first line of %d to %d bytes", path,
                      PSK_MIN, ROOST_WIFI_PSK_MAX);
    else
        snprintf(out, size, "%s\n%.*s", name, (int)len, text);
    OPENSSL_cleanse(text, text_len);
    free(text);
    return err;
}

static int take_networks(struct order *order, const struct order_request *request, struct why *why)
{
    const struct option_list *names = &request->networks, *files = &request->network_password_files;
    int err = 0;

    if (names->count != files->count)
        return why_not(why, ROOST_ERR_INVALID,
                       "--wifi, --wifi-password-file: %zu and %zu of them; each network needs its "
                       "password",
                       names->count, files->count);
    for (size_t i = 0; i < names->count && !err; i++)
        err = read_network(order->networks[i], sizeof order->networks[i], names->values[i],
                           files->values[i], why);
    order->network_count = names->count;
    return err;
}

int order_init(struct order *order, const struct order_request *request, struct why *why)
{
    static int (*const parts[])(struct order *, const struct order_request *, struct why *) = {
        name_batch, parse_partition, take_broker, take_hub, take_update, take_keys, take_networks};
    int err = check_ids(request, why);

    *order = (struct order){.product = request->product,
                            .id = request->id,
                            .id_prefix = request->id_prefix,
                            .count = (size_t)request->count,
                            .hardware_version = (uint32_t)request->hardware_version,
                            .encrypt = request->encrypt};
    for (size_t i = 0; i < sizeof parts / sizeof *parts && !err; i++)
        err = parts[i](order, request, why);
    if (err)
        order_deinit(order);
    return err;
}

void order_deinit(struct order *order)
{
    free(order->broker_ca);
    free(order->update_ca);
    free(order->hub_ca);
    OPENSSL_cleanse(order->networks, sizeof order->networks);
    *order = (struct order){0};
}
