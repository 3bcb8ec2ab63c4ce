/* SPDX-License-Identifier: Apache-2.0 */
/* What the factory wrote (proto/fleet/factory.h), read once at the start. */
#include "port/esp-idf/esp_parts.h"

#include <stdlib.h>
#include <string.h>

#include "esp_log.h"
#include "nvs.h"

#include "core/err.h"

enum { PORT_TLS = 8883, PORT_PLAIN = 1883 };

static const char tag[] = "roost.factory";

/* An entry's name stays in *name when it is at fault. */
struct reader {
    nvs_handle_t handle;
    const char **name;
};

/* What is absent leaves *out as it is. */
static int absent_is_good(esp_err_t err)
{
    if (err == ESP_OK || err == ESP_ERR_NVS_NOT_FOUND)
        return 0;
    return err == ESP_ERR_NVS_INVALID_LENGTH ? ROOST_ERR_TOO_LONG : ROOST_ERR_CORRUPT;
}

static int read_text(const struct reader *reader, const char *name, char *out, size_t size)
{
    size_t len = size;

    *reader->name = name;
    out[0] = '\0';
    return absent_is_good(nvs_get_str(reader->handle, name, out, &len));
}

/* Memory of the certificate's own length, for good: most are a quarter of the longest. */
static int read_certificate(const struct reader *reader, const char *name, const char **out)
{
    size_t len = 0;

    *reader->name = name;
    *out = NULL;
    esp_err_t err = nvs_get_str(reader->handle, name, NULL, &len);
    if (err != ESP_OK)
        return absent_is_good(err);
    if (len > ROOST_FACTORY_CA_MAX + 1)
        return ROOST_ERR_TOO_LONG;
    char *text = malloc(len);
    if (!text)
        return ROOST_ERR_NO_MEMORY;
    err = nvs_get_str(reader->handle, name, text, &len);
    if (err == ESP_OK)
        *out = text;
    else
        free(text);
    return absent_is_good(err);
}

static int read_u32(const struct reader *reader, const char *name, uint32_t *out)
{
    *reader->name = name;
    return absent_is_good(nvs_get_u32(reader->handle, name, out));
}

static int read_u16(const struct reader *reader, const char *name, uint16_t *out)
{
    *reader->name = name;
    return absent_is_good(nvs_get_u16(reader->handle, name, out));
}

static int read_key(const struct reader *reader, const char *name, struct esp_factory *out)
{
    size_t len = ROOST_PUBLIC_KEY_BYTES;

    *reader->name = name;
    esp_err_t err = nvs_get_blob(reader->handle, name, out->keys[out->key_count], &len);
    if (err == ESP_OK && len != ROOST_PUBLIC_KEY_BYTES)
        return ROOST_ERR_CORRUPT;
    out->key_count += err == ESP_OK;
    return absent_is_good(err);
}

/* Where it goes to by WebSocket, whose it is, and what it proves that by. */
static int read_hub(const struct reader *reader, struct esp_factory *out)
{
    size_t len = sizeof out->secret;
    int err = read_text(reader, ROOST_FACTORY_HUB_URL, out->hub_url, sizeof out->hub_url);

    if (!err)
        err = read_certificate(reader, ROOST_FACTORY_HUB_CA, &out->hub_ca);
    if (!err)
        err = read_text(reader, ROOST_FACTORY_CHILD_ID, out->child_id, sizeof out->child_id);
    if (err)
        return err;
    *reader->name = ROOST_FACTORY_SECRET;
    esp_err_t read = nvs_get_blob(reader->handle, ROOST_FACTORY_SECRET, out->secret, &len);
    out->secret_len = read == ESP_OK ? len : 0;
    return absent_is_good(read);
}

