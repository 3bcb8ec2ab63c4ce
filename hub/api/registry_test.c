/* SPDX-License-Identifier: Apache-2.0 */
/* What devices, commands and batches answer while the registry does not do as it is asked: locked,
 * full, broken, overrun. The real registry, behind a switch. */
#include "hub/api/test_web.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "core/hex.h"
#include "hub/api/api_internal.h"
#include "hub/factory/batch.h"
#include "hub/factory/seal.h"
#include "hub/store/registry_sqlite.h"
#include "host/log.h"

struct rig {
    struct web *web;
    struct registry real, registry;
    int fail[REGISTRY_OP_COUNT]; /* what the requests are answered with instead of done */
    int refuse;                  /* what asking returns */
    struct bus bus;
    struct hub_feed feed;
    size_t published;
    struct hub_set services;
    struct fleet *fleet;
    struct api api;
    struct http_route routes[8];
    struct client client;
    EVP_PKEY *pair;
    uint8_t public_key[FACTORY_KEY_BYTES];
};

struct failing {
    registry_done_fn done;
    void *arg;
    int err;
};

static void fail_later(void *arg, int err, const struct registry_answer *answer)
{
    static const struct registry_answer nothing;
    struct failing *failing = arg;
    (void)answer;
    failing->done(failing->arg, err ? err : failing->err, &nothing);
    free(failing);
}

static int ask(void *ctx, const struct registry_request *request, registry_done_fn done, void *arg)
{
    static const struct registry_request ping = {.op = REGISTRY_PING};
    struct rig *rig = ctx;
    if (rig->refuse)
        return rig->refuse;
    if (!rig->fail[request->op])
        return rig->real.ops->ask(rig->real.ctx, request, done, arg);
    struct failing *failing = malloc(sizeof *failing);
    assert_non_null(failing);
    *failing = (struct failing){done, arg, rig->fail[request->op]};
    return rig->real.ops->ask(rig->real.ctx, &ping, fail_later, failing);
}

static int load_devices(void *ctx, registry_device_fn fn, void *arg)
{
    struct rig *rig = ctx;
    return rig->real.ops->load_devices(rig->real.ctx, fn, arg);
}

static int load_removals(void *ctx, registry_removal_fn fn, void *arg)
{
    struct rig *rig = ctx;
    return rig->real.ops->load_removals(rig->real.ctx, fn, arg);
}

static int load_commands(void *ctx, size_t limit, registry_command_fn fn, void *arg)
{
    struct rig *rig = ctx;
    return rig->real.ops->load_commands(rig->real.ctx, limit, fn, arg);
}

static const struct registry_ops ops = {.ask = ask,
                                        .load_devices = load_devices,
                                        .load_commands = load_commands,
                                        .load_removals = load_removals};

static int publish(void *ctx, const char *topic, const void *payload, size_t len, int qos,
                   bool retain)
{
    struct rig *rig = ctx;
    (void)topic, (void)payload, (void)len, (void)qos, (void)retain;
    rig->published++;
    return 0;
}

static bool nobody_looks(void *ctx)
{
    (void)ctx;
    return false;
}

static const struct bus_ops bus_ops = {.publish = publish};
static const struct hub_feed_ops feed_ops = {.wanted = nobody_looks};
static const uint8_t registry_key[SEAL_KEY_BYTES] = "a key for the registry of a test";

/* Two products that want nothing of the hub but their types. */
static const struct hub_service window = {.name = "climate", .type = "window"};
static const struct hub_service meter = {.name = "meter", .type = "meter"};

static void no_log(void *ctx, enum roost_log_level level, const char *line, size_t len)
{
    (void)ctx, (void)level, (void)line, (void)len;
}

static void make_key(struct rig *rig)
{
    size_t len;
    rig->pair = EVP_EC_gen("P-256");
    assert_non_null(rig->pair);
    assert_int_equal(EVP_PKEY_get_octet_string_param(rig->pair, "pub", rig->public_key,
                                                     sizeof rig->public_key, &len),
                     1);
}

