/* SPDX-License-Identifier: Apache-2.0 */
/* roost-factory: what the factory writes into each device and prints on its box. */
#include <stdint.h>
#include <stdio.h>

#include "host/program.h"
#include "tools/factory/batch.h"
#include "tools/factory/order.h"
#include "host/key.h"

struct settings {
    struct order_request request;
    const char *key, *out, *image;
};

#define AT(member) .at = offsetof(struct settings, member)

static const struct option_spec make_options[] = {
    {.name = "product",
     .value = "NAME",
     .required = 1,
     .min = 1,
     .max = ORDER_PRODUCT_MAX,
     .help = "window or teddy",
     AT(request.product)},
    {.name = "count",
     .value = "N",
     .kind = OPTION_NUMBER,
     .initial = "1",
     .min = 1,
     .max = ORDER_COUNT_MAX,
     .help = "how many devices",
     AT(request.count)},
    {.name = "id-prefix",
     .value = "TEXT",
     .min = 1,
     .max = ORDER_PREFIX_MAX,
     .help = "what the devices' names begin with; random characters follow",
     AT(request.id_prefix)},
    {.name = "id",
     .value = "ID",
     .min = ORDER_ID_MIN,
     .max = ROOST_DEVICE_ID_MAX,
     .help = "the one device's name, instead of a prefix",
     AT(request.id)},
    {.name = "hardware-version",
     .value = "N",
     .kind = OPTION_NUMBER,
     .required = 1,
     .max = UINT32_MAX,
     .help = "the board's version",
     AT(request.hardware_version)},
    {.name = "batch",
     .value = "NAME",
     .min = 1,
     .max = ORDER_BATCH_MAX,
     .help = "the batch's name; otherwise made of the day and random digits",
     AT(request.batch)},
    {.name = "broker",
     .value = "URL",
     .help = "mqtts://HOST:PORT, of a product that goes to a broker",
     AT(request.broker)},
    {.name = "broker-ca", .value = "FILE", .help = "who vouches for it", AT(request.broker_ca)},
    {.name = "hub",
     .value = "URL",
     .min = 1,
     .max = ROOST_FACTORY_URL_MAX,
     .help = "wss://HOST:PORT, of a product that goes to its hub by WebSocket",
     AT(request.hub)},
    {.name = "hub-ca",
     .value = "FILE",
     .help = "who vouches for it; otherwise who vouches for the broker",
     AT(request.hub_ca)},
    {.name = "child",
     .value = "ID",
     .min = 1,
     .max = ROOST_FACTORY_CHILD_ID_MAX,
     .help = "whose the one device is, by the hub's id; never a name",
     AT(request.child)},
    {.name = "firmware-key",
     .value = "FILE",
     .kind = OPTION_LIST,
     .max = ORDER_KEYS_MAX,
     .help = "public key that may sign firmware, again for a second one",
     AT(request.firmware_keys)},
    {.name = "update-url",
     .value = "URL",
     .min = 1,
     .max = ROOST_FACTORY_URL_MAX,
     .help = "the hub's firmware manifest; otherwise no updates",
     AT(request.update_url)},
    {.name = "update-ca",
     .value = "FILE",
     .help = "who vouches for the hub; otherwise who vouches for the broker",
     AT(request.update_ca)},
    {.name = "wifi",
     .value = "NAME",
     .kind = OPTION_LIST,
     .max = ROOST_FACTORY_WIFI_MAX,
     .help = "a network the device knows from the start",
     AT(request.networks)},
    {.name = "wifi-password-file",
     .value = "FILE",
     .kind = OPTION_LIST,
     .max = ROOST_FACTORY_WIFI_MAX,
     .help = "its password, in the order of the networks",
     AT(request.network_password_files)},
    {.name = "key", .value = "FILE", .required = 1, .help = "the factory's key, PEM", AT(key)},
    {.name = "out", .value = "DIR", .required = 1, .help = "the batch, a new folder", AT(out)},
    {.name = "partition-size",
     .value = "BYTES",
     .initial = "0x6000",
     .min = 1,
     .max = 10,
     .help = "of " ROOST_FACTORY_PARTITION " in partitions.csv",
     AT(request.partition_size)},
    {.name = "encrypt",
     .kind = OPTION_FLAG,
     .help = "encrypts the images, and writes the key partition of each",
     AT(request.encrypt)},
    {.name = "development",
     .kind = OPTION_FLAG,
     .help = "allows a broker and a hub without TLS, and no firmware key",
     AT(request.development)},
};

static const struct option_spec verify_options[] = {
    {.name = "IMAGE", .kind = OPTION_WORD, .required = 1, .help = "ID.nvs.bin", AT(image)},
    {.name = "key", .value = "FILE", .required = 1, .help = "the factory's public key", AT(key)},
};

static int do_make(void *settings, struct why *why)
{
    const struct settings *s = settings;
    struct order order;
    struct key key;
    int err = order_init(&order, &s->request, why);

    if (err)
        return err;
    err = key_load(&key, s->key, why);
    if (!err) {
        err = batch_make(s->out, &order, &key, why);
        key_deinit(&key);
    }
    if (!err)
        printf("batch %s: %zu device%s in %s\n", order.batch, order.count,
               order.count == 1 ? "" : "s", s->out);
    order_deinit(&order);
    return err;
}

static int do_verify(void *settings, struct why *why)
{
    const struct settings *s = settings;
    int err = batch_verify(s->image, s->key, why);

    if (!err)
        printf("%s: signed by the key in %s\n", s->image, s->key);
    return err;
}

static const struct program_command commands[] = {
    {"make", "makes a batch of devices", PROGRAM_OPTIONS(make_options), do_make},
    {"verify", "tells whether an image is the factory's", PROGRAM_OPTIONS(verify_options),
     do_verify},
};

static const struct program_spec program = {
    .name = "roost-factory",
    .version = ROOST_VERSION,
    .help = "what the factory writes into each device and prints on its box",
    .commands = commands,
    .command_count = sizeof commands / sizeof commands[0],
};

int main(int argc, char **argv)
{
    struct settings settings = {0};

    return program_run(&program, &settings, argc, argv);
}
