/* SPDX-License-Identifier: Apache-2.0 */
#include "port/conformance_pki.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "core/datetime.h"
#include "port/conformance_tests.h"

enum { FILES_MAX = 128, NAME_MAX_LEN = 48, COMMAND_MAX = 1024 };

static struct {
    char dir[64];
    int64_t made_ms;
    struct {
        char name[NAME_MAX_LEN];
        char *bytes;
        uint32_t len;
    } files[FILES_MAX];
    size_t count;
} folder;

static void clean_up(void)
{
    char command[COMMAND_MAX];

    for (size_t i = 0; i < folder.count; i++)
        free(folder.files[i].bytes);
    snprintf(command, sizeof command, "rm -rf '%s'", folder.dir);
    if (system(command) != 0)
        fprintf(stderr, "%s is left\n", folder.dir);
}

const char *pki_dir(void)
{
    char command[COMMAND_MAX];

    if (folder.dir[0])
        return folder.dir;
    snprintf(folder.dir, sizeof folder.dir, "/tmp/roost-pki-XXXXXX");
    assert_non_null(mkdtemp(folder.dir));
    atexit(clean_up);
    folder.made_ms = (int64_t)time(NULL) * 1000;
    snprintf(command, sizeof command, "'%s' '%s'", ROOST_PKI_CERTIFICATES, folder.dir);
    if (system(command) != 0)
        fail_msg("%s failed", command);
    return folder.dir;
}

int64_t pki_at_day(int day)
{
    const int64_t hour_ms = 3600 * 1000;

    (void)pki_dir();
    return folder.made_ms + day * 24 * hour_ms + hour_ms;
}

size_t pki_load(const char *name, void *out, size_t size)
{
    char path[sizeof folder.dir + NAME_MAX_LEN + 1];

    snprintf(path, sizeof path, "%s/%s", pki_dir(), name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s is not there", path);
    size_t len = fread(out, 1, size, file);
    assert_true(len < size);
    fclose(file);
    return len;
}

struct roost_pki_text pki_file(const char *name)
{
    for (size_t i = 0; i < folder.count; i++)
        if (strcmp(folder.files[i].name, name) == 0)
            return roost_pki_text(folder.files[i].bytes, folder.files[i].len);
    assert_true(folder.count < FILES_MAX && strlen(name) < NAME_MAX_LEN);
    char *bytes = calloc(1, PKI_FILE_MAX);
    assert_non_null(bytes);
    size_t len = pki_load(name, bytes, PKI_FILE_MAX);
    snprintf(folder.files[folder.count].name, NAME_MAX_LEN, "%s", name);
    folder.files[folder.count].bytes = bytes;
    folder.files[folder.count++].len = (uint32_t)len;
    return roost_pki_text(bytes, len);
}

const char *pki_words(const char *name)
{
    return pki_file(name).bytes;
}

int64_t pki_date(const char *name, const char *which)
{
    const char *at = strstr(pki_words(name), which);
    int64_t ms = 0;

    assert_non_null(at);
    at += strlen(which);
    assert_int_equal(roost_datetime_parse(at, strcspn(at, "\n"), &ms), 0);
    return ms;
}

void pki_spoil_time(uint8_t *der, size_t len, int which)
{
    enum { UTC_TIME = 0x17, UTC_TIME_LEN = 13 };

    for (size_t i = 0; i + 2 + UTC_TIME_LEN < len; i++)
        if (der[i] == UTC_TIME && der[i + 1] == UTC_TIME_LEN && which-- == 0) {
            memset(der + i + 4, '9', 2);
            return;
        }
    fail_msg("no such time");
}

void pki_write(const char *name, const void *bytes, size_t len)
{
    char path[sizeof folder.dir + NAME_MAX_LEN + 1];

    snprintf(path, sizeof path, "%s/%s", pki_dir(), name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

int pki_run(const char *command)
{
    char line[COMMAND_MAX];

    snprintf(line, sizeof line, "cd '%s' && { %s; } >run.log 2>&1", pki_dir(), command);
    int status = system(line);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
