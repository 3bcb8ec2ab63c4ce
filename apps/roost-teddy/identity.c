/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/roost-teddy/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "core/hex.h"
#include "host/file.h"
#include "host/trust.h"
#include "proto/voice/door.h"

enum { CHILD_FILE_MAX = 1024, OWN_SECRET_MIN = 16 };

#define NAME_IN_ENVIRONMENT "-"

static int refuse(int err, char *why, size_t why_size, const char *format, const char *value)
{
    snprintf(why, why_size, format, value);
    return err;
}

static const char *setting(const char *name, const char *otherwise)
{
    const char *value = getenv(name);

    return value && value[0] ? value : otherwise;
}

static const char *of_the_run(char out[IDENTITY_PATH_MAX], const char *file)
{
    snprintf(out, IDENTITY_PATH_MAX, "%s/%s", setting("ROOST_RUN_DIR", IDENTITY_RUN_DIR), file);
    return out;
}

/* ---- the hub ---- */

static int read_hub(struct identity *identity, const struct identity_options *options, char *why,
                    size_t why_size)
{
    char ours[IDENTITY_HUB_MAX + 1];
    const char *hub = options->hub ? options->hub : ours;

    snprintf(ours, sizeof ours, "ws://127.0.0.1:%.5s",
             setting("ROOST_HTTP_PORT", IDENTITY_HTTP_PORT));
    bool secure = strncmp(hub, "wss://", 6) == 0;
    if ((!secure && strncmp(hub, "ws://", 5) != 0) ||
        snprintf(identity->hub, sizeof identity->hub, "%s", hub) > IDENTITY_HUB_MAX)
        return refuse(ROOST_ERR_INVALID, why, why_size,
                      "--hub %s: allowed is ws://HOST:PORT or wss://HOST:PORT", hub);
    if (options->ca_file && !secure)
        return refuse(ROOST_ERR_INVALID, why, why_size, "--ca %s: needs a hub with wss://",
                      options->ca_file);
    return options->ca_file ? trust_ca_check("--ca", options->ca_file, why, why_size) : 0;
}

/* ---- the key ---- */

static int own_key(struct identity *identity, const char *path, char *why, size_t why_size)
{
    char digits[SECRET_FILE_MAX];
    int len = secret_read(path, digits, sizeof digits);
    bool good = len >= 2 * OWN_SECRET_MIN && len % 2 == 0 &&
                roost_hex_read((uint8_t *)identity->key, digits, (size_t)len / 2);

    explicit_bzero(digits, sizeof digits);
    if (len < 0)
        return refuse(len, why, why_size, "--own-secret-file %s: cannot be read", path);
    if (!good)
        return refuse(ROOST_ERR_INVALID, why, why_size,
                      "--own-secret-file %s: allowed is a first line of 32 hexadecimal digits or "
                      "more, as on its label",
                      path);
    identity->key_len = (size_t)len / 2;
    return 0;
}

static int read_key(struct identity *identity, const struct identity_options *options, char *why,
                    size_t why_size)
{
    char ours[IDENTITY_PATH_MAX];
    const char *path =
        options->secret_file ? options->secret_file : of_the_run(ours, IDENTITY_SECRET_FILE);

    if (options->own_secret_file)
        return own_key(identity, options->own_secret_file, why, why_size);
    int len = secret_read(path, identity->key, sizeof identity->key);
    if (len == ROOST_ERR_NOT_FOUND && !options->secret_file)
        return refuse(
            len, why, why_size,
            "--secret-file FILE: is required where there is no %s, which `make run` makes", path);
    if (len < 0) {
        snprintf(why, why_size, "--secret-file %s: %s", path, roost_err_text(len));
        return len;
    }
    identity->key_len = (size_t)len;
    return 0;
}

/* ---- the child ---- */

static int take(char *out, size_t size, const char *value, size_t len)
{
    if (len >= size)
        return ROOST_ERR_TOO_LONG;
    memcpy(out, value, len);
    out[len] = '\0';
    return 0;
}

static int take_line(struct identity *identity, const char *line, size_t len)
{
    const char *equals = memchr(line, '=', len);
    size_t key_len = equals ? (size_t)(equals - line) : 0;
    const char *value = line + key_len + 1;

    if (!equals)
        return len == 0 || line[0] == '#' ? 0 : ROOST_ERR_INVALID;
    size_t value_len = len - key_len - 1;
    if (key_len == 2 && memcmp(line, "id", 2) == 0)
        return take(identity->child_id, sizeof identity->child_id, value, value_len);
    if (key_len == 4 && memcmp(line, "name", 4) == 0)
        return take(identity->child_name, sizeof identity->child_name, value, value_len);
    if (key_len == 3 && memcmp(line, "age", 3) == 0)
        return take(identity->child_age, sizeof identity->child_age, value, value_len);
    return ROOST_ERR_INVALID;
}

