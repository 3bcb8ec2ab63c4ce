/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/settings.h"

#include <ini.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "core/number.h"
#include "host/file.h"
#include "host/secret.h"
#include "hub/settings_check.h"
#include "hub/settings_names.h"
#include "hub/settings_table.h"
#include "hub/settings_value.h"
#include "core/url.h"

/* The longest value is 2047 bytes; the reader's limit holds a name and that. */
enum { FILE_LINE_MAX = 4096 };

struct settings_text {
    struct settings_text *next;
    char text[];
};

/* Where a row's value came from, for messages. */
struct origin {
    const char *text; /* NULL: not set, the default counts */
    int line;         /* of the file; 0: environment */
};

struct load {
    struct settings *settings;
    struct origin *origins; /* one per row */
    const char *path;
    char *why;
    size_t why_size;
    int err;
};

const char *settings_keep(struct settings *settings, const char *text)
{
    size_t len = strlen(text);
    struct settings_text *kept = malloc(sizeof *kept + len + 1);

    if (!kept)
        return NULL;
    memcpy(kept->text, text, len + 1);
    kept->next = settings->texts;
    settings->texts = kept;
    return kept->text;
}

static int fail(struct load *load, int err, const char *format, ...)
{
    va_list args;

    if (load->err != 0)
        return load->err; /* the first one is the one to mend first */
    va_start(args, format);
    vsnprintf(load->why, load->why_size, format, args);
    va_end(args);
    load->err = err;
    return err;
}

static void allowed(const struct setting *setting, char *out, size_t size)
{
    int n = 0;

    switch (setting->type) {
    case SETTING_INT:
        snprintf(out, size, "an integer from %.0f to %.0f", setting->min, setting->max);
        break;
    case SETTING_DECIMAL:
        snprintf(out, size, "a number from %g to %g", setting->min, setting->max);
        break;
    case SETTING_BOOL:
        snprintf(out, size, "true or false");
        break;
    case SETTING_CHOICE:
        for (size_t i = 0; setting->choices[i] && n >= 0 && (size_t)n < size; i++)
            n += snprintf(out + n, size - (size_t)n, "%s%s",
                          i == 0                    ? ""
                          : setting->choices[i + 1] ? ", "
                                                    : " or ",
                          setting->choices[i]);
        break;
    case SETTING_TEXT:
    case SETTING_URL:
    case SETTING_SECRET:
    case SETTING_SECRET_FILE:
        snprintf(out, size, "%.0f to %.0f bytes", setting->min, setting->max);
        break;
    }
}

/* A line of a log stays a line: what cannot be seen is shown as '?'. */
static void make_visible(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7F)
            *text = '?';
}

/* problem NULL: what is allowed is said. */
static int fail_value(struct load *load, const struct setting *setting, int err,
                      const char *problem)
{
    const struct origin *origin = &load->origins[setting - setting_table];
    char shown[128], range[96], where[128];

    if (setting->type == SETTING_SECRET)
        snprintf(shown, sizeof shown, "***");
    else if (setting->type == SETTING_URL)
        roost_url_mask(shown, sizeof shown, origin->text);
    else
        snprintf(shown, sizeof shown, "%.100s", origin->text);
    if (origin->line > 0)
        snprintf(where, sizeof where, "%.100s:%d", load->path, origin->line);
    else
        snprintf(where, sizeof where, "environment");
    make_visible(shown);
    allowed(setting, range, sizeof range);
    return fail(load, err, "%s = \"%s\" (%s) is not allowed: %s", setting->name, shown, where,
                problem ? problem : range);
}

static int parse_bool(const char *text, bool *out)
{
    static const char *const words[][2] = {
        {"false", "true"}, {"no", "yes"}, {"off", "on"}, {"0", "1"}};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        for (int value = 0; value < 2; value++) {
            if (strcmp(text, words[i][value]) == 0) {
                *out = value == 1;
                return 0;
            }
        }
    }
    return ROOST_ERR_INVALID;
}

static int parse_choice(const struct setting *setting, const char *text, int *out)
{
    for (int i = 0; setting->choices[i]; i++) {
        if (strcmp(text, setting->choices[i]) == 0) {
            *out = i;
            return 0;
        }
    }
    return ROOST_ERR_INVALID;
}

static int parse_int(const struct setting *setting, const char *text, uint32_t *out)
{
    int64_t value;
    int err = roost_parse_int64(text, strlen(text), &value);

    if (err < 0)
        return err;
    if ((double)value < setting->min || (double)value > setting->max)
        return ROOST_ERR_RANGE;
    *out = (uint32_t)value;
    return 0;
}

static int parse_decimal(const struct setting *setting, const char *text, double *out)
{
    int err = roost_parse_double(text, strlen(text), out);

    return err == 0 && (*out < setting->min || *out > setting->max) ? ROOST_ERR_RANGE : err;
}

