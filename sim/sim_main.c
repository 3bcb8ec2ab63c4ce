/* SPDX-License-Identifier: Apache-2.0 */
/* roost-sim: the whole system in virtual time. */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/run.h"

static const char usage[] =
    "usage: roost-sim [--hours H] [--seed S] [--devices N] [--verbose] [--cut-at ID]...\n"
    "\n"
    "Runs windows, broker, hub and model in virtual time, with faults drawn from the seed, and\n"
    "checks that no reading is lost or doubled and no window moves when it must not.\n"
    "\n"
    "  --hours H     hours of faults before everything has to be delivered (24)\n"
    "  --seed S      the same seed gives the same run (1)\n"
    "  --devices N   windows, 1..48 (10)\n"
    "  --verbose     faults as they come; twice: what the devices and the hub log, too\n"
    "  --cut-at ID   cuts the power at a flash operation: DEVICE:before|torn|after:OPERATION\n"
    "\n"
    "Ends with 1 when a checker found something, 2 on a bad option.\n";

static int bad(const char *option, const char *value, const char *allowed)
{
    fprintf(stderr, "roost-sim: --%s %s: allowed %s\n", option, value, allowed);
    return 2;
}

static int parse(int argc, char **argv, struct sim_run_options *options)
{
    static const struct option names[] = {
        {"hours", required_argument, NULL, 'h'},
        {"seed", required_argument, NULL, 's'},
        {"devices", required_argument, NULL, 'd'},
        {"verbose", no_argument, NULL, 'v'},
        {"cut-at", required_argument, NULL, 'c'},
        {"help", no_argument, NULL, '?'},
        {NULL, 0, NULL, 0},
    };
    char *end;
    int c;

    while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (c) {
        case 'h':
            options->hours = strtod(optarg, &end);
            if (*end || end == optarg || !(options->hours > 0 && options->hours <= 8784))
                return bad("hours", optarg, "more than 0, at most 8784");
            break;
        case 's':
            options->seed = strtoull(optarg, &end, 10);
            if (*end || end == optarg)
                return bad("seed", optarg, "a whole number");
            break;
        case 'd':
            options->devices = (uint32_t)strtoul(optarg, &end, 10);
            if (*end || options->devices < 1 || options->devices > SIM_DEVICES_MAX)
                return bad("devices", optarg, "1..48");
            break;
        case 'v':
            options->console = options->log != NULL;
            options->log = stdout;
            break;
        case 'c':
            if (options->cut_count == SIM_CUTS_MAX ||
                sim_wanted_cut_parse(&options->cuts[options->cut_count++], optarg) < 0)
                return bad("cut-at", optarg, "up to 16 of DEVICE:before|torn|after:OPERATION");
            break;
        default:
            fputs(usage, stderr);
            return 2;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct sim_run_options options = {.seed = 1, .hours = 24, .devices = 10};
    struct sim_report report;
    int err = parse(argc, argv, &options);

    if (err != 0)
        return err;
    printf("seed     %" PRIu64 ", %g h, %" PRIu32 " windows\n", options.seed, options.hours,
           options.devices);
    fflush(stdout);
    if (sim_run(&options, &report) < 0) {
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
