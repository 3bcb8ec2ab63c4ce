/* SPDX-License-Identifier: Apache-2.0 */
/* Children and what their parents agreed to. A name is asked for, never a word of the command
 * line, which every user of the machine can read. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "core/err.h"
#include "core/json_write.h"
#include "print.h"
#include "prompt.h"

#define CHILDREN "/api/v1/children"

enum { NAME_SIZE = 256, BODY_SIZE = 4 * NAME_SIZE + 512, PAGE = 500 };

static const char *child_path(const struct arguments *a, const char *rest, char *out)
{
    char id[ASK_WORD_SIZE];
    snprintf(out, ASK_PATH_SIZE, CHILDREN "/%s%s", ask_encode(a->child, id, sizeof id), rest);
    return out;
}

/* The answer, which is one child, by people or as it came. */
static int show_child(struct arguments *a, const char *method, const char *path, const char *body)
{
    struct reply reply;
    if (!client_call(ask_client(a), method, path, body, &reply))
        return a->client.status;
    if (a->json)
        printf("%.*s\n", (int)reply.len, reply.text);
    else
        print_child(&reply.doc);
    reply_free(&reply);
    return 0;
}

/* An answer without a body. */
static int done(struct arguments *a, const char *method, const char *path, const char *said)
{
    struct reply reply;
    if (!client_call(ask_client(a), method, path, NULL, &reply))
        return a->client.status;
    reply_free(&reply);
    printf("%s\n", said);
    return 0;
}

/* The ids of a page are in their order: the next one is after the last. False: there is none. */
static bool last_of(const struct reply *reply, char last[ASK_WORD_SIZE], size_t *count)
{
    int all = roost_json_find(&reply->doc, ROOST_JSON_ROOT, "children");
    *count = all < 0 ? 0 : roost_json_size(&reply->doc, all);
    return *count == PAGE &&
           roost_json_get_string(&reply->doc, roost_json_at(&reply->doc, all, *count - 1),
                                 "child_id", last, ASK_WORD_SIZE) == 0;
}

int command_child_list(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char path[ASK_PATH_SIZE], last[ASK_WORD_SIZE] = "";
    bool more = true;
    (void)why;
    if (!a->json)
        print_children_head();
    while (more) {
        struct reply reply;
        size_t count;
        snprintf(path, sizeof path, CHILDREN "?limit=%d%s%s", PAGE, last[0] ? "&after=" : "", last);
        if (!client_call(ask_client(a), "GET", path, NULL, &reply))
            return a->client.status;
        if (a->json)
            printf("%.*s\n", (int)reply.len, reply.text);
        else
            print_children(&reply.doc);
        more = last_of(&reply, last, &count);
        reply_free(&reply);
    }
    return 0;
}

int command_child_show(void *arguments, struct why *why)
{
    char path[ASK_PATH_SIZE];
    (void)why;
    return show_child(arguments, "GET", child_path(arguments, "", path), NULL);
}

/* method POST: a new one. */
static int put_child(struct arguments *a, const char *method, const char *path, struct why *why)
{
    char name[NAME_SIZE], body[BODY_SIZE];
    struct roost_json_writer w;
    int err = prompt_line("name-file", a->name_file, "Name of the child", name, sizeof name, why);
    if (err)
        return err;
    roost_json_begin(&w, body, sizeof body);
    roost_json_object(&w);
    if (a->child && strcmp(method, "POST") == 0)
        roost_json_put_str(&w, "child_id", a->child);
    roost_json_put_str(&w, "name", name);
    roost_json_put_str(&w, "birth_month", a->born);
    roost_json_put_str(&w, "language", a->language);
    roost_json_end(&w);
    explicit_bzero(name, sizeof name);
    int status = roost_json_finish(&w) < 0
                     ? why_not(why, ROOST_ERR_TOO_LONG, "the name is too long")
                     : show_child(a, method, path, body);
    explicit_bzero(body, sizeof body);
    return status;
}

int command_child_add(void *arguments, struct why *why)
{
    return put_child(arguments, "POST", CHILDREN, why);
}

int command_child_change(void *arguments, struct why *why)
{
    char path[ASK_PATH_SIZE];
    return put_child(arguments, "PUT", child_path(arguments, "", path), why);
}

int command_child_remove(void *arguments, struct why *why)
{
    char path[ASK_PATH_SIZE];
    (void)why;
    return done(arguments, "DELETE", child_path(arguments, "", path),
                "the child is deleted with its consents; its devices are nobody's now");
}

int command_child_consent(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char path[ASK_PATH_SIZE], body[1024];
    struct roost_json_writer w;
    roost_json_begin(&w, body, sizeof body);
    roost_json_object(&w);
    roost_json_put_str(&w, "kind", a->kind);
    roost_json_put_str(&w, "method", a->method);
    roost_json_put_str(&w, "notice_version", a->notice);
    if (a->provider)
        roost_json_put_str(&w, "provider", a->provider);
    roost_json_end(&w);
    return roost_json_finish(&w) < 0
               ? why_not(why, ROOST_ERR_TOO_LONG, "the consent's words: at most 1000 bytes")
               : show_child(a, "POST", child_path(a, "/consents", path), body);
}

int command_child_revoke(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char path[ASK_PATH_SIZE], rest[ASK_WORD_SIZE + 16], kind[ASK_WORD_SIZE];
    (void)why;
    snprintf(rest, sizeof rest, "/consents/%s", ask_encode(a->kind, kind, sizeof kind));
    return done(a, "DELETE", child_path(a, rest, path),
                "the consent does not hold any more; what went on with the child has ended");
}

int command_child_audit(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char path[ASK_PATH_SIZE], rest[64];
    (void)why;
    snprintf(rest, sizeof rest, "/audit?limit=%" PRIu64, a->limit);
    return ask_get(a, child_path(a, rest, path), print_audit);
}
