/* SPDX-License-Identifier: Apache-2.0 */
#include "csv.h"

#include <string.h>

#include "core/number.h"
#include "values.h"

/* Whether a spreadsheet would compute the text: such begins with one of these, wide or not, also
 * behind blanks that some of them take away. A number is what it looks like. */
static bool is_formula(const char *text)
{
    static const char *const wide[] = {"\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D",
                                       "\xEF\xBC\xA0"};
    const char *first = text + strspn(text, " ");
    double number;

    if (roost_parse_double(text, strlen(text), &number) == 0)
        return false;
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
        if (strncmp(first, wide[i], strlen(wide[i])) == 0)
            return true;
    return *first != '\0' && strchr("=+-@\t\r\n", *first) != NULL;
}

void csv_field(FILE *out, const char *text)
{
    const char *mark = is_formula(text) ? "'" : "";

    /* Also for what separates fields where the comma is a decimal one. */
    if (!strpbrk(text, ",;\t\"\r\n")) {
        fprintf(out, "%s%s", mark, text);
        return;
    }
    fprintf(out, "\"%s", mark);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void line(FILE *out, const char *const *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            fputc(',', out);
        csv_field(out, fields[i]);
    }
    fputc('\n', out);
}

static const char *const columns[] = {
    "device_id", "type",        "name",     "location", "claimed",   "connectivity", "condition",
    "fault",     "temperature", "humidity", "sound",    "last_seen", "firmware",     "update"};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

void csv_devices_head(FILE *out)
{
    line(out, columns, COLUMNS);
}

static void device_line(FILE *out, const struct roost_json *doc, int device)
{
    char id[65], type[16], name[65], location[65], connectivity[16], condition[16], fault[64];
    char temperature[VALUE_SIZE], humidity[VALUE_SIZE], sound[VALUE_SIZE], update[VALUE_SIZE];
    char seen[ROOST_DATETIME_LEN + 1], firmware[40];
    const char *const fields[COLUMNS] = {
        value_text(doc, device, "device_id", "", id, sizeof id),
        value_text(doc, device, "type", "", type, sizeof type),
        value_text(doc, device, "name", "", name, sizeof name),
        value_text(doc, device, "location", "", location, sizeof location),
        value_flag(doc, device, "claimed") ? "true" : "false",
        value_text(doc, device, "connectivity", "", connectivity, sizeof connectivity),
        value_text(doc, device, "condition", "", condition, sizeof condition),
        value_of_part(doc, device, "health", "fault", "", fault, sizeof fault),
        value_latest(doc, device, "temperature", "", temperature),
        value_latest(doc, device, "humidity", "", humidity),
        value_latest(doc, device, "sound", "", sound),
        value_time(doc, device, "last_seen_at_ms", "", seen),
        value_of_part(doc, device, "health", "firmware", "", firmware, sizeof firmware),
        value_update(doc, device, update),
    };
    line(out, fields, COLUMNS);
}

void csv_devices(FILE *out, const struct roost_json *doc)
{
    int devices = roost_json_find(doc, ROOST_JSON_ROOT, "devices");
    for (size_t i = 0; devices >= 0 && i < roost_json_size(doc, devices); i++)
        device_line(out, doc, roost_json_at(doc, devices, i));
}

/* Each line says what it is, so that files of several metrics can be put one behind the other. */
void csv_history(FILE *out, const struct roost_json *doc)
{
    char metric[VALUE_SIZE], unit[VALUE_SIZE];
    int points = roost_json_find(doc, ROOST_JSON_ROOT, "points");
    value_text(doc, ROOST_JSON_ROOT, "metric", "", metric, sizeof metric);
    value_text(doc, ROOST_JSON_ROOT, "unit", "", unit, sizeof unit);
    fputs("time,metric,unit,mean,min,max\n", out);
    for (size_t i = 0; points >= 0 && i < roost_json_size(doc, points); i++) {
        int point = roost_json_at(doc, points, i);
        char fields[4][ROOST_DATETIME_LEN + 1] = {""};
        for (size_t k = 0; k < 4 && k < roost_json_size(doc, point); k++) {
            size_t len;
            int64_t unix_ms;
            const char *text = roost_json_text(doc, roost_json_at(doc, point, k), &len);
            if (k > 0)
                snprintf(fields[k], sizeof fields[k], "%.*s", (int)len, text);
            else if (roost_parse_int64(text, len, &unix_ms) == 0)
                roost_datetime_write(fields[k], unix_ms);
        }
        const char *const cells[] = {fields[0], metric, unit, fields[1], fields[2], fields[3]};
        line(out, cells, sizeof cells / sizeof cells[0]);
    }
}