static int read_child_file(struct identity *identity, const char *path, char *why, size_t why_size)
{
    struct why file_why = {.text = ""};
    char *text;
    size_t len;
    int err = file_read(&text, &len, path, CHILD_FILE_MAX, &file_why);

    if (err)
        return refuse(err, why, why_size, "--child-file: %s", file_why.text);
    for (const char *line = text; *line && !err;) {
        size_t line_len = strcspn(line, "\r\n");
        err = take_line(identity, line, line_len);
        line += line_len;
        line += strspn(line, "\r\n");
    }
    explicit_bzero(text, len);
    free(text);
    return err ? refuse(err, why, why_size,
                        "--child-file %s: allowed are lines id=ID, name=NAME, age=AGE, no longer "
                        "than these may be",
                        path)
               : 0;
}

/* Moves the name from the arguments to where nobody looks. */
static int take_name(struct identity *identity, char *given)
{
    const char *kept = getenv(IDENTITY_NAME_KEPT);
    int err = 0;

    if (given && strcmp(given, NAME_IN_ENVIRONMENT) != 0) {
        size_t len = strlen(given);
        err = take(identity->child_name, sizeof identity->child_name, given, len);
        if (!err && setenv(IDENTITY_NAME_KEPT, given, 1))
            err = ROOST_ERR_NO_MEMORY;
        explicit_bzero(given, len);
        if (len > 0)
            given[0] = NAME_IN_ENVIRONMENT[0];
    } else if (kept) {
        err = take(identity->child_name, sizeof identity->child_name, kept, strlen(kept));
    }
    return err;
}

static int read_child(struct identity *identity, const struct identity_options *options, char *why,
                      size_t why_size)
{
    char ours[IDENTITY_PATH_MAX];
    const char *path = options->child_file;
    int err = 0;

    (void)of_the_run(ours, IDENTITY_CHILD_FILE);
    if (!options->child_id && !path && access(ours, R_OK) == 0)
        path = ours;
    if (path)
        err = read_child_file(identity, path, why, why_size);
    /* Also where the file is no good: it must not stay in the list of processes. */
    int name_err = take_name(identity, options->child_name);
    if (err)
        return err;
    if (name_err)
        return refuse(name_err, why, why_size, "--child-name: %s", roost_err_text(name_err));
    if (options->child_id && take(identity->child_id, sizeof identity->child_id, options->child_id,
                                  strlen(options->child_id)))
        return refuse(ROOST_ERR_TOO_LONG, why, why_size, "--child-id: %s",
                      roost_err_text(ROOST_ERR_TOO_LONG));
    if (options->child_age && take(identity->child_age, sizeof identity->child_age,
                                   options->child_age, strlen(options->child_age)))
        return refuse(ROOST_ERR_RANGE, why, why_size, "--child-age: %s",
                      roost_err_text(ROOST_ERR_RANGE));
    if (!path && !options->child_id)
        return refuse(ROOST_ERR_INVALID, why, why_size,
                      "--child-id ID or --child-file FILE: is required where there is no %s, which "
                      "`make run` makes",
                      ours);
    return 0;
}

/* As the hub looks at it: what it would refuse for ever is refused here, with its reason. */
static int check_door(const struct identity *identity, const char *device_id, char *why,
                      size_t why_size)
{
    char token[VOICE_TOKEN_CHARS + 1];
    const struct voice_door door = {.device_id = device_id,
                                    .child_id = identity->child_id,
                                    .child_name = identity->child_name,
                                    .child_age = identity->child_age,
                                    .token = token};
    const char *reason = NULL;
    unsigned age;

    memset(token, '0', VOICE_TOKEN_CHARS);
    token[VOICE_TOKEN_CHARS] = '\0';
    int err = voice_door_check(&door, &age, &reason);
    return err ? refuse(err, why, why_size, "%s", reason) : 0;
}

int identity_read(struct identity *identity, const struct identity_options *options,
                  const char *device_id, char *why, size_t why_size)
{
    *identity = (struct identity){0};
    int err = read_child(identity, options, why, why_size);
    if (!err)
        err = read_hub(identity, options, why, why_size);
    if (!err)
        err = read_key(identity, options, why, why_size);
    if (!err)
        err = check_door(identity, device_id, why, why_size);
    if (err)
        identity_forget(identity);
    return err;
}

void identity_forget(struct identity *identity)
{
    explicit_bzero(identity, sizeof *identity);
}
