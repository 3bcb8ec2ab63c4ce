/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin of Mosquitto 2 that binds client ids to users. MQTT lets whoever may connect take any
 * client id, and a connection with a clean session throws away what waits for that id: with one
 * device's password all that waits for the hub. Here an id that has an owner (users.h) is its
 * owner's. Passwords and access stay with the broker's own files: what this plugin does not refuse
 * it leaves to them. Beside that it says in the log what Mosquitto keeps to itself: a user that is
 * not in the password file, and messages that the ACL drops. Names come from clients: what could
 * break a line of the log is shown as '?'.
 *
 *     plugin /usr/lib/roost/roost-mosquitto.so
 *     plugin_opt_password_file /etc/mosquitto/passwd
 *     plugin_opt_acl_file /etc/mosquitto/acl
 *
 * Both files are read again when the broker reads its own again, on SIGHUP.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acl.h"
#include "broker_api.h"
#include "notes.h"
#include "users.h"

enum { SHOWN_MAX = 96, WHAT_MAX = 512 };

struct plugin {
    const char *password_file, *acl_file; /* acl_file NULL: drops are not named */
    struct users users;
    struct acl acl;
    struct notes notes;
    uint64_t dropped; /* messages, since the start */
};

struct shown {
    char text[SHOWN_MAX];
};

static struct shown show(const char *text)
{
    struct shown shown;

    snprintf(shown.text, sizeof shown.text, "%s", text ? text : "(none)");
    for (char *c = shown.text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F || *c == '\'')
            *c = '?';
    return shown;
}

static int read_files(struct plugin *p)
{
    if (users_read(&p->users, p->password_file) < 0) {
        mosquitto_log_printf(BROKER_ERROR, "roost: %s: %s", p->password_file, strerror(errno));
        return -1;
    }
    if (p->acl_file && acl_read(&p->acl, p->acl_file) < 0) {
        mosquitto_log_printf(BROKER_ERROR, "roost: %s: %s", p->acl_file, strerror(errno));
        return -1;
    }
    return 0;
}

/* What cannot be read now stays as it was: an owner is not forgotten by accident. */
static int on_reload(int event, void *data, void *ctx)
{
    (void)event;
    (void)data;
    (void)read_files(ctx);
    return BROKER_OK;
}

static int on_connect(int event, void *data, void *ctx)
{
    const struct broker_basic_auth *auth = data;
    struct plugin *p = ctx;
    const char *id = mosquitto_client_id(auth->client);
    const char *address = mosquitto_client_address(auth->client);
    const char *owner = users_owner(&p->users, id ? id : "");
    char what[WHAT_MAX];
    uint64_t count;

    (void)event;
    if (owner && (!auth->user || strcmp(owner, auth->user) != 0)) {
        snprintf(what, sizeof what, "id %.200s %.200s", owner, auth->user ? auth->user : "");
        count = notes_take(&p->notes, what, time(NULL));
        if (count > 0)
            mosquitto_log_printf(BROKER_WARNING,
                                 "roost: refused %llu connections as client '%s', which is user "
                                 "'%s' alone's: asked by user '%s' from %s",
                                 (unsigned long long)count, show(id).text, show(owner).text,
                                 show(auth->user).text, show(address).text);
        return BROKER_REFUSE;
    }
    if (auth->user && !users_know(&p->users, auth->user)) {
        snprintf(what, sizeof what, "user %.200s", auth->user);
        count = notes_take(&p->notes, what, time(NULL));
        if (count > 0)
            mosquitto_log_printf(BROKER_WARNING,
                                 "roost: user '%s' is not in the password file: %llu connections "
                                 "as client '%s' from %s",
                                 show(auth->user).text, (unsigned long long)count, show(id).text,
                                 show(address).text);
    }
    return BROKER_DEFER;
}

static int on_access(int event, void *data, void *ctx)
{
    const struct broker_acl_check *check = data;
    struct plugin *p = ctx;
    char what[WHAT_MAX];

    (void)event;
    if (check->access != BROKER_WRITE)
        return BROKER_DEFER;
    const char *user = mosquitto_client_username(check->client);
    const char *id = mosquitto_client_id(check->client);
    if (acl_writes(&p->acl, user, id, check->topic))
        return BROKER_DEFER;
    p->dropped++;
    snprintf(what, sizeof what, "topic %.200s %.200s", user ? user : "", check->topic);
    uint64_t count = notes_take(&p->notes, what, time(NULL));
    if (count > 0)
        mosquitto_log_printf(BROKER_WARNING,
                             "roost: dropped %llu messages of user '%s', client '%s', to '%s': not "
                             "in the ACL (%llu of all users since the start)",
                             (unsigned long long)count, show(user).text, show(id).text,
                             show(check->topic).text, (unsigned long long)p->dropped);
    return BROKER_DEFER;
}

int mosquitto_plugin_version(int count, const int *versions)
{
    for (int i = 0; i < count; i++)
        if (versions[i] == BROKER_API_VERSION)
            return BROKER_API_VERSION;
    return -1;
}

/* Without its files the broker does not start: ids would be anyone's in silence. */
int mosquitto_plugin_init(struct broker_plugin_id *id, void **ctx, struct broker_option *options,
                          int count)
{
    struct plugin *p = calloc(1, sizeof *p);

    if (!p)
        return BROKER_INVALID;
    *ctx = p;
    for (int i = 0; i < count; i++) {
        if (strcmp(options[i].key, "password_file") == 0)
            p->password_file = options[i].value;
        else if (strcmp(options[i].key, "acl_file") == 0)
            p->acl_file = options[i].value;
    }
    if (!p->password_file) {
        mosquitto_log_printf(BROKER_ERROR, "roost: plugin_opt_password_file is missing");
        return BROKER_INVALID;
    }
    if (read_files(p) < 0 ||
        mosquitto_callback_register(id, BROKER_RELOAD, on_reload, NULL, p) != BROKER_OK ||
        mosquitto_callback_register(id, BROKER_BASIC_AUTH, on_connect, NULL, p) != BROKER_OK)
        return BROKER_INVALID;
    return p->acl_file ? mosquitto_callback_register(id, BROKER_ACL_CHECK, on_access, NULL, p)
                       : BROKER_OK;
}

int mosquitto_plugin_cleanup(void *ctx, struct broker_option *options, int count)
{
    struct plugin *p = ctx;

    (void)options;
    (void)count;
    if (p) {
        users_free(&p->users);
        acl_free(&p->acl);
        free(p);
    }
    return BROKER_OK;
}
