/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/err.h"
#include "core/json_write.h"
#include "host/file.h"
#include "session_lock.h"

enum { REPLY_MAX = 64 * 1024 * 1024 };

/* ---- the session file ---- */

static void session_path(char *out, size_t size)
{
    const char *path = getenv("ROOST_SESSION");
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    if (path)
        snprintf(out, size, "%s", path);
    else if (config && config[0] != '\0')
        snprintf(out, size, "%s/roost/session.json", config);
    else
        snprintf(out, size, "%s/.config/roost/session.json", home ? home : ".");
}

static void session_load(struct client *client)
{
    char text[2048];
    struct roost_json doc;
    struct roost_json_token tokens[16];
    FILE *file = fopen(client->path, "r");
    if (!file)
        return;
    size_t len = fread(text, 1, sizeof text, file);
    fclose(file);
    if (roost_json_parse(&doc, tokens, 16, text, len) != 0)
        return;
    roost_json_get_string(&doc, ROOST_JSON_ROOT, "hub", client->hub, sizeof client->hub);
    roost_json_get_string(&doc, ROOST_JSON_ROOT, "access_token", client->access,
                          sizeof client->access);
    roost_json_get_string(&doc, ROOST_JSON_ROOT, "refresh_token", client->refresh,
                          sizeof client->refresh);
}

void client_init(struct client *client, const char *hub, const char *ca)
{
    *client = (struct client){.hub = "http://127.0.0.1:8080", .ca = ca};
    session_path(client->path, sizeof client->path);
    session_load(client);
    if (hub && strcmp(hub, client->hub) != 0) {
        snprintf(client->hub, sizeof client->hub, "%s", hub);
        client->access[0] = client->refresh[0] = '\0'; /* tokens of one hub go to no other */
    }
}

static bool make_parents(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        bool made = mkdir(path, 0700) == 0 || errno == EEXIST;
        *slash = '/';
        if (!made)
            return false;
    }
    return true;
}

static bool session_save(struct client *client)
{
    char text[2048];
    struct roost_json_writer w;
    roost_json_begin(&w, text, sizeof text);
    roost_json_object(&w);
    roost_json_put_str(&w, "hub", client->hub);
    roost_json_put_str(&w, "access_token", client->access);
    roost_json_put_str(&w, "refresh_token", client->refresh);
    roost_json_end(&w);
    int len = roost_json_finish(&w);
    struct why why = {"it is too long, or its folder cannot be made"};
    bool ok = len > 0 && make_parents(client->path) &&
              file_write(client->path, text, (size_t)len, 0600, &why) == 0;
    if (!ok)
        fprintf(stderr, "roost: the session cannot be kept in %s: %s\n", client->path, why.text);
    return ok;
}

/* ---- requests ---- */

static size_t take(char *data, size_t size, size_t count, void *ctx)
{
    struct reply *reply = ctx;
    size_t len = size * count;
    if (reply->len + len > REPLY_MAX)
        return 0;
    char *text = realloc(reply->text, reply->len + len + 1);
    if (!text)
        return 0;
    memcpy(text + reply->len, data, len);
    reply->text = text;
    reply->len += len;
    text[reply->len] = '\0';
    return len;
}

static CURL *prepare(const struct client *client, const char *path, struct curl_slist **headers)
{
    CURL *curl = curl_easy_init();
    if (!curl)
        return NULL;
    char url[2048], authorization[1100];
    snprintf(url, sizeof url, "%s%s", client->hub, path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 10L);
    if (client->ca)
        curl_easy_setopt(curl, CURLOPT_CAINFO, client->ca);
    if (client->access[0] != '\0') {
        snprintf(authorization, sizeof authorization, "Authorization: Bearer %s", client->access);
        *headers = curl_slist_append(*headers, authorization);
    }
    return curl;
}

