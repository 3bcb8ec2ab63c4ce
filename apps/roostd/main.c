/* SPDX-License-Identifier: Apache-2.0 */
/* roostd: the server the devices come home to. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "hub.h"
#include "host/log.h"
#include "hub/settings.h"

extern char **environ;

enum { EXIT_USAGE = 2 };

static void usage(FILE *out)
{
    fputs("usage: roostd [--config FILE] [--check | --help-config | --version | --help]\n"
          "  --config FILE   settings file (default " SETTINGS_FILE ", when it is there)\n"
          "  --check         validate the settings, try every backend, exit 0 or 1\n"
          "  --help-config   list every setting; each can be set in the environment as well\n",
          out);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"check", no_argument, NULL, 'k'},
        {"help-config", no_argument, NULL, 's'},  {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
    };
    const char *config = NULL;
    bool check = false;

    for (int option; (option = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        switch (option) {
        case 'c':
            config = optarg;
            break;
        case 'k':
            check = true;
            break;
        case 's':
            settings_help(stdout);
            return 0;
        case 'v':
            puts("roostd " ROOST_VERSION);
            return 0;
        case 'h':
            usage(stdout);
            return 0;
        default:
            usage(stderr);
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "roostd: unexpected argument \"%s\"\n", argv[optind]);
        usage(stderr);
        return EXIT_USAGE;
    }
    struct settings *settings;
    char why[SETTINGS_WHY_MAX];
    if (settings_load(&settings, config, environ, why, sizeof why) < 0) {
        fprintf(stderr, "roostd: %s\n", why);
        return 1;
    }
    host_log_init(check ? ROOST_LOG_ERROR : settings->log_level, NULL, NULL);
    int status = check ? check_run(settings) : hub_run(settings);
    settings_free(settings);
    return status;
}