/* "name LF passphrase" */
static int read_network(const struct reader *reader, unsigned index, struct esp_factory *out)
{
    static const char *const names[ROOST_FACTORY_WIFI_MAX] = {
        ROOST_FACTORY_WIFI_PREFIX "0", ROOST_FACTORY_WIFI_PREFIX "1", ROOST_FACTORY_WIFI_PREFIX "2",
        ROOST_FACTORY_WIFI_PREFIX "3", ROOST_FACTORY_WIFI_PREFIX "4"};
    char text[ROOST_WIFI_SSID_MAX + 1 + ROOST_WIFI_PSK_MAX + 1];
    int err = read_text(reader, names[index], text, sizeof text);

    if (err || !text[0])
        return err;
    struct roost_network *network = &out->wifi[out->wifi_count];
    const char *feed = strchr(text, '\n');
    size_t ssid_len = feed ? (size_t)(feed - text) : 0, psk_len = feed ? strlen(feed + 1) : 0;
    if (ssid_len == 0 || ssid_len > ROOST_WIFI_SSID_MAX || psk_len > ROOST_WIFI_PSK_MAX)
        return ROOST_ERR_CORRUPT;
    memcpy(network->ssid, text, ssid_len);
    network->ssid[ssid_len] = '\0';
    memcpy(network->psk, feed + 1, psk_len + 1);
    out->wifi_count++;
    return 0;
}

static int read_broker(const struct reader *reader, struct esp_factory *out)
{
    uint8_t tls = 1;
    int err =
        read_text(reader, ROOST_FACTORY_BROKER_HOST, out->broker_host, sizeof out->broker_host);

    if (!err)
        err = read_u16(reader, ROOST_FACTORY_BROKER_PORT, &out->broker_port);
    if (!err) {
        *reader->name = ROOST_FACTORY_BROKER_TLS;
        err = absent_is_good(nvs_get_u8(reader->handle, ROOST_FACTORY_BROKER_TLS, &tls));
    }
    out->broker_tls = tls != 0;
    if (out->broker_port == 0)
        out->broker_port = tls ? PORT_TLS : PORT_PLAIN;
    if (!err)
        err = read_certificate(reader, ROOST_FACTORY_BROKER_CA, &out->broker_ca);
    if (!err)
        err = read_text(reader, ROOST_FACTORY_USER, out->broker_user, sizeof out->broker_user);
    if (!err)
        err = read_text(reader, ROOST_FACTORY_PASSWORD, out->broker_password,
                        sizeof out->broker_password);
    return err;
}

static int read_all(const struct reader *reader, struct esp_factory *out)
{
    int err = read_text(reader, ROOST_FACTORY_DEVICE_ID, out->device_id, sizeof out->device_id);

    if (!err)
        err = read_u32(reader, ROOST_FACTORY_HARDWARE, &out->hardware_version);
    if (!err)
        err = read_broker(reader, out);
    if (!err)
        err = read_text(reader, ROOST_FACTORY_UPDATE_URL, out->update_url, sizeof out->update_url);
    if (!err)
        err = read_certificate(reader, ROOST_FACTORY_UPDATE_CA, &out->update_ca);
    if (!err)
        err = read_key(reader, ROOST_FACTORY_KEY_0, out);
    if (!err)
        err = read_key(reader, ROOST_FACTORY_KEY_1, out);
    if (!err)
        err = read_hub(reader, out);
    for (unsigned i = 0; i < ROOST_FACTORY_WIFI_MAX && !err; i++)
        err = read_network(reader, i, out);
    return err;
}

int esp_factory_read(struct esp_factory *out, const char **name)
{
    struct reader reader = {.name = name};

    memset(out, 0, sizeof *out);
    *name = ROOST_FACTORY_PARTITION;
    int err = esp_port_nvs_open(ROOST_FACTORY_PARTITION);
    if (err == ROOST_ERR_NOT_FOUND)
        return 0;
    if (err)
        return ROOST_ERR_CORRUPT;
    esp_err_t opened = nvs_open_from_partition(ROOST_FACTORY_PARTITION, ROOST_FACTORY_NAMESPACE,
                                               NVS_READONLY, &reader.handle);
    if (opened == ESP_ERR_NVS_NOT_FOUND)
        return 0; /* never written */
    if (opened != ESP_OK) {
        ESP_LOGE(tag, "partition %s: %s", ROOST_FACTORY_PARTITION, esp_err_to_name(opened));
        return ROOST_ERR_CORRUPT;
    }
    err = read_all(&reader, out);
    nvs_close(reader.handle);
    out->found = !err && out->device_id[0];
    return err;
}
