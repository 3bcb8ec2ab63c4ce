/* SPDX-License-Identifier: Apache-2.0 */
/* roost: the operator's command line over the hub's REST API. */
#include <curl/curl.h>
#include <stddef.h>

#include "commands.h"
#include "host/program.h"

#define AT(member) .at = offsetof(struct arguments, member)

/* Rows of more than one table. */
#define ID    .name = "ID", .kind = OPTION_WORD, .required = 1, .help = "the device", AT(device)
#define EMAIL .name = "email", .value = "ADDRESS", .required = 1, .help = "the operator", AT(email)
#define PASSWORD                                                                                   \
    .name = "password-file", .value = "FILE", .help = "its first line, instead of asking",         \
    AT(password_file)
#define WAIT                                                                                       \
    .name = "wait", .kind = OPTION_FLAG,                                                           \
    .help = "until the device has answered; ends with 1 unless that is ok", AT(wait)

static const struct option_spec common_options[] = {
    {.name = "hub",
     .value = "URL",
     .help = "otherwise where the last sign-in was, or http://127.0.0.1:8080",
     AT(hub)},
    {.name = "ca",
     .value = "FILE",
     .help = "certificates (PEM) that may sign the hub's; otherwise the system's",
     AT(ca)},
    {.name = "json", .kind = OPTION_FLAG, .help = "the hub's answer as it came", AT(json)},
};

static const struct option_spec init_options[] = {
    {EMAIL},
    {PASSWORD},
    {.name = "database",
     .value = "sqlite:PATH",
     .help = "otherwise DATABASE_URL of the environment, or sqlite:roost.db",
     AT(database)},
};

static const struct option_spec login_options[] = {{EMAIL}, {PASSWORD}};

static const struct option_spec devices_options[] = {
    {.name = "query", .value = "PART", .help = "only names that hold it", AT(query)},
};

static const struct option_spec import_options[] = {
    {.name = "FILE",
     .kind = OPTION_WORD,
     .required = 1,
     .help = "the factory's batch.json",
     AT(file)},
    {.name = "broker-passwords",
     .value = "FILE",
     .help = "password file of Mosquitto that gets the batch's users",
     AT(broker_passwords)},
};

static const struct option_spec device_options[] = {{ID}};

static const struct option_spec readings_options[] = {
    {ID},
    {.name = "METRIC",
     .kind = OPTION_WORD,
     .required = 1,
     .help = "temperature, humidity, sound, position or confidence",
     AT(metric)},
    {.name = "hours",
     .value = "N",
     .kind = OPTION_REAL,
     .initial = "24",
     .max = 1000000,
     .help = "back from now",
     AT(hours)},
};

static const struct option_spec move_options[] = {
    {ID},
    {.name = "PERCENT",
     .kind = OPTION_WORD,
     .required = 1,
     .help = "how far open, 0 to 100",
     AT(position)},
    {WAIT},
};

static const struct option_spec command_options[] = {
    {ID},
    {.name = "NAME", .kind = OPTION_WORD, .required = 1, .help = "of the command", AT(name)},
    {.name = "JSON", .kind = OPTION_WORD, .help = "its arguments, an object", AT(json_args)},
    {WAIT},
};

static const struct option_spec follow_options[] = {
    {.name = "ID", .kind = OPTION_WORD, .help = "one device; otherwise all", AT(device)},
};

static const struct program_command commands[] = {
    {"init", "makes the first operator, on the hub's machine", PROGRAM_OPTIONS(init_options),
     command_init},
    {"login", "signs in", PROGRAM_OPTIONS(login_options), command_login},
    {"logout", "ends the sign-in", NULL, 0, command_logout},
    {"devices", "lists devices", PROGRAM_OPTIONS(devices_options), command_devices},
    {"devices import", "registers a factory's batch", PROGRAM_OPTIONS(import_options),
     command_import},
    {"device", "one device with its latest values and health", PROGRAM_OPTIONS(device_options),
     command_device},
    {"readings", "what a device measured", PROGRAM_OPTIONS(readings_options), command_readings},
    {"move", "moves a window by hand", PROGRAM_OPTIONS(move_options), command_move},
    {"command", "sends a command", PROGRAM_OPTIONS(command_options), command_command},
    {"commands", "the newest commands of a device", PROGRAM_OPTIONS(device_options),
     command_commands},
    {"follow", "what changes, as it changes", PROGRAM_OPTIONS(follow_options), command_follow},
};

static const struct program_spec program = {
    .name = "roost",
    .version = ROOST_VERSION,
    .help = "the operator's command line over the hub's REST API",
    PROGRAM_OPTIONS(common_options),
    .commands = commands,
    .command_count = sizeof commands / sizeof commands[0],
};

int main(int argc, char **argv)
{
    struct arguments arguments = {0};

    curl_global_init(CURL_GLOBAL_DEFAULT);
    int status = program_run(&program, &arguments, argc, argv);
    curl_global_cleanup();
    return status;
}
