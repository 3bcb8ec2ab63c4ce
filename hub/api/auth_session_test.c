/* SPDX-License-Identifier: Apache-2.0 */
/* A sign-in goes on, and ends. */
#include "hub/api/test_auth.h"

/* ---- tokens ---- */

/* With a token of the first sign-in. */
static int ask_me(struct rig *rig, enum http_role role, int64_t id, int64_t unix_s)
{
    struct http_identity identity = {.id = id, .role = role};
    snprintf(identity.session, sizeof identity.session, "%s", rig->web->rows.tokens[0].family);
    char *token = token_access_new(secret, &identity, unix_s);
    assert_non_null(token);
    int status = client_ask(&rig->client, "GET", "/me", token, NULL);
    free(token);
    return status;
}

static void the_guard_wants_a_token_of_the_role(void **state)
{
    struct rig *rig = *state;
    int64_t now_s = rig->web->unix_ms / 1000;
    assert_int_equal(ask_me(rig, HTTP_ROLE_OPERATOR, 1, now_s), 401); /* of no sign-in */
    assert_true(client_got(&rig->client, "the sign-in has ended"));
    assert_int_equal(post(rig, "/login", good), 200);
    assert_int_equal(client_ask(&rig->client, "GET", "/me", NULL, NULL), 401);
    assert_true(client_got(&rig->client, "WWW-Authenticate: Bearer\r\n"));
    assert_int_equal(client_ask(&rig->client, "GET", "/me", "nonsense", NULL), 401);
    assert_true(client_got(&rig->client, "\"unauthorised\""));
    assert_int_equal(ask_me(rig, HTTP_ROLE_OPERATOR, 1, now_s), 200);
    assert_int_equal(ask_me(rig, HTTP_ROLE_OPERATOR, 1, now_s - TOKEN_ACCESS_S), 401);
    assert_true(client_got(&rig->client, "\"token_expired\""));
    assert_int_equal(ask_me(rig, HTTP_ROLE_PARENT, 1, now_s), 403);
    assert_int_equal(ask_me(rig, HTTP_ROLE_OPERATOR, 9, now_s), 401); /* removed meanwhile */
    rig->web->rows.fail[REGISTRY_OPERATOR_BY_ID] = ROOST_ERR_IO;
    assert_int_equal(ask_me(rig, HTTP_ROLE_OPERATOR, 1, now_s), 500);
    rig->web->rows.refuse = ROOST_ERR_FULL;
    assert_int_equal(ask_me(rig, HTTP_ROLE_OPERATOR, 1, now_s), 503);
}

static void a_refresh_token_is_good_once(void **state)
{
    struct rig *rig = *state;
    char first[128], second[128], refresh[64];
    sign_in(rig, first, sizeof first);
    assert_int_equal(post(rig, "/refresh", first), 200);
    read_member(rig, "refresh_token", refresh, sizeof refresh);
    snprintf(second, sizeof second, "{\"refresh_token\":\"%s\"}", refresh);
    assert_string_not_equal(first, second);

    /* The old one again: one of the two who hold it is a thief, so nobody keeps the sign-in. */
    rig->web->unix_ms += REGISTRY_TOKEN_GRACE_MS + 1;
    assert_int_equal(post(rig, "/refresh", first), 401);
    assert_true(client_got(&rig->client, "was used before"));
    assert_int_equal(post(rig, "/refresh", second), 401);
    assert_int_equal(rig->web->rows.token_count, 0);
}

/* Renews with the body's token; writes the body with the next. */
static int renew(struct rig *rig, const char *body, char *next, size_t size)
{
    char refresh[64];
    int status = post(rig, "/refresh", body);
    if (status != 200)
        return status;
    read_member(rig, "refresh_token", refresh, sizeof refresh);
    snprintf(next, size, "{\"refresh_token\":\"%s\"}", refresh);
    return status;
}

/* The answer got lost: whoever asks again with the same token goes on, and so does whoever has the
 * first answer after all. */