static bool request_once(const struct client *client, const char *method, const char *path,
                         const char *body, struct reply *reply)
{
    struct curl_slist *headers = NULL;
    *reply = (struct reply){0};
    CURL *curl = prepare(client, path, &headers);
    if (!curl)
        return false;
    if (body) {
        headers = curl_slist_append(headers, "Content-Type: application/json");
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, reply);
    CURLcode rc = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply->status);
    if (rc != CURLE_OK)
        fprintf(stderr, "roost: %s: %s; is roostd running there?\n", client->hub,
                curl_easy_strerror(rc));
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return rc == CURLE_OK;
}

static bool parse(struct reply *reply)
{
    if (reply->len == 0)
        return true;
    size_t count = reply->len / 2 + 8; /* no JSON value takes less than a byte and a separator */
    reply->tokens = malloc(count * sizeof *reply->tokens);
    return reply->tokens &&
           roost_json_parse(&reply->doc, reply->tokens, count, reply->text, reply->len) == 0;
}

static void report(const struct client *client, const char *path, const struct reply *reply)
{
    char message[256] = "no reason given";
    if (reply->len > 0) {
        int error = roost_json_find(&reply->doc, ROOST_JSON_ROOT, "error");
        if (error >= 0)
            roost_json_get_string(&reply->doc, error, "message", message, sizeof message);
    }
    fprintf(stderr, "roost: %s%s: %ld: %s%s\n", client->hub, path, reply->status, message,
            reply->status == 401 ? " (roost login)" : "");
}

static bool keep_tokens(struct client *client, const struct reply *reply)
{
    return roost_json_get_string(&reply->doc, ROOST_JSON_ROOT, "access_token", client->access,
                                 sizeof client->access) == 0 &&
           roost_json_get_string(&reply->doc, ROOST_JSON_ROOT, "refresh_token", client->refresh,
                                 sizeof client->refresh) == 0 &&
           session_save(client);
}

static void write_refresh(const struct client *client, char *out, size_t size)
{
    struct roost_json_writer w;
    roost_json_begin(&w, out, size);
    roost_json_object(&w);
    roost_json_put_str(&w, "refresh_token", client->refresh);
    roost_json_end(&w);
    roost_json_finish(&w);
}

static bool renew(struct client *client)
{
    static const char path[] = "/api/v1/auth/refresh";
    char body[512];
    struct reply reply;
    write_refresh(client, body, sizeof body);
    /* An answer that was lost can be asked for again for a while. */
    bool ok = (request_once(client, "POST", path, body, &reply) ||
               request_once(client, "POST", path, body, &reply)) &&
              reply.status == 200 && parse(&reply) && keep_tokens(client, &reply);
    reply_free(&reply);
    return ok;
}

/* Another call renewed it since this one read the file. */
static bool renewed_meanwhile(struct client *client)
{
    struct client now = *client;
    session_load(&now);
    if (strcmp(now.hub, client->hub) != 0 || now.refresh[0] == '\0' ||
        strcmp(now.refresh, client->refresh) == 0)
        return false;
    *client = now;
    return true;
}

static bool refresh(struct client *client)
{
    if (client->refresh[0] == '\0')
        return false;
    int lock = session_lock(client->path);
    bool ok = renewed_meanwhile(client) || renew(client);
    session_unlock(lock);
    return ok;
}

bool client_call(struct client *client, const char *method, const char *path, const char *body,
                 struct reply *reply)
{
    bool ok = request_once(client, method, path, body, reply);
    if (ok && reply->status == 401 && refresh(client)) {
        reply_free(reply);
        ok = request_once(client, method, path, body, reply);
    }
    if (ok && !parse(reply)) {
        fprintf(stderr, "roost: %s%s: the answer is not JSON; is this a Roost hub?\n", client->hub,
                path);
        ok = false;
    }
    if (ok && reply->status >= 300) {
        report(client, path, reply);
        ok = false;
    }
    if (!ok)
        reply_free(reply);
    return ok;
}

void reply_free(struct reply *reply)
{
    free(reply->text);
    free(reply->tokens);
    *reply = (struct reply){0};
}

