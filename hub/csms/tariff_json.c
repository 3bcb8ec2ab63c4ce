/* SPDX-License-Identifier: Apache-2.0 */
/* Tariffs as JSON: taken from people with errors that name member and limit, written for people,
 * for the store, and beside a transaction. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "hub/csms/rest.h"
#include "hub/csms/tariffs.h"

enum { DAYS = 7, DAY_MIN = 1440 };

static const char *const days[DAYS] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

/* ---- written ---- */

static void write_part(struct roost_json_writer *w, const struct tariff_part *part)
{
    roost_json_object(w);
    roost_json_put_array(w, "days");
    for (int i = 0; i < DAYS; i++)
        if (part->days >> i & 1)
            roost_json_str(w, days[i]);
    roost_json_end(w);
    roost_json_put_int(w, "from_min", part->from_min);
    roost_json_put_int(w, "to_min", part->to_min);
    roost_json_put_int(w, "kwh_milli", part->kwh_milli);
    roost_json_put_int(w, "minute_milli", part->minute_milli);
    roost_json_put_int(w, "idle_milli", part->idle_milli);
    roost_json_end(w);
}

void csms_prices_write(struct roost_json_writer *w, const struct csms_prices *prices)
{
    const struct tariff *tariff = &prices->tariff;

    roost_json_put_str(w, "tariff_id", tariff->id);
    roost_json_put_str(w, "name", tariff->name);
    roost_json_put_str(w, "currency", tariff->currency);
    roost_json_put_str(w, "time_zone", prices->zone_text);
    roost_json_put_int(w, "start_amount", tariff->start_amount);
    roost_json_put_uint(w, "idle_grace_s", tariff->idle_grace_s);
    roost_json_put_array(w, "parts");
    for (size_t i = 0; i < tariff->part_count; i++)
        write_part(w, &tariff->parts[i]);
    roost_json_end(w);
}

static void write_place(struct roost_json_writer *w, const struct csms_tariff_place *place)
{
    roost_json_object(w);
    if (place->site_id[0])
        roost_json_put_str(w, "site_id", place->site_id);
    if (place->identity[0])
        roost_json_put_str(w, "identity", place->identity);
    if (place->connector > 0)
        roost_json_put_int(w, "connector_id", place->connector);
    if (!place->site_id[0] && !place->identity[0])
        roost_json_put_bool(w, "everywhere", true);
    roost_json_end(w);
}

void csms_tariff_write(struct roost_json_writer *w, const struct csms_tariff_row *row)
{
    csms_prices_write(w, &row->prices);
    roost_json_put_array(w, "places");
    for (size_t i = 0; i < row->place_count; i++)
        write_place(w, &row->places[i]);
    roost_json_end(w);
}

int csms_prices_text(const struct csms_prices *prices, char *out, size_t size)
{
    struct roost_json_writer w;

    roost_json_begin(&w, out, size > 0 ? size - 1 : 0);
    roost_json_object(&w);
    csms_prices_write(&w, prices);
    roost_json_end(&w);
    int len = roost_json_finish(&w);
    if (len < 0)
        return ROOST_ERR_TOO_LONG;
    out[len] = '\0';
    return 0;
}

/* ---- taken ---- */

struct take {
    const struct roost_json *doc;
    char *why;
};

static int refuse(const struct take *take, const char *field, const char *limit)
{
    snprintf(take->why, CSMS_TARIFF_WHY, "%s: %s", field, limit);
    return ROOST_ERR_INVALID;
}

/* `prefix` is what it stands in, with its dot. An absent one keeps its default. */
static int take_int(const struct take *take, int object, const char *prefix, const char *key,
                    int64_t most, int64_t *out)
{
    char field[48], limit[64];
    int64_t value = 0;
    int err = roost_json_get_int64(take->doc, object, key, &value);

    if (err == ROOST_ERR_NOT_FOUND)
        return 0;
    if (err == 0 && value >= 0 && value <= most) {
        *out = value;
        return 0;
    }
    snprintf(field, sizeof field, "%s%s", prefix, key);
    snprintf(limit, sizeof limit, "a whole number from 0 to %lld", (long long)most);
    return refuse(take, field, limit);
}

