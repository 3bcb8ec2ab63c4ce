/* SPDX-License-Identifier: Apache-2.0 */
/* Who may sign in at the hub, and one's own password. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "ask.h"
#include "core/err.h"
#include "core/json_write.h"
#include "print.h"
#include "prompt.h"

#define OPERATORS "/api/v1/operators"

int command_operators(void *arguments, struct why *why)
{
    (void)why;
    return ask_get(arguments, OPERATORS, print_operators);
}

/* A body of two strings, one of which is secret. */
static int write_pair(char *body, size_t size, const char *const pair[4], struct why *why)
{
    struct roost_json_writer w;
    roost_json_begin(&w, body, size);
    roost_json_object(&w);
    roost_json_put_str(&w, pair[0], pair[1]);
    roost_json_put_str(&w, pair[2], pair[3]);
    roost_json_end(&w);
    return roost_json_finish(&w) < 0
               ? why_not(why, ROOST_ERR_TOO_LONG, "%s and %s are too long", pair[0], pair[2])
               : 0;
}

static int show_operator(struct arguments *a, const char *what, struct reply *reply)
{
    if (a->json)
        printf("%.*s\n", (int)reply->len, reply->text);
    else
        printf("operator %s %s\n", a->email, what);
    reply_free(reply);
    return 0;
}

int command_operators_add(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char password[PASSWORD_SIZE], body[2 * PASSWORD_SIZE + 512];
    struct reply reply;
    int err = prompt_new_password("password-file", a->password_file, "Password of the new operator",
                                  password, sizeof password, why);
    if (err == 0)
        err = write_pair(body, sizeof body,
                         (const char *const[]){"email", a->email, "password", password}, why);
    bool ok = err == 0 && client_call(ask_client(a), "POST", OPERATORS, body, &reply);
    explicit_bzero(password, sizeof password);
    explicit_bzero(body, sizeof body);
    if (!ok)
        return err ? err : a->client.status;
    return show_operator(a, "can sign in", &reply);
}

/* 0 with the id of the operator that has this e-mail, whatever its case. */
static int find_operator(struct arguments *a, int64_t *id, struct why *why)
{
    struct reply reply;
    char email[129];
    int found = ROOST_ERR_NOT_FOUND;
    if (!client_call(ask_client(a), "GET", OPERATORS, NULL, &reply))
        return a->client.status;
    int all = roost_json_find(&reply.doc, ROOST_JSON_ROOT, "operators");
    for (size_t i = 0; all >= 0 && i < roost_json_size(&reply.doc, all) && found; i++) {
        int one = roost_json_at(&reply.doc, all, i);
        if (roost_json_get_string(&reply.doc, one, "email", email, sizeof email) == 0 &&
            strcasecmp(email, a->email) == 0)
            found = roost_json_get_int64(&reply.doc, one, "id", id);
    }
    reply_free(&reply);
    return found ? why_not(why, ROOST_ERR_NOT_FOUND, "no operator %s; roost operators lists them",
                           a->email)
                 : 0;
}

int command_operators_remove(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char path[64];
    struct reply reply;
    int64_t id = 0;
    int status = find_operator(a, &id, why);
    if (status != 0)
        return status;
    snprintf(path, sizeof path, OPERATORS "/%" PRId64, id);
    if (!client_call(ask_client(a), "DELETE", path, NULL, &reply))
        return a->client.status;
    reply_free(&reply);
    printf("operator %s is removed and signed out\n", a->email);
    return 0;
}

int command_passwd(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char old[PASSWORD_SIZE], new[PASSWORD_SIZE], body[4 * PASSWORD_SIZE];
    struct reply reply;
    int err = prompt_password("password-file", a->password_file, "Current password", old,
                              sizeof old, why);
    if (err == 0)
        err = prompt_new_password("new-password-file", a->new_password_file, "New password", new,
                                  sizeof new, why);
    if (err == 0)
        err = write_pair(body, sizeof body,
                         (const char *const[]){"password", old, "new_password", new}, why);
    bool ok = err == 0 && client_call(ask_client(a), "PUT", OPERATORS "/me/password", body, &reply);
    explicit_bzero(old, sizeof old);
    explicit_bzero(new, sizeof new);
    explicit_bzero(body, sizeof body);
    if (!ok)
        return err ? err : a->client.status;
    ok = client_keep_tokens(&a->client, &reply);
    reply_free(&reply);
    printf("the password is changed; every other sign-in has ended\n");
    return ok ? 0 : a->client.status;
}
