/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/settings_names.h"

#include <stdbool.h>
#include <string.h>

#include "hub/settings_table.h"

enum {
    NAME_MAX_BYTES = 64, /* a longer one is nobody's misspelling */
    FOREIGN_MIN_BYTES = 7,
    SHORT_BYTES = 9,
    SLIPS_MAX = 2 /* letters that are wrong, missing, too many or in the wrong order */
};

/* What the other programs and scripts of the house read, and what Kubernetes sets for a service
 * that is called like one of our prefixes. */
static const char *const others[] = {
    "ROOST_ADDRESS",      "ROOST_BIN",         "ROOST_BUILD",       "ROOST_CUT",
    "ROOST_DEMO_SECONDS", "ROOST_FAULTS",      "ROOST_HANDED_OVER", "ROOST_HTTP_PORT",
    "ROOST_HUB",          "ROOST_ML",          "ROOST_MODEL_PORT",  "ROOST_MQTT_PORT",
    "ROOST_PROGRAMS",     "ROOST_ROOT",        "ROOST_RUN_DIR",     "ROOST_RV32",
    "ROOST_SANITIZE",     "ROOST_SCREENSHOTS", "ROOST_SESSION",     "ROOST_TEST_SEED",
    "ROOST_VERSION",      "ROOST_WINDOW_ID",   "ROOST_WINDOW_SPEED"};

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many slips of the hand lie between two names, neighbours that changed places being one. Rows
 * of the table of all beginnings; three are needed at a time. */
static size_t slips(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][NAME_MAX_BYTES + 1];

    for (size_t k = 0; k <= b_len; k++)
        rows[0][k] = k;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3];
        const size_t *before = rows[(i + 2) % 3], *two_before = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t k = 1; k <= b_len; k++) {
            bool same = upper(a[i - 1]) == b[k - 1];
            row[k] = least(before[k - 1] + !same, least(before[k], row[k - 1]) + 1);
            if (i > 1 && k > 1 && upper(a[i - 1]) == b[k - 2] && upper(a[i - 2]) == b[k - 1])
                row[k] = least(row[k], two_before[k - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

/* The length of a setting's prefix with its underscore: ROOST_, MQTT_, ...; 0: it has none. */
static size_t prefix_len(const char *setting)
{
    const char *end = strchr(setting, '_');

    return end ? (size_t)(end + 1 - setting) : 0;
}

static bool begins(const char *name, size_t len, const char *text, size_t text_len)
{
    if (len < text_len)
        return false;
    for (size_t i = 0; i < text_len; i++)
        if (upper(name[i]) != text[i])
            return false;
    return true;
}

static bool ends(const char *name, size_t len, const char *text)
{
    size_t text_len = strlen(text);

    return len >= text_len && memcmp(name + len - text_len, text, text_len) == 0;
}

/* MQTT_SERVICE_HOST, MQTT_PORT_1883_TCP_ADDR: made by Kubernetes for each service, not by hand. */
static bool of_kubernetes(const char *name, size_t len)
{
    static const char *const endings[] = {"_SERVICE_HOST", "_SERVICE_PORT", "_PORT",      "_TCP",
                                          "_TCP_ADDR",     "_TCP_PORT",     "_TCP_PROTO", "_UDP",
                                          "_UDP_ADDR",     "_UDP_PORT",     "_UDP_PROTO"};

    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (ends(name, len, endings[i]))
            return true;
    return false;
}

static bool of_another(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strlen(others[i]) == len && memcmp(others[i], name, len) == 0)
            return true;
    return of_kubernetes(name, len);
}

/* Whether it begins like one of our settings. */
static bool like_ours(const char *name, size_t len)
{
    for (size_t i = 0; i < setting_count; i++) {
        size_t prefix = prefix_len(setting_table[i].name);
        if (prefix > 0 && begins(name, len, setting_table[i].name, prefix))
            return true;
    }
    return false;
}

/* How far a name of a prefix of ours is from a setting: ROOST_ too many or missing is no slip. */
static size_t distance(const char *name, size_t len, const char *setting)
{
    static const char ours[] = "ROOST_";
    const size_t ours_len = sizeof ours - 1;
    size_t setting_len = strlen(setting);
    size_t best = slips(name, len, setting, setting_len);

    if (begins(setting, setting_len, ours, ours_len))
        best = least(best, slips(name, len, setting + ours_len, setting_len - ours_len));
    else if (begins(name, len, ours, ours_len))
        best = least(best, slips(name + ours_len, len - ours_len, setting, setting_len));
    return best;
}

enum settings_name settings_name_judge(const char *name, size_t len, const char **near)
{
    if (len > NAME_MAX_BYTES || of_another(name, len))
        return SETTINGS_NAME_FOREIGN;
    bool ours = like_ours(name, len);
    /* A short name may be like one of ours by chance. */
    if (!ours && len < FOREIGN_MIN_BYTES)
        return SETTINGS_NAME_FOREIGN;
    size_t most = !ours && len <= SHORT_BYTES ? 1 : SLIPS_MAX;
    size_t best = most + 1;
    for (size_t i = 0; i < setting_count; i++) {
        const char *setting = setting_table[i].name;
        size_t far =
            ours ? distance(name, len, setting) : slips(name, len, setting, strlen(setting));
        if (far < best) {
            best = far;
            *near = setting;
        }
    }
    if (best <= most)
        return SETTINGS_NAME_MISSPELT;
    return ours ? SETTINGS_NAME_UNKNOWN : SETTINGS_NAME_FOREIGN;
}
