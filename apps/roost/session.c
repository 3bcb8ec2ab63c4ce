/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"
#include "core/json_read.h"
#include "core/json_write.h"
#include "host/file.h"

enum { TEXT_MAX = SESSION_HUBS_MAX * 2 * (int)sizeof(struct session_hub), TOKENS = 256 };

void session_path(char *out, size_t size)
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

/* ---- the list ---- */

static size_t trimmed(const char *hub)
{
    size_t len = strlen(hub);
    while (len > 0 && hub[len - 1] == '/')
        len--;
    return len;
}

struct session_hub *session_find(struct session *session, const char *hub)
{
    size_t len = trimmed(hub);
    for (size_t i = 0; i < session->count; i++)
        if (strlen(session->hubs[i].hub) == len && memcmp(session->hubs[i].hub, hub, len) == 0)
            return &session->hubs[i];
    return NULL;
}

/* Moves the others up and the one to the front. */
static struct session_hub *to_front(struct session *session, struct session_hub *hub)
{
    struct session_hub first = *hub;
    memmove(session->hubs + 1, session->hubs, (size_t)(hub - session->hubs) * sizeof *hub);
    session->hubs[0] = first;
    return session->hubs;
}

struct session_hub *session_put(struct session *session, const char *hub, bool make_default)
{
    struct session_hub *found = session_find(session, hub);
    if (!found) {
        if (session->count == SESSION_HUBS_MAX)
            session->count--;
        found = &session->hubs[session->count++];
        *found = (struct session_hub){.hub = ""};
        snprintf(found->hub, sizeof found->hub, "%.*s", (int)trimmed(hub), hub);
    }
    return make_default ? to_front(session, found) : found;
}

void session_remove(struct session *session, const char *hub)
{
    struct session_hub *found = session_find(session, hub);
    if (!found)
        return;
    size_t behind = session->count - (size_t)(found - session->hubs) - 1;
    memmove(found, found + 1, behind * sizeof *found);
    session->count--;
}

/* ---- the file ---- */

static void read_hub(const struct roost_json *doc, int object, struct session *session)
{
    char name[SESSION_HUB_MAX + 1];
    if (roost_json_type(doc, object) != ROOST_JSON_OBJECT || session->count == SESSION_HUBS_MAX ||
        roost_json_get_string(doc, object, "hub", name, sizeof name) != 0)
        return;
    struct session_hub *hub = session_put(session, name, false);
    roost_json_get_string(doc, object, "access_token", hub->access, sizeof hub->access);
    roost_json_get_string(doc, object, "refresh_token", hub->refresh, sizeof hub->refresh);
}

void session_read(const char *path, struct session *session)
{
    char *text;
    size_t len;
    struct why why;
    struct roost_json doc;
    struct roost_json_token tokens[TOKENS];
    *session = (struct session){.count = 0};
    if (file_read(&text, &len, path, TEXT_MAX, &why) != 0)
        return;
    if (roost_json_parse(&doc, tokens, TOKENS, text, len) == 0) {
        int others = roost_json_find(&doc, ROOST_JSON_ROOT, "others");
        read_hub(&doc, ROOST_JSON_ROOT, session);
        for (size_t i = 0; others >= 0 && i < roost_json_size(&doc, others); i++)
            read_hub(&doc, roost_json_at(&doc, others, i), session);
    }
    explicit_bzero(text, len);
    free(text);
}

static bool make_parents(const char *path)
{
    char part[SESSION_PATH_MAX];
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        bool made = mkdir(part, 0700) == 0 || errno == EEXIST;
        *slash = '/';
        if (!made)
            return false;
    }
    return true;
}

static void write_hub(struct roost_json_writer *w, const struct session_hub *hub)
{
    roost_json_put_str(w, "hub", hub->hub);
    roost_json_put_str(w, "access_token", hub->access);
    roost_json_put_str(w, "refresh_token", hub->refresh);
}

static int write_text(const struct session *session, char *text)
{
    struct roost_json_writer w;
    roost_json_begin(&w, text, TEXT_MAX);
    roost_json_object(&w);
    write_hub(&w, &session->hubs[0]);
    if (session->count > 1)
        roost_json_put_array(&w, "others");
    for (size_t i = 1; i < session->count; i++) {
        roost_json_object(&w);
        write_hub(&w, &session->hubs[i]);
        roost_json_end(&w);
    }
    if (session->count > 1)
        roost_json_end(&w);
    roost_json_end(&w);
    return roost_json_finish(&w);
}

int session_write(const char *path, const struct session *session, struct why *why)
{
    if (session->count == 0)
        return unlink(path) == 0 || errno == ENOENT
                   ? 0
                   : why_not(why, ROOST_ERR_IO, "%s: %s", path, strerror(errno));
    if (!make_parents(path))
        return why_not(why, ROOST_ERR_IO, "%s: %s", path, strerror(errno));
    char *text = malloc(TEXT_MAX);
    int len = text ? write_text(session, text) : ROOST_ERR_NO_MEMORY;
    int err = len < 0 ? why_not(why, len, "%s: %s", path, roost_err_text(len))
                      : file_write(path, text, (size_t)len, 0600, why);
    if (text)
        explicit_bzero(text, TEXT_MAX);
    free(text);
    return err;
}
