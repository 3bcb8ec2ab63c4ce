/* SPDX-License-Identifier: Apache-2.0 */
/* Chargers, what they are asked to do, whose cards may charge, and what was charged. */
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "core/err.h"
#include "core/json_write.h"
#include "host/file.h"
#include "print.h"

#define CHARGERS "/api/v1/chargers"
#define TAGS     "/api/v1/tags"

enum { BODY_SIZE = 2048, KEY_SIZE = 128 };

static const char *charger_path(const struct arguments *a, const char *rest, char *out)
{
    char id[ASK_WORD_SIZE];
    snprintf(out, ASK_PATH_SIZE, CHARGERS "/%s%s", ask_encode(a->charger, id, sizeof id), rest);
    return out;
}

static int done(struct arguments *a, const char *method, const char *path, const char *body,
                const char *said)
{
    struct reply reply;
    if (!client_call(ask_client(a), method, path, body, &reply))
        return a->client.status;
    if (a->json && reply.len > 0)
        printf("%.*s\n", (int)reply.len, reply.text);
    else
        printf("%s\n", said);
    reply_free(&reply);
    return 0;
}

int command_charger_list(void *arguments, struct why *why)
{
    (void)why;
    return ask_get(arguments, CHARGERS, print_chargers);
}

int command_charger_show(void *arguments, struct why *why)
{
    char path[ASK_PATH_SIZE];
    (void)why;
    return ask_get(arguments, charger_path(arguments, "", path), print_charger);
}

/* The key goes to a file of its owner's, or to the terminal, and nowhere else: the hub cannot say
 * it again. */
static int hand_over(const struct arguments *a, const struct reply *reply, struct why *why)
{
    char key[KEY_SIZE], line[KEY_SIZE + 1];
    if (roost_json_get_string(&reply->doc, ROOST_JSON_ROOT, "authorization_key", key, sizeof key) <
        0)
        return why_not(why, ROOST_ERR_INVALID, "the hub named no AuthorizationKey");
    if (!a->key_file) {
        printf("%s is entered; its AuthorizationKey, shown this once: %s\n", a->charger, key);
        return 0;
    }
    int len = snprintf(line, sizeof line, "%s\n", key);
    int err = file_write(a->key_file, line, (size_t)len, 0600, why);
    if (err < 0)
        return err;
    printf("%s is entered; its AuthorizationKey is in %s\n", a->charger, a->key_file);
    return 0;
}

int command_charger_add(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char body[BODY_SIZE];
    struct roost_json_writer w;
    struct reply reply;
    roost_json_begin(&w, body, sizeof body);
    roost_json_object(&w);
    roost_json_put_str(&w, "identity", a->charger);
    roost_json_end(&w);
    if (roost_json_finish(&w) < 0)
        return why_not(why, ROOST_ERR_TOO_LONG, "the identity: at most 48 bytes");
    if (!client_call(ask_client(a), "POST", CHARGERS, body, &reply))
        return a->client.status;
    int err = hand_over(a, &reply, why);
    reply_free(&reply);
    return err;
}

int command_charger_remove(void *arguments, struct why *why)
{
    char path[ASK_PATH_SIZE];
    (void)why;
    return done(arguments, "DELETE", charger_path(arguments, "", path), NULL,
                "the charger is not let in any more; what it charged is kept");
}

int command_charger_ask(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char path[ASK_PATH_SIZE], rest[ASK_WORD_SIZE + 16], name[ASK_WORD_SIZE];
    struct reply reply;
    (void)why;
    snprintf(rest, sizeof rest, "/operations/%s", ask_encode(a->name, name, sizeof name));
    if (!client_call(ask_client(a), "POST", charger_path(a, rest, path),
                     a->json_args ? a->json_args : "{}", &reply))
        return a->client.status;
    printf("%.*s\n", (int)reply.len, reply.text);
    reply_free(&reply);
    return 0;
}

int command_tag_list(void *arguments, struct why *why)
{
    (void)why;
    return ask_get(arguments, TAGS, print_tags);
}

int command_tag_add(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char body[BODY_SIZE];
    struct roost_json_writer w;
    roost_json_begin(&w, body, sizeof body);
    roost_json_object(&w);
    roost_json_put_str(&w, "id_tag", a->tag);
    roost_json_end(&w);
    return roost_json_finish(&w) < 0 ? why_not(why, ROOST_ERR_TOO_LONG, "the tag is too long")
                                     : done(a, "POST", TAGS, body, "the card may charge");
}

int command_tag_remove(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char path[ASK_PATH_SIZE], tag[ASK_WORD_SIZE];
    (void)why;
    snprintf(path, sizeof path, TAGS "/%s", ask_encode(a->tag, tag, sizeof tag));
    return done(a, "DELETE", path, NULL, "the card is not known any more");
}

int command_transactions(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char path[ASK_PATH_SIZE], id[ASK_WORD_SIZE];
    (void)why;
    snprintf(path, sizeof path, "/api/v1/transactions%s%s", a->charger ? "?identity=" : "",
             a->charger ? ask_encode(a->charger, id, sizeof id) : "");
    return ask_get(a, path, print_transactions);
}
