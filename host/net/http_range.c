/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/http_range.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "core/err.h"

/* Digits as a number; what is larger than any body counts as UINT64_MAX. False without a digit. */
static bool number(const char **text, uint64_t *out)
{
    const char *at = *text;
    uint64_t value = 0;

    for (; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        value = value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
    }
    if (at == *text)
        return false;
    *text = at;
    *out = value;
    return true;
}

/* "-500": the last 500 bytes. */
static int suffix(const char *text, uint64_t size, uint64_t *first, uint64_t *len)
{
    uint64_t wanted;

    if (!number(&text, &wanted) || *text != '\0')
        return 0;
    if (wanted == 0 || size == 0)
        return ROOST_ERR_RANGE;
    *len = wanted < size ? wanted : size;
    *first = size - *len;
    return 1;
}

int http_range_parse(const char *text, uint64_t size, uint64_t *first, uint64_t *len)
{
    uint64_t from, to = UINT64_MAX;

    if (strncasecmp(text, "bytes=", 6) != 0)
        return 0;
    text += 6 + strspn(text + 6, " \t");
    if (*text == '-')
        return suffix(text + 1, size, first, len);
    if (!number(&text, &from) || *text++ != '-')
        return 0;
    if (*text != '\0' && (!number(&text, &to) || *text != '\0' || to < from))
        return 0;
    if (from >= size)
        return ROOST_ERR_RANGE;
    *first = from;
    *len = (to < size - 1 ? to : size - 1) - from + 1;
    return 1;
}
