/* SPDX-License-Identifier: Apache-2.0 */
#include "import.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/factory/batch.h"
#include "passwords.h"

/* The file's text, malloc'ed; NULL after a line on stderr. */
static char *read_file(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = file ? malloc(FACTORY_FILE_MAX + 2) : NULL;

    if (!text) {
        fprintf(stderr, "roost: %s: %s\n", path, strerror(errno));
        if (file)
            fclose(file);
        return NULL;
    }
    size_t len = fread(text, 1, FACTORY_FILE_MAX + 1, file);
    bool failed = ferror(file) != 0;
    fclose(file);
    if (!failed && len <= FACTORY_FILE_MAX) {
        text[len] = '\0';
        return text;
    }
    if (failed)
        fprintf(stderr, "roost: %s: cannot be read\n", path);
    else
        fprintf(stderr, "roost: %s: longer than %d bytes; a batch has at most %d devices\n", path,
                FACTORY_FILE_MAX, FACTORY_DEVICES_MAX);
    free(text);
    return NULL;
}

static void print_result(const struct roost_json *doc)
{
    char batch[80] = "", product[32] = "";
    uint64_t imported = 0, unchanged = 0;

    roost_json_get_string(doc, ROOST_JSON_ROOT, "batch", batch, sizeof batch);
    roost_json_get_string(doc, ROOST_JSON_ROOT, "product", product, sizeof product);
    roost_json_get_uint64(doc, ROOST_JSON_ROOT, "imported", &imported);
    roost_json_get_uint64(doc, ROOST_JSON_ROOT, "unchanged", &unchanged);
    printf("batch %s (%s): %" PRIu64 " imported, %" PRIu64 " there already\n", batch, product,
           imported, unchanged);
}

/* The hub has verified the text: what is missing in it here is a fault of the program. */
static size_t read_lines(const struct roost_json *doc, int devices, struct password_line *lines)
{
    size_t count = roost_json_size(doc, devices);

    for (size_t i = 0; i < count; i++) {
        int device = roost_json_at(doc, devices, i);
        if (roost_json_get_string(doc, device, "broker_user", lines[i].user,
                                  sizeof lines[i].user) != 0 ||
            roost_json_get_string(doc, device, "broker_password_hash", lines[i].hash,
                                  sizeof lines[i].hash) != 0)
            return 0;
    }
    return count;
}

static int put_passwords(const char *text, const char *path, FILE *out)
{
    size_t len = strlen(text), token_count = len / 2 + 8;
    struct roost_json_token *tokens = calloc(token_count, sizeof *tokens);
    struct password_line *lines = calloc(FACTORY_DEVICES_MAX, sizeof *lines);
    struct roost_json doc;
    char why[512] = "the batch cannot be read";
    size_t count = 0;
    int err = -1;

    if (tokens && lines && roost_json_parse(&doc, tokens, token_count, text, len) == 0) {
        int devices = roost_json_find(&doc, ROOST_JSON_ROOT, "devices");
        if (devices >= 0 && roost_json_size(&doc, devices) <= FACTORY_DEVICES_MAX)
            count = read_lines(&doc, devices, lines);
    }
    if (count > 0)
        err = passwords_put(path, lines, count, why, sizeof why);
    free(tokens);
    free(lines);
    if (err != 0) {
        fprintf(stderr, "roost: the batch is imported, but not the broker's users: %s\n", why);
        return 1;
    }
    fprintf(out, "%zu users in %s; the broker reads it again on SIGHUP\n", count, path);
    return 0;
}

int import_batch(struct client *client, const char *path, const char *broker_passwords, bool json)
{
    struct reply reply;
    char *text = read_file(path);

    if (!text)
        return 1;
    int status = client_call(client, "POST", "/api/v1/devices/batch", text, &reply) ? 0 : 1;
    if (status == 0) {
        if (json)
            printf("%.*s\n", (int)reply.len, reply.text);
        else
            print_result(&reply.doc);
        reply_free(&reply);
    }
    /* Once the hub has taken it: that is who verifies the factory's signature. */
    if (status == 0 && broker_passwords)
        status = put_passwords(text, broker_passwords, json ? stderr : stdout);
    /* The devices' secrets are in it. */
    explicit_bzero(text, strlen(text));
    free(text);
    return status;
}
