/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/http_encoding.h"

#include <string.h>
#include <strings.h>

/* "", ";q=0.5", "; Q=0": whether the weight is above 0. */
static bool is_wanted(const char *text, size_t len)
{
    size_t at = 0;

    while (at < len && strchr(" \t;", text[at]))
        at++;
    if (at == len)
        return true;
    if (len - at < 3 || strncasecmp(text + at, "q=", 2) != 0 || !strchr("01", text[at + 2]))
        return false;
    bool above = text[at + 2] == '1';
    for (at += 3; at < len && strchr(".0123456789", text[at]); at++)
        above |= text[at] >= '1';
    while (at < len && strchr(" \t", text[at]))
        at++;
    return at == len && above;
}

bool http_takes_gzip(const struct http_head *head)
{
    bool any = false;

    for (size_t i = 0; i < head->field_count; i++) {
        if (strcasecmp(head->fields[i].name, "Accept-Encoding") != 0)
            continue;
        const char *item = head->fields[i].value;
        for (item += strspn(item, " \t,"); *item; item += strspn(item, " \t,")) {
            size_t len = strcspn(item, ","), name = strcspn(item, " \t;,");
            bool wanted = is_wanted(item + name, len - name);
            if ((name == 4 && strncasecmp(item, "gzip", 4) == 0) ||
                (name == 6 && strncasecmp(item, "x-gzip", 6) == 0))
                return wanted; /* what is named counts before the star */
            if (name == 1 && *item == '*')
                any = wanted;
            item += len;
        }
    }
    return any;
}
