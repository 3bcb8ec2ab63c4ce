/* SPDX-License-Identifier: Apache-2.0 */
#include "ml/labels.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "core/err.h"
#include "core/json_read.h"
#include "core/json_write.h"
#include "ml/file.h"

#define FILE_NAME "labels.jsonl"

enum { FILE_MAX = 2 * (ML_LABELS_MAX + 1) * ML_LABEL_LINE_MAX, TOKENS = 32 };

struct ml_labels {
    char path[ML_PATH_MAX];
    int fd;
    off_t end; /* length of the whole lines */
    size_t count;
};

static int write_line(char *out, size_t size, const struct ml_label *label)
{
    struct roost_json_writer w;
    roost_json_begin(&w, out, size);
    roost_json_object(&w);
    roost_json_put_int(&w, "ts", label->unix_ms);
    roost_json_put_str(&w, "device_id", label->device_id);
    roost_json_put_double(&w, "temperature", label->features.temperature_degc, 3);
    roost_json_put_double(&w, "humidity", label->features.humidity_pct, 3);
    roost_json_put_double(&w, "sound_volume", label->features.sound_volume_dbfs, 3);
    roost_json_put_double(&w, "position", label->position_pct, 3);
    roost_json_end(&w);
    return roost_json_finish(&w);
}

static int read_line(struct ml_label *label, const char *line, size_t len)
{
    struct roost_json doc;
    struct roost_json_token tokens[TOKENS];
    struct roost_features *features = &label->features;
    int err = roost_json_parse(&doc, tokens, TOKENS, line, len);
    if (!err)
        err = roost_json_get_int64(&doc, ROOST_JSON_ROOT, "ts", &label->unix_ms);
    if (!err)
        err = roost_json_get_string(&doc, ROOST_JSON_ROOT, "device_id", label->device_id,
                                    sizeof label->device_id);
    if (!err)
        err = roost_json_get_double(&doc, ROOST_JSON_ROOT, "temperature",
                                    &features->temperature_degc);
    if (!err)
        err = roost_json_get_double(&doc, ROOST_JSON_ROOT, "humidity", &features->humidity_pct);
    if (!err)
        err = roost_json_get_double(&doc, ROOST_JSON_ROOT, "sound_volume",
                                    &features->sound_volume_dbfs);
    if (!err)
        err = roost_json_get_double(&doc, ROOST_JSON_ROOT, "position", &label->position_pct);
    if (!err && !(label->position_pct >= 0.0 && label->position_pct <= 100.0))
        err = ROOST_ERR_RANGE;
    return err;
}

static size_t count_lines(const char *text, size_t len)
{
    size_t lines = 0;
    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    return lines;
}

/* Counts the lines and cuts off what stands behind the last of them. */
static int repair(struct ml_labels *labels)
{
    char *text;
    size_t len;
    int err = ml_file_read(labels->path, FILE_MAX, &text, &len);
    if (err)
        return err == ROOST_ERR_TOO_LONG ? ROOST_ERR_CORRUPT : err;
    labels->count = count_lines(text, len);
    while (len > 0 && text[len - 1] != '\n')
        len--;
    labels->end = (off_t)len;
    free(text);
    return ftruncate(labels->fd, labels->end) == 0 ? 0 : ROOST_ERR_IO;
}

int ml_labels_open(struct ml_labels **labels, const char *dir)
{
    struct ml_labels *opened = calloc(1, sizeof *opened);
    if (!opened)
        return ROOST_ERR_NO_MEMORY;
    opened->fd = -1;
    int err = ml_path_join(opened->path, dir, FILE_NAME);
    if (!err) {
        opened->fd = open(opened->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        err = opened->fd >= 0   ? ml_file_sync(dir)
              : errno == ENOSPC ? ROOST_ERR_NO_SPACE
                                : ROOST_ERR_IO;
    }
    if (!err)
        err = repair(opened);
    if (err) {
        ml_labels_close(opened);
        return err;
    }
    *labels = opened;
    return 0;
}

void ml_labels_close(struct ml_labels *labels)
{
    if (!labels)
        return;
    if (labels->fd >= 0)
        close(labels->fd);
    free(labels);
}

/* The newest ML_LABELS_MAX lines become the file. Done at twice as many, so that it is rare: it
 * writes them all again. */
static int compact(struct ml_labels *labels)
{
    char *text;
    size_t len, from = 0;
    int err = ml_file_read(labels->path, FILE_MAX, &text, &len);
    if (err)
        return err;
    for (size_t excess = count_lines(text, len) - ML_LABELS_MAX; excess > 0; from++)
        excess -= text[from] == '\n';
    err = ml_file_replace(labels->path, text + from, len - from);
    free(text);
    if (err)
        return err;
    int fd = open(labels->path, O_RDWR | O_APPEND | O_CLOEXEC);
    if (fd < 0)
        return ROOST_ERR_IO;
    close(labels->fd);
    labels->fd = fd;
    labels->count = ML_LABELS_MAX;
    labels->end = (off_t)(len - from);
    return 0;
}

int ml_labels_append(struct ml_labels *labels, const struct ml_label *label)
{
    char line[ML_LABEL_LINE_MAX];
    int len = write_line(line, sizeof line - 1, label);
    if (len < 0)
        return len;
    line[len++] = '\n';
    if (labels->count >= 2 * ML_LABELS_MAX) {
        int err = compact(labels);
        if (err)
            return err;
    }
    ssize_t written = write(labels->fd, line, (size_t)len);
    if (written == len && fdatasync(labels->fd) == 0) {
        labels->end += len;
        labels->count++;
        return 0;
    }
    /* Half a line would swallow the next one. */
    int err = written < 0 && errno == ENOSPC ? ROOST_ERR_NO_SPACE : ROOST_ERR_IO;
    if (written > 0 && written < len)
        err = ROOST_ERR_NO_SPACE; /* a part of a line fitted */
    return ftruncate(labels->fd, labels->end) == 0 ? err : ROOST_ERR_IO;
}

size_t ml_labels_count(const struct ml_labels *labels)
{
    return labels->count;
}

int ml_labels_read(const char *dir, struct ml_label **all, size_t *count, size_t *damaged)
{
    char path[ML_PATH_MAX];
    char *text;
    size_t len;
    *all = NULL;
    *count = *damaged = 0;
    int err = ml_path_join(path, dir, FILE_NAME);
    if (!err)
        err = ml_file_read(path, FILE_MAX, &text, &len);
    if (err)
        return err == ROOST_ERR_NOT_FOUND ? 0 : err;
    size_t lines = count_lines(text, len);
    size_t skip = lines > ML_LABELS_MAX ? lines - ML_LABELS_MAX : 0;
    struct ml_label *labels = calloc(lines - skip + 1, sizeof *labels);
    if (!labels) {
        free(text);
        return ROOST_ERR_NO_MEMORY;
    }
    const char *line = text;
    for (size_t i = 0; i < lines; i++) {
        const char *end = memchr(line, '\n', len - (size_t)(line - text));
        if (i >= skip && read_line(&labels[*count], line, (size_t)(end - line)) == 0)
            (*count)++;
        else if (i >= skip)
            (*damaged)++;
        line = end + 1;
    }
    free(text);
    *all = labels;
    return 0;
}
