/* SPDX-License-Identifier: Apache-2.0 */
/* The claim as PROTOCOLS 3 has it, with proofs made here from that page and not by claim.c. */
#include "hub/api/test_children.h"

#include <openssl/hmac.h>

#include "core/hex.h"
#include "hub/api/claim_table.h"

#define CLAIM "/api/v1/pair/claim"

static const uint8_t secret[32] = {0xde, 0xad, 0xbe, 0xef, 0, 1, 2, 3};

static void add_device(struct rig *rig, const char *id)
{
    struct registry_device device = {.claimed = true};
    struct registry_credential credential = {.sealed_len = sizeof secret + SEAL_EXTRA};
    snprintf(device.id, sizeof device.id, "%s", id);
    snprintf(credential.device_id, sizeof credential.device_id, "%s", id);
    assert_int_equal(seal_close(credential.secret_sealed, registry_key, id, secret, sizeof secret),
                     0);
    const struct registry_request add = {
        .op = REGISTRY_DEVICES_ADD, .devices = &device, .credentials = &credential, .count = 1};
    assert_int_equal(rig_put(rig, &add), 0);
}

/* The body of a claim; nonce: one byte of it, the rest is 0. */
static const char *body_of(const char *device_id, const char *child_id, uint8_t nonce_byte,
                           const char *more)
{
    static char body[512];
    uint8_t nonce[16] = {nonce_byte}, message[256], hmac[32];
    unsigned hmac_len = sizeof hmac;
    char nonce_hex[33], hmac_hex[65];
    size_t len = (size_t)snprintf((char *)message, sizeof message, "%s%s", device_id, child_id);
    memcpy(message + len, nonce, sizeof nonce);
    assert_non_null(
        HMAC(EVP_sha256(), secret, sizeof secret, message, len + sizeof nonce, hmac, &hmac_len));
    roost_hex_write(nonce_hex, nonce, sizeof nonce);
    roost_hex_write(hmac_hex, hmac, sizeof hmac);
    snprintf(body, sizeof body,
             "{\"device_id\":\"%s\",\"child_id\":\"%s\",\"nonce\":\"%s\",\"hmac_hex\":\"%s\"%s}",
             device_id, child_id, nonce_hex, hmac_hex, more);
    return body;
}

/* As a device: nobody is signed in. */
static int claim(struct rig *rig, const char *body)
{
    return client_ask(&rig->client, "POST", CLAIM, NULL, body);
}

#define EXPECT_CLAIM(rig, status, text, body)                                                      \
    do {                                                                                           \
        assert_int_equal(claim(rig, body), status);                                                \
        if (!client_got(&(rig)->client, text))                                                     \
            fail_msg("no %s in: %s", text, (rig)->client.in);                                      \
    } while (0)

static void prepare(struct rig *rig)
{
    add_child(rig);
    add_device(rig, "teddy-0001");
}

static void member(struct rig *rig, const char *key, char *out, size_t size)
{
    char start[64];
    int len = snprintf(start, sizeof start, "\"%s\":\"", key);
    const char *at = strstr(rig->client.in, start);
    assert_non_null(at);
    snprintf(out, size, "%.*s", (int)strcspn(at + len, "\""), at + len);
}

static void a_device_proves_whose_it_is(void **state)
{
    struct rig *rig = *state;
    char token[1024], session_id[64];
    struct http_identity who;
    prepare(rig);
    size_t told = rig->changes;
    EXPECT_CLAIM(rig, 200, "\"token_type\":\"Bearer\",\"expires_in\":3600,\"device_session_id\":\"",
                 body_of("teddy-0001", "c-1", 1, ""));
    assert_true(client_got(&rig->client,
                           "\"child_profile\":{\"child_id\":\"c-1\",\"name\":\"" MARKER
                           "\",\"birth_month\":\"2019-07\",\"age\":6,"
                           "\"age_group\":\"6-8\",\"language\":\"ar\",\"consents\":"
                           "{\"service\":false,\"disclosure\":false}}"));
    assert_true(client_got(&rig->client,
                           "\"device_config\":{\"host\":\"hub.example\",\"port\":8443,\"tls\":true,"
                           "\"ws_path\":\"/api/v1/esp32/private/chat\",\"settings\":{}}"));
    assert_true(client_got(&rig->client, "no-store"));
    assert_int_equal(rig->changes, told + 1);
    member(rig, "access_token", token, sizeof token);
    member(rig, "device_session_id", session_id, sizeof session_id);
    int64_t now_s = rig->web->unix_ms / 1000;
    assert_int_equal(token_access_check(jwt_secret, token, now_s, &who), 0);
    assert_int_equal(who.role, HTTP_ROLE_DEVICE);
    assert_string_equal(who.session, session_id);
    assert_int_equal(who.valid_s, 3600);
    assert_int_equal(token_access_check(jwt_secret, token, now_s + 3600, &who), ROOST_ERR_STALE);
    EXPECT(rig, 200, "\"devices\":[{\"device_id\":\"teddy-0001\",\"claimed_at_ms\":", "GET",
           "/api/v1/children/c-1", NULL);
    EXPECT(rig, 200,
           "\"operator_id\":null,\"what\":\"device claimed\",\"device_id\":\"teddy-0001\"", "GET",
           "/api/v1/children/c-1/audit", NULL);
}