static void a_refresh_whose_answer_was_lost_can_be_repeated(void **state)
{
    struct rig *rig = *state;
    char first[128], lost[128], second[128], third[128];
    sign_in(rig, first, sizeof first);
    assert_int_equal(renew(rig, first, lost, sizeof lost), 200);
    rig->web->unix_ms += REGISTRY_TOKEN_GRACE_MS;
    assert_int_equal(renew(rig, first, second, sizeof second), 200);
    assert_string_not_equal(lost, second);
    assert_int_equal(rig->web->rows.token_count, 3);

    assert_int_equal(renew(rig, second, third, sizeof third), 200);
    /* The next one was used, so its answer was not lost: this is somebody else. */
    assert_int_equal(post(rig, "/refresh", first), 401);
    assert_int_equal(post(rig, "/refresh", third), 401);
    assert_int_equal(rig->web->rows.token_count, 0);
}

/* Each repetition adds a row. */
static void repetitions_are_bounded(void **state)
{
    struct rig *rig = *state;
    char body[128], next[128];
    int status = 200, times = 0;
    sign_in(rig, body, sizeof body);
    for (; status == 200 && times < 100; times++)
        status = renew(rig, body, next, sizeof next);
    assert_int_equal(status, 429);
    assert_in_range(times, 15, 25);
    rig->web->now_ms += 60000; /* and goes on, which is no theft */
    assert_int_equal(post(rig, "/refresh", next), 200);
}

static void a_refresh_that_meets_a_logout_is_refused(void **state)
{
    struct rig *rig = *state;
    char body[128];
    sign_in(rig, body, sizeof body);
    rig->web->rows.fail[REGISTRY_TOKEN_USE] = ROOST_ERR_NOT_FOUND;
    assert_int_equal(post(rig, "/refresh", body), 401);
    assert_true(client_got(&rig->client, "sign in again"));
}

static void a_refresh_token_ends_with_time_and_operator(void **state)
{
    struct rig *rig = *state;
    char body[128];
    sign_in(rig, body, sizeof body);
    rig->web->unix_ms += INT64_C(1000) * TOKEN_REFRESH_S;
    assert_int_equal(post(rig, "/refresh", body), 401);
    sign_in(rig, body, sizeof body);
    rig->web->rows.operators[0].id = 9;
    assert_int_equal(post(rig, "/refresh", body), 401);
    assert_int_equal(post(rig, "/refresh", "{\"refresh_token\":\"unknown\"}"), 401);
}

/* Whichever call fails, the answer says so and the token that was sent stays good. */
static void a_refresh_that_fails_can_be_repeated(void **state)
{
    struct rig *rig = *state;
    int *const calls[] = {
        &rig->web->rows.fail[REGISTRY_TOKEN_GET], &rig->web->rows.fail[REGISTRY_OPERATOR_BY_ID],
        &rig->web->rows.fail[REGISTRY_TOKEN_ADD], &rig->web->rows.fail[REGISTRY_TOKEN_USE]};
    static const char *const messages[] = {
        "the registry cannot be read", "the sign-in could not be renewed",
        "the sign-in could not be renewed", "the sign-in could not be renewed"};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        char body[128];
        sign_in(rig, body, sizeof body);
        *calls[i] = ROOST_ERR_BUSY;
        assert_int_equal(post(rig, "/refresh", body), 503);
        assert_true(client_got(&rig->client, messages[i]));
        assert_true(client_got(&rig->client, "Retry-After: 5\r\n"));
        *calls[i] = ROOST_ERR_IO;
        assert_int_equal(post(rig, "/refresh", body), 500);
        *calls[i] = 0;
        assert_int_equal(post(rig, "/refresh", body), 200);
    }
}

