/* SPDX-License-Identifier: Apache-2.0 */
/* roost: the operator's command line over the hub's REST API. */
#include <curl/curl.h>
#include <stddef.h>

#include "ask.h"
#include "commands.h"
#include "host/program.h"

#define AT(member) .at = offsetof(struct arguments, member)

/* Rows of more than one table. */
#define ID                                                                                         \
    .name = "ID", .kind = OPTION_WORD, .required = 1, .help = "the device",                        \
    .refuse = ask_refuse_id, AT(device)
#define EMAIL                                                                                      \
    .name = "email", .value = "ADDRESS", .required = 1, .min = 1, .max = 128,                      \
    .help = "the operator", AT(email)
#define ADDRESS                                                                                    \
    .name = "ADDRESS", .kind = OPTION_WORD, .required = 1, .min = 1, .max = 128,                   \
    .help = "the operator's e-mail", AT(email)
#define PASSWORD                                                                                   \
    .name = "password-file", .value = "FILE", .help = "its first line, instead of asking",         \
    AT(password_file)
#define WAIT                                                                                       \
    .name = "wait", .kind = OPTION_FLAG,                                                           \
    .help = "until the device has answered; ends with 1 unless that is ok", AT(wait)

#define CSV                                                                                        \
    .name = "csv", .kind = OPTION_FLAG, .help = "comma-separated, for a spreadsheet", AT(csv)
#define NEW_NAME .value = "TEXT", .max = 64, AT(name)
#define LOCATION                                                                                   \
    .name = "location", .value = "TEXT", .max = 64, .help = "where it is; \"\" for none",          \
    AT(location)

#define CHILD                                                                                      \
    .name = "ID", .kind = OPTION_WORD, .required = 1, .min = 1, .max = 50, .help = "the child",    \
    AT(child)
#define BORN                                                                                       \
    .name = "born", .value = "YYYY-MM", .required = 1, .max = 16,                                  \
    .help = "the month of its birth; it is 3 to 13 years old", AT(born)
#define LANGUAGE                                                                                   \
    .name = "language", .value = "NAME", .required = 1, .max = 16, .help = "en or ar", AT(language)
#define NAME_FILE                                                                                  \
    .name = "name-file", .value = "FILE",                                                          \
    .help = "its first line is the name; otherwise it is asked for", AT(name_file)
#define KIND                                                                                       \
    .name = "KIND", .kind = OPTION_WORD, .required = 1, .min = 1, .max = 32,                       \
    .help = "service: the hub's own parts; disclosure: a remote provider, too", AT(kind)

static const struct option_spec common_options[] = {
    {.name = "hub",
     .value = "URL",
     .min = 1,
     .max = SESSION_HUB_MAX,
     .help =
         "otherwise where the last sign-in was, or http://127.0.0.1:8080; roost hubs lists them",
     AT(hub)},
    {.name = "ca",
     .value = "FILE",
     .help = "certificates (PEM) that may sign the hub's; otherwise the system's",
     AT(ca)},
    {.name = "json",
     .kind = OPTION_FLAG,
     .help = "the hub's answer as it came; with follow an object a line",
     AT(json)},
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
    {.name = "query",
     .value = "PART",
     .max = 64,
     .help = "only those whose id, name or location holds it",
     AT(query)},
    {.name = "type", .value = "NAME", .max = 15, .help = "only those of this type", AT(type)},
    {.name = "limit",
     .value = "N",
     .kind = OPTION_NUMBER,
     .max = 10000000,
     .help = "this many at most, 0 for all",
     AT(limit)},
    {CSV},
};

static const struct option_spec rename_options[] = {
    {ID},
    {.name = "NAME", .kind = OPTION_WORD, .required = 1, .help = "what people call it", NEW_NAME},
    {LOCATION},
};

static const struct option_spec claim_options[] = {
    {ID},
    {.name = "name", .help = "what people call it", NEW_NAME},
    {LOCATION},
};

static const struct option_spec remove_options[] = {
    {ID},
    {.name = "keep-history",
     .kind = OPTION_FLAG,
     .help = "its readings stay under its id, for whoever has that next",
     AT(keep_history)},
};

static const struct option_spec commands_options[] = {
    {ID},
    {.name = "limit",
     .value = "N",
     .kind = OPTION_NUMBER,
     .initial = "20",
     .min = 1,
     .max = 200,
     .help = "the newest so many",
     AT(limit)},
};