/* A device that was claimed for one child is claimed for another one: both are told. */
static void a_device_changes_hands(void **state)
{
    struct rig *rig = *state;
    prepare(rig);
    assert_int_equal(call(rig, "POST", "/api/v1/children",
                          "{\"child_id\":\"c-2\",\"name\":\"B\",\"birth_month\":\"2019-07\","
                          "\"language\":\"en\"}"),
                     201);
    assert_int_equal(claim(rig, body_of("teddy-0001", "c-1", 1, "")), 200);
    size_t told = rig->changes;
    assert_int_equal(claim(rig, body_of("teddy-0001", "c-2", 2, "")), 200);
    assert_int_equal(rig->changes, told + 2);
    assert_string_equal(rig->changed, "c-1");
    EXPECT(rig, 200, "\"devices\":[]", "GET", "/api/v1/children/c-1", NULL);
    EXPECT(rig, 200, "\"devices\":[{\"device_id\":\"teddy-0001\"", "GET", "/api/v1/children/c-2",
           NULL);
}

/* RFC 4231 checks the HMAC elsewhere; this is what a device that reads the page sends. */
static void the_proof_is_over_these_bytes(void **state)
{
    /* printf 'teddy-0001c-1' + 16 bytes 01 00.., key deadbeef00010203 00..: */
    static const char by_hand[] =
        "{\"device_id\":\"teddy-0001\",\"child_id\":\"c-1\","
        "\"nonce\":\"01000000000000000000000000000000\",\"hmac_hex\":\"%s\"}";
    struct rig *rig = *state;
    char body[512],
        hmac_hex[65] = "a7365c634dacb51248509b76286f6b14810e4f2c0ec509e97867ab634bbbfa9c";
    prepare(rig);
    snprintf(body, sizeof body, by_hand, hmac_hex);
    assert_int_equal(claim(rig, body), 200);
}

static void a_wrong_proof_tells_nothing(void **state)
{
    struct rig *rig = *state;
    char body[512], first[4096];
    prepare(rig);
    snprintf(body, sizeof body, "%s", body_of("teddy-0001", "c-1", 1, ""));
    char *last = strstr(body, "\"}") - 1; /* the proof's last digit */
    *last = *last == '0' ? '1' : '0';
    EXPECT_CLAIM(rig, 401, "hmac_hex: wrong", body);
    snprintf(first, sizeof first, "%s", strstr(rig->client.in, "\r\n\r\n"));
    /* Not known; known without a secret; another child's; a child that is not there. */
    static const char *const devices[] = {"teddy-9999", "teddy-bare"};
    const struct registry_device bare = {.id = "teddy-bare", .claimed = true};
    const struct registry_request add = {.op = REGISTRY_DEVICES_ADD, .devices = &bare, .count = 1};
    assert_int_equal(rig_put(rig, &add), 0);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(claim(rig, body_of(devices[i], "c-1", 1, "")), 401);
        assert_string_equal(strstr(rig->client.in, "\r\n\r\n"), first);
    }
    snprintf(body, sizeof body, "%s", body_of("teddy-0001", "c-1", 1, ""));
    char *child = strstr(body, "\"c-1\"");
    child[3] = '9';
    assert_int_equal(claim(rig, body), 401);
    assert_string_equal(strstr(rig->client.in, "\r\n\r\n"), first);
    assert_int_equal(claim(rig, body_of("teddy-0001", "c-1", 1, "")), 200); /* used up nothing */
}

static void an_unknown_child_is_said_to_the_device_only(void **state)
{
    struct rig *rig = *state;
    prepare(rig);
    EXPECT_CLAIM(rig, 404, "child_id: not found", body_of("teddy-0001", "nobody", 1, ""));
    assert_int_equal(call(rig, "POST", "/api/v1/children",
                          "{\"child_id\":\"nobody\",\"name\":\"B\",\"birth_month\":\"2019-07\","
                          "\"language\":\"en\"}"),
                     201);
    assert_int_equal(claim(rig, body_of("teddy-0001", "nobody", 1, "")), 200);
}