bool reply_of_text(struct reply *reply, const char *text)
{
    *reply = (struct reply){.status = 200, .text = strdup(text), .len = strlen(text)};
    if (reply->text && parse(reply))
        return true;
    reply_free(reply);
    return false;
}

bool client_login(struct client *client, const char *email, const char *password)
{
    char body[1024];
    struct roost_json_writer w;
    roost_json_begin(&w, body, sizeof body);
    roost_json_object(&w);
    roost_json_put_str(&w, "email", email);
    roost_json_put_str(&w, "password", password);
    roost_json_end(&w);
    if (roost_json_finish(&w) < 0) {
        fprintf(stderr, "roost: e-mail or password is too long\n");
        return false;
    }
    client->access[0] = client->refresh[0] = '\0';
    struct reply reply;
    bool ok = client_call(client, "POST", "/api/v1/auth/login", body, &reply) &&
              keep_tokens(client, &reply);
    reply_free(&reply);
    return ok;
}

bool client_logout(struct client *client)
{
    char body[512];
    struct reply reply = {0};
    write_refresh(client, body, sizeof body);
    bool ok = client->refresh[0] == '\0' ||
              client_call(client, "POST", "/api/v1/auth/logout", body, &reply);
    reply_free(&reply);
    if (unlink(client->path) != 0 && errno != ENOENT) {
        fprintf(stderr, "roost: %s: %s\n", client->path, strerror(errno));
        ok = false;
    }
    return ok;
}

/* ---- the event stream ---- */

struct stream {
    bool (*line)(void *ctx, const char *text);
    void *ctx;
    char text[64 * 1024];
    size_t len;
    bool stopped;
};

static size_t split(char *data, size_t size, size_t count, void *ctx)
{
    struct stream *stream = ctx;
    size_t len = size * count;
    for (size_t i = 0; i < len; i++) {
        if (data[i] != '\n') {
            if (stream->len < sizeof stream->text - 1)
                stream->text[stream->len++] = data[i];
            continue;
        }
        stream->text[stream->len] = '\0';
        stream->len = 0;
        if (!stream->line(stream->ctx, stream->text)) {
            stream->stopped = true;
            return 0;
        }
    }
    return len;
}

static bool stream_once(struct client *client, const char *path, long timeout_ms,
                        bool (*line)(void *ctx, const char *text), void *ctx, bool *stopped)
{
    struct reply probe; /* refreshes the tokens when they need it */
    if (!client_call(client, "GET", "/api/v1/auth/me", NULL, &probe))
        return false;
    reply_free(&probe);
    struct curl_slist *headers = NULL;
    struct stream *stream = calloc(1, sizeof *stream);
    CURL *curl = stream ? prepare(client, path, &headers) : NULL;
    if (!curl) {
        free(stream);
        return false;
    }
    stream->line = line;
    stream->ctx = ctx;
    headers = curl_slist_append(headers, "Accept: text/event-stream");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, split);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, stream);
    CURLcode rc = curl_easy_perform(curl);
    bool ok =
        rc == CURLE_OK || stream->stopped || (timeout_ms > 0 && rc == CURLE_OPERATION_TIMEDOUT);
    if (!ok)
        fprintf(stderr, "roost: %s%s: %s\n", client->hub, path, curl_easy_strerror(rc));
    *stopped = stream->stopped;
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    free(stream);
    return ok;
}

/* The hub ends a stream when the access token that opened it expires: one without a limit goes on
 * with the next. */
bool client_stream(struct client *client, const char *path, long timeout_ms,
                   bool (*line)(void *ctx, const char *text), void *ctx)
{
    const struct timespec pause = {.tv_sec = 1};
    bool stopped = false;
    bool ok = stream_once(client, path, timeout_ms, line, ctx, &stopped);
    while (ok && !stopped && timeout_ms == 0) {
        nanosleep(&pause, NULL);
        ok = stream_once(client, path, timeout_ms, line, ctx, &stopped);
    }
    return ok;
}
