/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/api/test_children.h"

#define CHILDREN "/api/v1/children"
#define LAYLA    CHILDREN "/c-1"

static const char service[] =
    "{\"kind\":\"service\",\"method\":\"form\",\"notice_version\":\"2026-05\"}";

static void a_child_is_added_shown_changed_and_removed(void **state)
{
    struct rig *rig = *state;
    EXPECT(rig, 201, "\"name\":\"" MARKER "\"", "POST", CHILDREN, layla);
    assert_true(client_got(&rig->client, "\"age\":6"));
    assert_true(client_got(&rig->client, "\"age_group\":\"6-8\""));
    assert_true(client_got(&rig->client, "\"consents\":{\"service\":false,\"disclosure\":false}"));
    assert_true(client_got(&rig->client, "\"consent_history\":[],\"devices\":[]"));
    EXPECT(rig, 409, "child_id: exists already", "POST", CHILDREN, layla);
    EXPECT(rig, 200, "\"birth_month\":\"2019-07\"", "GET", LAYLA, NULL);
    rig->web->unix_ms += INT64_C(16) * 24 * 3600 * 1000; /* the first of July */
    free(rig->token);
    struct http_identity identity = {.id = OPERATOR, .role = HTTP_ROLE_OPERATOR};
    strcpy(identity.session, session);
    rig->token = token_access_new(jwt_secret, &identity, rig->web->unix_ms / 1000);
    EXPECT(rig, 200, "\"age\":7", "GET", LAYLA, NULL);
    EXPECT(rig, 200, "\"language\":\"en\"", "PUT", LAYLA,
           "{\"name\":\"" MARKER " II\",\"birth_month\":\"2017-01\",\"language\":\"en-GB\"}");
    assert_true(client_got(&rig->client, "\"name\":\"" MARKER " II\""));
    assert_true(client_got(&rig->client, "\"age_group\":\"9-11\""));
    EXPECT(rig, 200, "{\"children\":[{\"child_id\":\"c-1\"", "GET", CHILDREN, NULL);
    assert_int_equal(call(rig, "DELETE", LAYLA, NULL), 204);
    EXPECT(rig, 404, "child_id", "GET", LAYLA, NULL);
    EXPECT(rig, 404, "child_id", "DELETE", LAYLA, NULL);
    EXPECT(rig, 404, "child_id", "PUT", LAYLA, layla);
    EXPECT(rig, 200, "{\"children\":[]}", "GET", CHILDREN, NULL);
    EXPECT(rig, 200, "\"what\":\"child deleted\"", "GET", LAYLA "/audit", NULL);
    assert_true(client_got(&rig->client, "\"operator_id\":42,\"what\":\"child added\""));
}

static void a_child_without_an_id_is_given_one(void **state)
{
    struct rig *rig = *state;
    EXPECT(rig, 201, "{\"child_id\":\"", "POST", CHILDREN,
           "{\"name\":\"A\",\"birth_month\":\"2020-01\",\"language\":\"en\"}");
    EXPECT(rig, 200, "\"age\":6", "GET", CHILDREN, NULL);
}

/* Never in the clear on the disk, and bound to its row. */
static void a_name_is_sealed(void **state)
{
    struct rig *rig = *state;
    struct registry_child other = {.id = "c-2", .birth_year = 2019, .birth_month = 1};
    add_child(rig);
    strcpy(other.language, "en");
    assert_int_equal(profile_seal(&other, rig->name_key, "Somebody"), 0);
    assert_null(memmem(other.name_sealed, other.sealed_len, "Somebody", 8));
    strcpy(other.id, "c-3"); /* moved */
    const struct registry_request add = {.op = REGISTRY_CHILD_ADD, .child = &other};
    assert_int_equal(rig_put(rig, &add), 0);
    EXPECT(rig, 200, "\"name\":null", "GET", CHILDREN "/c-3", NULL);
    EXPECT(rig, 200, "\"name\":\"" MARKER "\"", "GET", LAYLA, NULL);
    rig->name_key[0] ^= 1; /* another COPPA_ENCRYPTION_KEY */
    EXPECT(rig, 200, "\"name\":null", "GET", LAYLA, NULL);
    rig->name_key[0] ^= 1;
}