static int set_up(void **state)
{
    static const struct fleet_config config = {.policy = FLEET_POLICY_OPEN,
                                               .inactive_after_ms = 300000,
                                               .command_timeout_ms = 10000,
                                               .device_max = 100};
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    *state = rig;
    host_log_init(ROOST_LOG_DEBUG, no_log, NULL);
    struct web *web = rig->web = web_new();
    make_key(rig);
    assert_int_equal(registry_sqlite_open(&rig->real, &web->loop, ":memory:", NULL, 0), 0);
    rig->registry = (struct registry){&ops, rig};
    rig->bus = (struct bus){&bus_ops, rig};
    rig->feed = (struct hub_feed){&feed_ops, rig};
    rig->fleet =
        fleet_new(&config, &rig->registry, &rig->bus, &web->clock, &rig->feed, web->metrics);
    assert_non_null(rig->fleet);
    rig->services = (struct hub_set){.at = {{&window, NULL}, {&meter, NULL}}, .count = 2};
    fleet_join(rig->fleet, &rig->services);
    assert_int_equal(fleet_load(rig->fleet), 0);
    assert_int_equal(fleet_add(rig->fleet, "w1", "window", "Old", NULL, NULL), 0);
    rig->real.ops->wait(rig->real.ctx);
    rig->api.parts = (struct api_parts){
        .registry = &rig->registry,
        .clock = &web->clock,
        .fleet = rig->fleet,
        .factory = {.public_key = rig->public_key, .registry_key = registry_key}};
#define ROUTE(method, path, handler)                                                               \
    {                                                                                              \
        method, path, HTTP_ROLE_ANYONE, HTTP_RATE_NONE, handler, &rig->api, 0                      \
    }
    const struct http_route routes[] = {
        ROUTE(HTTP_GET, "/devices/{device_id}", api_get_device),
        ROUTE(HTTP_POST, "/devices", api_add_device),
        ROUTE(HTTP_POST, "/devices/batch", api_import_batch),
        ROUTE(HTTP_PATCH, "/devices/{device_id}", api_update_device),
        ROUTE(HTTP_DELETE, "/devices/{device_id}", api_remove_device),
        ROUTE(HTTP_GET, "/devices/{device_id}/commands", api_list_commands),
        ROUTE(HTTP_POST, "/devices/{device_id}/commands", api_send_command),
        ROUTE(HTTP_GET, "/commands/{command_id}", api_get_command),
    };
    memcpy(rig->routes, routes, sizeof routes);
    assert_int_equal(http_server_add(web->server, rig->routes, sizeof routes / sizeof *routes), 0);
    assert_int_equal(http_server_listen(web->server), 0);
    client_open(web, &rig->client);
    return 0;
}

static int tear_down(void **state)
{
    struct rig *rig = *state;
    client_close(&rig->client);
    rig->real.ops->close(rig->real.ctx);
    fleet_free(rig->fleet);
    web_free(rig->web);
    EVP_PKEY_free(rig->pair);
    free(rig);
    return 0;
}

static int call(struct rig *rig, const char *method, const char *path, const char *body)
{
    return client_ask(&rig->client, method, path, NULL, body);
}

/* However the registry fails, the answer says so: 503 with a time to come again where that helps.
 */