static void a_stolen_token_that_cannot_be_ended_is_an_error(void **state)
{
    struct rig *rig = *state;
    char body[128];
    sign_in(rig, body, sizeof body);
    assert_int_equal(post(rig, "/refresh", body), 200);
    rig->web->unix_ms += REGISTRY_TOKEN_GRACE_MS + 1;
    rig->web->rows.fail[REGISTRY_TOKEN_END_FAMILY] = ROOST_ERR_NO_SPACE;
    assert_int_equal(post(rig, "/refresh", body), 503);
    assert_true(client_got(&rig->client, "the sign-in could not be ended"));
    rig->web->rows.fail[REGISTRY_TOKEN_END_FAMILY] = 0;
    assert_int_equal(post(rig, "/refresh", body), 401);
}

static void a_logout_ends_the_sign_in(void **state)
{
    struct rig *rig = *state;
    char body[128];
    sign_in(rig, body, sizeof body);
    rig->web->rows.fail[REGISTRY_TOKEN_END_FAMILY] = ROOST_ERR_IO;
    assert_int_equal(post(rig, "/logout", body), 500);
    assert_true(client_got(&rig->client, "the sign-in could not be ended"));
    rig->web->rows.fail[REGISTRY_TOKEN_END_FAMILY] = 0;
    rig->web->rows.fail[REGISTRY_TOKEN_GET] = ROOST_ERR_BUSY;
    assert_int_equal(post(rig, "/logout", body), 503);
    rig->web->rows.fail[REGISTRY_TOKEN_GET] = 0;
    assert_int_equal(post(rig, "/logout", body), 204);
    assert_int_equal(post(rig, "/refresh", body), 401);
    assert_int_equal(post(rig, "/logout", body), 401);
}

/* ---- access ends when it ends ---- */

static int me(struct rig *rig, const char *access)
{
    return client_ask(&rig->client, "GET", "/me", access, NULL);
}

static void sign_in_for_access(struct rig *rig, char *body, size_t size, char access[1024])
{
    sign_in(rig, body, size);
    read_member(rig, "access_token", access, 1024);
    assert_int_equal(me(rig, access), 200);
}

static struct {
    char session[HTTP_SESSION_MAX + 1];
    int count;
} ended;

static void note_ended(void *ctx, const char *session)
{
    (void)ctx;
    snprintf(ended.session, sizeof ended.session, "%s", session);
    ended.count++;
}

static void a_logout_ends_the_access_token_and_no_other(void **state)
{
    struct rig *rig = *state;
    char body[128], other_body[128], access[1024], other[1024];
    memset(&ended, 0, sizeof ended);
    auth_on_ended(rig->auth, note_ended, NULL);
    sign_in_for_access(rig, body, sizeof body, access);
    sign_in_for_access(rig, other_body, sizeof other_body, other);
    char family[HTTP_SESSION_MAX + 1];
    snprintf(family, sizeof family, "%s", rig->web->rows.tokens[0].family);
    rig->web->rows.fail[REGISTRY_TOKEN_END_FAMILY] = ROOST_ERR_IO;
    assert_int_equal(post(rig, "/logout", body), 500);
    assert_int_equal(me(rig, access), 200); /* it has not ended */
    rig->web->rows.fail[REGISTRY_TOKEN_END_FAMILY] = 0;
    assert_int_equal(post(rig, "/logout", body), 204);
    assert_int_equal(me(rig, access), 401);
    assert_int_equal(me(rig, other), 200);
    assert_int_equal(ended.count, 1);
    assert_string_equal(ended.session, family);
}

static void a_stolen_token_ends_the_access_token(void **state)
{
    struct rig *rig = *state;
    char body[128], next[128], access[1024], newer[1024];
    sign_in_for_access(rig, body, sizeof body, access);
    assert_int_equal(renew(rig, body, next, sizeof next), 200);
    read_member(rig, "access_token", newer, sizeof newer);
    rig->web->unix_ms += REGISTRY_TOKEN_GRACE_MS + 1;
    assert_int_equal(me(rig, newer), 200);
    assert_int_equal(post(rig, "/refresh", body), 401);
    assert_int_equal(me(rig, access), 401);
    assert_int_equal(me(rig, newer), 401);
}

