/* SPDX-License-Identifier: Apache-2.0 */
#include "port/pki/host_name.h"

#include <string.h>

#include "core/hex.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* ---- addresses ---- */

/* "192.0.2.7" up to `end`; no leading zeros, which some read as octal. */
static bool read_ipv4(const char *p, const char *end, uint8_t out[4])
{
    for (int i = 0; i < 4; i++) {
        unsigned value = 0;
        const char *start = p;
        while (p < end && *p >= '0' && *p <= '9' && p - start < 3)
            value = value * 10 + (unsigned)(*p++ - '0');
        if (p == start || value > 255 || (*start == '0' && p - start > 1))
            return false;
        out[i] = (uint8_t)value;
        if (i < 3 && (p == end || *p++ != '.'))
            return false;
    }
    return p == end;
}

/* One group of an IPv6 address into two bytes, or the IPv4 address that may end it into four.
 * Returns how many bytes, 0: neither. */
static size_t read_group(const char **at, const char *end, uint8_t *out, size_t room)
{
    const char *p = *at;
    unsigned value = 0;

    if (room >= 4 && read_ipv4(p, end, out)) {
        *at = end;
        return 4;
    }
    for (; p < end && p - *at < 4 && roost_hex_digit(*p) >= 0; p++)
        value = value << 4 | (unsigned)roost_hex_digit(*p);
    if (p == *at || room < 2)
        return 0;
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
    *at = p;
    return 2;
}

static bool read_ipv6(const char *p, const char *end, uint8_t out[16])
{
    uint8_t bytes[16];
    size_t len = 0, gap = sizeof bytes + 1; /* where "::" stands: none yet */

    if (end - p >= 2 && p[0] == ':' && p[1] == ':') {
        gap = 0;
        p += 2;
    }
    while (p < end) {
        size_t group = read_group(&p, end, bytes + len, sizeof bytes - len);
        len += group;
        if (group == 0)
            return false;
        if (p == end)
            break;
        if (*p++ != ':' || p == end)
            return false;
        if (*p == ':') {
            if (gap <= sizeof bytes)
                return false;
            gap = len;
            p++;
        }
    }
    if (gap > sizeof bytes ? len != sizeof bytes : len > sizeof bytes - 2)
        return false;
    memset(out, 0, sizeof bytes);
    size_t before = gap > sizeof bytes ? len : gap;
    memcpy(out, bytes, before);
    memcpy(out + sizeof bytes - (len - before), bytes + before, len - before);
    return true;
}

bool roost_host_address(const char *host, uint8_t address[16], size_t *len)
{
    const char *end = host + strlen(host);

    if (read_ipv4(host, end, address)) {
        *len = 4;
        return true;
    }
    if (end - host >= 2 && *host == '[' && end[-1] == ']') { /* as in a URL */
        host++;
        end--;
    }
    *len = 16;
    return read_ipv6(host, end, address);
}

/* ---- names ---- */

static bool same(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (lower(a[i]) != lower(b[i]))
            return false;
    return true;
}

static bool matches_wildcard(const char *host, size_t host_len, const char *name, size_t len)
{
    const char *dot = memchr(host, '.', host_len);
    const char *rest = name + 1; /* ".example.org" */
    size_t rest_len = len - 1;

    if (!dot || dot == host || (host_len >= 4 && same(host, "xn--", 4)))
        return false;
    if (!memchr(rest + 1, '.', rest_len - 1) || memchr(rest, '*', rest_len))
        return false;
    return host_len - (size_t)(dot - host) == rest_len && same(dot, rest, rest_len);
}

bool roost_host_matches(const char *host, const char *name, size_t len)
{
    size_t host_len = strlen(host);

    if (host_len > 0 && host[host_len - 1] == '.')
        host_len--;
    if (len == 0 || host_len == 0 || memchr(name, '\0', len))
        return false;
    if (len > 3 && name[0] == '*' && name[1] == '.')
        return matches_wildcard(host, host_len, name, len);
    return !memchr(name, '*', len) && len == host_len && same(host, name, len);
}
