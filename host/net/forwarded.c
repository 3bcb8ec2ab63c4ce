/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/forwarded.h"

#include <string.h>
#include <strings.h>

#include "core/err.h"

/* A piece of a header's value. */
struct span {
    const char *text;
    size_t len;
};

static struct span trim(struct span s)
{
    while (s.len > 0 && (s.text[0] == ' ' || s.text[0] == '\t')) {
        s.text++;
        s.len--;
    }
    while (s.len > 0 && (s.text[s.len - 1] == ' ' || s.text[s.len - 1] == '\t'))
        s.len--;
    return s;
}

/* Cuts what is behind the last `mark` off *rest, marks in quotes left out. From the right, since
 * there stands what trusted hops wrote: a quote left open by the client cannot reach into it. */
static struct span cut_last(struct span *rest, char mark)
{
    bool quoted = false;
    size_t at = rest->len;

    while (at > 0) {
        char c = rest->text[at - 1];
        if (c == '"' && !(at > 1 && rest->text[at - 2] == '\\'))
            quoted = !quoted;
        else if (c == mark && !quoted)
            break;
        at--;
    }
    struct span last = {rest->text + at, rest->len - at};
    rest->len = at > 0 ? at - 1 : 0;
    return trim(last);
}

static bool is_port(struct span s)
{
    if (s.len < 1 || s.len > 5)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (s.text[i] < '0' || s.text[i] > '9')
            return false;
    return true;
}

/* 192.0.2.7, 192.0.2.7:80, [2001:db8::7], [2001:db8::7]:80, and 2001:db8::7 as many write it. */
static int parse_node(struct net_address *address, struct span s)
{
    const char *colon = memchr(s.text, ':', s.len);
    size_t len = s.len, port = s.len;

    if (s.len > 0 && s.text[0] == '[') {
        const char *close = memchr(s.text, ']', s.len);
        if (!close)
            return ROOST_ERR_INVALID;
        s.text++;
        len = (size_t)(close - s.text);
        port = len + 1;
        s.len--;
        if (!memchr(s.text, ':', len))
            return ROOST_ERR_INVALID;
    } else if (colon && !memchr(colon + 1, ':', s.len - (size_t)(colon + 1 - s.text))) {
        len = port = (size_t)(colon - s.text);
    }
    if (port < s.len &&
        (s.text[port] != ':' || !is_port((struct span){s.text + port + 1, s.len - port - 1})))
        return ROOST_ERR_INVALID;
    return net_address_parse(address, s.text, len);
}

/* The address of one hop of Forwarded: for=..., among by=, host=, proto=. */
static int parse_element(struct net_address *address, struct span element)
{
    bool found = false;

    while (element.len > 0) {
        struct span pair = cut_last(&element, ';');
        if (pair.len < 4 || strncasecmp(pair.text, "for=", 4) != 0)
            continue;
        struct span node = {pair.text + 4, pair.len - 4};
        if (node.len >= 2 && node.text[0] == '"' && node.text[node.len - 1] == '"')
            node = (struct span){node.text + 1, node.len - 2};
        if (found || parse_node(address, node) < 0)
            return ROOST_ERR_INVALID; /* two of them could be read in two ways */
        found = true;
    }
    return found ? 0 : ROOST_ERR_INVALID;
}

typedef int (*parse_fn)(struct net_address *address, struct span hop);

/* Follows one of the headers. Returns 1 with *client, 0 when it is not there, or an error. */
static int follow(const struct net_ranges *trusted, const struct http_field *fields, size_t count,
                  const char *name, parse_fn parse, struct net_address *client)
{
    int found = 0;

    for (size_t i = count; i > 0; i--) {
        if (strcasecmp(fields[i - 1].name, name) != 0)
            continue;
        struct span rest = {fields[i - 1].value, strlen(fields[i - 1].value)};
        while (rest.len > 0) {
            struct span hop = cut_last(&rest, ',');
            if (hop.len == 0)
                continue; /* an empty element of a list counts for nothing, RFC 9110 section 5.6.1
                           */
            if (parse(client, hop) < 0)
                return ROOST_ERR_INVALID;
            found = 1;
            if (!net_ranges_hold(trusted, *client))
                return 1;
        }
    }
    return found;
}

struct net_address forwarded_client(const struct net_ranges *trusted, struct net_address peer,
                                    const struct http_field *fields, size_t count)
{
    struct net_address standard, usual;

    if (!net_ranges_hold(trusted, peer))
        return peer;
    int one = follow(trusted, fields, count, "Forwarded", parse_element, &standard);
    int other = follow(trusted, fields, count, "X-Forwarded-For", parse_node, &usual);
    if (one < 0 || other < 0 || (one == 0 && other == 0) ||
        (one > 0 && other > 0 && !net_address_equal(standard, usual)))
        return peer;
    return one > 0 ? standard : usual;
}
