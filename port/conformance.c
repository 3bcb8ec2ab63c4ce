/* SPDX-License-Identifier: Apache-2.0 */
#include "core/fnv.h"
#include "port/conformance_tests.h"

#include <stdio.h>

uint32_t conformance_hash(const void *data, size_t len)
{
    return roost_fnv32(ROOST_FNV32, data, len);
}

/* Whether this part is refused: each as often as the test asked for, then it is taken. */
static bool refuses(struct roost_conformance *suite, const struct roost_event *event)
{
    if ((event->type != ROOST_EV_HTTP_DATA && event->type != ROOST_EV_HTTP_ROOM) ||
        suite->refuse.left == 0)
        return false;
    if (suite->refuse.left == suite->refuse.times)
        suite->refuse.offset = event->token;
    else if (event->token != suite->refuse.offset)
        suite->refuse.skipped = true; /* offered the next one instead of this one again */
    suite->refuse.left--;
    return true;
}

int roost_conformance_post(void *ctx, const struct roost_event *event)
{
    struct roost_conformance *suite = ctx;

    if (suite->operations)
        suite->posted_inside_an_operation = true;
    if (refuses(suite, event))
        return ROOST_ERR_FULL;
    if (event->type == ROOST_EV_HTTP_DATA || event->type == ROOST_EV_HTTP_ROOM)
        suite->refuse.left = suite->refuse.times;
    if (suite->event_count == ROOST_CONFORMANCE_EVENTS) {
        suite->events_dropped++;
        return ROOST_ERR_FULL;
    }
    struct roost_conformance_event *kept = &suite->events[suite->event_count++];
    kept->event = *event;
    kept->data_hash = conformance_hash(event->data, event->len);
    kept->event.topic = NULL;
    kept->event.data = NULL;
    if (event->topic) {
        snprintf(kept->topic, sizeof kept->topic, "%s", event->topic);
        kept->event.topic = kept->topic;
    }
    if (event->data) {
        size_t len = event->len < sizeof kept->data ? event->len : sizeof kept->data;
        memcpy(kept->data, event->data, len);
        kept->event.data = kept->data;
    }
    return 0;
}

void conformance_forget(struct roost_conformance *suite)
{
    suite->event_count = 0;
    suite->events_dropped = 0;
}

static struct roost_conformance_event *find(struct roost_conformance *suite,
                                            enum roost_event_type type)
{
    for (size_t i = 0; i < suite->event_count; i++)
        if (suite->events[i].event.type == type)
            return &suite->events[i];
    return NULL;
}

const struct roost_conformance_event *conformance_take(struct roost_conformance *suite,
                                                       enum roost_event_type type)
{
    struct roost_conformance_event *event = find(suite, type);

    if (event)
        event->event.type = ROOST_EV_NONE;
    return event;
}

size_t conformance_count(const struct roost_conformance *suite, enum roost_event_type type)
{
    size_t count = 0;

    for (size_t i = 0; i < suite->event_count; i++)
        count += suite->events[i].event.type == type;
    return count;
}

struct awaited {
    struct roost_conformance *suite;
    enum roost_event_type type;
};

static bool is_there(void *arg)
{
    const struct awaited *awaited = arg;

    return find(awaited->suite, awaited->type) != NULL;
}

const struct roost_conformance_event *
conformance_expect(struct roost_conformance *suite, enum roost_event_type type, uint32_t limit_ms)
{
    struct awaited awaited = {suite, type};

    if (!suite->run_until(suite->ctx, is_there, &awaited, limit_ms))
        fail_msg("no event %d within %u ms", (int)type, (unsigned)limit_ms);
    return conformance_take(suite, type);
}

static bool never(void *arg)
{
    (void)arg;
    return false;
}

void conformance_pass(struct roost_conformance *suite, uint32_t ms)
{
    (void)suite->run_until(suite->ctx, never, NULL, ms);
}

void conformance_network(struct roost_conformance *suite)
{
    int err;

    if (!suite->port->wifi.ops)
        return;
    conformance_forget(suite);
    OP(suite, err, wifi, connect, NULL, NULL);
    assert_int_equal(err, 0);
    (void)conformance_expect(suite, ROOST_EV_WIFI_UP, 20000);
    conformance_forget(suite);
}

static int check_contract(void **state)
{
    const struct roost_conformance *suite = *state;

    if (suite->posted_inside_an_operation) {
        print_error("an event was posted from inside an operation\n");
        return -1;
    }
    return 0;
}

int roost_conformance_run(struct roost_conformance *suite)
{
    const struct roost_port *port = suite->port;
    const struct {
        struct conformance_group group;
        bool applies;
    } groups[] = {
        {conformance_kv_group(), port->kv.ops},
        {conformance_journal_group(), port->journal.ops},
        {conformance_ledger_group(), port->ledger.ops},
        {conformance_slot_group(), port->slot.ops},
        {conformance_firmware_group(),
         port->firmware.ops && port->slot.ops && suite->firmware.make_image && suite->rebooted},
        {conformance_basic_group(), true},
        {conformance_crypto_group(), port->crypto.ops},
        {conformance_pki_group(), port->pki.ops},
        {conformance_chains_group(), port->pki.ops},
        {conformance_slots_group(), port->pki.ops},
        {conformance_hardware_group(), true},
        {conformance_sound_group(), port->audio_out.ops || port->decoder.ops || port->light.ops},
        {conformance_gpio_group(), port->gpio.ops && suite->gpio.drive},
        {conformance_can_group(), port->can.ops && suite->can.peer.ops},
        {conformance_mqtt_group(), port->mqtt.ops && suite->broker.options.host},
        {conformance_ws_group(), port->ws.ops && suite->ws.url},
        {conformance_http_group(), port->http.ops && suite->http.url},
        {conformance_upload_group(),
         port->http.ops && port->http.ops->start && suite->http.url && suite->http.uploaded},
    };
    enum { TESTS_MAX = 32 };
    int failed = 0;

    for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++) {
        const struct conformance_group *group = &groups[g].group;
        struct CMUnitTest tests[TESTS_MAX];
        char name[64];

        snprintf(name, sizeof name, "%s: %s", suite->name, group->name);
        if (!groups[g].applies) {
            print_message("%s: left out, the port or its test program has no part for it\n", name);
            continue;
        }
        for (size_t i = 0; i < group->count && i < TESTS_MAX; i++) {
            tests[i] = group->tests[i];
            tests[i].initial_state = suite;
            tests[i].teardown_func = check_contract;
        }
        failed += _cmocka_run_group_tests(name, tests, group->count, NULL, NULL);
    }
    return failed;
}
