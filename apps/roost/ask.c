/* SPDX-License-Identifier: Apache-2.0 */
#include "ask.h"

#include <stdio.h>
#include <string.h>

#include "proto/fleet/topic.h"

const char *ask_refuse_id(const char *id)
{
    return roost_device_id_check(id, strlen(id)) == 0
               ? NULL
               : "1 to 64 characters of A-Z a-z 0-9 _ . : -, but for . and ..";
}

struct client *ask_client(struct arguments *a)
{
    if (!a->client_is_open)
        client_init(&a->client, a->hub, a->ca);
    a->client_is_open = true;
    return &a->client;
}

int ask_get(struct arguments *a, const char *path, void (*print)(const struct roost_json *doc))
{
    struct reply reply;
    if (!client_call(ask_client(a), "GET", path, NULL, &reply))
        return a->client.status;
    if (a->json)
        printf("%.*s\n", (int)reply.len, reply.text);
    else
        print(&reply.doc);
    reply_free(&reply);
    return 0;
}

bool ask_one_form(const struct arguments *a)
{
    if (a->json && a->csv)
        fprintf(stderr, "roost: --json and --csv: allowed is one of them\n");
    return !a->json || !a->csv;
}

const char *ask_encode(const char *text, char *out, size_t size)
{
    size_t len = 0;
    for (; *text != '\0' && len + 4 < size; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     strchr("-_.", c);
        len += (size_t)snprintf(out + len, size - len, plain ? "%c" : "%%%02X", c);
    }
    out[len] = '\0';
    return out;
}

const char *ask_device_path(const struct arguments *a, const char *rest, char *out)
{
    char id[ASK_WORD_SIZE];
    snprintf(out, ASK_PATH_SIZE, "/api/v1/devices/%s%s", ask_encode(a->device, id, sizeof id),
             rest);
    return out;
}