/* "" is always fine where the default is "": it is how a setting is switched off. */
static int parse_text(struct load *load, const struct setting *setting, const char *text,
                      const char **out)
{
    size_t len = strlen(text);

    if (len > 0 && (double)len < setting->min)
        return ROOST_ERR_RANGE;
    if ((double)len > setting->max)
        return ROOST_ERR_TOO_LONG;
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            return ROOST_ERR_INVALID;
    *out = settings_keep(load->settings, text);
    return *out ? 0 : ROOST_ERR_NO_MEMORY;
}

static int read_secret_file(struct load *load, const struct setting *setting, const char *path,
                            const char **out)
{
    char secret[SECRET_FILE_MAX + 1];

    if ((*out)[0] != '\0')
        return fail(load, ROOST_ERR_INVALID, "%s: the secret is set directly as well, set one",
                    setting->name);
    int len = secret_read(path, secret, sizeof secret);
    if (len < 0)
        return fail(load, len, "%s = \"%s\": %s", setting->name, path, secret_problem(len));
    const char *slip = settings_value_slip(secret, true);
    if (slip)
        return fail(load, ROOST_ERR_INVALID, "%s = \"%s\": the first line of the file has %s",
                    setting->name, path, slip);
    if (len < setting->min || len > setting->max)
        return fail(load, ROOST_ERR_RANGE,
                    "%s = \"%s\": the secret has %d bytes, %.0f to %.0f are "
                    "allowed",
                    setting->name, path, len, setting->min, setting->max);
    *out = settings_keep(load->settings, secret);
    return *out ? 0 : ROOST_ERR_NO_MEMORY;
}

static int apply(struct load *load, const struct setting *setting, const char *text)
{
    void *member = (char *)load->settings + setting->offset;

    switch (setting->type) {
    case SETTING_INT:
        return parse_int(setting, text, member);
    case SETTING_DECIMAL:
        return parse_decimal(setting, text, member);
    case SETTING_CHOICE:
        return parse_choice(setting, text, member);
    case SETTING_BOOL:
        return parse_bool(text, member);
    case SETTING_TEXT:
    case SETTING_URL:
    case SETTING_SECRET:
        return parse_text(load, setting, text, member);
    case SETTING_SECRET_FILE:
        return text[0] == '\0' ? 0 : read_secret_file(load, setting, text, member);
    }
    return ROOST_ERR_INTERNAL;
}

static int apply_all(struct load *load)
{
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting *setting = &setting_table[i];
        const char *text = load->origins[i].text ? load->origins[i].text : setting->initial;
        const char *slip = settings_value_slip(text, setting->type == SETTING_SECRET);
        if (slip)
            return fail_value(load, setting, ROOST_ERR_INVALID, slip);
        int err = apply(load, setting, text);
        if (err == ROOST_ERR_NO_MEMORY)
            return fail(load, err, "%s: out of memory", setting->name);
        if (err < 0)
            return fail_value(load, setting, err, NULL);
    }
    return 0;
}

static const struct setting *find(const char *name, size_t len)
{
    for (size_t i = 0; i < setting_count; i++)
        if (strlen(setting_table[i].name) == len && memcmp(setting_table[i].name, name, len) == 0)
            return &setting_table[i];
    return NULL;
}

static int set(struct load *load, const struct setting *setting, const char *text, int line)
{
    struct origin *origin = &load->origins[setting - setting_table];

    origin->text = settings_keep(load->settings, text);
    origin->line = line;
    return origin->text ? 0 : fail(load, ROOST_ERR_NO_MEMORY, "out of memory");
}

/* A line of the file. The file may serve the other programs too: their sections are theirs. inih
 * has no line number to give here, so that lines are looked up again for the message. */
struct file_reader {
    struct load *load;
    int line;
};

static int file_line(void *user, const char *section, const char *name, const char *value)
{
    struct file_reader *reader = user;
    struct load *load = reader->load;

    if (strncmp(section, "roost-", 6) == 0)
        return 1;
    if (section[0] != '\0' && strcmp(section, "roost") != 0 && strcmp(section, "roostd") != 0)
        return fail(load, ROOST_ERR_INVALID,
                    "%s:%d: unknown section [%s]; [roost], [roostd] or none", load->path,
                    reader->line, section) == 0;
    const struct setting *setting = find(name, strlen(name));
    if (!setting)
        return fail(load, ROOST_ERR_INVALID, "%s:%d: unknown setting %s", load->path, reader->line,
                    name) == 0;
    if (load->origins[setting - setting_table].text)
        return fail(load, ROOST_ERR_INVALID, "%s:%d: %s is set twice", load->path, reader->line,
                    name) == 0;
    return set(load, setting, value, reader->line) == 0;
}

struct file_stream {
    FILE *file;
    struct file_reader reader;
};

/* inih's reader: one line a call; counts them for the messages. */
static char *next_line(char *out, int size, void *stream)
{
    struct file_stream *s = stream;
    char *line = fgets(out, size, s->file);

    if (line && strlen(line) + 1 == (size_t)size && !strchr(line, '\n'))
        fail(s->reader.load, ROOST_ERR_TOO_LONG, "%s:%d: line longer than %d bytes",
             s->reader.load->path, s->reader.line + 1, size - 2);
    if (s->reader.load->err != 0)
        return NULL;
    s->reader.line++;
    return line;
}