/* Who is signed in stays so over a restart of the hub; who signed out does not come back. */
static void sign_ins_outlive_the_hub(void **state)
{
    struct rig *rig = *state;
    char body[128], kept_body[128], gone[1024], kept[1024];
    sign_in_for_access(rig, body, sizeof body, gone);
    sign_in_for_access(rig, kept_body, sizeof kept_body, kept);
    assert_int_equal(post(rig, "/logout", body), 204);
    struct auth *again =
        auth_new(secret, &rig->web->registry, &rig->web->clock, rig->hasher, rig->web->metrics);
    assert_non_null(again);
    struct http_guard guard = auth_guard(again);
    http_server_guard(rig->web->server, &guard);
    assert_int_equal(me(rig, kept), 401); /* not read yet */
    auth_load(again);
    assert_int_equal(me(rig, kept), 200);
    assert_int_equal(me(rig, gone), 401);

    /* Without an answer the list stays; the client that refreshes is on it again. */
    rig->web->rows.fail[REGISTRY_TOKEN_FAMILIES] = ROOST_ERR_BUSY;
    auth_load(again);
    assert_int_equal(me(rig, kept), 200);
    guard = auth_guard(rig->auth);
    http_server_guard(rig->web->server, &guard);
    auth_free(again);
}

/* Another program ended it in the registry. */
static void what_others_end_is_seen(void **state)
{
    struct rig *rig = *state;
    char body[128], access[1024];
    sign_in_for_access(rig, body, sizeof body, access);
    auth_turn(rig->auth);
    test_registry_wait(&rig->web->rows);
    assert_int_equal(me(rig, access), 200);
    rig->web->rows.token_count = 0;
    auth_turn(rig->auth);
    auth_turn(rig->auth); /* asks once */
    test_registry_wait(&rig->web->rows);
    assert_int_equal(me(rig, access), 401);
}

static void turn(struct rig *rig, int64_t unix_ms)
{
    rig->web->now_ms += AUTH_TURN_MS;
    rig->web->unix_ms += unix_ms;
    auth_turn(rig->auth);
    test_registry_wait(&rig->web->rows);
}

/* Tokens that are long over are deleted, but not because a clock jumped. */
static void expired_tokens_are_deleted(void **state)
{
    const int hour = 3600 * 1000 / AUTH_TURN_MS;
    struct rig *rig = *state;
    char body[128];
    sign_in(rig, body, sizeof body);
    rig->web->unix_ms += INT64_C(1000) * TOKEN_REFRESH_S;
    for (int i = 0; i < 2 * hour; i++)
        turn(rig, AUTH_TURN_MS);
    assert_int_equal(rig->web->rows.token_count, 1); /* for a day more */
    rig->web->unix_ms += INT64_C(24) * 3600 * 1000;
    for (int i = 0; i < hour; i++)
        turn(rig, AUTH_TURN_MS);
    assert_int_equal(rig->web->rows.token_count, 1);
    turn(rig, AUTH_TURN_MS + 60000);
    for (int i = 0; i < hour - 1; i++)
        turn(rig, AUTH_TURN_MS);
    assert_int_equal(rig->web->rows.token_count, 1);
    turn(rig, AUTH_TURN_MS);
    assert_int_equal(rig->web->rows.token_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_guard_wants_a_token_of_the_role),
        TEST(a_refresh_token_is_good_once),
        TEST(a_refresh_whose_answer_was_lost_can_be_repeated),
        TEST(repetitions_are_bounded),
        TEST(a_refresh_that_meets_a_logout_is_refused),
        TEST(a_refresh_token_ends_with_time_and_operator),
        TEST(a_refresh_that_fails_can_be_repeated),
        TEST(a_stolen_token_that_cannot_be_ended_is_an_error),
        TEST(a_logout_ends_the_sign_in),
        TEST(a_logout_ends_the_access_token_and_no_other),
        TEST(a_stolen_token_ends_the_access_token),
        TEST(sign_ins_outlive_the_hub),
        TEST(what_others_end_is_seen),
        TEST(expired_tokens_are_deleted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