static void a_nonce_is_good_once(void **state)
{
    struct rig *rig = *state;
    char first[8192];
    prepare(rig);
    assert_int_equal(call(rig, "POST", "/api/v1/children",
                          "{\"child_id\":\"c-2\",\"name\":\"B\",\"birth_month\":\"2019-07\","
                          "\"language\":\"en\"}"),
                     201);
    assert_int_equal(claim(rig, body_of("teddy-0001", "c-1", 7, "")), 200);
    snprintf(first, sizeof first, "%s", strstr(rig->client.in, "\r\n\r\n"));
    rig->web->now_ms += CLAIM_NONCE_MS - 1;
    assert_int_equal(claim(rig, body_of("teddy-0001", "c-1", 7, "")), 200);
    assert_string_equal(strstr(rig->client.in, "\r\n\r\n"), first); /* to the byte */
    EXPECT_CLAIM(rig, 409, "nonce", body_of("teddy-0001", "c-2", 7, ""));
    EXPECT_CLAIM(rig, 409, "nonce", body_of("teddy-0001", "c-1", 7, ",\"timestamp\":1"));
    EXPECT_CLAIM(rig, 409, "nonce",
                 body_of("teddy-0001", "c-1", 7, ",\"firmware_version\":\"1.0\""));
    add_device(rig, "teddy-0002");
    EXPECT_CLAIM(rig, 409, "nonce", body_of("teddy-0002", "c-1", 7, ""));
    rig->web->now_ms += 1;
    assert_int_equal(claim(rig, body_of("teddy-0001", "c-1", 7, "")), 200);
    assert_string_not_equal(strstr(rig->client.in, "\r\n\r\n"), first);
}

/* As some write what they leave out. */
static void what_is_null_is_not_there(void **state)
{
    struct rig *rig = *state;
    prepare(rig);
    assert_int_equal(claim(rig, body_of("teddy-0001", "c-1", 7,
                                        ",\"firmware_version\":null,\"timestamp\":null")),
                     200);
}

static void thirty_a_minute(void **state)
{
    struct rig *rig = *state;
    prepare(rig);
    for (int i = 0; i < 30; i++) {
        rig->web->now_ms += 1000;
        assert_int_equal(claim(rig, body_of("teddy-0001", "c-1", (uint8_t)i, "")), 200);
    }
    EXPECT_CLAIM(rig, 429, "Retry-After: 31\r\n", body_of("teddy-0001", "c-1", 99, ""));
    add_device(rig, "teddy-0002"); /* another one is not held up */
    assert_int_equal(claim(rig, body_of("teddy-0002", "c-1", 100, "")), 200);
    rig->web->now_ms += 31000;
    assert_int_equal(claim(rig, body_of("teddy-0001", "c-1", 99, "")), 200);
}

static void claims_are_counted(void **state)
{
    struct rig *rig = *state;
    prepare(rig);
    assert_int_equal(claim(rig, body_of("teddy-0001", "c-1", 1, "")), 200);
    assert_int_equal(claim(rig, body_of("teddy-0001", "c-1", 1, "")), 200);
    assert_int_equal(claim(rig, body_of("teddy-0001", "c-1", 1, ",\"timestamp\":1")), 409);
    assert_int_equal(claim(rig, body_of("teddy-0001", "nobody", 2, "")), 404);
    assert_int_equal(claim(rig, body_of("teddy-9999", "c-1", 3, "")), 401);
    static const char *const labels[] = {"ok", "again", "nonce_used", "unknown_child",
                                         "wrong_proof"};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        char label[64];
        snprintf(label, sizeof label, "result=\"%s\"", labels[i]);
        assert_int_equal((int)web_counted(rig->web, "roost_claims_total", label), 1);
    }
}

static void a_bad_field_is_named(void **state)
{
    static const char n32[] = "00112233445566778899aabbccddeeff";
    static const char h64[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    static const struct {
        const char *device, *child, *nonce, *hmac, *more, *message;
    } rows[] = {
        {"teddy-1", "c", n32, h64, "", "device_id: 8 to 64"},
        {"teddy 0001", "c", n32, h64, "", "device_id: 8 to 64"},
        {"01234567890123456789012345678901234567890123456789012345678901234", "c", n32, h64, "",
         "device_id: 8 to 64"},
        {"teddy-0001", "", n32, h64, "", "child_id: 1 to 50"},
        {"teddy-0001", "a/b", n32, h64, "", "child_id: 1 to 50"},
        {"teddy-0001", "c", "0011", h64, "", "nonce: 32"},
        {"teddy-0001", "c", "00112233445566778899aabbccddeefg", h64, "", "nonce: 32"},
        {"teddy-0001", "c", "00112233445566778899aabbccddeeff00", h64, "", "nonce: 32"},
        {"teddy-0001", "c", n32, n32, "", "hmac_hex: 64"},
        {"teddy-0001", "c", n32, h64, ",\"firmware_version\":7", "firmware_version"},
        {"teddy-0001", "c", n32, h64, ",\"timestamp\":{}", "timestamp"},
    };
    struct rig *rig = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char body[512];
        snprintf(
            body, sizeof body,
            "{\"device_id\":\"%s\",\"child_id\":\"%s\",\"nonce\":\"%s\",\"hmac_hex\":\"%s\"%s}",
            rows[i].device, rows[i].child, rows[i].nonce, rows[i].hmac, rows[i].more);
        EXPECT_CLAIM(rig, 422, rows[i].message, body);
    }
    EXPECT_CLAIM(rig, 422, "device_id", "{}");
    EXPECT_CLAIM(rig, 400, "JSON object", "[1]");
    EXPECT_CLAIM(rig, 400, "JSON object", "{\"device_id\":");
}

