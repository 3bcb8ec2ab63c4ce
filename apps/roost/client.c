/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/err.h"
#include "core/json_write.h"
#include "host/program.h"
#include "session_lock.h"

enum { REPLY_MAX = 64 * 1024 * 1024 };

/* ---- the session file ---- */

void client_init(struct client *client, const char *hub, const char *ca)
{
    static struct session session;
    *client = (struct client){.hub = "http://127.0.0.1:8080", .ca = ca, .status = CLIENT_FAILED};
    session_path(client->path, sizeof client->path);
    session_read(client->path, &session);
    const struct session_hub *known = hub                 ? session_find(&session, hub)
                                      : session.count > 0 ? session.hubs
                                                          : NULL;
    if (known) {
        memcpy(client->hub, known->hub, sizeof client->hub);
        memcpy(client->access, known->access, sizeof client->access);
        memcpy(client->refresh, known->refresh, sizeof client->refresh);
    } else if (hub) {
        size_t len = strlen(hub);
        while (len > 0 && hub[len - 1] == '/')
            len--;
        snprintf(client->hub, sizeof client->hub, "%.*s", (int)len, hub);
    }
    explicit_bzero(&session, sizeof session);
}

static bool session_save(struct client *client, bool make_default)
{
    static struct session session;
    struct why why;
    session_read(client->path, &session); /* what others signed in to meanwhile stays */
    struct session_hub *hub = session_put(&session, client->hub, make_default);
    memcpy(hub->access, client->access, sizeof hub->access);
    memcpy(hub->refresh, client->refresh, sizeof hub->refresh);
    int err = session_write(client->path, &session, &why);
    explicit_bzero(&session, sizeof session);
    if (err != 0)
        fprintf(stderr, "roost: the session cannot be kept: %s\n", why.text);
    client->status = CLIENT_FAILED;
    return err == 0;
}

static bool session_forget(struct client *client)
{
    static struct session session;
    struct why why;
    session_read(client->path, &session);
    session_remove(&session, client->hub);
    int err = session_write(client->path, &session, &why);
    explicit_bzero(&session, sizeof session);
    if (err != 0)
        fprintf(stderr, "roost: %s\n", why.text);
    client->status = CLIENT_FAILED;
    return err == 0;
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
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L); /* a device's name may be ".." */
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 10L);
    if (client->ca)
        curl_easy_setopt(curl, CURLOPT_CAINFO, client->ca);
    if (client->access[0] != '\0') {
        snprintf(authorization, sizeof authorization, "Authorization: Bearer %s", client->access);
        *headers = curl_slist_append(*headers, authorization);
    }
    return curl;
}

static void unreachable(struct client *client, CURLcode rc)
{
    if (rc == CURLE_UNSUPPORTED_PROTOCOL || rc == CURLE_URL_MALFORMAT) {
        client->status = PROGRAM_USAGE;
        fprintf(stderr, "roost: --hub %s: allowed is http://HOST[:PORT] or https://HOST[:PORT]\n",
                client->hub);
        return;
    }
    client->status = CLIENT_UNREACHABLE;
    fprintf(stderr, "roost: %s: %s; is roostd running there?\n", client->hub,
            curl_easy_strerror(rc));
}

