/* SPDX-License-Identifier: Apache-2.0 */
/* roostd: the server the devices come home to. */
#include <stdio.h>
#include <sys/stat.h>

#include "check.h"
#include "hub.h"
#include "host/log.h"
#include "host/program.h"
#include "hub/settings.h"

extern char **environ;

struct arguments {
    const char *config;
    int check, help_config;
};

#define AT(member) .at = offsetof(struct arguments, member)

static const struct option_spec options[] = {
    {.name = "config",
     .value = "FILE",
     .help = "settings file; otherwise " SETTINGS_FILE ", when it is there",
     AT(config)},
    {.name = "check",
     .kind = OPTION_FLAG,
     .help =
         "validates the settings and tries every backend, leaving no file behind; ends with 0 or 1",
     AT(check)},
    {.name = "help-config",
     .kind = OPTION_FLAG,
     .help = "lists every setting; each can be set in the environment as well",
     AT(help_config)},
};

static const struct program_spec program = {.name = "roostd",
                                            .version = ROOST_VERSION,
                                            .help = "the server that devices come home to",
                                            PROGRAM_OPTIONS(options),
                                            .serves = true};

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct settings *settings;
    char why[SETTINGS_WHY_MAX];
    int status = program_read(&program, &arguments, argc, argv);

    if (status != PROGRAM_GOES_ON)
        return status;
    umask(077); /* what is written here is nobody else's to read */
    if (arguments.help_config) {
        settings_help(stdout);
        return 0;
    }
    int err = arguments.check
                  ? settings_examine(&settings, arguments.config, environ, why, sizeof why)
                  : settings_load(&settings, arguments.config, environ, why, sizeof why);
    if (err < 0) {
        fprintf(stderr, "roostd: %s\n", why);
        return PROGRAM_FAILED;
    }
    host_log_init(arguments.check ? ROOST_LOG_ERROR : settings->log_level, NULL, NULL);
    status = arguments.check ? check_run(settings) : hub_run(settings);
    settings_free(settings);
    return status;
}
