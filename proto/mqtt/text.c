/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/mqtt/text.h"

#include <string.h>

bool mqtt_utf8_valid(const uint8_t *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        uint8_t lead = text[i++];
        if (lead >= 1 && lead < 0x80)
            continue;
        size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
        if (lead < 0xC2 || lead > 0xF4 || len - i < more)
            return false;
        /* The second byte keeps out overlong forms, surrogates and what is past U+10FFFF. */
        uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
        uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
        if (text[i] < low || text[i] > high)
            return false;
        for (size_t k = 1; k < more; k++) {
            if ((text[i + k] & 0xC0) != 0x80)
                return false;
        }
        i += more;
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
