/* SPDX-License-Identifier: Apache-2.0 */
#include "ml/metadata.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/datetime.h"
#include "core/err.h"
#include "core/json_read.h"
#include "core/json_write.h"
#include "core/number.h"

enum { TOKENS = 160, DECIMALS = 4, TARGET_DECIMALS = 6 };

__attribute__((format(printf, 3, 4))) static int refuse(char *why, int err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why, ML_WHY_MAX, format, args);
    va_end(args);
    return err;
}

int ml_version_check(const char *version)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "._-";
    size_t len = strlen(version);
    if (len == 0 || version[0] == '.' || strspn(version, allowed) != len)
        return ROOST_ERR_INVALID;
    return len > ROOST_VERSION_MAX ? ROOST_ERR_TOO_LONG : 0;
}

static int check_format(const struct roost_json *doc, char *why)
{
    int64_t format;
    int err = roost_json_get_int64(doc, ROOST_JSON_ROOT, "format", &format);
    if (err)
        return refuse(why, err, "metadata: \"format\" is missing or no number");
    if (format != ML_FORMAT)
        return refuse(why, ROOST_ERR_UNSUPPORTED,
                      "metadata: format %lld, this program reads format %d", (long long)format,
                      ML_FORMAT);
    return 0;
}

static int parse_identity(struct ml_metadata *metadata, const struct roost_json *doc, char *why)
{
    char trained_at[64];
    int err = roost_json_get_string(doc, ROOST_JSON_ROOT, "version", metadata->version,
                                    sizeof metadata->version);
    if (err || (err = ml_version_check(metadata->version)))
        return refuse(why, err, "metadata: \"version\" is missing or not 1 to %d of [A-Za-z0-9._-]",
                      ROOST_VERSION_MAX);
    int parent = roost_json_find(doc, ROOST_JSON_ROOT, "parent");
    if (parent >= 0 && roost_json_type(doc, parent) != ROOST_JSON_NULL) {
        err = roost_json_string(doc, parent, metadata->parent, sizeof metadata->parent);
        if (err || (err = ml_version_check(metadata->parent)))
            return refuse(why, err, "metadata: \"parent\" is no version");
    }
    err = roost_json_get_string(doc, ROOST_JSON_ROOT, "trained_at", trained_at, sizeof trained_at);
    if (err || (err = roost_datetime_parse(trained_at, strlen(trained_at), &metadata->trained_ms)))
        return refuse(why, err, "metadata: \"trained_at\" is missing or no RFC 3339 time");
    err = roost_json_get_uint64(doc, ROOST_JSON_ROOT, "seed", &metadata->seed);
    if (err)
        return refuse(why, err, "metadata: \"seed\" is missing or no whole number");
    err = roost_json_get_string(doc, ROOST_JSON_ROOT, "sha256", metadata->sha256,
                                sizeof metadata->sha256);
    if (err || strspn(metadata->sha256, "0123456789abcdef") != ML_SHA256_HEX)
        return refuse(why, ROOST_ERR_INVALID,
                      "metadata: \"sha256\" is missing or not %d hex digits", ML_SHA256_HEX);
    return 0;
}

/* The array's text is shown as it stands: the reader sees at once which order the model has. */
static int check_order(const struct roost_json *doc, char *why)
{
    int array = roost_json_find(doc, ROOST_JSON_ROOT, "features");
    if (array < 0 || roost_json_type(doc, array) != ROOST_JSON_ARRAY)
        return refuse(why, ROOST_ERR_NOT_FOUND, "metadata: \"features\" is missing or no list");
    bool same = roost_json_size(doc, array) == ML_FEATURES;
    for (size_t i = 0; same && i < ML_FEATURES; i++) {
        char name[32];
        int err = roost_json_string(doc, roost_json_at(doc, array, i), name, sizeof name);
        same = err == 0 && strcmp(name, ml_feature_names[i]) == 0;
    }
    if (same)
        return 0;
    size_t len;
    const char *text = roost_json_text(doc, array, &len);
    return refuse(why, ROOST_ERR_INVALID,
                  "feature order is %.*s, this program gives [\"%s\",\"%s\",\"%s\"]",
                  (int)(len > 120 ? 120 : len), text, ml_feature_names[0], ml_feature_names[1],
                  ml_feature_names[2]);
}

static int parse_scaling(struct ml_scaling *scaling, const struct roost_json *doc, char *why)
{
    int percentiles = roost_json_find(doc, ROOST_JSON_ROOT, "percentiles");
    for (size_t i = 0; i < ML_FEATURES; i++) {
        const char *name = ml_feature_names[i];
        int pair = percentiles < 0 ? percentiles : roost_json_find(doc, percentiles, name);
        int err = pair < 0 ? pair : roost_json_get_double(doc, pair, "p10", &scaling->p10[i]);
        if (!err)
            err = roost_json_get_double(doc, pair, "p90", &scaling->p90[i]);
        if (err)
            return refuse(why, err, "metadata: \"percentiles\" of %s are missing or no numbers",
                          name);
        if (scaling->p10[i] >= scaling->p90[i])
            return refuse(why, ROOST_ERR_RANGE,
                          "percentiles of %s are not ascending: p10 %.4f, p90 %.4f", name,
                          scaling->p10[i], scaling->p90[i]);
    }
    return 0;
}