static void bad_input_names_field_and_limit(void **state)
{
    static const char arabic31[] = "\\u0627\\u0627\\u0627\\u0627\\u0627\\u0627\\u0627\\u0627"
                                   "\\u0627\\u0627\\u0627\\u0627\\u0627\\u0627\\u0627\\u0627"
                                   "\\u0627\\u0627\\u0627\\u0627\\u0627\\u0627\\u0627\\u0627"
                                   "\\u0627\\u0627\\u0627\\u0627\\u0627\\u0627\\u0627";
    static const struct {
        const char *member, *value, *message;
    } rows[] = {
        {"child_id", "\"\"", "child_id: 1 to 50"},
        {"child_id", "\"a b\"", "child_id: 1 to 50"},
        {"child_id", "\"012345678901234567890123456789012345678901234567890\"",
         "child_id: 1 to 50"},
        {"child_id", "7", "child_id: must be a string"},
        {"name", "\"\"", "name: 1 to 30 characters"},
        {"name", "\"0123456789012345678901234567890\"", "name: 1 to 30 characters"},
        {"name", NULL, "name: 1 to 30 characters"}, /* 31 Arabic letters */
        {"name", "\"a\\u0000b\"", "name"},
        {"name", "\"a\\u202eb\"", "name: 1 to 30 characters"},
        {"name", "\"a\\nb\"", "name: 1 to 30 characters"},
        {"name", "null", "name: must be a string"},
        {"birth_month", "\"2019-13\"", "birth_month: YYYY-MM"},
        {"birth_month", "\"2019-00\"", "birth_month: YYYY-MM"},
        {"birth_month", "\"2019-7\"", "birth_month: YYYY-MM"},
        {"birth_month", "\"2019-07-01\"", "birth_month: YYYY-MM"},
        {"birth_month", "\"2012-06\"", "3 to 13"}, /* 14 this month */
        {"birth_month", "\"2023-07\"", "3 to 13"}, /* 3 next month */
        {"birth_month", "\"2031-01\"", "3 to 13"},
        {"birth_month", "2019", "birth_month: must be a string"},
        {"language", "\"fr\"", "language: must be en or ar"},
        {"language", "true", "language: must be a string"},
    };
    struct rig *rig = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static const char *const members[][2] = {{"child_id", "\"c-9\""},
                                                 {"name", "\"Ada\""},
                                                 {"birth_month", "\"2019-07\""},
                                                 {"language", "\"en\""}};
        char body[1024] = "{", value[512];
        snprintf(value, sizeof value, "\"%s\"", arabic31);
        for (size_t k = 0; k < 4; k++) {
            bool it = strcmp(members[k][0], rows[i].member) == 0;
            const char *text = !it ? members[k][1] : rows[i].value ? rows[i].value : value;
            size_t len = strlen(body);
            snprintf(body + len, sizeof body - len, "%s\"%s\":%s", k ? "," : "", members[k][0],
                     text);
        }
        strcat(body, "}");
        EXPECT(rig, 400, rows[i].message, "POST", CHILDREN, body);
    }
    EXPECT(rig, 201, "\"age\":13", "POST", CHILDREN,
           "{\"child_id\":\"old\",\"name\":\"A\",\"birth_month\":\"2012-07\",\"language\":\"en\"}");
    EXPECT(rig, 201, "\"age\":3", "POST", CHILDREN,
           "{\"child_id\":\"new\",\"name\":\"A\",\"birth_month\":\"2023-06\",\"language\":\"en\"}");
    EXPECT(rig, 400, "birth_month", "PUT", CHILDREN "/old",
           "{\"name\":\"A\",\"birth_month\":\"2024-07\",\"language\":\"en\"}");
    EXPECT(rig, 404, "not_found", "GET", CHILDREN "/a%20b", NULL);
    EXPECT(rig, 400, "limit", "GET", CHILDREN "?limit=1001", NULL);
    EXPECT(rig, 400, "after", "GET", CHILDREN "?after=a%20b", NULL);
    EXPECT(rig, 200, "\"child_id\":\"old\"", "GET", CHILDREN "?after=new&limit=1", NULL);
}

static void a_consent_is_given_and_taken_back(void **state)
{
    struct rig *rig = *state;
    EXPECT(rig, 404, "child_id", "POST", LAYLA "/consents", service);
    add_child(rig);
    size_t told = rig->changes;
    EXPECT(rig, 201, "\"consents\":{\"service\":true,\"disclosure\":false}", "POST",
           LAYLA "/consents", service);
    assert_int_equal(rig->changes, told + 1);
    assert_true(client_got(&rig->client, "{\"kind\":\"service\",\"provider\":\"\",\"method\":"
                                         "\"form\",\"notice_version\":\"2026-05\","
                                         "\"given_at_ms\":1781524800000,\"given_by\":42,"
                                         "\"revoked_at_ms\":null}"));
    EXPECT(rig, 201, "\"disclosure\":true", "POST", LAYLA "/consents",
           "{\"kind\":\"disclosure\",\"method\":\"card\",\"notice_version\":\"2026-05\","
           "\"provider\":\"chat.example\"}");
    assert_int_equal(call(rig, "DELETE", LAYLA "/consents/service", NULL), 204);
    assert_int_equal(rig->changes, told + 3);
    assert_string_equal(rig->changed, "c-1");
    EXPECT(rig, 200, "\"consents\":{\"service\":false,\"disclosure\":true}", "GET", LAYLA, NULL);
    assert_true(client_got(&rig->client, "\"revoked_at_ms\":1781524800000"));
    EXPECT(rig, 404, "no consent of this kind", "DELETE", LAYLA "/consents/service", NULL);
    EXPECT(rig, 404, "kind: must be", "DELETE", LAYLA "/consents/other", NULL);
    EXPECT(rig, 200, "consent to service revoked", "GET", LAYLA "/audit", NULL);
    assert_int_equal(rig->changes, told + 3);
}