static int take_days(const struct take *take, int part, uint8_t *out)
{
    static const char limit[] = "a list of mon, tue, wed, thu, fri, sat, sun; one at least";
    int list = roost_json_find(take->doc, part, "days");
    char word[8];

    *out = TARIFF_ALL_DAYS;
    if (list < 0)
        return 0;
    if (roost_json_type(take->doc, list) != ROOST_JSON_ARRAY ||
        roost_json_size(take->doc, list) == 0)
        return refuse(take, "parts.days", limit);
    *out = 0;
    size_t count = roost_json_size(take->doc, list);
    int at = roost_json_at(take->doc, list, 0);
    for (size_t i = 0; i < count; i++, at = roost_json_next(take->doc, at)) {
        int day = 0;
        if (roost_json_type(take->doc, at) != ROOST_JSON_STRING ||
            roost_json_string(take->doc, at, word, sizeof word) < 0)
            return refuse(take, "parts.days", limit);
        while (day < DAYS && strcmp(word, days[day]) != 0)
            day++;
        if (day == DAYS)
            return refuse(take, "parts.days", limit);
        *out = (uint8_t)(*out | 1U << day);
    }
    return 0;
}

static int take_part(const struct take *take, int at, struct tariff_part *part)
{
    static const char in[] = "parts.";
    int64_t from = 0, to = DAY_MIN, kwh = 0, minute = 0, idle = 0;

    if (roost_json_type(take->doc, at) != ROOST_JSON_OBJECT)
        return refuse(take, "parts", "a list of objects");
    int err = take_days(take, at, &part->days);
    if (err == 0)
        err = take_int(take, at, in, "from_min", DAY_MIN - 1, &from);
    if (err == 0)
        err = take_int(take, at, in, "to_min", DAY_MIN, &to);
    if (err == 0)
        err = take_int(take, at, in, "kwh_milli", TARIFF_PRICE_MAX, &kwh);
    if (err == 0)
        err = take_int(take, at, in, "minute_milli", TARIFF_PRICE_MAX, &minute);
    if (err == 0)
        err = take_int(take, at, in, "idle_milli", TARIFF_PRICE_MAX, &idle);
    part->from_min = (uint16_t)from;
    part->to_min = (uint16_t)to;
    part->kwh_milli = (int32_t)kwh;
    part->minute_milli = (int32_t)minute;
    part->idle_milli = (int32_t)idle;
    return err;
}

static int take_parts(const struct take *take, struct tariff *tariff)
{
    int list = roost_json_find(take->doc, ROOST_JSON_ROOT, "parts");
    int err = 0;

    if (list < 0 || roost_json_type(take->doc, list) != ROOST_JSON_ARRAY ||
        roost_json_size(take->doc, list) == 0 ||
        roost_json_size(take->doc, list) > TARIFF_PARTS_MAX)
        return refuse(take, "parts", "a list of 1 to 16");
    tariff->part_count = roost_json_size(take->doc, list);
    int at = roost_json_at(take->doc, list, 0);
    for (size_t i = 0; err == 0 && i < tariff->part_count; i++) {
        err = take_part(take, at, &tariff->parts[i]);
        at = roost_json_next(take->doc, at);
    }
    return err;
}

static int take_text(const struct take *take, int object, const char *key, char *out, size_t size)
{
    int at = roost_json_find(take->doc, object, key);

    out[0] = '\0';
    if (at < 0 || roost_json_type(take->doc, at) != ROOST_JSON_STRING)
        return at < 0 ? ROOST_ERR_NOT_FOUND : ROOST_ERR_INVALID;
    return roost_json_string(take->doc, at, out, size);
}

static int take_prices(const struct take *take, struct csms_prices *prices)
{
    struct tariff *tariff = &prices->tariff;
    int64_t start = 0, grace = 0;
    const char *field;

    if (take_text(take, ROOST_JSON_ROOT, "name", tariff->name, sizeof tariff->name) < 0 ||
        !rest_is_name(tariff->name, 50, sizeof tariff->name))
        return refuse(take, "name", "1 to 50 characters");
    if (take_text(take, ROOST_JSON_ROOT, "currency", tariff->currency, sizeof tariff->currency) < 0)
        return refuse(take, "currency", "three capital letters (ISO 4217)");
    int err =
        take_text(take, ROOST_JSON_ROOT, "time_zone", prices->zone_text, sizeof prices->zone_text);
    if (err == ROOST_ERR_NOT_FOUND)
        err = snprintf(prices->zone_text, sizeof prices->zone_text, "UTC0") < 0;
    if (err < 0 || zone_parse(&prices->zone, prices->zone_text) < 0)
        return refuse(take, "time_zone", "as POSIX has it: CET-1CEST,M3.5.0,M10.5.0/3");
    err = take_int(take, ROOST_JSON_ROOT, "", "start_amount", TARIFF_AMOUNT_MAX, &start);
    if (err == 0)
        err = take_int(take, ROOST_JSON_ROOT, "", "idle_grace_s", 86400, &grace);
    if (err == 0)
        err = take_parts(take, tariff);
    if (err < 0)
        return err;
    tariff->start_amount = start;
    tariff->idle_grace_s = (uint32_t)grace;
    err = tariff_check(tariff, &field);
    if (err < 0)
        return refuse(take, field,
                      strcmp(field, "currency") == 0
                          ? "three capital letters (ISO 4217)"
                          : "the last part holds always: all days, from_min 0, to_min 1440");
    return 0;
}