static void parse_score(struct ml_score *score, const struct roost_json *doc, const char *name)
{
    int metrics = roost_json_find(doc, ROOST_JSON_ROOT, "metrics");
    int object = metrics < 0 ? metrics : roost_json_find(doc, metrics, name);
    if (object < 0)
        return; /* for people to read: nothing here depends on it */
    (void)roost_json_get_double(doc, object, "rows", &score->rows);
    (void)roost_json_get_double(doc, object, "mae", &score->mae_pct);
    (void)roost_json_get_double(doc, object, "nll", &score->nll);
}

static int parse_numbers(double *out, size_t count, const struct roost_json *doc, const char *name,
                         char *why)
{
    int array = roost_json_find(doc, ROOST_JSON_ROOT, name);
    bool good = array >= 0 && roost_json_type(doc, array) == ROOST_JSON_ARRAY &&
                roost_json_size(doc, array) == count;
    for (size_t i = 0; good && i < count; i++) {
        size_t len;
        const char *text = roost_json_text(doc, roost_json_at(doc, array, i), &len);
        good = roost_parse_double(text, len, &out[i]) == 0;
    }
    return good ? 0
                : refuse(why, ROOST_ERR_INVALID, "metadata: \"%s\" is no list of %zu numbers", name,
                         count);
}

static int parse_curve(struct ml_curve *curve, const struct roost_json *doc, char *why)
{
    int err = parse_numbers(curve->knot, ML_CURVE_KNOTS, doc, "confidence", why);
    if (!err && !ml_curve_valid(curve))
        err = refuse(why, ROOST_ERR_RANGE, "metadata: \"confidence\" is not ascending from 0 to 1");
    return err;
}

int ml_metadata_parse(struct ml_metadata *metadata, const char *text, size_t len, char *why)
{
    struct roost_json doc;
    struct roost_json_token tokens[TOKENS];

    *metadata = (struct ml_metadata){0};
    why[0] = '\0';
    int err = roost_json_parse(&doc, tokens, TOKENS, text, len);
    if (!err && roost_json_type(&doc, ROOST_JSON_ROOT) != ROOST_JSON_OBJECT)
        err = ROOST_ERR_INVALID;
    if (err)
        return refuse(why, err, "metadata: no JSON object (%s)", roost_err_text(err));
    if ((err = check_format(&doc, why)) || (err = parse_identity(metadata, &doc, why)) ||
        (err = check_order(&doc, why)) || (err = parse_scaling(&metadata->scaling, &doc, why)) ||
        (err = parse_curve(&metadata->confidence, &doc, why)))
        return err;
    parse_score(&metadata->metrics.base, &doc, "base");
    parse_score(&metadata->metrics.label, &doc, "label");
    metadata->target.scaling = metadata->scaling;
    return parse_numbers(metadata->target.term, ML_TARGET_TERMS, &doc, "target", why);
}

static void put_score(struct roost_json_writer *w, const char *name, const struct ml_score *score)
{
    roost_json_put_object(w, name);
    roost_json_put_double(w, "rows", score->rows, 0);
    roost_json_put_double(w, "mae", score->mae_pct, DECIMALS);
    roost_json_put_double(w, "nll", score->nll, DECIMALS);
    roost_json_end(w);
}

static void put_scaling(struct roost_json_writer *w, const struct ml_scaling *scaling)
{
    roost_json_put_object(w, "percentiles");
    for (size_t i = 0; i < ML_FEATURES; i++) {
        roost_json_put_object(w, ml_feature_names[i]);
        roost_json_put_double(w, "p10", scaling->p10[i], DECIMALS);
        roost_json_put_double(w, "p90", scaling->p90[i], DECIMALS);
        roost_json_end(w);
    }
    roost_json_end(w);
}

static void put_numbers(struct roost_json_writer *w, const char *name, const double *numbers,
                        size_t count, unsigned decimals)
{
    roost_json_put_array(w, name);
    for (size_t i = 0; i < count; i++)
        roost_json_double(w, numbers[i], decimals);
    roost_json_end(w);
}

int ml_metadata_write(char *out, size_t size, const struct ml_metadata *metadata)
{
    struct roost_json_writer w;
    char trained_at[ROOST_DATETIME_LEN + 1];
    roost_datetime_write(trained_at, metadata->trained_ms);

    roost_json_begin(&w, out, size);
    roost_json_object(&w);
    roost_json_put_int(&w, "format", ML_FORMAT);
    roost_json_put_str(&w, "version", metadata->version);
    roost_json_put_str(&w, "parent", metadata->parent[0] ? metadata->parent : NULL);
    roost_json_put_str(&w, "trained_at", trained_at);
    roost_json_put_uint(&w, "seed", metadata->seed);
    roost_json_put_str(&w, "sha256", metadata->sha256);
    roost_json_put_array(&w, "features");
    for (size_t i = 0; i < ML_FEATURES; i++)
        roost_json_str(&w, ml_feature_names[i]);
    roost_json_end(&w);
    put_scaling(&w, &metadata->scaling);
    roost_json_put_object(&w, "metrics");
    put_score(&w, "base", &metadata->metrics.base);
    put_score(&w, "label", &metadata->metrics.label);
    roost_json_end(&w);
    put_numbers(&w, "confidence", metadata->confidence.knot, ML_CURVE_KNOTS, DECIMALS);
    put_numbers(&w, "target", metadata->target.term, ML_TARGET_TERMS, TARGET_DECIMALS);
    roost_json_end(&w);
    return roost_json_finish(&w);
}