static void expect_failures(struct rig *rig, enum registry_op op, const char *method,
                            const char *path, const char *body)
{
    static const struct {
        int err, status;
        const char *code;
    } rows[] = {
        {ROOST_ERR_BUSY, 503, "\"busy\""},
        {ROOST_ERR_NO_SPACE, 503, "\"no_space\""},
        {ROOST_ERR_CLOSED, 503, "\"closed\""},
        {ROOST_ERR_IO, 500, "\"io\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rig->fail[op] = rows[i].err;
        assert_int_equal(call(rig, method, path, body), rows[i].status);
        assert_true(client_got(&rig->client, rows[i].code));
        assert_int_equal(client_got(&rig->client, "Retry-After: 5\r\n"), rows[i].status == 503);
    }
    rig->fail[op] = 0;
    rig->refuse = ROOST_ERR_FULL; /* too many ask: the same as a database that is locked */
    assert_int_equal(call(rig, method, path, body), 503);
    assert_true(client_got(&rig->client, "\"busy\""));
    assert_true(client_got(&rig->client, "Retry-After: 5\r\n"));
    rig->refuse = 0;
}

static void a_change_that_fails_changes_nothing(void **state)
{
    static const char body[] = "{\"name\":\"New\",\"location\":\"Up\",\"config\":{\"a\":1}}";
    struct rig *rig = *state;
    expect_failures(rig, REGISTRY_DEVICE_CHANGE, "PATCH", "/devices/w1", body);
    assert_true(client_got(&rig->client, "the device could not be stored"));
    assert_int_equal(call(rig, "GET", "/devices/w1", NULL), 200);
    assert_true(client_got(&rig->client, "\"name\":\"Old\""));
    assert_int_equal(call(rig, "PATCH", "/devices/w1", body), 200);
    assert_true(client_got(&rig->client, "\"name\":\"New\""));
    assert_true(client_got(&rig->client, "\"location\":\"Up\""));
}

static void a_device_that_cannot_be_stored_is_not_added(void **state)
{
    static const char body[] = "{\"device_id\":\"w2\",\"type\":\"window\",\"name\":\"Two\"}";
    struct rig *rig = *state;
    expect_failures(rig, REGISTRY_DEVICES_ADD, "POST", "/devices", body);
    assert_int_equal(call(rig, "GET", "/devices/w2", NULL), 404);
    assert_int_equal(call(rig, "POST", "/devices", body), 201);
    assert_true(client_got(&rig->client, "\"name\":\"Two\""));
    assert_int_equal(call(rig, "POST", "/devices", body), 409);
}

static void a_device_is_of_a_products_type(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(call(rig, "POST", "/devices", "{\"device_id\":\"m1\",\"type\":\"kettle\"}"),
                     400);
    assert_true(client_got(&rig->client, "\"invalid_field\""));
    assert_true(client_got(&rig->client, "type: must be window or meter\""));
    assert_int_equal(call(rig, "POST", "/devices", "{\"device_id\":\"m1\",\"type\":\"meter\"}"),
                     201);
    assert_true(client_got(&rig->client, "\"type\":\"meter\""));
}

static void a_device_that_cannot_be_removed_stays(void **state)
{
    struct rig *rig = *state;
    expect_failures(rig, REGISTRY_DEVICE_DELETE, "DELETE", "/devices/w1", NULL);
    assert_true(client_got(&rig->client, "the device could not be removed"));
    assert_int_equal(call(rig, "GET", "/devices/w1", NULL), 200);
    assert_int_equal(call(rig, "DELETE", "/devices/w1", NULL), 200);
    assert_int_equal(call(rig, "DELETE", "/devices/w1", NULL), 404);
}

static void a_command_that_cannot_be_recorded_is_not_sent(void **state)
{
    static const char body[] = "{\"command\":\"measure\"}";
    struct rig *rig = *state;
    expect_failures(rig, REGISTRY_COMMAND_PUT, "POST", "/devices/w1/commands", body);
    assert_true(client_got(&rig->client, "the command was not sent"));
    assert_int_equal(rig->published, 0);
    assert_int_equal(call(rig, "POST", "/devices/w1/commands", body), 202);
    assert_true(client_got(&rig->client, "\"state\":\"sent\""));
    assert_int_equal(rig->published, 1);
}

static void commands_that_cannot_be_read_are_an_error(void **state)
{
    char path[64] = "/commands/";
    struct rig *rig = *state;
    assert_int_equal(call(rig, "POST", "/devices/w1/commands", "{\"command\":\"measure\"}"), 202);
    const char *id = strstr(rig->client.in, "\"command_id\":\"");
    assert_non_null(id);
    snprintf(path + strlen(path), 37, "%s", id + strlen("\"command_id\":\""));
    expect_failures(rig, REGISTRY_COMMAND_LIST, "GET", "/devices/w1/commands", NULL);
    assert_true(client_got(&rig->client, "the commands cannot be read"));
    expect_failures(rig, REGISTRY_COMMAND_GET, "GET", path, NULL);
    assert_int_equal(call(rig, "GET", "/devices/w1/commands", NULL), 200);
    assert_true(client_got(&rig->client, "\"measure\""));
    assert_int_equal(call(rig, "GET", path, NULL), 200);
    assert_int_equal(call(rig, "GET", "/commands/unknown", NULL), 404);
    char far[400] = "/commands/";
    memset(far + strlen(far), 'x', 200);
    assert_int_equal(call(rig, "GET", far, NULL), 404);
}

/* ---- batches ---- */

static void sign(struct rig *rig, const char *lines, char out[129])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t der[80], raw[64];
    size_t len = sizeof der;
    const uint8_t *at = der;
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, rig->pair), 1);
    assert_int_equal(EVP_DigestSign(ctx, der, &len, (const uint8_t *)lines, strlen(lines)), 1);
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)len);
    assert_non_null(signature);
    BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + 32, 32);
    roost_hex_write(out, raw, sizeof raw);
    ECDSA_SIG_free(signature);
    EVP_MD_CTX_free(ctx);
}