static void a_consent_needs_a_method_and_a_notice(void **state)
{
    static const struct {
        const char *body, *message;
    } rows[] = {
        {"{\"method\":\"form\",\"notice_version\":\"1\"}", "kind: missing"},
        {"{\"kind\":\"all\",\"method\":\"form\",\"notice_version\":\"1\"}", "kind: must be"},
        {"{\"kind\":\"service\",\"notice_version\":\"1\"}", "method: missing"},
        {"{\"kind\":\"service\",\"method\":\"wink\",\"notice_version\":\"1\"}", "method: must be"},
        {"{\"kind\":\"disclosure\",\"method\":\"email-plus\",\"notice_version\":\"1\"}",
         "method: email-plus and text-plus"},
        {"{\"kind\":\"disclosure\",\"method\":\"text-plus\",\"notice_version\":\"1\"}",
         "method: email-plus and text-plus"},
        {"{\"kind\":\"service\",\"method\":\"form\"}", "notice_version: missing"},
        {"{\"kind\":\"service\",\"method\":\"form\",\"notice_version\":\"\"}", "1 to 32"},
        {"{\"kind\":\"service\",\"method\":\"form\",\"notice_version\":\"a b\"}", "1 to 32"},
        {"{\"kind\":\"service\",\"method\":\"form\",\"notice_version\":"
         "\"012345678901234567890123456789012\"}",
         "notice_version: 1 to 32"},
        {"{\"kind\":\"service\",\"method\":\"form\",\"notice_version\":\"1\",\"provider\":\"x\"}",
         "provider: is for kind disclosure"},
        {"{\"kind\":\"disclosure\",\"method\":\"form\",\"notice_version\":\"1\",\"provider\":"
         "\"a/b\"}",
         "provider: at most 32"},
        {"[]", "one JSON object"},
    };
    struct rig *rig = *state;
    add_child(rig);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        EXPECT(rig, 400, rows[i].message, "POST", LAYLA "/consents", rows[i].body);
    EXPECT(rig, 201, "\"service\":true", "POST", LAYLA "/consents",
           "{\"kind\":\"service\",\"method\":\"email-plus\",\"notice_version\":\"1\"}");
}

static void a_registry_that_fails_is_said_and_nobody_is_told(void **state)
{
    struct rig *rig = *state;
    expect_failures(rig, REGISTRY_CHILD_ADD, "POST", CHILDREN, layla);
    assert_int_equal(rig->changes, 0);
    add_child(rig);
    assert_int_equal(rig->changes, 1);
    expect_failures(rig, REGISTRY_CHILD_GET, "GET", LAYLA, NULL);
    expect_failures(rig, REGISTRY_CHILD_LIST, "GET", CHILDREN, NULL);
    expect_failures(rig, REGISTRY_CHILD_CHANGE, "PUT", LAYLA, layla);
    expect_failures(rig, REGISTRY_CHILD_DELETE, "DELETE", LAYLA, NULL);
    expect_failures(rig, REGISTRY_CONSENT_ADD, "POST", LAYLA "/consents", service);
    expect_failures(rig, REGISTRY_CONSENT_REVOKE, "DELETE", LAYLA "/consents/service", NULL);
    expect_failures(rig, REGISTRY_AUDIT_LIST, "GET", LAYLA "/audit", NULL);
    assert_int_equal(rig->changes, 1);
    EXPECT(rig, 200, "\"service\":false", "GET", LAYLA, NULL);
}

static void only_an_operator_sees_children(void **state)
{
    static const char *const asked[][2] = {
        {"GET", CHILDREN},       {"POST", CHILDREN},
        {"GET", LAYLA},          {"PUT", LAYLA},
        {"DELETE", LAYLA},       {"POST", LAYLA "/consents"},
        {"GET", LAYLA "/audit"}, {"DELETE", LAYLA "/consents/service"},
    };
    struct rig *rig = *state;
    char *of_device = token_device_new(jwt_secret, "teddy-0001", session, rig->web->unix_ms / 1000);
    add_child(rig);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        for (int k = 0; k < 2; k++) { /* a refused body is not read: the connection ends */
            struct client client;
            client_open(rig->web, &client);
            assert_int_equal(
                client_ask(&client, asked[i][0], asked[i][1], k ? of_device : NULL, layla),
                k ? 403 : 401);
            assert_false(client_got(&client, MARKER));
            client_close(&client);
        }
    }
    free(of_device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_child_is_added_shown_changed_and_removed),
        TEST(a_child_without_an_id_is_given_one),
        TEST(a_name_is_sealed),
        TEST(bad_input_names_field_and_limit),
        TEST(a_consent_is_given_and_taken_back),
        TEST(a_consent_needs_a_method_and_a_notice),
        TEST(a_registry_that_fails_is_said_and_nobody_is_told),
        TEST(only_an_operator_sees_children),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
