/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/mqtt_text.h"

#include <string.h>

#include "core/utf8.h"

bool mqtt_utf8_valid(const uint8_t *text, size_t len)
{
    const char *at = (const char *)text;
    const char *end = at + len;
    while (at < end) {
        size_t taken = *at ? roost_utf8_len(at, end) : 0;
        if (taken == 0)
            return false;
        at += taken;
    }
    return true;
}

bool mqtt_topic_valid(const uint8_t *text, size_t len)
{
    return len > 0 && mqtt_utf8_valid(text, len) && !memchr(text, '+', len) &&
           !memchr(text, '#', len);
}

bool mqtt_filter_valid(const uint8_t *text, size_t len)
{
    if (len == 0 || !mqtt_utf8_valid(text, len))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '+' && text[i] != '#')
            continue;
        bool starts = i == 0 || text[i - 1] == '/';
        bool ends = i + 1 == len || (text[i] == '+' && text[i + 1] == '/');
        if (!starts || !ends)
            return false;
    }
    return true;
}
