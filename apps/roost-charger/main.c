/* SPDX-License-Identifier: Apache-2.0 */
/* The charger's firmware as a Linux process: what only a charger has. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "apps/device/options.h"
#include "apps/roost-charger/parts.h"
#include "core/err.h"
#include "host/secret.h"
#include "host/trust.h"

#define AT(member) .at = offsetof(struct charger_program, member)

enum { KV_BYTES = 128 * 1024, LEDGER_SECTORS = 112 };

static const struct option_spec options[] = {
    {.name = "url",
     .value = "URL",
     .min = 1,
     .max = CHARGER_URL_MAX,
     AT(given.url),
     .help = "central system: ws://HOST:PORT/PATH or wss://, to which /ID is added; default: that "
             "of `make run`; none: it stands alone"},
    {.name = "other-url",
     .value = "URL",
     .min = 1,
     .max = CHARGER_URL_MAX,
     AT(given.other_url),
     .help = "another one, tried in turn while the first is away"},
    {.name = "ca",
     .value = "FILE",
     AT(given.ca),
     .help = "certificates (PEM) that may sign the central system's; default: the system's"},
    {.name = "cert", .value = "FILE", AT(given.cert), .help = "its own (PEM), for profile 3"},
    {.name = "key", .value = "FILE", AT(given.key), .help = "and its key (PEM)"},
    {.name = "password-file",
     .value = "FILE",
     AT(given.key_file),
     .help = "its first line is the AuthorizationKey, 32 to 40 hexadecimal digits, where its flash "
             "has none yet"},
    {.name = "profile",
     .value = "N",
     .kind = OPTION_NUMBER,
     .max = 3,
     AT(given.profile),
     .help = "SecurityProfile from the factory: 0 none, 1 password, 2 and TLS, 3 certificate"},
    {.name = "connectors",
     .value = "N",
     .kind = OPTION_NUMBER,
     .initial = "1",
     .min = 1,
     .max = CHARGER_CONNECTORS_MAX,
     AT(given.connectors),
     .help = "how many guns it has"},
    {.name = "dc-meter",
     .kind = OPTION_FLAG,
     AT(given.dc_meter),
     .help = "each output has an energy meter of its own (a modelled PZEM-017), which counts"},
    {.name = "reader",
     .kind = OPTION_FLAG,
     AT(given.reader),
     .help = "it has a card reader (a modelled PN532): `uid HEX` lays a card before it"},
    {.name = "soc",
     .value = "PERCENT",
     .kind = OPTION_NUMBER,
     .initial = "40",
     .max = 100,
     AT(given.soc_pct),
     .help = "of the battery that comes"},
    {.name = "vendor",
     .value = "NAME",
     .max = 20,
     .initial = "Roost",
     .min = 1,
     AT(given.vendor),
     .help = "as it introduces itself"},
    {.name = "model",
     .value = "NAME",
     .max = 20,
     .initial = "DC-25",
     .min = 1,
     AT(given.model),
     .help = "likewise"},
    {.name = "serial", .value = "TEXT", .max = 25, AT(given.serial), .help = "default: its id"},
};

/* ---- making one ---- */

static int read_url(struct charger_program *self, char *why, size_t why_size)
{
    const char *port = getenv("ROOST_HTTP_PORT"), *url = self->given.url;

    if (!url)
        snprintf(self->url, sizeof self->url, "ws://127.0.0.1:%.5s/ocpp",
                 port && port[0] ? port : "8080");
    else if (strcmp(url, "none") != 0)
        snprintf(self->url, sizeof self->url, "%s", url);
    if (!url || strcmp(url, "none") == 0 || strncmp(url, "ws://", 5) == 0 ||
        strncmp(url, "wss://", 6) == 0)
        return 0;
    return device_option_refuse(why, why_size, "url", url, "allowed is ws://, wss:// or none");
}

static int read_key(struct charger_program *self, char *why, size_t why_size)
{
    const char *path = self->given.key_file;
    int len = path ? secret_read(path, self->authorization_key, sizeof self->authorization_key) : 0;

    if (!path)
        return 0;
    if (len < 0)
        return device_option_refuse(why, why_size, "password-file", path, secret_problem(len));
    if (len < 32 || len > CHARGER_KEY_DIGITS_MAX ||
        strspn(self->authorization_key, "0123456789abcdefABCDEF") != (size_t)len)
        return device_option_refuse(why, why_size, "password-file", path,
                                    "allowed is a first line of 32 to 40 hexadecimal digits");
    return 0;
}

static int check(struct device_program *program, char *why, size_t why_size)
{
    struct charger_program *self = charger_of(program);

    (void)prctl(PR_SET_DUMPABLE, 0); /* the password stays out of core dumps */
    int err = read_url(self, why, why_size);
    if (!err)
        err = read_key(self, why, why_size);
    if (!err && self->given.ca)
        err = trust_ca_check("--ca", self->given.ca, why, why_size);
    program->ca_file = self->given.ca;
    return err;
}

static int attach(struct device_program *program, const struct world_time *time)
{
    return charger_guns_attach(charger_of(program), time);
}

static int init(struct device_program *program)
{
    struct charger_program *self = charger_of(program);
    const struct charger_reader_config reader = {world_reader_write, world_reader_read,
                                                 &self->reader};
    struct charger_power_config power[CHARGER_CONNECTORS_MAX];
    const struct roost_charger_config config = {
        .device_id = program->options.id,
        .firmware_version = program->product->version,
        .url = self->url,
        .other_url = self->given.other_url,
        .ca_pem = self->given.ca,
        .cert_pem = self->given.cert,
        .key_pem = self->given.key,
        .authorization_key = self->authorization_key[0] ? self->authorization_key : NULL,
        .security_profile = (uint8_t)self->given.profile,
        .connectors = (uint8_t)self->given.connectors,
        .power = power,
        .facts = {.vendor = self->given.vendor,
                  .model = self->given.model,
                  .serial = self->given.serial ? self->given.serial : program->options.id},
        .update = device_program_update(program),
    };

    for (unsigned i = 0; i < self->given.connectors; i++)
        power[i] = self->guns[i].power;
    int err = roost_charger_init(&self->charger, &program->board.port, &config);
    if (!err)
        charger_front_init(
            &self->front, &self->charger,
            &(struct charger_front_config){.reader = self->given.reader ? &reader : NULL});
    return err;
}

static uint64_t step(struct device_program *program)
{
    return charger_front_step(&charger_of(program)->front);
}

static int post(struct device_program *program, const struct roost_event *event)
{
    return roost_charger_post(&charger_of(program)->charger, event);
}

static const struct device_product product = {
    .name = "roost-charger",
    .summary = "the charger's firmware as a process.",
    .version = ROOST_VERSION,
    .type = "charger",
    .id = "charger-1",
    .size = sizeof(struct charger_program),
    .device = offsetof(struct charger_program, charger),
    .world = offsetof(struct charger_program, guns) + offsetof(struct charger_gun, world),
    .device_bytes = sizeof(struct roost_charger),
    .kv_bytes = KV_BYTES,
    .ledger_sectors = LEDGER_SECTORS,
    .controls = &world_charger_controls,
    .real_time = true, /* it counts energy, by its own clock */
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .words = charger_words,
    .word_count = CHARGER_WORDS,
    .check = check,
    .attach = attach,
    .init = init,
    .step = step,
    .post = post,
    .write_state = charger_write_state,
};

int main(int argc, char **argv)
{
    return device_program(&product, argc, argv);
}