static int read_file(struct load *load, const char *path)
{
    load->path = path ? path : SETTINGS_FILE;
    if (!path && access(load->path, F_OK) != 0)
        return 0;
    struct why why;
    int fd = file_open(load->path, &why);
    if (fd < 0)
        return fail(load, fd, "%s", why.text);
    struct file_stream stream = {.file = fdopen(fd, "r"), .reader = {.load = load}};
    if (!stream.file) {
        close(fd);
        return fail(load, ROOST_ERR_NO_MEMORY, "%s: out of memory", load->path);
    }
    ini_use_stack = false;
    ini_max_line = FILE_LINE_MAX;
    ini_initial_alloc = FILE_LINE_MAX;
    ini_allow_multiline = false;
    ini_allow_inline_comments = false; /* a ';' belongs to the password it stands in */
    int line = ini_parse_stream((ini_reader)next_line, &stream, file_line, &stream.reader);
    if (ferror(stream.file))
        fail(load, ROOST_ERR_IO, "%s: cannot be read", load->path);
    fclose(stream.file);
    if (line > 0)
        fail(load, ROOST_ERR_INVALID, "%s:%d: not a line of the form NAME = value", load->path,
             line);
    else if (line < 0)
        fail(load, ROOST_ERR_NO_MEMORY, "%s: out of memory", load->path);
    return load->err;
}

/* A variable that is no setting: an error when one is meant, noted when it could be. */
static int judge_name(struct load *load, const char *name, size_t len, char *unknown, size_t size)
{
    const char *near = "";
    size_t used = strlen(unknown);

    switch (settings_name_judge(name, len, &near)) {
    case SETTINGS_NAME_MISSPELT:
        return fail(load, ROOST_ERR_INVALID,
                    "%.*s (environment) is no setting; %s is; --help-config lists all", (int)len,
                    name, near);
    case SETTINGS_NAME_UNKNOWN:
        if (used + len + 3 <= size)
            snprintf(unknown + used, size - used, "%s%.*s", used > 0 ? ", " : "", (int)len, name);
        break;
    case SETTINGS_NAME_FOREIGN:
        break;
    }
    return 0;
}

static int read_environment(struct load *load, char *const *environment)
{
    char unknown[256] = "";

    for (; environment && *environment; environment++) {
        const char *equals = strchr(*environment, '=');
        if (!equals)
            continue;
        size_t len = (size_t)(equals - *environment);
        const struct setting *setting = find(*environment, len);
        int err = 0;
        if (!setting)
            err = judge_name(load, *environment, len, unknown, sizeof unknown);
        else if (equals[1] != '\0')
            err = set(load, setting, equals + 1, 0);
        if (err < 0)
            return load->err;
    }
    load->settings->unknown_names = settings_keep(load->settings, unknown);
    return load->settings->unknown_names ? 0 : fail(load, ROOST_ERR_NO_MEMORY, "out of memory");
}

static int load_all(struct settings **out, const char *path, char *const *environment, bool keep,
                    char *why, size_t why_size)
{
    struct load load = {.settings = calloc(1, sizeof **out),
                        .origins = calloc(setting_count, sizeof *load.origins),
                        .why = why,
                        .why_size = why_size};

    if (!load.settings || !load.origins)
        fail(&load, ROOST_ERR_NO_MEMORY, "out of memory");
    if (load.err == 0 && read_file(&load, path) == 0 && read_environment(&load, environment) == 0 &&
        apply_all(&load) == 0)
        load.err = settings_check(load.settings, keep, why, why_size);
    free(load.origins);
    if (load.err != 0) {
        settings_free(load.settings);
        return load.err;
    }
    *out = load.settings;
    return 0;
}

int settings_load(struct settings **out, const char *path, char *const *environment, char *why,
                  size_t why_size)
{
    return load_all(out, path, environment, true, why, why_size);
}

int settings_examine(struct settings **out, const char *path, char *const *environment, char *why,
                     size_t why_size)
{
    return load_all(out, path, environment, false, why, why_size);
}

void settings_free(struct settings *settings)
{
    if (!settings)
        return;
    while (settings->texts) {
        struct settings_text *text = settings->texts;
        settings->texts = text->next;
        explicit_bzero(text->text, strlen(text->text));
        free(text);
    }
    free(settings);
}

void settings_help(FILE *out)
{
    static const char *const types[] = {
        [SETTING_TEXT] = "text",     [SETTING_INT] = "integer",      [SETTING_DECIMAL] = "decimal",
        [SETTING_CHOICE] = "choice", [SETTING_BOOL] = "boolean",     [SETTING_URL] = "URL",
        [SETTING_SECRET] = "secret", [SETTING_SECRET_FILE] = "file",
    };
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting *setting = &setting_table[i];
        char range[96];
        allowed(setting, range, sizeof range);
        fprintf(out, "%s\n    type:    %s\n    default: %s\n    allowed: %s\n    %s\n",
                setting->name, types[setting->type],
                setting->initial[0] ? setting->initial : "(none)", range, setting->help);
    }
}
