/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IP addresses as what they mean and not as how they are written: one spelling for each, an IPv4
 * address mapped into IPv6 is that IPv4 address, and who holds one is a whole /64 of IPv6. Pure.
 * Depends on core/err.h.
 *
 *     struct net_address address;
 *     char key[NET_ADDRESS_TEXT_MAX];
 *     if (net_address_parse(&address, "2001:db8::7", 11) == 0)
 *         net_address_write(key, net_address_group(address));      "2001:db8::"
 */
#ifndef ROOST_HOST_ADDRESS_H
#define ROOST_HOST_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NET_ADDRESS_TEXT_MAX = 48, NET_RANGES_MAX = 32 };

/* In network order; IPv4 as ::ffff:a.b.c.d. */
struct net_address {
    uint8_t bytes[16];
};

/* "192.0.2.7", "2001:db8::7", without brackets, port or zone. Returns 0 or ROOST_ERR_INVALID. */
int net_address_parse(struct net_address *address, const char *text, size_t len);
void net_address_write(char out[NET_ADDRESS_TEXT_MAX], struct net_address address);
bool net_address_equal(struct net_address a, struct net_address b);

/* Whom the address belongs to, for limits and lock-outs: an IPv4 address, or a /64. */
struct net_address net_address_group(struct net_address address);

/* Addresses and networks in CIDR notation. Zero is the empty list. */
struct net_ranges {
    struct {
        struct net_address address;
        uint8_t bits; /* of the 128 */
    } at[NET_RANGES_MAX];
    size_t count;
};

/* "10.0.0.0/8, 192.0.2.7, 2001:db8::/32", by commas or spaces. Returns 0, ROOST_ERR_INVALID (also
 * for bits behind the prefix that are not 0, which is a slip of the pen), ROOST_ERR_FULL. */
int net_ranges_parse(struct net_ranges *ranges, const char *text);
bool net_ranges_hold(const struct net_ranges *ranges, struct net_address address);

#endif
