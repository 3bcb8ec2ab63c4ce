/* SPDX-License-Identifier: Apache-2.0 */
/* roost-sim: the whole system in virtual time. */
#include <inttypes.h>
#include <stdio.h>

#include "host/program.h"
#include "sim/run.h"

struct arguments {
    double hours;
    uint64_t seed, devices, visits;
    int verbose;
    struct option_list products, cuts;
};

_Static_assert((int)SIM_PRODUCTS_MAX <= (int)OPTION_LIST_MAX, "each --product has its place");
_Static_assert((int)SIM_CUTS_MAX <= (int)OPTION_LIST_MAX, "each --cut-at has its place");

#define AT(member) .at = offsetof(struct arguments, member)

static const struct option_spec options[] = {
    {.name = "hours",
     .value = "H",
     .kind = OPTION_REAL,
     .initial = "24",
     .max = 8784,
     .help = "hours of faults before everything has to be delivered",
     AT(hours)},
    {.name = "seed",
     .value = "S",
     .kind = OPTION_NUMBER,
     .initial = "1",
     .max = UINT64_MAX,
     .help = "the same seed gives the same run",
     AT(seed)},
    {.name = "product",
     .value = "NAME",
     .kind = OPTION_LIST,
     .max = SIM_PRODUCTS_MAX,
     .help = "which devices there are, may be given again; default: window",
     AT(products)},
    {.name = "devices",
     .value = "N",
     .kind = OPTION_NUMBER,
     .initial = "10",
     .min = 1,
     .max = SIM_DEVICES_MAX,
     .help = "of each product; that many in all",
     AT(devices)},
    {.name = "visits",
     .value = "N",
     .kind = OPTION_NUMBER,
     .max = SIM_VISITS_MAX,
     .help = "who is visited is so in quick succession, and faults go on until all were so often",
     AT(visits)},
    {.name = "verbose",
     .kind = OPTION_FLAG,
     .help = "faults as they come; twice: what the devices and the hub log, too",
     AT(verbose)},
    {.name = "cut-at",
     .value = "ID",
     .kind = OPTION_LIST,
     .max = SIM_CUTS_MAX,
     .help = "cuts the power at a flash operation, DEVICE:before|torn|after:OPERATION",
     AT(cuts)},
};

static const struct program_spec program = {
    .name = "roost-sim",
    .version = ROOST_VERSION,
    .help = "Runs devices, broker and hub in virtual time, with faults drawn from the seed, and\n"
            "checks that nothing is lost or doubled and that no device does what it must not.\n"
            "Ends with 1 when a checker found something, 2 on a bad option.",
    PROGRAM_OPTIONS(options)};

/* How many products are named. */
static uint32_t count_products(const struct sim_run_options *run)
{
    uint32_t count = 0;

    while (count < SIM_PRODUCTS_MAX && run->products[count])
        count++;
    return count;
}

/* Naming one again changes nothing. */
static int take_product(struct sim_run_options *run, const char *name)
{
    const struct sim_product *product = sim_product_find(name);

    if (!product) {
        fprintf(stderr, "roost-sim: --product %s: allowed is", name);
        for (size_t i = 0; i < sim_product_count; i++)
            fprintf(stderr, "%s %s", i ? "," : "", sim_products[i]->name);
        fputc('\n', stderr);
        return PROGRAM_USAGE;
    }
    for (size_t i = 0; i < SIM_PRODUCTS_MAX; i++) {
        if (run->products[i] && run->products[i] != product)
            continue;
        run->products[i] = product;
        break;
    }
    return 0;
}

static int take_products(struct sim_run_options *run, const struct option_list *names)
{
    for (size_t i = 0; i < names->count; i++)
        if (take_product(run, names->values[i]) != 0)
            return PROGRAM_USAGE;
    if (count_products(run) == 0)
        run->products[0] = sim_products[0];
    if (count_products(run) * run->devices <= SIM_DEVICES_MAX)
        return 0;
    fprintf(stderr, "roost-sim: --devices %" PRIu32 ": allowed is 1 to %" PRIu32 " of each\n",
            run->devices, SIM_DEVICES_MAX / count_products(run));
    return PROGRAM_USAGE;
}

/* Returns 0, or the exit status when an option is refused. */
static int take(struct sim_run_options *run, const struct arguments *arguments)
{
    *run = (struct sim_run_options){.seed = arguments->seed,
                                    .hours = arguments->hours,
                                    .visits = (uint32_t)arguments->visits,
                                    .devices = (uint32_t)arguments->devices,
                                    .log = arguments->verbose ? stdout : NULL,
                                    .console = arguments->verbose > 1};
    for (size_t i = 0; i < arguments->cuts.count; i++) {
        const char *id = arguments->cuts.values[i];
        if (sim_wanted_cut_parse(&run->cuts[run->cut_count++], id) < 0) {
            fprintf(stderr,
                    "roost-sim: --cut-at %s: allowed is DEVICE:before|torn|after:OPERATION\n", id);
            return PROGRAM_USAGE;
        }
    }
    return take_products(run, &arguments->products);
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct sim_run_options run;
    struct sim_report report;
    int status = program_read(&program, &arguments, argc, argv);

    if (status != PROGRAM_GOES_ON || (status = take(&run, &arguments)))
        return status;
    printf("seed     %" PRIu64 ", %g h", run.seed, run.hours);
    for (size_t i = 0; i < count_products(&run); i++)
        printf(", %" PRIu32 " %s", run.devices, run.products[i]->plural);
    if (run.visits)
        printf(", visited %" PRIu32 " times each", run.visits);
    putchar('\n');
    fflush(stdout);
    if (sim_run(&run, &report) < 0) {
        fputs("roost-sim: out of memory\n", stderr);
        return 1;
    }
    sim_report_print(&report, stdout);
    if (report.violation[0] != '\0') {
        printf("VIOLATION %s\n", report.violation);
        return 1;
    }
    return 0;
}