/* ---- places ---- */

static int take_place(const struct take *take, int at, struct csms_tariff_place *place)
{
    bool everywhere = false;
    int64_t connector = 0;
    int err = take_text(take, at, "site_id", place->site_id, sizeof place->site_id);

    if (err != ROOST_ERR_NOT_FOUND &&
        (err < 0 || !rest_is_name(place->site_id, CSMS_SITE_ID_BYTES - 1, CSMS_SITE_ID_BYTES)))
        return refuse(take, "places.site_id", "1 to 32 bytes");
    err = take_text(take, at, "identity", place->identity, sizeof place->identity);
    if (err != ROOST_ERR_NOT_FOUND &&
        (err < 0 || !rest_is_name(place->identity, CSMS_IDENTITY_MAX, sizeof place->identity)))
        return refuse(take, "places.identity", "1 to 48 bytes");
    err = take_int(take, at, "places.", "connector_id", CSMS_CONNECTORS_MAX, &connector);
    if (err < 0)
        return err;
    place->connector = (int32_t)connector;
    err = roost_json_get_bool(take->doc, at, "everywhere", &everywhere);
    if (err < 0 && err != ROOST_ERR_NOT_FOUND)
        return refuse(take, "places.everywhere", "true or false");
    int kinds = everywhere + (place->site_id[0] != '\0') + (place->identity[0] != '\0');
    if (kinds != 1)
        return refuse(take, "places", "each has one of site_id, identity, everywhere");
    if (connector > 0 && !place->identity[0])
        return refuse(take, "places.connector_id", "goes with identity");
    return 0;
}

static int take_places(const struct take *take, struct csms_tariff_row *row)
{
    int list = roost_json_find(take->doc, ROOST_JSON_ROOT, "places");
    int err = 0;

    row->place_count = 0;
    if (list < 0)
        return 0;
    if (roost_json_type(take->doc, list) != ROOST_JSON_ARRAY ||
        roost_json_size(take->doc, list) > CSMS_TARIFF_PLACES_MAX)
        return refuse(take, "places", "a list of at most 128");
    row->place_count = roost_json_size(take->doc, list);
    int at = row->place_count > 0 ? roost_json_at(take->doc, list, 0) : 0;
    for (size_t i = 0; err == 0 && i < row->place_count; i++) {
        if (roost_json_type(take->doc, at) != ROOST_JSON_OBJECT)
            return refuse(take, "places", "a list of objects");
        err = take_place(take, at, &row->places[i]);
        at = roost_json_next(take->doc, at);
    }
    return err;
}

int csms_tariff_take(const struct roost_json *doc, struct csms_tariff_row *row,
                     char why[CSMS_TARIFF_WHY])
{
    const struct take take = {doc, why};
    int err = take_prices(&take, &row->prices);

    return err < 0 ? err : take_places(&take, row);
}

/* ---- read back ---- */

static int parse(const char *text, int (*into)(const struct roost_json *doc, void *out), void *out)
{
    struct roost_json_token *tokens = calloc(CSMS_TARIFF_TOKENS, sizeof *tokens);
    struct roost_json doc;

    if (!tokens)
        return ROOST_ERR_NO_MEMORY;
    int err = roost_json_parse(&doc, tokens, CSMS_TARIFF_TOKENS, text, strlen(text));
    if (err == 0)
        err = into(&doc, out);
    free(tokens);
    return err < 0 ? ROOST_ERR_CORRUPT : 0;
}

static int take_id(const struct roost_json *doc, struct csms_prices *prices)
{
    return roost_json_get_string(doc, ROOST_JSON_ROOT, "tariff_id", prices->tariff.id,
                                 sizeof prices->tariff.id);
}

static int into_prices(const struct roost_json *doc, void *out)
{
    char why[CSMS_TARIFF_WHY];
    const struct take take = {doc, why};
    int err = take_id(doc, out);

    return err < 0 ? err : take_prices(&take, out);
}

static int into_row(const struct roost_json *doc, void *out)
{
    struct csms_tariff_row *row = out;
    char why[CSMS_TARIFF_WHY];
    int err = take_id(doc, &row->prices);

    return err < 0 ? err : csms_tariff_take(doc, row, why);
}

int csms_prices_parse(const char *text, struct csms_prices *prices)
{
    memset(prices, 0, sizeof *prices);
    return parse(text, into_prices, prices);
}

int csms_tariff_parse(const char *text, struct csms_tariff_row *row)
{
    memset(row, 0, sizeof *row);
    return parse(text, into_row, row);
}
