/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/options.h"
#include "apps/roost-load/load.h"
#include "core/err.h"

enum { EXIT_USAGE = 2, REPORT_BYTES = 4096 };

static const char *const off_on[] = {"off", "on", NULL};

#define AT(member) offsetof(struct load_settings, member)

static const struct option_spec options[] = {
    {.name = "broker",
     .value = "URL",
     .required = 1,
     .at = AT(broker_url),
     .help = "mqtt://HOST:PORT, or mqtts://HOST:PORT with chain and host verified"},
    {.name = "devices",
     .value = "N",
     .kind = OPTION_NUMBER,
     .initial = "100",
     .min = 1,
     .max = 100000,
     .at = AT(devices),
     .help = "windows in this process"},
    {.name = "prefix",
     .value = "TEXT",
     .initial = "load-",
     .min = 1,
     .max = LOAD_PREFIX_MAX,
     .at = AT(prefix),
     .help = "what their ids begin with; a number follows"},
    {.name = "interval-ms",
     .value = "MS",
     .kind = OPTION_NUMBER,
     .initial = "1000",
     .min = 500,
     .max = 3600000,
     .at = AT(interval_ms),
     .help = "from one sample of a window to the next"},
    {.name = "audio",
     .value = "WHETHER",
     .kind = OPTION_CHOICE,
     .initial = "off",
     .choices = off_on,
     .at = AT(audio),
     .help = "record and send sound"},
    {.name = "audio-interval-ms",
     .value = "MS",
     .kind = OPTION_NUMBER,
     .initial = "30000",
     .min = 2000,
     .max = 3600000,
     .at = AT(audio_interval_ms),
     .help = "from one sound buffer of a window to the next"},
    {.name = "motor",
     .value = "WHETHER",
     .kind = OPTION_CHOICE,
     .initial = "off",
     .choices = off_on,
     .at = AT(motor),
     .help = "calibrate and obey control messages"},
    {.name = "seconds",
     .value = "S",
     .kind = OPTION_NUMBER,
     .initial = "30",
     .min = 1,
     .max = 86400,
     .at = AT(seconds),
     .help = "how long it runs, with --readings at most"},
    {.name = "readings",
     .value = "K",
     .kind = OPTION_NUMBER,
     .max = 1000000,
     .at = AT(readings),
     .help = "each window takes exactly K samples; ends when all are acknowledged"},
    {.name = "ramp-ms",
     .value = "MS",
     .kind = OPTION_NUMBER,
     .max = 600000,
     .at = AT(ramp_ms),
     .help = "over which the windows are switched on; default: one a millisecond"},
    {.name = "seed",
     .value = "N",
     .kind = OPTION_NUMBER,
     .initial = "1",
     .max = UINT64_MAX / 2,
     .at = AT(seed),
     .help = "of the modelled houses"},
    {.name = "user", .value = "NAME", .at = AT(user), .help = "user at the broker, of all windows"},
    {.name = "password-file",
     .value = "FILE",
     .at = AT(password_file),
     .help = "its first line is the password at the broker"},
    {.name = "ca",
     .value = "FILE",
     .at = AT(ca_file),
     .help = "certificates (PEM) that may sign the broker's; default: the system's"},
    {.name = "help", .kind = OPTION_FLAG, .at = AT(help), .help = "prints this"},
};

enum { OPTION_COUNT = sizeof options / sizeof options[0] };

int main(int argc, char **argv)
{
    static struct load load;
    static char report[REPORT_BYTES];
    struct load_settings settings = {0};
    char why[512];

    int err = options_parse(options, OPTION_COUNT, &settings, argc, argv, why, sizeof why);
    if (err) {
        fprintf(stderr, "roost-load: %s\n", why);
        return EXIT_USAGE;
    }
    if (settings.help) {
        printf("roost-load %s: many smart windows against one broker; prints one JSON summary.\n\n",
               ROOST_VERSION);
        options_print(stdout, options, OPTION_COUNT);
        return EXIT_SUCCESS;
    }
    if (!settings.ramp_ms)
        settings.ramp_ms = settings.devices;
    if (load_init(&load, &settings, why, sizeof why)) {
        fprintf(stderr, "roost-load: %s\n", why);
        return EXIT_FAILURE;
    }
    err = load_run(&load);
    if (load_report(&load, report, sizeof report) > 0)
        puts(report);
    if (err)
        fprintf(stderr, "roost-load: %s\n", load.why);
    load_deinit(&load);
    return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
