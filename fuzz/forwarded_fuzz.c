/* SPDX-License-Identifier: Apache-2.0 */
/* First line: X-Forwarded-For, second line: Forwarded. */
#include "core/err.h"
#include "fuzz/fuzz.h"
#include "host/net/forwarded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *text = malloc(len + 1);
    FUZZ_CHECK(text);
    memcpy(text, data, len);
    text[len] = '\0';

    struct net_ranges trusted, any;
    struct net_address peer, other, client, again;
    FUZZ_CHECK(net_ranges_parse(&trusted, "10.0.0.0/8") == 0);
    FUZZ_CHECK(net_address_parse(&peer, "10.0.0.1", 8) == 0);
    FUZZ_CHECK(net_address_parse(&other, "192.0.2.7", 9) == 0);
    FUZZ_CHECK(net_ranges_parse(&any, text) <= 0);

    char *second = strchr(text, '\n');
    if (second)
        *second++ = '\0';
    const struct http_field fields[] = {{"X-Forwarded-For", text},
                                        {"Forwarded", second ? second : ""}};
    client = forwarded_client(&trusted, other, fields, 2);
    FUZZ_CHECK(net_address_equal(client, other));
    client = forwarded_client(&trusted, peer, fields, second ? 2 : 1);

    /* What is written reads as the same. */
    char written[NET_ADDRESS_TEXT_MAX];
    net_address_write(written, client);
    FUZZ_CHECK(net_address_parse(&again, written, strlen(written)) == 0);
    FUZZ_CHECK(net_address_equal(client, again));

    /* A proxy behind it that appends the client's true address is believed, whatever came. */
    size_t size = strlen(text) + sizeof ", 203.0.113.9";
    char *appended = malloc(size);
    FUZZ_CHECK(appended);
    snprintf(appended, size, "%s, 203.0.113.9", text);
    FUZZ_CHECK(net_address_parse(&again, "203.0.113.9", 11) == 0);
    client = forwarded_client(&trusted, peer, &(struct http_field){"X-Forwarded-For", appended}, 1);
    FUZZ_CHECK(net_address_equal(client, again));
    free(appended);
    free(text);
    return 0;
}