static const struct option_spec add_options[] = {{ADDRESS}, {PASSWORD}};
static const struct option_spec operator_options[] = {{ADDRESS}};

static const struct option_spec passwd_options[] = {
    {.name = "password-file",
     .value = "FILE",
     .help = "its first line is the password so far; otherwise it is asked for",
     AT(password_file)},
    {.name = "new-password-file",
     .value = "FILE",
     .help = "its first line is the one from now on; otherwise it is asked for",
     AT(new_password_file)},
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
    {.name = "points",
     .value = "N",
     .kind = OPTION_NUMBER,
     .initial = "200",
     .min = 1,
     .max = 5000,
     .help = "of so many at most, each the mean of what lies between",
     AT(points)},
    {CSV},
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
    {.name = "ID",
     .kind = OPTION_WORD,
     .help = "one device; otherwise all",
     .refuse = ask_refuse_id,
     AT(device)},
};

static const struct option_spec child_options[] = {{CHILD}};

static const struct option_spec child_add_options[] = {
    {BORN},
    {LANGUAGE},
    {.name = "id",
     .value = "ID",
     .min = 1,
     .max = 50,
     .help = "of A-Z a-z 0-9 _ -; otherwise one is drawn",
     AT(child)},
    {NAME_FILE},
};

static const struct option_spec child_change_options[] = {{CHILD}, {BORN}, {LANGUAGE}, {NAME_FILE}};

static const struct option_spec child_consent_options[] = {
    {CHILD},
    {KIND},
    {.name = "method",
     .value = "WORD",
     .required = 1,
     .max = 63,
     .help = "form, card, phone, video, id, face, questions, in-person; for service also "
             "email-plus, text-plus",
     AT(method)},
    {.name = "notice",
     .value = "VERSION",
     .required = 1,
     .max = 127,
     .help = "of the notice that the parents read",
     AT(notice)},
    {.name = "provider",
     .value = "NAME",
     .max = 127,
     .help = "of a disclosure; otherwise whoever it is",
     AT(provider)},
};

static const struct option_spec child_revoke_options[] = {{CHILD}, {KIND}};

static const struct option_spec child_audit_options[] = {
    {CHILD},
    {.name = "limit",
     .value = "N",
     .kind = OPTION_NUMBER,
     .initial = "100",
     .min = 1,
     .max = 1000,
     .help = "the newest so many",
     AT(limit)},
};

#define CHARGER                                                                                    \
    .name = "ID", .kind = OPTION_WORD, .required = 1, .min = 1, .max = 48,                         \
    .help = "the charger's identity", AT(charger)
#define TAG                                                                                        \
    .name = "TAG", .kind = OPTION_WORD, .required = 1, .min = 1, .max = 20,                        \
    .help = "of a card, as chargers say it", AT(tag)

static const struct option_spec charger_options[] = {{CHARGER}};

static const struct option_spec charger_add_options[] = {
    {CHARGER},
    {.name = "key-file",
     .value = "FILE",
     .help = "where its AuthorizationKey goes; otherwise it is shown",
     AT(key_file)},
};

static const struct option_spec charger_ask_options[] = {
    {CHARGER},
    {.name = "OPERATION",
     .kind = OPTION_WORD,
     .required = 1,
     .min = 1,
     .max = 40,
     .help = "of OCPP 1.6, as RemoteStartTransaction",
     AT(name)},
    {.name = "JSON", .kind = OPTION_WORD, .help = "its fields, an object", AT(json_args)},
};

static const struct option_spec tag_options[] = {{TAG}};

static const struct option_spec transactions_options[] = {
    {.name = "ID",
     .kind = OPTION_WORD,
     .min = 1,
     .max = 48,
     .help = "of one charger; otherwise of all",
     AT(charger)},
};