/* A batch of one device, its secret of one digit. */
static void make_batch(struct rig *rig, const char *product, const char *id, char digit, char *json,
                       size_t size)
{
    char lines[1024], secret[65], signature[129], key_id[17];
    uint8_t digest[SHA256_DIGEST_LENGTH];
    memset(secret, digit, 64);
    secret[64] = '\0';
    snprintf(lines, sizeof lines,
             "roost-batch-1\nbatch=b-1\nmade_at=2026-11-21T04:30:00Z\nproduct=%s\n"
             "device=%s 3 user-1 $7$101$c2FsdA==$aGFzaA== %s\n",
             product, id, secret);
    sign(rig, lines, signature);
    SHA256(rig->public_key, sizeof rig->public_key, digest);
    roost_hex_write(key_id, digest, 8);
    snprintf(json, size,
             "{\"batch\":\"b-1\",\"made_at\":\"2026-11-21T04:30:00Z\","
             "\"product\":\"%s\",\"devices\":[{\"device_id\":\"%s\",\"hardware_version\":3,"
             "\"broker_user\":\"user-1\",\"broker_password_hash\":\"$7$101$c2FsdA==$aGFzaA==\","
             "\"secret_hex\":\"%s\"}],"
             "\"key_id\":\"%s\",\"signature\":\"%s\"}",
             product, id, secret, key_id, signature);
}

static void a_batch_that_cannot_be_stored_is_not_imported(void **state)
{
    char json[2048];
    struct rig *rig = *state;
    make_batch(rig, "window", "n1", '7', json, sizeof json);
    expect_failures(rig, REGISTRY_CREDENTIALS_GET, "POST", "/devices/batch", json);
    expect_failures(rig, REGISTRY_DEVICES_ADD, "POST", "/devices/batch", json);
    assert_true(client_got(&rig->client, "the batch could not be stored"));
    assert_int_equal(call(rig, "GET", "/devices/n1", NULL), 404);
    assert_int_equal(call(rig, "POST", "/devices/batch", json), 200);
    assert_true(client_got(&rig->client, "\"imported\":1"));
    assert_int_equal(call(rig, "GET", "/devices/n1", NULL), 200);
    assert_int_equal(call(rig, "POST", "/devices/batch", json), 200);
    assert_true(client_got(&rig->client, "\"unchanged\":1"));
    make_batch(rig, "window", "n1", '8', json, sizeof json);
    assert_int_equal(call(rig, "POST", "/devices/batch", json), 409);
    assert_true(client_got(&rig->client, "device_id: n1 is registered already"));
}

static void a_batch_is_of_a_product(void **state)
{
    char json[2048];
    struct rig *rig = *state;
    make_batch(rig, "kettle", "n1", '7', json, sizeof json);
    assert_int_equal(call(rig, "POST", "/devices/batch", json), 400);
    assert_true(client_got(&rig->client, "product: must be window or meter\""));
    make_batch(rig, "meter", "n1", '7', json, sizeof json);
    assert_int_equal(call(rig, "POST", "/devices/batch", json), 200);
    assert_int_equal(call(rig, "GET", "/devices/n1", NULL), 200);
    assert_true(client_got(&rig->client, "\"type\":\"meter\""));
}

/* ---- those who leave ---- */

static void who_does_not_wait_for_the_answer_harms_nothing(void **state)
{
    static const struct {
        const char *method, *path, *body;
    } asked[] = {
        {"PATCH", "/devices/w1", "{\"name\":\"New\"}"},
        {"POST", "/devices", "{\"device_id\":\"w2\",\"type\":\"window\"}"},
        {"POST", "/devices/w1/commands", "{\"command\":\"measure\"}"},
        {"GET", "/devices/w1/commands", NULL},
        {"DELETE", "/devices/w1", NULL},
    };
    struct rig *rig = *state;
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct client client;
        client_open(rig->web, &client);
        client_send(&client, asked[i].method, asked[i].path, NULL, asked[i].body);
        client_close(&client);
        rig->real.ops->wait(rig->real.ctx);
    }
    assert_int_equal(call(rig, "GET", "/devices/w1", NULL), 404);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_change_that_fails_changes_nothing),
        TEST(a_device_that_cannot_be_stored_is_not_added),
        TEST(a_device_is_of_a_products_type),
        TEST(a_device_that_cannot_be_removed_stays),
        TEST(a_command_that_cannot_be_recorded_is_not_sent),
        TEST(commands_that_cannot_be_read_are_an_error),
        TEST(a_batch_that_cannot_be_stored_is_not_imported),
        TEST(a_batch_is_of_a_product),
        TEST(who_does_not_wait_for_the_answer_harms_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