static bool request_once(struct client *client, const char *method, const char *path,
                         const char *body, struct reply *reply)
{
    struct curl_slist *headers = NULL;
    *reply = (struct reply){0};
    client->status = CLIENT_FAILED;
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
        unreachable(client, rc);
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

/* What a status of HTTP is to a script. A hub that is behind a proxy and away, or that cannot do it
 * at this moment, for this caller or at all, may be asked again later. */
static int status_of(long http)
{
    if (http == 401)
        return CLIENT_SIGNED_OUT;
    return http == 429 || http == 502 || http == 503 || http == 504 ? CLIENT_UNREACHABLE
                                                                    : CLIENT_FAILED;
}

static void report(struct client *client, const char *path, const struct reply *reply)
{
    client->status = status_of(reply->status);
    char message[256] = "no reason given";
    if (reply->len > 0) {
        int error = roost_json_find(&reply->doc, ROOST_JSON_ROOT, "error");
        if (error >= 0)
            roost_json_get_string(&reply->doc, error, "message", message, sizeof message);
    }
    fprintf(stderr, "roost: %s%s: %ld: %s%s\n", client->hub, path, reply->status, message,
            reply->status == 401 ? " (roost login)" : "");
}

/* An answer that is no JSON: of a proxy, when the hub behind it is away, or of no hub at all. */
static void refuse_text(struct client *client, const char *path, const struct reply *reply)
{
    client->status = status_of(reply->status);
    if (client->status == CLIENT_UNREACHABLE)
        fprintf(stderr, "roost: %s: %ld; is roostd running behind it?\n", client->hub,
                reply->status);
    else
        fprintf(stderr, "roost: %s%s: the answer is not JSON; is this a Roost hub?\n", client->hub,
                path);
}

/* Under the lock of the session's file. */
static bool save_tokens(struct client *client, const struct reply *reply, bool make_default)
{
    client->status = CLIENT_FAILED;
    return roost_json_get_string(&reply->doc, ROOST_JSON_ROOT, "access_token", client->access,
                                 sizeof client->access) == 0 &&
           roost_json_get_string(&reply->doc, ROOST_JSON_ROOT, "refresh_token", client->refresh,
                                 sizeof client->refresh) == 0 &&
           session_save(client, make_default);
}

static bool keep_tokens(struct client *client, const struct reply *reply, bool make_default)
{
    int lock = session_lock(client->path);
    bool ok = save_tokens(client, reply, make_default);
    session_unlock(lock);
    return ok;
}

bool client_keep_tokens(struct client *client, const struct reply *reply)
{
    return keep_tokens(client, reply, false);
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
              reply.status == 200 && parse(&reply) && save_tokens(client, &reply, false);
    reply_free(&reply);
    return ok;
}

/* Another call renewed it since this one read the file. */
static bool renewed_meanwhile(struct client *client)
{
    static struct session session;
    session_read(client->path, &session);
    const struct session_hub *now = session_find(&session, client->hub);
    bool renewed = now && now->refresh[0] != '\0' && strcmp(now->refresh, client->refresh) != 0;
    if (renewed) {
        memcpy(client->access, now->access, sizeof client->access);
        memcpy(client->refresh, now->refresh, sizeof client->refresh);
    }
    explicit_bzero(&session, sizeof session);
    return renewed;
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

/* Whether a part of the path is "." or "..": what is between would take it out, and ask for
 * something else. */
static bool leads_elsewhere(const char *path)
{
    for (const char *part = path; *part == '/';) {
        size_t len = strcspn(part + 1, "/?");
        if ((len == 1 || len == 2) && strncmp(part + 1, "..", len) == 0)
            return true;
        part += 1 + len;
    }
    return false;
}

bool client_call(struct client *client, const char *method, const char *path, const char *body,
                 struct reply *reply)
{
    if (leads_elsewhere(path)) {
        fprintf(stderr, "roost: %s: \".\" and \"..\" are no device ids\n", path);
        *reply = (struct reply){0};
        client->status = PROGRAM_USAGE;
        return false;
    }
    bool ok = request_once(client, method, path, body, reply);
    if (ok && reply->status == 401 && refresh(client)) {
        reply_free(reply);
        ok = request_once(client, method, path, body, reply);
    }
    if (ok && !parse(reply)) {
        refuse_text(client, path, reply);
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
              keep_tokens(client, &reply, true);
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
    int status = client->status;
    int lock = session_lock(client->path);
    bool forgotten = session_forget(client);
    session_unlock(lock);
    if (!forgotten)
        return false;
    client->status = status;
    return ok;
}

/* ---- the event stream ---- */

struct stream {
    bool (*line)(void *ctx, const char *text);
    void *ctx;
    CURL *curl;
    long status;
    char text[64 * 1024];
    size_t len;
    bool stopped;
};

static size_t split(char *data, size_t size, size_t count, void *ctx)
{
    struct stream *stream = ctx;
    size_t len = size * count;
    curl_easy_getinfo(stream->curl, CURLINFO_RESPONSE_CODE, &stream->status);
    bool refused = stream->status >= 300; /* it is no stream: kept whole */
    for (size_t i = 0; i < len; i++) {
        if (refused || data[i] != '\n') {
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

static void report_stream(struct client *client, const char *path, struct stream *stream)
{
    struct reply reply;
    stream->text[stream->len] = '\0';
    bool json = reply_of_text(&reply, stream->text);
    reply.status = stream->status;
    if (json)
        report(client, path, &reply);
    else
        refuse_text(client, path, &reply);
    reply_free(&reply);
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
    stream->curl = curl;
    headers = curl_slist_append(headers, "Accept: text/event-stream");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, split);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, stream);
    CURLcode rc = curl_easy_perform(curl);
    bool ok =
        rc == CURLE_OK || stream->stopped || (timeout_ms > 0 && rc == CURLE_OPERATION_TIMEDOUT);
    if (!ok)
        unreachable(client, rc);
    else if (stream->status >= 300)
        report_stream(client, path, stream);
    ok = ok && stream->status < 300;
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