static const struct program_command commands[] = {
    {"init", "makes the first operator, on the hub's machine", PROGRAM_OPTIONS(init_options),
     command_init},
    {"login", "signs in at a hub, which becomes the default one", PROGRAM_OPTIONS(login_options),
     command_login},
    {"logout", "ends the sign-in", NULL, 0, command_logout},
    {"hubs", "where there are sign-ins, the default marked", NULL, 0, command_hubs},
    {"passwd", "changes one's own password; every other sign-in ends",
     PROGRAM_OPTIONS(passwd_options), command_passwd},
    {"operators", "who may sign in", NULL, 0, command_operators},
    {"operators add", "makes another operator", PROGRAM_OPTIONS(add_options),
     command_operators_add},
    {"operators remove", "takes an operator out, and ends what is signed in",
     PROGRAM_OPTIONS(operator_options), command_operators_remove},
    {"devices", "lists devices, all of them", PROGRAM_OPTIONS(devices_options), command_devices},
    {"devices import", "registers a factory's batch", PROGRAM_OPTIONS(import_options),
     command_import},
    {"device", "one device with its latest values and health", PROGRAM_OPTIONS(device_options),
     command_device},
    {"claim", "lets a device in that the hub only knows", PROGRAM_OPTIONS(claim_options),
     command_claim},
    {"rename", "gives a device a name", PROGRAM_OPTIONS(rename_options), command_rename},
    {"remove", "forgets a device and what is kept of it", PROGRAM_OPTIONS(remove_options),
     command_remove},
    {"readings", "what a device measured", PROGRAM_OPTIONS(readings_options), command_readings},
    {"move", "moves a window by hand", PROGRAM_OPTIONS(move_options), command_move},
    {"command", "sends a command", PROGRAM_OPTIONS(command_options), command_command},
    {"commands", "the newest commands of a device", PROGRAM_OPTIONS(commands_options),
     command_commands},
    {"charger list", "chargers and their connectors", NULL, 0, command_charger_list},
    {"charger show", "one charger", PROGRAM_OPTIONS(charger_options), command_charger_show},
    {"charger add", "lets a charger in, with a password of its own",
     PROGRAM_OPTIONS(charger_add_options), command_charger_add},
    {"charger remove", "lets it in no more", PROGRAM_OPTIONS(charger_options),
     command_charger_remove},
    {"charger ask", "an operation of OCPP, and the charger's answer",
     PROGRAM_OPTIONS(charger_ask_options), command_charger_ask},
    {"tag list", "cards that may charge", NULL, 0, command_tag_list},
    {"tag add", "lets a card charge", PROGRAM_OPTIONS(tag_options), command_tag_add},
    {"tag remove", "forgets a card", PROGRAM_OPTIONS(tag_options), command_tag_remove},
    {"transactions", "the newest of what was charged", PROGRAM_OPTIONS(transactions_options),
     command_transactions},
    {"child list", "children, their names, and what holds of their parents' consents", NULL, 0,
     command_child_list},
    {"child show", "one child, its consents and its devices", PROGRAM_OPTIONS(child_options),
     command_child_show},
    {"child add", "keeps a child", PROGRAM_OPTIONS(child_add_options), command_child_add},
    {"child change", "changes name, birth and language", PROGRAM_OPTIONS(child_change_options),
     command_child_change},
    {"child remove", "deletes a child and its consents", PROGRAM_OPTIONS(child_options),
     command_child_remove},
    {"child consent", "records what its parents agreed to", PROGRAM_OPTIONS(child_consent_options),
     command_child_consent},
    {"child revoke", "its parents take a consent back", PROGRAM_OPTIONS(child_revoke_options),
     command_child_revoke},
    {"child audit", "who did what about a child", PROGRAM_OPTIONS(child_audit_options),
     command_child_audit},
    {"follow", "what changes, as it changes", PROGRAM_OPTIONS(follow_options), command_follow},
};

static const struct program_spec program = {
    .name = "roost",
    .version = ROOST_VERSION,
    .help = "the operator's command line over the hub's REST API",
    PROGRAM_OPTIONS(common_options),
    .commands = commands,
    .command_count = sizeof commands / sizeof commands[0],
    .notes = "It ends with\n"
             "  0  it is done\n"
             "  1  it is not: refused, not found, or the device said no (with --wait)\n"
             "  2  the command line is wrong; nothing was asked\n"
             "  3  not signed in, or the sign-in has ended: roost login\n"
             "  4  the hub cannot be reached, or can do nothing at this moment: try again",
};

int main(int argc, char **argv)
{
    struct arguments arguments = {0};

    curl_global_init(CURL_GLOBAL_DEFAULT);
    int status = program_run(&program, &arguments, argc, argv);
    curl_global_cleanup();
    return status;
}
