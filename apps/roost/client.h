/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The REST client of the command line, signed in at one hub (session.h). An expired access token is
 * refreshed once and the request repeated. Depends on libcurl, core/json_*.h, session.h.
 */
#ifndef ROOST_APPS_ROOST_CLIENT_H
#define ROOST_APPS_ROOST_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/json_read.h"
#include "session.h"

/* What `roost` ends with, beside 0 and 2 (host/program.h): a script can tell a wrong password from
 * a hub that restarts. */
enum client_status { CLIENT_FAILED = 1, CLIENT_SIGNED_OUT = 3, CLIENT_UNREACHABLE = 4 };

struct client {
    char hub[SESSION_HUB_MAX + 1]; /* "http://127.0.0.1:8080" */
    char path[SESSION_PATH_MAX];   /* of the session file */
    char access[1024], refresh[256];
    const char *ca; /* PEM file or NULL: the system's */
    int status;     /* enum client_status: why the last call failed */
};

/* An answer; free with reply_free. */
struct reply {
    long status;
    char *text;
    size_t len;
    struct roost_json doc;
    struct roost_json_token *tokens;
};

/* Reads the session if there is one; hub NULL: where the last sign-in was, else
 * http://127.0.0.1:8080. */
void client_init(struct client *client, const char *hub, const char *ca);

/* body NULL: none. On failure a line that says what happened, to which URL and what to do went to
 * stderr, the result is false and client->status says why. Success is a status below 300. */
bool client_call(struct client *client, const char *method, const char *path, const char *body,
                 struct reply *reply);
void reply_free(struct reply *reply);

/* The hub becomes the default one. */
bool client_login(struct client *client, const char *email, const char *password);
bool client_logout(struct client *client);

/* Takes the tokens of an answer as those of this sign-in, and keeps them. */
bool client_keep_tokens(struct client *client, const struct reply *reply);

/* A copy of one JSON text as an answer, for what a stream brings. False when it is none. */
bool reply_of_text(struct reply *reply, const char *text);

/* Calls line() for each line of an event stream until line() returns false, or it ends, or
 * timeout_ms have passed. 0: no limit, and one that ended, as with the access token, is opened
 * again. False after a line on stderr: it could not be had, or it broke. */
bool client_stream(struct client *client, const char *path, long timeout_ms,
                   bool (*line)(void *ctx, const char *text), void *ctx);

#endif
