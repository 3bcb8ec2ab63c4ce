/* SPDX-License-Identifier: Apache-2.0 */
#include "host/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/err.h"

enum { BITS = 128, MAPPED_BITS = 96, GROUP_BYTES = 8 };

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

static bool is_v4(struct net_address address)
{
    return memcmp(address.bytes, mapped, sizeof mapped) == 0;
}

int net_address_parse(struct net_address *address, const char *text, size_t len)
{
    char copy[INET6_ADDRSTRLEN];

    if (len >= sizeof copy || memchr(text, '\0', len))
        return ROOST_ERR_INVALID;
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (inet_pton(AF_INET6, copy, address->bytes) == 1)
        return 0;
    memcpy(address->bytes, mapped, sizeof mapped);
    return inet_pton(AF_INET, copy, address->bytes + sizeof mapped) == 1 ? 0 : ROOST_ERR_INVALID;
}

void net_address_write(char out[NET_ADDRESS_TEXT_MAX], struct net_address address)
{
    bool v4 = is_v4(address);

    inet_ntop(v4 ? AF_INET : AF_INET6, address.bytes + (v4 ? sizeof mapped : 0), out,
              NET_ADDRESS_TEXT_MAX);
}

bool net_address_equal(struct net_address a, struct net_address b)
{
    return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

struct net_address net_address_group(struct net_address address)
{
    if (!is_v4(address))
        memset(address.bytes + GROUP_BYTES, 0, sizeof address.bytes - GROUP_BYTES);
    return address;
}

/* ---- networks ---- */

/* The first `bits` bits of both are the same. */
static bool same_prefix(struct net_address a, struct net_address b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;

    return memcmp(a.bytes, b.bytes, whole) == 0 &&
           (rest == 0 || (a.bytes[whole] ^ b.bytes[whole]) >> (8 - rest) == 0);
}

static bool has_host_bits(struct net_address address, unsigned bits)
{
    for (unsigned i = bits; i < BITS; i++)
        if (address.bytes[i / 8] >> (7 - i % 8) & 1)
            return true;
    return false;
}

/* One item of the list. */
static int parse_range(const char *text, size_t len, struct net_address *address, uint8_t *out)
{
    const char *slash = memchr(text, '/', len);
    size_t address_len = slash ? (size_t)(slash - text) : len;
    unsigned bits = 0;

    if (net_address_parse(address, text, address_len) < 0)
        return ROOST_ERR_INVALID;
    unsigned base = memchr(text, ':', address_len) ? 0 : MAPPED_BITS;
    if (!slash) {
        *out = BITS;
        return 0;
    }
    size_t digits = len - address_len - 1;
    if (digits == 0 || digits > 3)
        return ROOST_ERR_INVALID;
    for (size_t i = 0; i < digits; i++) {
        char c = slash[1 + i];
        if (c < '0' || c > '9')
            return ROOST_ERR_INVALID;
        bits = bits * 10 + (unsigned)(c - '0');
    }
    if (bits > BITS - base || has_host_bits(*address, base + bits))
        return ROOST_ERR_INVALID;
    *out = (uint8_t)(base + bits);
    return 0;
}

int net_ranges_parse(struct net_ranges *ranges, const char *text)
{
    static const char between[] = " \t,";

    ranges->count = 0;
    for (text += strspn(text, between); *text; text += strspn(text, between)) {
        size_t len = strcspn(text, between);
        if (ranges->count == NET_RANGES_MAX)
            return ROOST_ERR_FULL;
        int err = parse_range(text, len, &ranges->at[ranges->count].address,
                              &ranges->at[ranges->count].bits);
        if (err < 0)
            return err;
        ranges->count++;
        text += len;
    }
    return 0;
}

bool net_ranges_hold(const struct net_ranges *ranges, struct net_address address)
{
    for (size_t i = 0; i < ranges->count; i++)
        if (same_prefix(ranges->at[i].address, address, ranges->at[i].bits))
            return true;
    return false;
}
