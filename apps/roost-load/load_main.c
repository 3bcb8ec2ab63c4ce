/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/roost-load/product.h"
#include "host/program.h"
#include "core/assert.h"

enum { REPORT_BYTES = 4096, LOAD_PRODUCTS_MAX = 16, OPTION_SETS = 4 };

#define AT(member)  offsetof(struct load_settings, member)
#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static const char *names[LOAD_PRODUCTS_MAX + 1]; /* of the products, for --product */

static const struct option_spec fleet_options[] = {
    {.name = "product",
     .value = "NAME",
     .kind = OPTION_CHOICE,
     .choices = names,
     .at = AT(product_number),
     .help = "what the devices are, and by that which options there are; default: the first"},
    {.name = "devices",
     .value = "N",
     .kind = OPTION_NUMBER,
     .initial = "100",
     .min = 1,
     .max = 100000,
     .at = AT(devices),
     .help = "devices in this process"},
    {.name = "prefix",
     .value = "TEXT",
     .initial = "load-",
     .min = 1,
     .max = LOAD_PREFIX_MAX,
     .at = AT(prefix),
     .help = "what their ids begin with; a number follows"},
};

static const struct option_spec run_options[] = {
    {.name = "seconds",
     .value = "S",
     .kind = OPTION_NUMBER,
     .initial = "30",
     .min = 1,
     .max = 86400,
     .at = AT(seconds),
     .help = "how long it runs, with --readings at most"},
    {.name = "warm-up",
     .value = "S",
     .kind = OPTION_NUMBER,
     .max = 3600,
     .at = AT(warm_up),
     .help = "of it, after which messages, times and CPU are counted anew"},
    {.name = "readings",
     .value = "K",
     .kind = OPTION_NUMBER,
     .max = 1000000,
     .at = AT(readings),
     .help = "each device measures exactly K times; ends when all is acknowledged"},
    {.name = "ramp-ms",
     .value = "MS",
     .kind = OPTION_NUMBER,
     .max = 600000,
     .at = AT(ramp_ms),
     .help = "over which the devices are switched on; default: one a millisecond"},
    {.name = "seed",
     .value = "N",
     .kind = OPTION_NUMBER,
     .initial = "1",
     .max = UINT64_MAX / 2,
     .at = AT(seed),
     .help = "of the modelled worlds"},
};

/* The one that the command line names, whose options are then known. A name that is none is refused
 * with the other options. */
static const struct load_product *product_of(int argc, char **argv)
{
    const struct load_product *product = load_products[0];

    for (int i = 1; i < argc; i++) {
        const char *name = argv[i];

        if (strncmp(name, "--product", 9) != 0 || (name[9] != '\0' && name[9] != '='))
            continue;
        name = name[9] == '=' ? name + 10 : i + 1 < argc ? argv[i + 1] : "";
        for (size_t k = 0; k < load_product_count; k++)
            if (strcmp(load_products[k]->name, name) == 0)
                product = load_products[k];
    }
    return product;
}

static void gather_options(struct option_set sets[OPTION_SETS], const struct load_product *product,
                           struct load_settings *settings)
{
    ROOST_ASSERT(load_product_count <= LOAD_PRODUCTS_MAX);
    for (size_t i = 0; i < load_product_count; i++)
        names[i] = load_products[i]->name;
    sets[0] = (struct option_set){device_login_options,
                                  product->no_broker ? 0 : DEVICE_LOGIN_OPTIONS, &settings->login};
    sets[1] = (struct option_set){fleet_options, COUNT(fleet_options), settings};
    sets[2] = (struct option_set){product->options, product->option_count, settings};
    sets[3] = (struct option_set){run_options, COUNT(run_options), settings};
}

static const struct program_spec program = {
    .name = "roost-load",
    .version = ROOST_VERSION,
    .help = "many devices against one broker, or one hub; prints one JSON summary.",
    .serves = true};

static int run(struct load_settings *settings)
{
    static struct load load;
    static char report[REPORT_BYTES];
    char why[512];

    if (!settings->ramp_ms)
        settings->ramp_ms = settings->devices;
    if (load_init(&load, settings, why, sizeof why)) {
        fprintf(stderr, "roost-load: %s\n", why);
        return EXIT_FAILURE;
    }
    int err = load_run(&load);
    if (load_report(&load, report, sizeof report) > 0)
        puts(report);
    if (err)
        fprintf(stderr, "roost-load: %s\n", load.why);
    load_deinit(&load);
    return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    const struct load_product *product = product_of(argc, argv);
    struct load_settings *settings = calloc(1, product->settings_bytes);
    struct option_set sets[OPTION_SETS];

    if (!settings)
        return EXIT_FAILURE;
    gather_options(sets, product, settings);
    int status = program_read_sets(&program, sets, OPTION_SETS, argc, argv);
    if (status == PROGRAM_GOES_ON) {
        settings->product = product;
        status = run(settings);
    }
    free(settings);
    return status;
}