static void a_registry_that_fails_uses_nothing_up(void **state)
{
    struct rig *rig = *state;
    char body[512];
    prepare(rig);
    snprintf(body, sizeof body, "%s", body_of("teddy-0001", "c-1", 1, ""));
    expect_failures(rig, REGISTRY_PAIR_GET, "POST", CLAIM, body);
    expect_failures(rig, REGISTRY_CLAIM_PUT, "POST", CLAIM, body);
    EXPECT(rig, 200, "\"devices\":[]", "GET", "/api/v1/children/c-1", NULL);
    assert_int_equal(claim(rig, body), 200);
}

static int refresh(struct rig *rig, const char *token)
{
    char body[256];
    snprintf(body, sizeof body, "{\"refresh_token\":\"%s\"}", token);
    rig->web->now_ms += 1000;
    return client_ask(&rig->client, "POST", "/api/v1/auth/refresh", NULL, body);
}

static void a_refresh_token_is_rotated(void **state)
{
    struct rig *rig = *state;
    char first[64], second[64], session_id[64], again[64];
    prepare(rig);
    assert_int_equal(claim(rig, body_of("teddy-0001", "c-1", 1, "")), 200);
    member(rig, "refresh_token", first, sizeof first);
    member(rig, "device_session_id", session_id, sizeof session_id);
    assert_int_equal(refresh(rig, first), 200);
    assert_true(client_got(&rig->client, "\"expires_in\":3600"));
    member(rig, "refresh_token", second, sizeof second);
    member(rig, "device_session_id", again, sizeof again);
    assert_string_equal(again, session_id);
    assert_string_not_equal(first, second);
    rig->web->unix_ms += REGISTRY_TOKEN_GRACE_MS + 1;
    assert_int_equal(refresh(rig, first), 401); /* stolen: neither goes on */
    assert_int_equal(refresh(rig, second), 401);
    assert_int_equal(refresh(rig, "nobody's"), 401);
    assert_int_equal(claim(rig, body_of("teddy-0001", "c-1", 2, "")), 200);
    member(rig, "refresh_token", first, sizeof first);
    rig->web->unix_ms += INT64_C(7) * 24 * 3600 * 1000;
    assert_int_equal(refresh(rig, first), 401); /* 7 days */
    assert_int_equal(claim(rig, body_of("teddy-0001", "c-1", 3, "")), 200);
    member(rig, "refresh_token", first, sizeof first);
    rig->fail[REGISTRY_CLAIM_RENEW] = ROOST_ERR_BUSY;
    assert_int_equal(refresh(rig, first), 503);
    rig->fail[REGISTRY_CLAIM_RENEW] = 0;
    assert_int_equal(refresh(rig, first), 200);
}

static void with_the_child_goes_what_its_device_was_given(void **state)
{
    struct rig *rig = *state;
    char token[64];
    prepare(rig);
    assert_int_equal(claim(rig, body_of("teddy-0001", "c-1", 1, "")), 200);
    member(rig, "refresh_token", token, sizeof token);
    assert_int_equal(call(rig, "DELETE", "/api/v1/children/c-1", NULL), 204);
    assert_int_equal(refresh(rig, token), 401);
    assert_int_equal(claim(rig, body_of("teddy-0001", "c-1", 1, "")), 409); /* not its name again */
    assert_int_equal(claim(rig, body_of("teddy-0001", "c-1", 2, "")), 404);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_device_proves_whose_it_is),
        TEST(a_device_changes_hands),
        TEST(the_proof_is_over_these_bytes),
        TEST(a_wrong_proof_tells_nothing),
        TEST(an_unknown_child_is_said_to_the_device_only),
        TEST(a_nonce_is_good_once),
        TEST(what_is_null_is_not_there),
        TEST(thirty_a_minute),
        TEST(claims_are_counted),
        TEST(a_bad_field_is_named),
        TEST(a_registry_that_fails_uses_nothing_up),
        TEST(a_refresh_token_is_rotated),
        TEST(with_the_child_goes_what_its_device_was_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
